use super::*;
use crate::seed::Seed;
use std::io::Read;

const ALL: [Encoding; 4] = [
    Encoding::Identity,
    Encoding::Gzip,
    Encoding::Brotli,
    Encoding::Zstd,
];

fn decompress(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match encoding {
        Encoding::Identity => out.extend_from_slice(bytes),
        Encoding::Gzip => {
            flate2::read::GzDecoder::new(bytes)
                .read_to_end(&mut out)
                .unwrap();
        }
        Encoding::Brotli => {
            brotli::Decompressor::new(bytes, 4096)
                .read_to_end(&mut out)
                .unwrap();
        }
        Encoding::Zstd => out = zstd::decode_all(bytes).unwrap(),
    }
    out
}

/// What a client can read of an unfinished stream.
fn readable(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let mut reader: Box<dyn Read + '_> = match encoding {
        Encoding::Identity => Box::new(bytes),
        Encoding::Gzip => Box::new(flate2::read::GzDecoder::new(bytes)),
        Encoding::Brotli => Box::new(brotli::Decompressor::new(bytes, 4096)),
        Encoding::Zstd => Box::new(zstd::stream::read::Decoder::new(bytes).unwrap()),
    };
    let mut out = Vec::new();
    let mut byte = [0];
    while let Ok(1) = reader.read(&mut byte) {
        out.push(byte[0]);
    }
    out
}

fn text(length: usize, seed: &mut Seed) -> Vec<u8> {
    const WORDS: [&str; 6] = [
        "<div class=\"note\">",
        "</div>\n",
        "the ",
        "note ",
        "is ",
        "long ",
    ];
    let mut out = Vec::new();
    while out.len() < length {
        out.extend_from_slice(WORDS[seed.below(6)].as_bytes());
    }
    out.truncate(length);
    out
}

#[test]
fn bodies_round_trip() {
    let mut seed = Seed(3);
    for encoding in ALL {
        for length in [0, 1, 19, 1000, 65_536, 300_000] {
            let body = text(length, &mut seed);
            for level in [None, Some(-3), Some(1), Some(6), Some(9), Some(99)] {
                if length > 100_000 && level == Some(99) {
                    continue;
                }
                let mut out = b"before".to_vec();
                compress(encoding, level, &body, &mut out).unwrap();
                assert_eq!(&out[..6], b"before");
                assert!(
                    decompress(encoding, &out[6..]) == body,
                    "{encoding:?} {length} {level:?}"
                );
                assert!(
                    encoding == Encoding::Identity || length < 1000 || out.len() < length,
                    "{encoding:?} {length} {level:?} {}",
                    out.len()
                );
            }
        }
    }
}

#[test]
fn noise_round_trips() {
    let mut seed = Seed(4);
    let body: Vec<u8> = (0..200_000).map(|_| seed.next() as u8).collect();
    for encoding in ALL {
        let mut out = Vec::new();
        compress(encoding, None, &body, &mut out).unwrap();
        assert!(decompress(encoding, &out) == body, "{encoding:?}");
    }
}

#[test]
fn streams_flush_and_finish() {
    let mut seed = Seed(5);
    for encoding in ALL {
        for round in 0..5 {
            let mut out = Vec::new();
            let mut sent = Vec::new();
            let mut stream = Stream::new(encoding, None, None).unwrap();
            for _ in 0..6 {
                let length = seed.below(20_000) * (round % 2) + seed.below(40);
                let piece = text(length, &mut seed);
                stream.push(&piece, &mut out).unwrap();
                sent.extend_from_slice(&piece);
                stream.flush(&mut out).unwrap();
                assert!(readable(encoding, &out) == sent, "{encoding:?}");
            }
            stream.finish(&mut out).unwrap();
            assert!(decompress(encoding, &out) == sent, "{encoding:?}");
        }
    }
}

#[test]
fn dropped_streams_do_not_spoil_the_next() {
    for encoding in ALL {
        for _ in 0..10 {
            let mut out = Vec::new();
            let mut abandoned = Stream::new(encoding, Some(3), Some(1_000_000)).unwrap();
            abandoned.push(b"half a body", &mut out).unwrap();
            drop(abandoned);
            out.clear();
            compress(encoding, Some(3), b"whole", &mut out).unwrap();
            assert_eq!(decompress(encoding, &out), b"whole");
        }
    }
    POOL.with(|pool| {
        let pool = pool.borrow();
        assert!((1..=KEPT).contains(&pool.gzip.len()) && (1..=KEPT).contains(&pool.zstd.len()));
    });
}

#[test]
fn negotiation() {
    use Encoding::{Brotli, Gzip, Identity, Zstd};
    let offered = &[Brotli, Zstd, Gzip];
    let choose = |header: &str| Accepted::parse(Some(header.as_bytes())).choose(offered);
    for (header, expected) in [
        ("gzip, deflate, br, zstd", Some(Brotli)),
        ("gzip, deflate", Some(Gzip)),
        ("GZIP;Q=0.5 , zstd ; q=0.6", Some(Zstd)),
        ("br;q=0, *", Some(Zstd)),
        ("br;q=0, *;q=0", None),
        ("*;q=0", None),
        ("*;q=0, identity", Some(Identity)),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.001", Some(Gzip)),
        ("identity, gzip;q=0.5", Some(Identity)),
        ("identity;q=0.5, gzip;q=0.5", Some(Gzip)),
        ("x-gzip", Some(Gzip)),
        ("gzip;q=2", Some(Identity)),
        ("gzip;q=0.1234", Some(Identity)),
        ("gzip;q=, br;q=a", Some(Identity)),
        ("gzip;q=1.001", Some(Identity)),
        ("gzip;level=9", Some(Gzip)),
        ("gzip;q=0, gzip", Some(Identity)),
        ("*", Some(Brotli)),
        ("", Some(Identity)),
        (",;,", Some(Identity)),
        ("deflate", Some(Identity)),
        ("brx", Some(Identity)),
    ] {
        assert_eq!(choose(header), expected, "{header}");
    }
    assert_eq!(Accepted::parse(None).choose(offered), Some(Identity));
}

#[test]
fn policy() {
    let policy = Policy::default();
    assert!(policy.applies(b"text/html; charset=utf-8", Some(20)));
    assert!(!policy.applies(b"text/html", Some(19)));
    assert!(policy.applies(b"text/html", None));
    assert!(!policy.applies(b"image/png", Some(1000)));
    assert_eq!(policy.choose(Some(b"gzip, br")), Encoding::Gzip);
    assert_eq!(policy.choose(Some(b"identity;q=0")), Encoding::Identity);
    assert_eq!(policy.choose(None), Encoding::Identity);
    let own = Policy {
        types: vec!["image/png".into()],
        ..policy
    };
    assert!(own.applies(b"Image/PNG;x=y", Some(1000)) && !own.applies(b"text/html", Some(1000)));
}

#[test]
fn vary_and_etag() {
    assert_eq!(&*vary(None), b"Accept-Encoding");
    assert_eq!(&*vary(Some(b" ")), b"Accept-Encoding");
    assert_eq!(&*vary(Some(b"Origin")), b"Origin, Accept-Encoding");
    assert_eq!(
        &*vary(Some(b"origin, accept-encoding")),
        b"origin, accept-encoding"
    );
    assert_eq!(&*vary(Some(b"*")), b"*");
    assert_eq!(&*weaken(b"\"a\""), b"W/\"a\"");
    assert_eq!(&*weaken(b"W/\"a\""), b"W/\"a\"");
}
