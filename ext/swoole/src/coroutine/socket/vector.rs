//! Several pieces at once.

use super::exception::EXCEPTION;
use super::{SLOTS, failure, send, socket};
use highper_net::Error;
use highper_zend::{Array, Call, Class, Done, Throw, Value};

/// `IOV_MAX`, `EINVAL`
const LIMIT: usize = 1024;
const INVALID: i32 = 22;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function readVector(array $io_vector, float $timeout = 0): array|false",
            "As recv(), cut into pieces of these lengths.",
            |call| read(call, false),
        )
        .method(
            "public function readVectorAll(array $io_vector, float $timeout = 0): array|false",
            "As recvAll(), cut into pieces of these lengths.",
            |call| read(call, true),
        )
        .method(
            "public function writeVector(array $io_vector, float $timeout = 0): int|false",
            "As send(), of several strings.",
            |call| write(call, false),
        )
        .method(
            "public function writeVectorAll(array $io_vector, float $timeout = 0): int|false",
            "As sendAll(), of several strings.",
            |call| write(call, true),
        )
}

fn refuse(message: String) -> Throw {
    Throw::new(&EXCEPTION, message, INVALID.into())
}

fn too_many(call: &Call) -> Done {
    failure::set(
        call.this_object()?,
        SLOTS,
        INVALID,
        &format!("The maximum of iov count is {LIMIT}"),
    );
    call.ret_bool(false)
}

fn read(call: &mut Call, all: bool) -> Done {
    let wanted = call.array(0)?.clone();
    let timeout = call.opt_double(1, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    if wanted.len() > LIMIT {
        return too_many(call);
    }
    let mut lengths = Vec::with_capacity(wanted.len());
    for (at, item) in wanted.values().enumerate() {
        let Some(length) = item.as_long() else {
            let kind = item.type_name();
            return Err(refuse(format!(
                "Item #[{at}] must be of type int, {kind} given"
            )));
        };
        let Ok(length) = usize::try_from(length) else {
            return Err(refuse(format!("Item #[{at}] must be greater than 0")));
        };
        lengths.push(length);
    }
    let total = lengths
        .iter()
        .fold(0_usize, |total, length| total.saturating_add(*length));
    let this = call.this_object()?;
    let (received, error) = if all {
        match socket.receive_all(total, timeout) {
            Ok(part) => (part.done, part.error),
            Err(error) => (Vec::new(), Some(error)),
        }
    } else {
        match socket.receive(total, timeout, <[u8]>::to_vec) {
            Ok(received) => (received, None),
            Err(error) => (Vec::new(), Some(error)),
        }
    };
    match &error {
        Some(error) => failure::settle(this, SLOTS, error)?,
        None => failure::clear(this, SLOTS),
    }
    if received.is_empty() {
        return match error {
            Some(_) => call.ret_bool(false),
            None => call.ret(Array::new()),
        };
    }
    let whole = received.len() >= total;
    let mut rest = received.as_slice();
    let mut pieces = Array::with_capacity(lengths.len());
    for length in lengths {
        let (piece, after) = rest.split_at(length.min(rest.len()));
        pieces.push(Value::string(piece));
        rest = after;
        // The piece that is short, or comes after the last whole one, ends it.
        if piece.len() < length && !whole {
            break;
        }
    }
    call.ret(pieces)
}

fn write(call: &mut Call, all: bool) -> Done {
    let given = call.array(0)?.clone();
    let timeout = call.opt_double(1, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    if given.len() > LIMIT {
        return too_many(call);
    }
    let mut pieces = Vec::with_capacity(given.len());
    for (at, item) in given.values().enumerate() {
        let Some(piece) = item.as_bytes() else {
            let kind = item.type_name();
            return Err(refuse(format!(
                "Item #[{at}] must be of type string, {kind} given"
            )));
        };
        if piece.is_empty() {
            return Err(refuse(format!("Item #[{at}] cannot be empty string")));
        }
        pieces.push(piece);
    }
    let outcome: Result<_, Error> = socket.send_vector(&pieces, all, timeout);
    send::give(call, outcome)
}
