//! A bounded channel between coroutines of one thread, first come, first served.

use crate::wait::{self, Kind, Token, Wake};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// Why an item could not be pushed or taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelError {
    /// The deadline passed.
    Timeout,
    /// The channel is closed (and, for taking, empty).
    Closed,
    /// The coroutine was cancelled.
    Cancelled,
}

/// A queue of at most `capacity` items, with coroutines waiting on both sides.
///
/// As in Swoole, whoever makes an item or room available runs the first of the
/// other side at once, on top of itself.
#[derive(Debug)]
pub struct Channel<T> {
    items: RefCell<VecDeque<T>>,
    producers: RefCell<VecDeque<Token>>,
    consumers: RefCell<VecDeque<Token>>,
    capacity: Cell<usize>,
    closed: Cell<bool>,
}

impl<T> Default for Channel<T> {
    fn default() -> Self {
        Self::new(1)
    }
}

impl<T> Channel<T> {
    /// A channel for at most `capacity` items, at least one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            items: RefCell::default(),
            producers: RefCell::default(),
            consumers: RefCell::default(),
            capacity: Cell::new(capacity.max(1)),
            closed: Cell::new(false),
        }
    }

    /// How many items it takes.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity.get()
    }

    /// Sets how many items it takes, before its first use.
    pub fn set_capacity(&self, capacity: usize) {
        self.capacity.set(capacity.max(1));
    }

    /// How many items are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    /// Shows each item, oldest first. `look` must not use the channel.
    pub fn for_each(&self, look: impl FnMut(&T)) {
        if let Ok(items) = self.items.try_borrow() {
            items.iter().for_each(look);
        }
    }

    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Is there no room in it?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.capacity.get()
    }

    /// Was it closed?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// How many coroutines wait to push, and to take.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let count =
            |q: &RefCell<VecDeque<Token>>| q.borrow().iter().filter(|t| t.is_waiting()).count();
        (count(&self.producers), count(&self.consumers))
    }

    /// Puts an item in, waiting for room until the deadline. Call inside a coroutine.
    ///
    /// # Errors
    /// The reason, with the item.
    pub fn push(&self, item: T, deadline: Option<u64>) -> Result<(), (ChannelError, T)> {
        if self.closed.get() {
            return Err((ChannelError::Closed, item));
        }
        if self.is_full() || has_waiting(&self.producers) {
            match wait_in(&self.producers, deadline) {
                Wake::Ready => {}
                Wake::Timeout => return Err((ChannelError::Timeout, item)),
                Wake::Cancelled => return Err((ChannelError::Cancelled, item)),
                Wake::Closed => return Err((ChannelError::Closed, item)),
            }
        }
        self.items.borrow_mut().push_back(item);
        wake_first(&self.consumers);
        Ok(())
    }

    /// Puts an item in if there is room now.
    ///
    /// # Errors
    /// The item, when the channel is full or closed.
    pub fn try_push(&self, item: T) -> Result<(), T> {
        if self.closed.get() || self.is_full() {
            return Err(item);
        }
        self.items.borrow_mut().push_back(item);
        wake_first(&self.consumers);
        Ok(())
    }

    /// Takes the oldest item, waiting for one until the deadline. Call inside a coroutine.
    ///
    /// # Errors
    /// The reason; a closed channel gives out what is left in it first.
    pub fn pop(&self, deadline: Option<u64>) -> Result<T, ChannelError> {
        if self.closed.get() && self.is_empty() {
            return Err(ChannelError::Closed);
        }
        if self.is_empty() || has_waiting(&self.consumers) {
            match wait_in(&self.consumers, deadline) {
                Wake::Ready => {}
                Wake::Timeout => return Err(ChannelError::Timeout),
                Wake::Cancelled => return Err(ChannelError::Cancelled),
                Wake::Closed if self.is_empty() => return Err(ChannelError::Closed),
                Wake::Closed => {}
            }
        }
        let Some(item) = self.items.borrow_mut().pop_front() else {
            return Err(ChannelError::Closed);
        };
        wake_first(&self.producers);
        Ok(item)
    }

    /// Takes the oldest item if there is one now.
    pub fn try_pop(&self) -> Option<T> {
        let item = self.items.borrow_mut().pop_front()?;
        wake_first(&self.producers);
        Some(item)
    }

    /// Closes: nobody can push any more, whoever waits is told. False when it was closed already.
    pub fn close(&self) -> bool {
        if self.closed.replace(true) {
            return false;
        }
        for queue in [&self.producers, &self.consumers] {
            loop {
                let token = queue.borrow_mut().pop_front();
                match token {
                    Some(token) => token.wake_now(Wake::Closed),
                    None => break,
                };
            }
        }
        true
    }
}

fn has_waiting(queue: &RefCell<VecDeque<Token>>) -> bool {
    let mut queue = queue.borrow_mut();
    while queue.front().is_some_and(|t| !t.is_waiting()) {
        queue.pop_front();
    }
    !queue.is_empty()
}

pub(crate) fn wait_in(queue: &RefCell<VecDeque<Token>>, deadline: Option<u64>) -> Wake {
    let token = wait::begin(Kind::Channel);
    queue.borrow_mut().push_back(token);
    let reason = wait::park(deadline);
    if matches!(reason, Wake::Timeout | Wake::Cancelled) {
        queue.borrow_mut().retain(|t| *t != token);
    }
    reason
}

pub(crate) fn wake_first(queue: &RefCell<VecDeque<Token>>) -> bool {
    loop {
        let token = queue.borrow_mut().pop_front();
        match token {
            None => return false,
            Some(token) if token.wake_now(Wake::Ready) => return true,
            Some(_) => {}
        }
    }
}
