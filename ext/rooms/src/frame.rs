//! A message that goes to many: encoded once, and compressed once for each window that clients have agreed on.

use highper_http::event::Event;
use highper_websocket::{Deflater, Opcode, encode};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Of compression: zlib's usual one.
const LEVEL: u32 = 6;
/// Shorter messages become no smaller.
const PACK_FROM: usize = 64;

thread_local! {
    /// Messages are compressed each by itself, so that one for each window serves all connections.
    static DEFLATERS: RefCell<Vec<(u8, Deflater)>> = const { RefCell::new(Vec::new()) };
}

/// A message as it goes on the wire.
pub struct Frame {
    opcode: Opcode,
    payload_at: usize,
    plain: Rc<[u8]>,
    packed: RefCell<Vec<(u8, Rc<[u8]>)>>,
    /// As an event of a stream, once somebody wants it so.
    event: OnceCell<Rc<[u8]>>,
    group: u64,
}

impl Frame {
    /// One frame with all of a message. `group`: of those with the same one a client that is told the latest only gets the last.
    #[must_use]
    pub fn new(opcode: Opcode, payload: &[u8], group: u64) -> Self {
        let mut bytes = Vec::new();
        encode::frame(&mut bytes, opcode, encode::FIN, None, payload);
        Self {
            opcode,
            payload_at: bytes.len() - payload.len(),
            plain: bytes.into(),
            packed: RefCell::default(),
            event: OnceCell::new(),
            group,
        }
    }

    /// See [`Frame::new`].
    pub(crate) fn group(&self) -> u64 {
        self.group
    }

    /// The lines for a stream of events; none for what is no text.
    pub(crate) fn for_events(&self) -> Option<Rc<[u8]>> {
        if self.opcode != Opcode::Text {
            return None;
        }
        let lines = self.event.get_or_init(|| {
            let payload = &self.plain[self.payload_at..];
            let mut lines = Vec::with_capacity(payload.len() + 16);
            let event = Event {
                data: Some(payload),
                ..Event::default()
            };
            // It has neither name nor id, which alone could be wrong.
            let _fits = event.write(&mut lines);
            lines.into()
        });
        Some(Rc::clone(lines))
    }

    /// The bytes for a connection, by the bits of the window that was agreed on, if any was.
    pub(crate) fn for_window(&self, window: Option<u8>) -> Rc<[u8]> {
        let Some(window) = window else {
            return Rc::clone(&self.plain);
        };
        let payload = &self.plain[self.payload_at..];
        if payload.len() < PACK_FROM {
            return Rc::clone(&self.plain);
        }
        let known = self
            .packed
            .borrow()
            .iter()
            .find(|(bits, _)| *bits == window)
            .map(|(_, bytes)| Rc::clone(bytes));
        if let Some(known) = known {
            return known;
        }
        let mut out = Vec::new();
        let done = DEFLATERS.with_borrow_mut(|all| {
            let at = match all.iter().position(|(bits, _)| *bits == window) {
                Some(at) => at,
                None => {
                    all.push((window, Deflater::new(LEVEL, window, false)));
                    all.len() - 1
                }
            };
            all[at].1.pack(payload, &mut out)
        });
        let bytes = match done {
            Ok(()) if out.len() < payload.len() => {
                let mut frame = Vec::new();
                encode::frame(
                    &mut frame,
                    self.opcode,
                    encode::FIN | encode::COMPRESSED,
                    None,
                    &out,
                );
                frame.into()
            }
            _ => Rc::clone(&self.plain),
        };
        self.packed.borrow_mut().push((window, Rc::clone(&bytes)));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highper_websocket::{Config, Decoder};

    #[test]
    fn a_frame_is_compressed_once_for_a_window() {
        let text = "the same again and again, ".repeat(50);
        let frame = Frame::new(Opcode::Text, text.as_bytes(), 0);
        let packed = frame.for_window(Some(15));
        assert!(packed.len() < 100 && Rc::ptr_eq(&packed, &frame.for_window(Some(15))));
        assert!(!Rc::ptr_eq(&packed, &frame.for_window(Some(10))));
        assert!(frame.for_window(None).len() > text.len());
        let config = Config {
            deflate: true,
            ..Config::client()
        };
        let mut wire = packed.to_vec();
        let mut decoder = Decoder::new(config);
        let step = decoder.feed(&mut wire).unwrap();
        assert_eq!(step.frame.unwrap().payload, text.as_bytes());
    }

    #[test]
    fn what_does_not_shrink_stays_as_it_is() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let noise: Vec<u8> = (0..200).map(|_| next()).collect();
        let frame = Frame::new(Opcode::Binary, &noise, 0);
        assert!(Rc::ptr_eq(&frame.for_window(Some(15)), &frame.plain));
        let short = Frame::new(Opcode::Text, b"aaaaaaaaaaaaaaaaaaaaaaaa", 0);
        assert!(Rc::ptr_eq(&short.for_window(Some(15)), &short.plain));
    }
}
