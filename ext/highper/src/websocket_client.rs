//! `Highper\WebSocket\Client`: WebSocket to other servers. One class a file; what they share is here.

mod client;
mod connection;
mod exception;
mod options;

use highper_zend::Registry;

pub(crate) use exception::no_json;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [exception::declare, connection::declare, client::declare] {
        declare(registry);
    }
}
