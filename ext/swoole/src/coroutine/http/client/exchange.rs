//! One response as it is received: framing, coding, where its body goes. No PHP, no socket.

use super::body::{Body, Goal, TooLong};
use highper_client::{Coding, Error, Event, Head, Limits, Reader, Sent};

/// A response on its way.
#[derive(Debug)]
pub struct Exchange {
    reader: Reader,
    pub body: Body,
    decodes: bool,
    /// Bytes behind the response.
    rest: Vec<u8>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Waiting,
    Running,
    Over,
}

/// What some received bytes brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fed {
    /// The head is among them.
    pub head: bool,
    /// The response is over.
    pub over: bool,
}

/// Why a response can't be received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// It is not HTTP.
    Protocol(Error),
    /// `$body` would be larger than PHP's memory may be.
    TooLong,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<TooLong> for Broken {
    fn from(_: TooLong) -> Self {
        Self::TooLong
    }
}

impl Exchange {
    pub fn new(sent: Sent, goal: Goal, decodes: bool, limit: usize) -> Self {
        Self {
            reader: Reader::new(sent, Limits::default()),
            body: Body::new(goal, limit),
            decodes,
            rest: Vec::new(),
            stage: Stage::Waiting,
        }
    }

    pub fn head(&self) -> &Head {
        self.reader.head()
    }

    pub fn trailers(&self) -> &Head {
        self.reader.trailers()
    }

    /// Takes received bytes; none at the end of the stream.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Fed, Broken> {
        let mut fed = Fed {
            head: false,
            over: false,
        };
        if bytes.is_empty() {
            self.reader.end()?;
            self.stage = Stage::Over;
            fed.over = true;
            return Ok(fed);
        }
        let mut at = 0;
        loop {
            let step = self.reader.feed(&bytes[at..])?;
            match step.event {
                Event::More => break,
                Event::Head => {
                    fed.head = true;
                    self.begin();
                }
                Event::Body(piece) => self.body.push(piece)?,
                Event::End => {
                    self.rest = bytes[at + step.used..].to_vec();
                    self.stage = Stage::Over;
                    fed.over = true;
                    return Ok(fed);
                }
            }
            at += step.used;
        }
        if self.stage == Stage::Running && self.is_endless_stream() {
            self.stage = Stage::Over;
            fed.over = true;
        }
        Ok(fed)
    }

    fn begin(&mut self) {
        self.stage = Stage::Running;
        let mut codings = self.reader.head().values(b"content-encoding");
        let coding = match (codings.next(), codings.next()) {
            (Some(one), None) => Coding::of(one),
            _ => None,
        };
        if let Some(coding) = coding.filter(|_| self.decodes) {
            self.body.set_coding(coding);
        }
    }

    /// Events that the server sends as long as the connection is there: the first ones are the
    /// body, as in Swoole; the others are read from the socket.
    fn is_endless_stream(&self) -> bool {
        self.reader.is_until_end()
            && self.head().values(b"content-type").any(|value| {
                value
                    .get(..17)
                    .is_some_and(|start| start.eq_ignore_ascii_case(b"text/event-stream"))
            })
    }

    /// May another request follow on the connection?
    pub fn keeps_connection(&self) -> bool {
        if self.reader.is_until_end() {
            // A stream of events goes on; whatever is read is up to the program.
            return !self.head().lists(b"connection", b"close");
        }
        // Line ends behind a body are what a sloppy server leaves.
        self.reader.is_reusable() && self.rest.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }

    /// The body, and what came behind the response.
    pub fn finish(self) -> (Vec<u8>, Vec<u8>) {
        (self.body.into_bytes(), self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange() -> Exchange {
        Exchange::new(Sent::Other, Goal::Memory, true, 1000)
    }

    #[test]
    fn a_response_in_pieces() {
        let mut exchange = exchange();
        let pieces: [&[u8]; 3] = [
            b"HTTP/1.1 200 OK\r\nContent-",
            b"Length: 4\r\n\r\nab",
            b"cd\r\n",
        ];
        let fed = pieces.map(|piece| {
            let fed = exchange.feed(piece).unwrap();
            (fed.head, fed.over)
        });
        assert_eq!(fed, [(false, false), (true, false), (false, true)]);
        assert!(exchange.keeps_connection());
        assert_eq!(exchange.finish().0, b"abcd");
    }

    #[test]
    fn bytes_behind_it_end_the_connection() {
        let mut exchange = exchange();
        let fed = exchange.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK");
        assert!(fed.unwrap().over);
        assert!(!exchange.keeps_connection());
    }

    #[test]
    fn bodies_have_a_limit() {
        let mut exchange = exchange();
        let input = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1001));
        assert_eq!(exchange.feed(input.as_bytes()), Err(Broken::TooLong));
    }

    #[test]
    fn streams_of_events_return_with_what_there_is() {
        let mut exchange = exchange();
        let fed = exchange
            .feed(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; x\r\n\r\ndata: 1\n\n")
            .unwrap();
        assert!(fed.head && fed.over && exchange.keeps_connection());
        assert_eq!(exchange.finish().0, b"data: 1\n\n");
    }
}
