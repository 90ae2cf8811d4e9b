use super::*;

/// What came of a response: status, body, whether it ended, whether the connection is kept.
#[derive(PartialEq, Eq, Debug)]
struct Read {
    status: u16,
    body: Vec<u8>,
    reusable: bool,
    rest: Vec<u8>,
}

fn read(sent: Sent, input: &[u8], piece: usize, closed: bool) -> Result<Option<Read>, Error> {
    let mut reader = Reader::new(sent, Limits::default());
    let mut body = Vec::new();
    let mut pending = Vec::new();
    let done = |reader: &Reader, body, rest| {
        Ok(Some(Read {
            status: reader.head().status,
            body,
            reusable: reader.is_reusable(),
            rest,
        }))
    };
    for piece in input.chunks(piece) {
        pending.extend_from_slice(piece);
        loop {
            let step = reader.feed(&pending)?;
            let used = step.used;
            match step.event {
                Event::Body(bytes) => body.extend_from_slice(bytes),
                Event::Head => {}
                Event::End => {
                    let behind = input.len() - pending.len();
                    let _in_order = behind;
                    let rest = pending[used..].to_vec();
                    return done(&reader, body, rest);
                }
                Event::More => {
                    pending.drain(..used);
                    break;
                }
            }
            pending.drain(..used);
        }
    }
    if closed {
        reader.end()?;
        return done(&reader, body, Vec::new());
    }
    Ok(None)
}

/// The same in one piece, byte by byte and in threes.
fn each(sent: Sent, input: &str, closed: bool) -> Result<Option<(u16, String, bool)>, Error> {
    let whole = read(sent, input.as_bytes(), input.len(), closed);
    for piece in [1, 3] {
        let other = read(sent, input.as_bytes(), piece, closed);
        match (&whole, &other) {
            (Ok(Some(a)), Ok(Some(b))) => {
                assert_eq!(
                    (a.status, &a.body, a.reusable),
                    (b.status, &b.body, b.reusable)
                );
            }
            (a, b) => assert_eq!(a, b, "in pieces of {piece}"),
        }
    }
    whole.map(|read| {
        read.map(|read| {
            (
                read.status,
                String::from_utf8(read.body).unwrap(),
                read.reusable,
            )
        })
    })
}

fn other(input: &str) -> Result<Option<(u16, String, bool)>, Error> {
    each(Sent::Other, input, false)
}

fn good(status: u16, body: &str, reusable: bool) -> Result<Option<(u16, String, bool)>, Error> {
    Ok(Some((status, body.to_owned(), reusable)))
}

#[test]
fn bodies_by_length_by_chunks_and_by_the_end() {
    assert_eq!(
        other("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloX"),
        good(200, "hello", true)
    );
    assert_eq!(
        other("HTTP/1.1 200\r\nContent-Length: 5, 5\r\nContent-Length:5\r\n\r\nhello"),
        good(200, "hello", true)
    );
    assert_eq!(
        other(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0a \r\n0123456789\r\n000\r\nA: b\r\n\r\n"
        ),
        good(200, "hello0123456789", true)
    );
    assert_eq!(
        each(Sent::Other, "HTTP/1.1 200 OK\r\n\r\nall of it", true),
        good(200, "all of it", false)
    );
    assert_eq!(
        each(
            Sent::Other,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxyz",
            true
        ),
        good(200, "xyz", false)
    );
    assert_eq!(
        other("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
        good(200, "ok", true)
    );
}

#[test]
fn no_body_where_there_can_be_none() {
    let long = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(each(Sent::Head, long, false), good(200, "", true));
    for status in [204, 304] {
        let input = format!("HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(other(&input), good(status, "", true));
    }
    assert_eq!(
        other("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x01\x02"),
        good(101, "", true)
    );
    assert_eq!(
        each(
            Sent::Connect,
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            false
        ),
        good(200, "", false)
    );
}

#[test]
fn interim_responses_and_line_ends_are_skipped() {
    assert_eq!(
        other(
            "\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        ),
        good(200, "", true)
    );
    let endless = "HTTP/1.1 100 Continue\r\n\r\n".repeat(20);
    assert_eq!(other(&endless), Err(Error::TooLarge));
}

#[test]
fn connections_that_are_not_kept() {
    for head in [
        "HTTP/1.1 200 OK\r\nConnection: Close\r\n",
        "HTTP/1.1 200 OK\r\nConnection: x, close\r\n",
        "HTTP/1.0 200 OK\r\n",
    ] {
        let input = format!("{head}Content-Length: 1\r\n\r\na");
        assert_eq!(other(&input), good(200, "a", false), "{head}");
    }
    assert_eq!(
        other("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na"),
        good(200, "a", true)
    );
}

#[test]
fn what_could_be_framed_in_two_ways_is_refused() {
    for (head, error) in [
        ("Content-Length: 5\r\nContent-Length: 6", Error::Length),
        ("Content-Length: 5, 6", Error::Length),
        ("Content-Length: +5", Error::Length),
        ("Content-Length: -1", Error::Length),
        ("Content-Length: 0x5", Error::Length),
        ("Content-Length:", Error::Length),
        ("Content-Length: 99999999999999999999", Error::Length),
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            Error::Coding,
        ),
        ("Transfer-Encoding: chunked, gzip", Error::Coding),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            Error::Coding,
        ),
        ("Content-Length : 5", Error::Head),
        ("bad name: 5", Error::Head),
        ("x(: 5", Error::Head),
        (": 5", Error::Head),
        ("a\0b: 5", Error::Head),
    ] {
        let input = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n");
        assert_eq!(other(&input), Err(error), "{head}");
    }
}

#[test]
fn chunks_that_are_none() {
    for body in [
        "x\r\n",
        "\r\n",
        "-1\r\n",
        "5\nhello\r\n",
        "5\r\nhelloX",
        "5\r\nhello\rX",
        "5x\r\n",
        "11111111111111111\r\n",
        "5;a\nb\r\n",
    ] {
        let input = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        assert_eq!(other(&input), Err(Error::Chunk), "{body:?}");
    }
    let long = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;{}",
        "a".repeat(20_000)
    );
    assert_eq!(other(&long), Err(Error::Chunk));
}

#[test]
fn garbage_is_told_at_its_first_bytes() {
    for input in [
        "SSH-2.0-OpenSSH\r\n",
        "\0",
        "HTTP\0",
        "\nHTTP/1.1 200 OK\r\n\r\n",
    ] {
        assert_eq!(other(input), Err(Error::Head), "{input:?}");
    }
    for line in [
        "HTTP/2 200 OK",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 abc",
        "HTTP/1.1 099 X",
        "HTTP/1.1  ",
    ] {
        assert_eq!(
            other(&format!("{line}\r\n\r\n")),
            Err(Error::Head),
            "{line:?}"
        );
    }
}

#[test]
fn heads_and_trailers_have_a_limit() {
    let name = format!("A: {}\r\n", "x".repeat(1000));
    let head = format!("HTTP/1.1 200 OK\r\n{}", name.repeat(70));
    assert_eq!(other(&head), Err(Error::TooLarge));
    let trailers = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}",
        name.repeat(70)
    );
    assert_eq!(other(&trailers), Err(Error::TooLarge));
    let many = format!(
        "HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n",
        "a: b\r\n".repeat(2000)
    );
    assert_eq!(other(&many), good(200, "", true));
}

#[test]
fn ends_in_the_middle() {
    for input in [
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
    ] {
        assert_eq!(
            each(Sent::Other, input, true),
            Err(Error::Truncated),
            "{input:?}"
        );
        assert_eq!(each(Sent::Other, input, false), Ok(None), "{input:?}");
    }
}

#[test]
fn fields_as_they_came() {
    let mut reader = Reader::new(Sent::Other, Limits::default());
    let input = b"HTTP/1.1 200 OK\r\nA:  one \r\nEmpty:\r\na: two\r\nFolded: x\r\n  y\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(reader.feed(input).unwrap().event, Event::Head);
    let fields: Vec<_> = reader
        .head()
        .fields()
        .map(|(name, value)| {
            (
                String::from_utf8_lossy(name),
                String::from_utf8_lossy(value),
            )
        })
        .collect();
    assert_eq!(fields[0], ("A".into(), "one".into()));
    assert_eq!(fields[1], ("Empty".into(), "".into()));
    assert_eq!(fields[2], ("a".into(), "two".into()));
    assert_eq!(
        fields[3].1.split_whitespace().collect::<Vec<_>>(),
        ["x", "y"]
    );
    assert!(!fields[3].1.contains('\n'));
    assert_eq!(reader.head().values(b"A").count(), 2);
}
