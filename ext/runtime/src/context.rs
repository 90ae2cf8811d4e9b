//! The context object of a coroutine: made when first asked for, gone with it.

use crate::coroutine::{Own, with_own};
use highper_engine::{current, info, scheduler};
use highper_zend::{Throw, Value};
use std::cell::Cell;

type Make = fn() -> Result<Value, Throw>;

thread_local! {
    static FACTORY: Cell<Option<Make>> = const { Cell::new(None) };
}

/// Sets what makes a context object.
pub fn set_context_factory(factory: fn() -> Result<Value, Throw>) {
    FACTORY.set(Some(factory));
}

/// The context of the running coroutine, or of another by its id; `None` where there is no such coroutine.
///
/// # Errors
/// What making the object throws.
pub fn context(id: Option<u64>) -> Result<Option<Value>, Throw> {
    let Some(id) = id.or_else(current) else {
        return Ok(None);
    };
    if info(id).is_none() {
        return Ok(None);
    }
    let known = scheduler::local::<Own, _>(id, |own| own.context.borrow().clone()).flatten();
    if known.is_some() {
        return Ok(known);
    }
    let Some(factory) = FACTORY.get() else {
        return Ok(None);
    };
    let made = factory()?;
    if current() == Some(id) {
        with_own(|own| *own.context.borrow_mut() = Some(made.clone()));
    } else {
        scheduler::set_local_of(id, Own::default);
        scheduler::local::<Own, _>(id, |own| *own.context.borrow_mut() = Some(made.clone()));
    }
    Ok(Some(made))
}
