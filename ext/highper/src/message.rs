//! Messages of TCP and UDP: ports whose messages the router, filters and handlers of the application answer.

mod guide;
mod methods;

use crate::app::App;
use crate::route::Route;
use crate::run::Stop;
pub(crate) use guide::begin;
use highper_app::listen::Address;
use highper_message::Door;
use highper_process::listen::{self, Listener};
use highper_runtime::serve::{Port as Listened, Speaks};
use highper_stream::{Cut, KeepAlive, Settings};
use highper_zend::Callable;
pub(crate) use methods::methods;
use std::time::Duration;

/// Methods of routes that are for messages.
pub(crate) const METHODS: [&str; 2] = ["TCP", "UDP"];

/// The routes for requests, and those for messages; one for both is among both.
pub(crate) fn divided(routes: &[Route]) -> (Vec<Route>, Vec<Route>) {
    let those = |wanted: bool| {
        let parts = routes.iter().filter_map(|route| {
            let fits = |method: &&String| is_method(method) == wanted;
            let methods: Vec<String> = route.methods.iter().filter(fits).cloned().collect();
            (!methods.is_empty()).then(|| Route {
                methods,
                ..route.clone()
            })
        });
        parts.collect()
    };
    (those(false), those(true))
}

/// Is this a route's method for messages?
pub(crate) fn is_method(name: &str) -> bool {
    METHODS.contains(&name)
}

/// A port as it was asked for.
#[derive(Clone)]
pub(crate) struct Port {
    pub(crate) address: Address,
    pub(crate) is_datagram: bool,
    pub(crate) door: Door,
    /// Finds the key of a message.
    pub(crate) key: Option<Callable>,
    /// Bytes of a message at most.
    pub(crate) limit: usize,
    /// A connection that is silent for so long is closed.
    pub(crate) idle: Option<Duration>,
    pub(crate) is_secure: bool,
    /// `file:line`
    pub(crate) at: String,
}

impl Port {
    /// As people read it.
    pub(crate) fn name(&self) -> String {
        let scheme = match (self.is_datagram, self.is_secure) {
            (true, _) => "udp",
            (_, true) => "tls",
            _ => "tcp",
        };
        format!("{scheme}://{}", self.address)
    }

    /// Opens its socket.
    pub(crate) fn bind(&self) -> Result<Listener, Stop> {
        let bound = match (&self.address, self.is_datagram) {
            (Address::Tcp(host, port), true) => {
                listen::resolve(host, *port).and_then(listen::bind_udp)
            }
            (Address::Unix(path), true) => listen::bind_unix_datagram(path.as_ref()),
            (address, false) => crate::run::bind(address),
        };
        bound.map_err(|error| Stop::from(format!("{error} (the port of {})", self.at)))
    }
}

/// What a server with these ports listens on beside HTTP; `listeners` are theirs, in their order.
pub(crate) fn ports(
    app: &App,
    listeners: Vec<Listener>,
    tls: Option<&highper_tls::Context>,
    proxies: Option<&highper_http::Proxies>,
) -> Vec<Listened> {
    let ports = app.ports.borrow();
    let all = ports.iter().zip(listeners).enumerate();
    all.map(|(number, (port, listener))| {
        let speaks = if port.is_datagram {
            use highper_process::listen::Address as Bound;
            Speaks::Datagrams(match listener.address() {
                Bound::Udp(address) if address.is_ipv6() => highper_net::Kind::Udp6,
                Bound::Udp(_) => highper_net::Kind::Udp,
                _ => highper_net::Kind::UnixDatagram,
            })
        } else {
            Speaks::Streams(Box::new(Settings {
                cut: Cut::Each(port.door.frames.framing(port.limit)),
                keep_alive: Some(KeepAlive::default()),
                heartbeat: port.idle,
                buffer_size: port.door.limit.max(1 << 20),
                tls: tls.filter(|_| port.is_secure).cloned(),
                proxies: proxies.cloned(),
                ..Settings::default()
            }))
        };
        Listened {
            listener,
            number,
            speaks,
        }
    })
    .collect()
}
