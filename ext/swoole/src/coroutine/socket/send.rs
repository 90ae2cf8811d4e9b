//! Sending.

use super::{SLOTS, done, failure, socket};
use highper_net::{Error, Part};
use highper_zend::{Call, Class, Done, error};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function send(string $data, float $timeout = 0): int|false",
            "Sends as much as the system takes at once. How many bytes.",
            |call| send(call, false),
        )
        .method(
            "public function sendAll(string $data, float $timeout = 0): int|false",
            "Sends all of it. How many bytes: fewer when an error came between, see $errCode.",
            |call| send(call, true),
        )
        .method(
            "public function sendFile(string $file, int $offset = 0, int $length = 0): bool",
            "Sends a file, or $length bytes of it from $offset.",
            send_file,
        )
        .method(
            "public function sendto(string $addr, int $port, string $data): int|false",
            "Sends a packet to an address.",
            send_to,
        )
}

/// Returns how much was sent, and tells why it was not all.
pub(super) fn give(call: &Call, outcome: Result<Part<usize>, Error>) -> Done {
    let this = call.this_object()?;
    match outcome {
        Ok(Part { done, error: None }) => {
            failure::clear(this, SLOTS);
            call.ret(done)
        }
        Ok(Part {
            done,
            error: Some(error),
        }) if done > 0 => {
            failure::settle(this, SLOTS, &error)?;
            call.ret(done)
        }
        Ok(Part {
            error: Some(error), ..
        })
        | Err(error) => {
            failure::settle(this, SLOTS, &error)?;
            call.ret_bool(false)
        }
    }
}

fn send(call: &mut Call, all: bool) -> Done {
    let data = call.str(0)?;
    let timeout = call.opt_double(1, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let outcome = if all {
        socket.send_all(&data, timeout)
    } else {
        socket
            .send(&data, timeout)
            .map(|done| Part { done, error: None })
    };
    give(call, outcome)
}

/// A path as PHP has it.
pub fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn send_file(call: &mut Call) -> Done {
    let file = call.bytes(0)?.to_vec();
    let number = |arg| call.opt_long(arg, 0).map(|n| u64::try_from(n).unwrap_or(0));
    let (offset, length) = (number(1)?, number(2)?);
    if file.is_empty() {
        error::warning("file to send is empty")?;
        return call.ret_bool(false);
    }
    done(call, |socket| socket.send_file(path(&file), offset, length))
}

fn send_to(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let port = call.long(1)?;
    let data = call.str(2)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let sent = socket.send_to(&host, port, &data);
    give(call, sent.map(|done| Part { done, error: None }))
}
