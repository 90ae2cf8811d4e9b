//! What a connection is to be like.

use std::time::Duration;

/// A connection's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Those that it has in common with requests: fields of the handshake, time limits, proxy, certificates, which addresses.
    pub web: highper_fetch::Settings,
    /// Subprotocols, the best first.
    pub protocols: Vec<String>,
    /// Is permessage-deflate offered?
    pub compress: bool,
    /// Bytes of a message that comes, unpacked, at most. While nobody receives, so much is taken.
    pub max_message: usize,
    /// After so much silence the server is asked whether it is there, and after as much again taken for gone; `None` for never.
    pub ping: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            web: highper_fetch::Settings {
                http2: false,
                ..highper_fetch::Settings::default()
            },
            protocols: Vec::new(),
            compress: true,
            max_message: 1024 * 1024,
            ping: Some(Duration::from_secs(30)),
        }
    }
}
