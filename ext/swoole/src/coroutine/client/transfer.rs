//! Sending and receiving.

use super::{Link, SLOTS, failed, link, linked, open};
use crate::coroutine::socket::failure;
use crate::coroutine::socket::{self, receive, send};
use highper_net::framing::Malformed;
use highper_net::{Error, Part};
use highper_zend::{Call, Class, Done, Throw, Value, error};

/// Bytes that one receive takes at most.
const ROOM: usize = 65536;
/// Those of peek() where no number is given.
const PEEK: i64 = 65535;
/// `EINVAL`
const INVALID: i32 = 22;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function recv(float $timeout = 0): string|false",
            "Waits for bytes, or for a whole packet where the settings say how packets end. '' at the end of the stream.",
            recv,
        )
        .method(
            "public function peek(int $length = 65535): string|false",
            "What is there, without taking it. Never waits.",
            peek,
        )
        .method(
            "public function send(string $data, float $timeout = 0): int|false",
            "Sends all of it. How many bytes: fewer when an error came between.",
            send_all,
        )
        .method(
            "public function sendfile(string $filename, int $offset = 0, int $length = 0): bool",
            "Sends a file, or $length bytes of it from $offset.",
            send_file,
        )
        .method(
            "public function sendto(string $address, int $port, string $data): bool",
            "Sends a packet to an address.",
            send_to,
        )
        .method(
            "public function recvfrom(int $length, mixed &$address, mixed &$port = 0): string|false",
            "Waits for a packet; $address and $port become those of who has sent it.",
            receive_from,
        )
}

fn recv(call: &mut Call) -> Done {
    let timeout = call.opt_double(0, 0.0)?;
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    let outcome = if link.socket.framing().is_on() {
        let function = link
            .object
            .state::<socket::State>()
            .and_then(socket::State::length_function);
        receive::packet(&link.socket, function, timeout)?
    } else {
        link.socket.receive(ROOM, timeout, receive::string)
    };
    match outcome {
        Ok(value) => call.ret(value),
        Err(Error::Malformed(Malformed::NoLength)) => call.ret_str(""),
        Err(error) => failed(call, &error),
    }
}

fn peek(call: &mut Call) -> Done {
    let length = usize::try_from(call.opt_long(0, PEEK)?).unwrap_or(0);
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    match link.socket.peek(length, receive::string) {
        Ok(value) => call.ret(value),
        Err(error) => failed(call, &error),
    }
}

fn send_all(call: &mut Call) -> Done {
    let data = call.str(0)?;
    let timeout = call.opt_double(1, 0.0)?;
    if data.is_empty() {
        error::warning("data to send is empty")?;
        return call.ret_bool(false);
    }
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    match link.socket.send_all(&data, timeout) {
        Ok(Part { done, error: None }) => call.ret(done),
        Ok(Part {
            done,
            error: Some(error),
        }) if done > 0 => {
            failure::settle(call.this_object()?, SLOTS, &error)?;
            call.ret(done)
        }
        Ok(Part {
            error: Some(error), ..
        })
        | Err(error) => failed(call, &error),
    }
}

fn send_file(call: &mut Call) -> Done {
    let file = call.bytes(0)?.to_vec();
    let number = |arg| call.opt_long(arg, 0).map(|n| u64::try_from(n).unwrap_or(0));
    let (offset, length) = (number(1)?, number(2)?);
    if file.is_empty() {
        error::warning("file to send is empty")?;
        return call.ret_bool(false);
    }
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    if !link.socket.kind().is_stream() {
        failure::set(
            call.this_object()?,
            SLOTS,
            INVALID,
            "dgram socket cannot use sendfile",
        );
        return call.ret_bool(false);
    }
    match link.socket.send_file(send::path(&file), offset, length) {
        Ok(()) => call.ret_bool(true),
        Err(error) => failed(call, &error),
    }
}

fn send_to(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let port = call.long(1)?;
    let data = call.str(2)?;
    if data.is_empty() {
        return call.ret_bool(false);
    }
    let Some(link) = or_open(call)? else {
        return call.ret_bool(false);
    };
    match link.socket.send_to(&host, port, &data) {
        Ok(_) => call.ret_bool(true),
        Err(error) => failed(call, &error),
    }
}

/// The connection, or a socket for packets made now.
fn or_open(call: &Call) -> Result<Option<Link>, Throw> {
    match link(call)? {
        Some(link) => Ok(Some(link)),
        None => open(call, 0),
    }
}

fn receive_from(call: &mut Call) -> Done {
    let length = usize::try_from(call.long(0)?).unwrap_or(0);
    if length == 0 {
        return call.ret_bool(false);
    }
    let Some(link) = or_open(call)? else {
        return call.ret_bool(false);
    };
    let received = link
        .socket
        .receive_from(length, 0.0, |bytes, from| (Value::string(bytes), from));
    match received {
        Ok((value, from)) => {
            let host = from.as_ref().map_or_else(Vec::new, |from| from.host());
            call.set_ref(1, host)?;
            call.set_ref(2, from.map_or(0_i64, |from| from.port().into()))?;
            call.ret(value)
        }
        Err(error) => failed(call, &error),
    }
}
