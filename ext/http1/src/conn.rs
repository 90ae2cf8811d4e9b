use crate::body::Decoder;
use crate::lines::Progress;
use crate::parse::{self, Failure};
use crate::quick;
use crate::{Error, Framing, Head, Limits, Method, Version};

/// What [`Conn::feed`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Nothing more can be said: keep the bytes behind `used`, append what the
    /// peer sends next, and feed all of it.
    NeedMore,
    /// A request head is in the [`Head`]. Body events follow if
    /// [`Head::has_body`]; if not, the request is complete.
    Head,
    /// Bytes of the request body, never empty.
    Body(&'a [u8]),
    /// A trailer field that is not forbidden as one (RFC 9110 section 6.5.1).
    Trailer {
        /// Field name as sent.
        name: &'a [u8],
        /// Field value without white space around it.
        value: &'a [u8],
    },
    /// The end of a body that was announced by [`Head::has_body`].
    End,
    /// Bytes of an unread body after its response, read over.
    Skipped,
    /// The request is complete and its response is not: what was not used is
    /// (or may be) the next request. Feed again after the response.
    Pause,
    /// The request must be refused: [`Conn::refuse`] and close.
    Error(Error),
    /// The connection speaks another protocol now; all bytes are its.
    Upgraded,
    /// The connection is over: its input means nothing.
    Closed,
}

/// One step of [`Conn::feed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// Bytes to take off the front of the input before the next call.
    pub used: usize,
    /// What they were.
    pub event: Event<'a>,
}

/// Where the connection is, for the driver's deadlines. A deadline belongs to
/// the phase: it begins when the phase changes, and bytes don't extend it,
/// except as the driver decides in [`Phase::Body`] and [`Phase::Writing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Between requests (or before the first); the keep-alive time-out.
    Idle,
    /// The first byte of a head has come, its end has not; the header time-out.
    Header,
    /// The request body is being received (or skipped after the response).
    Body,
    /// The request is complete, the response has not begun.
    Handling,
    /// The response has begun and is not complete.
    Writing,
    /// Closed, failed or handed over.
    Closed,
}

/// What to do with the connection after a response, when its bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum After {
    /// Feed what is left and what comes.
    KeepAlive,
    /// Close.
    Close,
    /// The peer may still be sending: shut down the sending side, read and
    /// throw away for a bounded time, then close. Closing at once would reset
    /// the connection and may destroy the response on its way (RFC 9112
    /// section 9.6).
    Linger,
    /// Bytes not yet used belong to the other protocol.
    Upgrade,
}

/// What the end of the peer's stream means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Eof {
    /// Between requests: close.
    Clean,
    /// Within a head or a body: the request is incomplete and must not be
    /// served as if it were complete (RFC 9112 section 8). Close.
    Truncated,
    /// The request is complete: the peer may still read. Answer, then close.
    HalfClosed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Read {
    #[default]
    Head,
    Body,
    /// The rest of a body whose response is complete.
    Drain,
    Done,
    Upgraded,
    Closed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Write {
    #[default]
    Waiting,
    Length,
    Chunked,
    UntilClose,
    /// HEAD, 204, 304: body bytes are taken and not sent.
    Bodiless,
    Done,
}

/// One HTTP/1.1 server connection: 48 bytes, no buffer, no clock.
///
/// The order of calls: [`Conn::feed`] until [`Event::Head`]; then
/// [`Conn::respond`], before, between or after the feeds that bring the body;
/// then [`Conn::feed`] again. The driver takes `used` bytes off its input after
/// each step.
#[derive(Clone, Debug, Default)]
pub struct Conn {
    pub(crate) body: Decoder,
    /// Bytes of the response body still to be written, if declared.
    pub(crate) out_left: u64,
    progress: Progress,
    pub(crate) read: Read,
    pub(crate) write: Write,
    blanks: u8,
    pub(crate) close: bool,
    pub(crate) http10: bool,
    pub(crate) bodiless: bool,
    pub(crate) connect: bool,
    pub(crate) continue_pending: bool,
    pub(crate) upgrade: bool,
}

/// Bytes of an unread request body that are read over rather than closing the
/// connection.
pub(crate) const DRAIN_MAX: u64 = 64 * 1024;

/// Empty lines taken before a request line (RFC 9112 section 2.2).
const BLANKS_MAX: u8 = 4;

impl Conn {
    /// A new connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at the input and says what comes first in it. `buf` starts where
    /// the last step's `used` ended, and holds at least what was left then.
    ///
    /// `head` means something after [`Event::Head`] only, with offsets into the
    /// `buf` of that call; it is written only while a head is looked for, so
    /// not before the response to the last request. Call in a loop until NeedMore, Pause, Error, Upgraded or Closed.
    #[inline]
    pub fn feed<'a>(&mut self, buf: &'a [u8], head: &mut Head, limits: &Limits) -> Step<'a> {
        self.feed_within(buf, buf.len(), head, limits)
    }

    /// As [`Conn::feed`] of the first `length` bytes of `room`. What is behind them may be looked at
    /// (a driver's buffer goes on), and never makes a difference.
    ///
    /// # Panics
    /// When `room` is shorter than `length`.
    #[inline]
    pub fn feed_within<'a>(
        &mut self,
        room: &'a [u8],
        length: usize,
        head: &mut Head,
        limits: &Limits,
    ) -> Step<'a> {
        if self.read == Read::Head
            && self.progress.is_fresh()
            && let Some(Ok(used)) =
                quick::head(room, 0, length.min(limits.head_cap()), head, limits)
        {
            return self.begin(head, used);
        }
        let buf = &room[..length];
        let result = match self.read {
            Read::Head => self.feed_head(buf, head, limits),
            Read::Body => self.feed_body(buf, limits),
            Read::Drain => self.drain(buf, limits),
            Read::Done => Ok(Step {
                used: 0,
                event: Event::Pause,
            }),
            Read::Upgraded => Ok(Step {
                used: 0,
                event: Event::Upgraded,
            }),
            Read::Closed => Ok(Step {
                used: 0,
                event: Event::Closed,
            }),
        };
        result.unwrap_or_else(|error| {
            self.read = Read::Closed;
            self.close = true;
            Step {
                used: 0,
                event: Event::Error(error),
            }
        })
    }

    /// Takes a whole head that is a request's of HTTP/2, written as one of HTTP/1.1: the first `length` bytes of `room`.
    /// Its body, if it has one, does not come through here; what is written is a response of HTTP/1.1, which the driver
    /// translates.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn feed_stream(
        &mut self,
        room: &[u8],
        length: usize,
        head: &mut Head,
        limits: &Limits,
        has_body: bool,
    ) -> Result<(), Error> {
        match self.feed_within(room, length, head, limits).event {
            Event::Head => {}
            Event::Error(error) => return Err(error),
            _ => return Err(Error::HeadTooLarge),
        }
        head.version = Version::Http2;
        head.upgrade_wanted = false;
        head.keep_alive = true;
        head.framing = match (has_body, head.framing) {
            (false, _) => Framing::None,
            (true, Framing::None) => Framing::Chunked,
            (true, framing) => framing,
        };
        self.close = false;
        self.upgrade = false;
        self.continue_pending = false;
        self.body = Decoder::new(Framing::None);
        self.read = Read::Done;
        Ok(())
    }

    #[inline]
    fn feed_head<'a>(
        &mut self,
        buf: &'a [u8],
        head: &mut Head,
        limits: &Limits,
    ) -> Result<Step<'a>, Error> {
        let mut skip = 0;
        while buf.get(skip) == Some(&b'\r') {
            match buf.get(skip + 1) {
                None => {
                    return Ok(Step {
                        used: skip,
                        event: Event::NeedMore,
                    });
                }
                Some(b'\n') if self.blanks < BLANKS_MAX => self.blanks += 1,
                Some(b'\n') => return Err(Error::Method),
                Some(_) => return Err(Error::BareCr),
            }
            skip += 2;
        }
        if skip == buf.len() {
            return Ok(Step {
                used: skip,
                event: Event::NeedMore,
            });
        }
        let cap = limits.head_cap();
        let end = buf.len().min(skip + cap);
        if self.progress.is_fresh() {
            match parse::head(buf, skip, end, head, limits) {
                Ok(used) => return Ok(self.begin(head, used)),
                Err(Failure::Rule(error)) => return Err(error),
                Err(Failure::Syntax) => {}
            }
            if self.progress.advance(&buf[skip..end], limits)? {
                return Err(Error::Target);
            }
        } else if self.progress.advance(&buf[skip..end], limits)? {
            return match parse::head(buf, skip, end, head, limits) {
                Ok(used) => Ok(self.begin(head, used)),
                Err(Failure::Rule(error)) => Err(error),
                Err(Failure::Syntax) => Err(Error::Target),
            };
        }
        if end - skip == cap {
            return Err(if self.progress.in_request_line() {
                Error::TargetTooLong
            } else {
                Error::HeadTooLarge
            });
        }
        Ok(Step {
            used: skip,
            event: Event::NeedMore,
        })
    }

    #[inline]
    fn begin<'a>(&mut self, head: &Head, used: usize) -> Step<'a> {
        self.progress = Progress::default();
        self.blanks = 0;
        self.write = Write::Waiting;
        self.close |= !head.keep_alive;
        self.http10 = head.version == Version::Http10;
        self.bodiless = head.method == Method::Head;
        self.connect = head.method == Method::Connect;
        self.upgrade = head.upgrade_wanted;
        self.continue_pending = head.expect_continue;
        if head.has_body() {
            self.body = Decoder::new(head.framing);
            self.read = Read::Body;
        } else {
            // What the decoder was left with is not asked for.
            self.read = Read::Done;
        }
        Step {
            used,
            event: Event::Head,
        }
    }

    fn feed_body<'a>(&mut self, buf: &'a [u8], limits: &Limits) -> Result<Step<'a>, Error> {
        let step = self.body.feed(buf, limits)?;
        if step.used > 0 {
            // Who has begun to send does not wait for 100 Continue.
            self.continue_pending = false;
        }
        if step.event == Event::End {
            self.read = Read::Done;
        }
        Ok(step)
    }

    /// Reads over the rest of a body, whose length is known and not zero.
    fn drain<'a>(&mut self, buf: &'a [u8], limits: &Limits) -> Result<Step<'a>, Error> {
        let used = self.body.feed(buf, limits)?.used;
        if self.body.left() == Some(0) {
            self.next();
        }
        let event = if used > 0 {
            Event::Skipped
        } else {
            Event::NeedMore
        };
        Ok(Step { used, event })
    }

    /// Ready for the next request.
    #[inline]
    fn next(&mut self) {
        self.read = Read::Head;
        self.write = Write::Waiting;
    }

    /// Where the connection is.
    #[inline]
    pub fn phase(&self) -> Phase {
        match (self.read, self.write) {
            (Read::Closed | Read::Upgraded, Write::Waiting | Write::Done) => Phase::Closed,
            (Read::Head, _) if self.progress.is_fresh() => Phase::Idle,
            (Read::Head, _) => Phase::Header,
            (Read::Body, Write::Waiting) | (Read::Drain, _) => Phase::Body,
            (Read::Done, Write::Waiting) => Phase::Handling,
            _ => Phase::Writing,
        }
    }

    /// Asks for the body: appends `100 Continue` to `out` if the client waits
    /// for it and nothing of the body or the response has been sent yet.
    pub fn want_body(&mut self, out: &mut Vec<u8>) {
        if self.continue_pending && self.write == Write::Waiting && self.read == Read::Body {
            out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            self.continue_pending = false;
        }
    }

    /// Whether the client waits for `100 Continue`.
    #[inline]
    pub fn awaits_continue(&self) -> bool {
        self.continue_pending
    }

    /// Has the connection closed after the response under way, or at once when
    /// idle: a server that drains, or a limit of requests per connection.
    #[inline]
    pub fn close_after(&mut self) {
        self.close = true;
        if self.phase() == Phase::Idle {
            self.read = Read::Closed;
        }
    }

    /// Whether the connection will close after the response under way.
    #[inline]
    pub fn closes(&self) -> bool {
        self.close
    }

    /// The peer has ended its stream.
    pub fn eof(&mut self) -> Eof {
        self.close = true;
        let eof = match self.phase() {
            Phase::Idle => Eof::Clean,
            Phase::Header => Eof::Truncated,
            _ if matches!(self.read, Read::Body | Read::Drain) => Eof::Truncated,
            Phase::Handling | Phase::Writing => Eof::HalfClosed,
            _ => Eof::Clean,
        };
        if eof != Eof::HalfClosed {
            self.read = Read::Closed;
        }
        eof
    }

    /// Whether the rest of the request body is short enough to read over.
    #[inline]
    pub(crate) fn can_drain(&self) -> bool {
        match self.read {
            Read::Done => true,
            Read::Body => {
                !self.continue_pending && self.body.left().is_some_and(|n| n <= DRAIN_MAX)
            }
            _ => false,
        }
    }

    /// The response is complete: what becomes of the connection?
    #[inline]
    pub(crate) fn end(&mut self) -> After {
        self.write = Write::Done;
        if !self.close && self.can_drain() {
            if self.read == Read::Done || self.body.left() == Some(0) {
                self.next();
            } else {
                self.read = Read::Drain;
            }
            return After::KeepAlive;
        }
        let unread = self.read != Read::Done;
        self.close = true;
        self.read = Read::Closed;
        if unread { After::Linger } else { After::Close }
    }
}
