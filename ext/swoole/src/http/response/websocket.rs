//! The methods of a response that speak WebSocket, on a socket: `upgrade()`, `recv()`, `push()` and their like.

use super::reply::{self, Reply, Socket, with_signature};
use super::{FD, State};
use crate::coroutine::socket::{self, failure};
use crate::error_code;
use crate::websocket::greeting::{self, Greeting};
use crate::websocket::outgoing::{Outgoing, Rules};
use crate::websocket::{FIN, MASK, RSV1, frame};
use highper_http::{Progress, SendError};
use highper_runtime::{serve, set_last_error, superglobals};
use highper_websocket::{Error, Opcode, close, encode};
use highper_zend::{Call, Class, Done, Throw, Value, error};
use std::rc::Rc;

/// Bytes that one receive takes at most.
const ROOM: usize = 65_536;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function upgrade(): bool",
            "Makes a WebSocket connection of the request's, in a Coroutine\\Http\\Server.",
            upgrade,
        )
        .method(
            "public function push(Swoole\\WebSocket\\Frame|string $data, int $opcode = 1, int $flags = 1): bool",
            "Sends a frame.",
            push,
        )
        .method(
            "public function recv(float $timeout = 0): Swoole\\WebSocket\\Frame|string|false",
            "Waits for a message. '' when the client has closed, false when that went wrong or took too long.",
            recv,
        )
        .method("public function close(): bool", "Closes the connection.", close_connection)
        .method(
            "public function ping(string $data = ''): bool",
            "Sends a ping.",
            |call| {
                let exchange = call.this::<State>()?.exchange.borrow().clone();
                if exchange.is_some_and(|exchange| exchange.ping()) {
                    return call.ret_bool(true);
                }
                let Some(reply) = reply(call)? else {
                    return call.ret_bool(false);
                };
                if reply.websocket.borrow().is_none() {
                    error::warning("only supports websocket or http2 client")?;
                    return call.ret_bool(false);
                }
                let data = call.opt_str(0)?.map(|data| data.as_value().clone());
                let data = data.unwrap_or_else(|| Value::string(b""));
                let outgoing = Outgoing::of(&data, Opcode::Ping as i64, FIN, close::NORMAL)?;
                send(call, &reply, outgoing)
            },
        )
        .method(
            "public function goaway(int $error_code = 0, string $debug_data = ''): bool",
            "Tells a client that speaks HTTP/2 that its connection takes no more requests. False with a warning for others.",
            |call| {
                let (code, why) = (call.opt_long(0, 0)?, call.opt_str(1)?);
                let why = why.as_ref().map_or(&b""[..], |why| why.as_bytes());
                let exchange = call.this::<State>()?.exchange.borrow().clone();
                let code = u32::try_from(code).unwrap_or(2);
                if exchange.is_some_and(|exchange| exchange.go_away(code, why)) {
                    return call.ret_bool(true);
                }
                let fd = call.this_object()?.slot(FD as usize).map_or(0, Value::to_long);
                error::warning(format!("fd[{fd}] is not a HTTP2 conncetion"))?;
                call.ret_bool(false)
            },
        )
        .method(
            "public function disconnect(int $code = 1000, string $reason = ''): bool",
            "Sends a close frame, then closes.",
            disconnect,
        )
}

/// The reply; without one, the connection is none of ours any more.
fn reply(call: &Call) -> Result<Option<Rc<Reply>>, Throw> {
    let this = call.this::<State>()?;
    let reply = this.reply.borrow().clone();
    if reply.is_none() && this.exchange.borrow().is_none() {
        set_last_error(error_code::SESSION_CLOSED);
    }
    Ok(reply)
}

/// The reply of a WebSocket connection; warns where it is none.
fn upgraded(call: &Call) -> Result<Option<Rc<Reply>>, Throw> {
    let found = reply(call)?.filter(|reply| reply.websocket.borrow().is_some());
    if found.is_none() && !gone(call)? {
        let fd = call
            .this_object()?
            .slot(FD as usize)
            .map_or(0, Value::to_long);
        error::warning(format!("fd[{fd}] is not a websocket conncetion"))?;
    }
    Ok(found)
}

fn gone(call: &Call) -> Result<bool, Throw> {
    let this = call.this::<State>()?;
    Ok(this.reply.borrow().is_none() && this.exchange.borrow().is_none())
}

fn upgrade(call: &mut Call) -> Done {
    let this = call.this::<State>()?;
    if this.exchange.borrow().is_some() {
        error::warning("async server dose not support protocol upgrade")?;
        return call.ret_bool(false);
    }
    let Some(reply) = reply::usable(call)? else {
        return call.ret_bool(false);
    };
    let mut out = Vec::new();
    let values = |name: &[u8]| reply.values(name);
    let made = if reply.answer().progress() != Progress::Waiting {
        Err(SendError::Started)
    } else if let Some((status, field)) = greeting::refusal(values) {
        reply.answer().close_after();
        let refused = with_signature(|signature| {
            let fields = |head: &mut highper_http::ResponseHead<'_>| match field {
                Some((name, value)) => head.header(name, value),
                None => Ok(()),
            };
            reply
                .answer()
                .respond(&mut out, signature, (status, None), fields, b"")
        });
        if refused.is_ok() {
            reply.send(&out)?;
        }
        return call.ret_bool(false);
    } else {
        let options = Rc::clone(reply.options());
        let greeting = Greeting::new(&options, values, |name| this.has(name));
        let made = with_signature(|signature| {
            reply.answer().upgrade(&mut out, signature, |head| {
                this.add_switching_fields(head)?;
                greeting.write(head, |name| this.has(name))
            })
        });
        made.map(|()| greeting.decoder())
    };
    match made {
        Ok(decoder) => {
            if this.own.get() {
                // There is no body any more that could take what is printed.
                superglobals::let_out();
            }
            let compress = decoder.config().deflate;
            reply.websocket.replace(Some(Socket {
                decoder,
                input: reply.take_rest(),
                at: 0,
                compress,
            }));
            let sent = reply.send(&out)?;
            call.ret_bool(sent)
        }
        Err(problem) => {
            error::warning(problem.to_string())?;
            call.ret_bool(false)
        }
    }
}

fn send(call: &Call, reply: &Reply, mut outgoing: Outgoing) -> Done {
    let compress = reply
        .websocket
        .borrow()
        .as_ref()
        .is_some_and(|socket| socket.compress);
    outgoing.set_sender_to_server(compress);
    let Some(frame) = outgoing.prepare(Rules::All)? else {
        set_last_error(error_code::WEBSOCKET_PACK_FAILED);
        return call.ret_bool(false);
    };
    let mut out = Vec::new();
    frame.write(&mut out);
    drop(frame);
    let sent = reply.send(&out)?;
    call.ret_bool(sent)
}

fn push(call: &mut Call) -> Done {
    let Some(reply) = upgraded(call)? else {
        return call.ret_bool(false);
    };
    let flags = match call.opt_value(2) {
        Some(value) => value.deref().to_long(),
        None => FIN,
    };
    let data = call.value(0)?.deref();
    let outgoing = Outgoing::of(data, call.opt_long(1, 1)?, flags, close::NORMAL)?;
    send(call, &reply, outgoing)
}

fn disconnect(call: &mut Call) -> Done {
    let Some(reply) = upgraded(call)? else {
        return call.ret_bool(false);
    };
    let (code, reason) = (
        call.opt_long(0, i64::from(close::NORMAL))?,
        call.opt_bytes(1, b"")?,
    );
    if reason.len() > close::REASON_LIMIT {
        error::warning(format!(
            "the max length of close reason is {}",
            close::REASON_LIMIT
        ))?;
        set_last_error(error_code::WEBSOCKET_PACK_FAILED);
        return call.ret_bool(false);
    }
    let mut out = Vec::new();
    encode::close(&mut out, None, code as u16, reason);
    let sent = reply.send(&out)?;
    // It is over, whether somebody waited for it or not.
    let _closed = reply.socket().close();
    call.ret_bool(sent)
}

fn close_connection(call: &mut Call) -> Done {
    if let Some(reply) = reply(call)? {
        let closed = reply.socket().close();
        return call.ret_bool(closed.is_ok());
    }
    let exchange = call.this::<State>()?.exchange.borrow().clone();
    let server = serve::worker().and_then(|worker| worker.server());
    match (exchange, server) {
        (Some(exchange), Some(server)) if exchange.connection().is_open() => {
            server.close_gently(exchange.connection());
            call.ret_bool(true)
        }
        _ => call.ret_bool(false),
    }
}

/// What the input had next.
enum Next {
    More,
    Frame(Opcode, i64, Vec<u8>),
    Failed(Error),
}

fn next(socket: &mut Socket) -> Next {
    let at = socket.at;
    match socket.decoder.feed(&mut socket.input[at..]) {
        Err(error) => Next::Failed(error),
        Ok(step) => {
            let used = step.used;
            let next = match step.frame {
                None => Next::More,
                Some(frame) => {
                    let mut flags = FIN;
                    if !frame.opcode.is_control() {
                        flags |= i64::from(frame.compressed) * RSV1;
                        flags |= i64::from(frame.masked) * MASK;
                    }
                    Next::Frame(frame.opcode, flags, frame.payload.to_vec())
                }
            };
            socket.at += used;
            if matches!(next, Next::More) {
                socket.input.drain(..socket.at);
                socket.at = 0;
            }
            next
        }
    }
}

/// Swoole's words for messages in parts that don't fit together.
fn words(error: Error) -> String {
    match error {
        Error::Continuation => "A continuation frame cannot stand alone and MUST be preceded by an initial frame whose opcode indicates either text or binary data.".to_owned(),
        Error::Interrupted => "All fragments of a message, except for the initial frame, must use the continuation frame opcode(0).".to_owned(),
        other => other.to_string(),
    }
}

fn recv(call: &mut Call) -> Done {
    let Some(reply) = upgraded(call)? else {
        return call.ret_bool(false);
    };
    let timeout = call.opt_double(0, 0.0)?;
    loop {
        let next = match &mut *reply.websocket.borrow_mut() {
            Some(socket) => next(socket),
            None => return call.ret_bool(false),
        };
        match next {
            Next::Frame(opcode, flags, payload) => {
                let options = reply.options();
                let (shown, answer) = match opcode {
                    Opcode::Ping => (options.ping, Some(Opcode::Pong)),
                    Opcode::Pong => (options.pong, None),
                    Opcode::Close => (options.close, Some(Opcode::Close)),
                    _ => (true, None),
                };
                if shown {
                    let fd = i64::from(reply.socket().fd());
                    let frame = frame::make(opcode, &payload, flags, fd)?;
                    return call.ret(frame);
                }
                if let Some(answer) = answer {
                    let mut out = Vec::new();
                    encode::frame(&mut out, answer, encode::FIN, None, &payload);
                    reply.send(&out)?;
                }
            }
            Next::More => {
                let received = reply.socket().receive(ROOM, timeout, <[u8]>::to_vec);
                match received {
                    Ok(bytes) if bytes.is_empty() => {
                        let _closed = reply.socket().close();
                        return call.ret_str("");
                    }
                    Ok(bytes) => {
                        if let Some(socket) = &mut *reply.websocket.borrow_mut() {
                            socket.input.extend_from_slice(&bytes);
                        }
                    }
                    Err(error) => {
                        failure::settle(reply.object(), socket::SLOTS, &error)?;
                        return call.ret_bool(false);
                    }
                }
            }
            Next::Failed(error) => {
                if !reply.failed.replace(true) {
                    crate::function::logging::put(crate::function::logging::WARNING, &words(error));
                    let mut out = Vec::new();
                    encode::close(
                        &mut out,
                        None,
                        error.close_code(),
                        error.to_string().as_bytes(),
                    );
                    reply.send(&out)?;
                }
                set_last_error(error_code::PROTOCOL_ERROR);
                return call.ret_bool(false);
            }
        }
    }
}
