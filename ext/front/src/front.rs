//! The process in front: what comes on its connections goes to workers, what these say goes out.

mod back;
mod backlog;
mod events;
mod routing;

pub use events::end_of;

use crate::dispatch::{Chooser, Load, Mode, Sender};
use crate::frame::{Frame, Kind, all};
use crate::lane::Lane;
use crate::route::Route;
use highper_engine::{clock, scheduler};
use highper_net::Address as Peer;
use highper_process::State;
use highper_process::post::{Address, Message, Post, relay};
use highper_stream::{Connection, Server, Service};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;

/// Between two looks at who lives, where nobody told of an end.
const LOOK: u64 = 100_000_000;
/// Bytes for a worker that is not there at which clients wait.
const PARKED: usize = 2 << 20;

/// What a program says of an event, to have it where it wants.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The connection's number; for a datagram what Swoole makes of the sender.
    pub number: u64,
    /// What has happened.
    pub kind: Kind,
    /// The packet, or nothing.
    pub bytes: &'a [u8],
}

/// A program's answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// The worker with this id.
    Worker(usize),
    /// Nobody: what came is thrown away.
    Nobody,
    /// The connection is to be closed.
    Close,
    /// By the mode.
    Fall,
}

/// What a front is made of.
pub struct Setup {
    /// The mailboxes.
    pub post: Arc<Post>,
    /// The slot of this process.
    pub place: u32,
    /// How workers are chosen.
    pub mode: Mode,
    /// Are the beginning and end of connections told of, whatever the mode?
    pub unsafe_events: bool,
    /// By the ports' places: do workers take the input apart, as that of HTTP?
    pub whole: Vec<bool>,
    /// By the ports' places: is the beginning of a connection told of? Where not, its worker is chosen when something comes.
    pub greets: Vec<bool>,
    /// Who knows lengths of packets, and hears of what is wrong.
    pub service: Rc<dyn Service>,
    /// Chooses workers, where a program does that.
    pub chooser: Option<Chosen>,
    /// Takes messages that are not for the front.
    pub others: Box<dyn Fn(Message)>,
}

/// A program that chooses workers.
pub type Chosen = Box<dyn Fn(&Asked<'_>) -> Said>;

/// The front.
pub struct Front {
    setup: Setup,
    workers: usize,
    chooser: Chooser,
    server: OnceCell<Server>,
    lanes: RefCell<Vec<Rc<Lane>>>,
    routes: RefCell<HashMap<u64, Rc<Route>>>,
    /// Streams whose worker was chosen once for all.
    chosen: RefCell<HashMap<u64, usize>>,
    /// That of the newest worker.
    generation: Cell<u32>,
    /// Streams that are closed, and of whose end a worker has not heard yet.
    closing: RefCell<HashMap<u64, Rc<Connection>>>,
    /// By worker: events for which there is no process yet.
    parked: RefCell<Vec<Vec<u8>>>,
    /// Connections that are not read until there is one.
    held: RefCell<Vec<(usize, u64)>>,
    /// Packets for whoever is idle next, with their connections, which are not read meanwhile.
    backlog: RefCell<VecDeque<(u64, Vec<u8>)>>,
    /// Is looked for idle workers by the clock?
    is_looking: Cell<bool>,
    me: Weak<Self>,
}

impl Front {
    /// Makes one; [`Front::serve`] comes next.
    #[must_use]
    pub fn new(setup: Setup) -> Rc<Self> {
        let workers = setup.post.workers();
        Rc::new_cyclic(|me| Self {
            workers,
            chooser: Chooser::new(setup.mode),
            setup,
            server: OnceCell::new(),
            lanes: RefCell::default(),
            routes: RefCell::default(),
            chosen: RefCell::default(),
            generation: Cell::new(1),
            closing: RefCell::default(),
            parked: RefCell::new(vec![Vec::new(); workers]),
            held: RefCell::default(),
            backlog: RefCell::default(),
            is_looking: Cell::new(false),
            me: Weak::clone(me),
        })
    }

    /// Says whose service it is.
    pub fn serve(&self, server: Server) {
        let _first = self.server.set(server);
        // After another front, whose connections are gone, there are workers that have said hello to that one.
        for (place, slot) in self.setup.post.board().slots().iter().enumerate() {
            if slot.kind() == 0 && slot.pid() > 0 && slot.state() == State::Ready {
                self.greet(slot.id() as i32, place as u32, slot.pid());
            }
        }
        for lane in &*self.lanes.borrow() {
            lane.outbox.put(&Frame::new(Kind::Go, 0));
            lane.flush_soon();
        }
        self.look_later();
    }

    /// A stream that is closed, and of whose end a worker has not heard yet.
    #[must_use]
    pub fn closing(&self, session: u64) -> Option<Rc<Connection>> {
        self.closing.borrow().get(&session).cloned()
    }

    /// The worker that a connection was given to once for all, with [`Mode::LeastForConnection`].
    #[must_use]
    pub fn worker_of(&self, session: u64) -> Option<usize> {
        self.chosen.borrow().get(&session).copied()
    }

    /// Has a worker said something of the protocol that a connection speaks after HTTP?
    #[must_use]
    pub fn is_upgraded(&self, session: u64) -> bool {
        let routes = self.routes.borrow();
        routes
            .get(&session)
            .is_some_and(|route| !route.state.borrow().is_empty())
    }

    fn server(&self) -> &Server {
        self.server
            .get()
            .expect("a connection is there after its server")
    }

    /// Is nothing told of the beginning and end of connections?
    fn is_silent(&self) -> bool {
        !self.setup.mode.is_fixed() && !self.setup.unsafe_events
    }

    /// The process that takes what is for a worker.
    fn lane_of(&self, id: usize) -> Option<Rc<Lane>> {
        let lanes = self.lanes.borrow();
        lanes
            .iter()
            .find(|lane| lane.id == id && !lane.is_retiring.get())
            .cloned()
    }

    fn load(&self, id: usize) -> Load {
        match self.lane_of(id) {
            Some(lane) => {
                let load = lane.load();
                Load {
                    busy: 2 * load.busy,
                    ..load
                }
            }
            // One that comes soon has nothing to do, but who is there and has nothing to do either is asked first.
            None => Load {
                busy: 1,
                coroutines: u64::MAX / 2,
                moved: 0,
            },
        }
    }

    fn choose(&self, sender: Sender<'_>) -> usize {
        self.chooser
            .choose(self.workers, sender, |id| self.load(id))
    }

    fn choose_for(&self, connection: &Connection) -> usize {
        let session = connection.session();
        if self.setup.mode == Mode::LeastForConnection
            && let Some(id) = self.chosen.borrow().get(&session)
        {
            return *id;
        }
        let sender = Sender {
            descriptor: connection
                .descriptor()
                .and_then(|fd| u64::try_from(fd).ok())
                .unwrap_or(session),
            address: match self.setup.mode {
                Mode::Address => connection.peer(),
                _ => None,
            },
            user: self.setup.post.sessions().user(session),
        };
        let id = self.choose(sender);
        if self.setup.mode == Mode::LeastForConnection {
            self.chosen.borrow_mut().insert(session, id);
        }
        id
    }

    /// Asks the program that chooses, else the mode.
    fn place(&self, connection: &Connection, kind: Kind, bytes: &[u8]) -> Said {
        if let Some(chooser) = &self.setup.chooser {
            let said = chooser(&Asked {
                number: connection.session(),
                kind,
                bytes,
            });
            match said {
                Said::Fall => {}
                Said::Worker(id) if id >= self.workers => {
                    let text = format!("invalid target worker id[{id}]");
                    self.setup.service.trouble(&text);
                    return Said::Nobody;
                }
                said => return said,
            }
        }
        Said::Worker(self.choose_for(connection))
    }

    /// A worker for a datagram.
    fn place_datagram(&self, socket: u64, from: &Peer, bytes: &[u8]) -> Option<usize> {
        if let Some(chooser) = &self.setup.chooser {
            let asked = Asked {
                number: socket,
                kind: Kind::Packet,
                bytes,
            };
            match chooser(&asked) {
                Said::Fall => {}
                Said::Worker(id) => return (id < self.workers).then_some(id),
                Said::Nobody | Said::Close => return None,
            }
        }
        Some(self.choose(Sender {
            descriptor: socket,
            address: Some(from),
            user: 0,
        }))
    }

    /// Gives an event to a worker. True when its connection should wait with more.
    fn tell(&self, id: usize, frame: &Frame<'_>) -> bool {
        if let Some(lane) = self.lane_of(id) {
            lane.begins();
            lane.outbox.put(frame);
            lane.flush_soon();
            return lane.outbox.is_full();
        }
        let mut parked = self.parked.borrow_mut();
        let Some(own) = parked.get_mut(id) else {
            return false;
        };
        frame.write(own);
        own.len() > PARKED
    }

    /// A connection is not read until a worker has room.
    fn hold(&self, id: usize, connection: &Rc<Connection>) {
        self.server().pause(connection);
        match self.lane_of(id) {
            Some(lane) => lane.paused.borrow_mut().push(connection.session()),
            None => self.held.borrow_mut().push((id, connection.session())),
        }
    }

    fn resume_all(&self, sessions: Vec<u64>) {
        for session in sessions {
            if let Some(connection) = self.server().find(session) {
                self.server().resume(&connection);
            }
        }
    }

    /// Takes a message between the processes.
    pub fn take(&self, message: &Message) {
        let head = &message.head;
        match head.code {
            relay::FRAMES => {
                let lane = self.lane_at(head.place, head.pid);
                for frame in all(&message.body) {
                    self.said(lane.as_ref(), &frame);
                }
                self.work_off();
            }
            relay::HELLO => self.greet(head.from, head.place, head.pid),
            relay::SPENT => {
                if let Some(lane) = self.lane_at(head.place, head.pid) {
                    lane.is_retiring.set(true);
                    let left = lane.outbox.recall(lane.begun());
                    self.give_on(&lane, left);
                    self.retire(&lane);
                }
            }
            relay::RETIRE => {
                if let Some(lane) = self.lane_at(head.place, head.pid) {
                    self.retire(&lane);
                }
            }
            _ => self.look(),
        }
    }

    fn lane_at(&self, place: u32, pid: i32) -> Option<Rc<Lane>> {
        let lanes = self.lanes.borrow();
        lanes
            .iter()
            .find(|lane| lane.place == place && lane.pid == pid)
            .cloned()
    }

    /// A worker is there.
    fn greet(&self, id: i32, place: u32, pid: i32) {
        self.look();
        let Ok(id) = usize::try_from(id) else { return };
        if id >= self.workers || self.lane_at(place, pid).is_some() {
            return;
        }
        let lane = Lane::new(&self.setup.post, self.setup.place, id, place, pid);
        if lane.is_gone() {
            return;
        }
        let slot = self.setup.post.board().slots().get(place as usize);
        let generation = slot.map_or(0, |slot| slot.generation());
        if generation > self.generation.get() {
            // A reload.
            self.generation.set(generation);
            for problem in self.server().renew() {
                self.setup.service.trouble(&problem);
            }
        }
        let (me, own) = (self.me.clone(), Rc::downgrade(&lane));
        lane.outbox.on_room(Rc::new(move || {
            if let (Some(me), Some(lane)) = (me.upgrade(), own.upgrade()) {
                me.resume_all(lane.paused.take());
            }
        }));
        self.lanes.borrow_mut().push(Rc::clone(&lane));
        let parked = std::mem::take(&mut self.parked.borrow_mut()[id]);
        for frame in all(&parked) {
            lane.outbox.put(&frame);
        }
        lane.flush_soon();
        let mut mine = Vec::new();
        self.held.borrow_mut().retain(|(of, session)| {
            if *of == id {
                mine.push(*session);
            }
            *of != id
        });
        self.resume_all(mine);
        self.move_on();
    }

    /// A worker takes nothing new.
    fn retire(&self, lane: &Rc<Lane>) {
        lane.is_retiring.set(true);
        for (session, route) in self.all_routes() {
            if !route.is_current(lane) || route.is_at_rest() {
                self.take_back(session, &route, lane);
            }
        }
        lane.flush_soon();
        self.resume_all(lane.paused.take());
        self.move_on();
    }

    /// Looks who is gone.
    fn look(&self) {
        let gone: Vec<_> = {
            let lanes = self.lanes.borrow();
            lanes
                .iter()
                .filter(|lane| lane.is_gone())
                .cloned()
                .collect()
        };
        if gone.is_empty() {
            return;
        }
        self.lanes.borrow_mut().retain(|lane| !lane.is_gone());
        for lane in gone {
            self.lost(&lane);
        }
        self.move_on();
    }

    fn look_later(&self) {
        let me = self.me.clone();
        scheduler::at(clock::now() + LOOK, false, move || {
            let Some(me) = me.upgrade() else { return };
            if me.lanes.borrow().iter().any(|lane| lane.is_gone()) {
                // What it said before comes first.
                me.read_all();
                me.look();
            }
            let sessions = me.setup.post.sessions();
            me.closing
                .borrow_mut()
                .retain(|session, _| sessions.owner(*session).is_some());
            me.look_later();
        });
    }

    /// Reads what has come.
    fn read_all(&self) {
        let Some(front) = self.setup.post.front() else {
            return;
        };
        while let Ok(message) = self.setup.post.try_receive(Address::Worker(front)) {
            match message.head.kind {
                highper_process::post::Kind::Relay => self.take(&message),
                _ => (self.setup.others)(message),
            }
        }
    }

    /// A worker's process is gone.
    fn lost(&self, lane: &Rc<Lane>) {
        let left = lane.outbox.close(lane.begun());
        self.give_on(lane, left);
        self.lost_routes(lane);
    }

    /// Events that a process leaves go to another one of the same worker, before what waits for that.
    fn give_on(&self, lane: &Rc<Lane>, mut left: Vec<u8>) {
        {
            let mut parked = self.parked.borrow_mut();
            if let Some(own) = parked.get_mut(lane.id) {
                left.append(own);
            }
        }
        match self.lane_of(lane.id) {
            Some(other) => {
                for frame in all(&left) {
                    other.outbox.put(&frame);
                }
                other.flush_soon();
            }
            None => {
                if let Some(own) = self.parked.borrow_mut().get_mut(lane.id) {
                    *own = left;
                }
            }
        }
        let paused = lane.paused.take();
        match self.lane_of(lane.id) {
            Some(_) => self.resume_all(paused),
            None => {
                let mut held = self.held.borrow_mut();
                held.extend(paused.into_iter().map(|session| (lane.id, session)));
            }
        }
    }
}
