//! A scope: coroutines that never outlive the one that opened it.

use crate::scheduler::{self, SpawnError};
use crate::{Ending, Wake};
use std::cell::RefCell;

/// Children of one coroutine. [`Scope::join`] must be called before it is dropped.
#[derive(Debug, Default)]
pub struct Scope {
    children: RefCell<Vec<u64>>,
}

impl Scope {
    /// A scope whose children get this deadline, unless the running coroutine's own is earlier.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a child.
    ///
    /// # Errors
    /// [`SpawnError`] when it can't be made.
    pub fn spawn(&self, body: impl FnOnce() -> Ending + 'static) -> Result<u64, SpawnError> {
        let id = scheduler::spawn(body)?;
        if scheduler::info(id).is_some() {
            self.children.borrow_mut().push(id);
        }
        Ok(id)
    }

    /// Tells every child to end: its wait, or its next one, is cancelled.
    pub fn cancel(&self) {
        for id in self.children.borrow().iter() {
            scheduler::doom(*id);
        }
    }

    /// Waits for all children. Past the deadline, or when the running coroutine is
    /// cancelled, they are cancelled, and waited for all the same.
    ///
    /// # Errors
    /// Why the children were cancelled.
    pub fn join(&self, deadline: Option<u64>) -> Result<(), Wake> {
        let own = scheduler::deadline();
        let deadline = match (deadline, own) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let mut outcome = Ok(());
        loop {
            let children: Vec<u64> = std::mem::take(&mut *self.children.borrow_mut());
            if children.is_empty() {
                return outcome;
            }
            let limit = if outcome.is_ok() { deadline } else { None };
            if let Err(reason) = scheduler::join(&children, limit) {
                self.children.borrow_mut().extend(children);
                if outcome.is_ok() {
                    outcome = Err(reason);
                }
                self.cancel();
            }
        }
    }
}
