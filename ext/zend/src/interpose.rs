//! Calls of other extensions' functions that come here first.
//!
//! The handler of an internal function is replaced; its copies, in internal subclasses, in user classes that inherit it and
//! in closures, go the same way. Until the first loop starts each call is the original one.

use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::call::{Call, Done};
use crate::object::Object;
use crate::raw::zend_execute_data;
use crate::throw::Throw;
use crate::value::Value;

/// What becomes of a call after its callback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The function itself is called.
    Call,
    /// It is not: what the callback returned ([`Call::ret`]) is its result.
    Done,
}

/// Called before the function, in its frame. Arguments and `$this` are those of the call; the exception of an `Err` is thrown in
/// its place. Hold nothing that has to be dropped past the callback: put it into a record.
pub type Before = fn(&mut Call) -> Result<Next, Throw>;
/// Called after it, also when an exception is pending.
pub type After = fn(&mut Call) -> Done;

type RawCallback = unsafe extern "C" fn(*mut c_void, *mut zend_execute_data, *mut Value) -> c_int;

unsafe extern "C" {
    fn hp_interpose_reserve(before: RawCallback, after: RawCallback) -> c_int;
    fn hp_interpose(
        class: *const c_char,
        name: *const c_char,
        before: *mut c_void,
        after: *mut c_void,
    ) -> c_int;
    fn hp_interpose_awake();
    fn hp_interpose_end();
}

/// Ends what a callback did: 1 goes on, 0 does not, -1 is a fatal error.
unsafe fn run(ret: *mut Value, callback: impl FnOnce() -> Result<Next, Throw>) -> c_int {
    let thrown = match catch_unwind(AssertUnwindSafe(callback)) {
        Ok(Ok(Next::Call)) => return 1,
        Ok(Ok(Next::Done)) => return 0,
        Ok(Err(thrown)) => thrown,
        Err(_) => Throw::error("internal error in highper: a callback panicked; please report it"),
    };
    // SAFETY: the engine's return slot; what was in it is released.
    unsafe { *ret = Value::null() };
    if thrown.raise() { -1 } else { 0 }
}

unsafe extern "C" fn before(
    with: *mut c_void,
    frame: *mut zend_execute_data,
    ret: *mut Value,
) -> c_int {
    // SAFETY: `with` is a `Before` that was handed over as a pointer; the frame and the slot are the engine's.
    unsafe {
        let callback = std::mem::transmute::<*mut c_void, Before>(with);
        let mut call = Call::new(frame, ret);
        run(ret, || callback(&mut call))
    }
}

unsafe extern "C" fn after(
    with: *mut c_void,
    frame: *mut zend_execute_data,
    ret: *mut Value,
) -> c_int {
    // SAFETY: `with` is an `After` that was handed over as a pointer; the frame and the slot are the engine's.
    unsafe {
        let callback = std::mem::transmute::<*mut c_void, After>(with);
        let mut call = Call::new(frame, ret);
        run(ret, || callback(&mut call).map(|()| Next::Call))
    }
}

/// Takes a word in each function for what belongs to it. Call once, at MINIT. False when other extensions have taken all:
/// nothing can be replaced then.
pub fn reserve() -> bool {
    // SAFETY: at MINIT; the callbacks live as long as the library.
    unsafe { hp_interpose_reserve(before, after) != 0 }
}

/// Puts callbacks around a function, or (with a class) a method and what internal subclasses inherit of it; names in lower
/// case, `*` for all methods that the class declares. A function has one pair: a second call replaces what it names. False where there is no such function.
///
/// Call it at the start of the first request: then all extensions are there, and no script is compiled.
pub fn install(class: Option<&str>, name: &str, with: Option<Before>, then: Option<After>) -> bool {
    let text = |text: &str| CString::new(text).unwrap_or_default();
    let (class, name) = (class.map(text), text(name));
    let class = class
        .as_ref()
        .map_or(std::ptr::null(), |class| class.as_ptr());
    let with = with.map_or(std::ptr::null_mut(), |with| with as *mut c_void);
    let then = then.map_or(std::ptr::null_mut(), |then| then as *mut c_void);
    // SAFETY: the texts are copied or only read during the call; the callbacks are functions.
    unsafe { hp_interpose(class, name.as_ptr(), with, then) != 0 }
}

/// From now on calls come here. Call when a loop starts.
pub fn awake() {
    // SAFETY: sets a flag of this process.
    unsafe { hp_interpose_awake() };
}

/// Lets go of everything. Call at MSHUTDOWN.
pub fn end() {
    // SAFETY: no function is called any more.
    unsafe { hp_interpose_end() };
}

impl Call {
    /// Exchanges `$this` for the call of an interposed method. The caller keeps `with` alive, in a record, until the call
    /// is over; the frame gets its own object back by itself.
    pub fn exchange_this(&mut self, with: &Object) {
        self.set_this(with.as_ptr());
    }
}
