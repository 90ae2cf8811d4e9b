//! What goes on beside a stream of events: comments in its silence, and its end when the worker ends.

use crate::exception::cancelled::STOPPING;
use highper_engine::{TimerId, clock, scheduler};
use highper_http::event::KEEP_ALIVE;
use highper_http::{Exchange, Progress};
use highper_runtime::{cancel, serve};
use std::cell::Cell;
use std::rc::Rc;

/// How often a worker's end is looked for: nanoseconds.
const LOOK: u64 = 1_000_000_000;

/// One stream's beat.
pub(super) struct Beat {
    exchange: Rc<Exchange>,
    /// Nanoseconds of silence; `None` for no comments.
    every: Option<u64>,
    wrote: Cell<u64>,
    /// The next turn; `None` before the first and after the end.
    timer: Cell<Option<TimerId>>,
}

impl Beat {
    pub(super) fn new(exchange: &Rc<Exchange>, every: Option<u64>) -> Rc<Self> {
        Rc::new(Self {
            exchange: Rc::clone(exchange),
            every,
            wrote: Cell::new(0),
            timer: Cell::new(None),
        })
    }

    pub(super) fn begin(self: &Rc<Self>) {
        self.wrote();
        self.arm();
    }

    /// Something was sent: the silence begins anew.
    pub(super) fn wrote(&self) {
        self.wrote.set(clock::now());
    }

    pub(super) fn end(&self) {
        if let Some(timer) = self.timer.take() {
            scheduler::clear_timer(timer);
        }
    }

    fn arm(self: &Rc<Self>) {
        let this = Rc::clone(self);
        let turn = self.every.map_or(LOOK, |every| every.min(LOOK));
        let timer = scheduler::at(clock::now() + turn, false, move || this.turn());
        self.timer.set(Some(timer));
    }

    fn turn(self: &Rc<Self>) {
        if self.timer.take().is_none() || self.exchange.progress() != Progress::Streaming {
            return;
        }
        if serve::worker().is_some_and(|worker| worker.is_draining()) {
            // One that has ended meanwhile needs no telling.
            let _ended = cancel::throw_into(self.exchange.owner(), STOPPING, false);
            return;
        }
        let silence = clock::now().saturating_sub(self.wrote.get());
        if self.every.is_some_and(|every| silence >= every) {
            self.wrote();
            if self.exchange.connection().queued() == 0 {
                // A client that is gone ends the stream by itself.
                let _gone = self.exchange.write(KEEP_ALIVE);
            }
        }
        self.arm();
    }
}
