//! `Highper\Http\Client`: requests to other servers. One class a file; what they share is here.

mod answer;
mod client;
mod exception;
mod fake;
mod multi;
mod open;
mod options;
mod outgoing;
mod perform;
mod stream;
mod wishes;

pub(crate) use open::{is_built_in, object, refused, warm};
pub(crate) use options::{Options, pool, size};
pub(crate) use wishes::{encoded, seconds};

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        exception::declare,
        outgoing::declare,
        answer::declare,
        stream::declare,
        client::declare,
    ] {
        declare(registry);
    }
}
