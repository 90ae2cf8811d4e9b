//! What a server of Redis sends: the same replies whatever the cuts, each whole and with all that it says is in it; nothing grows beyond
//! what came.
#![no_main]

use highper_redis::{Parser, Part, Reply};
use libfuzzer_sys::fuzz_target;

/// All replies of a stream that comes in pieces of so many bytes, in words, and the error at its end.
fn replies(input: &[u8], step: usize) -> (Vec<String>, bool) {
    let (mut parser, mut buffer, mut all) = (Parser::default(), Vec::new(), Vec::new());
    for piece in input.chunks(step) {
        buffer.extend_from_slice(piece);
        loop {
            let Ok((used, reply)) = parser.feed(&buffer) else {
                return (all, true);
            };
            buffer.drain(..used);
            let Some(reply) = reply else { break };
            all.push(words(&reply, input.len()));
            assert!(parser.is_empty(), "a reply is whole and something is half done");
        }
    }
    (all, false)
}

fn words(reply: &Reply, most: usize) -> String {
    let mut bytes = 0;
    let mut parts = 0;
    for part in reply.walk() {
        parts += 1;
        if let Part::Text(text) | Part::Status(text) | Part::Error(text) = part {
            bytes += text.len();
        }
    }
    assert!(bytes <= most && parts <= most, "more than came: {bytes} bytes, {parts} parts of {most}");
    let mut walk = reply.walk();
    walk.skip_part();
    assert!(walk.next().is_none(), "parts that belong to nothing");
    let _ = (reply.error(), reply.is_push(), reply.texts());
    format!("{:?}", reply.walk().collect::<Vec<_>>())
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, input)) = data.split_first() else {
        return;
    };
    let whole = replies(input, input.len().max(1));
    for step in [1, 2 + usize::from(first)] {
        assert_eq!(replies(input, step), whole);
    }
});
