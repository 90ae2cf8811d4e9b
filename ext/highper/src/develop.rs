//! What developers get that production does without.

pub(crate) mod dump;
pub(crate) mod lint;
pub(crate) mod notice;
pub(crate) mod page;
pub(crate) mod reloader;
pub(crate) mod statics;
pub(crate) mod successor;

use crate::incoming::Incoming;
use crate::response::data::{Body, Data};
use std::rc::Rc;

/// In development, once the handler of a request has answered.
#[cold]
pub(crate) fn leave(incoming: &Incoming, data: &mut Rc<Data>) {
    dump::leave(incoming, data);
    notice::leave(&incoming.app, incoming.exchange(), data);
    statics::leave(incoming);
}

/// Is it an HTML page that something can be put at the end of?
fn is_page(data: &Data) -> bool {
    let kind = data.values(b"content-type").next().unwrap_or_default();
    kind.get(..9)
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/html"))
        && data.values(b"content-encoding").next().is_none()
        && matches!(data.body, Body::Bytes(_) | Body::Str(_))
}
