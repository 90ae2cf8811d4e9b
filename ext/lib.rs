//! The module entry.
