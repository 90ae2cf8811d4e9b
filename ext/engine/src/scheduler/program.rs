//! What a program has to say to its loop: calls at each turn, and that it is over.

use super::{Scheduler, with};
use crate::wait::{Token, Wake};

/// What a program has called by the loop; each on the driver's stack.
#[derive(Clone, Copy)]
pub struct TurnHooks {
    /// Before each look at the events.
    pub before: Option<fn()>,
    /// At the end of each turn.
    pub after: Option<fn()>,
    /// Asked when nothing is left that the loop could wait for: false keeps it waiting.
    pub may_end: Option<fn() -> bool>,
}

impl TurnHooks {
    /// None of them.
    pub const NONE: Self = Self {
        before: None,
        after: None,
        may_end: None,
    };
}

/// The hooks of the program.
#[must_use]
pub fn turn_hooks() -> TurnHooks {
    with(|s| s.turn_hooks.get())
}

/// Sets them.
pub fn set_turn_hooks(hooks: TurnHooks) {
    with(|s| s.turn_hooks.set(hooks));
}

/// How often the loop has looked at its timers since it began.
#[must_use]
pub fn turns() -> u64 {
    with(|s| s.turns.get())
}

/// Ends the loop as a fatal error does, although nothing is damaged: the program is over.
pub fn abandon() {
    with(|s| {
        s.abandoned.set(true);
        s.fatal.set(true);
    });
}

/// Is the program over ([`abandon`])? Then nobody goes on who resumed the one that ended it.
#[must_use]
#[inline]
pub fn is_abandoned() -> bool {
    with(|s| s.abandoned.get())
}

/// Does another coroutine wait for the end of this one?
#[must_use]
pub fn is_joined(id: u64) -> bool {
    with(|s| {
        s.table
            .borrow()
            .get(id)
            .is_some_and(|record| record.joiners.borrow().iter().any(|t| t.is_waiting()))
    })
}

/// They go on after what was deferred before, as in Swoole.
#[cold]
pub(super) fn tell_joiners(s: &Scheduler, joiners: Vec<Token>) {
    s.deferred.borrow_mut().push_back(Box::new(move || {
        for token in joiners {
            token.wake(Wake::Ready);
        }
    }));
    if !s.polling.get() {
        crate::future::wake_driver();
    }
}
