//! What developers get that production does without.

pub(crate) mod lint;
pub(crate) mod reloader;
pub(crate) mod successor;
