//! Timers that call PHP: each call in a coroutine of its own.

use crate::coroutine::try_spawn;
use highper_engine::{TimerId, clear_timer, clock, scheduler};
use highper_zend::{Callable, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

struct Timer {
    callable: Callable,
    args: Vec<Value>,
    /// Nanoseconds between calls; 0 for a single one.
    interval: u64,
    when: u64,
    milliseconds: i64,
    rounds: u64,
    pending: Option<TimerId>,
}

thread_local! {
    static TIMERS: RefCell<BTreeMap<i64, Timer>> = const { RefCell::new(BTreeMap::new()) };
    static NEXT: Cell<i64> = const { Cell::new(1) };
    static RUNNING: Cell<i64> = const { Cell::new(0) };
}

/// What can be told of a timer.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Milliseconds until it fires (negative when late).
    pub exec_msec: i64,
    /// Milliseconds that it was set to.
    pub interval: i64,
    /// Does it fire again and again?
    pub repeats: bool,
    /// How often it has fired.
    pub rounds: u64,
}

fn add(milliseconds: i64, repeats: bool, callable: Callable, args: Vec<Value>) -> i64 {
    let nanoseconds = milliseconds.max(1) as u64 * 1_000_000;
    let id = NEXT.get();
    NEXT.set(id + 1);
    let when = clock::now() + nanoseconds;
    let pending = Some(scheduler::at(when, true, move || fire(id)));
    let interval = if repeats { nanoseconds } else { 0 };
    TIMERS.with_borrow_mut(|timers| {
        timers.insert(
            id,
            Timer {
                callable,
                args,
                interval,
                when,
                milliseconds,
                rounds: 0,
                pending,
            },
        );
    });
    id
}

/// Calls once, after so many milliseconds. Returns the timer's id.
pub fn after(milliseconds: i64, callable: Callable, args: Vec<Value>) -> i64 {
    add(milliseconds, false, callable, args)
}

/// Calls every so many milliseconds, with the timer's id as first argument.
pub fn tick(milliseconds: i64, callable: Callable, args: Vec<Value>) -> i64 {
    add(milliseconds, true, callable, args)
}

fn fire(id: i64) {
    enum Call {
        Once(Box<Timer>),
        Again(Callable, Vec<Value>),
    }
    let call = TIMERS.with_borrow_mut(|timers| {
        let timer = timers.get_mut(&id)?;
        timer.rounds += 1;
        timer.pending = None;
        if timer.interval == 0 {
            return timers.remove(&id).map(|timer| Call::Once(Box::new(timer)));
        }
        let mut args = vec![Value::from(id)];
        args.extend(timer.args.iter().cloned());
        Some(Call::Again(timer.callable.clone(), args))
    });
    let Some(call) = call else { return };
    if let Call::Again(..) = call {
        arm_next(id);
    }
    let (callable, args) = match call {
        Call::Once(timer) => (timer.callable, timer.args),
        Call::Again(callable, args) => (callable, args),
    };
    let spawned = try_spawn(move || {
        RUNNING.set(id);
        let result = callable.call(&args).into_result().map(drop);
        RUNNING.set(0);
        drop(args);
        drop(callable);
        result
    });
    if let Err(error) = spawned {
        // Nowhere to throw it: the warning names the timer.
        drop(highper_zend::error::warning(format!(
            "timer {id} could not run: {error}"
        )));
    }
}

/// The next round keeps the rhythm; rounds that were missed are not made up for.
fn arm_next(id: i64) {
    let now = clock::now();
    TIMERS.with_borrow_mut(|timers| {
        if let Some(timer) = timers.get_mut(&id) {
            timer.when += timer.interval;
            if timer.when <= now {
                timer.when = now + timer.interval;
            }
            timer.pending = Some(scheduler::at(timer.when, true, move || fire(id)));
        }
    });
}

/// Clears a timer; false when there is none of that id.
pub fn clear(id: i64) -> bool {
    let removed = TIMERS.with_borrow_mut(|timers| timers.remove(&id));
    match removed {
        Some(timer) => {
            if let Some(pending) = timer.pending {
                clear_timer(pending);
            }
            true
        }
        None => false,
    }
}

/// Clears all timers.
pub fn clear_all() {
    for id in list() {
        clear(id);
    }
}

/// The ids of all timers.
#[must_use]
pub fn list() -> Vec<i64> {
    TIMERS.with_borrow(|timers| timers.keys().copied().collect())
}

/// Looks a timer up.
#[must_use]
pub fn info(id: i64) -> Option<Info> {
    TIMERS.with_borrow(|timers| {
        timers.get(&id).map(|timer| Info {
            exec_msec: (timer.when as i64 - clock::now() as i64) / 1_000_000,
            interval: timer.milliseconds,
            repeats: timer.interval != 0,
            rounds: timer.rounds,
        })
    })
}

/// The timer whose callback runs now; 0 for none.
#[must_use]
pub fn running() -> i64 {
    RUNNING.get()
}

/// Drops all timers with what they hold: PHP's request ends.
pub(crate) fn forget_all() {
    clear_all();
    NEXT.set(1);
}
