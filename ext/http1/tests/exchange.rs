//! Requests and their responses on one connection.
#![allow(clippy::unwrap_used)]

use highper_http1::{
    After, Conn, EncodeError, Eof, Error, Event, Framing, Head, Limits, Phase, Ready, Stamp,
};

struct Peer {
    conn: Conn,
    head: Head,
    limits: Limits,
    stamp: Stamp,
    out: Vec<u8>,
}

impl Peer {
    fn new() -> Self {
        Self {
            conn: Conn::new(),
            head: Head::new(),
            limits: Limits::default(),
            stamp: Stamp::new(None).unwrap(),
            out: Vec::new(),
        }
    }

    fn after(input: &str) -> Self {
        let mut peer = Self::new();
        assert_eq!(peer.feed(input), (input.len(), Event::Head));
        peer
    }

    fn feed<'a>(&mut self, input: &'a str) -> (usize, Event<'a>) {
        let step = self
            .conn
            .feed(input.as_bytes(), &mut self.head, &self.limits);
        (step.used, step.event)
    }

    fn full(&mut self, status: u16, fields: &[(&str, &str)], body: &str) -> After {
        let mut response = self
            .conn
            .respond(&mut self.out, &self.stamp, status)
            .unwrap();
        for (name, value) in fields {
            response.header(name.as_bytes(), value.as_bytes()).unwrap();
        }
        response.full(body.as_bytes()).unwrap()
    }

    fn stream(&mut self, fields: &[(&str, &str)]) {
        let mut response = self.conn.respond(&mut self.out, &self.stamp, 200).unwrap();
        for (name, value) in fields {
            response.header(name.as_bytes(), value.as_bytes()).unwrap();
        }
        response.stream().unwrap();
    }

    fn finish(&mut self) -> After {
        self.conn.finish(&mut self.out, &[]).unwrap()
    }

    /// Takes what was written, without its date.
    fn output(&mut self) -> String {
        let text = String::from_utf8(std::mem::take(&mut self.out)).unwrap();
        text.replace("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "")
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const GET10: &str = "GET / HTTP/1.0\r\n\r\n";
const KEPT10: &str = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
const POST5: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn a_connection_is_small() {
    assert_eq!(size_of::<Conn>(), 48);
}

#[test]
fn full_response() {
    let mut peer = Peer::after(GET);
    let after = peer.full(
        200,
        &[("X-A", "b"), ("content-type", "text/plain")],
        "hello",
    );
    assert_eq!(after, After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nX-A: b\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
    );
    assert_eq!(peer.conn.phase(), Phase::Idle);
}

#[test]
fn a_response_that_stands_ready_is_the_one_that_is_written() {
    let ready = Ready::new(404, b"X-A: b\r\n", b"none");
    let empty = Ready::new(204, b"", b"");
    let mut other = Stamp::new(Some("other")).unwrap();
    other.set(5);
    for (request, says) in [
        (GET, false),
        (GET, true),
        (HEAD, false),
        (GET10, false),
        (KEPT10, false),
    ] {
        for second in [0, 0, 784_111_777, 784_111_777] {
            for (ready, lines) in [(&ready, &b"X-A: b\r\n"[..]), (&empty, b"")] {
                let stamp = Stamp::new(Some("x")).unwrap();
                let mut stamp = stamp.always_say_keep_alive(says);
                stamp.set(second);
                for stamp in [&stamp, &other, &stamp] {
                    let (mut a, mut b) = (Peer::new(), Peer::new());
                    a.feed(request);
                    b.feed(request);
                    let one = a.conn.respond_ready(&mut a.out, stamp, ready);
                    let two = b.conn.respond_lines(
                        &mut b.out,
                        stamp,
                        ready.status(),
                        lines,
                        ready.body(),
                    );
                    assert_eq!(one, two);
                    assert_eq!(
                        String::from_utf8_lossy(&a.out),
                        String::from_utf8_lossy(&b.out)
                    );
                    assert_eq!(a.conn.phase(), b.conn.phase());
                }
            }
        }
    }
}

#[test]
fn server_and_date() {
    let mut peer = Peer::new();
    peer.stamp = Stamp::new(Some("highper"))
        .unwrap()
        .always_say_keep_alive(true);
    peer.stamp.set(784_111_777);
    peer.feed(GET);
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nServer: highper\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
         Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"
    );
    for (name, own, other) in [
        ("Server", "Server: highper", "Date: Sun"),
        ("date", "Date: Sun", "Server: highper"),
    ] {
        peer.feed(GET);
        assert_eq!(peer.full(200, &[(name, "x")], ""), After::KeepAlive);
        let output = peer.output();
        assert!(output.contains(&format!("{name}: x\r\n")), "{output}");
        assert!(!output.contains(own) && output.contains(other), "{output}");
    }
    peer.feed(GET);
    assert_eq!(
        peer.full(200, &[("server", "x"), ("DATE", "y")], ""),
        After::KeepAlive
    );
    let own = peer.output();
    assert!(
        own.contains("server: x\r\nDATE: y\r\n") && !own.contains("highper"),
        "{own}"
    );
}

#[test]
fn bodies_that_are_not_sent() {
    let mut peer = Peer::after(HEAD);
    assert_eq!(peer.full(200, &[], "hello"), After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    );
    peer.feed(HEAD);
    assert_eq!(
        peer.full(200, &[("Content-Length", "9")], ""),
        After::KeepAlive
    );
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    );
    peer.feed(HEAD);
    peer.stream(&[]);
    peer.conn.write(&mut peer.out, b"hello").unwrap();
    assert_eq!(peer.finish(), After::KeepAlive);
    assert_eq!(peer.output(), "HTTP/1.1 200 OK\r\n\r\n");
    peer.feed(GET);
    assert_eq!(
        peer.full(204, &[("Content-Length", "5")], "hello"),
        After::KeepAlive
    );
    assert_eq!(peer.output(), "HTTP/1.1 204 No Content\r\n\r\n");
    peer.feed(GET);
    assert_eq!(peer.full(304, &[("ETag", "\"x\"")], ""), After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"
    );
}

#[test]
fn chunked_response_with_trailers() {
    let mut peer = Peer::after(GET);
    peer.stream(&[("Transfer-Encoding", "chunked")]);
    assert_eq!(peer.conn.phase(), Phase::Writing);
    peer.conn.write(&mut peer.out, b"hello").unwrap();
    peer.conn.write(&mut peer.out, b"").unwrap();
    peer.conn.write(&mut peer.out, &[b'x'; 0x1a]).unwrap();
    for (name, error) in [
        (&b"Content-Length"[..], EncodeError::Trailer),
        (b"a b", EncodeError::Name),
    ] {
        assert_eq!(peer.conn.finish(&mut peer.out, &[(name, b"1")]), Err(error));
    }
    let after = peer
        .conn
        .finish(&mut peer.out, &[(b"X-Sum", b"1")])
        .unwrap();
    assert_eq!(after, After::KeepAlive);
    assert_eq!(
        peer.output(),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a\r\n{}\r\n\
             0\r\nX-Sum: 1\r\n\r\n",
            "x".repeat(26)
        )
    );
}

#[test]
fn streamed_response_of_declared_length() {
    let mut peer = Peer::after(GET);
    peer.stream(&[("Content-Length", "5")]);
    peer.conn.write(&mut peer.out, b"hel").unwrap();
    assert_eq!(
        peer.conn.write(&mut peer.out, b"lo!"),
        Err(EncodeError::TooLong)
    );
    peer.conn.sent(2).unwrap();
    assert_eq!(peer.finish(), After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"
    );
    peer.feed(GET);
    peer.conn
        .respond(&mut peer.out, &peer.stamp, 200)
        .unwrap()
        .length(5)
        .unwrap();
    peer.conn.write(&mut peer.out, b"hel").unwrap();
    assert_eq!(
        peer.finish(),
        After::Close,
        "a short body can only be cut off"
    );
}

#[test]
fn http10() {
    let mut peer = Peer::after(GET10);
    assert_eq!(peer.full(200, &[], "a"), After::Close);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na"
    );
    let mut peer = Peer::after(KEPT10);
    assert_eq!(peer.full(200, &[], "a"), After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na"
    );
    peer.feed(KEPT10);
    peer.stream(&[]);
    peer.conn.write(&mut peer.out, b"hello").unwrap();
    assert_eq!(
        peer.finish(),
        After::Close,
        "the end of the body is the end of the stream"
    );
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"
    );
}

#[test]
fn closing() {
    let mut peer = Peer::after("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(peer.full(200, &[], ""), After::Close);
    assert!(peer.output().contains("Connection: close\r\n"));
    assert_eq!(peer.feed(GET), (0, Event::Closed));
    let mut peer = Peer::after(GET);
    assert_eq!(
        peer.full(200, &[("Connection", "x, close")], ""),
        After::Close
    );
    assert_eq!(peer.output().matches("Connection").count(), 1);
    let mut peer = Peer::after(GET);
    peer.conn.close_after();
    assert_eq!(peer.full(200, &[], ""), After::Close);
    let mut peer = Peer::new();
    peer.conn.close_after();
    assert_eq!(
        peer.feed(GET),
        (0, Event::Closed),
        "an idle connection closes at once"
    );
}

#[test]
fn pipelined_request_waits_for_the_response() {
    let mut peer = Peer::new();
    let input = [GET, GET].concat();
    assert_eq!(peer.feed(&input), (GET.len(), Event::Head));
    assert_eq!(peer.feed(GET), (0, Event::Pause));
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);
    assert_eq!(peer.feed(GET), (GET.len(), Event::Head));
}

#[test]
fn continue_is_sent_when_the_body_is_wanted() {
    let expect = POST5.replace("Host: a", "Host: a\r\nExpect: 100-Continue");
    let mut peer = Peer::after(&expect);
    assert!(peer.conn.awaits_continue());
    peer.conn.want_body(&mut peer.out);
    peer.conn.want_body(&mut peer.out);
    assert_eq!(peer.output(), "HTTP/1.1 100 Continue\r\n\r\n", "once");
    assert_eq!(peer.feed("hello"), (5, Event::Body(b"hello")));
    assert_eq!(peer.feed(""), (0, Event::End));
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);

    let mut peer = Peer::after(&expect);
    peer.feed("he");
    peer.conn.want_body(&mut peer.out);
    assert_eq!(peer.output(), "", "the client did not wait");

    let mut peer = Peer::after(&expect);
    assert_eq!(
        peer.full(413, &[], ""),
        After::Linger,
        "the body may come or not"
    );
    assert!(peer.output().contains("Connection: close"));

    let mut peer = Peer::after(&expect);
    peer.stream(&[]);
    assert!(
        peer.output().contains("Connection: close"),
        "nor is it known when it is streamed"
    );
    assert_eq!(peer.finish(), After::Linger);

    let mut peer = Peer::after(&expect.replace("HTTP/1.1", "HTTP/1.0"));
    peer.conn.want_body(&mut peer.out);
    assert_eq!(peer.output(), "");
}

#[test]
fn short_unread_body_is_read_over() {
    let mut peer = Peer::after(POST5);
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);
    assert_eq!(peer.conn.phase(), Phase::Body);
    assert_eq!(peer.feed("hel"), (3, Event::Skipped));
    let rest = format!("lo{GET}");
    assert_eq!(peer.feed(&rest), (2, Event::Skipped));
    assert_eq!(peer.conn.phase(), Phase::Idle);
    assert_eq!(peer.feed(GET), (GET.len(), Event::Head));
}

#[test]
fn body_read_without_its_end_keeps_the_connection() {
    let mut peer = Peer::after(POST5);
    assert_eq!(peer.feed("hello"), (5, Event::Body(b"hello")));
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);
    assert_eq!(peer.feed(GET), (GET.len(), Event::Head));
}

#[test]
fn long_unread_body_lingers() {
    let mut peer = Peer::after("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n");
    assert_eq!(peer.full(200, &[], ""), After::Linger);
    assert!(peer.output().contains("Connection: close"));
    let mut peer = Peer::after(CHUNKED);
    assert_eq!(
        peer.full(200, &[], ""),
        After::Linger,
        "nobody knows how long it is"
    );
}

#[test]
fn response_while_the_body_comes() {
    let mut peer = Peer::after(CHUNKED);
    peer.stream(&[]);
    assert!(!peer.output().contains("Connection: close"));
    assert_eq!(peer.feed("3\r\nabc\r\n"), (6, Event::Body(b"abc")));
    peer.conn.write(&mut peer.out, b"abc").unwrap();
    assert_eq!(peer.feed("\r\n0\r\n\r\n"), (7, Event::End));
    assert_eq!(peer.finish(), After::KeepAlive);
    let mut peer = Peer::after(CHUNKED);
    peer.stream(&[]);
    peer.out.clear();
    assert_eq!(peer.feed("x").1, Event::Error(Error::ChunkSize));
    assert_eq!(
        peer.conn.refuse(&mut peer.out, &peer.stamp, 400, "x"),
        After::Linger
    );
    assert_eq!(
        peer.output(),
        "",
        "a response has begun: it can only be cut off"
    );
}

#[test]
fn upgrade_hands_over() {
    let mut peer = Peer::new();
    let request = "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
                   Upgrade: websocket\r\n\r\n";
    let input = format!("{request}\x01frame");
    assert_eq!(peer.feed(&input), (request.len(), Event::Head));
    assert_eq!(peer.head.upgrade(input.as_bytes()), Some(&b"websocket"[..]));
    let mut response = peer.conn.respond(&mut peer.out, &peer.stamp, 101).unwrap();
    response.header(b"Upgrade", b"websocket").unwrap();
    assert_eq!(response.switch().unwrap(), After::Upgrade);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    );
    assert_eq!(peer.feed("\x01frame"), (0, Event::Upgraded));
    assert_eq!(peer.conn.phase(), Phase::Closed);

    let mut peer = Peer::after(&request.replace("Upgrade\r\n", "x\r\n"));
    assert_eq!(peer.head.upgrade(request.as_bytes()), None);
    let error = peer
        .conn
        .respond(&mut peer.out, &peer.stamp, 101)
        .unwrap_err();
    assert_eq!(error, EncodeError::Status(101), "nothing was offered");
}

#[test]
fn tunnel() {
    let mut peer = Peer::new();
    peer.limits.allow_connect = true;
    let input = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
    assert_eq!(peer.feed(input), (input.len(), Event::Head));
    let response = peer.conn.respond(&mut peer.out, &peer.stamp, 200).unwrap();
    assert_eq!(response.switch().unwrap(), After::Upgrade);
    assert_eq!(peer.output(), "HTTP/1.1 200 OK\r\n\r\n");
}

#[test]
fn injection_is_refused() {
    let mut peer = Peer::after(GET);
    let mut response = peer.conn.respond(&mut peer.out, &peer.stamp, 200).unwrap();
    for value in ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\0b", "\x1b", "\x7f"] {
        assert_eq!(
            response.header(b"X", value.as_bytes()),
            Err(EncodeError::Value),
            "{value:?}"
        );
    }
    for name in ["", "a b", "a:", "a\r\n", "\u{e4}", "a\0"] {
        assert_eq!(
            response.header(name.as_bytes(), b"x"),
            Err(EncodeError::Name),
            "{name:?}"
        );
    }
    assert_eq!(
        response.header(b"Content-Length", b"-1"),
        Err(EncodeError::ContentLength)
    );
    assert_eq!(response.header(b"Content-Length", b"1"), Ok(()));
    assert_eq!(
        response.header(b"Content-Length", b"2"),
        Err(EncodeError::ContentLength)
    );
    assert_eq!(
        response.header(b"Transfer-Encoding", b"gzip"),
        Err(EncodeError::TransferEncoding)
    );
    assert_eq!(response.header(b"X", "a\tb \u{e4}".as_bytes()), Ok(()));
    assert_eq!(response.full(b"").unwrap(), After::KeepAlive);
    assert_eq!(
        peer.output(),
        "HTTP/1.1 200 OK\r\nX: a\tb \u{e4}\r\nContent-Length: 0\r\n\r\n"
    );
    peer.feed(GET);
    let error = peer
        .conn
        .respond_with(&mut peer.out, &peer.stamp, 200, b"a\r\nb")
        .unwrap_err();
    assert_eq!(error, EncodeError::Value);
    assert_eq!(peer.output(), "");
}

#[test]
fn dropped_response_leaves_nothing() {
    let mut peer = Peer::after(GET);
    peer.out.extend_from_slice(b"before");
    let mut response = peer.conn.respond(&mut peer.out, &peer.stamp, 200).unwrap();
    response.header(b"X", b"y").unwrap();
    drop(response);
    assert_eq!(peer.output(), "before");
    assert_eq!(peer.full(404, &[], ""), After::KeepAlive);
}

#[test]
fn calls_out_of_order() {
    let mut peer = Peer::new();
    assert_eq!(
        peer.conn
            .respond(&mut peer.out, &peer.stamp, 200)
            .unwrap_err(),
        EncodeError::State
    );
    assert_eq!(
        peer.conn.write(&mut peer.out, b"x"),
        Err(EncodeError::State)
    );
    assert_eq!(
        peer.conn.finish(&mut peer.out, &[]),
        Err(EncodeError::State)
    );
    peer.feed(GET);
    for status in [0, 100, 103, 199, 1000] {
        let error = peer
            .conn
            .respond(&mut peer.out, &peer.stamp, status)
            .unwrap_err();
        assert_eq!(error, EncodeError::Status(status));
    }
    peer.stream(&[]);
    assert_eq!(
        peer.conn
            .respond(&mut peer.out, &peer.stamp, 200)
            .unwrap_err(),
        EncodeError::State
    );
    assert_eq!(peer.conn.sent(1), Err(EncodeError::State), "chunked");
    assert_eq!(
        peer.conn.open_chunk(&mut peer.out, 0),
        Err(EncodeError::State)
    );
}

#[test]
fn status_lines() {
    let mut peer = Peer::after(GET);
    assert_eq!(peer.full(299, &[], ""), After::KeepAlive);
    assert!(peer.output().starts_with("HTTP/1.1 299 \r\n"));
    peer.feed(GET);
    let response = peer
        .conn
        .respond_with(&mut peer.out, &peer.stamp, 404, b"Nowhere")
        .unwrap();
    assert_eq!(response.full(b"").unwrap(), After::KeepAlive);
    assert!(peer.output().starts_with("HTTP/1.1 404 Nowhere\r\n"));
}

#[test]
fn early_hints() {
    let mut peer = Peer::after(GET);
    let link = [(&b"Link"[..], &b"</a.css>; rel=preload"[..])];
    peer.conn.interim(&mut peer.out, 103, &link).unwrap();
    assert_eq!(
        peer.output(),
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    );
    assert_eq!(
        peer.conn.interim(&mut peer.out, 200, &[]),
        Err(EncodeError::Status(200))
    );
    let bad = [(&b"Link"[..], &b"\n"[..])];
    assert_eq!(
        peer.conn.interim(&mut peer.out, 103, &bad),
        Err(EncodeError::Value)
    );
    assert_eq!(peer.output(), "");
    let mut peer = Peer::after(KEPT10);
    peer.conn.interim(&mut peer.out, 103, &link).unwrap();
    assert_eq!(peer.output(), "");
}

#[test]
fn phases() {
    let mut peer = Peer::new();
    assert_eq!(peer.conn.phase(), Phase::Idle);
    assert_eq!(peer.feed("\r\n"), (2, Event::NeedMore));
    assert_eq!(
        peer.conn.phase(),
        Phase::Idle,
        "an empty line begins nothing"
    );
    assert_eq!(peer.feed("P"), (0, Event::NeedMore));
    assert_eq!(peer.conn.phase(), Phase::Header);
    assert_eq!(peer.feed(POST5), (POST5.len(), Event::Head));
    assert_eq!(peer.conn.phase(), Phase::Body);
    peer.feed("hello");
    peer.feed("");
    assert_eq!(peer.conn.phase(), Phase::Handling);
    peer.stream(&[]);
    assert_eq!(peer.conn.phase(), Phase::Writing);
    assert_eq!(peer.finish(), After::KeepAlive);
    assert_eq!(peer.conn.phase(), Phase::Idle);
}

#[test]
fn ends_of_the_stream() {
    assert_eq!(Peer::new().conn.eof(), Eof::Clean);
    let mut peer = Peer::new();
    peer.feed("GET /");
    assert_eq!(peer.conn.eof(), Eof::Truncated);
    let mut peer = Peer::after(POST5);
    peer.feed("hel");
    assert_eq!(peer.conn.eof(), Eof::Truncated);
    let mut peer = Peer::after(GET);
    assert_eq!(peer.conn.eof(), Eof::HalfClosed);
    assert_eq!(
        peer.full(200, &[], "a"),
        After::Close,
        "who may still read gets the answer"
    );
    let mut peer = Peer::after(POST5);
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);
    assert_eq!(peer.conn.eof(), Eof::Truncated);
    assert_eq!(peer.conn.phase(), Phase::Closed);
}

#[test]
fn a_streamed_response_survives_the_end_of_a_truncated_request() {
    let mut peer = Peer::after(POST5);
    peer.stream(&[]);
    assert_eq!(peer.conn.eof(), Eof::Truncated);
    peer.conn.write(&mut peer.out, b"x").unwrap();
    let _ = peer.finish();
    assert_eq!(peer.conn.phase(), Phase::Closed);
}

#[test]
fn handler_that_fails_midway() {
    let mut peer = Peer::after(GET);
    peer.stream(&[]);
    assert_eq!(peer.conn.abort(), After::Close);
    assert_eq!(peer.conn.phase(), Phase::Closed);
}

#[test]
fn head_is_reused() {
    let mut peer = Peer::new();
    let rich = "POST http://h:1/p?q=1 HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\ncookie: b=2\r\n\
                Content-Type: text/plain\r\nAccept-Encoding: gzip\r\nExpect: 100-continue\r\n\
                Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\n";
    let buf = rich.as_bytes();
    assert_eq!(peer.feed(rich).1, Event::Head);
    let head = &peer.head;
    assert_eq!(head.cookies(buf).collect::<Vec<_>>(), [&b"a=1"[..], b"b=2"]);
    assert_eq!(head.content_type(buf), Some(&b"text/plain"[..]));
    assert_eq!(head.accept_encoding(buf), Some(&b"gzip"[..]));
    assert_eq!(head.authority(buf), Some(&b"h:1"[..]));
    assert_eq!(head.get(buf, b"CONTENT-type"), Some(&b"text/plain"[..]));
    assert_eq!(
        (head.path(buf), head.query(buf)),
        (&b"/p"[..], Some(&b"q=1"[..]))
    );
    assert_eq!(head.field(buf, 0), (&b"Host"[..], &b"a"[..]));
    assert!(head.expect_continue() && head.upgrade(buf).is_some() && head.has_body());
    peer.feed("hello");
    peer.feed("");
    assert_eq!(peer.full(200, &[], ""), After::KeepAlive);
    peer.feed(GET);
    let (head, buf) = (&peer.head, GET.as_bytes());
    assert_eq!(head.cookies(buf).count(), 0);
    assert_eq!(
        (head.content_type(buf), head.accept_encoding(buf)),
        (None, None)
    );
    assert_eq!(head.authority(buf), Some(&b"a"[..]));
    assert_eq!((head.framing(), head.query(buf)), (Framing::None, None));
    assert!(!head.expect_continue() && head.upgrade(buf).is_none());
    assert_eq!(head.field_count(), 1);
}
