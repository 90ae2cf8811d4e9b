//! All sockets of a worker, and their rooms.

use crate::member::Member;
use crate::room::Room;
use crate::socket::Offer;
use crate::{Frame, Listener, Socket, Target};
use highper_engine::{clock, scheduler};
use highper_http::Exchange;
use highper_http::server::Mailing;
use highper_websocket::Opcode;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// What was counted in this worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Connections that are open.
    pub open: u64,
    /// Streams of events that are open.
    pub listening: u64,
    /// Messages that clients have sent.
    pub received: u64,
    /// Messages to clients, one for each.
    pub sent: u64,
    /// Messages that were left out because a client was too slow.
    pub dropped: u64,
    /// Connections that were closed because of that.
    pub closed: u64,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) received: Cell<u64>,
    pub(crate) sent: Cell<u64>,
    pub(crate) dropped: Cell<u64>,
    pub(crate) closed: Cell<u64>,
}

/// How often it is looked who has heard nothing for long: nanoseconds.
const BEAT: u64 = 1_000_000_000;

/// From how many clients on what they get goes out together.
const MANY: usize = 16;

/// Sends what these sockets have given to a mailing.
fn send(mailing: &mut Mailing, posted: &mut Vec<Rc<Socket>>) {
    mailing.send();
    posted.drain(..).for_each(|socket| socket.posted());
}

/// Adds to a count.
pub(crate) fn add(count: &Cell<u64>, by: usize) {
    count.set(count.get() + by as u64);
}

/// Is told when the number of members changes that a room has here.
type Told = Box<dyn Fn(&[u8], usize)>;

/// All sockets of a worker, and their rooms.
pub struct Hub {
    me: Weak<Self>,
    sockets: RefCell<HashMap<u64, Rc<Socket>>>,
    /// Streams of events, by their responses.
    listeners: RefCell<HashMap<usize, Rc<Listener>>>,
    is_beating: Cell<bool>,
    rooms: RefCell<HashMap<Box<[u8]>, Rc<Room>>>,
    told: Told,
    /// What this turn of the loop has given something to send.
    fresh: RefCell<Vec<Member>>,
    is_due: Cell<bool>,
    /// The number of the last room, and of the last message to rooms.
    rooms_made: Cell<u64>,
    round: Cell<u64>,
    pub(crate) counts: Counts,
}

impl Hub {
    /// One that has no sockets. `told` gets a room's name and the number of its members here whenever that changes.
    #[must_use]
    pub fn new(told: impl Fn(&[u8], usize) + 'static) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            sockets: RefCell::default(),
            listeners: RefCell::default(),
            is_beating: Cell::new(false),
            rooms: RefCell::default(),
            told: Box::new(told),
            fresh: RefCell::default(),
            is_due: Cell::new(false),
            rooms_made: Cell::new(0),
            round: Cell::new(0),
            counts: Counts::default(),
        })
    }

    /// What was counted.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            open: self.sockets.borrow().len() as u64,
            listening: self.listeners.borrow().len() as u64,
            received: self.counts.received.get(),
            sent: self.counts.sent.get(),
            dropped: self.counts.dropped.get(),
            closed: self.counts.closed.get(),
        }
    }

    /// An open socket by its number.
    #[must_use]
    pub fn socket(&self, id: u64) -> Option<Rc<Socket>> {
        self.sockets.borrow().get(&id).cloned()
    }

    /// How many members a room has here.
    #[must_use]
    pub fn members(&self, room: &[u8]) -> usize {
        self.rooms.borrow().get(room).map_or(0, |room| room.len())
    }

    pub(crate) fn enter(&self, socket: &Rc<Socket>) {
        self.sockets
            .borrow_mut()
            .insert(socket.id(), Rc::clone(socket));
    }

    pub(crate) fn gone(&self, id: u64) {
        let gone = {
            let mut sockets = self.sockets.borrow_mut();
            let gone = sockets.remove(&id);
            if sockets.len() < sockets.capacity() / 8 {
                sockets.shrink_to_fit();
            }
            gone
        };
        drop(gone);
    }

    /// The room of a name, made where there is none.
    pub(crate) fn room(&self, name: &[u8]) -> Rc<Room> {
        let mut rooms = self.rooms.borrow_mut();
        if let Some(room) = rooms.get(name) {
            return Rc::clone(room);
        }
        let number = self.rooms_made.get() + 1;
        self.rooms_made.set(number);
        let room = Rc::new(Room::new(name, number));
        rooms.insert(name.into(), Rc::clone(&room));
        room
    }

    /// The number of a room's members has changed.
    pub(crate) fn changed(&self, room: &Room) {
        let count = room.len();
        if count == 0 {
            let gone = self.rooms.borrow_mut().remove(&room.name);
            drop(gone);
        }
        (self.told)(&room.name, count);
    }

    /// Sends a message to all sockets here that it is for; how many these are. None of them is written to before the
    /// turn of the loop is over, unless a lot waits already.
    pub fn deliver(&self, target: &Target, opcode: Opcode, payload: &[u8]) -> usize {
        let rooms: Vec<Rc<Room>> = {
            let known = self.rooms.borrow();
            let named = target.rooms.iter().filter_map(|name| known.get(name));
            named.map(Rc::clone).collect()
        };
        if rooms.is_empty() && !target.everyone {
            return 0;
        }
        let round = self.round.get() + 1;
        self.round.set(round);
        for id in &target.except {
            if let Some(socket) = self.sockets.borrow().get(id) {
                socket.is_new_in(round);
            }
        }
        let group = rooms.first().map_or(0, |room| room.number);
        let frame = Frame::new(opcode, payload, group);
        let mut count = 0;
        let mut urgent = Vec::new();
        let mut one = |member: &Member| {
            if !member.is_new_in(round) {
                return;
            }
            match member.offer(&frame) {
                Offer::Gone => return,
                Offer::Waits => {}
                offer => urgent.push((member.clone(), offer)),
            }
            count += 1;
        };
        if target.everyone {
            for socket in self.sockets.borrow().values() {
                one(&Member::Socket(Rc::clone(socket)));
            }
            for listener in self.listeners.borrow().values() {
                one(&Member::Listener(Rc::clone(listener)));
            }
        } else {
            for room in &rooms {
                room.members.borrow().iter().for_each(&mut one);
            }
        }
        add(&self.counts.sent, count);
        for (member, offer) in urgent {
            match offer {
                Offer::Full => member.too_slow(),
                _ => member.flush(),
            }
        }
        count
    }

    /// A socket has something to send at the end of the turn.
    pub(crate) fn later(&self, member: Member) {
        self.fresh.borrow_mut().push(member);
        if !self.is_due.replace(true) {
            let me = Weak::clone(&self.me);
            scheduler::defer_to_driver(move || {
                if let Some(me) = me.upgrade() {
                    me.flush();
                }
            });
        }
    }

    pub(crate) fn listens(&self, listener: &Rc<Listener>) {
        self.listeners
            .borrow_mut()
            .insert(listener.key(), Rc::clone(listener));
        self.beat_later();
    }

    pub(crate) fn hears_no_more(&self, key: usize) {
        let gone = {
            let mut listeners = self.listeners.borrow_mut();
            let gone = listeners.remove(&key);
            if listeners.len() < listeners.capacity() / 8 {
                listeners.shrink_to_fit();
            }
            gone
        };
        drop(gone);
    }

    /// The client of a response is gone: it may have been a stream of events.
    pub fn lost(&self, exchange: &Rc<Exchange>) {
        let key = Rc::as_ptr(exchange) as usize;
        let found = self.listeners.borrow().get(&key).cloned();
        if let Some(listener) = found {
            listener.leave_all();
        }
    }

    /// Ends all streams of events, so that their clients connect again, to a worker that stays.
    pub fn end_listeners(&self) {
        for listener in self.all_listeners() {
            listener.end();
        }
    }

    fn all_listeners(&self) -> Vec<Rc<Listener>> {
        self.listeners.borrow().values().cloned().collect()
    }

    /// Looks once a second who has heard nothing for long, as long as somebody listens.
    fn beat_later(&self) {
        if self.is_beating.replace(true) {
            return;
        }
        let me = Weak::clone(&self.me);
        scheduler::at(clock::now() + BEAT, false, move || {
            if let Some(me) = me.upgrade() {
                me.beat();
            }
        });
    }

    fn beat(&self) {
        self.is_beating.set(false);
        let now = clock::now();
        for listener in self.all_listeners() {
            listener.beat(now);
        }
        if !self.listeners.borrow().is_empty() {
            self.beat_later();
        }
    }

    /// Lets go of all sockets, whose connections end with the process.
    pub fn clear(&self) {
        let sockets = self.sockets.take();
        for socket in sockets.values() {
            socket.set_guest(None);
        }
    }

    fn flush(&self) {
        self.is_due.set(false);
        let mut fresh = self.fresh.take();
        let is_many = fresh.len() >= MANY;
        let mut mailing = Mailing::default();
        let (mut posted, mut others) = (Vec::new(), Vec::new());
        for member in fresh.drain(..) {
            member.is_fresh(false);
            match member {
                Member::Socket(socket) if is_many && socket.post(&mut mailing) => {
                    posted.push(socket);
                    if mailing.is_full() {
                        send(&mut mailing, &mut posted);
                    }
                }
                // What it leads to must not come before what the mailing has.
                member => others.push(member),
            }
        }
        send(&mut mailing, &mut posted);
        others.iter().for_each(Member::flush);
        if fresh.capacity() <= 1 << 16 {
            let mut place = self.fresh.borrow_mut();
            if place.is_empty() {
                *place = fresh;
            }
        }
    }
}
