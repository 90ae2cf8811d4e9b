//! The option `exit_condition`: a program says when its loop may end.

use highper_engine::scheduler::{self, TurnHooks};
use highper_runtime::coroutine;
use highper_zend::{Callable, Throw, Value};
use std::cell::RefCell;

thread_local! {
    static CONDITION: RefCell<Option<Callable>> = const { RefCell::new(None) };
}

/// Sets the function that is asked; null takes it away.
///
/// # Errors
/// `TypeError` when it can't be called.
pub fn set(value: &Value) -> Result<(), Throw> {
    let condition = match value.is_null() {
        true => None,
        false => Some(Callable::new(value).map_err(|e| {
            Throw::type_error(format!("the option exit_condition is not callable: {e}"))
        })?),
    };
    let is_set = condition.is_some();
    let old = CONDITION.with_borrow_mut(|slot| std::mem::replace(slot, condition));
    scheduler::set_turn_hooks(TurnHooks {
        may_end: is_set.then_some(may_end as fn() -> bool),
        ..scheduler::turn_hooks()
    });
    drop(old);
    Ok(())
}

/// Lets go of it.
pub fn forget() {
    let old = CONDITION.with_borrow_mut(Option::take);
    drop(old);
}

fn may_end() -> bool {
    let Some(condition) = CONDITION.with_borrow(Clone::clone) else {
        return true;
    };
    match condition.call(&[]).into_result() {
        // Only false keeps the loop: a function that returns nothing does not.
        Ok(value) => value.as_bool() != Some(false),
        Err(throw) => {
            coroutine::report(throw);
            true
        }
    }
}
