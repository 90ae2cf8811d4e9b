//! Connections that speak TLS: their events go to a handler of their own, so that others know nothing of it.

use super::Core;
use crate::connection::Connection;
use crate::secure::Secure;
use highper_engine::reactor::{self, Handler, Readiness};
use std::rc::Rc;

struct Events(Rc<Core>);

impl Handler for Events {
    fn ready(&self, key: u64, readiness: Readiness) {
        let core = &self.0;
        let Some(connection) = core.find(key) else {
            return;
        };
        let is_ready = connection.with_secure(|secure| {
            secure.wet(readiness.hangup);
            secure.is_ready()
        });
        if readiness.write && connection.has_output() {
            let sent = connection.flush();
            core.settle(&connection, sent);
        }
        if is_ready == Some(false) {
            core.shake(&connection);
        } else if readiness.read {
            core.read(&connection, true);
        }
    }

    fn timer(&self, _key: u64) {}
}

impl Core {
    /// The handler of connections that speak TLS.
    pub(super) fn secured_handler(&self) -> u32 {
        if self.secured.get() == 0
            && let Some(me) = self.me.upgrade()
        {
            self.secured.set(reactor::add_handler(Rc::new(Events(me))));
        }
        self.secured.get()
    }

    /// Takes a handshake on with what has come.
    fn shake(&self, connection: &Rc<Connection>) {
        let mut buffer = self.take_buffer();
        let received = match Rc::get_mut(&mut buffer) {
            Some(bytes) => connection.receive(bytes),
            None => return,
        };
        let came = match received {
            Some(Ok(n)) => buffer[..n].to_vec(),
            _ => Vec::new(),
        };
        self.buffer.set(Some(buffer));
        let ready = connection.with_secure(|secure| {
            let is_http2 = secure.alpn() == Some(b"h2");
            secure.is_ready().then_some(is_http2)
        });
        let Some(ready) = ready else { return };
        match (ready, received) {
            (Some(is_http2), _) => {
                connection.since.set(reactor::coarse_now());
                *connection.carry.borrow_mut() = came;
                if is_http2 && self.settings.http2.is_some() {
                    self.speak_http2(connection);
                } else {
                    self.advance(connection);
                }
            }
            (None, Some(_)) => {
                let why = connection
                    .with_secure(Secure::take_failure)
                    .flatten()
                    .unwrap_or_else(|| {
                        "the peer closed the connection in the handshake".to_owned()
                    });
                self.service.handshake_failed(connection, &why);
                self.drop_connection(connection);
            }
            (None, None) => {}
        }
    }
}
