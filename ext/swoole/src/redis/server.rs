//! `Swoole\Redis\Server`: a server whose packets are commands, with a handler for each.

use super::format;
use crate::function::logging;
use crate::server::State;
use highper_net::framing::redis::{Element, elements};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Value, error,
};

/// The class.
pub(crate) static REDIS_SERVER: ClassRef = ClassRef::new("Swoole\\Redis\\Server");

pub(super) const ERROR: i64 = 0;
pub(super) const NIL: i64 = 1;
pub(super) const STATUS: i64 = 2;
pub(super) const INT: i64 = 3;
pub(super) const STRING: i64 = 4;
pub(super) const SET: i64 = 5;
pub(super) const MAP: i64 = 6;

/// Bytes from which on a command's name is too long.
const NAME_LIMIT: usize = 64;

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Redis\\Server")
            .doc("A server that speaks Redis' protocol: each command has a handler of its own.")
            .handle(&REDIS_SERVER)
            .extends("Swoole\\Server")
            .flags(Flags::NOT_SERIALIZABLE | Flags::DYNAMIC_PROPERTIES)
            .deny_clone()
            .deny_unset()
            .constant("ERROR", ERROR, "format(): an error, a line of text.")
            .constant("NIL", NIL, "format(): no value.")
            .constant("STATUS", STATUS, "format(): a line of text, `OK` where none is given.")
            .constant("INT", INT, "format(): a number.")
            .constant("STRING", STRING, "format(): a string.")
            .constant("SET", SET, "format(): a list.")
            .constant("MAP", MAP, "format(): keys and values.")
            .method(
                "public function setHandler(string $command, callable $callback): bool",
                "What answers a command: it gets the connection's number and the arguments, and returns a reply or sends one.",
                set_handler,
            )
            .method(
                "public function getHandler(string $command): Closure",
                "The handler of a command; null where it has none.",
                |call| {
                    let name = call.bytes(0)?.to_ascii_lowercase();
                    let found = call.this::<State>()?.commands_of_redis.borrow().get(&name).cloned();
                    call.ret(found.map(|callable| callable.value().clone()))
                },
            )
            .method(
                "public static function format(int $type, mixed $value = null): false|string",
                "A reply in Redis' protocol.",
                |call| {
                    let mut out = Vec::with_capacity(64);
                    format::reply(&mut out, call.long(0)?, call.opt_value(1))?;
                    call.ret_str(&out)
                },
            ),
    );
}

fn set_handler(call: &mut Call) -> Done {
    let name = call.bytes(0)?.to_ascii_lowercase();
    if name.is_empty() || name.len() >= NAME_LIMIT {
        return Err(error::fatal("invalid command"));
    }
    let callback = call.callable(1)?;
    let this = call.this::<State>()?;
    this.commands_of_redis.borrow_mut().insert(name, callback);
    call.ret_bool(true)
}

/// What a command asks for: how to answer it.
pub(crate) enum Asked {
    /// Call this with the connection's number and the arguments.
    Handler(Callable, Array),
    /// Send this.
    Reply(Vec<u8>),
    /// Close: the name is longer than any.
    TooLong,
}

/// Finds what answers a packet that the framing has found to be a command.
pub(crate) fn asked(server: &Object, packet: &[u8]) -> Asked {
    let mut all = elements(packet);
    let name = match all.next() {
        Some(Element::Text(name)) => name,
        _ => b"",
    };
    if name.len() >= NAME_LIMIT {
        let shown = String::from_utf8_lossy(&name[..8]);
        let text = format!("command [{shown}...](length={}) is too long", name.len());
        logging::put(logging::WARNING, &text);
        return Asked::TooLong;
    }
    let found = server.state::<State>().and_then(|state| {
        let handlers = state.commands_of_redis.borrow();
        handlers.get(&name.to_ascii_lowercase()).cloned()
    });
    let Some(handler) = found else {
        let mut text = b"-ERR unknown command '".to_vec();
        text.extend(name.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            byte => *byte,
        }));
        text.extend_from_slice(b"'\r\n");
        return Asked::Reply(text);
    };
    let mut arguments = Array::new();
    for element in all {
        match element {
            Element::Text(text) => arguments.push(Value::string(text)),
            Element::Number(number) => arguments.push(number),
            Element::Nil => arguments.push(Value::null()),
        };
    }
    Asked::Handler(handler, arguments)
}

/// Calls a command's handler and sends the reply that it returns.
pub(crate) fn answer(
    server: &Object,
    session: i64,
    handler: &Callable,
    arguments: &Array,
) -> Result<(), Throw> {
    let given = [Value::from(session), arguments.as_value().clone()];
    let reply = handler.call(&given).into_result()?;
    if reply.deref().is_string() {
        let sent = [Value::from(session), reply.deref().clone()];
        server.call("send", &sent).into_result()?;
    }
    Ok(())
}
