//! Values that a coroutine owns, by their type: let go of at its end.

use super::{current_record, with};
use std::any::{Any, TypeId};

/// Has the running coroutine any value of its own?
#[must_use]
#[inline]
pub fn has_locals() -> bool {
    current_record().is_some_and(|r| !r.locals.borrow().is_empty())
}

/// Sets or replaces a value of the running coroutine's own, by its type.
pub fn set_local<T: 'static>(value: T) -> bool {
    let Some(record) = current_record() else {
        return false;
    };
    let key = TypeId::of::<T>();
    let old = {
        let mut locals = record.locals.borrow_mut();
        match locals.iter_mut().find(|(k, _)| *k == key) {
            Some((_, slot)) => Some(std::mem::replace(slot, Box::new(value))),
            None => {
                locals.push((key, Box::new(value)));
                None
            }
        }
    };
    drop(old);
    true
}

/// Makes a value of another coroutine's own where it has none of that type yet.
pub fn set_local_of<T: 'static>(id: u64, make: impl FnOnce() -> T) {
    with(|s| {
        let table = s.table.borrow();
        let Some(record) = table.get(id) else { return };
        let mut locals = record.locals.borrow_mut();
        if !locals.iter().any(|(k, _)| *k == TypeId::of::<T>()) {
            locals.push((TypeId::of::<T>(), Box::new(make())));
        }
    });
}

/// Looks at a value of a coroutine's own, by its type; `None` where there is none.
pub fn local<T: 'static, R>(id: u64, f: impl FnOnce(&T) -> R) -> Option<R> {
    let value: *const dyn Any = with(|s| {
        let table = s.table.borrow();
        let record = table.get(id)?;
        let locals = record.locals.borrow();
        let (_, value) = locals.iter().find(|(k, _)| *k == TypeId::of::<T>())?;
        Some(std::ptr::from_ref::<dyn Any>(&**value))
    })?;
    // SAFETY: the box stays where it is until the coroutine ends or replaces it, which `f` can't do to others.
    unsafe { (*value).downcast_ref::<T>() }.map(f)
}
