//! `Event::cycle()`: callbacks at each turn of the loop.

use super::ensure_loop;
use highper_engine::scheduler::{self, TurnHooks};
use highper_runtime::callback;
use highper_zend::{Call, Callable, Class, Done, Function, Registry};
use std::cell::RefCell;

const CYCLE: &str = "Calls back at the end of each turn of the loop, or before each look at the events. Null takes it away; false when there was none.";

thread_local! {
    static BEFORE: RefCell<Option<Callable>> = const { RefCell::new(None) };
    static AFTER: RefCell<Option<Callable>> = const { RefCell::new(None) };
}

pub(super) fn methods(class: Class) -> Class {
    class.method(
        "public static function cycle(?callable $callback, bool $before = false): bool",
        CYCLE,
        cycle,
    )
}

pub(super) fn declare(registry: &mut Registry) {
    registry.function(Function::new(
        "function swoole_event_cycle(?callable $callback, bool $before = false): bool",
        CYCLE,
        cycle,
    ));
}

/// The loop is over: callbacks belong to it.
pub(super) fn loop_ends() {
    forget();
}

/// Lets go of both.
pub(super) fn forget() {
    let old = (
        BEFORE.with_borrow_mut(Option::take),
        AFTER.with_borrow_mut(Option::take),
    );
    set_hooks();
    drop(old);
}

fn set_hooks() {
    let is_set = |slot: &'static std::thread::LocalKey<RefCell<Option<Callable>>>| {
        slot.with_borrow(Option::is_some)
    };
    scheduler::set_turn_hooks(TurnHooks {
        before: is_set(&BEFORE).then_some(before as fn()),
        after: is_set(&AFTER).then_some(after as fn()),
        ..scheduler::turn_hooks()
    });
}

fn before() {
    run(&BEFORE);
}

fn after() {
    run(&AFTER);
}

fn run(slot: &'static std::thread::LocalKey<RefCell<Option<Callable>>>) {
    let Some(found) = slot.with_borrow(Clone::clone) else {
        return;
    };
    if let Err(cause) = callback::call(move || found.call(&[]).into_result().map(drop)) {
        eprintln!("[warning] a callback of the loop could not run: {cause}");
    }
}

fn cycle(call: &mut Call) -> Done {
    let given = call.callable_or_null(0)?;
    let slot = match call.opt_bool(1, false)? {
        true => &BEFORE,
        false => &AFTER,
    };
    ensure_loop()?;
    let is_removal = given.is_none();
    let old = slot.with_borrow_mut(|slot| std::mem::replace(slot, given));
    set_hooks();
    call.ret_bool(!is_removal || old.is_some())
}
