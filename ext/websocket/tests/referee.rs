//! tungstenite as referee: it takes what we send, and what it sends is taken; where we differ is listed.
#![allow(clippy::unwrap_used)]

use highper_websocket::{Config, Decoder, Opcode, encode};
use std::io::{Cursor, Read, Write};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// A peer that says what it is told to, and remembers what it hears.
struct Wire {
    incoming: Cursor<Vec<u8>>,
    outgoing: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.incoming.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn wire(incoming: Vec<u8>) -> Wire {
    Wire {
        incoming: Cursor::new(incoming),
        outgoing: Vec::new(),
    }
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(Config::server().max_message))
        .max_frame_size(Some(Config::server().max_message))
}

/// Messages until the end or the first error, of which only that it is one is kept.
fn theirs(input: &[u8]) -> (Vec<(Opcode, Vec<u8>)>, bool) {
    let mut socket = WebSocket::from_raw_socket(wire(input.to_vec()), Role::Server, Some(config()));
    let mut got = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => got.push((Opcode::Text, text.as_bytes().to_vec())),
            Ok(Message::Binary(bytes)) => got.push((Opcode::Binary, bytes.to_vec())),
            Ok(Message::Ping(bytes)) => got.push((Opcode::Ping, bytes.to_vec())),
            Ok(Message::Pong(bytes)) => got.push((Opcode::Pong, bytes.to_vec())),
            // How it says that a code must not be sent.
            Ok(Message::Close(Some(close))) if close.reason == "Protocol violation" => {
                return (got, true);
            }
            // Nothing is read behind a close.
            Ok(Message::Close(_)) => {
                got.push((Opcode::Close, Vec::new()));
                return (got, false);
            }
            Ok(Message::Frame(_)) => unreachable!("reading gives no raw frames"),
            Err(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            ))
            | Err(tungstenite::Error::ConnectionClosed) => return (got, false),
            Err(_) => return (got, true),
        }
    }
}

fn ours(input: &[u8], piece: usize) -> (Vec<(Opcode, Vec<u8>)>, bool) {
    let mut decoder = Decoder::new(Config::server());
    let (mut got, mut buffer) = (Vec::new(), Vec::new());
    for part in input.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            let (used, more) = match decoder.feed(&mut buffer) {
                Err(_) => return (got, true),
                Ok(step) => match step.frame {
                    None => (step.used, false),
                    Some(frame) if frame.opcode == Opcode::Close => {
                        got.push((Opcode::Close, Vec::new()));
                        return (got, false);
                    }
                    Some(frame) => {
                        got.push((frame.opcode, frame.payload.to_vec()));
                        (step.used, true)
                    }
                },
            };
            buffer.drain(..used);
            if !more {
                break;
            }
        }
    }
    (got, false)
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Frames that mostly keep the rules.
fn stream(numbers: &mut Numbers) -> Vec<u8> {
    let mut out = Vec::new();
    let mut within = false;
    for _ in 0..1 + numbers.below(8) {
        let mut opcode = match numbers.below(6) {
            0 => Opcode::Ping,
            1 => Opcode::Pong,
            _ if within => Opcode::Continuation,
            2 | 3 => Opcode::Text,
            _ => Opcode::Binary,
        };
        if numbers.below(40) == 0 {
            opcode = [Opcode::Continuation, Opcode::Text, Opcode::Close][numbers.below(3) as usize];
        }
        let fin = opcode.is_control() || numbers.below(3) > 0;
        if !opcode.is_control() {
            within = !fin;
        }
        let length = match numbers.below(12) {
            0 if !opcode.is_control() => 126 + numbers.below(70_000),
            _ => numbers.below(126),
        };
        let mut payload: Vec<u8> = (0..length)
            .map(|_| b'a' + numbers.below(26) as u8)
            .collect();
        if let Some(byte) = payload.first_mut()
            && numbers.below(30) == 0
        {
            *byte = numbers.below(256) as u8;
        }
        if opcode == Opcode::Close && payload.len() > 1 {
            payload[0] = 3;
            payload[1] = 0xe8 + numbers.below(8) as u8;
        }
        let key = (numbers.below(60) > 0).then(|| [numbers.below(256) as u8; 4]);
        let start = out.len();
        encode::frame(&mut out, opcode, u8::from(fin), key, &payload);
        if numbers.below(60) == 0 {
            out[start] ^= 1 << numbers.below(8);
        }
    }
    let cut = numbers.below(4) == 0;
    if cut {
        out.truncate(numbers.below(out.len() as u64 + 1) as usize);
    }
    out
}

#[test]
fn the_same_bytes_give_the_same_messages() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let (mut refused, mut messages) = (0, 0);
    for round in 0..4000 {
        let input = stream(&mut numbers);
        let expected = theirs(&input);
        refused += usize::from(expected.1);
        messages += expected.0.len();
        for piece in [input.len().max(1), 1 + numbers.below(40) as usize] {
            let got = ours(&input, piece);
            assert!(got.0 == expected.0, "round {round} in pieces of {piece}");
            // Where the input ends within a frame whose head or text is wrong, we say so before all of it is there.
            if got.1 != expected.1 {
                assert!(got.1, "round {round}: only tungstenite refuses the bytes");
            }
        }
    }
    assert!(
        refused > 200 && messages > 5000,
        "{refused} refused, {messages} messages"
    );
}

#[test]
fn what_we_send_is_taken() {
    let mut out = Vec::new();
    encode::frame(
        &mut out,
        Opcode::Text,
        encode::FIN,
        None,
        "grüße".as_bytes(),
    );
    encode::frame(&mut out, Opcode::Binary, 0, None, &[1; 200]);
    encode::frame(&mut out, Opcode::Ping, encode::FIN, None, b"p");
    encode::frame(
        &mut out,
        Opcode::Continuation,
        encode::FIN,
        None,
        &[2; 70_000],
    );
    encode::close(&mut out, None, 4001, b"bye");
    let mut socket = WebSocket::from_raw_socket(wire(out), Role::Client, None);
    assert_eq!(socket.read().unwrap(), Message::text("grüße"));
    assert_eq!(socket.read().unwrap(), Message::Ping((&b"p"[..]).into()));
    assert_eq!(socket.read().unwrap().len(), 70_200);
    let Message::Close(Some(close)) = socket.read().unwrap() else {
        panic!("no close");
    };
    assert_eq!(
        (u16::from(close.code), close.reason.as_str()),
        (4001, "bye")
    );
}
