//! One stream of server-sent events: a response that gets what is sent to rooms.

use crate::hub::add;
use crate::member::Member;
use crate::queue::{Put, Queue};
use crate::room::{Room, Seat};
use crate::socket::Offer;
use crate::{Frame, Hub, Slow};
use highper_engine::reactor;
use highper_http::event::{Event, KEEP_ALIVE};
use highper_http::{Exchange, Progress};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// Bytes that are handed to the connection at a time.
const PIECE: usize = 64 * 1024;

/// What holds for a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Manner {
    /// Bytes that may wait for a client that takes less than it is sent. Default 256 KiB.
    pub queue: usize,
    /// What becomes of such a client.
    pub slow: Slow,
    /// Nanoseconds of silence after which a comment is sent. Default 15 s.
    pub every: Option<u64>,
    /// Milliseconds until a browser connects again; `None` for its own.
    pub retry: Option<u64>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            queue: 256 * 1024,
            slow: Slow::default(),
            every: Some(15_000_000_000),
            retry: None,
        }
    }
}

/// One stream.
pub struct Listener {
    me: Weak<Self>,
    hub: Rc<Hub>,
    exchange: Rc<Exchange>,
    manner: Manner,
    queue: RefCell<Queue>,
    /// Does the client take nothing at the moment?
    is_blocked: Cell<bool>,
    is_fresh: Cell<bool>,
    is_over: Cell<bool>,
    /// The last message to rooms that it has seen.
    round: Cell<u64>,
    seats: RefCell<Vec<Seat>>,
    /// When something was sent last.
    wrote: Cell<u64>,
}

impl Listener {
    /// Has a response, whose head was sent, get what is sent to rooms from now on. Its first lines are sent at once.
    pub fn begin(hub: &Rc<Hub>, exchange: &Rc<Exchange>, manner: Manner, rooms: &[Box<[u8]>]) {
        let this = Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            hub: Rc::clone(hub),
            exchange: Rc::clone(exchange),
            manner,
            queue: RefCell::default(),
            is_blocked: Cell::new(false),
            is_fresh: Cell::new(false),
            is_over: Cell::new(false),
            round: Cell::new(0),
            seats: RefCell::default(),
            wrote: Cell::new(reactor::coarse_now()),
        });
        exchange.detach_request();
        exchange.end_with_peer(true);
        let mut first = Vec::new();
        let event = Event {
            retry: manner.retry,
            ..Event::default()
        };
        // It has neither name nor id.
        match event.retry {
            Some(_) => drop(event.write(&mut first)),
            None => first.extend_from_slice(KEEP_ALIVE),
        }
        let known = Weak::clone(&this.me);
        exchange.connection().on_drained(Some(Rc::new(move || {
            if let Some(this) = known.upgrade() {
                this.drained();
            }
        })));
        if !this.write(&first) {
            return this.leave_all();
        }
        hub.listens(&this);
        for name in rooms {
            this.join(name);
        }
    }

    /// Which response it is: no other that is under way has the same.
    pub(crate) fn key(&self) -> usize {
        Rc::as_ptr(&self.exchange) as usize
    }

    fn join(self: &Rc<Self>, name: &[u8]) {
        let is_in = |seat: &Seat| *seat.room.name == *name;
        if self.seats.borrow().iter().any(is_in) {
            return;
        }
        let room = self.hub.room(name);
        let seat = room.seat(Member::Listener(Rc::clone(self)));
        self.seats.borrow_mut().push(seat);
        self.hub.changed(&room);
    }

    pub(crate) fn moved(&self, room: &Rc<Room>, to: usize) {
        let mut seats = self.seats.borrow_mut();
        if let Some(seat) = seats.iter_mut().find(|seat| Rc::ptr_eq(&seat.room, room)) {
            seat.at = to;
        }
    }

    pub(crate) fn is_new_in(&self, round: u64) -> bool {
        self.round.replace(round) != round
    }

    pub(crate) fn is_fresh(&self, fresh: bool) {
        self.is_fresh.set(fresh);
    }

    /// Puts a message into the queue.
    pub(crate) fn offer(&self, frame: &Frame) -> Offer {
        let bytes = match frame.for_events() {
            Some(bytes) if !self.is_over.get() => bytes,
            _ => return Offer::Gone,
        };
        let mut queue = self.queue.borrow_mut();
        if self.is_blocked.get() {
            let manner = &self.manner;
            return match queue.put(bytes, frame.group(), manner.queue, manner.slow) {
                Put::Waits(dropped) => {
                    add(&self.hub.counts.dropped, dropped);
                    Offer::Waits
                }
                Put::Full => Offer::Full,
            };
        }
        queue.add(bytes, frame.group());
        if queue.bytes() > PIECE {
            return Offer::Urgent;
        }
        drop(queue);
        self.later();
        Offer::Waits
    }

    fn later(&self) {
        if !self.is_fresh.replace(true)
            && let Some(me) = self.me.upgrade()
        {
            self.hub.later(Member::Listener(me));
        }
    }

    /// The client has taken all that it was given.
    fn drained(&self) {
        self.is_blocked.set(false);
        if !self.queue.borrow().is_empty() {
            self.later();
        }
    }

    /// Writes what waits, as far as the client takes it.
    pub(crate) fn flush(&self) {
        while !self.is_blocked.get() && !self.is_over.get() {
            let some = self.queue.borrow_mut().take_some(PIECE);
            if some.is_empty() {
                return;
            }
            if !self.write(&some.concat()) {
                return self.end();
            }
        }
        // What was too much for one piece, and then for the client.
        let room = self.manner.queue.max(PIECE);
        let mut dropped = 0;
        while !self.is_over.get() && self.queue.borrow().bytes() > room {
            dropped += usize::from(self.queue.borrow_mut().take().is_some());
        }
        add(&self.hub.counts.dropped, dropped);
    }

    fn write(&self, bytes: &[u8]) -> bool {
        self.wrote.set(reactor::coarse_now());
        let sent = self.exchange.write(bytes);
        self.is_blocked.set(self.exchange.connection().queued() > 0);
        sent.is_ok()
    }

    /// The client does not take what it is sent.
    pub(crate) fn too_slow(&self) {
        let dropped = self.queue.borrow_mut().clear();
        add(&self.hub.counts.dropped, dropped + 1);
        add(&self.hub.counts.closed, 1);
        self.leave_all();
        self.exchange.abort();
    }

    /// Shows that the server is there, where nothing else has for a while.
    pub(crate) fn beat(&self, now: u64) {
        let is_silent = |every| now.saturating_sub(self.wrote.get()) >= every;
        if self.manner.every.is_some_and(is_silent)
            && !self.is_blocked.get()
            && self.queue.borrow().is_empty()
            && !self.write(KEEP_ALIVE)
        {
            self.end();
        }
    }

    /// Ends the stream, so that the client connects again.
    pub(crate) fn end(&self) {
        self.leave_all();
        if self.exchange.progress() == Progress::Streaming {
            self.exchange.end_with_peer(false);
            self.exchange.close_after();
            // One that is gone needs no end.
            if self.exchange.finish().is_err() {
                self.exchange.abort();
            }
        }
    }

    /// Hears no more.
    pub(crate) fn leave_all(&self) {
        if self.is_over.replace(true) {
            return;
        }
        self.exchange.connection().on_drained(None);
        self.queue.borrow_mut().clear();
        self.hub.hears_no_more(self.key());
        loop {
            let seat = self.seats.borrow_mut().pop();
            let Some(Seat { room, at }) = seat else {
                return;
            };
            room.leave(at);
            self.hub.changed(&room);
        }
    }
}
