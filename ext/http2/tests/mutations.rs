//! What clients may send to an HTTP/2 server, made of frames at random and then spoiled: the same requests and answers
//! whatever the cuts, no panic, and nothing that grows beyond what came. `MUTATIONS` is how many are tried.
#![allow(clippy::unwrap_used)]

#[path = "play/server.rs"]
mod server;

use server::{Told, play};

/// The same numbers in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Fields: from the tables, with names and values of their own, sizes of the table, and what is nothing.
fn fields(dice: &mut Dice) -> Vec<u8> {
    let mut block = match dice.below(4) {
        0 => Vec::new(),
        // GET http / and an authority.
        _ => b"\x82\x86\x84\x41\x01x".to_vec(),
    };
    for _ in 0..dice.below(6) {
        match dice.below(8) {
            0 => block.push(0x80 | dice.one(&[2_u8, 3, 4, 5, 6, 7, 16, 61, 62, 63, 127])),
            1 => block.extend_from_slice(b"\x40\x03a-b\x03c d"),
            2 => block.extend_from_slice(b"\x00\x04:foo\x01x"),
            3 => block.extend_from_slice(&[0x20 | dice.one(&[0_u8, 1, 30, 31]), 0xe1, 0x1f]),
            // Huffman: www.example.com of the RFC.
            4 => {
                block.extend_from_slice(b"\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff")
            }
            5 => block.extend_from_slice(b"\x10\x0econtent-length\x011"),
            6 => block.extend_from_slice(b"\x0f\x0d\x01"),
            _ => block.push(dice.next() as u8),
        }
    }
    block
}

/// A frame as a client should send it: a request, in one piece or more, with a body or padding; `next` is its stream.
fn good(dice: &mut Dice, next: &mut u32, out: &mut Vec<u8>) {
    let mut put = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        out.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes()[1..]);
        out.extend_from_slice(&[kind, flags]);
        out.extend_from_slice(&stream.to_be_bytes());
        out.extend_from_slice(payload);
    };
    let stream = *next;
    let block = b"\x82\x86\x84\x41\x01x\x40\x03a-b\x03c d";
    match dice.below(6) {
        0 => put(1, 5, stream, block),
        1 => put(
            1,
            0x2d,
            stream,
            &[&[2, 0, 0, 0, 0, 16], &block[..], &[0, 0]].concat(),
        ),
        2 => {
            put(1, 1, stream, &block[..7]);
            put(9, 0, stream, &block[7..9]);
            put(9, 4, stream, &block[9..]);
        }
        3 => {
            put(1, 4, stream, block);
            put(0, 0, stream, b"one");
            put(0, 9, stream, b"\x01two\0");
        }
        4 => {
            put(1, 4, stream, block);
            put(3, 0, stream, &[0, 0, 0, 8]);
        }
        _ => {
            put(6, 0, 0, b"pingpong");
            put(8, 0, 0, &[0, 0, 0, 9]);
            return;
        }
    }
    *next += 2;
}

fn frame(dice: &mut Dice, out: &mut Vec<u8>) {
    let stream = dice.one(&[0_u32, 1, 1, 3, 3, 5, 7, 9, 2, 0x7fff_ffff, 0x8000_0001]);
    let kind = dice.one(&[0_u8, 0, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 0xff]);
    let flags = dice.one(&[0_u8, 1, 4, 4, 5, 5, 8, 9, 0x20, 0x24, 0x25, 0x2d, 0xff]);
    let mut payload = match kind {
        0 => vec![b'd'; dice.one(&[0, 1, 10, 300])],
        1 | 9 | 5 => fields(dice),
        2 => vec![0, 0, 0, 1, 7],
        3 => vec![0, 0, 0, dice.below(14) as u8],
        4 => {
            let id = dice.below(10) as u8;
            [
                0,
                id,
                dice.one(&[0, 0, 0x7f, 0x80]),
                0,
                dice.one(&[0, 0x40]),
                dice.below(3) as u8,
            ]
            .repeat(dice.below(3))
        }
        6 => b"pingpong".to_vec(),
        7 => vec![0, 0, 0, 1, 0, 0, 0, 0],
        8 => vec![
            dice.one(&[0, 0, 0x7f, 0x80]),
            dice.one(&[0, 0xff]),
            0xff,
            dice.below(2) as u8,
        ],
        _ => vec![0; dice.below(20)],
    };
    if flags & 0x20 != 0 && kind == 1 {
        payload.splice(0..0, [0, 0, 0, dice.below(4) as u8, 16]);
    }
    if flags & 8 != 0 && kind < 2 {
        payload.insert(0, dice.one(&[0, 2, 200]));
        payload.extend_from_slice(&[0, 0]);
    }
    let length = match dice.below(40) {
        0 => payload.len() + dice.below(4),
        1 => 0x00ff_ffff,
        _ => payload.len(),
    };
    out.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(&payload);
}

#[test]
fn spoiled_frames_do_no_harm() {
    let rounds = std::env::var("MUTATIONS").ok().and_then(|n| n.parse().ok());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut heads, mut errors) = (0, 0);
    for round in 0..rounds.unwrap_or(4_000) {
        let mut input = Vec::new();
        let mut next = 1;
        for _ in 0..=dice.below(12) {
            match dice.below(6) {
                0 => frame(&mut dice, &mut input),
                _ => good(&mut dice, &mut next, &mut input),
            }
        }
        for _ in 0..dice.below(6).saturating_sub(3) {
            let at = dice.below(input.len());
            match dice.below(3) {
                0 => input[at] ^= 1 << dice.below(8),
                1 => drop(input.remove(at)),
                _ => input.insert(at, dice.next() as u8),
            }
            if input.is_empty() {
                input.push(0);
            }
        }
        let answers = round % 2 == 0;
        let whole = play(&input, input.len(), answers);
        for piece in [1, 10] {
            assert_eq!(
                play(&input, piece, answers),
                whole,
                "round {round}, pieces of {piece}: {input:?}"
            );
        }
        heads += whole
            .iter()
            .filter(|told| matches!(told, Told::Head(..)))
            .count();
        errors += whole
            .iter()
            .filter(|told| matches!(told, Told::Error(_)))
            .count();
    }
    assert!(
        heads > 500 && errors > 500,
        "{heads} requests, {errors} errors"
    );
}
