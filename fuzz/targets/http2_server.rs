//! What a client sends to an HTTP/2 server: the same requests and answers whatever the cuts, no panic, and nothing that
//! grows beyond what came. The first byte says whether responses are given at once.
#![no_main]

#[path = "../../ext/http2/tests/play/server.rs"]
mod server;

use libfuzzer_sys::fuzz_target;
use server::play;

fuzz_target!(|data: &[u8]| {
    let Some((first, input)) = data.split_first() else {
        return;
    };
    let answers = first & 1 == 1;
    let whole = play(input, input.len().max(1), answers);
    for piece in [1, 10] {
        assert_eq!(play(input, piece, answers), whole, "pieces of {piece}");
    }
});
