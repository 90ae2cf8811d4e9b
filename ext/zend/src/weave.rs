//! Methods with aspects: the compiler weaves them, and what runs around a method comes from a callback.
//!
//! See `shim/weave.c` for how the syntax tree changes and `shim/weaver.c` for what a call costs.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::array::Array;
use crate::class::{Class, ClassHandle};
use crate::object::{Object, Trace, Tracer};
use crate::raw::{self, Counted, zend_class_entry, zend_object};
use crate::reflect::Function;
use crate::throw::Throw;
use crate::value::{ARRAY, COLLECTABLE, OBJECT, Payload, REFERENCE, Value};

/// Makes the aspects of a method, outermost first: objects with a public method `around`.
pub type Aspects = fn(&Function) -> Result<Vec<Object>, Throw>;

static ASPECTS: OnceLock<Aspects> = OnceLock::new();

unsafe extern "C" {
    fn hp_weave_install(ask: unsafe extern "C" fn(*mut c_void) -> c_int);
    fn hp_weave_store(function: *mut c_void, aspects: *const Value, count: u32);
    fn hp_weave_forget();
    fn hp_invocation_free(invocation: *mut c_void);
    fn hp_invocation_trace(invocation: *mut c_void, buffer: *mut c_void);
    fn hp_invocation_function(invocation: *mut c_void) -> *mut c_void;
    fn hp_invocation_this(invocation: *mut c_void) -> *mut zend_object;
    fn hp_invocation_called(invocation: *mut c_void) -> *mut zend_class_entry;
    fn hp_invocation_arg(invocation: *mut c_void, number: u32) -> *mut Value;
    fn hp_invocation_named(invocation: *mut c_void) -> *mut c_void;
    fn hp_invocation_size() -> usize;
}

/// Words of the shim's record.
const WORDS: usize = 16;

/// One aspect's view of a call, the state of `Highper\Invocation`: the shim's record.
pub struct Invocation([Cell<u64>; WORDS]);

impl Default for Invocation {
    fn default() -> Self {
        Self([const { Cell::new(0) }; WORDS])
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        // SAFETY: the record is the shim's, or all zero.
        unsafe { hp_invocation_free(self.raw()) };
    }
}

impl Trace for Invocation {
    fn trace(&self, tracer: &mut Tracer) {
        // SAFETY: the record and the collector's buffer are alive; nothing is changed.
        unsafe { hp_invocation_trace(self.raw(), tracer.buffer()) };
    }
}

/// A value with a reference of its own; `None` for null.
///
/// # Safety
/// Null, or a live thing of this type that is counted.
unsafe fn shared(kind: u32, counted: *mut Counted) -> Option<Value> {
    if counted.is_null() {
        return None;
    }
    let mut value = ManuallyDrop::new(Value::undef());
    value.payload = Payload { counted };
    value.info = kind | COLLECTABLE | 0x100;
    Some(Value::clone(&value))
}

impl Invocation {
    /// The shim changes it through this: it is made of cells.
    fn raw(&self) -> *mut c_void {
        self.0.as_ptr().cast_mut().cast()
    }

    /// The method. `None` where the object belongs to no call.
    #[must_use]
    pub fn function(&self) -> Option<Function> {
        // SAFETY: the record is alive and keeps its method.
        unsafe { Function::from_ptr(hp_invocation_function(self.raw()), None) }
    }

    /// `$this` of the call; `None` in a static one.
    #[must_use]
    pub fn this(&self) -> Option<Object> {
        // SAFETY: null or a live object.
        unsafe {
            let this = hp_invocation_this(self.raw());
            shared(OBJECT, this.cast())?.into_object().ok()
        }
    }

    /// `static::class` of the call.
    #[must_use]
    pub fn called(&self) -> Option<ClassHandle> {
        // SAFETY: null or a live class.
        ClassHandle::from_ptr(unsafe { hp_invocation_called(self.raw()) })
    }

    /// An argument by its position, a reference where the parameter is one.
    #[must_use]
    pub fn argument(&self, number: usize) -> Option<&Value> {
        // SAFETY: null or a slot of the record, which `self` keeps alive.
        unsafe { hp_invocation_arg(self.raw(), u32::try_from(number).ok()?).as_ref() }
            .map(Value::deref)
    }

    /// Puts another value in an argument's place; a parameter by reference is assigned to. False
    /// past the last.
    ///
    /// # Errors
    /// What the reference stands for has another type.
    pub fn set_argument(&self, number: usize, value: Value) -> Result<bool, Throw> {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        // SAFETY: null or a slot of the record; the shim takes over the value, and the old one of a plain slot is dropped
        // after the new one is there.
        unsafe {
            let slot = hp_invocation_arg(self.raw(), number);
            if slot.is_null() {
                return Ok(false);
            }
            if (*slot).kind_number() == REFERENCE {
                let mut value = ManuallyDrop::new(value);
                Throw::check(raw::hz_arg_assign(slot, &raw mut *value))?;
            } else {
                drop(std::mem::replace(&mut *slot, value));
            }
        }
        Ok(true)
    }

    /// Arguments with names that a variadic parameter has taken.
    #[must_use]
    pub fn named(&self) -> Option<Array> {
        // SAFETY: null or a live table.
        unsafe {
            let table = hp_invocation_named(self.raw());
            shared(ARRAY, table.cast())?.into_array().ok()
        }
    }
}

unsafe extern "C" fn ask(function: *mut c_void) -> c_int {
    let made = catch_unwind(AssertUnwindSafe(|| {
        let (Some(make), Some(method)) = (ASPECTS.get(), Function::from_ptr(function, None)) else {
            return Err(Throw::error("aspects are not there yet"));
        };
        let objects = make(&method)?;
        // SAFETY: objects are values; the shim counts references of its own.
        unsafe { hp_weave_store(function, objects.as_ptr().cast(), objects.len() as u32) };
        Ok(())
    }));
    let throw = match made {
        Ok(Ok(())) => return raw::OK,
        Ok(Err(throw)) => throw,
        Err(_) => Throw::error("internal error in highper: aspects panicked; please report it"),
    };
    if throw.raise() {
        raw::BAILOUT
    } else {
        raw::EXCEPTION
    }
}

/// Weaves the methods of all code that is compiled from now on. Call at MINIT.
pub fn install(aspects: Aspects) {
    if ASPECTS.set(aspects).is_ok() {
        // SAFETY: at MINIT, once; the callback lives as long as the library.
        unsafe {
            assert_eq!(hp_invocation_size(), size_of::<Invocation>());
            hp_weave_install(ask);
        }
    }
}

/// Lets go of all aspects. Call at RSHUTDOWN.
pub fn forget() {
    // SAFETY: releases objects that are alive.
    unsafe { hp_weave_forget() };
}

/// The declaration of `Highper\Invocation` with this state.
#[must_use]
pub fn state(class: Class) -> Class {
    class.state::<Invocation>()
}
