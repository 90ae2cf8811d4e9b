//! The pool.

use crate::{Held, Limits, Refused, Taken, Ticket};
use highper_engine::sync::Semaphore;
use highper_engine::{Ending, Wake, can_suspend, clock, current};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

/// What a pool has done so far, and does now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// That nobody uses now.
    pub idle: usize,
    /// That somebody uses.
    pub taken: usize,
    /// Coroutines in line.
    pub waiting: usize,
    /// How often one was taken.
    pub takes: u64,
    /// How often somebody had to get in line for that.
    pub waits: u64,
    /// How long these waited altogether, in nanoseconds.
    pub waited: u64,
    /// How often there was none in time, or no place in line.
    pub refused: u64,
    /// Leaves to make a new one.
    pub made: u64,
    /// That came to an end: broken, too old, unused for too long.
    pub ended: u64,
}

struct Idle<T> {
    value: T,
    made: u64,
    since: u64,
}

/// Connections, or whatever else is dear to make. One thread's.
pub struct Pool<T> {
    limits: Cell<Limits>,
    permits: Semaphore,
    /// The one used last is taken first, so that those that are not needed grow old.
    idle: RefCell<VecDeque<Idle<T>>>,
    held: RefCell<BTreeMap<u64, Held>>,
    next: Cell<u64>,
    closed: Cell<bool>,
    counts: Cell<Counts>,
    /// Coroutines whose turn has come and who have not taken anything yet, with the end of their time.
    turns: RefCell<Vec<(u64, Option<u64>)>>,
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl<T> Pool<T> {
    /// An empty pool.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let max = limits.max.max(1);
        Self {
            limits: Cell::new(Limits { max, ..limits }),
            permits: Semaphore::new(max),
            idle: RefCell::default(),
            held: RefCell::default(),
            next: Cell::new(1),
            closed: Cell::new(false),
            counts: Cell::default(),
            turns: RefCell::default(),
        }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits.get()
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        change(&mut counts);
        self.counts.set(counts);
    }

    /// Takes one, waiting in line if all are out: first come, first served. `place` tells where, for [`Self::held`].
    /// `deadline` (nanoseconds of the engine's clock) may end the wait before the pool's own limit does.
    ///
    /// Idle ones that are past their limits are dropped here, in the taker's coroutine.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn take(
        &self,
        place: impl FnOnce() -> String,
        deadline: Option<u64>,
    ) -> Result<Taken<T>, Refused> {
        if self.closed.get() {
            return Err(Refused::Closed);
        }
        if !self.take_turn() && !self.permits.try_acquire() {
            self.wait(deadline)?;
        }
        let now = clock::now();
        let number = self.next.replace(self.next.get() + 1);
        self.held.borrow_mut().insert(
            number,
            Held {
                coroutine: current().unwrap_or(0),
                since: now,
                place: place(),
            },
        );
        self.count(|counts| counts.takes += 1);
        loop {
            let idle = self.idle.borrow_mut().pop_back();
            match idle {
                Some(idle) if self.is_old(&idle, now) => {
                    self.count(|counts| counts.ended += 1);
                    drop(idle);
                }
                Some(Idle { value, made, since }) => {
                    let idle = now.saturating_sub(since);
                    return Ok(Taken::Idle(Ticket { number, made, idle }, value));
                }
                None => {
                    self.count(|counts| counts.made += 1);
                    let (made, idle) = (now, 0);
                    return Ok(Taken::New(Ticket { number, made, idle }));
                }
            }
        }
    }

    /// Makes those that stay (`min_idle`) before somebody needs one, in a coroutine of its own. `failed` is told the first thing that goes wrong, with
    /// which this ends.
    pub fn warm<E: 'static>(
        self: &Rc<Self>,
        make: impl Fn() -> Result<T, E> + 'static,
        failed: impl FnOnce(E) + 'static,
    ) where
        T: 'static,
    {
        let limits = self.limits();
        let wanted = limits.min_idle.min(limits.max);
        if wanted == 0 {
            return;
        }
        let own = Rc::clone(self);
        let _started = highper_engine::spawn(move || {
            let mut all = Vec::with_capacity(wanted);
            // Who came meanwhile comes first.
            while all.len() + own.counts().idle < wanted && own.has_room() {
                match own.take(String::new, None) {
                    Ok(Taken::Idle(ticket, value)) => all.push((ticket, value)),
                    Ok(Taken::New(ticket)) => match make() {
                        Ok(value) => all.push((ticket, value)),
                        Err(error) => {
                            own.give_up(ticket);
                            failed(error);
                            break;
                        }
                    },
                    Err(_) => break,
                }
            }
            for (ticket, value) in all {
                own.give_back(ticket, value);
            }
            Ending::Returned
        });
    }

    /// Is one free, or may one be made?
    #[must_use]
    #[inline]
    pub fn has_room(&self) -> bool {
        self.permits.available() > 0
    }

    /// Waits in line for one's turn, which the next [`Self::take`] of the running coroutine uses. A coroutine that waits takes the memory
    /// of its stack as deep as it has been: who calls this before it goes deeper takes less.
    ///
    /// # Errors
    /// As [`Self::take`].
    #[cold]
    #[inline(never)]
    pub fn turn(self: &Rc<Self>, deadline: Option<u64>) -> Result<Turn<T>, Refused> {
        if self.closed.get() {
            return Err(Refused::Closed);
        }
        if !self.permits.try_acquire() {
            self.wait(deadline)?;
        }
        let coroutine = current().unwrap_or(0);
        self.turns.borrow_mut().push((coroutine, deadline));
        Ok(Turn {
            pool: Rc::clone(self),
            coroutine,
        })
    }

    /// [`Self::turn`] where all are out and the running coroutine can wait; `None` where it need not. Its own turn, if it has one already, is
    /// not waited for again.
    ///
    /// # Errors
    /// As [`Self::take`].
    #[inline]
    pub fn await_turn(
        self: &Rc<Self>,
        deadline: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<Turn<T>>, Refused> {
        match self.has_room() || self.has_turn() || !can_suspend() {
            true => Ok(None),
            false => self.turn(deadline()).map(Some),
        }
    }

    /// Has the turn of the running coroutine come, and was nothing taken yet?
    #[must_use]
    pub fn has_turn(&self) -> bool {
        let turns = self.turns.borrow();
        let coroutine = current().unwrap_or(0);
        turns.iter().any(|(holder, _)| *holder == coroutine)
    }

    #[inline]
    fn take_turn(&self) -> bool {
        !self.turns.borrow().is_empty() && self.end_turn(current().unwrap_or(0))
    }

    fn end_turn(&self, coroutine: u64) -> bool {
        let mut turns = self.turns.borrow_mut();
        let own = turns.iter().position(|(holder, _)| *holder == coroutine);
        own.map(|at| turns.swap_remove(at)).is_some()
    }

    /// When the time ends that the running coroutine has given for its turn, if its turn has come.
    #[must_use]
    #[inline]
    pub fn turn_ends(&self) -> Option<u64> {
        let turns = self.turns.borrow();
        if turns.is_empty() {
            return None;
        }
        let coroutine = current().unwrap_or(0);
        let own = turns.iter().find(|(holder, _)| *holder == coroutine);
        own.and_then(|(_, ends)| *ends)
    }

    #[cold]
    #[inline(never)]
    fn wait(&self, deadline: Option<u64>) -> Result<(), Refused> {
        let limits = self.limits.get();
        let refuse = |why| {
            self.count(|counts| counts.refused += 1);
            Err(why)
        };
        if !can_suspend() {
            return refuse(Refused::Unable(limits.max));
        }
        let waiting = self.counts.get().waiting;
        if waiting >= limits.queue {
            return refuse(Refused::Crowded(waiting));
        }
        let begun = clock::now();
        let own = limits.wait.map(clock::after);
        let until = match (own, deadline) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
        self.count(|counts| {
            counts.waits += 1;
            counts.waiting += 1;
        });
        let ended = self.permits.acquire(until);
        let waited = clock::now().saturating_sub(begun);
        self.count(|counts| {
            counts.waiting -= 1;
            counts.waited += waited;
        });
        match ended {
            Ok(()) if self.closed.get() => {
                self.permits.release_later();
                Err(Refused::Closed)
            }
            Ok(()) => Ok(()),
            Err(Wake::Timeout) => {
                let time = Duration::from_nanos(waited);
                refuse(Refused::TimedOut(time, limits.max, self.longest()))
            }
            Err(Wake::Closed) => Err(Refused::Closed),
            Err(_) => refuse(Refused::Cancelled),
        }
    }

    fn is_old(&self, idle: &Idle<T>, now: u64) -> bool {
        let limits = self.limits.get();
        let is_past = |limit: Option<Duration>, since: u64| {
            limit.is_some_and(|limit| now.saturating_sub(since) >= nanos(limit))
        };
        is_past(limits.lifetime, idle.made)
            || (is_past(limits.idle, idle.since) && self.idle.borrow().len() >= limits.min_idle)
    }

    /// Gives one back: the first in line gets it, in its turn, or it is idle. Where the pool is closed it is dropped.
    pub fn give_back(&self, ticket: Ticket, value: T) {
        self.held.borrow_mut().remove(&ticket.number);
        let mut kept = Some(Idle {
            value,
            made: ticket.made,
            since: clock::now(),
        });
        if !self.closed.get() {
            self.idle.borrow_mut().extend(kept.take());
        }
        self.permits.release_later();
        if kept.is_some() {
            self.count(|counts| counts.ended += 1);
        }
        drop(kept);
    }

    /// What the ticket stood for is gone, or was never made: the first in line may make another one.
    pub fn give_up(&self, ticket: Ticket) {
        self.held.borrow_mut().remove(&ticket.number);
        self.count(|counts| counts.ended += 1);
        self.permits.release_later();
    }

    /// Takes out one idle thing that is past its limits, to be dropped where the caller likes.
    pub fn take_old(&self) -> Option<T> {
        let now = clock::now();
        // The one that was used least lately is in front.
        let oldest = self.idle.borrow_mut().pop_front()?;
        if self.is_old(&oldest, now) {
            self.count(|counts| counts.ended += 1);
            return Some(oldest.value);
        }
        self.idle.borrow_mut().push_front(oldest);
        None
    }

    /// Takes out everything that is idle: it is not to be trusted any more.
    pub fn take_idle(&self) -> Vec<T> {
        let all = std::mem::take(&mut *self.idle.borrow_mut());
        self.count(|counts| counts.ended += all.len() as u64);
        all.into_iter().map(|idle| idle.value).collect()
    }

    /// Ends it: nothing is handed out or kept from now on, and those in line are sent away as their turn comes.
    /// Returns what was idle.
    pub fn close(&self) -> Vec<T> {
        self.closed.set(true);
        self.take_idle()
    }

    /// Is it closed?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Who holds what, the longest first.
    #[must_use]
    pub fn held(&self) -> Vec<Held> {
        self.held.borrow().values().cloned().collect()
    }

    fn longest(&self) -> Option<Held> {
        self.held.borrow().values().next().cloned()
    }

    /// Its numbers.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            idle: self.idle.borrow().len(),
            taken: self.held.borrow().len(),
            ..self.counts.get()
        }
    }
}

/// The turn of a coroutine, until it takes something: given to the next in line where it does not.
pub struct Turn<T> {
    pool: Rc<Pool<T>>,
    coroutine: u64,
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        if self.pool.end_turn(self.coroutine) {
            self.pool.permits.release_later();
        }
    }
}

#[cfg(test)]
mod tests;
