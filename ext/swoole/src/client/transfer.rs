//! Sending and receiving.

use super::{Client, connected, is_async, open, tell, warn};
use crate::async_client;
use crate::coroutine::socket::{failure, receive, send};
use highper_net::framing::Malformed;
use highper_net::{Error, Side};
use highper_zend::{Call, Class, Done, Value, error};

/// Bytes that one receive takes at most.
const ROOM: i64 = 65535;

/// `MSG_PEEK`, `MSG_DONTWAIT`, `MSG_WAITALL`
const PEEK: i64 = 2;
const DONT_WAIT: i64 = 64;
const WAIT_ALL: i64 = 256;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function recv(int $size = 65536, int $flag = 0): string|false",
            "Waits for bytes, at most $size, or for a whole packet where the settings say how packets end. '' at the end of the stream.",
            recv,
        )
        .method(
            "public function send(string $data, int $flag = 0): int|false",
            "Sends all of it. How many bytes.",
            send_all,
        )
        .method(
            "public function sendfile(string $filename, int $offset = 0, int $length = 0): bool",
            "Sends a file, or $length bytes of it from $offset.",
            send_file,
        )
        .method(
            "public function sendto(string $ip, int $port, string $data): bool",
            "Sends a packet to an address.",
            send_to,
        )
}

fn recv(call: &mut Call) -> Done {
    let (size, flag) = (call.opt_long(0, ROOM)?, call.opt_long(1, 0)?);
    let flag = if flag == 1 { WAIT_ALL } else { flag };
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    let outcome = if socket.framing().is_on() {
        let function = call.this::<Client>()?.own.length_function();
        receive::packet(&socket, function, 0.0)?
    } else {
        let all = flag & WAIT_ALL != 0;
        let room = if all { size } else { size.min(ROOM) };
        let room = usize::try_from(room).unwrap_or(0).max(1);
        if flag & DONT_WAIT != 0 {
            match socket.peek(1, |_| ()) {
                Ok(()) => socket.receive(room, 0.0, receive::string),
                Err(error) => Err(error),
            }
        } else if flag & PEEK != 0 {
            match socket.peek(room, receive::string) {
                Err(Error::System(super::AGAIN)) => socket
                    .poll(Side::READ, 0.0)
                    .and_then(|()| socket.peek(room, receive::string)),
                peeked => peeked,
            }
        } else if all {
            match socket.receive_all(room, 0.0) {
                Ok(part) => match part.error {
                    Some(error) if part.done.is_empty() => Err(error),
                    _ => Ok(Value::string(&part.done)),
                },
                Err(error) => Err(error),
            }
        } else {
            socket.receive(room, 0.0, receive::string)
        }
    };
    match outcome {
        Ok(value) => call.ret(value),
        Err(error @ Error::Malformed(Malformed::NoMark)) => {
            tell(call.this_object()?, failure::describe(&error).0);
            error::warning("no package eof")?;
            call.ret_bool(false)
        }
        Err(error @ Error::Malformed(_)) => {
            tell(call.this_object()?, failure::describe(&error).0);
            call.ret_str("")
        }
        Err(error) => {
            warn(call, "recv() failed", &error)?;
            call.ret_bool(false)
        }
    }
}

fn send_all(call: &mut Call) -> Done {
    let data = call.str(0)?;
    call.opt_long(1, 0)?;
    if data.is_empty() {
        error::warning("data to send is empty")?;
        return call.ret_bool(false);
    }
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    if is_async(call.this_object()?) {
        let length = data.len();
        return match async_client::send(call, &socket, data)? {
            true => call.ret(length),
            false => call.ret_bool(false),
        };
    }
    let error = match socket.send_all(&data, 0.0) {
        Ok(part) => match part.error {
            None => return call.ret(part.done),
            Some(error) => error,
        },
        Err(error) => error,
    };
    let (fd, length) = (socket.fd(), data.len());
    warn(
        call,
        &format!("failed to send({fd}) {length} bytes"),
        &error,
    )?;
    call.ret_bool(false)
}

fn send_file(call: &mut Call) -> Done {
    let file = call.bytes(0)?.to_vec();
    let number = |arg| call.opt_long(arg, 0).map(|n| u64::try_from(n).unwrap_or(0));
    let (offset, length) = (number(1)?, number(2)?);
    if file.is_empty() {
        error::warning("file to send is empty")?;
        return call.ret_bool(false);
    }
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    if !socket.kind().is_stream() {
        error::warning("dgram socket cannot use sendfile")?;
        return call.ret_bool(false);
    }
    if is_async(call.this_object()?) {
        let file = send::path(&file).to_owned();
        let taken = async_client::send_file(call, &socket, file, offset, length)?;
        return call.ret_bool(taken);
    }
    match socket.send_file(send::path(&file), offset, length) {
        Ok(()) => call.ret_bool(true),
        Err(error) => {
            let (code, _) = failure::describe(&error);
            tell(call.this_object()?, code);
            crate::coroutine::waiting::resumed()?;
            let text = failure::text(code);
            error::warning(format!("sendfile() failed. Error: {text} [{code}]"))?;
            call.ret_bool(false)
        }
    }
}

fn send_to(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let port = call.long(1)?;
    let data = call.str(2)?;
    if data.is_empty() {
        error::warning("data to send is empty")?;
        return call.ret_bool(false);
    }
    let client = call.this::<Client>()?;
    let present = client.socket.borrow().clone();
    let socket = match present {
        Some(socket) => socket,
        None => match open(call, &host, port)? {
            Some(socket) => socket,
            None => return call.ret_bool(false),
        },
    };
    client.active.set(true);
    match socket.send_to(&host, port, &data) {
        Ok(_) => call.ret_bool(true),
        Err(error) => {
            tell(call.this_object()?, failure::describe(&error).0);
            crate::coroutine::waiting::resumed()?;
            call.ret_bool(false)
        }
    }
}
