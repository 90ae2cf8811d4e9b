use super::*;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;

fn text() -> Vec<u8> {
    (0..20_000_u32)
        .flat_map(|n| format!("line {n} of {}\n", n % 7).into_bytes())
        .collect()
}

fn coded(coding: Coding, bare: bool, text: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Deflate if bare => {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 4, 20);
            encoder.write_all(text).unwrap();
            encoder.into_inner()
        }
        Coding::Zstd => zstd::bulk::compress(text, 3).unwrap(),
    }
}

fn decode(coding: Coding, bytes: &[u8], piece: usize, limit: usize) -> Result<Vec<u8>, Error> {
    let mut decoder = Decoder::new(coding)?;
    let mut all = Vec::new();
    for piece in bytes.chunks(piece) {
        let mut at = 0;
        loop {
            let mut out = Vec::new();
            let step = decoder.push(&piece[at..], &mut out, limit)?;
            assert!(out.len() <= limit);
            all.extend_from_slice(&out);
            at += step.used;
            if !step.more {
                assert_eq!(at, piece.len(), "input is left over");
                break;
            }
        }
    }
    Ok(all)
}

#[test]
fn each_coding_in_pieces_and_with_little_room() {
    let text = text();
    for (coding, bare) in [
        (Coding::Gzip, false),
        (Coding::Deflate, false),
        (Coding::Deflate, true),
        (Coding::Brotli, false),
        (Coding::Zstd, false),
    ] {
        let bytes = coded(coding, bare, &text);
        for (piece, limit) in [
            (usize::MAX, usize::MAX),
            (7, 1 << 20),
            (usize::MAX, 100),
            (1000, 333),
        ] {
            let piece = piece.min(bytes.len());
            assert!(
                decode(coding, &bytes, piece, limit).unwrap() == text,
                "{coding:?} in pieces of {piece}, {limit} at once"
            );
        }
    }
}

#[test]
fn several_members_and_padding() {
    let mut bytes = coded(Coding::Gzip, false, b"one ");
    bytes.extend(coded(Coding::Gzip, false, b"two"));
    bytes.extend([0; 20]);
    for piece in [1, 3, bytes.len()] {
        assert_eq!(
            decode(Coding::Gzip, &bytes, piece, 1000).unwrap(),
            b"one two"
        );
    }
}

#[test]
fn damage_is_told() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
        assert_eq!(
            decode(
                coding,
                b"\xffthis is plain text, not compressed at all",
                1000,
                1000
            ),
            Err(Error::Damaged),
            "{coding:?}"
        );
    }
}

#[test]
fn a_bomb_stays_within_the_limit() {
    let bytes = coded(Coding::Gzip, false, &vec![0; 64 << 20]);
    let mut decoder = Decoder::new(Coding::Gzip).unwrap();
    let mut out = Vec::new();
    let step = decoder.push(&bytes, &mut out, 100_000).unwrap();
    assert!(step.more && out.len() == 100_000 && out.capacity() < 1 << 20);
}

#[test]
fn names_of_codings() {
    assert_eq!(Coding::of(b" GZip "), Some(Coding::Gzip));
    assert_eq!(Coding::of(b"x-gzip"), Some(Coding::Gzip));
    assert_eq!(Coding::of(b"br"), Some(Coding::Brotli));
    for other in [&b"identity"[..], b"", b"gzip, br", b"brotli"] {
        assert_eq!(Coding::of(other), None);
    }
}
