//! A driver without sockets: feeds a connection bytes cut at given places,
//! answers each request when it is complete, and notes what happened.

use highper_http1::{After, Conn, Eof, Error, Event, Framing, Head, Limits, Phase, Stamp};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub path: String,
    pub query: Option<String>,
    pub authority: Option<String>,
    pub fields: Vec<(String, String)>,
    pub framing: Framing,
    pub keep_alive: bool,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, String)>,
    pub complete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Refused with this error.
    Refused(Error),
    /// The input ended.
    Eof(Eof),
    /// Closed after a response.
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    pub requests: Vec<Request>,
    pub end: End,
    pub output: Vec<u8>,
}

impl Transcript {
    pub fn status(&self) -> Option<u16> {
        match self.end {
            End::Refused(error) => Some(error.status()),
            _ => None,
        }
    }
}

/// What an earlier, longer request left in the buffer.
const BEHIND: &[u8] = b"\r\nHost: behind\r\n\r\nGET /behind HTTP/1.1\r\nHost: behind\r\n\r\n";

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| b as char).collect()
}

fn read_head(head: &Head, buf: &[u8]) -> Request {
    Request {
        method: text(head.method_name(buf)),
        target: text(head.target(buf)),
        path: text(head.path(buf)),
        query: head.query(buf).map(text),
        authority: head.authority(buf).map(text),
        fields: head.fields(buf).map(|(n, v)| (text(n), text(v))).collect(),
        framing: head.framing(),
        keep_alive: head.keep_alive(),
        complete: !head.has_body(),
        ..Request::default()
    }
}

/// Feeds `input` in pieces that end at `cuts` (ascending) and at its end.
pub fn drive(input: &[u8], cuts: &[usize], limits: &Limits) -> Transcript {
    drive_with(input, cuts, limits, |_| b"ok".to_vec())
}

/// The same with the body of each response made from its request.
pub fn drive_with(
    input: &[u8],
    cuts: &[usize],
    limits: &Limits,
    mut answer: impl FnMut(&Request) -> Vec<u8>,
) -> Transcript {
    let stamp = Stamp::new(None).unwrap();
    let (mut conn, mut head) = (Conn::new(), Head::new());
    let mut seen = Transcript {
        requests: Vec::new(),
        end: End::Closed,
        output: Vec::new(),
    };
    let mut buf = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([input.len()]) {
        buf.extend_from_slice(&input[from..to]);
        from = to;
        loop {
            // Whole inputs come in a buffer that goes on behind them, as a driver's does: that must make no difference.
            let mut room = buf.clone();
            if cuts.is_empty() {
                room.extend_from_slice(BEHIND);
            }
            let step = conn.feed_within(&room, buf.len(), &mut head, limits);
            assert!(step.used <= buf.len());
            let mut complete = false;
            match step.event {
                Event::NeedMore => {
                    buf.drain(..step.used);
                    break;
                }
                Event::Head => {
                    let request = read_head(&head, &buf);
                    complete = request.complete;
                    seen.requests.push(request);
                }
                Event::Body(part) => {
                    assert!(!part.is_empty());
                    seen.requests
                        .last_mut()
                        .unwrap()
                        .body
                        .extend_from_slice(part);
                }
                Event::Trailer { name, value } => {
                    seen.requests
                        .last_mut()
                        .unwrap()
                        .trailers
                        .push((text(name), text(value)));
                }
                Event::End => {
                    seen.requests.last_mut().unwrap().complete = true;
                    complete = true;
                }
                Event::Error(error) => {
                    assert_eq!(step.used, 0);
                    assert_eq!(
                        conn.refuse(&mut seen.output, &stamp, error.status(), error.message()),
                        After::Linger
                    );
                    assert_eq!(conn.phase(), Phase::Closed);
                    let after = conn.feed(&buf, &mut head, limits);
                    assert_eq!(after.event, Event::Closed, "no event after an error");
                    seen.end = End::Refused(error);
                    return seen;
                }
                Event::Closed => return seen,
                other => panic!("{other:?} is not expected of this driver"),
            }
            buf.drain(..step.used);
            if complete {
                assert_eq!(conn.phase(), Phase::Handling);
                assert_eq!(conn.feed(&buf, &mut head, limits).event, Event::Pause);
                let body = answer(seen.requests.last().unwrap());
                let response = conn.respond(&mut seen.output, &stamp, 200).unwrap();
                match response.full(&body).unwrap() {
                    After::KeepAlive => {}
                    _ => return seen,
                }
            }
        }
    }
    seen.end = End::Eof(conn.eof());
    seen
}
