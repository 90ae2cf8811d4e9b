//! What is to be sent as a frame: from the values of a call to bytes.

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

/// A frame as a call describes it.
pub(crate) struct Outgoing {
    opcode: i64,
    pub(crate) flags: i64,
    code: u16,
    data: Option<Str>,
}

/// A frame that can be written.
pub(crate) struct Prepared {
    opcode: Opcode,
    flags: u8,
    key: Option<[u8; 4]>,
    code: u16,
    data: Option<Str>,
    packed: Option<Vec<u8>>,
}

/// A property of a frame; null where it was unset.
fn property(frame: &Object, is_plain: bool, slot: usize, name: &str) -> Result<Value, Throw> {
    match is_plain {
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
        let is_plain = frame.class_name() == "Swoole\\WebSocket\\Frame";
        let opcode = property(frame, is_plain, OPCODE, "opcode")?.to_long();
        let mut flags = property(frame, is_plain, FLAGS, "flags")?.to_long() & ALL;
        let finish = property(frame, is_plain, FINISH, "finish")?;
        if !finish.is_null() {
            flags = if finish.to_bool() {
                flags | FIN
            } else {
                flags & !FIN
            };
        }
        let (code, data) = if opcode == Opcode::Close as i64 {
            let of_close = |name: &str| match frame.class_name() {
                "Swoole\\WebSocket\\Frame" => Ok(Value::null()),
                _ => frame.get(name),
            };
            let code = of_close("code")?;
            let code = match code.is_null() {
                true => close::NORMAL,
                false => code.to_long() as u16,
            };
            (code, text(&of_close("reason")?)?)
        } else {
            (0, text(&property(frame, is_plain, DATA, "data")?)?)
        };
        Ok(Self {
            opcode,
            flags,
            code,
            data,
        })
    }

    /// Checks and compresses. `None` with a warning when it can't be sent.
    ///
    /// # Errors
    /// What a handler of warnings throws.
    pub(crate) fn prepare(self) -> Result<Option<Prepared>, Throw> {
        let Some(opcode) = u8::try_from(self.opcode).ok().and_then(Opcode::of) else {
            match self.opcode {
                3..=7 => error::warning(format!("the opcode {} is reserved", self.opcode))?,
                _ => error::warning("the maximum value of opcode is 10")?,
            }
            return Ok(None);
        };
        let length = self.data.as_ref().map_or(0, |data| data.as_bytes().len());
        let limit = match opcode {
            Opcode::Close => close::REASON_LIMIT,
            Opcode::Ping | Opcode::Pong => 125,
            _ => usize::MAX,
        };
        if length > limit {
            match opcode {
                Opcode::Close => {
                    error::warning(format!("the max length of close reason is {limit}"))?
                }
                _ => error::warning(format!(
                    "a control frame holds {limit} bytes at most, {length} given"
                ))?,
            }
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
        if opcode.is_control() {
            flags = encode::FIN;
        } else if self.flags & RSV1 != 0 && (flags == 0 || self.flags & COMPRESS == 0) {
            // The program has packed it itself.
            flags |= encode::COMPRESSED;
        } else if self.flags & COMPRESS != 0
            && flags == encode::FIN
            && opcode != Opcode::Continuation
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
        match (&self.packed, self.opcode) {
            (_, Opcode::Close) => encode::close(out, self.key, self.code, data),
            (Some(packed), opcode) => encode::frame(out, opcode, self.flags, self.key, packed),
            (None, opcode) => encode::frame(out, opcode, self.flags, self.key, data),
        }
    }
}
