//! The requests that are under way, whatever they came on.

use super::{Core, Server};
use crate::exchange::Exchange;
use std::rc::Rc;

impl Server {
    /// Answers for a coroutine that ended without answering: 500, or the connection's end
    /// where the response had begun.
    pub fn fail(&self, coroutine: u64) {
        for exchange in self.core.exchanges() {
            if exchange.owner() != coroutine {
                continue;
            }
            let text = b"Internal Server Error\n";
            let answered = exchange.respond(
                500,
                None,
                |r| r.header(b"Content-Type", b"text/plain"),
                text,
            );
            if answered.is_err() {
                exchange.abort();
            }
        }
    }

    /// The coroutines that answer requests, with the first line of each.
    #[must_use]
    pub fn requests(&self) -> Vec<(u64, Vec<u8>)> {
        let mut all = Vec::new();
        for exchange in self.core.exchanges() {
            let request = exchange.request();
            let bytes = request.bytes();
            if exchange.owner() != 0 && !bytes.is_empty() {
                let line = request.head().request_line(&bytes);
                all.push((exchange.owner(), line.to_vec()));
            }
        }
        all
    }
}

impl Core {
    /// All requests under way.
    fn exchanges(&self) -> Vec<Rc<Exchange>> {
        let mut all = Vec::new();
        for connection in self.all() {
            all.extend(connection.exchange());
            if let Some(protocol) = connection.protocol() {
                protocol.exchanges(&mut all);
            }
        }
        all
    }
}
