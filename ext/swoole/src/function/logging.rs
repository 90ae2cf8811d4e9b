//! Swoole's own log: `swoole_error_log` and the settings for it.

mod date;
mod file;

pub(crate) use file::name as file_name;

use highper_zend::{Array, Function, Registry, Value};
use std::cell::{Cell, RefCell};
use std::io::Write;

/// `SWOOLE_LOG_WARNING`
pub const WARNING: i64 = 4;
/// `SWOOLE_LOG_ERROR`
pub const ERROR: i64 = 5;

thread_local! {
    static LEVEL: Cell<i64> = const { Cell::new(2) };
    /// Did the program choose the level?
    static IS_CHOSEN: Cell<bool> = const { Cell::new(false) };
    static IGNORED: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
}

/// Declares the functions.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_error_log(int $level, string $msg): void",
            "Writes a line to the log, SWOOLE_LOG_*.",
            |call| {
                put(call.long(0)?, &String::from_utf8_lossy(call.bytes(1)?));
                Ok(())
            },
        ))
        .function(Function::new(
            "function swoole_error_log_ex(int $level, int $error, string $msg): void",
            "The same with an error number, unless that is ignored.",
            |call| {
                let (level, error) = (call.long(0)?, call.long(1)?);
                let message = String::from_utf8_lossy(call.bytes(2)?).into_owned();
                report(
                    level,
                    error as i32,
                    &format!("swoole_error_log_ex() (ERRNO {error}): {message}"),
                );
                Ok(())
            },
        ))
        .function(Function::new(
            "function swoole_ignore_error(int $error): void",
            "Errors of this number are not logged.",
            |call| {
                let error = call.long(0)?;
                IGNORED.with_borrow_mut(|all| all.push(error));
                Ok(())
            },
        ))
        .on_request_shutdown(|| {
            LEVEL.set(2);
            IS_CHOSEN.set(false);
            file::forget();
            date::forget();
            IGNORED.with_borrow_mut(Vec::clear);
        });
}

fn configure_level(settings: &Array) {
    if let Some(level) = settings.get("log_level") {
        IS_CHOSEN.set(true);
        LEVEL.set(level.to_long());
    }
}

/// Takes what a server's settings say of its log: in the background all output goes there by itself.
pub(crate) fn configure_server(settings: &Array) {
    file::in_background(settings.get("daemonize").is_some_and(Value::to_bool));
    configure(settings);
    file::begin();
}

/// Takes what settings say of the log.
pub fn configure(settings: &Array) {
    configure_level(settings);
    if let Some(kind) = settings.get("log_rotation") {
        file::rotate(kind.to_long());
    }
    if let Some(name) = settings.get("log_file").and_then(Value::as_str) {
        file::set(name);
    }
    date::configure(settings);
}

/// Sets the last error, and writes a line about it unless that error is ignored.
pub fn report(level: i64, error: i32, message: &str) {
    highper_runtime::set_last_error(error);
    if !IGNORED.with_borrow(|all| all.contains(&i64::from(error))) {
        put(level, message);
    }
}

/// A warning of the extension itself, in its log.
pub fn warning(message: &str) {
    put(WARNING, message);
}

/// The level of what happened in a server's ordinary run, of which Swoole says nothing: a program
/// that chose a level sees it from `SWOOLE_LOG_DEBUG` down only.
pub(crate) fn ordinary() -> i64 {
    if IS_CHOSEN.get() { 0 } else { 2 }
}

/// A line of the extension itself with an error number, unless that is ignored.
pub(crate) fn failure(level: i64, place: &str, number: i32, message: &str) {
    highper_runtime::set_last_error(number);
    if !IGNORED.with_borrow(|all| all.contains(&i64::from(number))) {
        put(level, &format!("{place} (ERRNO {number}): {message}"));
    }
}

pub(crate) fn put(level: i64, message: &str) {
    if level < LEVEL.get() {
        return;
    }
    let name = match level {
        0 => "DEBUG",
        1 => "TRACE",
        3 => "NOTICE",
        4 => "WARNING",
        5 => "ERROR",
        _ => "INFO",
    };
    let (symbol, id) = process();
    let pid = std::process::id();
    let line = format!("[{} {symbol}{pid}.{id}]\t{name}\t{message}\n", date::now());
    let written = match file::current() {
        Some(path) => std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|mut file| file.write_all(line.as_bytes())),
        None => std::io::stdout()
            .write_all(line.as_bytes())
            .and_then(|()| std::io::stdout().flush()),
    };
    if let Err(error) = written {
        // The log itself can't be written: its last resort.
        eprint!("log: {error}: {line}");
    }
}

/// The sign of this process's kind, as Swoole's log has it, and its number.
fn process() -> (char, i32) {
    let Some(here) = highper_runtime::post::here() else {
        return ('%', 0);
    };
    let Ok(id) = usize::try_from(here.id()) else {
        return ('$', 0);
    };
    let (workers, tasks) = (here.post().workers(), here.post().tasks());
    let symbol = match id {
        id if id < workers => '*',
        id if id < workers + tasks => '^',
        _ => '@',
    };
    (symbol, here.id())
}
