//! A response to a client: what it is must not depend on how it is cut, its body never grows past
//! what came, and what another parser reads differently is not a success.
#![no_main]

use highper_client::{Coding, Decoder, Error, Event, Limits, Reader, Sent};
use libfuzzer_sys::fuzz_target;

#[derive(PartialEq, Eq, Debug)]
struct Seen {
    status: u16,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    over: bool,
    reusable: bool,
    error: Option<Error>,
    ended: Option<Result<(), Error>>,
}

fn read(sent: Sent, input: &[u8], piece: usize) -> Seen {
    let limits = Limits {
        head: 2000,
        interim: 3,
    };
    let mut reader = Reader::new(sent, limits);
    let mut seen = Seen {
        status: 0,
        fields: Vec::new(),
        body: Vec::new(),
        over: false,
        reusable: false,
        error: None,
        ended: None,
    };
    'all: for part in input.chunks(piece) {
        let mut at = 0;
        loop {
            match reader.feed(&part[at..]) {
                Err(error) => {
                    seen.error = Some(error);
                    break 'all;
                }
                Ok(step) => {
                    assert!(step.used <= part.len() - at);
                    at += step.used;
                    match step.event {
                        Event::More => {
                            assert_eq!(at, part.len(), "input is left over");
                            break;
                        }
                        Event::Head => {}
                        Event::Body(bytes) => {
                            assert!(!bytes.is_empty());
                            seen.body.extend_from_slice(bytes);
                        }
                        Event::End => {
                            seen.over = true;
                            seen.reusable = reader.is_reusable();
                            break 'all;
                        }
                    }
                }
            }
        }
    }
    seen.status = reader.head().status;
    let fields = |head: &highper_client::Head| -> Vec<_> {
        head.fields()
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect()
    };
    seen.fields = fields(reader.head());
    seen.fields.extend(fields(reader.trailers()));
    if seen.error.is_none() && !seen.over {
        seen.ended = Some(reader.end());
    }
    assert!(seen.body.len() <= input.len());
    seen
}

fn decode(coding: Coding, input: &[u8], piece: usize, limit: usize) -> (Vec<u8>, bool) {
    let mut all = Vec::new();
    let Ok(mut decoder) = Decoder::new(coding) else {
        return (all, false);
    };
    for part in input.chunks(piece) {
        let mut at = 0;
        loop {
            let mut out = Vec::new();
            match decoder.push(&part[at..], &mut out, limit) {
                Err(_) => return (all, false),
                Ok(step) => {
                    assert!(out.len() <= limit);
                    assert!(!step.more || !out.is_empty(), "no progress");
                    all.extend_from_slice(&out);
                    at += step.used;
                    if all.len() > 1 << 20 {
                        return (all, true);
                    }
                    if !step.more {
                        break;
                    }
                }
            }
        }
    }
    (all, true)
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, input)) = data.split_first() else {
        return;
    };
    if kind & 0x80 != 0 {
        let coding = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd]
            [usize::from(kind % 4)];
        for piece in [input.len().max(1), 5] {
            for limit in [1 << 16, 100] {
                let _no_panic = decode(coding, input, piece, limit);
            }
        }
        return;
    }
    let sent = [Sent::Other, Sent::Head, Sent::Connect][usize::from(kind % 3)];
    let whole = read(sent, input, input.len().max(1));
    for piece in [1, 3, 17] {
        let mut other = read(sent, input, piece);
        if whole.error.is_some() {
            // How much came before an error depends on the cuts; that there is one does not.
            assert!(other.error.is_some(), "pieces of {piece}");
            continue;
        }
        other.error = whole.error;
        assert_eq!(other, whole, "pieces of {piece}");
    }
});
