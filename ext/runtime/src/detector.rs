//! Tells of coroutines that hold the loop longer than they should, and where.

use highper_engine::detector::{self, Hold, Watch};
use highper_zend::look::Onlooker;
use highper_zend::{error, interrupt};
use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Frames of a backtrace at most.
const DEPTH: i64 = 32;

/// A coroutine that has held the loop for too long, and still does.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Which.
    pub coroutine: u64,
    /// How long so far.
    pub time: Duration,
    /// In a call that blocks (true), or in PHP code.
    pub is_call: bool,
    /// The innermost function; empty where it has no name.
    pub function: &'a str,
    /// File and line, `/path/file.php:12`.
    pub place: &'a str,
    /// The backtrace, a line for each function.
    pub trace: &'a str,
}

/// Who is told, from whichever thread.
pub type Tell = Arc<dyn Fn(&Held<'_>) + Send + Sync>;

#[derive(Clone)]
struct Wanted {
    threshold: Duration,
    tell: Tell,
}

thread_local! {
    static WANTED: RefCell<Option<Wanted>> = const { RefCell::new(None) };
}

/// From the next loop on, or at once where there is one, `tell` is told of each coroutine that holds the loop for
/// `threshold`; once for each time.
///
/// # Errors
/// The system's, when there is no thread to be had.
pub fn enable(threshold: Duration, tell: Tell) -> io::Result<()> {
    WANTED.set(Some(Wanted { threshold, tell }));
    if highper_engine::is_running() {
        detector::stop();
        return begin();
    }
    Ok(())
}

/// A loop begins.
pub(crate) fn begin() -> io::Result<()> {
    let Some(Wanted { threshold, tell }) = WANTED.with_borrow(Clone::clone) else {
        return Ok(());
    };
    if detector::runs() {
        return Ok(());
    }
    // Without it there is no telling where a call stands, only that one blocks.
    let onlooker = Onlooker::new().ok();
    detector::start(Watch {
        threshold,
        interrupt: interrupt::raise,
        look: Box::new(move || onlooker.as_ref()?.backtrace()),
        tell: Box::new(move |hold, frames| {
            let (place, trace) = frames.split_once('\n').unwrap_or((frames, ""));
            report(&tell, hold, true, place, trace);
        }),
    })
}

/// The loop is over.
pub(crate) fn end() {
    detector::stop();
}

/// PHP's request ends.
pub(crate) fn forget() {
    detector::stop();
    WANTED.take();
}

/// PHP code was interrupted.
pub(crate) fn at_safe_point() {
    let Some(hold) = detector::at_safe_point() else {
        return;
    };
    let tell = WANTED.with_borrow(|wanted| wanted.as_ref().map(|wanted| Arc::clone(&wanted.tell)));
    let Some(tell) = tell else { return };
    let place = error::location().map_or_else(String::new, |(file, line)| format!("{file}:{line}"));
    // A backtrace that can't be had is an exception of PHP's, pending where the code goes on.
    let trace = match error::backtrace_string(None, error::IGNORE_ARGS, DEPTH) {
        Ok(trace) => trace,
        Err(thrown) => {
            thrown.make_pending();
            String::new()
        }
    };
    report(&tell, hold, false, &place, &trace);
}

fn report(tell: &Tell, hold: Hold, is_call: bool, place: &str, trace: &str) {
    tell(&Held {
        coroutine: hold.coroutine,
        time: hold.time,
        is_call,
        function: innermost(trace),
        place,
        trace,
    });
}

/// `#0 /path/file.php(12): Class->name()`: the name.
fn innermost(trace: &str) -> &str {
    let first = trace.lines().next().unwrap_or_default();
    let called = first.rsplit_once(": ").map_or("", |(_, called)| called);
    called.split_once('(').map_or(called, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_function_is_the_first_of_the_trace() {
        let trace =
            "#0 /a b/(c): d.php(3): Some\\Thing->run()\n#1 [internal function]: {closure}()";
        assert_eq!(innermost(trace), "Some\\Thing->run");
        assert_eq!(
            innermost("#0 [internal function]: {closure}()"),
            "{closure}"
        );
        assert_eq!(innermost(""), "");
    }
}
