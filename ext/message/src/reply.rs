//! The response to a request that was a message: gathered, and read when it is over.

use highper_client::{Event, Limits, Reader, Sent};
use highper_http::Carrier;
use std::cell::{Cell, RefCell};

/// Bytes of heads and the like beside a body.
const BESIDE: usize = 64 * 1024;

/// What a message is answered with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Who is told; `None`: there is no whole answer, or it is too long.
type Told = Box<dyn FnOnce(Option<Answer>)>;

/// Gathers a response.
pub(crate) struct Reply {
    bytes: RefCell<Vec<u8>>,
    limit: usize,
    is_secure: bool,
    told: Cell<Option<Told>>,
}

impl Reply {
    /// `told` gets the answer, whose body has so many bytes at most.
    pub(crate) fn new(
        limit: usize,
        is_secure: bool,
        told: impl FnOnce(Option<Answer>) + 'static,
    ) -> Self {
        Self {
            bytes: RefCell::default(),
            limit,
            is_secure,
            told: Cell::new(Some(Box::new(told))),
        }
    }
}

impl Carrier for Reply {
    fn take(&self, bytes: &[u8]) -> bool {
        let mut all = self.bytes.borrow_mut();
        let fits = all.len() + bytes.len() <= self.limit + BESIDE;
        if fits {
            all.extend_from_slice(bytes);
        }
        fits
    }

    fn over(&self) {
        let bytes = self.bytes.take();
        if let Some(told) = self.told.take() {
            told(read(&bytes).filter(|answer| answer.body.len() <= self.limit));
        }
    }

    fn is_secure(&self) -> bool {
        self.is_secure
    }
}

fn read(mut bytes: &[u8]) -> Option<Answer> {
    let mut reader = Reader::new(Sent::Other, Limits::default());
    let mut body = Vec::new();
    loop {
        let step = reader.feed(bytes).ok()?;
        bytes = &bytes[step.used..];
        match step.event {
            Event::Head => {}
            Event::Body(piece) => body.extend_from_slice(piece),
            Event::End => break,
            Event::More if bytes.is_empty() && reader.is_until_end() => {
                reader.end().ok()?;
                break;
            }
            Event::More => return None,
        }
    }
    Some(Answer {
        status: reader.head().status,
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn told(pieces: &[&[u8]], limit: usize) -> Option<Answer> {
        let place = Rc::new(RefCell::new(None));
        let known = Rc::clone(&place);
        let reply = Reply::new(limit, false, move |answer| {
            known.replace(Some(answer));
        });
        for piece in pieces {
            reply.take(piece);
        }
        reply.over();
        reply.over();
        place.take().unwrap()
    }

    #[test]
    fn answers_of_every_framing() {
        let whole = |status, body: &[u8]| {
            Some(Answer {
                status,
                body: body.to_vec(),
            })
        };
        let head = &b"HTTP/1.1 200 OK\r\n"[..];
        let length = b"Content-Length: 2\r\n\r\nhi";
        assert_eq!(told(&[head, length], 10), whole(200, b"hi"));
        let chunks = b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
        assert_eq!(told(&[head, chunks], 10), whole(200, b"abc"));
        let none = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(told(&[none], 10), whole(204, b""));
        let early = b"HTTP/1.1 103 Early Hints\r\n\r\n";
        assert_eq!(told(&[early, head, length], 10), whole(200, b"hi"));
        assert_eq!(told(&[head, length], 1), None);
        assert_eq!(told(&[head, b"Content-Length: 3\r\n\r\nhi"], 10), None);
        assert_eq!(told(&[], 10), None);
        assert_eq!(told(&[&[b'x'; 70_000][..]], 10), None);
    }
}
