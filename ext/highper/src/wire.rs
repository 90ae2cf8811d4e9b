//! `Highper\Tcp\Client` and `Highper\Udp\Client`: servers that speak in packets. One class a file; what they share is here.

mod connection;
mod exception;
mod options;
mod tcp;
mod udp;

use highper_zend::Registry;

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        exception::declare,
        connection::declare,
        tcp::declare,
        udp::declare,
    ] {
        declare(registry);
    }
}
