//! A bounded channel between coroutines of one thread, first come, first served.

use crate::line::Line;
use crate::wait::Wake;
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
    producers: Line,
    consumers: Line,
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
            producers: Line::default(),
            consumers: Line::default(),
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
        (self.producers.count(), self.consumers.count())
    }

    /// Puts an item in, waiting for room until the deadline. Call inside a coroutine.
    ///
    /// # Errors
    /// The reason, with the item.
    pub fn push(&self, item: T, deadline: Option<u64>) -> Result<(), (ChannelError, T)> {
        if self.closed.get() {
            return Err((ChannelError::Closed, item));
        }
        if self.is_full() || self.producers.has_waiting() {
            match self.producers.wait(deadline) {
                Wake::Ready => {}
                Wake::Timeout => return Err((ChannelError::Timeout, item)),
                Wake::Cancelled => return Err((ChannelError::Cancelled, item)),
                Wake::Closed => return Err((ChannelError::Closed, item)),
            }
        }
        self.items.borrow_mut().push_back(item);
        self.consumers.wake_first();
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
        self.consumers.wake_first();
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
        if self.is_empty() || self.consumers.has_waiting() {
            match self.consumers.wait(deadline) {
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
        self.producers.wake_first();
        Ok(item)
    }

    /// Takes the oldest item if there is one now.
    pub fn try_pop(&self) -> Option<T> {
        let item = self.items.borrow_mut().pop_front()?;
        self.producers.wake_first();
        Some(item)
    }

    /// Closes: nobody can push any more, whoever waits is told. False when it was closed already.
    pub fn close(&self) -> bool {
        if self.closed.replace(true) {
            return false;
        }
        for line in [&self.producers, &self.consumers] {
            line.wake_all(Wake::Closed);
        }
        true
    }
}
