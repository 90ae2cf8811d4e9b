//! A server that is played to, for the tests of mutations and the fuzzer: no panic, and nothing that grows beyond what came.

use highper_http2::Settings;
use highper_http2::server::{Event, PREFACE, Server};

/// What was told, without borrows; data of one stream in a row is one piece.
#[derive(PartialEq, Debug)]
pub enum Told {
    Head(u32, bool, Vec<u8>),
    Data(u32, Vec<u8>, bool),
    Reset(u32, u32),
    GoAway,
    Error(u32),
}

fn push(told: &mut Vec<Told>, stream: u32, data: &[u8], end: bool) {
    if let Some(Told::Data(last, bytes, over @ false)) = told.last_mut()
        && *last == stream
    {
        bytes.extend_from_slice(data);
        *over = end;
        return;
    }
    told.push(Told::Data(stream, data.to_vec(), end));
}

/// Plays bytes in pieces of this size to a server; `answers`: responses are given at once.
pub fn play(input: &[u8], piece: usize, answers: bool) -> Vec<Told> {
    let mut out = Vec::new();
    let settings = Settings {
        max_concurrent_streams: 8,
        max_header_list_size: 8192,
        ..Settings::default()
    };
    let mut server: Server<u32> = Server::new(settings, &mut out);
    server.set_time(1);
    let mut told = Vec::new();
    let mut kept = PREFACE.to_vec();
    kept.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
    let mut pieces = input.chunks(piece);
    'all: loop {
        loop {
            let step = server.step(&kept, &mut out);
            assert!(step.used <= kept.len());
            let used = step.used;
            match step.event {
                Event::NeedMore => {
                    kept.drain(..used);
                    break;
                }
                Event::Nothing | Event::Room { .. } => {}
                Event::Head { stream, end, .. } => {
                    server.keep(stream, stream);
                    let (text, length) = server.take_text();
                    told.push(Told::Head(stream, end, text[..length].to_vec()));
                    if answers {
                        server.send_head(stream, &[b"\x88"], false, &mut out);
                        let room = server.room(stream).min(100);
                        server.send_data(stream, &[b'x'; 100][..room], true, &mut out);
                        assert_eq!(server.reap(stream, &mut out), Some(stream));
                    }
                }
                Event::Data { stream, data, end } => {
                    push(&mut told, stream, data, end);
                    server.used(stream, data.len(), &mut out);
                }
                Event::Reset { stream, code } => {
                    assert_eq!(server.take_lost(), Some(stream));
                    told.push(Told::Reset(stream, code.0));
                }
                Event::GoAway => told.push(Told::GoAway),
                Event::Error(error) => {
                    told.push(Told::Error(error.code.0));
                    break 'all;
                }
            }
            kept.drain(..used);
        }
        match pieces.next() {
            Some(part) => kept.extend_from_slice(part),
            None => break,
        }
    }
    assert!(server.active() <= 8);
    assert!(out.len() < 8_000 + 20 * input.len(), "{}", out.len());
    told
}
