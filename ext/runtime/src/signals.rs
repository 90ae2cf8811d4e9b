//! Signals in the loop: one reader of what came, coroutines that wait for them, and a callback.

use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::wait::{self, Kind, Token};
use highper_engine::{self as engine, Wake, scheduler};
use highper_process::watch;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

/// A coroutine that waits for one of several signals.
struct Waiter {
    token: Token,
    signals: Vec<i32>,
    came: Rc<Cell<i32>>,
}

thread_local! {
    static WAITERS: RefCell<Vec<Waiter>> = const { RefCell::new(Vec::new()) };
    /// Signals that are watched for those who wait, and for how many.
    static WATCHED: RefCell<Vec<(i32, usize)>> = const { RefCell::new(Vec::new()) };
    static CALLBACK: Cell<fn(i32) -> bool> = const { Cell::new(|_| false) };
    /// Does the callback want this signal watched?
    static KEEPS: Cell<fn(i32) -> bool> = const { Cell::new(|_| false) };
    static ATTACHED: Cell<bool> = const { Cell::new(false) };
    /// Who is told of the signals of [`Interrupts`].
    static INTERRUPT: Cell<Option<fn(i32)>> = const { Cell::new(None) };
}

/// Sets who is told of each signal, and who says for which signals that is.
pub fn on_signal(callback: fn(i32) -> bool, keeps: fn(i32) -> bool) {
    CALLBACK.set(callback);
    KEEPS.set(keeps);
}

/// A loop has begun: nothing is read in it yet.
pub fn loop_begins() {
    ATTACHED.set(false);
    attach();
}

/// Has the loop read the signals, as soon as one is watched.
pub fn attach() {
    let Some(fd) = watch::fd() else { return };
    if ATTACHED.replace(true) {
        return;
    }
    let handler = reactor::add_handler(Rc::new(Reader));
    if let Err(cause) = reactor::register(fd, handler, 0) {
        eprintln!("[warning] the loop can't watch signals: {cause}");
    }
}

/// Forgets everything: PHP's request ends, or this is the child of a fork.
pub fn forget() {
    WAITERS.take();
    WATCHED.take();
    ATTACHED.set(false);
}

/// Somebody is told of signals as long as this lives.
pub struct Interrupts(Vec<i32>);

/// Calls `tell` from the loop when one of these signals comes, until what is returned is dropped. A second one does what it
/// would have done: a program that computes can be ended. No loop goes on for it; call [`attach`] where one begins.
///
/// # Errors
/// The system's, for signals that can't be watched.
pub fn interrupts(signals: &[i32], tell: fn(i32)) -> io::Result<Interrupts> {
    let mut own = Interrupts(Vec::with_capacity(signals.len()));
    for signal in signals {
        watch::watch_once(*signal)?;
        own.0.push(*signal);
    }
    INTERRUPT.set(Some(tell));
    Ok(own)
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        INTERRUPT.set(None);
        for signal in &self.0 {
            watch::unwatch(*signal);
        }
    }
}

struct Reader;

impl Handler for Reader {
    fn ready(&self, _key: u64, _readiness: Readiness) {
        while let Some(signal) = watch::next() {
            let woken: Vec<Waiter> = WAITERS.with_borrow_mut(|waiters| {
                waiters
                    .extract_if(.., |waiter| waiter.signals.contains(&signal))
                    .collect()
            });
            for waiter in woken {
                waiter.came.set(signal);
                waiter.token.wake(Wake::Ready);
            }
            if !(CALLBACK.get())(signal)
                && let Some(tell) = INTERRUPT.get()
            {
                tell(signal);
            }
        }
    }

    fn timer(&self, _key: u64) {}
}

/// Watches these signals as long as it lives.
pub(crate) struct Watch(Vec<i32>);

impl Watch {
    pub(crate) fn new(signals: &[i32]) -> io::Result<Self> {
        let mut own = Self(Vec::with_capacity(signals.len()));
        for signal in signals {
            watch::watch(*signal)?;
            own.0.push(*signal);
            WATCHED.with_borrow_mut(|all| {
                match all.iter_mut().find(|(known, _)| known == signal) {
                    Some((_, count)) => *count += 1,
                    None => all.push((*signal, 1)),
                }
            });
        }
        if engine::is_running() {
            attach();
        }
        Ok(own)
    }

    /// Waits until one of them comes; which.
    pub(crate) fn wait(&self, deadline: Option<u64>) -> Result<i32, Wake> {
        let came = Rc::new(Cell::new(0));
        let token = wait::begin(Kind::Signal);
        WAITERS.with_borrow_mut(|waiters| {
            waiters.push(Waiter {
                token,
                signals: self.0.clone(),
                came: Rc::clone(&came),
            });
        });
        scheduler::retain_loop();
        let reason = wait::park(deadline);
        scheduler::release_loop();
        if reason != Wake::Ready {
            WAITERS.with_borrow_mut(|waiters| waiters.retain(|waiter| waiter.token != token));
            return Err(reason);
        }
        Ok(came.get())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for signal in &self.0 {
            let is_last = WATCHED.with_borrow_mut(|all| {
                let at = all.iter().position(|(known, _)| known == signal)?;
                all[at].1 -= 1;
                (all[at].1 == 0).then(|| all.swap_remove(at))
            });
            if is_last.is_some() && !(KEEPS.get())(*signal) {
                watch::unwatch(*signal);
            }
        }
    }
}

/// Waits inside a coroutine until one of these signals comes; which. They do nothing else meanwhile,
/// and what they did before afterwards.
///
/// # Errors
/// The system's, for signals that can't be watched.
pub fn wait_for(signals: &[i32], deadline: Option<u64>) -> io::Result<Result<i32, Wake>> {
    engine::scheduler::clear_cancelled();
    Ok(Watch::new(signals)?.wait(deadline))
}
