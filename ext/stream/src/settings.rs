//! What a port may be told.

use crate::Cut;
use highper_net::proxied::Proxies;
use highper_tls::Context;
use std::time::Duration;

/// Keep-alive probes of TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeepAlive {
    /// Without traffic until the first probe. Default 1 hour.
    pub idle: Duration,
    /// Between probes. Default 1 s.
    pub interval: Duration,
    /// Probes without an answer until the connection is given up. Default 5.
    pub count: u32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(3600),
            interval: Duration::from_secs(1),
            count: 5,
        }
    }
}

/// Settings of one port; the defaults are Swoole's.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the stream is cut into packets. Default not at all.
    pub cut: Cut,
    /// Is Nagle's algorithm off? Default yes.
    pub nodelay: bool,
    /// Probes of TCP; default none.
    pub keep_alive: Option<KeepAlive>,
    /// How long sent bytes may stay without acknowledgement (`TCP_USER_TIMEOUT`). Default the system's.
    pub user_timeout: Option<Duration>,
    /// Bytes of the kernel's receive buffer; default the system's.
    pub receive_buffer: Option<usize>,
    /// Bytes of the kernel's send buffer; default the system's.
    pub send_buffer: Option<usize>,
    /// Bytes that may wait to be sent; sending fails or waits from there on. Default 8 MiB.
    pub buffer_size: usize,
    /// Bytes that wait from which [`crate::Service::buffer_full`] is called. Default 0.8 of the buffer.
    pub high_water: Option<usize>,
    /// Bytes that wait up to which [`crate::Service::buffer_empty`] is called again. Default 0.
    pub low_water: usize,
    /// A connection from which nothing came for so long is closed. Default never.
    pub heartbeat: Option<Duration>,
    /// A connection on which nothing was received or could be sent for so long is closed. Default never.
    pub idle: Option<Duration>,
    /// Is nothing read until [`crate::Server::resume`]? Default no.
    pub delay_receive: bool,
    /// Is a connection kept whose peer has ended its side, until this side closes it ([`crate::Service::ended`])? Default no.
    pub half_open: bool,
    /// Whose connections begin with a header of the PROXY protocol, before a handshake of TLS. Default nobody's.
    pub proxies: Option<Proxies>,
    /// TLS, if this port speaks it.
    pub tls: Option<Context>,
    /// How long a TLS handshake, or a proxy's header, may take. Default 10 s.
    pub handshake_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cut: Cut::None,
            nodelay: true,
            keep_alive: None,
            user_timeout: None,
            receive_buffer: None,
            send_buffer: None,
            buffer_size: 8 << 20,
            high_water: None,
            low_water: 0,
            heartbeat: None,
            idle: None,
            delay_receive: false,
            half_open: false,
            proxies: None,
            tls: None,
            handshake_timeout: Duration::from_secs(10),
        }
    }
}

impl Settings {
    /// Is DTLS spoken?
    #[must_use]
    pub fn is_of_datagrams(&self) -> bool {
        self.tls
            .as_ref()
            .is_some_and(|context| context.settings().datagrams)
    }

    /// From how many waiting bytes on the output counts as full.
    #[must_use]
    pub fn full_from(&self) -> usize {
        self.high_water.unwrap_or(self.buffer_size / 5 * 4)
    }
}
