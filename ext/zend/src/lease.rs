//! Connections of other extensions that one coroutine at a time may use.

use std::ffi::{c_char, c_int};
use std::sync::OnceLock;

use crate::raw::{self, zend_execute_data};
use crate::throw::Throw;

/// What the table of connections in use needs to know of coroutines.
#[derive(Clone, Copy)]
pub struct Coroutines {
    /// The running coroutine; 0 for none.
    pub running: fn() -> u64,
    /// Is this one still there?
    pub is_alive: fn(u64) -> bool,
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
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_lease_install(
        running: extern "C" fn() -> u64,
        conflict: unsafe extern "C" fn(
            *mut zend_execute_data,
            u64,
            *const raw::FunctionHead,
        ) -> c_int,
    );
    fn hp_lease_forget();
    fn hp_connections_install();
    fn hp_function_name(function: *const raw::FunctionHead, to: *mut c_char, room: usize) -> usize;
}

extern "C" fn running() -> u64 {
    COROUTINES.get().map_or(0, |with| (with.running)())
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
    };
    let thrown = (with.refuse)(&conflict);
    drop(conflict);
    if thrown.raise() { -1 } else { 1 }
}

/// Wires the table up. Call once, at MINIT.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        // SAFETY: at MINIT, once, with functions that live as long as the library.
        unsafe { hp_lease_install(running, conflict) };
    }
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
