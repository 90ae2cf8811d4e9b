//! The loop: empties the ready queue, takes events and timers, and knows when it is over.

use crate::reactor::BATCH;
use crate::scheduler::{self, Scheduler};
use crate::timer::Target;
use crate::wait::Wake;
use crate::{clock, future, preempt};
use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::io::Interest as TokioInterest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Runtime, RuntimeMetrics};

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

/// How far the loop is to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Goal {
    /// Until nothing is left.
    End,
    /// One look at the events, then one turn. Does the look wait for something to happen?
    Look { waits: bool },
    /// That turn.
    Turn,
}

struct Driver {
    scheduler: &'static Scheduler,
    epoll: AsyncFd<Rc<OwnedFd>>,
    tasks: RuntimeMetrics,
    /// Events were taken without tokio: what it knows of our epoll is out of date.
    went_alone: Cell<bool>,
    /// The kernel's timer fired, and the timers that are due were not called yet.
    is_due: Cell<bool>,
    goal: Cell<Goal>,
    on_fatal: Cell<fn() -> bool>,
}

/// A loop between its runs.
struct Loop {
    driver: Driver,
    runtime: Runtime,
    is_new: bool,
}

thread_local! {
    /// The loop that [`turn`] left, until [`run`] or [`forget`] takes it.
    static LEFT: RefCell<Option<Box<Loop>>> = const { RefCell::new(None) };
}

fn make(s: &'static Scheduler, on_fatal: fn() -> bool) -> Result<Box<Loop>, RunError> {
    let left = LEFT.take();
    if let Some(left) = left {
        left.driver.on_fatal.set(on_fatal);
        return Ok(left);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(RunError::System)?;
    let epoll = s.reactor.open().map_err(RunError::System)?;
    let (epoll, tasks) = {
        let _context = runtime.enter();
        // SAFETY: the shared owner lives inside the AsyncFd, so the descriptor stays open as long as it.
        let epoll = unsafe { AsyncFd::register_with_interest(epoll, TokioInterest::READABLE) }
            .map_err(|e| RunError::System(e.into()))?;
        (epoll, runtime.metrics())
    };
    Ok(Box::new(Loop {
        driver: Driver {
            scheduler: s,
            epoll,
            tasks,
            went_alone: Cell::new(false),
            is_due: Cell::new(false),
            goal: Cell::new(Goal::End),
            on_fatal: Cell::new(on_fatal),
        },
        runtime,
        is_new: true,
    }))
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
    let Loop {
        mut driver,
        runtime,
        ..
    } = *make(s, on_fatal)?;
    s.running.set(true);
    s.stopping.set(false);
    driver.goal.set(Goal::End);
    let end = runtime.block_on(async {
        s.polling.set(true);
        s.reactor.arm_timer(s.timers.borrow_mut().next());
        start();
        s.polling.set(false);
        tokio::task::unconstrained(&mut driver).await
    });
    s.running.set(false);
    future::forget_driver();
    drop(driver);
    s.turns.set(0);
    s.reactor.close();
    runtime.shutdown_background();
    Ok(end)
}

/// One look at the events and what follows from it, and no more: for programs that drive the loop themselves.
///
/// Waits until something happens where something can; the first one after the loop was made does not.
/// What was registered stays so, for the next one or for [`run`].
///
/// # Errors
/// As [`run`].
pub fn turn(on_fatal: fn() -> bool) -> Result<End, RunError> {
    let s = scheduler::get();
    if s.running.get() {
        return Err(RunError::Running);
    }
    let mut it = make(s, on_fatal)?;
    s.running.set(true);
    s.stopping.set(false);
    let Loop {
        driver,
        runtime,
        is_new,
    } = &mut *it;
    driver.goal.set(Goal::Look {
        waits: !std::mem::replace(is_new, false),
    });
    let end = runtime.block_on(async {
        s.reactor.arm_timer(s.timers.borrow_mut().next());
        tokio::task::unconstrained(driver).await
    });
    s.running.set(false);
    future::forget_driver();
    LEFT.set(Some(it));
    Ok(end)
}

/// In the child of a fork: a loop that [`turn`] left is the parent's; letting it go would take
/// what is in the parent's epoll out of it.
pub(crate) fn forked() {
    std::mem::forget(LEFT.take());
}

/// Lets go of a loop that [`turn`] left. Call at the end of a program.
pub fn forget() {
    if let Some(left) = LEFT.take() {
        let Loop {
            driver, runtime, ..
        } = *left;
        drop(driver);
        runtime.shutdown_background();
    }
}

/// Is there nothing that a loop would have to do: no coroutine, no timer, no descriptor, no call?
#[must_use]
pub fn is_at_rest() -> bool {
    let s = scheduler::get();
    let hooks = s.turn_hooks.get();
    !s.running.get()
        && s.keep_alive.get() == 0
        && s.futures.get() == 0
        && s.timers.borrow().counting() == 0
        && s.table.borrow().live() == 0
        && s.reactor.waiting() == 0
        && s.deferred.borrow().is_empty()
        && hooks.before.is_none()
        && hooks.after.is_none()
        && hooks.may_end.is_none()
}

impl Future for Driver {
    type Output = End;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let s = self.scheduler;
        s.polling.set(true);
        preempt::idle(s, false);
        future::attend(cx.waker());
        let outcome = self.turns(cx);
        s.polling.set(false);
        outcome
    }
}

impl Driver {
    fn turns(&self, cx: &mut Context<'_>) -> Poll<End> {
        let s = self.scheduler;
        if let Goal::Look { waits } = self.goal.get() {
            if !self.look(cx, waits) {
                return Poll::Pending;
            }
            self.goal.set(Goal::Turn);
        }
        let mut turns = 0;
        loop {
            if !self.is_alone() {
                future::collect();
            }
            if !s.preempted.borrow().is_empty() {
                // Nobody whose slice was over comes before a timer that is due.
                if self.is_due.take() {
                    self.timers();
                }
                let mut preempted = s.preempted.borrow_mut();
                s.ready.borrow_mut().extend(preempted.drain(..));
            }
            for _ in 0..TURN {
                let Some(record) = s.ready.borrow_mut().pop_front() else {
                    break;
                };
                // SAFETY: records are never freed while the thread lives.
                scheduler::switch_in(s, unsafe { &*record });
            }
            if self.is_due.take() {
                self.timers();
            }
            s.turns.set(s.turns.get() + 1);
            // What these defer comes in the next turn.
            let count = s.deferred.borrow().len();
            for _ in 0..count {
                let call = s.deferred.borrow_mut().pop_front();
                match call {
                    Some(call) => call(),
                    None => break,
                }
            }
            if let Some(call) = s.after_turn.get() {
                call();
            }
            if let Some(call) = s.turn_hooks.get().after {
                call();
            }
            if s.fatal.get() && !(self.on_fatal.get())() {
                return Poll::Ready(End::Fatal);
            }
            if s.stopping.get() || self.goal.get() == Goal::Turn {
                return Poll::Ready(End::Finished);
            }
            if let Some(call) = s.turn_hooks.get().before {
                call();
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
                        None if self.is_idle() => {
                            preempt::idle(s, true);
                            Poll::Pending
                        }
                        None => continue,
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
        s.ready.borrow().is_empty()
            && s.preempted.borrow().is_empty()
            && s.deferred.borrow().is_empty()
            && !self.is_due.get()
    }

    /// Takes one batch of events for [`turn`]; false when it is to be waited for by tokio.
    fn look(&self, cx: &mut Context<'_>, waits: bool) -> bool {
        let s = self.scheduler;
        if let Some(call) = s.turn_hooks.get().before {
            call();
        }
        let waits = waits && self.is_idle() && self.over().is_none() && self.is_idle();
        if self.is_alone() {
            self.went_alone.set(true);
            let (_, timer) = s.reactor.poll(waits, || {});
            self.is_due.set(self.is_due.get() || timer);
            return true;
        }
        future::collect();
        self.events(cx) || !waits || !self.is_idle()
    }

    /// Takes one batch of events, waiting for it when there is nothing else to do; the end when
    /// there is nothing to wait for.
    fn wait_alone(&self) -> Option<End> {
        let s = self.scheduler;
        self.went_alone.set(true);
        let mut end = None;
        let waits = self.is_idle() && {
            // A server's loop never ends by itself: nothing to ask.
            s.keep_alive.get() > 0 || {
                end = self.over();
                end.is_none() && self.is_idle()
            }
        };
        if waits {
            preempt::idle(s, true);
        }
        let (count, timer) = loop {
            let (count, timer) = s.reactor.poll(waits, || preempt::idle(s, false));
            // It was set for a timer that was cleared since: nothing has happened.
            let is_false = waits && timer && count == 1 && !self.is_timer_due();
            if !is_false {
                break (count, timer);
            }
            s.reactor.rearm_timer(s.timers.borrow_mut().next());
            preempt::idle(s, true);
        };
        self.is_due.set(self.is_due.get() || timer);
        // What is there at the last moment still comes first.
        end.filter(|_| count == 0 && self.is_idle() && !s.stopping.get() && !s.fatal.get())
    }

    /// Takes one batch of events; false when there was none.
    fn events(&self, cx: &mut Context<'_>) -> bool {
        let s = self.scheduler;
        if self.went_alone.get() {
            // Takes what tokio may have been told of long ago; it hears of everything after that.
            let (count, timer) = s.reactor.poll(false, || {});
            self.is_due.set(self.is_due.get() || timer);
            self.went_alone.set(count == BATCH);
            if count > 0 {
                return true;
            }
        }
        let Poll::Ready(Ok(mut ready)) = self.epoll.poll_read_ready(cx) else {
            return false;
        };
        let (count, timer) = s.reactor.poll(false, || {});
        self.is_due.set(self.is_due.get() || timer);
        if count < BATCH {
            ready.clear_ready();
            // Asks tokio for the next edge; it answers at once when one came meanwhile.
            return matches!(self.epoll.poll_read_ready(cx), Poll::Ready(Ok(_)));
        }
        true
    }

    fn is_timer_due(&self) -> bool {
        let s = self.scheduler;
        let next = s.timers.borrow_mut().next();
        next.is_some_and(|when| when <= s.reactor.coarse_now())
    }

    /// Calls the timers that are due, in their order: each coroutine runs at once, so that what it
    /// does comes before the next timer.
    fn timers(&self) {
        let s = self.scheduler;
        let now = clock::now();
        while !s.stopping.get() && (!s.fatal.get() || (self.on_fatal.get())()) {
            let due = s.timers.borrow_mut().pop_due(now);
            match due {
                None => break,
                Some(Target::Wake(token)) => {
                    token.wake_now(Wake::Timeout);
                }
                Some(Target::Call(call)) => call(),
                Some(Target::Plain(call, key)) => call(key),
                Some(Target::Handler(handler, key)) => {
                    if let Some(handler) = s.reactor.handler(handler) {
                        handler.timer(key);
                    }
                }
            }
        }
        s.reactor.rearm_timer(s.timers.borrow_mut().next());
    }

    /// Is there nothing that could still happen?
    fn over(&self) -> Option<End> {
        let s = self.scheduler;
        if s.keep_alive.get() > 0 || s.timers.borrow().counting() > 0 {
            return None;
        }
        let is_empty = s.table.borrow().live() == 0;
        if !is_empty && (s.reactor.waiting() > 0 || s.futures.get() > 0) {
            return None;
        }
        if let Some(may_end) = s.turn_hooks.get().may_end
            && !may_end()
        {
            return None;
        }
        Some(match is_empty {
            true => End::Finished,
            false => End::Deadlock(scheduler::list()),
        })
    }
}
