//! Arbitrary bytes, cut arbitrarily: what is seen must not depend on the cuts,
//! and nothing is said after an error.
#![no_main]

#[allow(dead_code)]
#[path = "../../ext/http1/tests/support/driver.rs"]
mod driver;

use driver::drive;
use highper_http1::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Two bytes choose the limits and the seed of the cuts.
    let [kind, seed, input @ ..] = data else { return };
    let limits = if kind & 1 == 0 {
        Limits::default()
    } else {
        Limits {
            head_bytes: 96,
            fields: 4,
            target_bytes: 16,
            body_bytes: 16,
            chunk_extension_bytes: 6,
            trailer_bytes: 24,
            allow_connect: kind & 2 == 0,
            require_host: kind & 4 == 0,
        }
    };
    let whole = drive(input, &[], &limits);
    let each: Vec<usize> = (1..input.len()).collect();
    assert_eq!(drive(input, &each, &limits), whole, "byte by byte");
    let mut state = u32::from(*seed) | 1;
    let mut cuts = Vec::new();
    let mut at = 0;
    loop {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        at += (state >> 27) as usize;
        if at > input.len() {
            break;
        }
        cuts.push(at);
    }
    assert_eq!(drive(input, &cuts, &limits), whole, "cut at {cuts:?}");
});
