use super::*;
use crate::{Deflater, encode};

type Got = (Opcode, Vec<u8>);

/// What comes out of a stream that is cut into pieces of so many bytes.
fn run(config: Config, wire: &[u8], piece: usize) -> (Vec<Got>, Option<Error>) {
    let mut decoder = Decoder::new(config);
    let (mut got, mut buffer) = (Vec::new(), Vec::new());
    for part in wire.chunks(piece.max(1)) {
        buffer.extend_from_slice(part);
        loop {
            let (used, more) = match decoder.feed(&mut buffer) {
                Err(error) => return (got, Some(error)),
                Ok(step) => {
                    let more = step.frame.is_some();
                    got.extend(step.frame.map(|f| (f.opcode, f.payload.to_vec())));
                    (step.used, more)
                }
            };
            buffer.drain(..used);
            if !more {
                assert!(
                    buffer.len() < Header::LONGEST,
                    "{} bytes were left",
                    buffer.len()
                );
                break;
            }
        }
    }
    (got, None)
}

fn frame(opcode: Opcode, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode::frame(
        &mut out,
        opcode,
        flags,
        Some([0xa1, 0xb2, 0xc3, 0xd4]),
        payload,
    );
    out
}

fn all_pieces(config: Config, wire: &[u8]) -> (Vec<Got>, Option<Error>) {
    let whole = run(config, wire, usize::MAX >> 1);
    for piece in 1..wire.len().min(200) {
        assert_eq!(run(config, wire, piece), whole, "in pieces of {piece}");
    }
    whole
}

#[test]
fn messages_and_control_frames_between_their_parts() {
    let wire = [
        frame(
            Opcode::Text,
            0,
            "h\u{e4}".as_bytes().split_last().unwrap().1,
        ),
        frame(Opcode::Ping, encode::FIN, b"there?"),
        frame(Opcode::Continuation, 0, b""),
        frame(Opcode::Pong, encode::FIN, b""),
        frame(Opcode::Continuation, encode::FIN, b"\xa4!"),
        frame(Opcode::Binary, encode::FIN, &[7; 300]),
        frame(Opcode::Text, encode::FIN, b""),
        frame(Opcode::Close, encode::FIN, b"\x03\xe8bye"),
    ]
    .concat();
    let (got, error) = all_pieces(Config::server(), &wire);
    assert_eq!(error, None);
    let expected = [
        (Opcode::Ping, b"there?".to_vec()),
        (Opcode::Pong, Vec::new()),
        (Opcode::Text, "h\u{e4}!".as_bytes().to_vec()),
        (Opcode::Binary, vec![7; 300]),
        (Opcode::Text, Vec::new()),
        (Opcode::Close, b"\x03\xe8bye".to_vec()),
    ];
    assert_eq!(got, expected);
}

#[test]
fn what_breaks_the_rules_is_refused_wherever_it_is_cut() {
    use Opcode::{Binary, Close, Continuation, Ping, Text};
    let fin = encode::FIN;
    let mut unmasked = Vec::new();
    encode::frame(&mut unmasked, Text, fin, None, b"x");
    let cases = [
        (frame(Continuation, fin, b"x"), Error::Continuation),
        (
            [frame(Text, 0, b"a"), frame(Text, fin, b"b")].concat(),
            Error::Interrupted,
        ),
        (
            [frame(Text, 0, b"a"), frame(Binary, 0, b"b")].concat(),
            Error::Interrupted,
        ),
        (unmasked, Error::Unmasked),
        (
            frame(Text, fin | encode::COMPRESSED, b"x"),
            Error::ReservedBits(0x41),
        ),
        (
            frame(Ping, fin | encode::COMPRESSED, b"x"),
            Error::ReservedBits(0x49),
        ),
        (frame(Text, fin, b"\xff"), Error::Utf8),
        (frame(Text, fin, b"\xe4"), Error::Utf8),
        (
            [frame(Text, 0, b"\xe4"), frame(Continuation, 0, b"x")].concat(),
            Error::Utf8,
        ),
        (frame(Close, fin, b"\x03"), Error::CloseLength),
        (frame(Close, fin, b"\x03\xed"), Error::CloseCode(1005)),
        (frame(Close, fin, b"\x00\x00"), Error::CloseCode(0)),
        (frame(Close, fin, b"\x03\xe8\xff"), Error::Utf8),
        (frame(Ping, 0, b"x"), Error::ControlFragmented),
        (frame(Ping, fin, &[0; 126]), Error::ControlTooLong(126)),
    ];
    for (wire, error) in cases {
        assert_eq!(
            all_pieces(Config::server(), &wire),
            (Vec::new(), Some(error)),
            "{wire:x?}"
        );
    }
    let wire = frame(Text, fin, b"x");
    assert_eq!(
        all_pieces(Config::client(), &wire),
        (Vec::new(), Some(Error::Masked))
    );
}

#[test]
fn a_lenient_decoder_takes_what_applications_send() {
    let config = Config {
        strict: false,
        masks: Masks::Either,
        ..Config::server()
    };
    let mut wire = frame(Opcode::Text, encode::FIN, b"\xff\xfe");
    encode::frame(&mut wire, Opcode::Text, encode::FIN, None, b"plain");
    wire.extend(frame(Opcode::Close, encode::FIN, b"\x00\x01"));
    let (got, error) = all_pieces(config, &wire);
    assert_eq!((got.len(), error), (3, None));
    assert_eq!(got[0].1, b"\xff\xfe");
}

#[test]
fn the_limit_counts_all_frames_of_a_message_and_no_control_frame() {
    let config = Config {
        max_message: 10,
        ..Config::server()
    };
    let fits = [
        frame(Opcode::Binary, 0, &[1; 5]),
        frame(Opcode::Ping, encode::FIN, &[2; 100]),
        frame(Opcode::Continuation, encode::FIN, &[3; 5]),
    ]
    .concat();
    assert_eq!(all_pieces(config, &fits).1, None);
    let long = [
        frame(Opcode::Binary, 0, &[1; 5]),
        frame(Opcode::Continuation, encode::FIN, &[3; 6]),
    ]
    .concat();
    assert_eq!(
        all_pieces(config, &long),
        (Vec::new(), Some(Error::TooBig(10)))
    );
    // Refused by its head: nothing of it need come.
    let huge = [
        0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4,
    ];
    assert_eq!(all_pieces(config, &huge).1, Some(Error::TooBig(10)));
    let after = [frame(Opcode::Binary, 0, b""), huge.to_vec()].concat();
    assert_eq!(all_pieces(config, &after).1, Some(Error::Interrupted));
}

#[test]
fn an_error_stays() {
    let mut decoder = Decoder::new(Config::server());
    assert_eq!(decoder.feed(&mut [0x83]), Err(Error::Opcode(3)));
    let mut good = frame(Opcode::Text, encode::FIN, b"x");
    assert_eq!(decoder.feed(&mut good), Err(Error::Opcode(3)));
}

#[test]
fn compressed_messages() {
    let config = Config {
        deflate: true,
        takeover: true,
        max_message: 5_000,
        ..Config::server()
    };
    let mut deflater = Deflater::new(6, 15, true);
    let mut wire = Vec::new();
    for text in ["a text, a text", "a text, a text", ""] {
        let mut packed = Vec::new();
        deflater.pack(text.as_bytes(), &mut packed).unwrap();
        let (first, rest) = packed.split_at(packed.len() / 2);
        wire.extend(frame(Opcode::Text, encode::COMPRESSED, first));
        wire.extend(frame(Opcode::Ping, encode::FIN, b"p"));
        wire.extend(frame(Opcode::Continuation, encode::FIN, rest));
        wire.extend(frame(Opcode::Text, encode::FIN, b"plain"));
    }
    let (got, error) = all_pieces(config, &wire);
    assert_eq!(error, None);
    let texts: Vec<_> = got
        .iter()
        .filter(|g| g.0 == Opcode::Text)
        .map(|g| &*g.1)
        .collect();
    assert_eq!(
        texts,
        [
            &b"a text, a text"[..],
            b"plain",
            b"a text, a text",
            b"plain",
            b"",
            b"plain"
        ]
    );
    for (message, error) in [
        (vec![b'a'; 5_001], Error::TooBig(5_000)),
        (vec![0xff; 3], Error::Utf8),
    ] {
        let mut packed = Vec::new();
        Deflater::new(6, 15, false)
            .pack(&message, &mut packed)
            .unwrap();
        let wire = frame(Opcode::Text, encode::FIN | encode::COMPRESSED, &packed);
        assert_eq!(all_pieces(config, &wire).1, Some(error));
    }
    let wire = frame(Opcode::Text, encode::FIN | encode::COMPRESSED, b"\xff\xff");
    assert_eq!(all_pieces(config, &wire).1, Some(Error::Deflate));
}

#[test]
fn at_rest_it_owns_no_buffer() {
    let mut decoder = Decoder::new(Config::server());
    let mut wire = [
        frame(Opcode::Binary, 0, &[0; 1000]),
        frame(Opcode::Continuation, encode::FIN, &[0; 1000]),
    ]
    .concat();
    let step = decoder.feed(&mut wire).unwrap();
    assert_eq!(step.frame.unwrap().payload.len(), 2000);
    assert_eq!(
        decoder.feed(&mut []),
        Ok(Step {
            used: 0,
            frame: None
        })
    );
    assert_eq!(decoder.gathered.capacity() + decoder.control.capacity(), 0);
    assert!(!decoder.is_within_message());
}
