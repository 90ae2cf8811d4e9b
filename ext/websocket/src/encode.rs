//! Frames to be sent.

use crate::close;
use crate::header::{Header, Raw};
use crate::mask;
use crate::opcode::Opcode;

/// It is the message's last frame.
pub const FIN: u8 = 1;
/// The message is compressed: said in its first frame.
pub const COMPRESSED: u8 = 2;

/// Appends one frame. `flags`: [`FIN`], [`COMPRESSED`]; the key for what a client sends, see [`mask::Keys`].
pub fn frame(out: &mut Vec<u8>, opcode: Opcode, flags: u8, key: Option<[u8; 4]>, payload: &[u8]) {
    raw(out, opcode as u8, flags, key, payload);
}

/// As [`frame`], with any opcode (its lower four bits) and any length: for tools. A peer need not take it.
pub fn raw(out: &mut Vec<u8>, opcode: u8, flags: u8, key: Option<[u8; 4]>, payload: &[u8]) {
    out.reserve(Header::LONGEST + payload.len());
    let fin = u8::from(flags & FIN != 0) << 7;
    let compressed = u8::from(flags & COMPRESSED != 0) << 6;
    Raw {
        first: fin | compressed | opcode & 0x0f,
        mask: key,
        length: payload.len() as u64,
    }
    .write(out);
    let at = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = key {
        mask::apply(&mut out[at..], key, 0);
    }
}

/// Appends a close frame. A reason of more than [`close::REASON_LIMIT`] bytes is cut, between characters where it is UTF-8.
pub fn close(out: &mut Vec<u8>, key: Option<[u8; 4]>, code: u16, reason: &[u8]) {
    let mut payload = [0; 125];
    let mut length = reason.len().min(close::REASON_LIMIT);
    while length < reason.len() && length > 0 && reason[length] & 0xc0 == 0x80 {
        length -= 1;
    }
    payload[..2].copy_from_slice(&code.to_be_bytes());
    payload[2..2 + length].copy_from_slice(&reason[..length]);
    frame(out, Opcode::Close, FIN, key, &payload[..2 + length]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_characters() {
        let mut out = Vec::new();
        close(&mut out, None, 1000, "ß".repeat(80).as_bytes());
        assert_eq!(out[1], 124);
        assert_eq!(close::check(&out[2..]), Ok(Some((1000, &*"ß".repeat(61)))));
    }
}
