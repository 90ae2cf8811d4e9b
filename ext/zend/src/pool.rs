//! Objects that serve again: making one and releasing it costs some 700 instructions.
use std::cell::RefCell;
use std::marker::PhantomData;

use crate::class::{ClassRef, state_bytes};
use crate::object::Object;
use crate::raw;
use crate::throw::Throw;
use crate::value::Value;
use ext_php_rs::ffi::{IS_LONG, zval};

/// How many objects wait at most.
const SPARE: usize = 64;

/// A state that can start afresh without being dropped and made anew.
pub trait Renew {
    /// Does what dropping it would do, and leaves what `Default` makes.
    fn renew(&mut self);
}

/// Spare objects of one class of ours with the state `T`. PHP can't tell a renewed object from a
/// new one: only those that nobody else holds, by a weak reference either, come back, and their
/// state and properties start afresh.
pub struct Pool<T> {
    class: &'static ClassRef,
    spare: RefCell<Vec<Pooled<T>>>,
}

/// An object from a [`Pool`].
pub struct Pooled<T> {
    object: Object,
    state: PhantomData<T>,
}

impl<T: Renew + 'static> Pool<T> {
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
    ///
    /// # Panics
    /// When objects of the class have another state.
    #[inline]
    pub fn take(&self) -> Result<Pooled<T>, Throw> {
        let spare = self.spare.borrow_mut().pop();
        match spare {
            Some(object) => Ok(object),
            None => self.make(),
        }
    }

    #[cold]
    fn make(&self) -> Result<Pooled<T>, Throw> {
        let object = self.class.instantiate()?;
        assert!(
            object.state::<T>().is_some(),
            "objects of {} have another state",
            self.class.name()
        );
        // SAFETY: the object is alive; the shim checks the range.
        let first = unsafe { raw::hz_object_slot(object.as_ptr(), 0) };
        assert!(
            first.is_null() || first.cast() == slots(&object),
            "objects of {} begin with properties of another class",
            self.class.name()
        );
        Ok(Pooled {
            object,
            state: PhantomData,
        })
    }

    /// Takes an object back that the caller is done with, or releases it.
    #[inline(always)]
    pub fn give(&self, pooled: Pooled<T>) {
        // SAFETY: the object is alive; the shim renews its slots only when this is its one reference.
        if unsafe { raw::hz_object_renew(pooled.object.as_ptr()) } == 0 {
            return;
        }
        // SAFETY: `make` has seen that the state is a T; nobody else can reach it.
        unsafe { (*pooled.state_ptr()).renew() };
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE {
            spare.push(pooled);
        }
    }
}

impl<T: 'static> Pooled<T> {
    fn state_ptr(&self) -> *mut T {
        // SAFETY: the shim lays the state right before the object.
        unsafe { self.object.as_ptr().byte_sub(state_bytes::<T>()).cast() }
    }

    /// The state.
    #[inline]
    pub fn state(&self) -> &T {
        // SAFETY: `make` has seen that the state is a T; it lives as long as the object.
        unsafe { &*self.state_ptr() }
    }

    /// The object.
    #[inline]
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The object as a value.
    #[inline]
    pub fn as_value(&self) -> &Value {
        self.object.as_value()
    }

    /// Initialises a declared property with a number.
    #[inline]
    pub fn init_long(&self, number: u32, value: i64) {
        debug_assert!(self.object.slot(number as usize).is_some());
        // SAFETY: the object was just made or renewed, so the slot, which the class declares, holds nothing that counts;
        // `make` has seen that the slots of the class are the object's first.
        unsafe {
            let slot = slots(&self.object).add(number as usize);
            (*slot).value.lval = value;
            (*slot).u1.type_info = IS_LONG;
            (*slot).u2.extra = 0;
        }
    }
}

/// Where an object's properties begin.
#[inline(always)]
fn slots(object: &Object) -> *mut zval {
    // SAFETY: the object is alive; nothing is read.
    unsafe { (&raw mut (*object.as_ptr()).properties_table).cast() }
}
