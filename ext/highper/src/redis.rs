//! `Highper\Redis`: Redis, natively. One class a file; what they share is here.

mod aborted_exception;
mod arguments;
pub(crate) mod client;
mod connection_exception;
mod exception;
mod message;
mod open;
mod pipeline;
mod scan;
mod subscription;
mod values;

pub(crate) use open::{is_built_in, object, refused, warm};

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        exception::declare,
        connection_exception::declare,
        aborted_exception::declare,
        message::declare,
        subscription::declare,
        scan::declare,
        pipeline::declare,
        client::declare,
    ] {
        declare(registry);
    }
}
