//! `Highper\WebSocket\ClientConnection`

use super::exception::{misused, thrown};
use crate::websocket::message_of_server;
use highper_engine::{clock, scheduler};
use highper_peer::Connection;
use highper_websocket::close;
use highper_zend::{
    Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value, json,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

static CONNECTION: ClassRef = ClassRef::new("Highper\\WebSocket\\ClientConnection");

#[derive(Default)]
struct State {
    open: OnceCell<Rc<Connection>>,
    /// The message that an iteration is at.
    current: RefCell<Option<Value>>,
    key: Cell<usize>,
    begun: Cell<bool>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(current) = self.current.try_borrow() {
            current.trace(tracer);
        }
    }
}

/// The object of a connection.
pub(super) fn object(connection: Rc<Connection>) -> Result<Object, Throw> {
    let object = CONNECTION.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.open.set(connection);
    }
    Ok(object)
}

fn open(call: &Call) -> Result<Rc<Connection>, Throw> {
    let open = call.this::<State>()?.open.get().cloned();
    open.ok_or_else(|| misused("this connection was never made"))
}

fn send(call: &Call, is_binary: bool, payload: &[u8]) -> Done {
    let sent = open(call)?.send(is_binary, payload);
    sent.map_err(|error| thrown(&error))
}

fn next(connection: &Connection, deadline: Option<u64>) -> Result<Option<Object>, Throw> {
    let received = connection
        .receive(deadline)
        .map_err(|error| thrown(&error))?;
    received
        .map(|message| message_of_server(&message.payload, message.is_binary))
        .transpose()
}

fn advance(call: &Call) -> Done {
    let connection = open(call)?;
    let message = next(&connection, scheduler::deadline())?.map(Value::from);
    let old = call.this::<State>()?.current.replace(message);
    drop(old);
    Ok(())
}

fn receive(call: &mut Call) -> Done {
    let own = match call.opt_double_or_null(0)? {
        None => None,
        Some(seconds) => {
            let time = Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|time| !time.is_zero());
            let time = time.ok_or_else(|| {
                Throw::argument_value(0, "must be greater than 0 seconds, or null for no limit")
            })?;
            Some(clock::after(time))
        }
    };
    let deadline = match (own, scheduler::deadline()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let connection = open(call)?;
    let message = next(&connection, deadline)?;
    call.ret(message)
}

fn shut(call: &mut Call) -> Done {
    let code = call.opt_long(0, i64::from(close::NORMAL))?;
    let known = u16::try_from(code).ok().filter(|c| close::is_sendable(*c));
    let Some(known) = known else {
        return Err(Throw::argument_value(
            0,
            format!(
                "must be a code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999; {code} given"
            ),
        ));
    };
    let reason = call.opt_text(1, "")?;
    if reason.len() > close::REASON_LIMIT {
        return Err(Throw::argument_value(
            1,
            format!(
                "must have {} bytes at most, {} given",
                close::REASON_LIMIT,
                reason.len()
            ),
        ));
    }
    let closed = open(call)?.close(known, reason.as_bytes());
    closed.map_err(|error| thrown(&error))
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\ClientConnection")
            .doc(
                "A WebSocket to another server, to be gone through: foreach ($connection as $message). Any coroutine may send; one at a time \
                 receives. Pings are answered by themselves. Letting go of it closes it.\n\n\
                 @implements \\Iterator<int, \\Highper\\WebSocket\\Message>",
            )
            .handle(&CONNECTION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .implements("Iterator")
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function send(string $text): void",
                "Sends a text, waiting until the system has taken it.\n\n\
                 @throws \\ValueError It is not UTF-8.\n@throws \\Highper\\WebSocket\\ClientException The connection is over, or the server took nothing in time.",
                |call| {
                    let text = call.str(0)?;
                    if text.to_utf8().is_none() {
                        return Err(Throw::argument_value(0, "must be UTF-8; sendBinary() sends other bytes"));
                    }
                    send(call, false, &text)
                },
            )
            .method(
                "public function sendBinary(string $data): void",
                "Sends bytes, as send().\n\n@throws \\Highper\\WebSocket\\ClientException",
                |call| {
                    let data = call.str(0)?;
                    send(call, true, &data)
                },
            )
            .method(
                "public function json(mixed $value): void",
                "Sends a value as JSON, as send().\n\n@throws \\Highper\\WebSocket\\ClientException",
                |call| {
                    let text = json::encode(call.value(0)?)?;
                    send(call, false, &text)
                },
            )
            .method(
                "public function receive(?float $timeout = null): ?\\Highper\\WebSocket\\Message",
                "Waits for the next message; null at the end, when the server, or somebody here, has closed the connection.\n\n\
                 @param float|null $timeout Seconds; null for no limit.\n\
                 @throws \\Highper\\WebSocket\\ClientTimeoutException None came in time; the connection stays.\n\
                 @throws \\Highper\\WebSocket\\ClientException The connection was lost, or the server broke a rule.",
                receive,
            )
            .method(
                "public function ping(): void",
                "Asks the server whether it is there, without waiting for its answer: where none comes the connection is over (the setting ping).\n\n\
                 @throws \\Highper\\WebSocket\\ClientException",
                |call| open(call)?.ask().map_err(|error| thrown(&error)),
            )
            .method(
                "public function close(int $code = 1000, string $reason = ''): void",
                "Closes the connection: says good-bye and waits for the server's. Who receives comes to the end.\n\n\
                 @param int $code 1000 to 1014 as RFC 6455 has them, 3000 to 4999 for your own.\n\
                 @param string $reason UTF-8, 123 bytes at most.",
                shut,
            )
            .method("public function isOpen(): bool", "May something be sent, as far as one knows?", |call| {
                let is_open = open(call)?.is_open();
                call.ret_bool(is_open)
            })
            .method(
                "public function protocol(): ?string",
                "The subprotocol that the server has chosen.",
                |call| {
                    let connection = open(call)?;
                    call.ret(connection.protocol().map(Value::from))
                },
            )
            .method(
                "public function header(string $name): ?string",
                "A field of the server's handshake; the values of several joined by commas.",
                |call| {
                    let connection = open(call)?;
                    let name = call.bytes(0)?;
                    let all = connection.headers().iter();
                    let values: Vec<&[u8]> = all
                        .filter(|(have, _)| have.eq_ignore_ascii_case(name))
                        .map(|(_, value)| &value[..])
                        .collect();
                    match values.is_empty() {
                        true => call.ret_null(),
                        false => call.ret(Value::string(values.join(&b", "[..]))),
                    }
                },
            )
            .method(
                "public function isCompressed(): bool",
                "Was compression agreed on?",
                |call| {
                    let is = open(call)?.is_compressed();
                    call.ret_bool(is)
                },
            )
            .method(
                "public function closeCode(): ?int",
                "The code of the end: 1005 where the server gave none, 1006 where the connection was lost; null while it is open.",
                |call| {
                    let end = open(call)?.end();
                    call.ret(end.map(|end| i64::from(end.code)))
                },
            )
            .method("public function closeReason(): ?string", "The reason of the end; null while it is open.", |call| {
                let end = open(call)?.end();
                call.ret(end.map(|end| Value::string(end.reason)))
            })
            .method("public function current(): mixed", "The message.", |call| {
                let current = call.this::<State>()?.current.borrow().clone();
                call.ret(current)
            })
            .method("public function key(): int", "Its number, from 0.", |call| {
                let key = call.this::<State>()?.key.get();
                call.ret(key as i64)
            })
            .method("public function next(): void", "Waits for the next message.", |call| {
                let key = &call.this::<State>()?.key;
                key.set(key.get() + 1);
                advance(call)
            })
            .method("public function rewind(): void", "Waits for the first message.", |call| {
                match call.this::<State>()?.begun.replace(true) {
                    true => Ok(()),
                    false => advance(call),
                }
            })
            .method("public function valid(): bool", "Is there a message? Not at the end.", |call| {
                call.ret_bool(call.this::<State>()?.current.borrow().is_some())
            }),
    );
}
