//! Diagnostics of PHP: warnings, where the code is, backtraces.
use crate::array::Array;
use crate::raw::{self, zend_execute_data};
use crate::string;
use crate::throw::Throw;
use crate::value::Value;

/// A level, with PHP's `E_*` values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// `E_ERROR`: fatal, ends the script.
    Error = 1,
    /// `E_WARNING`
    Warning = 2,
    /// `E_NOTICE`
    Notice = 8,
    /// `E_DEPRECATED`
    Deprecated = 8192,
    /// `E_USER_WARNING`
    UserWarning = 512,
    /// `E_USER_NOTICE`
    UserNotice = 1024,
}

thread_local! {
    static SHOWS_WARNINGS: std::cell::Cell<fn() -> bool> = const { std::cell::Cell::new(|| true) };
}

/// Sets who is asked before each [`warning`] whether there is to be one.
pub fn ask_before_warning(ask: fn() -> bool) {
    SHOWS_WARNINGS.set(ask);
}

/// Raises a diagnostic as PHP's functions do ("f(): message"). An error
/// handler of the user may turn it into an exception: hence the result.
pub fn raise(level: Level, message: impl AsRef<str>) -> Result<(), Throw> {
    let message = message.as_ref();
    // SAFETY: guarded; the message is copied.
    Throw::check(unsafe { raw::hz_error(level as i32, message.as_ptr(), message.len()) })
}

/// The same without the function's name in front.
pub fn raise_plain(level: Level, message: impl AsRef<str>) -> Result<(), Throw> {
    let message = message.as_ref();
    // SAFETY: guarded; the message is copied.
    Throw::check(unsafe { raw::hz_error_plain(level as i32, message.as_ptr(), message.len()) })
}

/// Is a line of PHP's error log being written? PHP drops what others want to log meanwhile.
#[must_use]
pub fn is_logging() -> bool {
    // SAFETY: reads a flag of PHP's.
    unsafe { raw::hz_is_logging() }
}

/// `E_WARNING`
pub fn warning(message: impl AsRef<str>) -> Result<(), Throw> {
    if !SHOWS_WARNINGS.get()() {
        return Ok(());
    }
    raise(Level::Warning, message)
}

/// `E_NOTICE`
pub fn notice(message: impl AsRef<str>) -> Result<(), Throw> {
    raise(Level::Notice, message)
}

/// `E_DEPRECATED`
pub fn deprecated(message: impl AsRef<str>) -> Result<(), Throw> {
    raise(Level::Deprecated, message)
}

/// A fatal error. The bailout comes back as [`Throw::Bailout`]; return it.
pub fn fatal(message: impl AsRef<str>) -> Throw {
    raise(Level::Error, message).err().unwrap_or(Throw::Bailout)
}

/// File and line of the PHP code that runs now.
pub fn location() -> Option<(String, u32)> {
    let (mut file, mut len, mut line) = (std::ptr::null(), 0, 0);
    // SAFETY: the file name is copied at once.
    unsafe {
        (raw::hz_location(&raw mut file, &raw mut len, &raw mut line) != 0).then(|| {
            (
                String::from_utf8_lossy(std::slice::from_raw_parts(file, len)).into_owned(),
                line,
            )
        })
    }
}

type Find = unsafe extern "C" fn(*mut *mut raw::ZendStr, *mut *mut raw::ZendStr) -> std::ffi::c_int;

/// The running function: "name" or "Class::name".
pub fn active_function() -> Option<String> {
    function_by(raw::hz_active_function)
}

/// The function that called the running one.
pub fn calling_function() -> Option<String> {
    function_by(raw::hz_calling_function)
}

fn function_by(find: Find) -> Option<String> {
    let (mut class, mut function) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: names of a function on the stack, copied at once.
    unsafe {
        if find(&raw mut class, &raw mut function) == 0 {
            return None;
        }
        let function = String::from_utf8_lossy(string::bytes(function));
        Some(match class.as_ref() {
            Some(class) => format!(
                "{}::{function}",
                String::from_utf8_lossy(string::bytes(class))
            ),
            None => function.into_owned(),
        })
    }
}

/// `DEBUG_BACKTRACE_PROVIDE_OBJECT`
pub const PROVIDE_OBJECT: i64 = 1;
/// `DEBUG_BACKTRACE_IGNORE_ARGS`
pub const IGNORE_ARGS: i64 = 2;

/// A frame of suspended PHP code, as the coroutine's record keeps it.
#[derive(Clone, Copy)]
pub struct SuspendedFrame(*mut zend_execute_data);

impl SuspendedFrame {
    /// # Safety
    /// `frame` is an execute_data that stays alive while this value is used.
    pub unsafe fn new(frame: *mut std::ffi::c_void) -> Self {
        Self(frame.cast())
    }
}

/// `debug_backtrace()` of the running code or of a suspended one. `limit` 0
/// means all frames.
pub fn backtrace(frame: Option<SuspendedFrame>, options: i64, limit: i64) -> Result<Array, Throw> {
    let mut out = Value::undef();
    let frame = frame.map_or(std::ptr::null_mut(), |frame| frame.0);
    // SAFETY: guarded; the frame is alive by its type's promise.
    Throw::check(unsafe { raw::hz_backtrace(frame, options, limit, &raw mut out) })?;
    Ok(out.into_array().unwrap_or_default())
}

/// The backtrace as text, in the format of `debug_print_backtrace()`: a line per frame.
/// `options` and `limit` are as in [`backtrace`].
pub fn backtrace_string(
    frame: Option<SuspendedFrame>,
    options: i64,
    limit: i64,
) -> Result<String, Throw> {
    let mut out = Value::undef();
    let frame = frame.map_or(std::ptr::null_mut(), |frame| frame.0);
    // SAFETY: guarded; the frame is alive by its type's promise.
    Throw::check(unsafe { raw::hz_backtrace_string(frame, options, limit, &raw mut out) })?;
    Ok(out
        .as_bytes()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default())
}
