//! The header of the PROXY protocol: what is found must not depend on what follows it, a part of a header is one that
//! is not all there, and what is no header stays none.
#![no_main]

use highper_http::proxied::{Found, LONGEST, find};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let found = find(data);
    for length in 0..data.len().min(LONGEST) {
        match (find(&data[..length]), found) {
            (Found::More, _) => {}
            (Found::Wrong(_), Found::Wrong(_)) => {}
            (early @ Found::Header { .. }, late) => assert_eq!(early, late),
            (early, late) => panic!("{early:?} of {length} bytes, then {late:?}"),
        }
    }
    match found {
        Found::Header { length, .. } => {
            assert!(length <= data.len().min(LONGEST));
            assert_eq!(find(&data[..length]), found);
        }
        Found::More => assert!(data.len() < LONGEST),
        Found::Wrong(_) => {}
    }
});
