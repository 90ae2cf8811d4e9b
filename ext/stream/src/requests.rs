//! Packets that are requests of HTTP/1.1: where one ends.

use highper_http1::{Conn, Event, Framing, Head, Limits, reason};
use highper_net::framing::{Malformed, Step};
use std::cell::RefCell;

thread_local! {
    /// What a head is parsed into: only its end and its framing are looked at.
    static HEAD: RefCell<Head> = const { RefCell::new(Head::new()) };
}

/// How far a request was looked at that is not all there.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    codec: Conn,
    at: usize,
}

/// What a request may have: as Swoole, no `Host` is asked for.
pub(crate) fn limits(bytes: usize) -> Limits {
    Limits {
        head_bytes: bytes.min(64 * 1024),
        fields: 128,
        target_bytes: 64 * 1024,
        body_bytes: bytes as u64,
        require_host: false,
        ..Limits::default()
    }
}

impl Requests {
    /// Goes on with a request that starts `bytes`, head and body of which are no longer than `limit` together.
    /// Where its client waits for `100 Continue` that is appended to `out`.
    ///
    /// # Errors
    /// [`Malformed::Request`] with the status to refuse it with.
    pub(crate) fn look(
        &mut self,
        bytes: &[u8],
        limit: usize,
        limits: &Limits,
        out: &mut Vec<u8>,
    ) -> Result<Step, Malformed> {
        HEAD.with_borrow_mut(|head| self.look_into(bytes, limit, limits, head, out))
    }

    fn look_into(
        &mut self,
        bytes: &[u8],
        limit: usize,
        limits: &Limits,
        head: &mut Head,
        out: &mut Vec<u8>,
    ) -> Result<Step, Malformed> {
        let too_long = Err(Malformed::Request(413));
        loop {
            let step = self.codec.feed(&bytes[self.at..], head, limits);
            self.at += step.used;
            match step.event {
                Event::Head => match head.framing() {
                    _ if self.at > limit => return too_long,
                    Framing::Length(length) if length > (limit - self.at) as u64 => {
                        return too_long;
                    }
                    _ if !head.has_body() => return Ok(Step::Packet(self.at)),
                    _ => {}
                },
                Event::End if self.at > limit => return too_long,
                Event::End => return Ok(Step::Packet(self.at)),
                Event::Error(error) => return Err(Malformed::Request(error.status())),
                Event::NeedMore if bytes.len() > limit => return too_long,
                Event::Body(_) | Event::Trailer { .. } | Event::Skipped => {}
                // The others come after a whole request.
                _ => {
                    self.codec.want_body(out);
                    return Ok(Step::More(bytes.len() + 1));
                }
            }
        }
    }
}

/// What a client is told whose request is refused.
pub(crate) fn refusal(status: u16) -> String {
    format!(
        "HTTP/1.1 {status} {}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        reason(status)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The packets of `bytes` when they come in pieces of `piece`, and what is left or wrong.
    fn cut(bytes: &[u8], piece: usize, limit: usize) -> (Vec<Vec<u8>>, Result<usize, Malformed>) {
        let limits = limits(limit);
        let (mut packets, mut carry, mut reader) = (Vec::new(), Vec::new(), Requests::default());
        for piece in bytes.chunks(piece) {
            carry.extend_from_slice(piece);
            while !carry.is_empty() {
                match reader.look(&carry, limit, &limits, &mut Vec::new()) {
                    Ok(Step::Packet(count)) => {
                        packets.push(carry.drain(..count).collect());
                        reader = Requests::default();
                    }
                    Ok(Step::More(_)) => break,
                    Err(why) => return (packets, Err(why)),
                }
            }
        }
        (packets, Ok(carry.len()))
    }

    #[test]
    fn requests_end_where_their_bodies_do_however_they_come() {
        let all: [&[u8]; 5] = [
            b"GET / HTTP/1.1\r\n\r\n",
            b"POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"\r\nHEAD /c HTTP/1.0\r\nX: y\r\n\r\n",
            b"PUT /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nT: u\r\n\r\n",
        ];
        let bytes = all.concat();
        for piece in [1, 2, 3, 7, 40, bytes.len()] {
            let (packets, left) = cut(&bytes, piece, 1 << 16);
            assert_eq!((packets, left), (all.map(<[u8]>::to_vec).to_vec(), Ok(0)));
        }
    }

    #[test]
    fn what_is_too_long_or_no_request_is_refused() {
        let refused = |bytes: &[u8], status| {
            for piece in [1, bytes.len()] {
                let (packets, end) = cut(bytes, piece, 100);
                assert_eq!((packets.len(), end), (0, Err(Malformed::Request(status))));
            }
        };
        refused(b"POST / HTTP/1.1\r\nContent-Length: 80\r\n\r\n", 413);
        let mut chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        chunked.extend(b"1\r\na\r\n".repeat(20));
        refused(&chunked, 413);
        refused(b"hello, world\r\n\r\n", 400);
        refused(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400);
        assert!(refusal(413).starts_with("HTTP/1.1 413 "));
    }

    #[test]
    fn who_waits_for_it_is_told_to_continue_once() {
        let head = b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
        let (mut reader, mut out) = (Requests::default(), Vec::new());
        let limits = limits(1000);
        for _ in 0..2 {
            let step = reader.look(head, 1000, &limits, &mut out);
            assert_eq!(step, Ok(Step::More(head.len() + 1)));
        }
        assert_eq!(out, b"HTTP/1.1 100 Continue\r\n\r\n");
    }
}
