//! Connections of other extensions that one coroutine at a time may use.

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;

use crate::raw::{self, zend_execute_data};
use crate::throw::Throw;

/// What the table of connections in use needs to know of coroutines.
#[derive(Clone, Copy)]
pub struct Coroutines {
    /// The running coroutine; 0 for none.
    pub running: extern "C" fn() -> u64,
    /// Is this one still there?
    pub is_alive: fn(u64) -> bool,
    /// Lets others run for a moment; false where that can't be.
    pub pause: fn() -> bool,
    /// What to throw at the running code.
    pub refuse: fn(&Conflict) -> Throw,
}

/// Somebody calls a function with a connection that another coroutine is using.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The coroutine that is inside a call.
    pub owner: u64,
    /// The function that it is in, as `Class::method` or `function`.
    pub inside: String,
    /// The function that has been called now.
    pub called: String,
    /// The driver, of a PDO connection.
    pub driver: Option<String>,
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_lease_install(
        running: extern "C" fn() -> u64,
        pause: extern "C" fn(u64) -> c_int,
        conflict: unsafe extern "C" fn(
            *mut zend_execute_data,
            u64,
            *const raw::FunctionHead,
            *const c_char,
        ) -> c_int,
    );
    fn hp_lease_forget();
    fn hp_is_dialogue() -> c_int;
    fn hp_connections_install();
    fn hp_function_name(function: *const raw::FunctionHead, to: *mut c_char, room: usize) -> usize;
}

extern "C" fn pause(owner: u64) -> c_int {
    let with = COROUTINES.get();
    c_int::from(with.is_some_and(|with| (with.is_alive)(owner) && (with.pause)()))
}

fn name(function: *const raw::FunctionHead) -> String {
    let mut bytes = [0_u8; 256];
    // SAFETY: a live function; at most as many bytes are written as there is room for.
    let length = unsafe { hp_function_name(function, bytes.as_mut_ptr().cast(), bytes.len()) };
    String::from_utf8_lossy(&bytes[..length.min(bytes.len())]).into_owned()
}

unsafe extern "C" fn conflict(
    frame: *mut zend_execute_data,
    owner: u64,
    inside: *const raw::FunctionHead,
    driver: *const c_char,
) -> c_int {
    let Some(with) = COROUTINES.get() else {
        return 0;
    };
    if !(with.is_alive)(owner) {
        return 0;
    }
    // SAFETY: the frame of the call, and the function of one that is under way: both are alive.
    let called = unsafe { name((*frame.cast::<raw::Frame>()).func) };
    let conflict = Conflict {
        owner,
        inside: name(inside),
        called,
        driver: (!driver.is_null()).then(|| {
            // SAFETY: a driver's name, which stays as long as its extension.
            let driver = unsafe { CStr::from_ptr(driver) };
            driver.to_string_lossy().into_owned()
        }),
    };
    let thrown = (with.refuse)(&conflict);
    drop(conflict);
    if thrown.raise() { -1 } else { 1 }
}

/// Wires the table up. Call once, at MINIT.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        // SAFETY: at MINIT, once, with functions that live as long as the library.
        unsafe { hp_lease_install(with.running, pause, conflict) };
    }
}

/// Is the running code inside a function of an extension that talks to a server in questions and answers?
pub fn is_dialogue() -> bool {
    // SAFETY: reads the running frame and what it names.
    unsafe { hp_is_dialogue() != 0 }
}

/// Puts the functions of the extensions that are loaded under it. Call at the start of the first request.
pub fn cover() {
    // SAFETY: looks functions up; what it changes are handlers of functions that stay as long as the process.
    unsafe { hp_connections_install() };
}

/// Forgets who uses what. Call when no coroutine is left.
pub fn forget() {
    // SAFETY: no call is under way.
    unsafe { hp_lease_forget() };
}
