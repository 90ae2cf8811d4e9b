//! `Swoole\Coroutine\Server\Connection`: what a server's handler is given.

use crate::coroutine::socket::SOCKET;
use highper_zend::{Call, Class, ClassRef, Done, Object, Registry, Throw, Value};

/// The class.
pub static CONNECTION: ClassRef = ClassRef::new("Swoole\\Coroutine\\Server\\Connection");

const SOCKET_SLOT: usize = 0;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Server\\Connection")
            .doc("A connection of a Coroutine\\Server.")
            .handle(&CONNECTION)
            .alias("Co\\Server\\Connection")
            .property("protected $socket", "Its Coroutine\\Socket.")
            .method(
                "public function __construct(Swoole\\Coroutine\\Socket $conn)",
                "Wraps a socket.",
                |call| {
                    let socket = call.object_of(0, &SOCKET)?.clone();
                    call.this_object()?.set_slot(SOCKET_SLOT, socket);
                    Ok(())
                },
            )
            .method(
                "public function recv(float $timeout = 0.0)",
                "As Coroutine\\Socket::recvPacket().",
                |call| {
                    let timeout = call.opt_double(0, 0.0)?;
                    forward(call, "recvPacket", &[timeout.into()])
                },
            )
            .method(
                "public function send(string $data)",
                "As Coroutine\\Socket::sendAll().",
                |call| {
                    let data = call.str(0)?;
                    forward(call, "sendAll", &[data.into()])
                },
            )
            .method("public function close(): bool", "Closes it.", |call| {
                forward(call, "close", &[])
            })
            .method(
                "public function exportSocket(): Swoole\\Coroutine\\Socket",
                "The socket.",
                |call| {
                    let socket = socket(call)?;
                    call.ret(socket)
                },
            ),
    );
}

fn socket(call: &Call) -> Result<Object, Throw> {
    let slot = call.this_object()?.slot(SOCKET_SLOT);
    slot.and_then(|value| value.as_object().cloned())
        .ok_or_else(|| Throw::error("must call constructor first"))
}

fn forward(call: &mut Call, method: &str, args: &[Value]) -> Done {
    let outcome = socket(call)?.call(method, args).into_result()?;
    call.ret(outcome)
}
