//! `Swoole\Server\Port`: the socket of a server.

use super::{State as Server, callback, merge, register};
use highper_zend::{Call, Class, ClassRef, Flags, Object, Registry, Throw, Trace, Tracer, Value};
use std::cell::RefCell;

/// The class.
static PORT: ClassRef = ClassRef::new("Swoole\\Server\\Port");

/// The server that it belongs to.
#[derive(Default)]
struct State(RefCell<Option<Object>>);

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(server) = self.0.try_borrow()
            && let Some(server) = &*server
        {
            tracer.value(server.as_value());
        }
    }
}

/// Slots of the declared properties, in order.
const HOST: usize = 0;
const NUMBER: usize = 1;
const TYPE: usize = 2;
const SOCK: usize = 3;
const SETTING: usize = 5;
const CONNECTIONS: usize = 6;

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Server\\Port")
            .doc("A socket that a server listens on.")
            .handle(&PORT)
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_create()
            .state::<State>()
            .property("public $host = null", "The address.")
            .property("public $port = 0", "The port.")
            .property("public $type = 0", "The kind of socket, SWOOLE_SOCK_*.")
            .property("public $sock = -1", "The descriptor.")
            .property("public $ssl = false", "Does it speak TLS?")
            .property("public $setting = null", "The settings as given to set().")
            .property(
                "public $connections = null",
                "The connections of this worker.",
            )
            .method(
                "public function set(array $settings): void",
                "As Server::set().",
                |call| {
                    let server = server(call)?;
                    let settings = call.array(0)?.clone();
                    let all = merge(&server, &settings)?;
                    call.this_object()?.set_slot(SETTING, all);
                    Ok(())
                },
            )
            .method(
                "public function on(string $event_name, callable $callback): bool",
                "As Server::on().",
                |call| {
                    let server = server(call)?;
                    let callback = callback(call)?;
                    let done = register(&server, call.text(0)?, callback)?;
                    call.ret_bool(done)
                },
            )
            .method(
                "public function getCallback(string $event_name): ?\\Closure",
                "The callback of an event, or null.",
                |call| {
                    let server = server(call)?;
                    let name = call.text(0)?.to_ascii_lowercase();
                    let found = server.state::<Server>().and_then(|state| {
                        state
                            .callbacks
                            .borrow()
                            .get(&name)
                            .map(|c| c.value().clone())
                    });
                    call.ret(found)
                },
            ),
    );
}

fn server(call: &Call) -> Result<Object, Throw> {
    let server = call.this::<State>()?.0.borrow().clone();
    server.ok_or_else(|| Throw::error("this port belongs to no server"))
}

/// The port of a server that was just made.
pub(super) fn object(
    server: &Object,
    host: &str,
    number: i64,
    kind: i64,
    descriptor: i64,
    connections: &Object,
) -> Result<Object, Throw> {
    let made = PORT.instantiate()?;
    if let Some(state) = made.state::<State>() {
        state.0.replace(Some(server.clone()));
    }
    made.set_slot(HOST, Value::string(host));
    made.set_slot(NUMBER, number);
    made.set_slot(TYPE, kind);
    made.set_slot(SOCK, descriptor);
    made.set_slot(CONNECTIONS, connections);
    Ok(made)
}
