//! `Swoole\Coroutine\Barrier`: waits until nobody holds the object any more.

use super::waiting;
use crate::swoole_exception::EXCEPTION;
use highper_engine::Wake;
use highper_engine::wait::{self, Kind, Token};
use highper_zend::{Call, Class, ClassRef, Done, Registry, Throw, Trace, Value};
use std::cell::Cell;
use std::rc::Rc;

/// The class.
pub static BARRIER: ClassRef = ClassRef::new("Swoole\\Coroutine\\Barrier");

/// Shared by the object and by who waits, since the object goes first.
#[derive(Default)]
struct Gate {
    waited: Cell<bool>,
    open: Cell<bool>,
    waiter: Cell<Option<Token>>,
}

#[derive(Default)]
struct Barrier {
    gate: Rc<Gate>,
}

impl Trace for Barrier {}

impl Gate {
    fn release(&self) {
        self.open.set(true);
        if let Some(token) = self.waiter.take() {
            token.wake_now(Wake::Ready);
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Barrier")
            .doc("Held by coroutines; wait() returns when the last of them has let it go.")
            .handle(&BARRIER)
            .state::<Barrier>()
            .method("public function __destruct()", "Lets the one that waits go on.", |call| {
                let gate = Rc::clone(&call.this::<Barrier>()?.gate);
                gate.release();
                Ok(())
            })
            .method("public static function make(): self", "A new barrier.", |call| {
                call.ret(BARRIER.instantiate()?)
            })
            .method(
                "public static function wait(\\Swoole\\Coroutine\\Barrier &$barrier, float $timeout = -1): void",
                "Gives the own reference away and waits until the others are gone, in seconds, without end when not positive.",
                wait_for,
            ),
    );
}

fn wait_for(call: &mut Call) -> Done {
    let seconds = call.opt_double(1, -1.0)?;
    let gate = {
        let object = call.object_of(0, &BARRIER)?;
        let state = object
            .state::<Barrier>()
            .ok_or_else(|| Throw::error("the barrier has no state"))?;
        Rc::clone(&state.gate)
    };
    if gate.waited.replace(true) {
        return Err(Throw::new(
            &EXCEPTION,
            "The barrier is waiting, cannot wait again.",
            0,
        ));
    }
    waiting::can_wait()?;
    // May destroy the object, and so open the gate.
    call.set_ref(0, Value::null())?;
    if gate.open.get() {
        return Ok(());
    }
    let token = wait::begin(Kind::Sync);
    gate.waiter.set(Some(token));
    wait::park(waiting::deadline(seconds));
    gate.waiter.set(None);
    waiting::resumed()
}
