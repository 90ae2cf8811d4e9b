//! What holds for the connections of one route.

use crate::{Origins, Slow};
use highper_websocket::{Config, Decoder, Masks};

/// What holds for the connections of one route.
#[derive(Clone, PartialEq, Debug)]
pub struct Terms {
    /// Bytes that may wait for a client that takes less than it is sent.
    pub queue: usize,
    /// What becomes of such a client.
    pub slow: Slow,
    /// Bytes of a message at most, unpacked.
    pub max_message: usize,
    /// Nanoseconds of silence after which a client is asked whether it is there; after as much again it is taken for
    /// gone.
    pub ping: Option<u64>,
    /// Are messages compressed where the client can?
    pub compress: bool,
    /// Subprotocols, the best first.
    pub protocols: Vec<Vec<u8>>,
    /// From which pages browsers may connect.
    pub origins: Origins,
    /// Connections of a worker at most; 0 for any number.
    pub connections: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            queue: 256 * 1024,
            slow: Slow::default(),
            max_message: 1 << 20,
            ping: Some(30_000_000_000),
            compress: false,
            protocols: Vec::new(),
            origins: Origins::default(),
            connections: 0,
        }
    }
}

impl Terms {
    /// For what a client sends.
    pub(crate) fn decoder(&self, deflate: bool) -> Decoder {
        Decoder::new(Config {
            masks: Masks::Required,
            max_message: self.max_message,
            strict: true,
            deflate,
            takeover: false,
        })
    }
}
