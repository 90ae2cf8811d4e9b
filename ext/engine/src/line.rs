//! Coroutines that wait in line: first come, first served.

use crate::wait::{self, Kind, Token, Wake};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// A line of waiting coroutines.
///
/// Who leaves it early, by a time-out or because it was cancelled, is taken out at an end of the
/// line; in its middle the place is left empty, and empty places go together, when they are more
/// than half: so that a hundred thousand may leave at once.
#[derive(Debug, Default)]
pub(crate) struct Line {
    tokens: RefCell<VecDeque<Token>>,
    empty: Cell<usize>,
}

impl Line {
    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.tokens
            .borrow()
            .iter()
            .filter(|t| t.is_waiting())
            .count()
    }

    /// All that are in line now; whoever comes after them is in another one.
    pub(crate) fn take(&self) -> Self {
        Self {
            tokens: RefCell::new(self.tokens.take()),
            empty: Cell::new(self.empty.take()),
        }
    }

    /// Does anybody wait?
    pub(crate) fn has_waiting(&self) -> bool {
        let mut tokens = self.tokens.borrow_mut();
        while tokens.front().is_some_and(|t| !t.is_waiting()) {
            tokens.pop_front();
            self.empty.set(self.empty.get().saturating_sub(1));
        }
        !tokens.is_empty()
    }

    /// Gets in line until it is woken, or until the deadline. Call inside a coroutine.
    pub(crate) fn wait(&self, deadline: Option<u64>) -> Wake {
        let token = wait::begin(Kind::Channel);
        self.tokens.borrow_mut().push_back(token);
        let reason = wait::park(deadline);
        if matches!(reason, Wake::Timeout | Wake::Cancelled) {
            self.leave(token);
        }
        reason
    }

    #[cold]
    fn leave(&self, token: Token) {
        let mut tokens = self.tokens.borrow_mut();
        if tokens.front() == Some(&token) {
            tokens.pop_front();
        } else if tokens.back() == Some(&token) {
            tokens.pop_back();
        } else {
            self.empty.set(self.empty.get() + 1);
            if 2 * self.empty.get() > tokens.len() {
                tokens.retain(|t| t.is_waiting());
                self.empty.set(0);
            }
        }
    }

    /// Lets the first in line go on, at once, on top of the caller. False when nobody waits.
    pub(crate) fn wake_first(&self) -> bool {
        loop {
            let token = self.tokens.borrow_mut().pop_front();
            match token {
                None => return false,
                Some(token) if token.wake_now(Wake::Ready) => return true,
                Some(_) => self.empty.set(self.empty.get().saturating_sub(1)),
            }
        }
    }

    /// As [`Self::wake_first`], but the other one runs in its turn.
    pub(crate) fn wake_first_later(&self) -> bool {
        loop {
            let token = self.tokens.borrow_mut().pop_front();
            match token {
                None => return false,
                Some(token) if token.wake(Wake::Ready) => return true,
                Some(_) => self.empty.set(self.empty.get().saturating_sub(1)),
            }
        }
    }

    /// Lets everybody go on, at once, one after the other.
    pub(crate) fn wake_all(&self, reason: Wake) {
        loop {
            let token = self.tokens.borrow_mut().pop_front();
            match token {
                Some(token) => token.wake_now(reason),
                None => break,
            };
        }
        self.empty.set(0);
    }
}
