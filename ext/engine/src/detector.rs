//! Finds the coroutine that holds the loop: a thread that looks, every now and then, how long the same one runs.
//!
//! Code of the virtual machine is interrupted and tells of itself at its next safe point ([`at_safe_point`]). A call into
//! C that blocks has none: where it does not answer, the thread looks at the machine's frames from outside, which stand
//! still meanwhile. Nothing that the loop's thread does is disturbed by that.

use crate::account::{self, Reader};
use crate::ticks;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

/// What PHP code has to come to its next safe point.
const SAFE_POINT: Duration = Duration::from_millis(2);

/// A coroutine that holds the loop.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    /// Which.
    pub coroutine: u64,
    /// Since when it has the processor.
    pub time: Duration,
}

/// Reads the frames of the virtual machine from outside.
pub type Look = Box<dyn FnMut() -> Option<String> + Send>;

/// Tells of a hold, with those frames.
pub type Tell = Box<dyn Fn(Hold, &str) + Send>;

/// What to do about it.
pub struct Watch {
    /// From when on a coroutine is told of.
    pub threshold: Duration,
    /// Interrupts the virtual machine: it must only set a flag.
    pub interrupt: fn(),
    /// Called by the thread.
    pub look: Look,
    /// Called by the thread.
    pub tell: Tell,
}

#[derive(Default)]
struct Shared {
    /// The beginning of the run that was told of last.
    told: AtomicU64,
    /// The beginning of the one that was interrupted last.
    asked: AtomicU64,
    is_over: AtomicBool,
}

struct Thread {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    process: u32,
}

thread_local! {
    static THREAD: RefCell<Option<Thread>> = const { RefCell::new(None) };
}

/// Begins to watch this thread's coroutines. Does nothing when somebody watches.
///
/// # Errors
/// The system's, when there is no thread to be had.
pub fn start(watch: Watch) -> std::io::Result<()> {
    if runs() {
        return Ok(());
    }
    forked();
    let shared = Arc::new(Shared::default());
    let own = Arc::clone(&shared);
    let thread = crate::preempt::without_signals(|| {
        std::thread::Builder::new()
            .name("highper-watch".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || look_on(&own, watch))
    })?;
    THREAD.set(Some(Thread {
        shared,
        thread,
        process: std::process::id(),
    }));
    account::keep(Reader::Watcher, true);
    Ok(())
}

/// Ends that; the thread is gone when it returns.
pub fn stop() {
    let is_own = runs();
    if let Some(watcher) = THREAD.take() {
        account::keep(Reader::Watcher, false);
        if !is_own {
            std::mem::forget(watcher);
            return;
        }
        watcher.shared.is_over.store(true, Relaxed);
        watcher.thread.thread().unpark();
        // What it calls has told of a panic by itself.
        let _ended = watcher.thread.join();
    }
}

/// In the child of a fork the thread does not exist.
pub fn forked() {
    let left = THREAD.take();
    if left.is_some() {
        std::mem::forget(left);
        account::keep(Reader::Watcher, false);
    }
}

/// Does somebody watch?
#[must_use]
pub fn runs() -> bool {
    THREAD.with_borrow(|watcher| {
        watcher
            .as_ref()
            .is_some_and(|watcher| watcher.process == std::process::id())
    })
}

/// To be asked at each safe point of the virtual machine after an interruption: the running coroutine, when it is the one
/// to be told of. The caller tells.
#[must_use]
pub fn at_safe_point() -> Option<Hold> {
    THREAD.with_borrow(|watcher| {
        let shared = &watcher.as_ref()?.shared;
        let (coroutine, since) = account::running()?;
        if shared.asked.load(Relaxed) != since || !shared.claim(since) {
            return None;
        }
        Some(Hold {
            coroutine,
            time: passed(since),
        })
    })
}

fn passed(since: u64) -> Duration {
    Duration::from_nanos(ticks::nanoseconds(ticks::now().saturating_sub(since)))
}

impl Shared {
    /// True for the first who wants to tell of this run.
    fn claim(&self, since: u64) -> bool {
        self.told.swap(since, Relaxed) != since
    }
}

fn look_on(shared: &Shared, mut watch: Watch) {
    let pause = (watch.threshold / 4).clamp(Duration::from_millis(1), Duration::from_millis(50));
    while !shared.is_over.load(Relaxed) {
        std::thread::park_timeout(pause);
        let Some(run) = account::running() else {
            continue;
        };
        let (coroutine, since) = run;
        if shared.told.load(Relaxed) == since || passed(since) < watch.threshold {
            continue;
        }
        shared.asked.store(since, Relaxed);
        (watch.interrupt)();
        std::thread::park_timeout(SAFE_POINT);
        if shared.told.load(Relaxed) == since {
            continue;
        }
        let frames = (watch.look)();
        // Frames of something that runs on are of no use.
        if account::running() != Some(run) || !shared.claim(since) {
            continue;
        }
        let hold = Hold {
            coroutine,
            time: passed(since),
        };
        (watch.tell)(hold, frames.as_deref().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{End, Ending, clock};
    use std::sync::Mutex;

    #[test]
    fn who_blocks_is_told_of_once_and_who_waits_is_not() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&told);
        start(Watch {
            threshold: Duration::from_millis(20),
            interrupt: || {},
            look: Box::new(|| Some("frames".to_owned())),
            tell: Box::new(move |hold, frames| {
                all.lock().unwrap().push((hold, frames.to_owned()));
            }),
        })
        .unwrap();
        let begin = || {
            crate::spawn(|| {
                crate::sleep(60_000_000);
                Ending::Returned
            })
            .unwrap();
            crate::spawn(|| {
                crate::yield_now();
                std::thread::sleep(Duration::from_millis(80));
                Ending::Returned
            })
            .unwrap();
            crate::spawn(|| {
                let begun = clock::now();
                while clock::now() - begun < 5_000_000 {}
                Ending::Returned
            })
            .unwrap();
        };
        assert_eq!(crate::run(begin, || false).unwrap(), End::Finished);
        stop();
        assert!(!runs());
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        let (hold, frames) = &told[0];
        assert_eq!((hold.coroutine, frames.as_str()), (2, "frames"));
        assert!(hold.time >= Duration::from_millis(20), "{hold:?}");
    }
}
