//! What developers get that production does without.

pub(crate) mod dump;
pub(crate) mod lint;
pub(crate) mod page;
pub(crate) mod reloader;
pub(crate) mod statics;
pub(crate) mod successor;

use crate::incoming::Incoming;
use crate::response::data::Data;
use std::rc::Rc;

/// In development, once the handler of a request has answered.
#[cold]
pub(crate) fn leave(incoming: &Incoming, data: &mut Rc<Data>) {
    dump::leave(incoming, data);
    statics::leave(incoming);
}
