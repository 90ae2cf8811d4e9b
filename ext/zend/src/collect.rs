//! The cycle collector in coroutines: destructors that it calls run in coroutines of their own.

use ext_php_rs::ffi::zend_object;
use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use crate::raw;
use crate::throw::Throw;
use crate::value::Value;

/// An object that the collector found, and its destructor.
pub struct Destructor {
    object: Value,
    function: *mut c_void,
}

/// What came of starting a destructor.
pub enum Started {
    /// There is no coroutine to be had: the collector calls it itself.
    Not,
    /// It runs on, and waits for something.
    Waits,
    /// It is over, with this to throw where the collector was called.
    Ended(Option<Throw>),
}

/// What the collector needs to know of coroutines.
#[derive(Clone, Copy)]
pub struct Coroutines {
    /// May a coroutine be started here?
    pub ask: fn() -> bool,
    /// Forbids the running code to wait, or takes that back.
    pub hold: fn(bool),
    /// Calls a destructor in a coroutine of its own.
    pub start: fn(Destructor) -> Started,
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_collect_install(
        asks: extern "C" fn() -> c_int,
        hold: extern "C" fn(c_int),
        start: unsafe extern "C" fn(*mut Value, *mut c_void) -> c_int,
    );
    fn hp_destruct(
        object: *mut zend_object,
        destructor: *mut c_void,
        exception: *mut Value,
    ) -> c_int;
}

impl Destructor {
    /// Calls it.
    ///
    /// # Errors
    /// What it throws.
    pub fn call(&self) -> Result<(), Throw> {
        let mut exception = Value::undef();
        // SAFETY: guarded; the object is held by this value, the function by its class.
        let code = unsafe {
            hp_destruct(
                self.object.payload.object,
                self.function,
                &raw mut exception,
            )
        };
        match code {
            raw::EXCEPTION => Err(Throw::Object(exception)),
            other => Throw::check(other),
        }
    }
}

extern "C" fn ask() -> c_int {
    c_int::from(COROUTINES.get().is_some_and(|with| (with.ask)()))
}

extern "C" fn hold(on: c_int) {
    if let Some(with) = COROUTINES.get() {
        (with.hold)(on != 0);
    }
}

unsafe extern "C" fn start(object: *mut Value, function: *mut c_void) -> c_int {
    // SAFETY: the shim hands over a reference of its own to an object.
    let object = unsafe { object.read() };
    let Some(with) = COROUTINES.get() else {
        return 0;
    };
    match (with.start)(Destructor { object, function }) {
        Started::Not => 0,
        Started::Waits | Started::Ended(None) => 1,
        Started::Ended(Some(throw)) => match throw.raise() {
            true => -1,
            false => 1,
        },
    }
}

/// Puts itself before PHP's collector. Call at MINIT.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        // SAFETY: called at MINIT, once, with functions that live as long as the library.
        unsafe { hp_collect_install(ask, hold, start) };
    }
}
