//! What a server sends to an HTTP/2 client with two requests: the same events whatever the cuts, no
//! panic, and nothing that grows beyond what came.
#![no_main]

use highper_http2::{Client, Event, Settings};
use libfuzzer_sys::fuzz_target;

const GET: [(&[u8], &[u8]); 4] = [
    (b":method", b"GET"),
    (b":scheme", b"http"),
    (b":authority", b"x"),
    (b":path", b"/"),
];

fn play(input: &[u8], piece: usize) -> (Vec<Event>, bool, Vec<u8>) {
    let mut client = Client::new(Settings::default());
    let first = client.request(&GET, true);
    assert_eq!(first, Ok(1));
    let second = client.request(&GET, false);
    assert_eq!(second, Ok(3));
    // Closed by the server's reset only; a refusal is as good.
    let _refused = client.data(3, &[b'x'; 2_000], true);
    let greeting = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    assert!(client.feed(&greeting).is_ok());
    let mut output = client.take_output();
    let mut good = true;
    for part in input.chunks(piece) {
        if client.feed(part).is_err() {
            good = false;
            break;
        }
        output.extend(client.take_output());
    }
    output.extend(client.take_output());
    let events: Vec<Event> = std::iter::from_fn(|| client.next_event()).collect();
    let data: usize = events
        .iter()
        .map(|event| match event {
            Event::Data { data, .. } => data.len(),
            _ => 0,
        })
        .sum();
    assert!(data <= input.len());
    assert!(output.len() < 4_000 + 20 * input.len(), "{}", output.len());
    assert!(client.pending(3) <= 2_000);
    (events, good, output)
}

fuzz_target!(|data: &[u8]| {
    let whole = play(data, data.len().max(1));
    for piece in [1, 10] {
        assert_eq!(play(data, piece), whole, "pieces of {piece}");
    }
});
