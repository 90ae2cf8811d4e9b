//! Throwing into a coroutine: its wait, or its next one, ends with an exception.
//!
//! Waits of a face's own ask [`resumed`] when they are over; hooked calls of libraries fail with
//! `ECANCELED`, and the exception is pending when the PHP function that made the call returns.

use highper_engine::scheduler;
use highper_zend::Throw;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What is thrown.
#[derive(Clone, Copy)]
pub struct Thrown {
    /// Tells it from others.
    pub name: &'static str,
    /// Makes it, in the coroutine.
    pub make: fn() -> Throw,
}

/// Why nothing was thrown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// There is no such coroutine.
    NotFound,
    /// The same is on its way to it already.
    Already,
}

/// What is on its way to a coroutine; kept with it, so that it ends with it.
struct Pending(Cell<Option<Thrown>>);

impl Drop for Pending {
    fn drop(&mut self) {
        if self.0.take().is_some() {
            COUNT.fetch_sub(1, Relaxed);
        }
    }
}

/// How many coroutines have something pending: almost always none. One thread runs PHP.
static COUNT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PAST_DEADLINE: Cell<Option<Thrown>> = const { Cell::new(None) };
}

/// To be asked when a wait is over.
///
/// # Errors
/// What was thrown into the running coroutine meanwhile.
#[inline]
pub fn resumed() -> Result<(), Throw> {
    if COUNT.load(Relaxed) == 0 {
        return Ok(());
    }
    pending()
}

#[cold]
fn pending() -> Result<(), Throw> {
    let Some(id) = highper_engine::current() else {
        return Ok(());
    };
    match scheduler::local::<Pending, _>(id, |pending| pending.0.take()).flatten() {
        Some(thrown) => {
            COUNT.fetch_sub(1, Relaxed);
            // It has come: no later wait is to end for it.
            scheduler::spare(id);
            Err((thrown.make)())
        }
        None => Ok(()),
    }
}

/// Throws into a coroutine. `now` runs it at once, on top of the caller, where it waits.
///
/// # Errors
/// [`Refused`].
pub fn throw_into(id: u64, thrown: Thrown, now: bool) -> Result<(), Refused> {
    if scheduler::info(id).is_none() {
        return Err(Refused::NotFound);
    }
    scheduler::set_local_of(id, || Pending(Cell::new(None)));
    let before = scheduler::local::<Pending, _>(id, |pending| pending.0.replace(Some(thrown)));
    match before.flatten() {
        Some(before) if before.name == thrown.name => return Err(Refused::Already),
        Some(_) => {}
        None => drop(COUNT.fetch_add(1, Relaxed)),
    }
    if !now || scheduler::cancel_now(id).is_err() {
        scheduler::doom(id);
    }
    Ok(())
}

/// Takes back what was thrown into a coroutine by that name, if it has not come to it yet.
pub fn withdraw(id: u64, name: &str) {
    let taken = scheduler::local::<Pending, _>(id, |pending| match pending.0.get() {
        Some(thrown) if thrown.name == name => pending.0.take(),
        _ => None,
    });
    if taken.flatten().is_some() {
        COUNT.fetch_sub(1, Relaxed);
        scheduler::spare(id);
    }
}

/// Throws into every coroutine but the running one, in the order of their ids. Returns how many.
pub fn throw_into_all(thrown: Thrown) -> usize {
    let own = highper_engine::current();
    highper_engine::list()
        .into_iter()
        .filter(|id| Some(*id) != own && throw_into(*id, thrown, false).is_ok())
        .count()
}

/// Says what a hooked call throws that waits past its coroutine's deadline.
pub fn past_deadline(thrown: Thrown) {
    PAST_DEADLINE.set(Some(thrown));
}

/// The exception of a deadline that has passed, if a face has one.
///
/// # Errors
/// That exception.
pub fn late() -> Result<(), Throw> {
    crate::limit::told();
    match PAST_DEADLINE.get() {
        Some(thrown) => Err((thrown.make)()),
        None => Ok(()),
    }
}

/// Makes an exception pending under a hooked call, which is about to fail.
pub(crate) fn raise(outcome: Result<(), Throw>) {
    crate::pdo::interrupted();
    if let Err(throw) = outcome
        && !highper_zend::throw::is_pending()
    {
        throw.make_pending();
    }
}
