use super::*;
use crate::frame::Frame;

const GET: [(&[u8], &[u8]); 4] = [
    (b":method", b"GET"),
    (b":scheme", b"http"),
    (b":authority", b"x"),
    (b":path", b"/"),
];

fn made(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::write(&mut out, kind, flags, stream, payload);
    out
}

/// A connection that the server has greeted.
fn client() -> Client {
    let mut client = Client::new(Settings::default());
    client.feed(&made(frame::SETTINGS, 0, 0, &[])).unwrap();
    let _sent = client.take_output();
    client
}

fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    Encoder::default().encode(
        fields.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())),
        &mut out,
    );
    out
}

fn frames(bytes: &[u8]) -> Vec<(u8, u8, u32, Vec<u8>)> {
    let mut at = 0;
    let mut all = Vec::new();
    while let Some(head) = Frame::parse(&bytes[at..]) {
        let start = at + frame::HEAD;
        at = start + head.length;
        all.push((
            head.kind,
            head.flags,
            head.stream,
            bytes[start..at].to_vec(),
        ));
    }
    all
}

fn events(client: &mut Client) -> Vec<Event> {
    std::iter::from_fn(|| client.next_event()).collect()
}

#[test]
fn a_request_and_its_response_in_any_pieces() {
    for piece in [1, 7, 1000] {
        let mut client = client();
        assert_eq!(client.request(&GET, true), Ok(1));
        assert_eq!(client.request(&GET, true), Ok(3));
        let sent = frames(&client.take_output());
        assert_eq!((sent[0].0, sent[0].1, sent[0].2), (frame::HEADERS, 5, 1));
        let whole = block(&[(":status", "200"), ("a", "b")]);
        let mut input = made(frame::HEADERS, 0, 3, &whole[..1]);
        input.extend(made(
            frame::CONTINUATION,
            frame::END_HEADERS,
            3,
            &whole[1..],
        ));
        input.extend(made(frame::DATA, frame::PADDED, 3, b"\x02hi\0\0"));
        input.extend(made(200, 0, 3, b"unknown"));
        input.extend(made(frame::PING, 0, 0, b"12345678"));
        input.extend(made(frame::HEADERS, 5, 3, &{
            // The second block of a connection: its table has "a" in it.
            let mut encoder = Encoder::default();
            let mut first = Vec::new();
            encoder.encode([(&b":status"[..], &b"200"[..]), (b"a", b"b")], &mut first);
            let mut second = Vec::new();
            encoder.encode([(&b"a"[..], &b"b"[..])], &mut second);
            second
        }));
        for piece in input.chunks(piece) {
            client.feed(piece).unwrap();
        }
        let field = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        assert_eq!(
            events(&mut client),
            [
                Event::Fields {
                    stream: 3,
                    fields: vec![field(":status", "200"), field("a", "b")],
                    end: false
                },
                Event::Data {
                    stream: 3,
                    data: b"hi".to_vec(),
                    end: false
                },
                Event::Fields {
                    stream: 3,
                    fields: vec![field("a", "b")],
                    end: true
                },
            ]
        );
        assert_eq!(
            (client.active(), client.has(1), client.has(3)),
            (1, true, false)
        );
        assert_eq!(
            frames(&client.take_output()),
            [(frame::PING, ACK, 0, b"12345678".to_vec())]
        );
    }
}

#[test]
fn bodies_keep_to_the_windows() {
    let mut client = client();
    let stream = client.request(&GET, false).unwrap();
    client.data(stream, &[1; 100_000], true).unwrap();
    let sent = |client: &mut Client| -> (usize, bool) {
        let sent = frames(&client.take_output());
        let data = sent.iter().filter(|frame| frame.0 == frame::DATA);
        assert!(data.clone().all(|frame| frame.3.len() <= 16_384));
        (
            data.clone().map(|frame| frame.3.len()).sum(),
            data.clone().any(|frame| frame.1 & frame::END_STREAM != 0),
        )
    };
    assert_eq!(sent(&mut client), (65_535, false));
    assert_eq!(client.pending(stream), 34_465);
    client
        .feed(&made(frame::WINDOW_UPDATE, 0, 0, &50_000_u32.to_be_bytes()))
        .unwrap();
    assert_eq!(sent(&mut client), (0, false));
    client
        .feed(&made(
            frame::WINDOW_UPDATE,
            0,
            stream,
            &10_000_u32.to_be_bytes(),
        ))
        .unwrap();
    assert_eq!(sent(&mut client), (10_000, false));
    // A larger initial window opens those that there are.
    let mut settings = 4_u16.to_be_bytes().to_vec();
    settings.extend(100_000_u32.to_be_bytes());
    client
        .feed(&made(frame::SETTINGS, 0, 0, &settings))
        .unwrap();
    assert_eq!(sent(&mut client), (24_465, true));
    assert_eq!(client.data(stream, b"more", true), Err(Refused::NoStream));
}

#[test]
fn windows_are_opened_for_what_has_come() {
    let mut client = client();
    let stream = client.request(&GET, true).unwrap();
    let _sent = client.take_output();
    client
        .feed(&made(
            frame::HEADERS,
            4,
            stream,
            &block(&[(":status", "200")]),
        ))
        .unwrap();
    for _ in 0..100 {
        client
            .feed(&made(frame::DATA, 0, stream, &[0; 16_384]))
            .unwrap();
    }
    let updates = frames(&client.take_output());
    for id in [0, stream] {
        let opened: u32 = updates
            .iter()
            .filter(|frame| frame.2 == id)
            .map(|frame| u32::from_be_bytes(frame.3[..].try_into().unwrap()))
            .sum();
        assert!(opened >= 100 * 16_384 - 65_535, "{id}: {opened}");
    }
}

#[test]
fn windows_that_are_held_open_for_what_was_taken() {
    let mut client = client();
    client.hold_windows();
    let whole = client.local().init_window_size as usize;
    let (slow, other) = (
        client.request(&GET, true).unwrap(),
        client.request(&GET, true).unwrap(),
    );
    for stream in [slow, other] {
        let head = block(&[(":status", "200")]);
        client
            .feed(&made(frame::HEADERS, 4, stream, &head))
            .unwrap();
    }
    let _sent = client.take_output();
    let opened = |client: &mut super::Client, id: u32| -> usize {
        frames(&client.take_output())
            .iter()
            .filter(|frame| frame.2 == id)
            .map(|frame| u32::from_be_bytes(frame.3[..].try_into().unwrap()) as usize)
            .sum()
    };
    let mut left = whole;
    while left > 0 {
        let size = left.min(16_384);
        client
            .feed(&made(frame::DATA, 0, slow, &vec![0; size]))
            .unwrap();
        left -= size;
    }
    // The connection's is open for others, the stream's is not.
    assert_eq!(opened(&mut client, slow), 0);
    client
        .feed(&made(frame::DATA, 0, other, &[0; 100]))
        .unwrap();
    client.taken(slow, whole - 1);
    assert_eq!(opened(&mut client, slow), whole - 1);
    client.taken(slow, 1);
    client
        .feed(&made(frame::DATA, 0, slow, &vec![0; 16_384]))
        .unwrap();
    // One byte more than the window.
    for _ in 0..whole / 16_384 {
        client
            .feed(&made(frame::DATA, 0, slow, &vec![0; 16_384]))
            .unwrap();
    }
    assert!(!client.has(slow), "more than the window came");
    // Padding counts as taken; a stream that is gone is no matter.
    for _ in 0..whole / 200 {
        let mut padded = vec![255];
        padded.extend_from_slice(&[0; 255]);
        client.feed(&made(frame::DATA, 8, other, &padded)).unwrap();
    }
    client.taken(other, whole / 2);
    assert!(opened(&mut client, other) >= whole / 2);
    client.taken(99, 5);
}

#[test]
fn streams_that_end_early() {
    let mut client = client();
    for _ in 0..5 {
        client.request(&GET, true).unwrap();
    }
    let _sent = client.take_output();
    client
        .feed(&made(frame::RST_STREAM, 0, 1, &8_u32.to_be_bytes()))
        .unwrap();
    // No status; more than the length; fields with capitals.
    client
        .feed(&made(frame::HEADERS, 5, 3, &[0x40, 1, b'a', 1, b'b']))
        .unwrap();
    client
        .feed(&made(frame::HEADERS, 4, 5, &[0x88, 0x0f, 0x0d, 1, b'1']))
        .unwrap();
    client.feed(&made(frame::DATA, 1, 5, b"ab")).unwrap();
    client
        .feed(&made(frame::HEADERS, 5, 7, &[0x88, 0x40, 1, b'A', 1, b'b']))
        .unwrap();
    let resets: Vec<_> = events(&mut client)
        .into_iter()
        .filter_map(|event| match event {
            Event::Reset { stream, code } => Some((stream, code.0)),
            _ => None,
        })
        .collect();
    assert_eq!(resets, [(1, 8), (3, 1), (5, 1), (7, 1)]);
    assert_eq!(client.active(), 1);
    // The server goes; what it does nothing for is told.
    let mut payload = 7_u32.to_be_bytes().to_vec();
    payload.extend(11_u32.to_be_bytes());
    payload.extend(b"calm down");
    client.feed(&made(frame::GOAWAY, 0, 0, &payload)).unwrap();
    assert_eq!(
        events(&mut client),
        [
            Event::Reset {
                stream: 9,
                code: Code::REFUSED_STREAM
            },
            Event::GoAway {
                last: 7,
                code: Code::ENHANCE_YOUR_CALM,
                debug: b"calm down".to_vec()
            },
        ]
    );
    assert_eq!(client.request(&GET, true), Err(Refused::GoingAway));
}

#[test]
fn what_ends_the_connection() {
    let long = vec![0; 16_385];
    for (input, code) in [
        (made(frame::PING, 0, 0, &[0; 7]), Code::FRAME_SIZE_ERROR),
        (made(frame::PING, 0, 1, &[0; 8]), Code::PROTOCOL_ERROR),
        (made(frame::DATA, 0, 0, b"x"), Code::PROTOCOL_ERROR),
        (made(frame::DATA, 0, 2, b"x"), Code::PROTOCOL_ERROR),
        (made(frame::DATA, 0, 9, b"x"), Code::PROTOCOL_ERROR),
        (made(frame::DATA, 8, 1, b"\x05x"), Code::PROTOCOL_ERROR),
        (made(frame::DATA, 0, 1, &long), Code::FRAME_SIZE_ERROR),
        (made(frame::CONTINUATION, 4, 1, b""), Code::PROTOCOL_ERROR),
        (
            made(frame::PUSH_PROMISE, 4, 1, b"\0\0\0\x02"),
            Code::PROTOCOL_ERROR,
        ),
        (made(frame::HEADERS, 4, 1, &[0x80]), Code::COMPRESSION_ERROR),
        (
            made(frame::WINDOW_UPDATE, 0, 0, &[0; 4]),
            Code::PROTOCOL_ERROR,
        ),
        (
            made(frame::WINDOW_UPDATE, 0, 0, &[127, 255, 255, 255]),
            Code::FLOW_CONTROL_ERROR,
        ),
        (made(frame::SETTINGS, 0, 0, &[0; 5]), Code::FRAME_SIZE_ERROR),
        (made(frame::SETTINGS, 1, 0, &[0; 6]), Code::FRAME_SIZE_ERROR),
        (
            made(frame::SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]),
            Code::PROTOCOL_ERROR,
        ),
        (made(frame::GOAWAY, 0, 0, &[0; 7]), Code::FRAME_SIZE_ERROR),
        (
            [
                made(frame::HEADERS, 0, 1, b""),
                made(frame::DATA, 0, 1, b""),
            ]
            .concat(),
            Code::PROTOCOL_ERROR,
        ),
        (
            [
                made(frame::HEADERS, 0, 1, b""),
                made(frame::CONTINUATION, 0, 1, &long[1..]).repeat(20),
            ]
            .concat(),
            Code::ENHANCE_YOUR_CALM,
        ),
    ] {
        let mut client = client();
        client.request(&GET, true).unwrap();
        let _sent = client.take_output();
        let error = client.feed(&input).unwrap_err();
        assert_eq!(error.code, code, "{error}: {:?}", &input[..9]);
        assert_eq!(
            frames(&client.take_output()).last().unwrap().0,
            frame::GOAWAY
        );
    }
    let mut stranger = Client::new(Settings::default());
    assert!(stranger.feed(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err());
}

#[test]
fn what_is_not_sent() {
    let mut client = client();
    let with = |field| [GET[0], GET[1], GET[2], GET[3], field];
    for field in [
        (&b"A"[..], &b"b"[..]),
        (b"a b", b"c"),
        (b"a", b"b\r\nc: d"),
        (b"a", b"\0"),
        (b"", b"b"),
        (b"a:b", b"c"),
    ] {
        assert_eq!(client.request(&with(field), true), Err(Refused::Field));
    }
    assert!(client.take_output().is_empty());
    let mut settings = 3_u16.to_be_bytes().to_vec();
    settings.extend(1_u32.to_be_bytes());
    client
        .feed(&made(frame::SETTINGS, 0, 0, &settings))
        .unwrap();
    client.request(&GET, true).unwrap();
    assert_eq!(client.request(&GET, true), Err(Refused::TooManyStreams));
}
