//! `Highper\Tcp\Connection`

use super::exception::{misused, thrown};
use super::options::seconds;
use highper_wire::Connection;
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace};
use std::cell::OnceCell;
use std::rc::Rc;

static CONNECTION: ClassRef = ClassRef::new("Highper\\Tcp\\Connection");

#[derive(Default)]
struct State(OnceCell<Rc<Connection>>);

impl Trace for State {}

/// The object of a connection.
pub(super) fn object(connection: Connection) -> Result<Object, Throw> {
    let object = CONNECTION.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::new(connection));
    }
    Ok(object)
}

fn connection(call: &Call) -> Result<Rc<Connection>, Throw> {
    let connection = call.this::<State>()?.0.get().cloned();
    connection.ok_or_else(|| misused("this connection was never made"))
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Tcp\\Connection")
            .doc("A connection of one's own: one coroutine may send while another receives. Letting go of it closes it.")
            .handle(&CONNECTION)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function send(string $packet): void",
                "Sends a packet; the framing is added.\n\n@throws \\Highper\\Tcp\\ClientException",
                |call| {
                    let packet = call.str(0)?;
                    connection(call)?.send(&packet).map_err(|error| thrown(&error))
                },
            )
            .method(
                "public function receive(?float $timeout = null): ?string",
                "Waits for a packet, without its framing; null when the server has closed the connection.\n\n\
                 @param float|null $timeout Seconds; null for the client's.\n\
                 @throws \\Highper\\Tcp\\ClientException",
                |call| {
                    let timeout = seconds(call, 0, None)?;
                    let packet = connection(call)?.receive(timeout).map_err(|error| thrown(&error))?;
                    call.ret(packet)
                },
            )
            .method(
                "public function release(): void",
                "Gives the connection back to the pool, to serve others: nothing may be on its way on it any more.",
                |call| {
                    connection(call)?.release();
                    Ok(())
                },
            )
            .method("public function close(): void", "Closes the connection; who waits for it is told.", |call| {
                connection(call)?.close();
                Ok(())
            })
            .method("public function isOpen(): bool", "Is it open, as far as one knows?", |call| {
                let is_open = connection(call)?.is_open();
                call.ret_bool(is_open)
            }),
    );
}
