//! Objects that serve again: making one and releasing it costs some 700 instructions.
use std::cell::RefCell;

use crate::class::ClassRef;
use crate::object::Object;
use crate::raw;
use crate::throw::Throw;

/// How many objects wait at most.
const SPARE: usize = 64;

/// Spare objects of one class of ours. PHP can't tell a renewed object from a new one: only those
/// that nobody else holds, by a weak reference either, come back, and their state and properties
/// start afresh.
pub struct Pool {
    class: &'static ClassRef,
    spare: RefCell<Vec<Object>>,
}

impl Pool {
    /// An empty pool.
    #[must_use]
    pub const fn new(class: &'static ClassRef) -> Self {
        Self {
            class,
            spare: RefCell::new(Vec::new()),
        }
    }

    /// A new object, its constructor not called.
    ///
    /// # Errors
    /// As [`ClassRef::instantiate`].
    #[inline]
    pub fn take(&self) -> Result<Object, Throw> {
        let spare = self.spare.borrow_mut().pop();
        match spare {
            Some(object) => Ok(object),
            None => self.class.instantiate(),
        }
    }

    /// Takes an object back that the caller is done with, or releases it.
    #[inline]
    pub fn give(&self, object: Object) {
        // SAFETY: the object is alive; the shim renews it only when this is its one reference.
        if unsafe { raw::hz_object_renew(object.as_ptr()) } == 0 {
            return;
        }
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE {
            spare.push(object);
        }
    }
}
