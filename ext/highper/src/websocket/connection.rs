//! `Highper\WebSocket\Connection`

use super::guest::Guest;
use super::{audience, guest};
use highper_rooms::Socket;
use highper_websocket::{Opcode, close};
use highper_zend::{
    Call, Class, ClassRef, Done, Flags, Object, Registry, Str, Throw, Trace, Value, json,
};
use std::cell::OnceCell;
use std::rc::Rc;

pub(super) static CONNECTION: ClassRef = ClassRef::new("Highper\\WebSocket\\Connection");

#[derive(Default)]
struct State(OnceCell<Rc<Socket>>);

impl Trace for State {}

/// An object for a connection; all of one connection have the same number, and mean the same.
pub(super) fn object(socket: &Rc<Socket>) -> Result<Object, Throw> {
    let object = CONNECTION.instantiate()?;
    object.set("id", Value::long(socket.id().cast_signed()))?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(socket));
    }
    Ok(object)
}

/// The connection of an object.
pub(super) fn socket(object: &Object) -> Option<&Rc<Socket>> {
    object.state::<State>()?.0.get()
}

fn of(call: &Call) -> Result<&Rc<Socket>, Throw> {
    let socket = call.this::<State>()?.0.get();
    socket.ok_or_else(|| Throw::error("this object belongs to no connection"))
}

fn guest_of(call: &Call) -> Result<Rc<Guest>, Throw> {
    guest::of(of(call)?).ok_or_else(|| Throw::error("the connection's process has ended"))
}

/// Text that can be sent.
pub(super) fn text(call: &Call, arg: usize) -> Result<Str, Throw> {
    let text = call.str(arg)?;
    match text.to_utf8() {
        Some(_) => Ok(text),
        None => Err(Throw::argument_value(
            arg,
            "must be UTF-8; sendBinary() sends other bytes",
        )),
    }
}

/// The names of rooms, one at least.
pub(super) fn names(call: &Call) -> Result<Vec<Box<[u8]>>, Throw> {
    let mut names = Vec::new();
    for at in 0..call.num_args() {
        names.push(call.bytes(at)?.into());
    }
    match names.is_empty() {
        true => Err(Throw::error(
            "name one room at least, or reach all connections with Rooms::everyone()",
        )),
        false => Ok(names),
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\Connection")
            .doc(
                "A client that speaks WebSocket.\n\n\
                 Nothing here waits for the client: what it does not take at once waits in its queue, whose bounds the route says.",
            )
            .handle(&CONNECTION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .property("public readonly int $id", "Its number, which no other connection of the server has.")
            .method(
                "public function send(string $text): bool",
                "Sends a text.\n\n@return bool false: the client has gone, or was closed because it is too slow.\n@throws \\ValueError It is not UTF-8.",
                |call| {
                    let socket = of(call)?;
                    let text = text(call, 0)?;
                    call.ret_bool(socket.send(Opcode::Text, &text))
                },
            )
            .method("public function sendBinary(string $data): bool", "Sends bytes, as send().", |call| {
                let socket = of(call)?;
                call.ret_bool(socket.send(Opcode::Binary, call.bytes(0)?))
            })
            .method("public function json(mixed $value): bool", "Sends a value as JSON, as send().", |call| {
                let socket = of(call)?;
                let text = json::encode(call.value(0)?)?;
                call.ret_bool(socket.send(Opcode::Text, &text))
            })
            .method(
                "public function close(int $code = 1000, string $reason = ''): void",
                "Closes the connection, behind what was sent.\n\n\
                 @param int $code 1000 to 1014 as RFC 6455 has them, 3000 to 4999 for your own.\n\
                 @param string $reason UTF-8, 123 bytes at most.",
                shut,
            )
            .method("public function isOpen(): bool", "May something be sent?", |call| call.ret_bool(of(call)?.is_open()))
            .method("public function join(string ...$rooms): static", "Joins rooms.", |call| {
                let socket = Rc::clone(of(call)?);
                for name in names(call)? {
                    socket.join(&name);
                }
                call.ret_this()
            })
            .method("public function leave(string ...$rooms): static", "Leaves rooms; all where none is named.", |call| {
                let socket = Rc::clone(of(call)?);
                let all = match call.num_args() {
                    0 => socket.rooms(),
                    _ => names(call)?,
                };
                for name in all {
                    socket.leave(&name);
                }
                call.ret_this()
            })
            .method("public function rooms(): array", "The rooms that it is in; in close() those that it was in.\n\n@return list<string>", |call| {
                let mut list = highper_zend::Array::new();
                for name in of(call)?.rooms() {
                    list.push(Value::string(&name));
                }
                call.ret(list)
            })
            .method(
                "public function to(string ...$rooms): \\Highper\\WebSocket\\Audience",
                "The members of rooms, in all workers: ->to('news')->except($connection)->send('…').",
                |call| {
                    let app = Rc::clone(&guest_of(call)?.app);
                    call.ret(audience::object(&app, names(call)?, false)?)
                },
            )
            .method("public function request(): \\Highper\\Http\\Request", "The request that it began with: its headers, cookies, query and attributes.", |call| {
                let socket = Rc::clone(of(call)?);
                let incoming = guest_of(call)?.incoming(&socket)?;
                call.ret(incoming.object()?)
            })
            .method("public function set(string $name, mixed $value): static", "Keeps a value with the connection.", |call| {
                guest_of(call)?.set(call.bytes(0)?, call.value(1)?.clone());
                call.ret_this()
            })
            .method("public function get(string $name, mixed $default = null): mixed", "A value that was kept with the connection.", |call| {
                let value = guest_of(call)?.get(call.bytes(0)?);
                let value = value.or_else(|| call.opt_value(1).cloned());
                call.ret(value.unwrap_or_default())
            }),
    );
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
    of(call)?.close(known, reason.as_bytes());
    Ok(())
}
