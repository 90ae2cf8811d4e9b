//! A stream of frames: the messages must not depend on how it is cut, no message is longer than the
//! limit, at most part of a head is left over, and what was taken in can be sent and taken in again.
#![no_main]

use highper_websocket::{Config, Decoder, Error, Header, Masks, Opcode, encode};
use libfuzzer_sys::fuzz_target;

type Messages = Vec<(Opcode, Vec<u8>, bool)>;

fn run(config: Config, stream: &[u8], piece: usize) -> (Messages, Option<Error>) {
    let mut decoder = Decoder::new(config);
    let (mut got, mut buffer) = (Vec::new(), Vec::new());
    for part in stream.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            let (used, more) = match decoder.feed(&mut buffer) {
                Err(error) => return (got, Some(error)),
                Ok(step) => {
                    if let Some(frame) = step.frame {
                        assert!(frame.payload.len() <= config.max_message.max(125));
                        got.push((frame.opcode, frame.payload.to_vec(), frame.compressed));
                    }
                    (step.used, step.frame.is_some())
                }
            };
            buffer.drain(..used);
            if !more {
                assert!(buffer.len() < Header::LONGEST);
                break;
            }
        }
    }
    (got, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((&[rules, limit], stream)) = data.split_first_chunk::<2>() else {
        return;
    };
    let config = Config {
        masks: match rules & 3 {
            0 => Masks::Required,
            1 => Masks::Forbidden,
            _ => Masks::Either,
        },
        max_message: usize::from(limit) * 16,
        strict: rules & 4 != 0,
        deflate: rules & 8 != 0,
        takeover: rules & 16 != 0,
    };
    let whole = run(config, stream, stream.len().max(1));
    for piece in [1, 3, 7] {
        assert_eq!(run(config, stream, piece), whole, "pieces of {piece}");
    }
    let mut again = Vec::new();
    let key = (config.masks != Masks::Forbidden).then_some([rules, limit, 7, 9]);
    for (opcode, payload, _) in &whole.0 {
        encode::frame(&mut again, *opcode, encode::FIN, key, payload);
    }
    let (back, error) = run(config, &again, again.len().max(1));
    assert_eq!(error, None);
    let plain = |messages: Messages| messages.into_iter().map(|m| (m.0, m.1)).collect::<Vec<_>>();
    assert_eq!(plain(back), plain(whole.0));
});
