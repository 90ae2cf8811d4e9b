//! One WebSocket connection.

use crate::hub::add;
use crate::member::Member;
use crate::queue::{Put, Queue};
use crate::room::{Room, Seat};
use crate::{Frame, Greeting, Hub, Terms};
use highper_engine::reactor;
use highper_http::server::{Mailing, WeakServer};
use highper_http::{Connection, Exchange, Protocol, Server};
use highper_websocket::{Decoder, Opcode, close, encode};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

/// Bytes that are handed to the connection at a time, so that what can't be taken back stays little.
const PIECE: usize = 64 * 1024;
/// Of messages that wait for their turn: with more of either nothing is read.
const INBOX_BYTES: usize = 64 * 1024;
const INBOX_COUNT: usize = 64;
/// "Try again later", registered with IANA.
const TRY_LATER: u16 = 1013;

/// A message of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Or text, which is UTF-8.
    pub is_binary: bool,
    /// What it says.
    pub payload: Vec<u8>,
}

/// What is to be done for a socket, one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Task {
    /// A message came.
    Message(Message),
    /// The connection is closed, with a code and a reason; the last of all.
    Closed(u16, Box<[u8]>),
}

/// Who does it.
pub trait Events {
    /// There is something to do: ask [`Socket::next`] until there is nothing left. Not called again before. Runs on the
    /// driver's stack.
    fn wake(&self, socket: &Rc<Socket>);
    /// Nothing has come for a while; called again only after something has.
    fn idle(&self, socket: &Rc<Socket>) {
        let _ = socket;
    }
}

/// Where a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    Active,
    /// A close frame waits to be sent; nothing may follow it.
    Closing,
    /// Nothing more of it is looked at.
    Over,
}

/// What came of offering a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Offer {
    /// It leaves at the end of the turn, or waits for the client.
    Waits,
    /// So much waits that it has to be written now.
    Urgent,
    /// The client is too slow for it.
    Full,
    /// There is nobody to send it to.
    Gone,
}

/// One connection.
pub struct Socket {
    me: Weak<Self>,
    id: u64,
    hub: Rc<Hub>,
    terms: Rc<Terms>,
    events: Rc<dyn Events>,
    server: WeakServer,
    connection: Weak<Connection>,
    /// Where a message has begun and not ended; at rest it needs none.
    decoder: RefCell<Option<Box<Decoder>>>,
    /// The window of what is sent, where that is compressed.
    window: Option<u8>,
    status: Cell<Status>,
    queue: RefCell<Queue>,
    /// Does the client take nothing at the moment?
    is_blocked: Cell<bool>,
    is_fresh: Cell<bool>,
    /// The last message to rooms that it has seen.
    round: Cell<u64>,
    seats: RefCell<Vec<Seat>>,
    inbox: RefCell<VecDeque<Message>>,
    inbox_bytes: Cell<usize>,
    is_held: Cell<bool>,
    is_busy: Cell<bool>,
    is_closed: Cell<bool>,
    /// Was its end told?
    is_told: Cell<bool>,
    /// When something came last.
    heard: Cell<u64>,
    is_asked: Cell<bool>,
    is_idle: Cell<bool>,
    end: RefCell<Option<(u16, Box<[u8]>)>>,
    guest: RefCell<Option<Rc<dyn Any>>>,
}

impl Socket {
    /// For a request that is to become one; busy until somebody asks it for what is to do.
    #[must_use]
    pub fn new(
        hub: &Rc<Hub>,
        exchange: &Exchange,
        greeting: &Greeting,
        terms: &Rc<Terms>,
        events: Rc<dyn Events>,
    ) -> Rc<Self> {
        let connection = exchange.connection();
        let window = greeting.window();
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            // No other process has its own, and no other connection of it the other half.
            id: u64::from(std::process::id()) << 32 | connection.serial() & 0xffff_ffff,
            hub: Rc::clone(hub),
            terms: Rc::clone(terms),
            events,
            server: exchange.server().downgrade(),
            connection: Rc::downgrade(connection),
            decoder: RefCell::default(),
            window,
            status: Cell::new(Status::Active),
            queue: RefCell::default(),
            is_blocked: Cell::new(false),
            is_fresh: Cell::new(false),
            round: Cell::new(0),
            seats: RefCell::default(),
            inbox: RefCell::default(),
            inbox_bytes: Cell::new(0),
            is_held: Cell::new(false),
            is_busy: Cell::new(true),
            is_closed: Cell::new(false),
            is_told: Cell::new(false),
            heard: Cell::new(reactor::coarse_now()),
            is_asked: Cell::new(false),
            is_idle: Cell::new(false),
            end: RefCell::default(),
            guest: RefCell::default(),
        })
    }

    /// The handshake is done: others can find it.
    pub fn enter(self: &Rc<Self>) {
        if !self.is_closed.get() {
            self.hub.enter(self);
        }
    }

    /// Its number, which no other connection of the server has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// All sockets of the worker.
    #[must_use]
    pub fn hub(&self) -> &Rc<Hub> {
        &self.hub
    }

    /// The connection, as long as there is one.
    #[must_use]
    pub fn connection(&self) -> Option<Rc<Connection>> {
        self.connection.upgrade()
    }

    /// The server that the connection came to, as long as there is one.
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        self.server.upgrade()
    }

    /// May something be sent?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status.get() == Status::Active
    }

    /// What its user keeps with it.
    #[must_use]
    pub fn guest(&self) -> Option<Rc<dyn Any>> {
        self.guest.borrow().clone()
    }

    /// Keeps something with it.
    pub fn set_guest(&self, guest: Option<Rc<dyn Any>>) {
        let old = self.guest.replace(guest);
        drop(old);
    }

    /// The rooms that it is in; once it is closed those that it was in.
    #[must_use]
    pub fn rooms(&self) -> Vec<Box<[u8]>> {
        let seats = self.seats.borrow();
        seats.iter().map(|seat| seat.room.name.clone()).collect()
    }

    /// Joins a room; false where it is in it already, or closed.
    pub fn join(self: &Rc<Self>, name: &[u8]) -> bool {
        let is_in = |seat: &Seat| *seat.room.name == *name;
        if self.is_closed.get() || self.seats.borrow().iter().any(is_in) {
            return false;
        }
        let room = self.hub.room(name);
        self.seats
            .borrow_mut()
            .push(room.seat(Member::Socket(Rc::clone(self))));
        self.hub.changed(&room);
        true
    }

    /// Leaves a room; false where it is not in it.
    pub fn leave(&self, name: &[u8]) -> bool {
        if self.is_closed.get() {
            return false;
        }
        let seat = {
            let mut seats = self.seats.borrow_mut();
            let at = seats.iter().position(|seat| *seat.room.name == *name);
            at.map(|at| seats.swap_remove(at))
        };
        let Some(Seat { room, at }) = seat else {
            return false;
        };
        room.leave(at);
        self.hub.changed(&room);
        true
    }

    /// It has another place in a room.
    pub(crate) fn moved(&self, room: &Rc<Room>, to: usize) {
        let mut seats = self.seats.borrow_mut();
        if let Some(seat) = seats.iter_mut().find(|seat| Rc::ptr_eq(&seat.room, room)) {
            seat.at = to;
        }
    }

    /// Is this message to rooms one that it has not seen? Now it has.
    pub(crate) fn is_new_in(&self, round: u64) -> bool {
        self.round.replace(round) != round
    }

    pub(crate) fn is_fresh(&self, fresh: bool) {
        self.is_fresh.set(fresh);
    }

    /// Sends a message to this client; false where it is gone, or too slow.
    pub fn send(self: &Rc<Self>, opcode: Opcode, payload: &[u8]) -> bool {
        if !self.is_open() {
            return false;
        }
        add(&self.hub.counts.sent, 1);
        let is_first = !self.is_blocked.get() && self.queue.borrow().is_empty();
        if is_first && self.window.is_none() {
            return self.append(|out| encode::frame(out, opcode, encode::FIN, None, payload));
        }
        match self.offer(&Frame::new(opcode, payload, 0)) {
            Offer::Waits => true,
            Offer::Urgent => {
                self.flush();
                self.is_open()
            }
            Offer::Full => {
                self.too_slow();
                false
            }
            Offer::Gone => false,
        }
    }

    fn append(&self, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let (Some(server), Some(connection)) = (self.server.upgrade(), self.connection.upgrade())
        else {
            return false;
        };
        let is_sent = server.append(&connection, write);
        self.is_blocked.set(connection.queued() > 0);
        is_sent
    }

    /// Puts a message into the queue.
    pub(crate) fn offer(&self, frame: &Frame) -> Offer {
        if !self.is_open() {
            return Offer::Gone;
        }
        let bytes = frame.for_window(self.window);
        let mut queue = self.queue.borrow_mut();
        if self.is_blocked.get() {
            let terms = &self.terms;
            return match queue.put(bytes, frame.group(), terms.queue, terms.slow) {
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
        if !self.is_fresh.replace(true)
            && let Some(me) = self.me.upgrade()
        {
            self.hub.later(Member::Socket(me));
        }
        Offer::Waits
    }

    /// Gives what waits to a mailing; false where it is to be [written](Self::flush) by itself.
    pub(crate) fn post(&self, mailing: &mut Mailing) -> bool {
        let waits = self.queue.borrow().bytes();
        if self.is_blocked.get() || self.status.get() != Status::Active || waits > PIECE {
            return false;
        }
        let (Some(server), Some(connection)) = (self.server.upgrade(), self.connection.upgrade())
        else {
            return false;
        };
        let Some(bytes) = self.queue.borrow_mut().take_all() else {
            // It was written already.
            return true;
        };
        if mailing.add(&server, &connection, &bytes) {
            return true;
        }
        self.queue.borrow_mut().add(bytes, 0);
        false
    }

    /// A mailing was sent that had something of it.
    pub(crate) fn posted(&self) {
        if let Some(connection) = self.connection.upgrade() {
            self.is_blocked.set(connection.queued() > 0);
        }
    }

    /// Writes what waits, as far as the client takes it.
    pub(crate) fn flush(&self) {
        while !self.is_blocked.get() && self.status.get() != Status::Over {
            let some = self.queue.borrow_mut().take_some(PIECE);
            if some.is_empty() {
                break;
            }
            let write = |out: &mut Vec<u8>| some.iter().for_each(|b| out.extend_from_slice(b));
            if !self.append(write) {
                self.queue.borrow_mut().clear();
                return;
            }
        }
        if self.status.get() == Status::Closing && self.queue.borrow().is_empty() {
            self.status.set(Status::Over);
            if let (Some(server), Some(connection)) =
                (self.server.upgrade(), self.connection.upgrade())
            {
                server.close_lingering(&connection);
            }
            return;
        }
        // What was too much for one piece, and then for the socket.
        let room = self.terms.queue.max(PIECE);
        let mut dropped = 0;
        while self.status.get() == Status::Active && self.queue.borrow().bytes() > room {
            dropped += usize::from(self.queue.borrow_mut().take().is_some());
        }
        add(&self.hub.counts.dropped, dropped);
    }

    /// Says good-bye behind what waits, then closes. The first code holds.
    pub fn close(&self, code: u16, reason: &[u8]) {
        if !self.is_open() {
            return;
        }
        self.status.set(Status::Closing);
        let mut bytes = Vec::new();
        encode::close(&mut bytes, None, code, reason);
        self.end
            .borrow_mut()
            .get_or_insert_with(|| (code, reason.into()));
        self.queue.borrow_mut().add(bytes.into(), 0);
        self.flush();
    }

    /// The client does not take what it is sent.
    pub(crate) fn too_slow(&self) {
        let dropped = self.queue.borrow_mut().clear();
        add(&self.hub.counts.dropped, dropped + 1);
        add(&self.hub.counts.closed, 1);
        self.close(TRY_LATER, b"the client takes too little");
    }

    /// What is to be done next. `None`: nothing, until [`Events::wake`] is called again.
    pub fn next(&self) -> Option<Task> {
        let message = self.inbox.borrow_mut().pop_front();
        if let Some(message) = message {
            let left = self.inbox_bytes.get() - message.payload.len();
            self.inbox_bytes.set(left);
            if self.is_held.get()
                && left <= INBOX_BYTES / 2
                && self.inbox.borrow().len() <= INBOX_COUNT / 2
            {
                self.is_held.set(false);
                if let (Some(server), Some(connection)) =
                    (self.server.upgrade(), self.connection.upgrade())
                {
                    server.resume_reading(&connection);
                }
            }
            return Some(Task::Message(message));
        }
        self.inbox.take();
        if self.is_closed.get() {
            // Stays busy: nothing comes behind it.
            let end = self.end.take();
            let (code, reason) = end.unwrap_or((close::ABNORMAL, Box::default()));
            return match self.is_told.replace(true) {
                true => None,
                false => Some(Task::Closed(code, reason)),
            };
        }
        self.is_busy.set(false);
        None
    }

    fn wake(&self) {
        if !self.is_busy.replace(true)
            && let Some(me) = self.me.upgrade()
        {
            self.events.wake(&me);
        }
    }

    /// One frame of what came.
    fn feed(decoder: &mut Decoder, bytes: &mut [u8]) -> Step {
        match decoder.feed(bytes) {
            Err(error) => Step::Failed(error),
            Ok(step) => match step.frame {
                None => Step::Used(step.used),
                Some(frame) => Step::Taken(step.used, frame.opcode, frame.payload.to_vec()),
            },
        }
    }

    fn take(&self, opcode: Opcode, payload: Vec<u8>, connection: &Rc<Connection>) {
        match opcode {
            // One that does not read gets no more answers than fit.
            Opcode::Ping if !self.is_blocked.get() => {
                self.append(|out| {
                    encode::frame(out, Opcode::Pong, encode::FIN, None, &payload);
                });
            }
            Opcode::Close => {
                let status = self.status.replace(Status::Over);
                let said = close::split(&payload).ok().flatten();
                let (code, reason) = said.unwrap_or((close::NO_STATUS, b""));
                self.end
                    .borrow_mut()
                    .get_or_insert_with(|| (code, reason.into()));
                self.queue.borrow_mut().clear();
                if status == Status::Active {
                    self.append(|out| {
                        encode::frame(out, Opcode::Close, encode::FIN, None, &payload);
                    });
                }
                if let Some(server) = self.server.upgrade() {
                    server.close_gently(connection);
                }
            }
            Opcode::Text | Opcode::Binary if self.status.get() == Status::Active => {
                add(&self.hub.counts.received, 1);
                let bytes = self.inbox_bytes.get() + payload.len();
                self.inbox_bytes.set(bytes);
                let mut inbox = self.inbox.borrow_mut();
                inbox.push_back(Message {
                    is_binary: opcode == Opcode::Binary,
                    payload,
                });
                self.is_held
                    .set(bytes > INBOX_BYTES || inbox.len() > INBOX_COUNT);
                drop(inbox);
                self.wake();
            }
            _ => {}
        }
    }

    fn fail(&self, connection: &Rc<Connection>, error: highper_websocket::Error) {
        let status = self.status.replace(Status::Over);
        let reason = error.to_string();
        let code = error.close_code();
        self.end
            .borrow_mut()
            .get_or_insert_with(|| (code, reason.as_bytes().into()));
        self.queue.borrow_mut().clear();
        if status == Status::Active {
            self.append(|out| encode::close(out, None, code, reason.as_bytes()));
        }
        if let Some(server) = self.server.upgrade() {
            server.close_lingering(connection);
        }
    }

    /// Once a second: is the client there?
    fn ask(&self, connection: &Rc<Connection>, now: u64) {
        let silent = now.saturating_sub(self.heard.get());
        if silent > IDLE
            && !self.is_busy.get()
            && !self.is_idle.replace(true)
            && let Some(me) = self.me.upgrade()
        {
            self.events.idle(&me);
        }
        let Some(every) = self.terms.ping else {
            return;
        };
        if silent >= every * 2 && self.is_asked.get() {
            self.status.set(Status::Over);
            self.end
                .borrow_mut()
                .get_or_insert_with(|| (close::ABNORMAL, b"no answer to a ping"[..].into()));
            if let Some(server) = self.server.upgrade() {
                server.close(connection);
            }
        } else if silent >= every && !self.is_asked.replace(true) && !self.is_blocked.get() {
            self.append(|out| encode::frame(out, Opcode::Ping, encode::FIN, None, b""));
        }
    }
}

/// Nanoseconds of silence after which memory is given back.
const IDLE: u64 = 2_000_000_000;

enum Step {
    Used(usize),
    Taken(usize, Opcode, Vec<u8>),
    Failed(highper_websocket::Error),
}

impl Protocol for Socket {
    fn receive(&self, connection: &Rc<Connection>, bytes: &mut [u8]) -> usize {
        self.heard.set(reactor::coarse_now());
        self.is_asked.set(false);
        self.is_idle.set(false);
        let mut decoder = match self.decoder.take() {
            Some(begun) => *begun,
            None => self.terms.decoder(self.window.is_some()),
        };
        let mut at = 0;
        loop {
            if self.status.get() == Status::Over {
                return bytes.len();
            }
            match Self::feed(&mut decoder, &mut bytes[at..]) {
                Step::Used(used) => {
                    if decoder.is_within_message() {
                        self.decoder.replace(Some(Box::new(decoder)));
                    }
                    return at + used;
                }
                Step::Taken(used, opcode, payload) => {
                    at += used;
                    self.take(opcode, payload, connection);
                }
                Step::Failed(error) => {
                    self.fail(connection, error);
                    return bytes.len();
                }
            }
        }
    }

    fn holds_back(&self) -> bool {
        self.is_held.get()
    }

    fn drain(&self, _connection: &Rc<Connection>) {
        self.close(close::GOING_AWAY, b"the server ends");
    }

    fn drained(&self, _connection: &Rc<Connection>) {
        self.is_blocked.set(false);
        self.flush();
    }

    fn closed(&self, _connection: &Rc<Connection>) {
        self.status.set(Status::Over);
        if self.is_closed.replace(true) {
            return;
        }
        self.queue.borrow_mut().clear();
        self.hub.gone(self.id);
        for at in 0..self.seats.borrow().len() {
            let seat = {
                let seats = self.seats.borrow();
                seats.get(at).map(|seat| (Rc::clone(&seat.room), seat.at))
            };
            if let Some((room, place)) = seat {
                room.leave(place);
                self.hub.changed(&room);
            }
        }
        self.wake();
    }

    fn check(&self, connection: &Rc<Connection>, now: u64) -> bool {
        self.ask(connection, now);
        false
    }
}
