use super::*;

fn lengths(integer: Integer, offset: usize, body: usize) -> Framing {
    Framing {
        by_length: true,
        length: Length::Integer(integer),
        offset,
        body,
        ..Framing::default()
    }
}

fn first(framing: &Framing, bytes: &[u8]) -> Result<Step, Malformed> {
    framing.first(bytes, 0, |_| unreachable!("no length function is set"))
}

#[test]
fn a_length_counts_what_follows_the_body_offset() {
    let framing = lengths(Integer::U32Big, 0, 4);
    assert_eq!(first(&framing, b""), Ok(Step::More(4)));
    assert_eq!(first(&framing, b"\0\0\0"), Ok(Step::More(4)));
    assert_eq!(first(&framing, b"\0\0\0\x03ab"), Ok(Step::More(7)));
    assert_eq!(first(&framing, b"\0\0\0\x03abcd"), Ok(Step::Packet(7)));
    assert_eq!(first(&framing, b"\0\0\0\0"), Ok(Step::Packet(4)));
}

#[test]
fn a_length_may_stand_inside_the_head() {
    let framing = lengths(Integer::U16Little, 2, 0);
    assert_eq!(first(&framing, b"ab\x06\0"), Ok(Step::More(6)));
    assert_eq!(first(&framing, b"ab\x06\0cdef"), Ok(Step::Packet(6)));
    assert_eq!(first(&framing, b"ab\x02\0"), Ok(Step::Packet(2)));
}

#[test]
fn lengths_that_lead_nowhere_are_refused() {
    assert_eq!(
        first(&lengths(Integer::U32Big, 0, 0), b"\0\0\0\0"),
        Err(Malformed::NoLength)
    );
    assert_eq!(
        first(&lengths(Integer::I8, 0, 1), b"\xff"),
        Err(Malformed::NoLength)
    );
    assert_eq!(
        first(&lengths(Integer::U64Big, 0, 8), &[0xff; 8]),
        Err(Malformed::NoLength)
    );
    let mut small = lengths(Integer::U32Big, 0, 4);
    small.limit = 10;
    assert_eq!(first(&small, b"\0\0\0\x06"), Ok(Step::More(10)));
    assert_eq!(first(&small, b"\0\0\0\x07"), Err(Malformed::TooLong(11)));
}

#[test]
fn every_letter_reads_its_integer() {
    let native = 0x0102_0304_0506_0708_u64;
    for (letter, bytes, value) in [
        (b'c', vec![0xfe], -2),
        (b'C', vec![0xfe], 0xfe),
        (b's', (-2_i16).to_ne_bytes().to_vec(), -2),
        (b'S', 65534_u16.to_ne_bytes().to_vec(), 65534),
        (b'n', vec![1, 2], 0x0102),
        (b'v', vec![1, 2], 0x0201),
        (b'l', (-2_i32).to_ne_bytes().to_vec(), -2),
        (b'i', (-2_i32).to_ne_bytes().to_vec(), -2),
        (b'L', u32::MAX.to_ne_bytes().to_vec(), i64::from(u32::MAX)),
        (b'I', u32::MAX.to_ne_bytes().to_vec(), i64::from(u32::MAX)),
        (b'N', vec![1, 2, 3, 4], 0x0102_0304),
        (b'V', vec![1, 2, 3, 4], 0x0403_0201),
        (b'q', (-2_i64).to_ne_bytes().to_vec(), -2),
        (b'Q', native.to_ne_bytes().to_vec(), native as i64),
        (b'J', native.to_be_bytes().to_vec(), native as i64),
        (b'P', native.to_le_bytes().to_vec(), native as i64),
    ] {
        let integer = Integer::of_letter(letter).unwrap();
        assert_eq!(integer.size(), bytes.len(), "{}", letter as char);
        assert_eq!(integer.read(&bytes), value, "{}", letter as char);
        assert_eq!(integer.read(&bytes[1..]), -1, "{}", letter as char);
    }
    assert_eq!(Integer::of_letter(b'x'), None);
}

#[test]
fn a_function_says_how_long() {
    let framing = Framing {
        by_length: true,
        length: Length::Function,
        ..Framing::default()
    };
    assert_eq!(framing.first(b"", 0, |_| unreachable!()), Ok(Step::More(1)));
    assert_eq!(framing.first(b"ab", 0, |_| 0), Ok(Step::More(3)));
    assert_eq!(
        framing.first(b"ab", 0, |bytes| bytes.len() as i64 + 2),
        Ok(Step::More(4))
    );
    assert_eq!(framing.first(b"ab", 0, |_| 1), Ok(Step::Packet(1)));
    assert_eq!(framing.first(b"ab", 0, |_| -1), Err(Malformed::NoLength));
    assert_eq!(
        framing.first(&[b'a'; HEAD_LIMIT], 0, |_| 0),
        Err(Malformed::NoLength)
    );
}

#[test]
fn mqtt_and_fastcgi_heads() {
    let mut framing = Framing {
        by_length: true,
        length: Length::Mqtt,
        ..Framing::default()
    };
    assert_eq!(first(&framing, b""), Ok(Step::More(2)));
    assert_eq!(first(&framing, b"\x10"), Ok(Step::More(2)));
    assert_eq!(first(&framing, b"\x10\x02ab"), Ok(Step::Packet(4)));
    assert_eq!(first(&framing, b"\x10\x80"), Ok(Step::More(3)));
    assert_eq!(first(&framing, b"\x10\x80\x01"), Ok(Step::More(131)));
    assert_eq!(
        first(&framing, b"\x10\xff\xff\xff\xff"),
        Err(Malformed::NoLength)
    );
    framing.length = Length::FastCgi;
    assert_eq!(
        first(&framing, b"\x01\x06\0\x01\0\x05\x03"),
        Ok(Step::More(8))
    );
    assert_eq!(
        first(&framing, b"\x01\x06\0\x01\0\x05\x03\0"),
        Ok(Step::More(16))
    );
}

#[test]
fn marks_are_found_across_what_was_seen() {
    let framing = Framing {
        by_mark: true,
        mark: b"\r\n\r\n".to_vec(),
        limit: 12,
        ..Framing::default()
    };
    assert_eq!(first(&framing, b"abc"), Ok(Step::More(4)));
    assert_eq!(
        framing.first(b"abc\r\n\r\nd", 6, |_| 0),
        Ok(Step::Packet(7))
    );
    assert_eq!(first(&framing, b"12345678\r\n\r\n"), Ok(Step::Packet(12)));
    assert_eq!(
        first(&framing, b"123456789\r\n\r\n"),
        Err(Malformed::NoMark)
    );
    assert_eq!(
        framing.first(b"abcdefghijkl", 11, |_| 0),
        Err(Malformed::NoMark)
    );
}

#[test]
fn without_rules_what_came_is_a_packet() {
    assert_eq!(first(&Framing::default(), b""), Ok(Step::More(1)));
    assert_eq!(first(&Framing::default(), b"abc"), Ok(Step::Packet(3)));
}

/// The packets of a stream that comes in pieces of so many bytes, and how it ended.
fn cut(framing: &Framing, stream: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<Malformed>) {
    let (mut packets, mut buffer, mut seen) = (Vec::new(), Vec::new(), 0);
    for part in stream.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            match framing.first(&buffer, seen, |bytes| i64::from(bytes[0] as i8)) {
                Err(malformed) => return (packets, Some(malformed)),
                Ok(Step::More(need)) => {
                    assert!(need > buffer.len());
                    seen = buffer.len();
                    break;
                }
                Ok(Step::Packet(length)) => {
                    assert!(length > 0 && length <= framing.limit);
                    packets.push(buffer.drain(..length).collect());
                    seen = 0;
                }
            }
        }
    }
    (packets, None)
}

#[test]
fn packets_do_not_depend_on_how_the_stream_is_cut() {
    let mut state = 7_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    for round in 0..20_000 {
        let letter = b"cCsSnvlLNVqQJP"[random(14) as usize];
        let framing = Framing {
            by_length: round % 3 != 0,
            by_mark: true,
            length: match random(5) {
                0 => Length::Mqtt,
                1 => Length::FastCgi,
                2 => Length::Function,
                _ => Length::Integer(Integer::of_letter(letter).unwrap()),
            },
            offset: random(4) as usize,
            body: random(8) as usize,
            mark: vec![1; 1 + random(4) as usize],
            limit: 1 + random(40) as usize,
        };
        let stream: Vec<u8> = (0..random(60)).map(|_| random(6) as u8).collect();
        let whole = cut(&framing, &stream, stream.len().max(1));
        for piece in [1, 2, 5] {
            assert_eq!(
                cut(&framing, &stream, piece),
                whole,
                "{framing:?} {stream:?} {piece}"
            );
        }
    }
}
