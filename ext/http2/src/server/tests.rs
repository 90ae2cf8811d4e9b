use super::*;
use crate::hpack::{Decoder as FieldDecoder, Encoder, alone};

/// A client of raw frames beside a server, as RFC 9113 has them.
struct Pair {
    server: Server<&'static str>,
    encoder: Encoder,
    out: Vec<u8>,
    time: u64,
}

/// What became of a piece of input, without what it borrows.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Told {
    Head(u32, bool, Verdict),
    Data(u32, Vec<u8>, bool),
    Reset(u32, Code),
    Room(u32),
    GoAway,
    Error(Code),
}

fn frame_of(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(&mut out, kind, flags, stream, payload);
    out
}

/// Frames as kind, flags, stream, payload.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u8, u32, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(head) = frame::Frame::parse(bytes) {
        let end = frame::HEAD + head.length;
        let payload = bytes[frame::HEAD..end].to_vec();
        all.push((head.kind, head.flags, head.stream, payload));
        bytes = &bytes[end..];
    }
    assert!(bytes.is_empty(), "half a frame: {bytes:?}");
    all
}

const GET: [(&[u8], &[u8]); 4] = [
    (b":method", b"GET"),
    (b":scheme", b"https"),
    (b":path", b"/a?b=c"),
    (b":authority", b"example.org"),
];

impl Pair {
    fn with(settings: Settings) -> Self {
        let mut out = Vec::new();
        let server = Server::new(settings, &mut out);
        assert_eq!(frames(&out)[0].0, frame::SETTINGS);
        Self {
            server,
            encoder: Encoder::default(),
            out: Vec::new(),
            time: 1,
        }
    }

    /// Past the preface and SETTINGS.
    fn open() -> Self {
        Self::opened(Settings {
            max_concurrent_streams: 100,
            ..Settings::default()
        })
    }

    fn opened(settings: Settings) -> Self {
        let mut pair = Self::with(settings);
        let told = pair.feed(&[PREFACE, &frame_of(frame::SETTINGS, 0, 0, &[])].concat());
        assert_eq!(told, []);
        assert_eq!(frames(&pair.sent()), [(frame::SETTINGS, ACK, 0, vec![])]);
        pair
    }

    fn feed(&mut self, bytes: &[u8]) -> Vec<Told> {
        self.server.set_time(self.time);
        let mut told = Vec::new();
        let mut at = 0;
        loop {
            let step = self.server.step(&bytes[at..], &mut self.out);
            at += step.used;
            told.push(match step.event {
                Event::NeedMore => {
                    assert_eq!(at, bytes.len(), "all is taken that is whole");
                    return told;
                }
                Event::Nothing => continue,
                Event::Head {
                    stream,
                    end,
                    verdict,
                } => Told::Head(stream, end, verdict),
                Event::Data { stream, data, end } => Told::Data(stream, data.to_vec(), end),
                Event::Reset { stream, code } => Told::Reset(stream, code),
                Event::Room { stream } => Told::Room(stream),
                Event::GoAway => Told::GoAway,
                Event::Error(error) => {
                    told.push(Told::Error(error.code));
                    return told;
                }
            });
        }
    }

    fn sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn block(&mut self, fields: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut block = Vec::new();
        self.encoder.encode(fields.iter().copied(), &mut block);
        block
    }

    fn request(&mut self, stream: u32, fields: &[(&[u8], &[u8])], end: bool) -> Vec<Told> {
        let block = self.block(fields);
        let flags = frame::END_HEADERS | if end { frame::END_STREAM } else { 0 };
        self.feed(&frame_of(frame::HEADERS, flags, stream, &block))
    }

    /// The code of the GOAWAY that was sent.
    fn gone(&mut self) -> Option<u32> {
        let sent = self.sent();
        frames(&sent)
            .iter()
            .find(|frame| frame.0 == frame::GOAWAY)
            .map(|frame| u32::from_be_bytes(*frame.3[4..].first_chunk().unwrap()))
    }

    /// The code of the last RST_STREAM that was sent.
    fn reset(&mut self) -> Option<u32> {
        let sent = self.sent();
        let all = frames(&sent);
        let last = all.iter().rfind(|frame| frame.0 == frame::RST_STREAM)?;
        Some(u32::from_be_bytes(*last.3.first_chunk().unwrap()))
    }
}

use crate::frame::ACK;

fn text(server: &mut Server<&'static str>) -> String {
    let (text, length) = server.take_text();
    assert!(text[length..].iter().all(|b| *b == b' '));
    String::from_utf8(text[..length].to_vec()).unwrap()
}

#[test]
fn requests_are_text_of_the_other_version() {
    let mut pair = Pair::open();
    let mut fields = GET.to_vec();
    fields.extend([
        (&b"cookie"[..], &b"a=1"[..]),
        (b"x", b"y"),
        (b"cookie", b"b=2"),
        (b"te", b"trailers"),
    ]);
    for stream in [1, 3] {
        let told = pair.request(stream, &fields, true);
        assert_eq!(told, [Told::Head(stream, true, Verdict::Good)]);
        assert_eq!(
            text(&mut pair.server),
            "GET /a?b=c HTTP/1.1\r\nhost: example.org\r\nx: y\r\nte: trailers\r\ncookie: a=1; b=2\r\n\r\n"
        );
    }
}

#[test]
fn responses_go_out_and_streams_end() {
    let mut pair = Pair::open();
    pair.request(1, &GET, true);
    pair.server.keep(1, "kept");
    let mut block = Vec::new();
    alone(b":status", b"200", &mut block);
    alone(b"Content-Type", b"text/html", &mut block);
    pair.server.send_head(1, &[&block], false, &mut pair.out);
    assert_eq!(pair.server.room(1), 65_535);
    pair.server.send_data(1, &[7; 20_000], true, &mut pair.out);
    assert_eq!(pair.server.reap(1, &mut pair.out), Some("kept"));
    assert_eq!(pair.server.active(), 0);
    let sent = pair.sent();
    let all = frames(&sent);
    let kinds: Vec<(u8, u8, usize)> = all.iter().map(|f| (f.0, f.1, f.3.len())).collect();
    assert_eq!(kinds[1..], [(0, 0, 16_384), (0, 1, 3_616)]);
    assert_eq!((kinds[0].0, kinds[0].1), (1, frame::END_HEADERS));
    let fields = FieldDecoder::new(4096).decode(&all[0].3, 999).unwrap();
    assert_eq!(fields[1], (b"content-type".to_vec(), b"text/html".to_vec()));
}

/// RFC 9113, section 8.1.1, 8.2, 8.3.
#[test]
fn malformed_requests_are_reset() {
    let without = |name: &[u8]| -> Vec<(&[u8], &[u8])> {
        GET.iter().copied().filter(|(n, _)| *n != name).collect()
    };
    let with = |name: &'static [u8], value: &'static [u8]| {
        let mut fields = GET.to_vec();
        fields.push((name, value));
        fields
    };
    let mut early = vec![(&b"x"[..], &b"y"[..])];
    early.extend(GET);
    let mut host_first = vec![(&b"host"[..], &b"y"[..])];
    host_first.extend(GET);
    let path = |path: &'static [u8]| {
        let mut fields = without(b":path");
        fields.push((b":path", path));
        fields
    };
    for fields in [
        without(b":method"),
        without(b":scheme"),
        without(b":path"),
        with(b":method", b"GET"),
        with(b":path", b"/"),
        with(b":scheme", b"http"),
        with(b":status", b"200"),
        with(b":other", b"x"),
        with(b"Upper", b"x"),
        with(b"connection", b"close"),
        with(b"transfer-encoding", b"chunked"),
        with(b"keep-alive", b"1"),
        with(b"upgrade", b"x"),
        with(b"proxy-connection", b"x"),
        with(b"te", b"gzip"),
        with(b"x", b"a\r\nb: c"),
        with(b"x", b"a\0"),
        with(b"x", b" a"),
        with(b"bad name", b"a"),
        with(b"", b"a"),
        with(b"content-length", b"5"),
        with(b"content-length", b"x"),
        early,
        host_first,
        path(b""),
        path(b"no-slash"),
        path(b"/a b"),
        path(b"/a\r\nx: y"),
        path(b"*"),
    ] {
        let mut pair = Pair::open();
        assert_eq!(pair.request(1, &fields, true), [], "{fields:?}");
        assert_eq!(pair.reset(), Some(1), "{fields:?}");
        assert_eq!(pair.server.active(), 0);
        // The connection goes on.
        let told = pair.request(3, &GET, true);
        assert_eq!(told, [Told::Head(3, true, Verdict::Good)]);
    }
}

/// RFC 9113, section 3.4, 4.1, 4.2, 4.3, 5.1, 6: what ends the connection.
#[test]
fn rules_of_the_connection() {
    let big = vec![0; 16_385];
    let headers = |flags, stream, payload: &[u8]| frame_of(frame::HEADERS, flags, stream, payload);
    for (input, code, why) in [
        (frame_of(frame::DATA, 0, 0, b"x"), 1, "data for no stream"),
        (frame_of(frame::DATA, 0, 1, b"x"), 1, "an idle stream"),
        (frame_of(frame::RST_STREAM, 0, 1, &[0; 4]), 1, "idle"),
        (
            frame_of(frame::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
            1,
            "idle",
        ),
        (headers(4, 0, b"\x82"), 1, "a head for no stream"),
        (headers(4, 2, b"\x82"), 1, "an even stream"),
        (
            headers(4, 1, b"\xff\xff\xff\xff\xff\xff\xff"),
            9,
            "compression",
        ),
        (headers(4, 1, b"\xbe"), 9, "an index beyond the table"),
        (
            headers(4 | 8, 1, b"\x09\x82"),
            1,
            "padding beyond the frame",
        ),
        (headers(4 | 32, 1, b"\0\0"), 1, "half a priority"),
        (headers(0, 1, b"\x82"), 0, "an open block"),
        (
            frame_of(frame::CONTINUATION, 4, 1, b"\x82"),
            1,
            "it goes on with nothing",
        ),
        (
            frame_of(frame::SETTINGS, 0, 1, &[]),
            1,
            "settings for a stream",
        ),
        (
            frame_of(frame::SETTINGS, 0, 0, &[0; 5]),
            6,
            "half a setting",
        ),
        (
            frame_of(frame::SETTINGS, ACK, 0, &[0; 6]),
            6,
            "an answer with settings",
        ),
        (
            frame_of(frame::SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
            3,
            "a window",
        ),
        (
            frame_of(frame::SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]),
            1,
            "frames too small",
        ),
        (
            frame_of(frame::SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2]),
            1,
            "push is 2",
        ),
        (
            frame_of(frame::PING, 0, 1, &[0; 8]),
            1,
            "a ping for a stream",
        ),
        (frame_of(frame::PING, 0, 0, &[0; 7]), 6, "a short ping"),
        (
            frame_of(frame::GOAWAY, 0, 1, &[0; 8]),
            1,
            "a good-bye for a stream",
        ),
        (
            frame_of(frame::GOAWAY, 0, 0, &[0; 7]),
            6,
            "a short good-bye",
        ),
        (
            frame_of(frame::PRIORITY, 0, 0, &[0; 5]),
            1,
            "a priority for no stream",
        ),
        (
            frame_of(frame::PUSH_PROMISE, 4, 1, &[0; 4]),
            1,
            "a client pushes",
        ),
        (
            frame_of(frame::WINDOW_UPDATE, 0, 0, &[0; 4]),
            1,
            "by nothing",
        ),
        (frame_of(frame::WINDOW_UPDATE, 0, 0, &[0; 3]), 6, "short"),
        (
            frame_of(frame::WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
            3,
            "too large",
        ),
        (frame_of(9, 0, 1, &big), 6, "a frame too large"),
        (
            frame_of(0xfa, 0xff, 9, b"what"),
            0,
            "an unknown kind is nothing",
        ),
    ] {
        let mut pair = Pair::open();
        let told = pair.feed(&input);
        match code {
            0 => assert_eq!(told, [], "{why}"),
            code => {
                assert_eq!(told.last(), Some(&Told::Error(Code(code))), "{why}");
                assert_eq!(pair.gone(), Some(code), "{why}");
            }
        }
    }
    for first in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nXX"] {
        let mut pair = Pair::with(Settings::default());
        assert_eq!(pair.feed(first), [Told::Error(Code::PROTOCOL_ERROR)]);
    }
    let mut pair = Pair::with(Settings::default());
    let ping = frame_of(frame::PING, 0, 0, &[0; 8]);
    let told = pair.feed(&[PREFACE, &ping].concat());
    assert_eq!(told, [Told::Error(Code::PROTOCOL_ERROR)]);
}

/// RFC 9113, section 6.2, 6.10: nothing comes between the parts of a block.
#[test]
fn blocks_in_parts() {
    let mut pair = Pair::open();
    let block = pair.block(&GET);
    let (one, two) = block.split_at(3);
    let mut input = frame_of(frame::HEADERS, frame::END_STREAM, 1, one);
    input.extend(frame_of(frame::CONTINUATION, 0, 1, b""));
    input.extend(frame_of(frame::CONTINUATION, frame::END_HEADERS, 1, two));
    // Byte by byte, as slow networks have it.
    let mut told = Vec::new();
    let mut kept = Vec::new();
    for byte in &input {
        kept.push(*byte);
        let step = pair.server.step(&kept, &mut pair.out);
        let used = step.used;
        if let Event::Head {
            stream,
            end,
            verdict,
        } = step.event
        {
            told.push(Told::Head(stream, end, verdict));
        }
        kept.drain(..used);
    }
    assert_eq!(told, [Told::Head(1, true, Verdict::Good)]);
    for between in [
        frame_of(frame::PING, 0, 0, &[0; 8]),
        frame_of(frame::CONTINUATION, 4, 3, b""),
        frame_of(frame::DATA, 0, 1, b""),
    ] {
        let mut pair = Pair::open();
        pair.feed(&frame_of(frame::HEADERS, 0, 1, one));
        assert_eq!(pair.feed(&between), [Told::Error(Code::PROTOCOL_ERROR)]);
    }
}

#[test]
fn floods_end_the_connection() {
    let calm = [Told::Error(Code::ENHANCE_YOUR_CALM)];
    let many = |frame: Vec<u8>, count: usize| frame.repeat(count);
    for (what, flood) in [
        ("pings", many(frame_of(frame::PING, 0, 0, &[0; 8]), 5000)),
        ("settings", many(frame_of(frame::SETTINGS, 0, 0, &[]), 5000)),
        (
            "priorities",
            many(frame_of(frame::PRIORITY, 0, 1, &[0, 0, 0, 3, 1]), 5000),
        ),
        ("unknown frames", many(frame_of(99, 0, 1, b""), 5000)),
    ] {
        let mut pair = Pair::open();
        assert_eq!(pair.feed(&flood), calm, "{what}");
        assert_eq!(pair.gone(), Some(11), "{what}");
    }
    let mut pair = Pair::open();
    let mut parts = frame_of(frame::HEADERS, 0, 1, b"\x82");
    parts.extend(many(frame_of(frame::CONTINUATION, 0, 1, b""), 100));
    assert_eq!(pair.feed(&parts), calm, "CONTINUATION without end");
    let mut pair = Pair::open();
    let mut large = frame_of(frame::HEADERS, 0, 1, b"\x82");
    large.extend(many(frame_of(frame::CONTINUATION, 0, 1, &[0; 16_000]), 6));
    assert_eq!(pair.feed(&large), calm, "CONTINUATION of many bytes");
    // Rapid reset: CVE-2023-44487.
    let mut pair = Pair::open();
    let mut ended = None;
    for n in 0..2000 {
        let stream = 2 * n + 1;
        pair.request(stream, &GET, true);
        let told = pair.feed(&frame_of(frame::RST_STREAM, 0, stream, &[0, 0, 0, 8]));
        if told.last() == calm.last() {
            ended = Some(n);
            break;
        }
    }
    assert_eq!(ended, Some(200));
    // Empty data.
    let mut pair = Pair::open();
    let mut post = GET.to_vec();
    post[0].1 = b"POST";
    pair.request(1, &post, false);
    let told = pair.feed(&many(frame_of(frame::DATA, 0, 1, b""), 5000));
    assert_eq!(told.last(), calm.last());
    // Windows that grow by next to nothing.
    let mut pair = Pair::open();
    pair.request(1, &GET, true);
    let told = pair.feed(&many(
        frame_of(frame::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
        5000,
    ));
    assert_eq!(told.last(), calm.last());
    // What comes slowly is no flood.
    let mut pair = Pair::open();
    for _ in 0..5000 {
        pair.time += 10_000_000;
        assert_eq!(pair.feed(&frame_of(frame::PING, 0, 0, &[0; 8])), []);
    }
}

/// RFC 9113, section 5.2, 6.9.
#[test]
fn windows_are_kept() {
    let mut pair = Pair::open();
    pair.request(1, &GET, true);
    pair.feed(&frame_of(frame::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 3]));
    assert_eq!(pair.server.room(1), 3);
    let told = pair.feed(&frame_of(frame::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 7]));
    assert_eq!((told, pair.server.room(1)), (vec![Told::Room(1)], 10));
    pair.server.send_data(1, &[0; 10], false, &mut pair.out);
    // A window may become less than nothing.
    pair.feed(&frame_of(frame::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]));
    assert_eq!(pair.server.room(1), 0);
    let told = pair.feed(&frame_of(frame::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 8]));
    assert_eq!((told, pair.server.room(1)), (vec![Told::Room(0)], 5));
    // By nothing, or too far: the stream ends.
    for (more, code) in [([0, 0, 0, 0], 1), ([0x7f, 0xff, 0xff, 0xff], 3)] {
        let mut pair = Pair::open();
        pair.request(1, &GET, true);
        let told = pair.feed(&frame_of(frame::WINDOW_UPDATE, 0, 1, &more));
        assert_eq!(told, [Told::Reset(1, Code(code))]);
        assert_eq!(pair.reset(), Some(code));
    }
    // More data than the window.
    let mut pair = Pair::opened(Settings {
        init_window_size: 10,
        ..Settings::default()
    });
    pair.request(1, &GET, false);
    let told = pair.feed(&frame_of(frame::DATA, 0, 1, &[0; 11]));
    assert_eq!(told, [Told::Reset(1, Code::FLOW_CONTROL_ERROR)]);
    // What was used is given back.
    pair.sent();
    pair.request(3, &GET, false);
    let told = pair.feed(&frame_of(frame::DATA, 8, 3, &[3, b'a', b'b', 0, 0, 0]));
    assert_eq!(told, [Told::Data(3, b"ab".to_vec(), false)]);
    pair.server.used(3, 2, &mut pair.out);
    let sent = pair.sent();
    assert_eq!(
        frames(&sent),
        [(frame::WINDOW_UPDATE, 0, 3, vec![0, 0, 0, 6])]
    );
}

/// RFC 9113, section 5.1.
#[test]
fn states_of_a_stream() {
    let mut pair = Pair::open();
    pair.request(1, &GET, true);
    // Half closed: the client may not send.
    let told = pair.feed(&frame_of(frame::DATA, 0, 1, b"x"));
    assert_eq!(told, [Told::Reset(1, Code::STREAM_CLOSED)]);
    assert_eq!(pair.reset(), Some(5));
    // Closed by the client.
    pair.request(3, &GET, false);
    let told = pair.feed(&frame_of(frame::RST_STREAM, 0, 3, &[0, 0, 0, 8]));
    assert_eq!(told, [Told::Reset(3, Code::CANCEL)]);
    assert_eq!(pair.feed(&frame_of(frame::DATA, 0, 3, b"x")), []);
    assert_eq!(pair.reset(), Some(5));
    let told = pair.request(3, &GET, true);
    assert_eq!(told, [Told::Error(Code::STREAM_CLOSED)]);
    // Given up here: what the client sent before it knew is nothing.
    let mut pair = Pair::open();
    pair.request(1, &GET, false);
    pair.server.keep(1, "kept");
    assert_eq!(
        pair.server.reset(1, Code::CANCEL, &mut pair.out),
        Some("kept")
    );
    pair.sent();
    assert_eq!(pair.feed(&frame_of(frame::DATA, 1, 1, b"x")), []);
    assert_eq!(
        pair.feed(&frame_of(frame::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 99])),
        []
    );
    assert_eq!(pair.sent(), b"");
    // Numbers go up.
    let mut pair = Pair::open();
    pair.request(5, &GET, true);
    let told = pair.request(3, &GET, true);
    assert_eq!(told, [Told::Error(Code::STREAM_CLOSED)]);
}

#[test]
fn bodies_and_what_follows_them() {
    let mut post = GET.to_vec();
    post[0].1 = b"POST";
    post.push((b"content-length", b"4"));
    let mut pair = Pair::open();
    pair.request(1, &post, false);
    assert!(text(&mut pair.server).contains("content-length: 4\r\n"));
    // In pieces, as they arrive.
    let frame = frame_of(frame::DATA, 1, 1, b"abcd");
    assert_eq!(
        pair.feed(&frame[..11]),
        [Told::Data(1, b"ab".to_vec(), false)]
    );
    assert_eq!(
        pair.feed(&frame[11..]),
        [Told::Data(1, b"cd".to_vec(), true)]
    );
    assert!(pair.server.has_come(1));
    // Less and more than was promised.
    for data in [&b"abc"[..], b"abcde"] {
        let mut pair = Pair::open();
        pair.request(1, &post, false);
        let told = pair.feed(&frame_of(frame::DATA, 1, 1, data));
        assert_eq!(told, [Told::Reset(1, Code::PROTOCOL_ERROR)]);
    }
    // Trailers.
    let mut pair = Pair::open();
    pair.request(1, &post, false);
    pair.feed(&frame_of(frame::DATA, 0, 1, b"abcd"));
    let told = pair.request(1, &[(b"x-sum", b"1")], true);
    assert_eq!(told, [Told::Data(1, vec![], true)]);
    for (trailers, end) in [((&b"x"[..], &b"1"[..]), false), ((b":path", b"/"), true)] {
        let mut pair = Pair::open();
        pair.request(1, &post, false);
        pair.feed(&frame_of(frame::DATA, 0, 1, b"abcd"));
        let told = pair.request(1, &[trailers], end);
        assert_eq!(told, [Told::Reset(1, Code::PROTOCOL_ERROR)]);
    }
    // A response that is over before the request.
    let mut pair = Pair::open();
    pair.request(1, &post, false);
    pair.server.keep(1, "kept");
    pair.server.send_head(1, &[b"\x88"], true, &mut pair.out);
    assert_eq!(pair.server.reap(1, &mut pair.out), Some("kept"));
    assert_eq!(pair.reset(), Some(0));
    assert_eq!(pair.feed(&frame_of(frame::DATA, 1, 1, b"abcd")), []);
}

#[test]
fn limits_are_said_and_held() {
    let mut pair = Pair::opened(Settings {
        max_concurrent_streams: 2,
        max_header_list_size: 300,
        ..Settings::default()
    });
    pair.request(1, &GET, true);
    pair.request(3, &GET, true);
    assert_eq!(pair.request(5, &GET, true), []);
    assert_eq!(pair.reset(), Some(Code::REFUSED_STREAM.0));
    pair.server.reset(3, Code::CANCEL, &mut pair.out);
    let long = [b'a'; 400];
    let mut fields = GET.to_vec();
    fields.push((b"x", &long));
    let told = pair.request(7, &fields, true);
    assert_eq!(told, [Told::Head(7, true, Verdict::TooLarge)]);
    // A table that the client makes smaller is told to be empty.
    pair.feed(&frame_of(frame::SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0]));
    pair.sent();
    pair.server.send_head(1, &[b"\x88"], false, &mut pair.out);
    pair.server.send_head(7, &[b"\x88"], false, &mut pair.out);
    let sent = pair.sent();
    let all = frames(&sent);
    assert_eq!(
        (&all[0].3[..], &all[1].3[..]),
        (&b"\x20\x88"[..], &b"\x88"[..])
    );
}

#[test]
fn no_streams_are_taken_after_the_good_bye() {
    let mut pair = Pair::open();
    pair.request(1, &GET, true);
    pair.server.go_away(Code::NO_ERROR, b"", &mut pair.out);
    assert_eq!(pair.gone(), Some(0));
    assert_eq!(pair.request(3, &GET, true), []);
    assert_eq!(pair.reset(), Some(Code::REFUSED_STREAM.0));
    assert_eq!(pair.server.active(), 1);
    assert_eq!(
        pair.feed(&frame_of(frame::GOAWAY, 0, 0, &[0; 8])),
        [Told::GoAway]
    );
}

/// RFC 7540, section 3.2.
#[test]
fn a_connection_may_come_from_http_1() {
    let mut out = Vec::new();
    let mut server =
        Server::<&str>::upgraded(Settings::default(), &[0, 4, 0, 0, 0, 9], &mut out).unwrap();
    server.keep(1, "first");
    assert_eq!((server.room(1), server.active()), (9, 1));
    let mut all = PREFACE.to_vec();
    all.extend(frame_of(frame::SETTINGS, 0, 0, &[]));
    let step = server.step(&all, &mut out);
    assert_eq!(step.used, PREFACE.len());
    assert!(Server::<()>::upgraded(Settings::default(), &[0; 5], &mut out).is_err());
}

/// Whatever comes, in whatever pieces: no panic, and the input is used or waited for.
#[test]
fn anything_may_come() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for _ in 0..3000 {
        let mut pair = Pair::open();
        let block = pair.block(&GET);
        let mut input = Vec::new();
        for _ in 0..random(12) {
            let kind = random(11) as u8;
            let stream = random(6) as u32;
            let payload: Vec<u8> = match (kind, random(3)) {
                (1, 0 | 1) => block.clone(),
                (8, _) => vec![0, 0, random(2) as u8, random(256) as u8],
                _ => (0..random(12)).map(|_| random(256) as u8).collect(),
            };
            input.extend(frame_of(kind, random(64) as u8, stream, &payload));
        }
        let mut kept = Vec::new();
        let mut ended = false;
        for piece in input.chunks(1 + random(40) as usize) {
            kept.extend_from_slice(piece);
            while !ended {
                let step = pair.server.step(&kept, &mut pair.out);
                let used = step.used;
                match step.event {
                    Event::NeedMore => {
                        kept.drain(..used);
                        break;
                    }
                    Event::Error(_) => ended = true,
                    Event::Head { stream, .. } => {
                        pair.server.keep(stream, "x");
                        if random(2) == 0 {
                            let out = &mut pair.out;
                            pair.server.send_head(stream, &[b"\x88"], true, out);
                            pair.server.reap(stream, out);
                        }
                    }
                    _ => {}
                }
                kept.drain(..used);
            }
        }
        frames(&pair.sent());
    }
}
