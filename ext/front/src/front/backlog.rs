//! Packets for whoever is idle next, while every worker has enough to do.

use super::Front;
use crate::dispatch::{Mode, Sender};
use crate::frame::Frame;
use highper_engine::{clock, scheduler};
use highper_stream::Connection;
use std::rc::Rc;

/// Packets that a worker has at a time: it has the next one at hand when it is done with one, and who blocks does not keep many from others.
const ENOUGH: u64 = 8;
/// Between two looks at who is done, where no worker says anything.
const LOOK: u64 = 1_000_000;

impl Front {
    /// Is a packet to wait until a worker is done with others?
    pub(super) fn is_to_wait(&self) -> bool {
        self.setup.mode == Mode::Idle
            && self.setup.chooser.is_none()
            && (!self.backlog.borrow().is_empty() || self.is_occupied())
    }

    fn is_occupied(&self) -> bool {
        (0..self.workers).all(|id| {
            self.lane_of(id)
                .is_some_and(|lane| lane.load().busy >= ENOUGH)
        })
    }

    /// Keeps a packet. Its connection is not read meanwhile.
    pub(super) fn keep(&self, connection: &Rc<Connection>, frame: &Frame<'_>) {
        let mut bytes = Vec::new();
        frame.write(&mut bytes);
        self.server().pause(connection);
        self.backlog
            .borrow_mut()
            .push_back((connection.session(), bytes));
        self.work_off_later();
    }

    fn work_off_later(&self) {
        if self.is_looking.replace(true) {
            return;
        }
        let me = self.me.clone();
        scheduler::at(clock::now() + LOOK, false, move || {
            if let Some(me) = me.upgrade() {
                me.is_looking.set(false);
                me.work_off();
                if !me.backlog.borrow().is_empty() {
                    me.work_off_later();
                }
            }
        });
    }

    /// Gives packets that wait to those who are done with others.
    pub(super) fn work_off(&self) {
        while !self.backlog.borrow().is_empty() && !self.is_occupied() {
            let first = self.backlog.borrow_mut().pop_front();
            let Some((session, bytes)) = first else {
                return;
            };
            let Some((frame, _)) = Frame::first(&bytes) else {
                continue;
            };
            let id = self.choose(Sender::default());
            let is_full = self.tell(id, &frame);
            let Some(connection) = self.server().find(session) else {
                continue;
            };
            match is_full {
                true => self.hold(id, &connection),
                false => self.server().resume(&connection),
            }
        }
    }
}
