//! Arbitrary calls in an arbitrary order: no panic, and the state machine
//! keeps its promises.
#![no_main]

use highper_http1::{After, Conn, Event, Head, Limits, Phase, Stamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(split) = data.iter().position(|&b| b == 0xff) else { return };
    let (calls, input) = (&data[..split], &data[split + 1..]);
    let stamp = Stamp::new(None).unwrap();
    let limits = Limits::default();
    let (mut conn, mut head, mut out) = (Conn::new(), Head::new(), Vec::new());
    let (mut at, mut shown) = (0, 0);
    let mut over = false;
    for call in calls {
        let (call, argument) = (call & 15, usize::from(call >> 4));
        let before = (conn.phase(), out.len());
        match call {
            0..=5 => {
                shown = (shown + argument * argument + 1).min(input.len()).max(at);
                let step = conn.feed(&input[at..shown], &mut head, &limits);
                at += step.used;
                match step.event {
                    Event::Error(_) => {
                        assert!(!over);
                        over = true;
                    }
                    Event::Closed | Event::Upgraded => assert_eq!(step.used, 0),
                    Event::Pause => assert_eq!(step.used, 0),
                    Event::Head => {
                        assert!(!over);
                        assert!(head.len() <= shown);
                    }
                    _ => assert!(!over, "{:?} after the end", step.event),
                }
            }
            6 | 7 => {
                if let Ok(response) = conn.respond(&mut out, &stamp, 200 + argument as u16) {
                    assert!(matches!(before.0, Phase::Body | Phase::Handling));
                    let after = response.full(b"body").unwrap();
                    over |= matches!(after, After::Close | After::Linger);
                }
            }
            8 => {
                if let Ok(mut response) = conn.respond(&mut out, &stamp, 200) {
                    if argument & 1 == 1 {
                        response.header(b"content-length", b"5").unwrap();
                    }
                    response.stream().unwrap();
                }
            }
            9 => {
                let _ = conn.write(&mut out, &b"0123456789abcdef"[..argument]);
            }
            10 => {
                if let Ok(after) = conn.finish(&mut out, &[]) {
                    assert_ne!(before.0, Phase::Handling);
                    over |= after != After::KeepAlive;
                }
            }
            11 => conn.want_body(&mut out),
            12 => {
                let switched = conn.respond(&mut out, &stamp, 101).and_then(|r| r.switch());
                assert!(switched.is_ok() || out.len() == before.1, "a refusal leaves no byte");
            }
            13 if argument == 1 => {
                conn.eof();
            }
            14 if argument == 1 => conn.close_after(),
            15 if argument == 1 => {
                let after = conn.refuse(&mut out, &stamp, 408, "too slow");
                assert_eq!(after, After::Linger);
                over = true;
            }
            15 if argument == 2 => {
                let _ = conn.abort();
                over = true;
            }
            _ => {}
        }
        if over {
            assert!(!matches!(conn.phase(), Phase::Idle | Phase::Header | Phase::Handling));
        }
    }
});
