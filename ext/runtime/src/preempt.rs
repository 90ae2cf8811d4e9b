//! Preemption: coroutines that compute give the processor away after their slice of time.

use highper_engine::{self as engine, preempt, scheduler};
use highper_zend::{ini, interrupt};
use std::cell::Cell;

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// May the coroutine not be preempted? Kept with it.
#[derive(Default)]
struct Exempt(Cell<bool>);

thread_local! {
    /// The same for code outside coroutines: nobody asks, but it is kept.
    static OUTSIDE: Exempt = Exempt::default();
}

/// Wires preemption up. Call once, at MINIT: the JIT's code calls the function that it finds at its start.
pub(crate) fn install() {
    interrupt::install(is_due, preempt::give_way);
}

/// Switches preemption on or off, from the next loop on, or at once where there is one.
///
/// # Errors
/// The system's, when there is no thread to be had.
pub fn enable(on: bool) -> std::io::Result<()> {
    WANTED.set(on);
    match on {
        true if engine::is_running() => begin(),
        true => Ok(()),
        false => {
            preempt::stop();
            Ok(())
        }
    }
}

/// There is a loop, or will be one: coroutines run from now on.
///
/// # Errors
/// As [`enable`].
pub fn begin() -> std::io::Result<()> {
    let is_wanted = WANTED.get() || ini::bool("swoole.enable_preemptive_scheduler");
    if !is_wanted || preempt::runs() {
        return Ok(());
    }
    preempt::start(interrupt::raise)
}

/// The loop is over.
pub(crate) fn end() {
    preempt::stop();
}

/// PHP's request ends.
pub(crate) fn forget() {
    WANTED.set(false);
    preempt::stop();
}

/// Forbids to preempt the running coroutine, or allows it again. False when it was so.
pub fn exempt(on: bool) -> bool {
    let switch = |exempt: &Exempt| exempt.0.replace(on) != on;
    match engine::current() {
        None => OUTSIDE.with(switch),
        Some(id) => {
            scheduler::set_local_of(id, Exempt::default);
            scheduler::local::<Exempt, _>(id, switch).unwrap_or(false)
        }
    }
}

fn is_due() -> bool {
    crate::detector::at_safe_point();
    preempt::is_due()
        && !engine::current()
            .and_then(|id| scheduler::local::<Exempt, _>(id, |exempt| exempt.0.get()))
            .unwrap_or(false)
}
