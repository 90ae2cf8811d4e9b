//! Reads one response after another.

use crate::chunk::{Chunks, Found};
use crate::head::Framing;
use crate::{Error, Head};
use memchr::{memchr, memchr_iter};

/// What the request was, as far as the response's framing depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// `HEAD`: the response has no body.
    Head,
    /// `CONNECT`: after a 2xx the connection is a tunnel.
    Connect,
    /// Anything else.
    Other,
}

impl Sent {
    /// By the method.
    #[must_use]
    pub fn by(method: &[u8]) -> Self {
        match method {
            b"HEAD" => Self::Head,
            b"CONNECT" => Self::Connect,
            _ => Self::Other,
        }
    }
}

/// How large parts of a response may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a head, and of the trailers; 64 KiB as in Swoole.
    pub head: usize,
    /// Interim responses (1xx) before the final one; 16.
    pub interim: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 64 * 1024,
            interim: 16,
        }
    }
}

/// What was found in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// Nothing yet: more input is needed.
    More,
    /// The head of the final response.
    Head,
    /// A piece of the body.
    Body(&'a [u8]),
    /// The response is over.
    End,
}

/// How far a step went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step<'a> {
    /// Bytes of the input that need not be given again.
    pub used: usize,
    /// What was found in them.
    pub event: Event<'a>,
}

#[derive(Debug)]
enum Place {
    Head,
    /// So many bytes are left.
    Length(u64),
    Chunks(Chunks),
    Trailers,
    UntilEnd,
    Over,
}

/// Reads the response to one request.
#[derive(Debug)]
pub struct Reader {
    sent: Sent,
    limits: Limits,
    place: Place,
    /// Of a head or of trailers: what has come until now, and how much of it was searched.
    partial: Vec<u8>,
    interim: u32,
    head: Head,
    trailers: Head,
    reusable: bool,
}

impl Reader {
    /// For the response to a request.
    #[must_use]
    pub fn new(sent: Sent, limits: Limits) -> Self {
        Self {
            sent,
            limits,
            place: Place::Head,
            partial: Vec::new(),
            interim: 0,
            head: Head::default(),
            trailers: Head::default(),
            reusable: false,
        }
    }

    /// The head, once [`Event::Head`] was told; else one without status and fields.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The head, once [`Event::Head`] was told; an empty one is left.
    pub fn take_head(&mut self) -> Head {
        std::mem::take(&mut self.head)
    }

    /// The head, when the reader has done its work.
    #[must_use]
    pub fn into_head(self) -> Head {
        self.head
    }

    /// The fields behind a chunked body, once [`Event::End`] was told.
    #[must_use]
    pub fn trailers(&self) -> &Head {
        &self.trailers
    }

    /// Has anything of the response come?
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.partial.is_empty() || !matches!(self.place, Place::Head)
    }

    /// Does the body end with the connection, not by itself?
    #[must_use]
    pub fn is_until_end(&self) -> bool {
        matches!(self.place, Place::UntilEnd)
    }

    /// May another request follow on the connection, now that the response is over?
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.reusable && matches!(self.place, Place::Over)
    }

    /// Goes on in the input, which begins behind what was used before.
    ///
    /// # Errors
    /// What is wrong with the response; the connection is of no use then.
    pub fn feed<'a>(&mut self, input: &'a [u8]) -> Result<Step<'a>, Error> {
        let step = |used, event| Ok(Step { used, event });
        match &mut self.place {
            Place::Head => {
                let mut used = 0;
                while let Some(end) = self.whole_head(&input[used..]) {
                    let bytes = input[used..used + end].to_vec();
                    used += end;
                    if self.begin(Head::parse(bytes)?)? {
                        return step(used, Event::Head);
                    }
                }
                loop {
                    let (more, whole) = self.collect(&input[used..])?;
                    used += more;
                    let Some(bytes) = whole else {
                        return step(used, Event::More);
                    };
                    if self.begin(Head::parse(bytes)?)? {
                        return step(used, Event::Head);
                    }
                }
            }
            Place::Length(0) => {
                self.place = Place::Over;
                step(0, Event::End)
            }
            Place::Length(left) => {
                let count = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(input.len());
                if count == 0 {
                    return step(0, Event::More);
                }
                *left -= count as u64;
                step(count, Event::Body(&input[..count]))
            }
            Place::Chunks(chunks) => match chunks.next(input)? {
                (used, Found::Data(count)) => {
                    step(used + count, Event::Body(&input[used..used + count]))
                }
                (used, Found::Nothing) => step(used, Event::More),
                (used, Found::Trailers) => {
                    self.place = Place::Trailers;
                    let rest = self.feed(&input[used..])?;
                    step(used + rest.used, rest.event)
                }
            },
            Place::Trailers => {
                let (used, whole) = self.collect(input)?;
                let Some(bytes) = whole else {
                    return step(used, Event::More);
                };
                self.trailers = Head::parse_fields(bytes)?;
                self.place = Place::Over;
                step(used, Event::End)
            }
            Place::UntilEnd => {
                if input.is_empty() {
                    return step(0, Event::More);
                }
                step(input.len(), Event::Body(input))
            }
            Place::Over => step(0, Event::End),
        }
    }

    /// The connection has ended.
    ///
    /// # Errors
    /// [`Error::Truncated`] where the response has not.
    pub fn end(&mut self) -> Result<(), Error> {
        match self.place {
            Place::UntilEnd | Place::Length(0) | Place::Over => {
                self.place = Place::Over;
                self.reusable = false;
                Ok(())
            }
            _ => Err(Error::Truncated),
        }
    }

    /// Where a head ends that is all in the input; `None` leaves it to [`Reader::collect`], which would find the same.
    fn whole_head(&self, input: &[u8]) -> Option<usize> {
        if !self.partial.is_empty() || !input.starts_with(b"HTTP/") {
            return None;
        }
        let end = memchr_iter(b'\n', input).find_map(|at| match input[at + 1..] {
            [b'\n', ..] => Some(at + 2),
            [b'\r', b'\n', ..] => Some(at + 3),
            _ => None,
        });
        end.filter(|end| *end <= self.limits.head)
    }

    /// Collects lines up to an empty one. How much of the input was used, and all lines when they are complete.
    fn collect(&mut self, input: &[u8]) -> Result<(usize, Option<Vec<u8>>), Error> {
        let is_trailer = matches!(self.place, Place::Trailers);
        let mut at = 0;
        while let Some(end) = memchr(b'\n', &input[at..]) {
            let line_end = at + end + 1;
            self.take(&input[at..line_end])?;
            at = line_end;
            let is_empty = self.partial.ends_with(b"\n\r\n")
                || self.partial.ends_with(b"\n\n")
                || (is_trailer && matches!(&self.partial[..], b"\r\n" | b"\n"));
            if is_empty {
                return Ok((at, Some(std::mem::take(&mut self.partial))));
            }
            if !is_trailer && self.partial == b"\r\n" {
                // Line ends in front of a status line are what a sloppy server left of the last body.
                self.partial.clear();
            }
        }
        self.take(&input[at..])?;
        Ok((input.len(), None))
    }

    fn take(&mut self, more: &[u8]) -> Result<(), Error> {
        if self.partial.len() + more.len() > self.limits.head {
            return Err(Error::TooLarge);
        }
        self.partial.extend_from_slice(more);
        // Something else speaks here: say so before its 64 KiB have come.
        let start = self.partial.len().min(5);
        if matches!(self.place, Place::Head)
            && !b"HTTP/".starts_with(&self.partial[..start])
            && !b"\r\n".starts_with(&self.partial[..start.min(2)])
        {
            return Err(Error::Head);
        }
        Ok(())
    }

    /// Enters a response by its head; false when it is an interim one.
    fn begin(&mut self, head: Head) -> Result<bool, Error> {
        let status = head.status;
        if status < 200 && status != 101 {
            self.interim += 1;
            if self.interim > self.limits.interim {
                return Err(Error::TooLarge);
            }
            return Ok(false);
        }
        let framing = head.framing()?;
        let bodiless = status == 101 || matches!(status, 204 | 304) || self.sent == Sent::Head;
        let tunnel = self.sent == Sent::Connect && (200..300).contains(&status);
        self.reusable = head.keeps_alive() && !tunnel;
        self.place = if bodiless || tunnel {
            Place::Length(0)
        } else {
            match framing {
                Framing::Length(length) => Place::Length(length),
                Framing::Chunked => Place::Chunks(Chunks::new()),
                Framing::UntilEnd => Place::UntilEnd,
            }
        };
        self.head = head;
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
