//! A connection whose input workers take apart: what of it has not been taken yet, and who works on it.

use crate::lane::Lane;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Bytes that wait for a worker at which the client does, too.
pub(crate) const WINDOW: usize = 256 * 1024;

#[derive(Default)]
pub(crate) struct Route {
    /// Who has it.
    pub(crate) current: RefCell<Option<Rc<Lane>>>,
    /// Who knows it; the current one, too.
    pub(crate) known: RefCell<Vec<Rc<Lane>>>,
    /// What came and was not taken.
    pub(crate) pending: RefCell<Vec<u8>>,
    /// Bytes of these that the current worker was given.
    pub(crate) sent: Cell<usize>,
    /// Bytes that were taken before them.
    pub(crate) taken: Cell<u64>,
    /// Does the current worker work on something?
    pub(crate) is_busy: Cell<bool>,
    /// Has the current worker said that it works on something, whatever else it was given since?
    pub(crate) has_said_busy: Cell<bool>,
    /// The number of the last note that it had made then.
    pub(crate) said: Cell<u16>,
    /// Has the client ended its side?
    pub(crate) has_ended: Cell<bool>,
    pub(crate) end_told: Cell<bool>,
    /// Is it not read until the worker has taken more?
    pub(crate) is_paused: Cell<bool>,
    /// Was a worker told that the client is slow?
    pub(crate) is_slow: Cell<bool>,
    pub(crate) was_opened: Cell<bool>,
    /// What another worker has to know.
    pub(crate) state: RefCell<Vec<u8>>,
    /// The worker that was chosen, by id.
    pub(crate) id: Cell<Option<usize>>,
}

impl Route {
    pub(crate) fn is_current(&self, lane: &Rc<Lane>) -> bool {
        self.current
            .borrow()
            .as_ref()
            .is_some_and(|current| Rc::ptr_eq(current, lane))
    }

    pub(crate) fn set_busy(&self, busy: bool) {
        if self.is_busy.replace(busy) != busy
            && let Some(lane) = &*self.current.borrow()
        {
            let count = lane.busy.get();
            lane.busy.set(match busy {
                true => count + 1,
                false => count.saturating_sub(1),
            });
        }
    }

    /// Nobody has it.
    pub(crate) fn leave(&self) {
        self.set_busy(false);
        self.has_said_busy.set(false);
        self.current.take();
        self.sent.set(0);
        self.is_slow.set(false);
    }

    pub(crate) fn unknown_to(&self, lane: &Rc<Lane>) {
        self.known
            .borrow_mut()
            .retain(|known| !Rc::ptr_eq(known, lane));
    }

    /// The input was taken up to here.
    pub(crate) fn take(&self, up_to: u64) {
        let mut pending = self.pending.borrow_mut();
        let count = up_to.saturating_sub(self.taken.get());
        let count = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .min(pending.len());
        if count == pending.len() {
            pending.clear();
            if pending.capacity() > 16 * 1024 {
                *pending = Vec::new();
            }
        } else {
            pending.drain(..count);
        }
        self.taken.set(self.taken.get() + count as u64);
        self.sent.set(self.sent.get().saturating_sub(count));
    }

    /// Does no worker work on anything of it?
    pub(crate) fn is_at_rest(&self) -> bool {
        !self.is_busy.get() && self.pending.borrow().is_empty()
    }
}
