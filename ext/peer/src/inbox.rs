//! What comes: bytes, until they are messages.

use highper_websocket::{Config, Decoder, Error as Broken, Opcode, close};

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What it says.
    pub payload: Vec<u8>,
    /// Is it binary, or text?
    pub is_binary: bool,
}

/// The next thing that the other side has said.
pub(crate) enum Heard {
    Message(Message),
    /// To be answered with the same.
    Ping(Vec<u8>),
    Pong,
    Close(u16, String),
    Broken(Broken),
    /// More bytes are needed.
    Nothing,
}

/// What has come and was not looked at.
pub(crate) struct Inbox {
    decoder: Decoder,
    pending: Vec<u8>,
    /// Bytes of it that were taken already.
    at: usize,
}

impl Inbox {
    pub(crate) fn new(config: Config, pending: Vec<u8>) -> Self {
        Self {
            decoder: Decoder::new(config),
            pending,
            at: 0,
        }
    }

    /// Is something there that was not looked at, or not all of a frame?
    pub(crate) fn has_some(&self) -> bool {
        self.at < self.pending.len()
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.pending.drain(..self.at);
        self.at = 0;
        self.pending.extend_from_slice(bytes);
    }

    pub(crate) fn next(&mut self) -> Heard {
        if self.at >= self.pending.len() {
            // At rest a connection keeps no buffer.
            self.pending = Vec::new();
            self.at = 0;
            return Heard::Nothing;
        }
        let step = match self.decoder.feed(&mut self.pending[self.at..]) {
            Ok(step) => step,
            Err(error) => return Heard::Broken(error),
        };
        let heard = match step.frame {
            None => Heard::Nothing,
            Some(frame) => match frame.opcode {
                Opcode::Ping => Heard::Ping(frame.payload.to_vec()),
                Opcode::Pong => Heard::Pong,
                Opcode::Close => match close::check(frame.payload) {
                    Ok(Some((code, reason))) => Heard::Close(code, reason.to_owned()),
                    Ok(None) => Heard::Close(close::NO_STATUS, String::new()),
                    Err(error) => Heard::Broken(error),
                },
                opcode => Heard::Message(Message {
                    payload: frame.payload.to_vec(),
                    is_binary: opcode == Opcode::Binary,
                }),
            },
        };
        self.at += step.used;
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highper_websocket::encode::{self, FIN};

    #[test]
    fn frames_however_they_are_cut() {
        let mut wire = Vec::new();
        encode::frame(&mut wire, Opcode::Ping, FIN, None, b"p");
        encode::frame(&mut wire, Opcode::Text, 0, None, b"he");
        encode::frame(&mut wire, Opcode::Pong, FIN, None, b"");
        encode::frame(&mut wire, Opcode::Continuation, FIN, None, b"llo");
        encode::frame(&mut wire, Opcode::Binary, FIN, None, &[0, 255]);
        encode::close(&mut wire, None, 4000, b"bye");
        for step in [1, 2, 5, wire.len()] {
            let mut inbox = Inbox::new(Config::client(), Vec::new());
            let mut all = String::new();
            for bytes in wire.chunks(step) {
                inbox.add(bytes);
                loop {
                    all += &match inbox.next() {
                        Heard::Nothing => break,
                        Heard::Message(m) => format!("{} {:?};", m.is_binary, m.payload),
                        Heard::Ping(p) => format!("ping {p:?};"),
                        Heard::Pong => "pong;".to_owned(),
                        Heard::Close(code, reason) => format!("close {code} {reason};"),
                        Heard::Broken(error) => format!("{error};"),
                    };
                }
            }
            assert_eq!(
                all,
                "ping [112];pong;false [104, 101, 108, 108, 111];true [0, 255];close 4000 bye;"
            );
        }
    }
}
