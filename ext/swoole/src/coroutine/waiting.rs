//! What every call that suspends has in common.

use super::canceled_exception::CANCELED as CANCELED_EXCEPTION;
use super::timeout_exception::TIMED_OUT as TIMEOUT_EXCEPTION;
use crate::error_code;
use crate::swoole_error;
use highper_engine::{Wake, clock};
use highper_runtime::cancel::{self, Refused, Thrown};
use highper_zend::Throw;

/// By `Coroutine::cancel($cid, true)`, and into what is left at the end of a worker.
pub const CANCELED: Thrown = Thrown {
    name: "canceled",
    make: || Throw::new(&CANCELED_EXCEPTION, "", 0),
};

/// By `Coroutine::setTimeLimit()`.
pub const TIMED_OUT: Thrown = Thrown {
    name: "timed out",
    make: || Throw::new(&TIMEOUT_EXCEPTION, "", 0),
};

/// The running coroutine's id; Swoole's fatal error outside of any.
#[inline]
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
#[inline]
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
    cancel::resumed()
}

/// Throws into a coroutine: its wait, or its next one, ends with that.
pub fn throw_into(id: u64, thrown: Thrown) -> bool {
    let code = match cancel::throw_into(id, thrown, true) {
        Ok(()) => return true,
        Err(Refused::NotFound) => error_code::CO_NOT_EXISTS,
        Err(Refused::Already) => error_code::CO_CANCELED,
    };
    highper_runtime::set_last_error(code);
    false
}
