//! Settings of the HTTP client itself; those of its socket are applied when it connects.

use super::Client;
use crate::coroutine::socket::setting::{get, size};
use highper_net::framing::DEFAULT_LIMIT;
use highper_zend::{Array, Callable, Throw, Value};

/// What set() changes.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Seconds of a connection's beginning; 0 as the library has it.
    pub connect_timeout: f64,
    /// Seconds of a response; 0 as the library has it.
    pub timeout: f64,
    /// How often is tried again to connect, and after a 502 or 503?
    pub max_retries: u8,
    /// Do requests return before the response?
    pub defer: bool,
    /// Are names of headers made small?
    pub lowercase: bool,
    /// Is the connection kept after a response?
    pub keep_alive: bool,
    /// Is asked for compressed responses?
    pub compression: bool,
    /// Are they decompressed?
    pub decompression: bool,
    /// Those of WebSockets.
    pub websocket: WebSocket,
}

/// Settings of WebSockets.
#[derive(Clone, Copy)]
pub struct WebSocket {
    /// Are frames masked, as RFC 6455 wants it of clients?
    pub mask: bool,
    /// Is compression asked for?
    pub compression: bool,
    /// Are texts and close codes checked?
    pub strict: bool,
    /// Does recv() return pings, pongs, close frames?
    pub shows_ping: bool,
    pub shows_pong: bool,
    pub shows_close: bool,
    /// Bytes of a message at most.
    pub max_message: usize,
}

impl Default for WebSocket {
    fn default() -> Self {
        Self {
            mask: true,
            compression: false,
            strict: false,
            shows_ping: false,
            shows_pong: false,
            shows_close: false,
            max_message: DEFAULT_LIMIT,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: 0.0,
            timeout: 0.0,
            max_retries: 0,
            defer: false,
            lowercase: true,
            keep_alive: true,
            compression: true,
            decompression: true,
            websocket: WebSocket::default(),
        }
    }
}

impl Settings {
    /// Changes those that are named.
    pub fn apply(&mut self, settings: &Array) {
        for (name, slot) in [
            ("connect_timeout", &mut self.connect_timeout),
            ("timeout", &mut self.timeout),
        ] {
            if let Some(value) = get(settings, name) {
                *slot = value.to_double();
            }
        }
        if let Some(value) = get(settings, "max_retries") {
            self.max_retries = value.to_long().clamp(0, i64::from(u8::MAX)) as u8;
        }
        for (name, slot) in [
            ("defer", &mut self.defer),
            ("lowercase_header", &mut self.lowercase),
            ("keep_alive", &mut self.keep_alive),
            ("http_compression", &mut self.compression),
            ("body_decompression", &mut self.decompression),
            ("websocket_mask", &mut self.websocket.mask),
            ("websocket_compression", &mut self.websocket.compression),
            ("websocket_strict", &mut self.websocket.strict),
            ("open_websocket_ping_frame", &mut self.websocket.shows_ping),
            ("open_websocket_pong_frame", &mut self.websocket.shows_pong),
            (
                "open_websocket_close_frame",
                &mut self.websocket.shows_close,
            ),
        ] {
            if let Some(value) = get(settings, name) {
                *slot = value.to_bool();
            }
        }
        if let Some(value) = get(settings, "package_max_length") {
            self.websocket.max_message = usize::try_from(size(value)).unwrap_or(0);
        }
    }
}

/// Takes write_func, if it is named.
pub fn write_function(client: &Client, settings: &Array) -> Result<(), Throw> {
    let Some(function) = get(settings, "write_func") else {
        return Ok(());
    };
    let function = callable(function)?;
    // Dropped outside of the borrow: it may be the last to hold objects with destructors.
    let old = client.write.replace(Some(function));
    drop(old);
    Ok(())
}

fn callable(value: &Value) -> Result<Callable, Throw> {
    Callable::new(value)
        .map_err(|why| Throw::type_error(format!("the setting write_func is no function: {why}")))
}
