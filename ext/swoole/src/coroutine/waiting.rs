//! What every call that suspends has in common.

use super::canceled_exception::CANCELED;
use super::timeout_exception::TIMED_OUT;
use crate::error_code;
use crate::swoole_error;
use highper_engine::scheduler;
use highper_engine::{Wake, clock};
use highper_zend::Throw;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// What is thrown into a coroutine where its wait ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Thrown {
    /// By `Coroutine::cancel($cid, true)`.
    Canceled,
    /// By `Coroutine::setTimeLimit()`.
    TimedOut,
}

thread_local! {
    static PENDING: RefCell<HashMap<u64, Thrown>> = RefCell::default();
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The running coroutine's id; Swoole's fatal error outside of any.
pub fn in_coroutine() -> Result<u64, Throw> {
    match highper_engine::current() {
        Some(id) => Ok(id),
        None => Err(swoole_error::fatal(
            "API must be called in the coroutine",
            error_code::CO_OUT_OF_COROUTINE,
        )),
    }
}

/// Inside a coroutine, and where it may give the processor away.
pub fn can_wait() -> Result<u64, Throw> {
    let id = in_coroutine()?;
    if highper_engine::can_suspend() {
        Ok(id)
    } else {
        Err(Throw::new(
            &swoole_error::ERROR,
            "the coroutine cannot be suspended here",
            error_code::CO_YIELD_FAILED.into(),
        ))
    }
}

/// Swoole's time-outs: seconds from now, without end when not positive.
pub fn deadline(seconds: f64) -> Option<u64> {
    if seconds > 0.0 {
        clock::after_seconds(seconds)
    } else {
        None
    }
}

/// Sets `swoole_last_error()` for a wait that did not end as hoped; true when it did.
pub fn settle(reason: Wake) -> bool {
    match reason {
        Wake::Ready => true,
        Wake::Timeout => {
            highper_runtime::set_last_error(error_code::CO_TIMEDOUT);
            false
        }
        Wake::Cancelled | Wake::Closed => {
            highper_runtime::set_last_error(error_code::CO_CANCELED);
            false
        }
    }
}

/// To be asked when a wait is over: throws what was thrown into the coroutine meanwhile.
#[inline]
pub fn resumed() -> Result<(), Throw> {
    if COUNT.get() == 0 {
        return Ok(());
    }
    pending()
}

#[cold]
fn pending() -> Result<(), Throw> {
    let Some(id) = highper_engine::current() else {
        return Ok(());
    };
    let thrown = PENDING.with_borrow_mut(|all| {
        let thrown = all.remove(&id);
        COUNT.set(all.len());
        thrown
    });
    match thrown {
        Some(Thrown::Canceled) => Err(Throw::new(&CANCELED, "", 0)),
        Some(Thrown::TimedOut) => Err(Throw::new(&TIMED_OUT, "", 0)),
        None => Ok(()),
    }
}

/// Throws into a coroutine: its wait, or its next one, ends with that.
pub fn throw_into(id: u64, thrown: Thrown) -> bool {
    if scheduler::info(id).is_none() {
        highper_runtime::set_last_error(error_code::CO_NOT_EXISTS);
        return false;
    }
    let again = PENDING.with_borrow_mut(|all| {
        let again = all.insert(id, thrown) == Some(thrown);
        COUNT.set(all.len());
        again
    });
    if again {
        highper_runtime::set_last_error(error_code::CO_CANCELED);
        return false;
    }
    if scheduler::cancel_now(id).is_err() {
        scheduler::doom(id);
    }
    // One that ended without another wait takes nothing with it.
    if scheduler::info(id).is_none() {
        PENDING.with_borrow_mut(|all| {
            all.remove(&id);
            COUNT.set(all.len());
        });
    }
    true
}

/// Forgets everything, at the end of a request.
pub fn forget() {
    PENDING.with_borrow_mut(HashMap::clear);
    COUNT.set(0);
}
