//! One WebSocket connection of a server.

use super::hub::Hub;
use super::{FIN, MASK, RSV1};
use crate::function::logging;
use highper_http::server::WeakServer;
use highper_http::{Connection, Protocol};

use highper_websocket::{Decoder, Header, Opcode, close, encode};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Where a connection stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Active,
    /// A close frame was sent that is to end it.
    Closing,
    /// Nothing more of it is looked at.
    Over,
}

pub(super) struct Link {
    pub(super) hub: Rc<Hub>,
    pub(super) server: WeakServer,
    pub(super) decoder: RefCell<Decoder>,
    /// Was compression agreed on?
    pub(super) compress: bool,
    status: Cell<Status>,
}

/// What came, taken out of the buffers.
struct Taken {
    opcode: Opcode,
    flags: i64,
}

impl Link {
    pub(super) fn new(hub: &Rc<Hub>, server: WeakServer, decoder: Decoder) -> Self {
        Self {
            hub: Rc::clone(hub),
            server,
            compress: decoder.config().deflate,
            decoder: RefCell::new(decoder),
            status: Cell::new(Status::Active),
        }
    }

    /// Sends, while the connection is open.
    pub(super) fn append(
        &self,
        connection: &Rc<Connection>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let server = self.server.upgrade();
        server.is_some_and(|server| server.append(connection, write))
    }

    /// Says good-bye, then closes.
    pub(super) fn close(
        &self,
        connection: &Rc<Connection>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let said = self.append(connection, write);
        self.status.set(Status::Closing);
        if let (true, Some(server)) = (said, self.server.upgrade()) {
            server.close_gently(connection);
        }
        said
    }

    fn fail(&self, connection: &Rc<Connection>, error: highper_websocket::Error) {
        self.status.set(Status::Over);
        let reason = error.to_string();
        let ends = connection.addresses();
        let port = ends.peer.map_or(0, |peer| peer.port());
        logging::put(
            logging::WARNING,
            &format!("malformed data from {}:{port}: {reason}", ends.peer_ip),
        );
        self.append(connection, |out| {
            encode::close(out, None, error.close_code(), reason.as_bytes());
        });
        if let Some(server) = self.server.upgrade() {
            server.close_lingering(connection);
        }
    }

    fn next(&self, bytes: &mut [u8], payload: &mut Vec<u8>) -> Step {
        let mut decoder = self.decoder.borrow_mut();
        match decoder.feed(bytes) {
            Err(error) => Step::Failed(error),
            Ok(step) => match step.frame {
                None => Step::Used(step.used),
                Some(frame) => {
                    payload.extend_from_slice(frame.payload);
                    let mut flags = FIN;
                    if frame.compressed {
                        flags |= RSV1;
                    }
                    if frame.masked {
                        flags |= MASK;
                    }
                    let opcode = frame.opcode;
                    Step::Taken(step.used, Taken { opcode, flags })
                }
            },
        }
    }

    fn handle(&self, connection: &Rc<Connection>, taken: &Taken, payload: Vec<u8>) {
        let hub = &self.hub;
        let Taken { opcode, flags } = *taken;
        match opcode {
            Opcode::Ping if !hub.options.ping => {
                self.append(connection, |out| {
                    encode::frame(out, Opcode::Pong, encode::FIN, None, &payload);
                });
                hub.give_back(payload);
            }
            Opcode::Pong if !hub.options.pong => hub.give_back(payload),
            Opcode::Close => {
                let status = self.status.replace(Status::Over);
                let echo = payload.clone();
                if hub.options.close {
                    hub.message(connection, opcode, flags, payload);
                }
                if status == Status::Active {
                    self.append(connection, |out| {
                        encode::frame(out, Opcode::Close, encode::FIN, None, &echo);
                    });
                }
                if let Some(server) = self.server.upgrade() {
                    server.close_gently(connection);
                }
            }
            _ => hub.message(connection, opcode, flags, payload),
        }
    }
}

enum Step {
    Used(usize),
    Taken(usize, Taken),
    Failed(highper_websocket::Error),
}

impl Protocol for Link {
    fn receive(&self, connection: &Rc<Connection>, bytes: &mut [u8]) -> usize {
        let mut at = 0;
        loop {
            if self.status.get() == Status::Over {
                return bytes.len();
            }
            let mut payload = self.hub.buffer();
            match self.next(&mut bytes[at..], &mut payload) {
                Step::Used(used) => {
                    self.hub.give_back(payload);
                    return at + used;
                }
                Step::Taken(used, taken) => {
                    at += used;
                    self.handle(connection, &taken, payload);
                }
                Step::Failed(error) => {
                    self.fail(connection, error);
                    return bytes.len();
                }
            }
        }
    }

    fn first(&self, bytes: &[u8]) -> Option<(usize, bool)> {
        let (header, at) = Header::parse(bytes).ok().flatten()?;
        let length = usize::try_from(header.length).ok()?.checked_add(at)?;
        (length <= bytes.len()).then_some((length, header.fin))
    }

    fn is_clean(&self) -> bool {
        self.status.get() == Status::Active && !self.decoder.borrow().is_within_message()
    }

    fn state(&self) -> Option<Vec<u8>> {
        Some(vec![u8::from(self.compress)])
    }

    fn drain(&self, connection: &Rc<Connection>) {
        if self.status.replace(Status::Closing) == Status::Active {
            self.append(connection, |out| {
                encode::close(out, None, close::GOING_AWAY, b"");
            });
        }
    }
}
