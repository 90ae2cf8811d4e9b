//! Coroutines that run PHP.

use crate::{backtrace, callback, exit, failure};
use highper_engine::{self as engine, End, Ending, RunError, SpawnError, scheduler};
use highper_zend::{Callable, Outcome, Throw, Value, error};
use std::cell::{Cell, RefCell};

/// What a coroutine of PHP owns beside its stack; made when first asked for.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) defers: RefCell<Vec<Callable>>,
    pub(crate) context: RefCell<Option<Value>>,
    /// What the function returned, for its deferred calls.
    pub(crate) returned: RefCell<Option<Value>>,
}

pub(crate) fn with_own<R>(f: impl FnOnce(&Own) -> R) -> Option<R> {
    let id = engine::current()?;
    if scheduler::local::<Own, ()>(id, |_| ()).is_none() {
        scheduler::set_local(Own::default());
    }
    scheduler::local::<Own, R>(id, f)
}

/// Runs a callable in a new coroutine, at once, until it first suspends. Its own
/// uncaught exceptions are reported and end only it.
///
/// # Errors
/// When the coroutine can't be made: too many, or no stack.
#[inline(always)]
pub fn spawn(callable: Callable, args: &[Value]) -> Result<u64, SpawnError> {
    if args.is_empty() {
        return try_spawn(move || returned(callable.call(&[])));
    }
    let args = args.to_vec();
    try_spawn(move || returned(callable.call(&args)))
}

/// What the function returned is for its deferred calls.
#[inline]
fn returned(outcome: Outcome) -> Result<(), Throw> {
    set_returned(outcome.into_result()?);
    Ok(())
}

/// Notes what the running coroutine's function returned, for its deferred calls.
#[inline]
pub fn set_returned(value: Value) {
    if scheduler::has_locals()
        && let Some(id) = engine::current()
    {
        scheduler::local::<Own, _>(id, |own| own.returned.replace(Some(value)));
    }
}

/// As [`spawn`], with a Rust closure that may call PHP.
///
/// # Errors
/// An exception when the coroutine can't be made: too many, or no stack.
pub fn spawn_body<F>(body: F) -> Result<u64, Throw>
where
    F: FnOnce() -> Result<(), Throw> + 'static,
{
    try_spawn(body).map_err(|e| Throw::error(e.to_string()))
}

/// As [`spawn_body`], with the engine's own error.
///
/// # Errors
/// [`SpawnError`].
#[inline(always)]
pub fn try_spawn<F>(body: F) -> Result<u64, SpawnError>
where
    F: FnOnce() -> Result<(), Throw> + 'static,
{
    engine::spawn(move || {
        let mut ending = settle(body());
        while ending != Ending::Fatal {
            let Some(deferred) = next_deferred() else {
                break;
            };
            let returned = with_own(|own| own.returned.borrow().clone()).flatten();
            let args = returned.as_slice();
            let ended = settle(deferred.call(args).into_result().map(drop));
            if ended != Ending::Returned {
                ending = ended;
                if scheduler::is_abandoned() {
                    break;
                }
            }
        }
        ending
    })
}

#[inline]
fn next_deferred() -> Option<Callable> {
    if scheduler::has_locals() {
        last_deferred()
    } else {
        None
    }
}

#[cold]
fn last_deferred() -> Option<Callable> {
    let id = engine::current()?;
    scheduler::local::<Own, _>(id, |own| own.defers.borrow_mut().pop())?
}

/// Turns what a body left with into an ending; reports what nobody caught.
#[inline]
pub(crate) fn settle(result: Result<(), Throw>) -> Ending {
    match result {
        Ok(()) => Ending::Returned,
        Err(throw) => settle_thrown(throw),
    }
}

#[cold]
fn settle_thrown(throw: Throw) -> Ending {
    match throw {
        Throw::Bailout => Ending::Fatal,
        Throw::Exit => Ending::Thrown,
        throw => match throw.into_object() {
            Some(exception) if exit::is_exit(&exception) && goes_on_after_uncaught() => {
                exit::note_status(&exception);
                Ending::Thrown
            }
            Some(exception) if failure::is_none(&exception) => Ending::Thrown,
            Some(exception) => match failure::report(&exception) {
                true => {
                    if !goes_on_after_uncaught() {
                        scheduler::abandon();
                    }
                    Ending::Thrown
                }
                false => Ending::Fatal,
            },
            None => Ending::Thrown,
        },
    }
}

/// Reports what a call on the driver's stack threw; the program is over, unless this is a worker.
pub fn report(throw: Throw) {
    if settle(Err(throw)) == Ending::Fatal {
        scheduler::abandon();
    }
}

/// In a worker of a server, what nobody caught ends its coroutine and the others go on. A script is
/// over then, as one without coroutines. The child of a fork inside a coroutine ends with that.
fn goes_on_after_uncaught() -> bool {
    crate::serve::worker().is_some() || scheduler::is_foreign()
}

/// To be asked when a coroutine that was started or resumed here has come to a stop.
///
/// # Errors
/// [`Throw::Bailout`] when it has ended the program.
#[inline]
pub fn goes_on() -> Result<(), Throw> {
    match scheduler::is_abandoned() {
        true => Err(Throw::Bailout),
        false => Ok(()),
    }
}

/// Calls back at the end of the running coroutine, last come first. False outside coroutines.
pub fn defer(callable: Callable) -> bool {
    with_own(|own| own.defers.borrow_mut().push(callable)).is_some()
}

type ReportDeadlock = fn(&[u64]) -> Result<(), Throw>;

thread_local! {
    static ON_DEADLOCK: Cell<ReportDeadlock> = const { Cell::new(backtrace::report_deadlock) };
    static CHECKS_DEADLOCK: Cell<bool> = const { Cell::new(true) };
    static ON_START: Cell<fn()> = const { Cell::new(|| {}) };
    static ON_END: Cell<fn()> = const { Cell::new(|| {}) };
    static GOES_ON: Cell<fn() -> bool> = const { Cell::new(|| false) };
    /// Has the loop begun turn by turn?
    static IS_TURNED: Cell<bool> = const { Cell::new(false) };
}

/// Is a deadlock reported (Swoole's `enable_deadlock_check`)? On by default.
pub fn set_deadlock_check(on: bool) {
    CHECKS_DEADLOCK.set(on);
}

/// Sets who reports a deadlock, given the ids of those that sleep for ever.
pub fn on_deadlock(report: ReportDeadlock) {
    ON_DEADLOCK.set(report);
}

/// Called at the start of every loop, on the driver's stack.
pub fn on_loop_start(call: fn()) {
    ON_START.set(call);
}

/// Called when a loop is over: nothing that was registered with it is watched any more.
pub fn on_loop_end(call: fn()) {
    ON_END.set(call);
}

/// For the child of a fork: nothing of the parent's loop goes on in it.
pub fn forked() {
    crate::callback::take_exit();
    crate::children::forget();
    crate::signals::forget();
    crate::timer::forget_all();
    crate::closing::forget();
    engine::scheduler::forked();
}

/// Asked after a fatal error in a coroutine whether the loop goes on, to drain.
pub fn on_fatal(goes_on: fn() -> bool) {
    GOES_ON.set(goes_on);
}

/// `Co\run`: an event loop with one coroutine in it, until all have ended.
///
/// # Errors
/// [`Throw::Error`](Throw) when a loop runs already; a fatal error of a coroutine
/// goes on from here, when nothing of the loop is left.
pub fn run(main: Callable, args: Vec<Value>) -> Result<bool, Throw> {
    let failed = std::rc::Rc::new(Cell::new(None));
    let slot = std::rc::Rc::clone(&failed);
    run_loop(move || {
        if let Err(error) = spawn(main, &args) {
            slot.set(Some(Throw::error(error.to_string())));
        }
        drop(args);
    })?;
    failed.take().map_or(Ok(true), Err)
}

/// Runs the event loop: `start` first, then until nothing is left to wait for.
///
/// # Errors
/// As [`run`].
pub fn run_loop(start: impl FnOnce()) -> Result<(), Throw> {
    crate::hooks::loop_starts();
    begin_threads()?;
    let begin = || {
        ON_START.get()();
        start();
    };
    IS_TURNED.set(false);
    let end = engine::run(begin, || GOES_ON.get()());
    if !matches!(end, Err(RunError::Running)) {
        crate::preempt::end();
        crate::detector::end();
        ON_END.get()();
    }
    match end {
        Ok(End::Finished) if callback::take_exit() => Err(Throw::Exit),
        Ok(End::Finished) => Ok(()),
        Ok(End::Fatal) => Err(Throw::Bailout),
        Ok(End::Deadlock(ids)) => {
            if CHECKS_DEADLOCK.get() {
                (ON_DEADLOCK.get())(&ids)?;
            }
            Ok(())
        }
        Err(RunError::Running) => {
            error::warning(RunError::Running.to_string())?;
            Err(Throw::error(
                "eventLoop has already been created: run() can't be nested; use go() inside a coroutine",
            ))
        }
        Err(other) => Err(Throw::error(other.to_string())),
    }
}

/// There is a loop, or will be one, and coroutines run from now on: so do the threads that watch them.
///
/// # Errors
/// When the system has none.
pub fn begin_threads() -> Result<(), Throw> {
    crate::preempt::begin()
        .map_err(|e| Throw::error(format!("there is no thread for the time slices: {e}")))?;
    crate::detector::begin().map_err(|e| {
        Throw::error(format!(
            "there is no thread that looks for blocking calls: {e}"
        ))
    })
}

/// One look at the events, and what follows from it: for programs that drive the loop themselves.
///
/// # Errors
/// As [`run`].
pub fn turn_loop() -> Result<(), Throw> {
    if !IS_TURNED.replace(true) {
        crate::hooks::loop_starts();
        begin_threads()?;
        ON_START.get()();
    }
    match engine::turn(|| GOES_ON.get()()) {
        Ok(End::Fatal) => Err(Throw::Bailout),
        Ok(_) if callback::take_exit() => Err(Throw::Exit),
        Ok(_) => Ok(()),
        Err(RunError::Running) => {
            error::warning(RunError::Running.to_string())?;
            Err(Throw::error(
                "the event loop runs already: call this outside of it",
            ))
        }
        Err(other) => Err(Throw::error(other.to_string())),
    }
}
