//! Awaiting a Rust future from inside a coroutine.

use crate::scheduler::{self, current_record};
use crate::wait::{self, Kind, Token, Wake};
use std::cell::{Cell, OnceCell};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Wakes one coroutine from a future, from any thread.
pub(crate) struct CoroutineWaker {
    record: usize,
    id: u64,
    sequence: AtomicU32,
    thread: usize,
    mailbox: Arc<Mailbox>,
}

/// What other threads have to say to a loop.
#[derive(Default)]
struct Mailbox {
    tokens: Mutex<Vec<(usize, u64, u32)>>,
    driver: Mutex<Option<Waker>>,
}

thread_local! {
    static MAILBOX: OnceCell<Arc<Mailbox>> = const { OnceCell::new() };
}

fn mailbox() -> Arc<Mailbox> {
    MAILBOX.with(|cell| Arc::clone(cell.get_or_init(Arc::default)))
}

impl Mailbox {
    fn wake_driver(&self) {
        if let Some(waker) = lock(&self.driver).as_ref() {
            waker.wake_by_ref();
        }
    }
}

/// Nothing under these locks can panic half-way, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells threads apart without asking the system: the address of a thread's own scheduler.
fn thread_key() -> usize {
    std::ptr::from_ref(scheduler::get()) as usize
}

impl std::task::Wake for CoroutineWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let sequence = self.sequence.load(Ordering::Acquire);
        if self.thread == thread_key() {
            Token {
                record: self.record as *mut _,
                id: self.id,
                sequence,
            }
            .wake(Wake::Ready);
            return;
        }
        lock(&self.mailbox.tokens).push((self.record, self.id, sequence));
        self.mailbox.wake_driver();
    }
}

/// Tells this thread's driver that something became ready outside its own turn.
pub(crate) fn wake_driver() {
    mailbox().wake_driver();
}

/// The driver says by what it is to be woken.
pub(crate) fn attend(driver: &Waker) {
    let mailbox = mailbox();
    let mut slot = lock(&mailbox.driver);
    if !slot.as_ref().is_some_and(|w| w.will_wake(driver)) {
        *slot = Some(driver.clone());
    }
}

/// Takes what came from other threads.
pub(crate) fn collect() {
    let mailbox = mailbox();
    let mut tokens = lock(&mailbox.tokens);
    if tokens.is_empty() {
        return;
    }
    let tokens = std::mem::take(&mut *tokens);
    for (record, id, sequence) in tokens {
        Token {
            record: record as *mut _,
            id,
            sequence,
        }
        .wake(Wake::Ready);
    }
}

/// The driver is gone.
pub(crate) fn forget_driver() {
    *lock(&mailbox().driver) = None;
}

/// Runs a future to its end inside the running coroutine, which is suspended
/// while the future is pending. A future that is ready costs no switch.
///
/// # Errors
/// [`Wake::Timeout`] past the deadline, [`Wake::Cancelled`] when the coroutine was; the future is dropped.
///
/// # Panics
/// Outside a coroutine: ask [`crate::can_suspend`] first.
pub fn await_future<F: Future>(future: F, deadline: Option<u64>) -> Result<F::Output, Wake> {
    let record = current_record().expect("a future is awaited inside a coroutine");
    if !scheduler::is_running() {
        // Made before the loop: futures of the runtime can be polled only inside it.
        scheduler::yield_now();
    }
    let mut future = pin!(future);
    let shared = Arc::clone(record.waker.borrow_mut().get_or_insert_with(|| {
        Arc::new(CoroutineWaker {
            record: std::ptr::from_ref(record) as usize,
            id: record.id.get(),
            sequence: AtomicU32::new(0),
            thread: thread_key(),
            mailbox: mailbox(),
        })
    }));
    let waker = Waker::from(Arc::clone(&shared));
    let s = scheduler::get();
    loop {
        let token = wait::begin(Kind::Future);
        shared.sequence.store(token.sequence, Ordering::Release);
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => {
                wait::disarm(token);
                return Ok(output);
            }
            Poll::Pending => {
                s.futures.set(s.futures.get() + 1);
                let reason = wait::park(deadline);
                s.futures.set(s.futures.get() - 1);
                if reason != Wake::Ready {
                    return Err(reason);
                }
            }
        }
    }
}

thread_local! {
    static OFFLOADED: Cell<usize> = const { Cell::new(0) };
}

/// How many coroutines wait for work on another thread.
#[must_use]
pub fn offloaded() -> usize {
    OFFLOADED.get()
}

struct Offloaded;

impl Offloaded {
    fn new() -> Self {
        OFFLOADED.set(OFFLOADED.get() + 1);
        Self
    }
}

impl Drop for Offloaded {
    fn drop(&mut self) {
        OFFLOADED.set(OFFLOADED.get().saturating_sub(1));
    }
}

/// Runs work that blocks on a thread of its own and waits for it; where nothing may
/// be suspended it runs here.
///
/// # Errors
/// [`Wake::Cancelled`] when the coroutine was; the work goes on, its result is lost.
/// [`Wake::Closed`] when the loop ended first.
pub fn offload<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Wake> {
    offload_until(work, None)
}

/// As [`offload`], until a deadline (nanoseconds of [`crate::clock::now`]).
///
/// # Errors
/// As there, and [`Wake::Timeout`] past the deadline: the work goes on, its result is lost.
pub fn offload_until<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    deadline: Option<u64>,
) -> Result<T, Wake> {
    if !scheduler::can_suspend() {
        return Ok(work());
    }
    let offloaded = Offloaded::new();
    let work = async { tokio::task::spawn_blocking(work).await };
    let done = await_future(work, deadline)?;
    drop(offloaded);
    done.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Wake::Closed,
    })
}
