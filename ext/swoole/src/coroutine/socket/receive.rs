//! Receiving.

use super::{SLOTS, State, failure, socket};
use crate::coroutine::waiting;
use highper_net::framing::Malformed;
use highper_net::{Error, Socket as NetSocket};
use highper_zend::{Array, Call, Callable, Class, Done, Throw, Value};

/// Bytes where no number is given.
const DEFAULT: i64 = 65536;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function peek(int $length = 65536): string|false",
            "What is there, without taking it. Never waits.",
            peek,
        )
        .method(
            "public function recv(int $length = 65536, float $timeout = 0): string|false",
            "Waits for bytes, at most $length. '' at the end of the stream.",
            |call| {
                receive(call, |socket, length, timeout| {
                    socket.receive(length, timeout, string)
                })
            },
        )
        .method(
            "public function recvAll(int $length = 65536, float $timeout = 0): string|false",
            "Waits until all $length bytes have come. Fewer at the end of the stream or of the time.",
            receive_all,
        )
        .method(
            "public function recvLine(int $length = 65536, float $timeout = 0): string|false",
            "Waits for a line, at most $length bytes of it, with its end.",
            |call| {
                receive(call, |socket, length, timeout| {
                    socket.receive_line(length, timeout, string)
                })
            },
        )
        .method(
            "public function recvWithBuffer(int $length = 65536, float $timeout = 0): string|false",
            "As recv(), through a buffer: many small reads cost few calls of the system.",
            |call| {
                receive(call, |socket, length, timeout| {
                    socket.receive_buffered(length, timeout, string)
                })
            },
        )
        .method(
            "public function recvPacket(float $timeout = 0): string|false",
            "Waits for a whole packet, as setProtocol() has it. '' at the end of the stream.",
            receive_packet,
        )
        .method(
            "public function recvfrom(mixed &$peername, float $timeout = 0): string|false",
            "Waits for a packet; $peername becomes the address and port of who has sent it.",
            receive_from,
        )
}

/// The string that received bytes become.
pub fn string(bytes: &[u8]) -> Value {
    Value::string(bytes)
}

fn length_of(number: i64) -> usize {
    usize::try_from(if number <= 0 { DEFAULT } else { number }).unwrap_or(usize::MAX)
}

fn receive(
    call: &mut Call,
    run: impl FnOnce(&NetSocket, usize, f64) -> Result<Value, Error>,
) -> Done {
    let length = length_of(call.opt_long(0, DEFAULT)?);
    let timeout = call.opt_double(1, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    give(call, run(&socket, length, timeout))
}

fn give(call: &Call, outcome: Result<Value, Error>) -> Done {
    match outcome {
        Ok(value) => {
            failure::clear(call.this_object()?, SLOTS);
            call.ret(value)
        }
        Err(error) => {
            failure::settle(call.this_object()?, SLOTS, &error)?;
            call.ret_bool(false)
        }
    }
}

fn peek(call: &mut Call) -> Done {
    let length = length_of(call.opt_long(0, DEFAULT)?);
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    give(call, socket.peek(length, string))
}

fn receive_all(call: &mut Call) -> Done {
    let length = length_of(call.opt_long(0, DEFAULT)?);
    let timeout = call.opt_double(1, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let part = match socket.receive_all(length, timeout) {
        Ok(part) => part,
        Err(error) => return give(call, Err(error)),
    };
    match part.error {
        None => give(call, Ok(Value::string(&part.done))),
        Some(error) if part.done.is_empty() => give(call, Err(error)),
        Some(error) => {
            let value = Value::string(&part.done);
            failure::settle(call.this_object()?, SLOTS, &error)?;
            call.ret(value)
        }
    }
}

/// Waits for a packet; what the length function throws comes out.
pub fn packet(
    socket: &NetSocket,
    function: Option<Callable>,
    timeout: f64,
) -> Result<Result<Value, Error>, Throw> {
    let mut thrown = None;
    let measure = |bytes: &[u8]| {
        let Some(function) = &function else {
            return -1;
        };
        match function.call(&[Value::string(bytes)]).into_result() {
            Ok(length) => length.to_long(),
            Err(throw) => {
                thrown = Some(throw);
                -1
            }
        }
    };
    let outcome = socket.receive_packet(timeout, measure, string);
    match thrown {
        Some(throw) => Err(throw),
        None => Ok(outcome),
    }
}

fn receive_packet(call: &mut Call) -> Done {
    let timeout = call.opt_double(0, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let function = call.this::<State>()?.length_function();
    let outcome = packet(&socket, function, timeout)?;
    if let Err(error @ Error::Malformed(Malformed::NoLength)) = &outcome {
        failure::tell(call.this_object()?, SLOTS, error);
        return call.ret_str("");
    }
    give(call, outcome)
}

fn receive_from(call: &mut Call) -> Done {
    let timeout = call.opt_double(1, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let received = socket.receive_from(DEFAULT as usize, timeout, |bytes, from| {
        (Value::string(bytes), from, bytes.is_empty())
    });
    match received {
        Ok((value, from, is_empty)) => {
            failure::clear(call.this_object()?, SLOTS);
            if !is_empty {
                let mut peer = Array::with_capacity(2);
                peer.set(
                    "address",
                    from.as_ref().map_or_else(Vec::new, |from| from.host()),
                )
                .set("port", from.map_or(0, |from| from.port()));
                call.set_ref(0, peer)?;
            }
            waiting::resumed()?;
            call.ret(value)
        }
        Err(error) => give(call, Err(error)),
    }
}
