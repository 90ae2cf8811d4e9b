//! `Swoole\WebSocket\Frame`: a message, or a control frame.

use super::close_frame::CLOSE_FRAME;
use super::outgoing::{Outgoing, Rules};
use super::{COMPRESS, FIN, MASK, RSV1, RSV2, RSV3};
use crate::error_code;
use highper_websocket::{Config, Inflater, Opcode, Raw, close, mask};
use highper_zend::{Call, Class, ClassRef, Done, Object, Registry, Throw, Value, error};

/// The class.
pub static FRAME: ClassRef = ClassRef::new("Swoole\\WebSocket\\Frame");

/// Slots of the declared properties, in order.
pub(super) const FD: usize = 0;
pub(super) const DATA: usize = 1;
pub(super) const OPCODE: usize = 2;
pub(super) const FLAGS: usize = 3;
pub(super) const FINISH: usize = 4;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\WebSocket\\Frame")
            .doc("A WebSocket message, or a control frame.")
            .handle(&FRAME)
            .implements("Stringable")
            .property("public $fd = 0", "The connection's number.")
            .property("public $data = ''", "What it says.")
            .property("public $opcode = 1", "What it is: SWOOLE_WEBSOCKET_OPCODE_*.")
            .property("public $flags = 1", "SWOOLE_WEBSOCKET_FLAG_*.")
            .property("public $finish = null", "Is it the message's last frame? Where it is null, the flags say so.")
            .method("public function __toString(): string", "The frame as it is sent.", |call| {
                let this = Value::from(call.this_object()?);
                packed(call, &this, 0, 0)
            })
            .method(
                "public static function pack(Swoole\\WebSocket\\Frame|string $data, int $opcode = 1, int $flags = 1): string",
                "A frame as it is sent. '' with a warning when there can be none.",
                pack,
            )
            .method(
                "public static function unpack(string $data): Swoole\\WebSocket\\Frame",
                "The frame that the bytes begin with; false when it is not all there, or none.",
                unpack,
            ),
    );
}

pub(super) fn pack(call: &mut Call) -> Done {
    let data = call.value(0)?.deref().clone();
    let (opcode, flags) = (call.opt_long(1, 1)?, call.opt_long(2, FIN)?);
    packed(call, &data, opcode, flags)
}

fn packed(call: &Call, data: &Value, opcode: i64, flags: i64) -> Done {
    let outgoing = Outgoing::of(data, opcode, flags, close::NORMAL)?;
    let mut out = Vec::new();
    if let Some(frame) = outgoing.prepare(Rules::None)? {
        frame.write(&mut out);
    }
    call.ret_str(out)
}

/// What a single frame says, also one that no peer would take.
fn parse(bytes: &[u8]) -> Result<(Raw, Vec<u8>), &'static str> {
    const INCOMPLETE: &str = "incomplete packet";
    let (head, at) = Raw::parse(bytes).ok_or(INCOMPLETE)?;
    let end = usize::try_from(head.length)
        .ok()
        .and_then(|length| length.checked_add(at));
    let payload = end.and_then(|end| bytes.get(at..end)).ok_or(INCOMPLETE)?;
    let mut payload = payload.to_vec();
    if let Some(key) = head.mask {
        mask::apply(&mut payload, key, 0);
    }
    if head.first & 0x40 != 0 {
        let mut unpacked = Vec::new();
        let limit = Config::server().max_message.max(payload.len());
        if Inflater::new(false)
            .unpack(&payload, &mut unpacked, limit)
            .is_err()
        {
            return Err("its payload can't be unpacked");
        }
        payload = unpacked;
    }
    Ok((head, payload))
}

pub(super) fn unpack(call: &mut Call) -> Done {
    match parse(call.bytes(0)?) {
        Ok((head, payload)) => {
            let bit = |bit: u8, flag: i64| i64::from(head.first & bit != 0) * flag;
            let mut flags = bit(0x80, FIN) | bit(0x40, RSV1) | bit(0x20, RSV2) | bit(0x10, RSV3);
            if head.mask.is_some() {
                flags |= MASK;
            }
            let frame = make_any(head.first & 0x0f, &payload, flags, 0)?;
            call.ret(frame)
        }
        Err(why) => {
            if call.bytes(0)?.len() >= 2 {
                error::warning(format!("the frame can't be unpacked: {why}"))?;
            }
            highper_runtime::set_last_error(error_code::PROTOCOL_ERROR);
            call.ret_bool(false)
        }
    }
}

/// A frame object.
///
/// # Errors
/// The class has none.
pub(crate) fn make(opcode: Opcode, payload: &[u8], flags: i64, fd: i64) -> Result<Object, Throw> {
    make_any(opcode as u8, payload, flags, fd)
}

fn make_any(opcode: u8, payload: &[u8], flags: i64, fd: i64) -> Result<Object, Throw> {
    let flags = if flags & RSV1 != 0 {
        flags | COMPRESS
    } else {
        flags
    };
    let finish = flags & FIN != 0;
    if opcode == Opcode::Close as u8 {
        let frame = CLOSE_FRAME.instantiate()?;
        if let Ok(Some((code, reason))) = close::split(payload) {
            frame.set("code", i64::from(code))?;
            if !reason.is_empty() {
                frame.set("reason", Value::string(reason))?;
            }
        }
        frame.set("fd", fd)?;
        frame.set("flags", flags)?;
        frame.set("finish", finish)?;
        return Ok(frame);
    }
    let frame = FRAME.instantiate()?;
    frame.set_slot(FD, fd);
    frame.set_slot(DATA, Value::string(payload));
    frame.set_slot(OPCODE, i64::from(opcode));
    frame.set_slot(FLAGS, flags);
    frame.set_slot(FINISH, finish);
    Ok(frame)
}
