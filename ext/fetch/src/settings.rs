//! What a client is to be like.

use crate::Proxy;
use highper_pool::Limits;
use std::path::PathBuf;
use std::time::Duration;

/// A client's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Fields that every request has which does not bring its own: names and values.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// How long a request may take, with all that belongs to it; `None` for as long as it takes.
    pub timeout: Option<Duration>,
    /// How long a connection may take to be made, with the look-up of the name and the handshake.
    pub connect_timeout: Duration,
    /// How often a request that may be repeated is, after a failure.
    pub retries: u32,
    /// The pause before the first repetition; it doubles with each.
    pub retry_delay: Duration,
    /// How many redirects are followed; 0 for none: they are answers then.
    pub redirects: u32,
    /// Bytes of an answer's body, decoded.
    pub max_body: u64,
    /// Connections to one host.
    pub pool: Limits,
    /// Where all connections go through.
    pub proxy: Option<Proxy>,
    /// Must servers prove who they are?
    pub verify: bool,
    /// Certificates that are trusted instead of the system's, PEM.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key, PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Is HTTP/2 spoken where a server offers it by TLS?
    pub http2: bool,
    /// Are content codings asked for, and undone?
    pub decompress: bool,
    /// May hosts have addresses that are not on the public internet?
    pub private: bool,
    /// A local socket that all connections go to instead of the host.
    pub unix: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            headers: Vec::new(),
            timeout: Some(Duration::from_secs(30)),
            connect_timeout: Duration::from_secs(5),
            retries: 0,
            retry_delay: Duration::from_millis(100),
            redirects: 5,
            max_body: 64 * 1024 * 1024,
            pool: Limits::default(),
            proxy: None,
            verify: true,
            ca: None,
            certificate: None,
            http2: true,
            decompress: true,
            private: true,
            unix: None,
        }
    }
}

impl Settings {
    /// Do they contradict each other?
    ///
    /// # Errors
    /// How.
    pub fn check(&self) -> Result<(), String> {
        if self.proxy.is_some() && !self.private {
            return Err("private: false can't hold behind a proxy, which looks names up itself: tell the proxy what it may reach".into());
        }
        if self.proxy.is_some() && self.unix.is_some() {
            return Err(
                "a local socket is not reached through a proxy: give either unix or proxy".into(),
            );
        }
        Ok(())
    }
}
