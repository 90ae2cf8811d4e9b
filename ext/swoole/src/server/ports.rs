//! The ports of the server that runs, as a worker knows them.

use super::port::View;
use highper_zend::{Array, Object};
use std::cell::RefCell;

/// What is told of a port.
#[derive(Clone, Copy, Default)]
pub(super) struct About {
    pub(super) number: u16,
    pub(super) descriptor: i32,
    /// `SWOOLE_SOCK_*`
    pub(super) kind: i64,
}

thread_local! {
    static PORTS: RefCell<Vec<About>> = const { RefCell::new(Vec::new()) };
    /// The places of those that speak HTTP, in the order of the services.
    static HTTP: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Remembers the ports, in their order.
pub(super) fn remember(ports: &[(Object, Array)], http: &[usize]) {
    HTTP.set(http.to_vec());
    let about = ports.iter().map(|(port, _)| {
        View::of(port).map_or_else(About::default, |port| About {
            number: port.number(),
            descriptor: port.descriptor(),
            kind: port.kind() as i64 + 1,
        })
    });
    PORTS.set(about.collect());
}

/// Which of the HTTP services serves the port of a place.
pub(super) fn http_service(place: usize) -> Option<usize> {
    HTTP.with_borrow(|places| places.iter().position(|http| *http == place))
}

/// The port of a place.
pub(super) fn at(place: usize) -> About {
    PORTS.with_borrow(|ports| ports.get(place).copied().unwrap_or_default())
}
