//! Time slices: a thread that interrupts the virtual machine while something runs.
//!
//! The machine then asks [`is_due`] at its next safe point and gives the processor away there. No
//! switch of coroutines pays for it: a coroutine's slice is over when two interruptions in a row
//! find it running without having waited in between, after one to two [`TICK`]s.

use crate::coroutine::State;
use crate::scheduler::{self, Scheduler};
use crate::wait::{self, Kind};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the machine is interrupted. A slice is at most twice that long, 10 ms as in Swoole.
pub const TICK: Duration = Duration::from_millis(5);

/// Ticks in an idle loop after which the thread sleeps until there is something to do.
const LAST_TICKS: u32 = 3;

#[derive(Default)]
struct Shared {
    ticks: AtomicU64,
    is_idle: AtomicBool,
    is_asleep: AtomicBool,
    is_over: AtomicBool,
}

struct Clock {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    /// The process that has the thread: the child of a fork has not.
    process: u32,
}

/// Whom the last interruption found, when, and how often it had waited by then.
type Found = (u64, u64, u64);

thread_local! {
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
    static FOUND: Cell<Found> = const { Cell::new((0, 0, 0)) };
}

/// Starts to interrupt this thread's virtual machine: `interrupt` is called from another thread,
/// every [`TICK`]. It must only set a flag. Does nothing when it runs.
///
/// # Errors
/// The system's, when there is no thread to be had.
pub fn start(interrupt: fn()) -> std::io::Result<()> {
    if runs() {
        return Ok(());
    }
    if scheduler::with(|s| s.slices.get()) {
        forked();
    }
    let shared = Arc::new(Shared::default());
    let own = Arc::clone(&shared);
    let thread = without_signals(|| {
        std::thread::Builder::new()
            .name("highper-slices".to_owned())
            .stack_size(64 * 1024)
            .spawn(move || tick(&own, interrupt))
    });
    CLOCK.set(Some(Clock {
        shared,
        thread: thread?,
        process: std::process::id(),
    }));
    scheduler::with(|s| s.slices.set(true));
    Ok(())
}

/// Ends that; the thread is gone when it returns.
pub fn stop() {
    if scheduler::with(|s| s.slices.replace(false)) && !is_own() {
        forked();
    }
    if let Some(clock) = CLOCK.take() {
        clock.shared.is_over.store(true, Ordering::Release);
        clock.thread.thread().unpark();
        // It does nothing that could panic.
        let _ended = clock.thread.join();
    }
}

/// In the child of a fork the thread does not exist.
pub fn forked() {
    scheduler::with(|s| s.slices.set(false));
    std::mem::forget(CLOCK.take());
}

fn is_own() -> bool {
    CLOCK.with_borrow(|clock| {
        clock
            .as_ref()
            .is_some_and(|clock| clock.process == std::process::id())
    })
}

/// Is the thread there?
#[must_use]
pub fn runs() -> bool {
    scheduler::with(|s| s.slices.get()) && is_own()
}

/// The loop begins to wait for events, or has something to do again.
#[inline(always)]
pub(crate) fn idle(s: &Scheduler, is_idle: bool) {
    if s.slices.get() {
        tell(is_idle);
    }
}

#[cold]
fn tell(is_idle: bool) {
    CLOCK.with_borrow(|clock| {
        let Some(clock) = clock else { return };
        clock.shared.is_idle.store(is_idle, Ordering::Relaxed);
        if !is_idle && clock.shared.is_asleep.swap(false, Ordering::SeqCst) {
            clock.thread.thread().unpark();
        }
    });
}

/// Has the running coroutine had its slice, and may it be suspended here?
#[must_use]
pub fn is_due() -> bool {
    let Some(record) = scheduler::current_record() else {
        return false;
    };
    let tick = CLOCK.with_borrow(|clock| {
        let clock = clock.as_ref()?;
        Some(clock.shared.ticks.load(Ordering::Relaxed))
    });
    let Some(tick) = tick else { return false };
    let now = (record.id.get(), record.switches.get(), tick);
    let before = FOUND.get();
    if (before.0, before.1) != (now.0, now.1) {
        FOUND.set(now);
        return false;
    }
    tick > before.2 && scheduler::can_suspend()
}

/// Gives the processor away at the end of a slice: to whoever is ready, and to those whose timers
/// or events are due, before the running coroutine goes on.
pub fn give_way() {
    let Some(record) = scheduler::current_record() else {
        return;
    };
    if !scheduler::can_suspend() {
        return;
    }
    let token = wait::begin(Kind::Turn);
    wait::disarm(token);
    record.kind.set(Kind::Turn);
    record.state.set(State::Ready);
    scheduler::with(|s| s.preempted.borrow_mut().push_back(record));
    scheduler::switch_out(record);
    record.kind.set(Kind::None);
}

fn tick(shared: &Shared, interrupt: fn()) {
    let mut left = LAST_TICKS;
    while !shared.is_over.load(Ordering::Acquire) {
        if shared.is_idle.load(Ordering::Relaxed) {
            left = left.saturating_sub(1);
        } else {
            left = LAST_TICKS;
            shared.ticks.fetch_add(1, Ordering::Relaxed);
            interrupt();
        }
        if left > 0 {
            std::thread::park_timeout(TICK);
            continue;
        }
        left = LAST_TICKS;
        shared.is_asleep.store(true, Ordering::SeqCst);
        // The loop may have gone on just before it could see that.
        if shared.is_idle.load(Ordering::SeqCst) && !shared.is_over.load(Ordering::SeqCst) {
            std::thread::park();
        }
        shared.is_asleep.store(false, Ordering::SeqCst);
    }
}

/// Makes a thread that gets no signals: they are for the thread that runs PHP.
pub(crate) fn without_signals<R>(make: impl FnOnce() -> R) -> R {
    let before = block_signals();
    let made = make();
    restore_signals(&before);
    made
}

fn block_signals() -> libc::sigset_t {
    // SAFETY: both sets are on the stack; the call cannot fail with these arguments.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: a mask that the system gave us.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, std::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ending;
    use std::sync::atomic::AtomicUsize;

    static INTERRUPTIONS: AtomicUsize = AtomicUsize::new(0);

    #[test]
    fn a_coroutine_is_due_after_its_slice_and_not_after_it_waited() {
        start(|| {
            INTERRUPTIONS.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        let begin = || {
            let spawned = crate::spawn(|| {
                assert!(!is_due(), "it has just begun");
                let begun = crate::clock::now();
                while !is_due() {
                    assert!(crate::clock::now() - begun < 5_000_000_000);
                }
                give_way();
                assert!(!is_due(), "it has just waited");
                let _hold = scheduler::hold();
                let begun = crate::clock::now();
                while crate::clock::now() - begun < 20_000_000 {
                    assert!(!is_due(), "it can't be suspended");
                }
                Ending::Returned
            });
            spawned.unwrap();
        };
        assert_eq!(crate::run(begin, || false).unwrap(), crate::End::Finished);
        assert!(INTERRUPTIONS.load(Ordering::Relaxed) > 0);
        stop();
        assert!(!runs());
    }

    #[test]
    fn an_idle_loop_is_left_alone_and_wakes_the_clock_when_it_goes_on() {
        static SEEN: AtomicUsize = AtomicUsize::new(0);
        start(|| {
            SEEN.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        let begin = || {
            let spawned = crate::spawn(|| {
                crate::sleep(300_000_000);
                let seen = SEEN.load(Ordering::Relaxed);
                assert!(seen < 20, "{seen} interruptions of an idle loop");
                let begun = crate::clock::now();
                while SEEN.load(Ordering::Relaxed) < seen + 2 {
                    assert!(crate::clock::now() - begun < 5_000_000_000);
                }
                Ending::Returned
            });
            spawned.unwrap();
        };
        assert_eq!(crate::run(begin, || false).unwrap(), crate::End::Finished);
        stop();
    }
}
