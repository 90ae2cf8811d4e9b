//! `Swoole\Coroutine\WaitGroup`: waits until so many have said that they are done.

use super::waiting;
use highper_engine::sync;
use highper_zend::{Call, Class, ClassRef, Done, Registry, Throw, Trace, find_class};
use std::cell::Cell;

/// The class.
pub static WAIT_GROUP: ClassRef = ClassRef::new("Swoole\\Coroutine\\WaitGroup");

#[derive(Default)]
struct WaitGroup {
    group: sync::WaitGroup,
    waiting: Cell<bool>,
}

impl Trace for WaitGroup {}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\WaitGroup")
            .doc("Waits until a number of coroutines have said that they are done.")
            .handle(&WAIT_GROUP)
            .alias("Co\\WaitGroup")
            .state::<WaitGroup>()
            .property("protected Swoole\\Coroutine\\Channel $chan", "Of Swoole's implementation; never set.")
            .property("protected int $count = 0", "Of Swoole's implementation: see count().")
            .property("protected bool $waiting = false", "Of Swoole's implementation; never set.")
            .method("public function __construct(int $delta = 0)", "Starts to count at $delta.", |call| {
                let delta = call.opt_long(0, 0)?;
                if delta > 0 { add_to(call, delta) } else { Ok(()) }
            })
            .method("public function add(int $delta = 1): void", "Counts $delta more.", |call| {
                add_to(call, call.opt_long(0, 1)?)
            })
            .method("public function done(): void", "Counts one less; at zero, wait() returns.", done)
            .method(
                "public function wait(float $timeout = -1): bool",
                "Waits for zero, in seconds, without end when not positive. False when it did not come to that.",
                wait,
            )
            .method("public function count(): int", "The count.", |call| {
                call.ret_long(call.this::<WaitGroup>()?.group.count())
            }),
    );
}

fn misuse(class: &str, what: &str) -> Throw {
    let text = format!("WaitGroup misuse: {what}");
    match find_class(class) {
        Ok(Some(class)) => Throw::of(class, text, 0),
        Ok(None) => Throw::error(text),
        Err(throw) => throw,
    }
}

fn add_to(call: &Call, delta: i64) -> Done {
    let this = call.this::<WaitGroup>()?;
    if this.waiting.get() {
        return Err(misuse(
            "BadMethodCallException",
            "add called concurrently with wait",
        ));
    }
    // Nobody waits, so nobody is woken here.
    if this.group.add(delta) {
        Ok(())
    } else {
        Err(misuse("InvalidArgumentException", "negative counter"))
    }
}

fn done(call: &mut Call) -> Done {
    if call.this::<WaitGroup>()?.group.add(-1) {
        Ok(())
    } else {
        Err(misuse("BadMethodCallException", "negative counter"))
    }
}

fn wait(call: &mut Call) -> Done {
    let deadline = waiting::deadline(call.opt_double(0, -1.0)?);
    let this = call.this::<WaitGroup>()?;
    if this.waiting.get() {
        return Err(misuse(
            "BadMethodCallException",
            "reused before previous wait has returned",
        ));
    }
    if this.group.count() == 0 {
        return call.ret_bool(true);
    }
    waiting::can_wait()?;
    this.waiting.set(true);
    let outcome = this.group.wait(deadline);
    this.waiting.set(false);
    if outcome.is_err() {
        waiting::resumed()?;
    }
    call.ret_bool(outcome.is_ok())
}
