//! Connections that one coroutine at a time may use: what is said when a second one comes.

use crate::backtrace::backtrace_text;
use crate::wiring::frame_of;
use highper_engine::{current, info};
use highper_zend::error::IGNORE_ARGS;
use highper_zend::lease::{self, Conflict, Coroutines};
use highper_zend::{Array, Throw, Value, error, interpose};
use std::cell::Cell;
use std::os::fd::RawFd;
use std::sync::Once;

/// How often a release looks whether its connection is free, in nanoseconds.
const PAUSE: u64 = 1_000_000;

/// A call that was refused, in words.
pub struct Refused {
    /// The function that was called, as `Class::method` or `function`.
    pub called: String,
    /// Where: `file:line`.
    pub at: String,
    /// The running coroutine; 0 outside of all.
    pub own: u64,
    /// The function that the other coroutine is in.
    pub inside: String,
    /// Where that was called.
    pub owner_at: String,
    /// The other coroutine.
    pub owner: u64,
    /// Its backtrace, a line for each frame.
    pub trace: String,
    /// The driver, of a PDO connection.
    pub driver: Option<String>,
    /// Of a descriptor: its number, and what both do with it, in a word of Swoole's.
    pub socket: Option<(RawFd, &'static str)>,
}

type Make = fn(&Refused) -> Throw;

thread_local! {
    static MAKE: Cell<Option<Make>> = const { Cell::new(None) };
}

extern "C" fn running() -> u64 {
    current().unwrap_or(0)
}

/// Wires it up. Call once, at MINIT.
pub(crate) fn install() {
    interpose::reserve();
    lease::install(Coroutines {
        running,
        is_alive: |id| info(id).is_some(),
        pause: || {
            let can = highper_engine::can_suspend();
            if can {
                // Whoever cancels this one ends the moment, not the release that waits for it.
                highper_engine::sleep(PAUSE);
            }
            can
        },
        refuse,
    });
}

/// Puts the functions of all extensions under it. Call at the start of each request; the first one counts.
pub(crate) fn cover() {
    static ONCE: Once = Once::new();
    ONCE.call_once(lease::cover);
}

/// Says how the exception is made.
pub fn refuse_with(make: Make) {
    MAKE.set(Some(make));
}

fn refuse(conflict: &Conflict) -> Throw {
    match describe(conflict) {
        Ok(refused) => make(&refused),
        Err(thrown) => thrown,
    }
}

fn make(refused: &Refused) -> Throw {
    match MAKE.get() {
        Some(make) => make(refused),
        None => Throw::error(refused.to_string()),
    }
}

/// The running coroutine is about to use a descriptor in a direction for which another one waits.
///
/// # Errors
/// What is to be thrown when the C code that does so has returned.
pub(crate) fn bound(fd: RawFd, owner: u64, reads: bool, writes: bool) -> Result<(), Throw> {
    let own = error::backtrace(None, IGNORE_ARGS, 0)?;
    let other = match frame_of(owner) {
        Some(frame) => error::backtrace(Some(frame), IGNORE_ARGS, 0)?,
        None => Array::new(),
    };
    let (called, inside) = (innermost(&own), innermost(&other));
    Err(make(&Refused {
        at: place(&own, &called),
        own: current().unwrap_or(0),
        owner_at: place(&other, &inside),
        called,
        inside,
        owner,
        trace: backtrace_text(owner, 0, 0)?.unwrap_or_default(),
        driver: None,
        socket: Some((
            fd,
            match (reads, writes) {
                (true, true) => "reading or writing",
                (true, false) => "reading",
                (false, _) => "writing",
            },
        )),
    }))
}

/// The function that a backtrace begins with, as `Class::method` or `function`.
fn innermost(trace: &Array) -> String {
    let Some(frame) = trace
        .into_iter()
        .next()
        .and_then(|(_, frame)| frame.as_array())
    else {
        return "an unknown function".to_owned();
    };
    let (class, name) = (text(frame, "class"), text(frame, "function"));
    match class.is_empty() {
        true => name,
        false => format!("{class}::{name}"),
    }
}

fn describe(conflict: &Conflict) -> Result<Refused, Throw> {
    let own = error::backtrace(None, IGNORE_ARGS, 0)?;
    let other = match frame_of(conflict.owner) {
        Some(frame) => error::backtrace(Some(frame), IGNORE_ARGS, 0)?,
        None => Array::new(),
    };
    Ok(Refused {
        called: conflict.called.clone(),
        at: place(&own, &conflict.called),
        own: current().unwrap_or(0),
        inside: conflict.inside.clone(),
        owner_at: place(&other, &conflict.inside),
        owner: conflict.owner,
        trace: backtrace_text(conflict.owner, 0, 0)?.unwrap_or_default(),
        driver: conflict.driver.clone(),
        socket: None,
    })
}

fn text(frame: &Array, key: &str) -> String {
    let value = frame.get(key);
    if let Some(number) = value.and_then(Value::as_long) {
        return number.to_string();
    }
    let bytes = value.and_then(Value::as_bytes).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// Where this function was called: of that frame, or of the innermost one that has a place.
fn place(trace: &Array, function: &str) -> String {
    let mut innermost = None;
    for (_, frame) in trace {
        let Some(frame) = frame.as_array() else {
            continue;
        };
        let file = text(frame, "file");
        if file.is_empty() {
            continue;
        }
        let at = format!("{file}:{}", text(frame, "line"));
        let (class, name) = (text(frame, "class"), text(frame, "function"));
        let is_it = match function.split_once("::") {
            Some((_, method)) => !class.is_empty() && name.eq_ignore_ascii_case(method),
            None => class.is_empty() && name.eq_ignore_ascii_case(function),
        };
        if is_it {
            return at;
        }
        innermost.get_or_insert(at);
    }
    innermost.unwrap_or_else(|| "an unknown place".to_owned())
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            called,
            at,
            own,
            inside,
            owner_at,
            owner,
            trace,
            driver,
            socket,
        } = self;
        if let Some((fd, doing)) = socket {
            return write!(
                f,
                "Socket#{fd} has already been bound to another coroutine#{owner}, {doing} of the same socket in coroutine#{own} at the \
                 same time is not allowed: {called}() at {at}, while coroutine#{owner} is inside {inside}() at {owner_at}. A connection \
                 has one reader and one writer: give each coroutine its own, or let one of them read for all\n\
                 [Coroutine-{owner}] Stack trace:\n{trace}"
            );
        }
        let pool = match driver.as_deref() {
            Some("mysql" | "pgsql") => " (highper.pdo_pool has one)",
            Some("mysqli") => " (highper.mysqli_pool has one)",
            // Two managers may have one client.
            _ if called.starts_with("MongoDB\\") => " (driver option disableClientPersistence)",
            _ => "",
        };
        write!(
            f,
            "{called}() in coroutine#{own} at {at}: this connection is in use by coroutine#{owner}, which is inside {inside}() at \
             {owner_at}. One connection serves one coroutine at a time: give each its own, or take them from a pool{pool}\n\
             [Coroutine-{owner}] Stack trace:\n{trace}"
        )
    }
}
