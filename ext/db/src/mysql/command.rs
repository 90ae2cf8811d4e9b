//! What is sent.

use super::LARGEST;
use super::wire::put_text;
use crate::Param;

const COM_EXECUTE: u8 = 0x17;

/// Writes a payload as packets.
pub(super) fn put_packet(out: &mut Vec<u8>, sequence: &mut u8, payload: &[u8]) {
    let mut rest = payload;
    loop {
        let (part, more) = rest.split_at(rest.len().min(LARGEST));
        out.extend_from_slice(&(part.len() as u32).to_le_bytes()[..3]);
        out.push(*sequence);
        out.extend_from_slice(part);
        *sequence = sequence.wrapping_add(1);
        if part.len() < LARGEST {
            return;
        }
        rest = more;
    }
}

/// The command that runs a prepared statement.
pub(super) fn execution(id: u32, params: &[Param<'_>]) -> Vec<u8> {
    const LONGLONG: [u8; 2] = [8, 0];
    const DOUBLE: [u8; 2] = [5, 0];
    const STRING: [u8; 2] = [0xFD, 0];
    const BLOB: [u8; 2] = [0xFC, 0];
    const NULL: [u8; 2] = [6, 0];
    let mut out = Vec::with_capacity(16 + params.len() * 16);
    out.push(COM_EXECUTE);
    out.extend_from_slice(&id.to_le_bytes());
    out.push(0);
    out.extend_from_slice(&1_u32.to_le_bytes());
    let mut nulls = vec![0_u8; params.len().div_ceil(8)];
    for (at, param) in params.iter().enumerate() {
        if *param == Param::Null {
            nulls[at / 8] |= 1 << (at % 8);
        }
    }
    out.extend_from_slice(&nulls);
    out.push(1);
    for param in params {
        out.extend_from_slice(&match param {
            Param::Null => NULL,
            Param::Bool(_) | Param::Int(_) => LONGLONG,
            Param::Float(_) => DOUBLE,
            Param::Text(bytes) if std::str::from_utf8(bytes).is_ok() => STRING,
            Param::Text(_) => BLOB,
        });
    }
    for param in params {
        match param {
            Param::Null => {}
            Param::Bool(value) => out.extend_from_slice(&i64::from(*value).to_le_bytes()),
            Param::Int(value) => out.extend_from_slice(&value.to_le_bytes()),
            Param::Float(value) => out.extend_from_slice(&value.to_le_bytes()),
            Param::Text(bytes) => put_text(&mut out, bytes),
        }
    }
    out
}
