//! Rules and a stream: the packets must not depend on how the stream is cut, no
//! packet is longer than the limit, and what is asked for is more than there is.
#![no_main]

use highper_net::framing::{Framing, Integer, Length, Malformed, Step};
use libfuzzer_sys::fuzz_target;

const LETTERS: &[u8] = b"cCsSnvlLNViIqQJP";

fn rules(head: &[u8; 6]) -> Framing {
    let [kind, offset, body, mark, limit, function] = *head;
    let length = match kind % 5 {
        0 => Length::Mqtt,
        1 => Length::FastCgi,
        2 => Length::Function,
        3 => Length::Redis,
        _ => {
            let letter = LETTERS[usize::from(function) % LETTERS.len()];
            Length::Integer(Integer::of_letter(letter).expect("a letter of the list"))
        }
    };
    Framing {
        by_length: kind & 0x80 != 0,
        by_mark: kind & 0x40 != 0,
        length,
        offset: usize::from(offset % 16),
        body: usize::from(body % 32),
        mark: vec![mark; usize::from(mark % 9)],
        limit: usize::from(limit) + 1,
    }
}

/// The packets of a stream that comes in pieces of so many bytes, and how it ended.
fn cut(
    framing: &Framing,
    stream: &[u8],
    piece: usize,
    factor: u8,
) -> (Vec<Vec<u8>>, Option<Malformed>) {
    let mut packets = Vec::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut seen = 0;
    for part in stream.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            let measure = |bytes: &[u8]| i64::from(bytes[0] as i8) * i64::from(factor % 4);
            match framing.first(&buffer, seen, measure) {
                Err(malformed) => return (packets, Some(malformed)),
                Ok(Step::More(need)) => {
                    assert!(need > buffer.len(), "asked for {need} of {}", buffer.len());
                    seen = buffer.len();
                    break;
                }
                Ok(Step::Packet(length)) => {
                    assert!(length > 0 && length <= buffer.len());
                    assert!(length <= framing.limit.max(framing.mark.len()));
                    packets.push(buffer.drain(..length).collect());
                    seen = 0;
                }
            }
        }
    }
    (packets, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((head, stream)) = data.split_first_chunk::<6>() else {
        return;
    };
    let framing = rules(head);
    if !framing.is_on() || (!framing.by_length && framing.mark.is_empty()) {
        // Without rules a packet is what came: it depends on the cuts.
        return;
    }
    let whole = cut(&framing, stream, stream.len().max(1), head[5]);
    for piece in [1, 3, 7] {
        assert_eq!(
            cut(&framing, stream, piece, head[5]),
            whole,
            "pieces of {piece}"
        );
    }
});
