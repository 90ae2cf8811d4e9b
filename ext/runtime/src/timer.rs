//! Timers that call PHP.

use crate::callback;
use crate::numbered::Numbered;
use highper_engine::{TimerId, clear_timer, clock, scheduler};
use highper_zend::{Callable, Value};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Kept small: programs have a million of them.
struct Timer {
    /// Shared by timers that were given the same one after the other.
    callable: Rc<Callable>,
    /// `None` for none.
    args: Option<Box<[Value]>>,
    /// When it fires next; nanoseconds.
    when: u64,
    /// Milliseconds between calls; 0 for a single one.
    interval: u64,
    calls: u32,
    /// How often the loop had looked at its timers when this one was made.
    round: u32,
    /// It is being called: cleared meanwhile, it is still there until that is over.
    is_removed: bool,
    pending: Option<TimerId>,
}

thread_local! {
    static TIMERS: RefCell<Numbered<Timer>> = const { RefCell::new(Numbered::new()) };
    static LAST: RefCell<Option<Rc<Callable>>> = const { RefCell::new(None) };
    static RUNNING: Cell<i64> = const { Cell::new(0) };
    /// Since when times are counted, in nanoseconds.
    static BASE: Cell<u64> = const { Cell::new(0) };
}

/// What can be told of a timer.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// When it fires, in milliseconds since the first timer was made.
    pub exec_msec: i64,
    /// Milliseconds between calls; 0 for a single one.
    pub interval: i64,
    /// How often it was called.
    pub calls: i64,
    /// How often the loop had looked at its timers when this one was made.
    pub round: i64,
    /// Was it cleared while it is being called?
    pub is_removed: bool,
}

fn share(callable: Callable) -> Rc<Callable> {
    let old = LAST.with_borrow(Clone::clone);
    if let Some(last) = old
        && last.value().is_identical(callable.value())
    {
        return last;
    }
    let shared = Rc::new(callable);
    // Dropped outside of the borrow: it may be the last reference to an object.
    let old = LAST.with_borrow_mut(|last| last.replace(Rc::clone(&shared)));
    drop(old);
    shared
}

fn add(milliseconds: i64, repeats: bool, callable: Callable, args: &[Value]) -> i64 {
    let milliseconds = milliseconds.max(1) as u64;
    let now = clock::now();
    if BASE.get() == 0 {
        BASE.set(now);
    }
    let when = now.saturating_add(milliseconds.saturating_mul(1_000_000));
    let timer = Timer {
        callable: share(callable),
        args: (!args.is_empty()).then(|| args.into()),
        when,
        interval: if repeats { milliseconds } else { 0 },
        calls: 0,
        round: scheduler::turns() as u32,
        is_removed: false,
        pending: None,
    };
    TIMERS.with_borrow_mut(|timers| {
        let id = timers.add(timer);
        let pending = scheduler::at_plain(when, true, fire, id);
        if let Some(timer) = timers.get_mut(id) {
            timer.pending = Some(pending);
        }
        id as i64
    })
}

/// Calls once, after so many milliseconds. Returns the timer's id.
pub fn after(milliseconds: i64, callable: Callable, args: &[Value]) -> i64 {
    add(milliseconds, false, callable, args)
}

/// Calls every so many milliseconds, with the timer's id as first argument.
pub fn tick(milliseconds: i64, callable: Callable, args: &[Value]) -> i64 {
    add(milliseconds, true, callable, args)
}

fn fire(id: u64) {
    let now = clock::now();
    let call = TIMERS.with_borrow_mut(|timers| {
        let timer = timers.get_mut(id)?;
        timer.pending = None;
        let own = timer.args.as_deref().unwrap_or_default();
        let mut args = Vec::with_capacity(own.len() + 1);
        if timer.interval > 0 {
            args.push(Value::from(id as i64));
        }
        args.extend(own.iter().cloned());
        Some((Rc::clone(&timer.callable), args))
    });
    let Some((callable, args)) = call else { return };
    let outer = RUNNING.replace(id as i64);
    let called = callback::call(move || {
        let result = callable.call(&args).into_result().map(drop);
        drop(args);
        drop(callable);
        result
    });
    RUNNING.set(outer);
    end_call(id, now);
    if let Err(error) = called {
        // Nowhere to throw it: the warning names the timer.
        drop(highper_zend::error::warning(format!(
            "timer {id} could not run: {error}"
        )));
    }
}

/// The next round keeps the rhythm; rounds that were missed are not made up for.
fn end_call(id: u64, now: u64) {
    let gone = TIMERS.with_borrow_mut(|timers| {
        let timer = timers.get_mut(id)?;
        if timer.interval == 0 || timer.is_removed {
            return timers.remove(id);
        }
        timer.calls = timer.calls.saturating_add(1);
        let interval = timer.interval.saturating_mul(1_000_000);
        timer.when = timer.when.saturating_add(interval);
        if timer.when <= now {
            timer.when += (now - timer.when) / interval * interval + interval;
        }
        timer.pending = Some(scheduler::at_plain(timer.when, true, fire, id));
        None
    });
    // Its destructors run outside of the borrow.
    drop(gone);
    let_go();
}

/// The shared callable lives no longer than the last timer.
fn let_go() {
    if count() == 0 {
        let last = LAST.take();
        drop(last);
    }
}

/// Clears a timer; false when there is none of that id.
pub fn clear(id: i64) -> bool {
    let Ok(number) = u64::try_from(id) else {
        return false;
    };
    if RUNNING.get() == id {
        return TIMERS.with_borrow_mut(|timers| {
            timers
                .get_mut(number)
                .is_some_and(|timer| !std::mem::replace(&mut timer.is_removed, true))
        });
    }
    let removed = TIMERS.with_borrow_mut(|timers| timers.remove(number));
    match removed {
        Some(timer) => {
            if let Some(pending) = timer.pending {
                clear_timer(pending);
            }
            drop(timer);
            let_go();
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
    TIMERS.with_borrow(|timers| timers.numbers().into_iter().map(|id| id as i64).collect())
}

/// How many timers there are.
#[must_use]
pub fn count() -> usize {
    TIMERS.with_borrow(Numbered::len)
}

/// How often the loop has looked at its timers.
#[must_use]
pub fn round() -> i64 {
    scheduler::turns() as i64
}

/// Looks a timer up.
#[must_use]
pub fn info(id: i64) -> Option<Info> {
    let id = u64::try_from(id).ok()?;
    TIMERS.with_borrow(|timers| {
        timers.get(id).map(|timer| Info {
            exec_msec: (timer.when.saturating_sub(BASE.get()) / 1_000_000) as i64,
            interval: timer.interval as i64,
            calls: timer.calls.into(),
            round: timer.round.into(),
            is_removed: timer.is_removed,
        })
    })
}

/// Drops all timers with what they hold: PHP's request ends.
pub(crate) fn forget_all() {
    RUNNING.set(0);
    clear_all();
    TIMERS.set(Numbered::new());
    BASE.set(0);
}
