//! SQLite, the system's, found when it is needed first.
//!
//! Nothing links against it, so that programs without a database in SQLite need none, and one that has it in the process
//! already (PHP's own extensions) shares that copy: two would break each other's locks on files.
//!
//! `rusqlite` calls through a table of functions that SQLite hands to its extensions. An automatic extension that does
//! nothing gets that table with the next database that is opened (<https://sqlite.org/c3ref/auto_extension.html>).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub use rusqlite;

use rusqlite::ffi::{self, sqlite3, sqlite3_api_routines};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

/// The name that glibc's and musl's systems have it under.
const LIBRARY: &CStr = c"libsqlite3.so.0";

/// Why there is no SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no SQLite ({}); install it (Debian, Ubuntu: libsqlite3-0, Alpine: sqlite-libs)",
            self.0
        )
    }
}

impl std::error::Error for Missing {}

type EntryPoint =
    unsafe extern "C" fn(*mut sqlite3, *mut *const c_char, *const sqlite3_api_routines) -> c_int;
type Register = unsafe extern "C" fn(Option<EntryPoint>) -> c_int;
type Open = unsafe extern "C" fn(*const c_char, *mut *mut sqlite3) -> c_int;
type Close = unsafe extern "C" fn(*mut sqlite3) -> c_int;

static IS_READY: AtomicBool = AtomicBool::new(false);
static LOADING: Mutex<()> = Mutex::new(());
/// The table, once a database has been opened with the extension.
static TABLE: AtomicPtr<sqlite3_api_routines> = AtomicPtr::new(null_mut());

unsafe extern "C" fn entry_point(
    _database: *mut sqlite3,
    _message: *mut *const c_char,
    table: *const sqlite3_api_routines,
) -> c_int {
    TABLE.store(table.cast_mut(), Ordering::Release);
    ffi::SQLITE_OK
}

/// Where the functions are: in the process already, or in a library that is opened now and stays.
fn library() -> Result<*mut c_void, Missing> {
    // SAFETY: looks a name up.
    if !unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"sqlite3_auto_extension".as_ptr()) }.is_null() {
        return Ok(libc::RTLD_DEFAULT);
    }
    // SAFETY: a name; the library's initialisers are SQLite's. Global, so that libraries that want it later find this copy.
    let handle = unsafe { libc::dlopen(LIBRARY.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
    if !handle.is_null() {
        return Ok(handle);
    }
    // SAFETY: the text is this thread's until its next call of these functions.
    let said = unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            LIBRARY.to_string_lossy()
        } else {
            CStr::from_ptr(text).to_string_lossy()
        }
    };
    Err(Missing(said.into_owned()))
}

/// One of its functions.
fn symbol(library: *mut c_void, name: &CStr) -> Result<*mut c_void, Missing> {
    // SAFETY: a handle that stays open, and a name.
    let found = unsafe { libc::dlsym(library, name.as_ptr()) };
    if found.is_null() {
        return Err(Missing(format!("it has no {}", name.to_string_lossy())));
    }
    Ok(found)
}

fn table(library: *mut c_void) -> Result<*mut sqlite3_api_routines, Missing> {
    let (register, cancel, open, close) = (
        symbol(library, c"sqlite3_auto_extension")?,
        symbol(library, c"sqlite3_cancel_auto_extension")?,
        symbol(library, c"sqlite3_open")?,
        symbol(library, c"sqlite3_close")?,
    );
    // SAFETY: these are the functions' types, which SQLite keeps for ever.
    let (register, cancel, open, close) = unsafe {
        (
            std::mem::transmute::<*mut c_void, Register>(register),
            std::mem::transmute::<*mut c_void, Register>(cancel),
            std::mem::transmute::<*mut c_void, Open>(open),
            std::mem::transmute::<*mut c_void, Close>(close),
        )
    };
    let mut database = null_mut();
    // SAFETY: the extension is a function of this library, and is taken out again; the database is nobody else's.
    let code = unsafe {
        register(Some(entry_point));
        let code = open(c":memory:".as_ptr(), &raw mut database);
        close(database);
        cancel(Some(entry_point));
        code
    };
    let table = TABLE.load(Ordering::Acquire);
    if table.is_null() {
        return Err(Missing(match code {
            ffi::SQLITE_OK => "it was built without extensions".to_owned(),
            code => format!("it opens no database in memory, error {code}"),
        }));
    }
    Ok(table)
}

/// Makes `rusqlite` ready to be used. Call it before anything of that; a second call costs nothing.
///
/// # Errors
/// There is no SQLite, or one older than 3.14. It is looked for again by the next call.
pub fn load() -> Result<(), Missing> {
    if IS_READY.load(Ordering::Acquire) {
        return Ok(());
    }
    let _one = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    if IS_READY.load(Ordering::Acquire) {
        return Ok(());
    }
    let table = table(library()?)?;
    // SAFETY: SQLite's own table, which lives as long as the library; `rusqlite` looks at its version first.
    unsafe { ffi::rusqlite_extension_init2(table) }.map_err(|error| Missing(error.to_string()))?;
    IS_READY.store(true, Ordering::Release);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_find_one_library() {
        let count = |_| {
            load().unwrap();
            let connection = rusqlite::Connection::open_in_memory().unwrap();
            connection
                .query_row("SELECT 40 + 2", [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        let threads: Vec<_> = (0..8)
            .map(|number| std::thread::spawn(move || count(number)))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 42);
        }
        assert!(rusqlite::version_number() >= 3_014_000);
    }

    #[test]
    fn says_what_to_install() {
        let text = Missing("libsqlite3.so.0: not found".to_owned()).to_string();
        assert!(text.contains("libsqlite3-0") && text.contains("not found"));
    }
}
