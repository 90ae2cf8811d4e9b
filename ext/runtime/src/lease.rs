//! Connections that one coroutine at a time may use: what is said when a second one comes.

use crate::backtrace::backtrace_text;
use crate::wiring::frame_of;
use highper_engine::{current, info};
use highper_zend::error::IGNORE_ARGS;
use highper_zend::lease::{self, Conflict, Coroutines};
use highper_zend::{Array, Throw, Value, error, interpose};
use std::cell::Cell;
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
    let refused = match describe(conflict) {
        Ok(refused) => refused,
        Err(thrown) => return thrown,
    };
    match MAKE.get() {
        Some(make) => make(&refused),
        None => Throw::error(refused.to_string()),
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
    })
}

/// Where this function was called: of that frame, or of the innermost one that has a place.
fn place(trace: &Array, function: &str) -> String {
    let text = |frame: &Array, key: &str| {
        let value = frame.get(key);
        match value.and_then(Value::as_long) {
            Some(number) => number.to_string(),
            None => value
                .and_then(Value::as_bytes)
                .map_or_else(String::new, |bytes| {
                    String::from_utf8_lossy(bytes).into_owned()
                }),
        }
    };
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
        } = self;
        let pool = match driver.as_deref() {
            Some("mysql" | "pgsql") => " (highper.pdo_pool has one)",
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
