//! `Swoole\Connection\Iterator`: the connections of this worker.

use super::connection;
use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Trace};
use std::cell::{Cell, RefCell};

/// The class.
static ITERATOR: ClassRef = ClassRef::new("Swoole\\Connection\\Iterator");

/// The connections that were there when it was rewound.
#[derive(Default)]
struct State {
    numbers: RefCell<Vec<i64>>,
    at: Cell<usize>,
    /// Those of this port only.
    port: Cell<Option<usize>>,
}

impl Trace for State {}

impl State {
    fn current(&self) -> Option<i64> {
        self.numbers.borrow().get(self.at.get()).copied()
    }
}

/// The connections of a port, or of all.
pub(super) fn object(port: Option<usize>) -> Result<Object, Throw> {
    let made = ITERATOR.instantiate()?;
    if let Some(state) = made.state::<State>() {
        state.port.set(port);
    }
    Ok(made)
}

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Connection\\Iterator")
            .doc("The numbers of this worker's connections.")
            .handle(&ITERATOR)
            .implements("Iterator")
            .implements("ArrayAccess")
            .implements("Countable")
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .method("public function __construct()", "", |_| Ok(()))
            .method("public function __destruct()", "", |_| Ok(()))
            .method(
                "public function rewind(): void",
                "Starts over, with those that are there now.",
                |call| {
                    let state = call.this::<State>()?;
                    state.numbers.replace(connection::numbers(state.port.get()));
                    state.at.set(0);
                    Ok(())
                },
            )
            .method("public function next(): void", "The next one.", |call| {
                let state = call.this::<State>()?;
                state.at.set(state.at.get() + 1);
                Ok(())
            })
            .method("public function current(): mixed", "Its number.", |call| {
                let number = call.this::<State>()?.current();
                call.ret(number)
            })
            .method(
                "public function key(): mixed",
                "Its place, from 1.",
                |call| {
                    let at = call.this::<State>()?.at.get();
                    call.ret(at + 1)
                },
            )
            .method("public function valid(): bool", "Is there one?", |call| {
                let there = call.this::<State>()?.current().is_some();
                call.ret_bool(there)
            })
            .method(
                "public function count(): int",
                "How many there are.",
                |call| {
                    let port = call.this::<State>()?.port.get();
                    call.ret(connection::numbers(port).len())
                },
            )
            .method(
                "public function offsetExists(mixed $fd): bool",
                "Is this connection open?",
                connection::exists,
            )
            .method(
                "public function offsetGet(mixed $fd): mixed",
                "As Server::getClientInfo().",
                connection::client_info,
            )
            .method(
                "public function offsetSet(mixed $fd, mixed $value): void",
                "Does nothing.",
                |_| Ok(()),
            )
            .method(
                "public function offsetUnset(mixed $fd): void",
                "Does nothing.",
                |_| Ok(()),
            ),
    );
}
