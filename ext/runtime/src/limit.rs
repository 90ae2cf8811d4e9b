//! Time limits: a part of a coroutine's work that ends by a given moment, whatever it waits for.
//!
//! The moment is the coroutine's deadline meanwhile (its children inherit it, and what it calls can ask for it),
//! and past it an exception is thrown where the coroutine waits, once. What then still runs, `finally` blocks
//! above all, gets [`GRACE`] for its own waits.

use crate::cancel::{self, Thrown};
use highper_engine::{self as engine, clock, scheduler};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What a coroutine may still wait for after it was told that its time is over, in nanoseconds.
pub const GRACE: u64 = 1_000_000_000;

/// The limits of one coroutine, the innermost last.
#[derive(Default)]
struct Limits(RefCell<Vec<Rc<Limit>>>);

struct Limit {
    when: u64,
    /// Was the coroutine told that this moment has passed?
    told: Cell<bool>,
}

/// Runs `body` in the running coroutine until `when` (nanoseconds of [`clock::now`]) at the latest: then `late` is
/// thrown where it waits. A limit of the coroutine that is earlier stays.
pub fn within<R>(when: Option<u64>, late: Thrown, body: impl FnOnce() -> R) -> R {
    let before = scheduler::deadline();
    let (Some(id), Some(when)) = (engine::current(), when) else {
        return body();
    };
    if before.is_some_and(|before| before <= when) {
        return body();
    }
    let limit = Rc::new(Limit {
        when,
        told: Cell::new(false),
    });
    scheduler::set_local_of(id, Limits::default);
    scheduler::local::<Limits, _>(id, |limits| limits.0.borrow_mut().push(Rc::clone(&limit)));
    scheduler::set_deadline(Some(when));
    let timed = Rc::clone(&limit);
    let timer = scheduler::at(when, true, move || {
        if engine::info(id).is_some() && !timed.told.replace(true) {
            extend(id);
            let _already = cancel::throw_into(id, late, false);
        }
    });
    let result = body();
    scheduler::clear_timer(timer);
    scheduler::local::<Limits, _>(id, |limits| limits.0.borrow_mut().pop());
    if limit.told.get() {
        cancel::withdraw(id, late.name);
    }
    scheduler::set_deadline(before);
    // An outer limit whose moment passed meanwhile had no say while this one's exception was on its way.
    if outer_is_due(id) {
        let _already = cancel::throw_into(id, late, false);
    }
    result
}

/// A call of the running coroutine has found that its deadline passed, and says so itself.
pub(crate) fn told() {
    let Some(id) = engine::current() else {
        return;
    };
    let now = clock::now();
    let any = scheduler::local::<Limits, _>(id, |limits| {
        let limits = limits.0.borrow();
        let due = limits.iter().filter(|limit| limit.when <= now);
        due.fold(false, |any, limit| !limit.told.replace(true) | any)
    });
    if any == Some(true) {
        extend(id);
    }
}

/// What ends the work may still wait a little.
fn extend(id: u64) {
    scheduler::set_deadline_of(id, Some(clock::now().saturating_add(GRACE)));
}

fn outer_is_due(id: u64) -> bool {
    let now = clock::now();
    let due = scheduler::local::<Limits, _>(id, |limits| {
        let limits = limits.0.borrow();
        limits
            .last()
            .is_some_and(|limit| limit.when <= now && limit.told.get())
    });
    due == Some(true)
}
