//! What php-fpm has in PHP's globals for the one request of a process, as a set for each request: superglobals,
//! session, header lines, what is printed, `php://input`, shutdown functions.
//!
//! A set belongs to the coroutine that called [`begin`] and to those that it makes, and is in PHP's globals while one
//! of them runs. [`hp_vm_switch_sets`] and [`hp_vm_finish_sets`] have to follow the switches from [`enable`] on.

use std::ffi::{c_char, c_int, c_void};
use std::mem::ManuallyDrop;

use crate::array::Array;
use crate::throw::Throw;
use crate::value::Value;

/// Names and values of header lines.
pub type Lines = Vec<(Vec<u8>, Vec<u8>)>;

#[repr(C)]
struct RawInputs {
    arrays: [ManuallyDrop<Value>; 5],
    body: *const c_char,
    length: usize,
    time: f64,
}

unsafe extern "C" {
    /// Says what [`hp_vm_switch_sets`] calls: [`crate::vm::hp_vm_switch`], or what is in its place.
    pub fn hp_sets_above(below: unsafe extern "C" fn(*mut c_void, *mut c_void, c_int));
    /// In the place of [`crate::vm::hp_vm_switch`].
    pub fn hp_vm_switch_sets(from: *mut c_void, to: *mut c_void, dead: c_int);
    /// In the place of [`crate::vm::hp_vm_finish`].
    pub fn hp_vm_finish_sets(vm: *mut c_void);
    fn hp_filter_install();
    fn hp_session_install();
    fn hp_soap_install();
    fn hp_sets_enable();
    fn hp_sets_disable();
    fn hp_set_begin(inputs: *const RawInputs, exception: *mut Value) -> c_int;
    fn hp_set_is_open() -> c_int;
    fn hp_set_end(exception: *mut Value) -> c_int;
    fn hp_set_status() -> c_int;
    fn hp_set_headers(
        each: unsafe extern "C" fn(*mut c_void, *const c_char, usize),
        to: *mut c_void,
    );
    fn hp_set_printed(text: *mut Value);
    fn hp_set_shut();
    fn hp_print(bytes: *const c_char, length: usize) -> c_int;
}

/// What a request brings.
pub struct Inputs<'a> {
    /// What goes over the program's own `$_SERVER`, all of it strings but for times.
    pub server: Array,
    /// `$_GET`
    pub get: Array,
    /// `$_POST`
    pub post: Array,
    /// `$_COOKIE`
    pub cookie: Array,
    /// `$_FILES`
    pub files: Array,
    /// What `php://input` reads; it is copied.
    pub body: &'a [u8],
    /// When the request came, in seconds since 1970.
    pub time: f64,
}

/// Has `filter_input()` and its relatives ask for the running request's set, `session_start()` leave no session
/// without its lock, and the faults of a SoapServer end a request alone. Call at MINIT.
pub fn install() {
    // SAFETY: exchanges handlers in PHP's table of functions, before code runs.
    unsafe {
        hp_filter_install();
        hp_session_install();
        hp_soap_install();
    }
}

/// Prepares PHP's globals. Call it before the first [`begin`], outside of requests; again it does nothing.
pub fn enable() {
    // SAFETY: PHP runs; what it makes lives as long as the process.
    unsafe { hp_sets_enable() };
}

/// Takes back what [`enable`] put into PHP's tables of functions. Call at RSHUTDOWN.
pub fn disable() {
    // SAFETY: gives back what was there.
    unsafe { hp_sets_disable() };
}

fn result(code: c_int, exception: Value) -> Result<(), Throw> {
    match code {
        0 => Ok(()),
        1 => Err(Throw::Object(exception)),
        2 => Err(Throw::Exit),
        _ => Err(Throw::Bailout),
    }
}

/// From now on the running coroutine, and those that it makes, have this set.
///
/// # Errors
/// What `session.auto_start` throws; a fatal error.
///
/// # Panics
/// Outside of coroutines, or before [`enable`].
pub fn begin(inputs: Inputs<'_>) -> Result<(), Throw> {
    let value = |array: Array| ManuallyDrop::new(Value::from(array));
    let raw = RawInputs {
        arrays: [
            value(inputs.server),
            value(inputs.get),
            value(inputs.post),
            value(inputs.cookie),
            value(inputs.files),
        ],
        body: inputs.body.as_ptr().cast(),
        length: inputs.body.len(),
        time: inputs.time,
    };
    let mut exception = Value::null();
    // SAFETY: guarded in the shim, which takes the arrays over and copies the body.
    let code = unsafe { hp_set_begin(&raw const raw, &raw mut exception) };
    result(code, exception)
}

/// Is what the running code prints kept for the answer of its request?
pub fn is_open() -> bool {
    // SAFETY: looks at a flag.
    unsafe { hp_set_is_open() != 0 }
}

/// What ends a script under php-fpm: shutdown functions, output buffers, writing the session,
/// `header_register_callback()`. All of it is done, whatever throws. Once for a set.
///
/// # Errors
/// The first exception; a fatal error.
pub fn end() -> Result<(), Throw> {
    let mut exception = Value::null();
    // SAFETY: guarded in the shim.
    let code = unsafe { hp_set_end(&raw mut exception) };
    result(code, exception)
}

/// The status that was set; 200 where none was.
pub fn status() -> u16 {
    // SAFETY: reads a number.
    u16::try_from(unsafe { hp_set_status() }).unwrap_or(200)
}

/// The lines of `header()`, names and values, in order.
pub fn headers() -> Lines {
    unsafe extern "C" fn each(to: *mut c_void, line: *const c_char, length: usize) {
        // SAFETY: the list below, and a line of PHP's that lives during the call.
        let (list, line) = unsafe {
            (
                &mut *to.cast::<Lines>(),
                std::slice::from_raw_parts(line.cast::<u8>(), length),
            )
        };
        if let Some(at) = line.iter().position(|b| *b == b':') {
            let value = line[at + 1..].trim_ascii();
            list.push((line[..at].trim_ascii().to_vec(), value.to_vec()));
        }
    }
    let mut list = Vec::new();
    // SAFETY: the list outlives the call, and `each` runs no PHP.
    unsafe { hp_set_headers(each, (&raw mut list).cast()) };
    list
}

/// Takes what was printed since this was last asked.
pub fn printed() -> Value {
    let mut text = Value::null();
    // SAFETY: writes a string to a value that owns nothing.
    unsafe { hp_set_printed(&raw mut text) };
    text
}

/// What is printed from now on goes where it goes without a request.
pub fn shut() {
    // SAFETY: sets a flag.
    unsafe { hp_set_shut() };
}

/// Prints, as `echo` does. False after a fatal error.
pub fn print(bytes: &[u8]) -> bool {
    // SAFETY: guarded in the shim; output handlers may run, and the bytes outlive the call.
    unsafe { hp_print(bytes.as_ptr().cast(), bytes.len()) == 0 }
}
