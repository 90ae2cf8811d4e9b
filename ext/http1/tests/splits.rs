//! What a connection sees must not depend on how its bytes were cut.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "support/driver.rs"]
mod driver;
#[allow(dead_code)]
#[path = "support/random.rs"]
mod random;
#[path = "support/shapes.rs"]
mod shapes;

use driver::{Transcript, drive};
use highper_http1::Limits;
use random::{Random, mutated};
use shapes::{ACCEPTED, REFUSED};

fn inputs() -> impl Iterator<Item = &'static [u8]> {
    REFUSED
        .iter()
        .map(|s| s.1)
        .chain(ACCEPTED.iter().map(|s| s.1))
}

fn same(input: &[u8], cuts: &[usize], limits: &Limits, whole: &Transcript) {
    let split = drive(input, cuts, limits);
    assert_eq!(
        &split,
        whole,
        "cut at {cuts:?}: {:?}",
        String::from_utf8_lossy(input)
    );
}

#[test]
fn every_split_point() {
    let limits = Limits::default();
    for input in inputs() {
        let whole = drive(input, &[], &limits);
        for cut in 1..input.len() {
            same(input, &[cut], &limits, &whole);
        }
    }
}

#[test]
fn byte_by_byte() {
    let limits = Limits::default();
    for input in inputs() {
        let whole = drive(input, &[], &limits);
        let cuts: Vec<usize> = (1..input.len()).collect();
        same(input, &cuts, &limits, &whole);
    }
}

#[test]
fn mutated_at_random() {
    let tight = Limits {
        head_bytes: 80,
        fields: 3,
        target_bytes: 12,
        body_bytes: 12,
        chunk_extension_bytes: 6,
        trailer_bytes: 24,
        allow_connect: true,
        require_host: true,
    };
    let mut random = Random::new(7);
    let templates: Vec<&[u8]> = inputs().collect();
    for round in 0..60_000 {
        let input = mutated(&mut random, &templates);
        let limits = if round % 2 == 0 {
            &tight
        } else {
            &Limits::default()
        };
        let whole = drive(&input, &[], limits);
        let cuts: Vec<usize> = (1..input.len()).collect();
        same(&input, &cuts, limits, &whole);
        let mut cuts: Vec<usize> = (0..3).map(|_| random.below(input.len() + 1)).collect();
        cuts.sort_unstable();
        same(&input, &cuts, limits, &whole);
    }
}
