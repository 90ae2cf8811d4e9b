//! The client's side of a connection.

mod receive;
mod stream;

use crate::error::{Code, Error};
use crate::frame::{self, ACK};
use crate::hpack::{Decoder, Encoder, Field};
use crate::settings::Settings;
use std::collections::{BTreeMap, VecDeque};
use stream::Stream;

/// What every connection begins with: RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of the fields of a response at most, unpacked, where the settings allow more.
const FIELDS_LIMIT: usize = 256 * 1024;
/// The window of data that is open at the beginning: RFC 9113, section 6.9.2.
const WINDOW: i64 = 65_535;
/// The last number that a stream can have.
const LAST_STREAM: u32 = 0x7fff_ffff;

/// What has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Fields of a response: those of its head, or behind its body.
    Fields {
        /// The stream.
        stream: u32,
        /// They, with `:status` in front when it is the head.
        fields: Vec<Field>,
        /// Is the response over?
        end: bool,
    },
    /// A piece of a response's body.
    Data {
        /// The stream.
        stream: u32,
        /// The piece.
        data: Vec<u8>,
        /// Is the response over?
        end: bool,
    },
    /// The server gave a stream up, or its response can't be read.
    Reset {
        /// The stream.
        stream: u32,
        /// Why.
        code: Code,
    },
    /// The server takes no more streams.
    GoAway {
        /// The last stream that it does something for.
        last: u32,
        /// Why.
        code: Code,
        /// The same in its words.
        debug: Vec<u8>,
    },
}

/// Why something can't be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The server takes no more streams.
    GoingAway,
    /// The server wants fewer streams at once.
    TooManyStreams,
    /// There is no such stream, or its request is over.
    NoStream,
    /// A name or a value that HTTP/2 has no place for: line ends, NUL, blanks in a name.
    Field,
}

/// A connection.
#[derive(Debug)]
pub struct Client {
    local: Settings,
    remote: Settings,
    encoder: Encoder,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    events: VecDeque<Event>,
    streams: BTreeMap<u32, Stream>,
    /// The number of the next stream, and of the last that the server has spoken of.
    next: u32,
    last: u32,
    /// Data that may be sent, and received.
    window: i64,
    receive_window: i64,
    /// Fields whose end has not come: their stream, the flags, the block.
    block: Option<(u32, u8, Vec<u8>)>,
    greeted: bool,
    going_away: bool,
    /// Streams' windows open by what the program takes, not by what comes.
    holds_windows: bool,
}

impl Client {
    /// A connection with our settings, whose first bytes are to be sent.
    #[must_use]
    pub fn new(local: Settings) -> Self {
        let mut output = PREFACE.to_vec();
        let mut payload = Vec::new();
        local.write(&mut payload);
        frame::write(&mut output, frame::SETTINGS, 0, 0, &payload);
        Self {
            local,
            remote: Settings::default(),
            encoder: Encoder::default(),
            decoder: Decoder::new(local.header_table_size as usize),
            input: Vec::new(),
            output,
            events: VecDeque::new(),
            streams: BTreeMap::new(),
            next: 1,
            last: 0,
            window: WINDOW,
            receive_window: WINDOW,
            block: None,
            greeted: false,
            going_away: false,
            holds_windows: false,
        }
    }

    /// From now on a stream's window opens again by [`Client::taken`]: a server is held back by who does not take what came. The
    /// connection's opens by itself, so that the other streams go on.
    pub fn hold_windows(&mut self) {
        self.holds_windows = true;
    }

    /// The program has taken so many bytes of a response's body.
    pub fn taken(&mut self, id: u32, bytes: usize) {
        let whole = i64::from(self.local.init_window_size);
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        stream.credit += bytes as i64;
        if stream.credit > 0 && stream.credit >= whole / 2 {
            let more = std::mem::take(&mut stream.credit);
            stream.receive_window += more;
            self.open_window(id, more);
        }
    }

    /// Our settings.
    #[must_use]
    pub fn local(&self) -> &Settings {
        &self.local
    }

    /// The server's settings.
    #[must_use]
    pub fn remote(&self) -> &Settings {
        &self.remote
    }

    /// The number that the next stream has.
    #[must_use]
    pub fn next_stream(&self) -> u32 {
        self.next
    }

    /// The last stream that the server has spoken of.
    #[must_use]
    pub fn last_stream(&self) -> u32 {
        self.last
    }

    /// Streams whose response is not over.
    #[must_use]
    pub fn active(&self) -> usize {
        self.streams.len()
    }

    /// Is a stream's response awaited?
    #[must_use]
    pub fn has(&self, stream: u32) -> bool {
        self.streams.contains_key(&stream)
    }

    /// Does the server take no more streams?
    #[must_use]
    pub fn is_going_away(&self) -> bool {
        self.going_away
    }

    /// What is to be sent.
    #[must_use]
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// The next thing that has come.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Begins a request: its fields, those with `:` first; `end` when there is no body.
    ///
    /// # Errors
    /// [`Refused`]; nothing is sent then.
    pub fn request(&mut self, fields: &[(&[u8], &[u8])], end: bool) -> Result<u32, Refused> {
        if self.going_away || self.next > LAST_STREAM {
            return Err(Refused::GoingAway);
        }
        if self.streams.len() >= self.remote.max_concurrent_streams as usize {
            return Err(Refused::TooManyStreams);
        }
        if !fields.iter().all(|(name, value)| is_sendable(name, value)) {
            return Err(Refused::Field);
        }
        let mut block = Vec::new();
        self.encoder.encode(fields.iter().copied(), &mut block);
        let id = self.next;
        let room = self.remote.max_frame_size as usize;
        let mut pieces = block.chunks(room).peekable();
        let mut kind = frame::HEADERS;
        let mut flags = if end { frame::END_STREAM } else { 0 };
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_none() {
                flags |= frame::END_HEADERS;
            }
            frame::write(&mut self.output, kind, flags, id, piece);
            (kind, flags) = (frame::CONTINUATION, 0);
        }
        self.next += 2;
        let is_head = fields.contains(&(b":method", b"HEAD"));
        self.streams.insert(
            id,
            Stream::new(
                i64::from(self.remote.init_window_size),
                i64::from(self.local.init_window_size),
                end,
                is_head,
            ),
        );
        Ok(id)
    }

    /// Adds to a request's body; what the server has no room for waits until it has.
    ///
    /// # Errors
    /// [`Refused::NoStream`]
    pub fn data(&mut self, stream: u32, data: &[u8], end: bool) -> Result<(), Refused> {
        let open = self
            .streams
            .get_mut(&stream)
            .filter(|open| !open.ends)
            .ok_or(Refused::NoStream)?;
        open.pending.extend(data);
        open.ends = end;
        self.send_pending(stream);
        Ok(())
    }

    /// Bytes of a request's body that wait for room.
    #[must_use]
    pub fn pending(&self, stream: u32) -> usize {
        self.streams
            .get(&stream)
            .map_or(0, |open| open.pending.len())
    }

    fn send_pending(&mut self, id: u32) {
        let Some(stream) = self.streams.get_mut(&id) else {
            return;
        };
        while !stream.ended {
            let room = self.window.min(stream.window).clamp(0, i64::from(u32::MAX)) as usize;
            let size = stream
                .pending
                .len()
                .min(room)
                .min(self.remote.max_frame_size as usize);
            let last = size == stream.pending.len() && stream.ends;
            if size == 0 && !last {
                return;
            }
            let piece: Vec<u8> = stream.pending.drain(..size).collect();
            let flags = if last { frame::END_STREAM } else { 0 };
            frame::write(&mut self.output, frame::DATA, flags, id, &piece);
            stream.window -= size as i64;
            self.window -= size as i64;
            stream.ended = last;
        }
    }

    fn send_all_pending(&mut self) {
        let ids: Vec<u32> = self
            .streams
            .iter()
            .filter(|(_, stream)| !stream.ended)
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            self.send_pending(id);
        }
    }

    /// Asks the server for a sign of life.
    pub fn ping(&mut self) {
        frame::write(&mut self.output, frame::PING, 0, 0, &[0; 8]);
    }

    /// Says that no more streams are taken, and why.
    pub fn go_away(&mut self, code: Code, debug: &[u8]) {
        let mut payload = 0_u32.to_be_bytes().to_vec();
        payload.extend_from_slice(&code.0.to_be_bytes());
        let room = self.remote.max_frame_size as usize - 8;
        payload.extend_from_slice(&debug[..debug.len().min(room)]);
        frame::write(&mut self.output, frame::GOAWAY, 0, 0, &payload);
    }

    /// Gives a stream up.
    pub fn reset(&mut self, stream: u32, code: Code) {
        if self.streams.remove(&stream).is_some() {
            let code = code.0.to_be_bytes();
            frame::write(&mut self.output, frame::RST_STREAM, 0, stream, &code);
        }
    }

    /// Takes received bytes.
    ///
    /// # Errors
    /// What the server did wrong; a GOAWAY that says so is to be sent.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.input.extend_from_slice(bytes);
        let mut at = 0;
        let done = loop {
            let Some(head) = frame::Frame::parse(&self.input[at..]) else {
                break Ok(());
            };
            if head.length > self.local.max_frame_size as usize {
                break Err(Error::new(
                    Code::FRAME_SIZE_ERROR,
                    "a frame is larger than was allowed",
                ));
            }
            let start = at + frame::HEAD;
            let Some(payload) = self.input.get(start..start + head.length) else {
                break Ok(());
            };
            let payload = payload.to_vec();
            at = start + head.length;
            if let Err(error) = self.frame(head, &payload) {
                break Err(error);
            }
        };
        self.input.drain(..at);
        if let Err(error) = done {
            self.go_away(error.code, error.why.as_bytes());
        }
        done
    }

    fn acknowledge(&mut self, kind: u8, payload: &[u8]) {
        frame::write(&mut self.output, kind, ACK, 0, payload);
    }
}

/// A field that another side, or a gateway to HTTP/1.1 behind it, reads as it was meant: RFC 9113, section 8.2.1.
fn is_sendable(name: &[u8], value: &[u8]) -> bool {
    let plain = name.strip_prefix(b":").unwrap_or(name);
    let good = |byte: &u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && *byte != b':';
    !plain.is_empty()
        && plain.iter().all(good)
        && !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

#[cfg(test)]
mod tests;
