//! Calls that the loop makes: in coroutines of their own, or plainly where a program wants none.

use crate::coroutine;
use highper_engine::{SpawnError, scheduler};
use highper_zend::Throw;
use std::cell::Cell;

thread_local! {
    static IN_COROUTINES: Cell<bool> = const { Cell::new(true) };
    static EXITED: Cell<bool> = const { Cell::new(false) };
}

/// Do callbacks get coroutines (Swoole's `enable_coroutine`)? On unless said otherwise.
pub fn in_coroutines(on: bool) {
    IN_COROUTINES.set(on);
}

/// Do they?
#[must_use]
pub fn are_in_coroutines() -> bool {
    IN_COROUTINES.get()
}

/// Runs a call of the loop's. What it throws is reported; one that is not in a coroutine ends the
/// program with it, as its `exit()` does.
///
/// # Errors
/// [`SpawnError`] when no coroutine is to be had.
pub fn call(body: impl FnOnce() -> Result<(), Throw> + 'static) -> Result<(), SpawnError> {
    if IN_COROUTINES.get() {
        return coroutine::try_spawn(body).map(drop);
    }
    match body() {
        Ok(()) => {}
        Err(Throw::Exit) => {
            EXITED.set(true);
            scheduler::stop_loop();
        }
        Err(throw) => {
            coroutine::settle(Err(throw));
            scheduler::abandon();
        }
    }
    Ok(())
}

/// Did a callback end the loop by `exit()`? Says so once.
pub(crate) fn take_exit() -> bool {
    EXITED.take()
}

/// PHP's request ends.
pub(crate) fn forget() {
    IN_COROUTINES.set(true);
    EXITED.set(false);
}
