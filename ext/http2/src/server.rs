//! The server's side of a connection.
//!
//! A driver lends what it receives to [`Server::step`], acts on the [`Event`]s, and sends what is appended to `out`.
//! Requests come as text of HTTP/1.1, so that one parser reads those of both protocols. Responses are blocks of fields
//! that use no table but the fixed one ([`crate::hpack::alone`]): they can be kept, and serve every connection.

mod budget;
mod frames;
mod head;
mod streams;

pub use head::Verdict;

use crate::error::{Code, Error};
use crate::frame;
use crate::hpack::Decoder;
use crate::settings::Settings;
use budget::Budget;
use head::Head;
use std::collections::VecDeque;
use streams::Stream;

/// What every connection begins with: RFC 9113, section 3.4.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The window of data that is open at the beginning: RFC 9113, section 6.9.2.
const WINDOW: i64 = 65_535;
/// Data that a whole connection may send before more are asked for.
const OPEN: i64 = 1 << 20;
/// The largest window.
const MOST: i64 = 0x7fff_ffff;
/// Streams that were given up here and of which the client may not know yet.
const FORGIVEN: usize = 64;

/// What has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// Nothing more can be said: keep what is left, append what comes next, and feed all of it.
    NeedMore,
    /// Something that the driver has nothing to do with.
    Nothing,
    /// A request: its text is fetched by [`Server::take_text`].
    Head {
        /// Its stream.
        stream: u32,
        /// It has no body.
        end: bool,
        /// Whether there is a text.
        verdict: Verdict,
    },
    /// A piece of a request's body.
    Data {
        /// Its stream.
        stream: u32,
        /// The piece.
        data: &'a [u8],
        /// Is the request over?
        end: bool,
    },
    /// The client gave a stream up, or it went against the rules. What the driver kept with it is gone; it is in
    /// [`Server::take_lost`].
    Reset {
        /// The stream.
        stream: u32,
        /// Why.
        code: Code,
    },
    /// More may be sent: on this stream, or on all of them (0).
    Room {
        /// The stream.
        stream: u32,
    },
    /// The client begins no more streams.
    GoAway,
    /// The rules were broken: a GOAWAY that says so is in `out`; the connection is to be closed.
    Error(Error),
}

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'a> {
    /// Bytes to take off the front of the input before the next call.
    pub used: usize,
    /// What they were.
    pub event: Event<'a>,
}

/// Data whose frame is not at its end.
#[derive(Clone, Copy, Debug)]
struct Incoming {
    stream: u32,
    left: usize,
    padding: usize,
    end: bool,
    /// Nobody wants it.
    dropped: bool,
}

/// Fields whose end has not come.
#[derive(Debug)]
struct Block {
    stream: u32,
    end: bool,
    depends_on_itself: bool,
    bytes: Vec<u8>,
    parts: u32,
}

/// A connection, on which the driver keeps a `T` with each stream.
#[derive(Debug)]
pub struct Server<T> {
    local: Settings,
    remote: Settings,
    decoder: Decoder,
    head: Head,
    text: Vec<u8>,
    text_length: usize,
    streams: Vec<Stream<T>>,
    lost: Option<T>,
    forgiven: VecDeque<u32>,
    /// The highest number of a stream that the client has begun.
    last: u32,
    /// Data that may be sent, and received.
    window: i64,
    receive_window: i64,
    incoming: Option<Incoming>,
    block: Option<Block>,
    budget: Budget,
    has_preface: bool,
    has_settings: bool,
    /// A client that allows a smaller table is told that none is used.
    tell_table: bool,
    going_away: bool,
}

impl<T> Server<T> {
    /// A connection with our settings, whose first bytes are appended to `out`.
    #[must_use]
    pub fn new(local: Settings, out: &mut Vec<u8>) -> Self {
        let mut payload = Vec::with_capacity(30);
        local.write_server(&mut payload);
        frame::write(out, frame::SETTINGS, 0, 0, &payload);
        let more = (OPEN - WINDOW) as u32;
        frame::write(out, frame::WINDOW_UPDATE, 0, 0, &more.to_be_bytes());
        Self {
            local,
            remote: Settings::default(),
            decoder: Decoder::new(local.header_table_size as usize),
            head: Head::default(),
            text: Vec::new(),
            text_length: 0,
            streams: Vec::new(),
            lost: None,
            forgiven: VecDeque::new(),
            last: 0,
            window: WINDOW,
            receive_window: OPEN,
            incoming: None,
            block: None,
            budget: Budget::new(),
            has_preface: false,
            has_settings: false,
            tell_table: false,
            going_away: false,
        }
    }

    /// A connection that was upgraded from HTTP/1.1 by a request, which has stream 1: RFC 7540, section 3.2. `settings` is
    /// the client's first SETTINGS, from the field HTTP2-Settings.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn upgraded(local: Settings, settings: &[u8], out: &mut Vec<u8>) -> Result<Self, Error> {
        let mut server = Self::new(local, out);
        server.remote.read(settings)?;
        server.last = 1;
        server
            .streams
            .push(Stream::new(1, &server.remote, &server.local, true, None));
        Ok(server)
    }

    /// The time, nanoseconds of any clock that goes on: floods are measured by it.
    pub fn set_time(&mut self, now: u64) {
        self.budget.now = now;
    }

    /// Streams whose response, or request, is not over.
    #[must_use]
    pub fn active(&self) -> usize {
        self.streams.len()
    }

    /// Is nothing taken any more?
    #[must_use]
    pub fn is_going_away(&self) -> bool {
        self.going_away
    }

    /// The text of the request that was told of last, with the length of it: blanks follow.
    pub fn take_text(&mut self) -> (Vec<u8>, usize) {
        (std::mem::take(&mut self.text), self.text_length)
    }

    /// What the driver kept with the stream that was lost last.
    pub fn take_lost(&mut self) -> Option<T> {
        self.lost.take()
    }

    /// Looks at the input and says what comes first in it. Call until [`Event::NeedMore`] or [`Event::Error`].
    pub fn step<'a>(&mut self, input: &'a [u8], out: &mut Vec<u8>) -> Step<'a> {
        match self.advance(input, out) {
            Ok(step) => step,
            Err(error) => {
                self.go_away(error.code, error.why.as_bytes(), out);
                Step {
                    used: input.len(),
                    event: Event::Error(error),
                }
            }
        }
    }

    fn advance<'a>(&mut self, input: &'a [u8], out: &mut Vec<u8>) -> Result<Step<'a>, Error> {
        if !self.has_preface {
            return self.preface(input);
        }
        if let Some(incoming) = self.incoming {
            return Ok(self.data(incoming, input));
        }
        let Some(frame) = frame::Frame::parse(input) else {
            return Ok(Step {
                used: 0,
                event: Event::NeedMore,
            });
        };
        if frame.length > self.local.max_frame_size as usize {
            return Err(Error::new(
                Code::FRAME_SIZE_ERROR,
                "a frame is larger than was allowed",
            ));
        }
        self.expected(&frame)?;
        if frame.kind == frame::DATA {
            return self.on_data(frame, input, out);
        }
        let end = frame::HEAD + frame.length;
        let Some(payload) = input.get(frame::HEAD..end) else {
            return Ok(Step {
                used: 0,
                event: Event::NeedMore,
            });
        };
        let event = self.on_frame(frame, payload, out)?;
        Ok(Step { used: end, event })
    }

    fn preface<'a>(&mut self, input: &'a [u8]) -> Result<Step<'a>, Error> {
        let there = input.len().min(PREFACE.len());
        if input[..there] != PREFACE[..there] {
            return Err(Error::protocol(
                "the connection does not begin as one of HTTP/2 does",
            ));
        }
        self.has_preface = there == PREFACE.len();
        Ok(match self.has_preface {
            true => Step {
                used: there,
                event: Event::Nothing,
            },
            false => Step {
                used: 0,
                event: Event::NeedMore,
            },
        })
    }

    /// Can such a frame come now?
    fn expected(&self, frame: &frame::Frame) -> Result<(), Error> {
        if !self.has_settings && (frame.kind != frame::SETTINGS || frame.has(frame::ACK)) {
            return Err(Error::protocol("the client does not begin with SETTINGS"));
        }
        match &self.block {
            Some(block) if frame.kind != frame::CONTINUATION || frame.stream != block.stream => {
                return Err(Error::protocol(
                    "a frame came between the parts of a block of fields",
                ));
            }
            None if frame.kind == frame::CONTINUATION => {
                return Err(Error::protocol("a CONTINUATION frame goes on with nothing"));
            }
            _ => {}
        }
        let of_connection = matches!(frame.kind, frame::SETTINGS | frame::PING | frame::GOAWAY);
        let of_stream = matches!(
            frame.kind,
            frame::DATA
                | frame::HEADERS
                | frame::PRIORITY
                | frame::RST_STREAM
                | frame::CONTINUATION
        );
        if of_connection && frame.stream != 0 || of_stream && frame.stream == 0 {
            return Err(Error::protocol(
                "a frame is for a stream that it can't be for",
            ));
        }
        let wanted = match frame.kind {
            frame::PING => Some(8),
            frame::RST_STREAM | frame::WINDOW_UPDATE => Some(4),
            frame::SETTINGS if frame.has(frame::ACK) => Some(0),
            _ => None,
        };
        if wanted.is_some_and(|wanted| wanted != frame.length) {
            return Err(Error::new(
                Code::FRAME_SIZE_ERROR,
                "a frame has a length that it can't have",
            ));
        }
        Ok(())
    }

    /// Asks the client for a sign of life.
    pub fn ping(&mut self, out: &mut Vec<u8>) {
        frame::write(out, frame::PING, 0, 0, &[0; 8]);
    }

    /// Says which streams something is still done for, and why no more are taken.
    pub fn go_away(&mut self, code: Code, why: &[u8], out: &mut Vec<u8>) {
        self.going_away = true;
        let mut payload = self.last.to_be_bytes().to_vec();
        payload.extend_from_slice(&code.0.to_be_bytes());
        payload.extend_from_slice(why);
        frame::write(out, frame::GOAWAY, 0, 0, &payload);
    }
}

#[cfg(test)]
mod tests;
