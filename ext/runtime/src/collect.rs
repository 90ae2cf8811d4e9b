//! Where PHP's own work must not be interrupted: destructors that the cycle collector calls get coroutines of
//! their own, and nothing waits while the compiler runs.

use crate::coroutine::try_spawn;
use highper_engine::{self as engine, scheduler};
use highper_zend::collect::{self, Destructor, Started};
use highper_zend::{Throw, compile};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

thread_local! {
    static HOLDS: RefCell<Vec<scheduler::Hold>> = const { RefCell::new(Vec::new()) };
}

/// Wires the collector up. Call once, at MINIT.
pub(crate) fn install() {
    collect::install(collect::Coroutines {
        ask: || match engine::current() {
            Some(_) => engine::can_suspend(),
            // In the driver.
            None => engine::is_running(),
        },
        hold,
        start,
    });
    compile::install(hold);
}

/// Forbids the running code to wait, or takes that back. The collector and the compiler run without a switch between
/// the two, so the holds come off in turn.
fn hold(on: bool) {
    HOLDS.with_borrow_mut(|holds| match on {
        true => holds.push(scheduler::hold()),
        false => drop(holds.pop()),
    });
}

#[derive(Default)]
struct Call {
    /// Its destructor waited: the collector has gone on.
    left: Cell<bool>,
    over: Cell<bool>,
    thrown: Cell<Option<Throw>>,
}

fn start(destructor: Destructor) -> Started {
    let call = Rc::new(Call::default());
    let own = Rc::clone(&call);
    let spawned = try_spawn(move || {
        let result = destructor.call();
        drop(destructor);
        own.over.set(true);
        match result {
            Err(Throw::Bailout) => Err(Throw::Bailout),
            // Whoever set the collector off gets what a destructor throws, as without coroutines.
            Err(throw) if !own.left.get() => {
                own.thrown.set(Some(throw));
                Ok(())
            }
            result => result,
        }
    });
    if spawned.is_err() {
        return Started::Not;
    }
    call.left.set(true);
    match call.over.get() {
        true => Started::Ended(call.thrown.take()),
        false => Started::Waits,
    }
}
