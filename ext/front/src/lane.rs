//! The way to one worker's process.

use crate::dispatch::Load;
use crate::outbox::Outbox;
use highper_engine::reactor;
use highper_process::post::{Address, Head, Kind, Post, relay};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// One process that takes connections and events, under a worker's id.
pub(crate) struct Lane {
    pub(crate) id: usize,
    pub(crate) place: u32,
    pub(crate) pid: i32,
    pub(crate) outbox: Rc<Outbox>,
    /// It takes nothing new.
    pub(crate) is_retiring: Cell<bool>,
    /// Connections on which it works.
    pub(crate) busy: Cell<u64>,
    /// When it was seen to have something new to do, or to have done something, in nanoseconds.
    moved: Cell<u64>,
    /// Events that it had done when it was looked at.
    seen: Cell<u64>,
    /// Connections that are not read until there is room.
    pub(crate) paused: RefCell<Vec<u64>>,
    /// Events that had begun, and ended, in its slot before.
    before: (u64, u64),
    post: Arc<Post>,
}

impl Lane {
    pub(crate) fn new(post: &Arc<Post>, own: u32, id: usize, place: u32, pid: i32) -> Rc<Self> {
        let mut head = Head::new(Kind::Relay);
        head.code = relay::FRAMES;
        head.number = -1;
        head.to = pid;
        head.place = own;
        head.pid = std::process::id() as i32;
        Rc::new(Self {
            id,
            place,
            pid,
            outbox: Outbox::new(post, Address::Place(place), head, true),
            is_retiring: Cell::new(false),
            busy: Cell::new(0),
            moved: Cell::new(0),
            seen: Cell::new(0),
            paused: RefCell::default(),
            before: post
                .lane(place)
                .map_or((0, 0), |lane| (lane.begun(), lane.done())),
            post: Arc::clone(post),
        })
    }

    /// Is its process there no more?
    pub(crate) fn is_gone(&self) -> bool {
        let slots = self.post.board().slots();
        slots
            .get(self.place as usize)
            .is_none_or(|slot| slot.pid() != self.pid)
    }

    /// Events that have begun there.
    pub(crate) fn begun(&self) -> u64 {
        let lane = self.post.lane(self.place);
        lane.map_or(0, |lane| lane.begun().saturating_sub(self.before.0))
    }

    pub(crate) fn load(&self) -> Load {
        let Some(lane) = self.post.lane(self.place) else {
            return Load::default();
        };
        let sent = self.outbox.events();
        let done = lane.done().saturating_sub(self.before.1);
        if self.seen.replace(done) != done {
            self.moved.set(reactor::coarse_now());
        }
        Load {
            busy: sent.saturating_sub(done) + self.busy.get(),
            coroutines: lane.coroutines() + sent.saturating_sub(self.begun()),
            moved: self.moved.get(),
        }
    }

    /// It is given something: is that what it has at hand?
    pub(crate) fn begins(&self) {
        if self.load().busy == 0 {
            self.moved.set(reactor::coarse_now());
        }
    }

    /// Sends at the end of the turn.
    pub(crate) fn flush_soon(self: &Rc<Self>) {
        let me = Rc::clone(self);
        self.outbox.flush_soon(move || {
            me.outbox.begun(me.begun());
            me.outbox.flush();
        });
    }
}
