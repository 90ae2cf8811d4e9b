//! What is to be sent as a frame: from the values of a call to bytes.

use super::close_frame::{self, CLOSE_FRAME};
use super::frame::{DATA, FINISH, FLAGS, FRAME, OPCODE};
use super::{ALL, COMPRESS, FIN, MASK, RSV1};
use highper_websocket::{Deflater, Opcode, close, encode, mask};
use highper_zend::{Object, Str, Throw, Value, error};
use std::cell::RefCell;

thread_local! {
    /// Messages are compressed each by itself, so that one serves all connections.
    static DEFLATER: RefCell<Option<Deflater>> = const { RefCell::new(None) };
    static KEYS: RefCell<mask::Keys> = const { RefCell::new(mask::Keys::new()) };
}

/// Of compression: zlib's usual one.
const LEVEL: u32 = 6;

/// Of a close frame that `pack()` makes; one that is sent holds [`close::REASON_LIMIT`] bytes.
const LONGEST_REASON: usize = 125;

/// Which rules of RFC 6455 are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// All: for what is sent.
    All,
    /// None but that it can be written: for `pack()`, a tool.
    None,
}

/// A frame as a call describes it.
pub(crate) struct Outgoing {
    opcode: i64,
    pub(crate) flags: i64,
    code: u16,
    data: Option<Str>,
}

/// A frame that can be written.
pub(crate) struct Prepared {
    opcode: u8,
    flags: u8,
    key: Option<[u8; 4]>,
    code: u16,
    data: Option<Str>,
    packed: Option<Vec<u8>>,
}

/// A property of a frame; null where it was unset.
fn property(frame: &Object, by_slot: bool, slot: usize, name: &str) -> Result<Value, Throw> {
    match by_slot {
        true => Ok(frame.slot(slot).cloned().unwrap_or_default()),
        false => frame.get(name),
    }
}

fn text(value: &Value) -> Result<Option<Str>, Throw> {
    match value.is_null() {
        true => Ok(None),
        false => value.to_str().map(Some),
    }
}

impl Outgoing {
    /// For another process.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let data = self.data.as_ref().map_or(&b""[..], Str::as_bytes);
        let mut bytes = Vec::with_capacity(18 + data.len());
        bytes.extend(self.opcode.to_ne_bytes());
        bytes.extend(self.flags.to_ne_bytes());
        bytes.extend(self.code.to_ne_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    /// What another process has sent.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (opcode, rest) = bytes.split_first_chunk::<8>()?;
        let (flags, rest) = rest.split_first_chunk::<8>()?;
        let (code, data) = rest.split_first_chunk::<2>()?;
        Some(Self {
            opcode: i64::from_ne_bytes(*opcode),
            flags: i64::from_ne_bytes(*flags),
            code: u16::from_ne_bytes(*code),
            data: Some(Str::new(data)),
        })
    }

    /// From data and the other arguments, or from a frame object, which has its own.
    ///
    /// # Errors
    /// The data can't be made a string.
    pub(crate) fn of(data: &Value, opcode: i64, flags: i64, code: u16) -> Result<Self, Throw> {
        let frame = data
            .as_object()
            .filter(|object| object.is_instance_of(FRAME.get()));
        let Some(frame) = frame else {
            return Ok(Self {
                opcode,
                flags: flags & ALL,
                code,
                data: text(data)?,
            });
        };
        let is_close = frame.is_instance_of(CLOSE_FRAME.get());
        let opcode = property(frame, !is_close, OPCODE, "opcode")?.to_long();
        let mut flags = property(frame, !is_close, FLAGS, "flags")?.to_long() & ALL;
        let finish = property(frame, !is_close, FINISH, "finish")?;
        if !finish.is_null() {
            flags = if finish.to_bool() {
                flags | FIN
            } else {
                flags & !FIN
            };
        }
        let (code, data) = if opcode == Opcode::Close as i64 {
            let of_close = |slot: usize| match is_close {
                true => frame.slot(slot).cloned().unwrap_or_default(),
                false => Value::null(),
            };
            let code = of_close(close_frame::CODE);
            let code = match code.is_null() {
                true => close::NORMAL,
                false => code.to_long() as u16,
            };
            (code, text(&of_close(close_frame::REASON))?)
        } else {
            (0, text(&property(frame, !is_close, DATA, "data")?)?)
        };
        Ok(Self {
            opcode,
            flags,
            code,
            data,
        })
    }

    /// As a server sends it: never masked, and compressed where that was agreed on.
    pub(crate) fn set_sender_to_server(&mut self, compress: bool) {
        self.flags &= !(MASK | COMPRESS);
        if compress {
            self.flags |= COMPRESS;
        } else if self.flags & FIN != 0 {
            // It may have come from a connection where that was agreed on; its data is unpacked.
            self.flags &= !RSV1;
        }
    }

    /// Is there something that a peer would not take? Warns.
    fn is_wrong(&self, length: usize) -> Result<bool, Throw> {
        const CLOSE: i64 = Opcode::Close as i64;
        const PING: i64 = Opcode::Ping as i64;
        const PONG: i64 = Opcode::Pong as i64;
        match self.opcode {
            3..=7 => error::warning(format!("the opcode {} is reserved", self.opcode))?,
            CLOSE if length > close::REASON_LIMIT => error::warning(format!(
                "the max length of close reason is {}",
                close::REASON_LIMIT
            ))?,
            PING | PONG if length > 125 => error::warning(format!(
                "a control frame holds 125 bytes at most, {length} given"
            ))?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks and compresses. `None` with a warning when it can't be sent.
    ///
    /// # Errors
    /// What a handler of warnings throws.
    pub(crate) fn prepare(self, rules: Rules) -> Result<Option<Prepared>, Throw> {
        let opcode = match u8::try_from(self.opcode) {
            Ok(opcode) if opcode <= Opcode::Pong as u8 => opcode,
            _ => {
                error::warning("the maximum value of opcode is 10")?;
                return Ok(None);
            }
        };
        let length = self.data.as_ref().map_or(0, |data| data.as_bytes().len());
        if rules == Rules::All && self.is_wrong(length)? {
            return Ok(None);
        }
        if opcode == Opcode::Close as u8 && length > LONGEST_REASON {
            error::warning(format!(
                "the max length of close reason is {LONGEST_REASON}"
            ))?;
            return Ok(None);
        }
        let key = match self.flags & MASK {
            0 => None,
            _ => match KEYS.with_borrow_mut(mask::Keys::draw) {
                Ok(key) => Some(key),
                Err(_) => {
                    error::warning("the system has no random numbers to mask a frame with")?;
                    return Ok(None);
                }
            },
        };
        let mut flags = (self.flags & FIN) as u8;
        let mut packed = None;
        let known = Opcode::of(opcode);
        if known.is_some_and(Opcode::is_control) {
            flags = encode::FIN;
        } else if self.flags & RSV1 != 0 && (flags == 0 || self.flags & COMPRESS == 0) {
            // The program has packed it itself.
            flags |= encode::COMPRESSED;
        } else if self.flags & COMPRESS != 0
            && flags == encode::FIN
            && known != Some(Opcode::Continuation)
            && let Some(data) = self.data.as_ref().filter(|_| length > 0)
        {
            let mut out = Vec::new();
            let done = DEFLATER.with_borrow_mut(|deflater| {
                let deflater = deflater.get_or_insert_with(|| Deflater::new(LEVEL, 15, false));
                deflater.pack(data.as_bytes(), &mut out)
            });
            if done.is_ok() {
                flags |= encode::COMPRESSED;
                packed = Some(out);
            }
        }
        Ok(Some(Prepared {
            opcode,
            flags,
            key,
            code: self.code,
            data: self.data,
            packed,
        }))
    }
}

impl Prepared {
    /// Appends the frame.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let data = self.data.as_ref().map_or(&b""[..], Str::as_bytes);
        if self.opcode == Opcode::Close as u8 {
            let mut payload = [0; 2 + LONGEST_REASON];
            let length = 2 + data.len().min(LONGEST_REASON);
            payload[..2].copy_from_slice(&self.code.to_be_bytes());
            payload[2..length].copy_from_slice(&data[..length - 2]);
            encode::raw(out, self.opcode, self.flags, self.key, &payload[..length]);
            return;
        }
        let data = self.packed.as_deref().unwrap_or(data);
        encode::raw(out, self.opcode, self.flags, self.key, data);
    }
}
