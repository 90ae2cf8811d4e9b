//! The loop: empties the ready queue, takes events and timers, and knows when it is over.

use crate::reactor::BATCH;
use crate::scheduler::{self, Scheduler};
use crate::timer::Target;
use crate::wait::Wake;
use crate::{clock, future};
use std::cell::Cell;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::Interest as TokioInterest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::RuntimeMetrics;

/// Coroutines run between two looks at the events.
const TURN: usize = 128;
/// Turns before tokio's own tasks get theirs.
const TURNS: usize = 8;

/// How a loop ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Nothing was left to do, or it was told to stop.
    Finished,
    /// Coroutines were left that nothing can wake: their ids.
    Deadlock(Vec<u64>),
    /// A fatal error ended a coroutine.
    Fatal,
}

/// Why a loop could not start.
#[derive(Debug)]
pub enum RunError {
    /// One runs already on this thread.
    Running,
    /// The system refused a descriptor.
    System(std::io::Error),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Running => f.write_str("eventLoop has already been created"),
            Self::System(error) => write!(f, "the event loop could not start: {error}"),
        }
    }
}

impl std::error::Error for RunError {}

struct Driver {
    scheduler: &'static Scheduler,
    epoll: AsyncFd<Rc<OwnedFd>>,
    tasks: RuntimeMetrics,
    /// Events were taken without tokio: what it knows of our epoll is out of date.
    went_alone: Cell<bool>,
    on_fatal: fn() -> bool,
}

/// Runs `start` and then the loop until nothing is left to do. `on_fatal` is asked
/// after each fatal error whether to go on (a worker that drains) or to stop.
///
/// # Errors
/// [`RunError`] when a loop runs already or can't be made.
pub fn run(start: impl FnOnce(), on_fatal: fn() -> bool) -> Result<End, RunError> {
    let s = scheduler::get();
    if s.running.get() {
        return Err(RunError::Running);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(RunError::System)?;
    let epoll = s.reactor.open().map_err(RunError::System)?;
    s.running.set(true);
    s.stopping.set(false);
    let end = runtime.block_on(async {
        // SAFETY: the shared owner lives inside the AsyncFd, so the descriptor stays open as long as it.
        let epoll = unsafe { AsyncFd::register_with_interest(epoll, TokioInterest::READABLE) }
            .map_err(|e| RunError::System(e.into()))?;
        s.polling.set(true);
        s.reactor.arm_timer(s.timers.borrow().next());
        start();
        s.polling.set(false);
        Ok(tokio::task::unconstrained(Driver {
            scheduler: s,
            epoll,
            tasks: tokio::runtime::Handle::current().metrics(),
            went_alone: Cell::new(false),
            on_fatal,
        })
        .await)
    });
    s.running.set(false);
    future::forget_driver();
    s.reactor.close();
    runtime.shutdown_background();
    end
}

impl Future for Driver {
    type Output = End;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let s = self.scheduler;
        s.polling.set(true);
        future::attend(cx.waker());
        let outcome = self.turns(cx);
        s.polling.set(false);
        outcome
    }
}

impl Driver {
    fn turns(&self, cx: &mut Context<'_>) -> Poll<End> {
        let s = self.scheduler;
        let mut turns = 0;
        loop {
            if !self.is_alone() {
                future::collect();
            }
            for _ in 0..TURN {
                let Some(record) = s.ready.borrow_mut().pop_front() else {
                    break;
                };
                // SAFETY: records are never freed while the thread lives.
                scheduler::switch_in(s, unsafe { &*record });
            }
            loop {
                let call = s.deferred.borrow_mut().pop_front();
                match call {
                    Some(call) => call(),
                    None => break,
                }
            }
            if let Some(call) = s.after_turn.get() {
                call();
            }
            if s.fatal.get() && !(self.on_fatal)() {
                return Poll::Ready(End::Fatal);
            }
            if s.stopping.get() {
                return Poll::Ready(End::Finished);
            }
            if self.is_alone() {
                if let Some(end) = self.wait_alone() {
                    return Poll::Ready(end);
                }
                continue;
            }
            match self.events(cx) {
                true => {}
                // An event's handler may have told the loop to stop, or run into a fatal error.
                false if self.is_idle() && !s.stopping.get() && !s.fatal.get() => {
                    return match self.over() {
                        Some(end) => Poll::Ready(end),
                        None => Poll::Pending,
                    };
                }
                false => {}
            }
            turns += 1;
            if turns == TURNS {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
    }

    /// Is there nothing that tokio could have to do? Then its part of a turn, some thousand
    /// instructions and a system call, is left out: this loop waits for its own epoll. A future is
    /// awaited, and a task spawned, on this thread only, so nobody else can change that meanwhile.
    fn is_alone(&self) -> bool {
        self.scheduler.futures.get() == 0 && self.tasks.num_alive_tasks() == 0
    }

    fn is_idle(&self) -> bool {
        let s = self.scheduler;
        s.ready.borrow().is_empty() && s.deferred.borrow().is_empty()
    }

    /// Takes one batch of events, waiting for it when there is nothing else to do; the end when
    /// there is nothing to wait for.
    fn wait_alone(&self) -> Option<End> {
        let s = self.scheduler;
        self.went_alone.set(true);
        let mut end = None;
        let waits = self.is_idle() && {
            end = self.over();
            end.is_none()
        };
        let (count, timer) = s.reactor.poll(waits);
        if timer {
            self.timers();
        }
        // What is there at the last moment still comes first.
        end.filter(|_| count == 0 && self.is_idle() && !s.stopping.get() && !s.fatal.get())
    }

    /// Takes one batch of events and the timers that are due; false when there was none.
    fn events(&self, cx: &mut Context<'_>) -> bool {
        let s = self.scheduler;
        if self.went_alone.get() {
            // Takes what tokio may have been told of long ago; it hears of everything after that.
            let (count, timer) = s.reactor.poll(false);
            if timer {
                self.timers();
            }
            self.went_alone.set(count == BATCH);
            if count > 0 {
                return true;
            }
        }
        let Poll::Ready(Ok(mut ready)) = self.epoll.poll_read_ready(cx) else {
            return false;
        };
        let (count, timer) = s.reactor.poll(false);
        if count < BATCH {
            ready.clear_ready();
        }
        if timer {
            self.timers();
        }
        if count < BATCH {
            // Asks tokio for the next edge; it answers at once when one came meanwhile.
            if let Poll::Ready(Ok(_)) = self.epoll.poll_read_ready(cx) {
                return true;
            }
            return false;
        }
        true
    }

    fn timers(&self) {
        let s = self.scheduler;
        let now = clock::now();
        loop {
            let due = s.timers.borrow_mut().pop_due(now);
            match due {
                None => break,
                Some(Target::Wake(token)) => {
                    token.wake(Wake::Timeout);
                }
                Some(Target::Call(call)) => call(),
                Some(Target::Handler(handler, key)) => {
                    if let Some(handler) = s.reactor.handler(handler) {
                        handler.timer(key);
                    }
                }
            }
        }
        s.reactor.rearm_timer(s.timers.borrow().next());
    }

    /// Is there nothing that could still happen?
    fn over(&self) -> Option<End> {
        let s = self.scheduler;
        if s.keep_alive.get() > 0 || s.timers.borrow().counting() > 0 {
            return None;
        }
        if s.table.borrow().live() == 0 {
            return Some(End::Finished);
        }
        if s.reactor.waiting() > 0 || s.futures.get() > 0 {
            return None;
        }
        Some(End::Deadlock(scheduler::list()))
    }
}
