//! A worker whose connections another process has: what that one gives it, and what it says back.

use super::Worker;
use crate::post::Here;
use highper_engine::clock;
use highper_front::frame::{self, Frame, Kind, Open};
use highper_front::{Outbox, end_of};
use highper_http::{Addresses, Connection, Handed, Server, Standing, Wire};
use highper_process::post::{self, Address, Head, Message, Note, relay};
use highper_stream::{Event, Service, What};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

/// What is to be said waits no longer for more, even in the middle of a turn: nanoseconds.
const GATHERED: u64 = 300_000;
/// What a worker that ends has for its last words.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A connection whose input this worker takes apart.
struct Entry {
    server: Server,
    connection: Rc<Connection>,
    is_touched: Cell<bool>,
    /// Is its client slow?
    is_stopped: Cell<bool>,
    /// What the process in front was told.
    told: Cell<(Standing, u16)>,
    /// What was noted of it last, in case this process dies.
    noted: Cell<Note>,
    state_told: Cell<bool>,
}

/// The worker's side.
pub struct Relayed {
    here: Rc<Here>,
    worker: Weak<Worker>,
    front: usize,
    outbox: Rc<Outbox>,
    servers: RefCell<HashMap<usize, Server>>,
    streams: OnceCell<Rc<dyn Service>>,
    entries: RefCell<HashMap<u64, Rc<Entry>>>,
    touched: RefCell<Vec<u64>>,
    /// Connections that have output for which there was no room.
    blocked: RefCell<Vec<u64>>,
    /// Has this worker done what it may do before it is replaced?
    is_spent: Cell<bool>,
    /// The process in front that was last heard of.
    heard: Cell<i32>,
    /// Are there more frames of the message at hand?
    has_more: Cell<bool>,
    since: Cell<u64>,
    /// Are packets thrown away whose connection is gone?
    discards: bool,
    me: Weak<Self>,
}

impl Relayed {
    pub(super) fn new(
        here: &Rc<Here>,
        worker: &Rc<Worker>,
        front: usize,
        discards: bool,
    ) -> Rc<Self> {
        let mut head: Head = here.head(post::Kind::Relay);
        head.code = relay::FRAMES;
        head.number = -1;
        let relayed = Rc::new_cyclic(|me| Self {
            here: Rc::clone(here),
            worker: Rc::downgrade(worker),
            front,
            outbox: Outbox::new(here.post(), Address::Worker(front), head, false),
            servers: RefCell::default(),
            streams: OnceCell::new(),
            entries: RefCell::default(),
            touched: RefCell::default(),
            blocked: RefCell::default(),
            is_spent: Cell::new(false),
            heard: Cell::new(0),
            has_more: Cell::new(false),
            since: Cell::new(0),
            discards,
            me: Weak::clone(me),
        });
        let me = Weak::clone(&relayed.me);
        relayed.outbox.on_room(Rc::new(move || {
            if let Some(me) = me.upgrade() {
                me.room();
            }
        }));
        relayed
    }

    pub(super) fn add_server(&self, port: usize, server: Server) {
        self.servers.borrow_mut().insert(port, server);
    }

    pub(super) fn set_streams(&self, service: Rc<dyn Service>) {
        let _first = self.streams.set(service);
    }

    /// Says that this worker is there, or takes nothing new.
    pub(super) fn say(&self, code: u32) -> std::io::Result<()> {
        let mut head = self.here.head(post::Kind::Relay);
        head.code = code;
        head.number = -1;
        self.here.send(Address::Worker(self.front), head, b"")
    }

    /// Has the process in front do something with a connection.
    pub fn ask(&self, frame: &Frame<'_>) {
        self.outbox.put(frame);
        match self.has_more.get() {
            // Who asks may block next.
            false => {
                self.flush();
            }
            true => self.due(),
        }
    }

    /// Is the output of a stream full?
    #[must_use]
    pub fn is_over(&self, session: u64) -> bool {
        let sessions = self.here.post().sessions();
        sessions.progress(session).get().is_busy
    }

    /// A connection that this worker takes apart.
    #[must_use]
    pub fn find(&self, session: u64) -> Option<(Server, Rc<Connection>)> {
        let entry = self.entry(session)?;
        Some((entry.server.clone(), Rc::clone(&entry.connection)))
    }

    fn entry(&self, session: u64) -> Option<Rc<Entry>> {
        self.entries.borrow().get(&session).cloned()
    }

    /// Takes frames of the process in front.
    pub(super) fn take(&self, message: &Message) {
        if message.head.to != std::process::id() as i32 || message.head.code != relay::FRAMES {
            return;
        }
        let before = self.heard.replace(message.head.pid);
        if before != 0 && before != message.head.pid {
            self.lose_all();
        }
        let mut rest = &message.body[..];
        while let Some((frame, after)) = Frame::first(rest) {
            rest = after;
            self.has_more.set(!rest.is_empty());
            if frame.kind.is_event() {
                if !self.is_spent.get() {
                    self.event(&frame);
                    self.leave_rest();
                }
            } else {
                self.control(&frame);
            }
            let since = self.since.get();
            if since != 0 && clock::now().saturating_sub(since) > GATHERED {
                self.flush();
            }
        }
        self.has_more.set(false);
        self.count();
    }

    /// The process in front is another one: the connections of that before are gone.
    fn lose_all(&self) {
        let all = self.entries.take();
        for entry in all.into_values() {
            entry.server.ended(&entry.connection, true);
        }
        self.touched.borrow_mut().clear();
        self.blocked.borrow_mut().clear();
    }

    /// After the last event of `max_request` what is left is for the next worker.
    fn leave_rest(&self) {
        let spent = self
            .worker
            .upgrade()
            .is_some_and(|worker| worker.context().is_spent());
        if !spent || self.is_spent.replace(true) {
            return;
        }
        if let Err(error) = self.say(relay::SPENT) {
            // It goes on until it is told to end, then.
            self.is_spent.set(false);
            eprintln!("[warning] the process in front was not told of a worker's end: {error}");
        }
    }

    fn count(&self) {
        if let Some(lane) = self.here.post().lane(self.here.place()) {
            lane.set_coroutines(highper_engine::stats().live);
        }
    }

    fn event(&self, frame: &Frame<'_>) {
        let Some(lane) = self.here.post().lane(self.here.place()) else {
            return;
        };
        lane.begin();
        let sessions = self.here.post().sessions();
        let late = frame.kind == Kind::Receive
            && self.discards
            && (sessions.owner(frame.session).is_none() || sessions.is_closed(frame.session));
        if frame.kind == Kind::Close {
            sessions.set_closed(frame.session);
        }
        if late && let Some(service) = self.streams.get() {
            service.trouble(&format!(
                "Worker_discard_data() (ERRNO 1007): [2] ignore data[{} bytes] received from session#{}",
                frame.body.len(),
                frame.session
            ));
        }
        if let (Some(service), false) = (self.streams.get(), late) {
            let packet = match frame.kind {
                Kind::Packet => frame::read_packet(frame.body),
                _ => None,
            };
            let what = match frame.kind {
                Kind::Connect => Some(What::Connected),
                Kind::Receive => Some(What::Received(frame.body)),
                Kind::Close => Some(What::Closed(end_of(frame.flag))),
                Kind::Full => Some(What::Full),
                Kind::Empty => Some(What::Empty),
                _ => packet
                    .as_ref()
                    .map(|(from, bytes)| What::Packet(from, bytes)),
            };
            if let Some(what) = what {
                service.relayed(&Event {
                    session: frame.session,
                    port: usize::from(frame.port),
                    what,
                });
            }
        }
        if frame.kind == Kind::Close {
            sessions.close(frame.session);
            self.outbox.put(&Frame::new(Kind::Finish, frame.session));
            self.due();
        }
        lane.end();
    }

    fn control(&self, frame: &Frame<'_>) {
        let session = frame.session;
        if frame.kind == Kind::Open {
            return self.open(frame);
        }
        let Some(entry) = self.entry(session) else {
            return;
        };
        let (server, connection) = (&entry.server, &entry.connection);
        match frame.kind {
            Kind::Data => {
                self.touch(session, &entry);
                server.feed(connection, frame.body);
                self.due();
            }
            Kind::End => {
                server.ended(connection, false);
                self.touch(session, &entry);
                self.due();
            }
            Kind::Gone => {
                server.ended(connection, true);
                self.entries.borrow_mut().remove(&session);
            }
            Kind::Forget => {
                self.entries.borrow_mut().remove(&session);
                server.forget(connection);
            }
            Kind::Stop => entry.is_stopped.set(true),
            Kind::Go => {
                entry.is_stopped.set(false);
                server.room(connection);
            }
            Kind::Pass => self.passed(session, frame.body),
            _ => {}
        }
    }

    /// Something of another process.
    fn passed(&self, session: u64, body: &[u8]) {
        let (Some((code, bytes)), Some(worker)) =
            (body.split_first_chunk::<4>(), self.worker.upgrade())
        else {
            return;
        };
        let mut head = Head::new(post::Kind::Forward);
        head.code = u32::from_ne_bytes(*code);
        head.number = session as i64;
        if let Some(face) = worker.face.clone() {
            let body = bytes.to_vec();
            face.message(&worker, Message { head, body });
        }
    }

    fn open(&self, frame: &Frame<'_>) {
        let Some(open) = Open::read(frame.body) else {
            return;
        };
        let session = frame.session;
        let standing = Standing {
            taken: open.offset,
            is_busy: false,
        };
        if let Some(entry) = self.entry(session) {
            entry.server.seek(&entry.connection, open.offset);
            entry.told.set((standing, 0));
            entry.noted.set(Note {
                taken: open.offset,
                ..Note::default()
            });
            return;
        }
        let server = self.servers.borrow().get(&usize::from(frame.port)).cloned();
        let (Some(server), Some(me)) = (server, self.me.upgrade()) else {
            return;
        };
        let ip = |address: Option<SocketAddr>| {
            address
                .map(|address| address.ip().to_string())
                .unwrap_or_default()
        };
        let certificate = String::from_utf8_lossy(open.certificate).into_owned();
        let handed = Handed {
            session,
            listener: usize::from(frame.port),
            offset: open.offset,
            addresses: Addresses {
                peer: open.peer,
                local: open.local,
                peer_ip: ip(open.peer),
                local_ip: ip(open.local),
            },
            is_secure: frame.flag & frame::SECURE != 0,
            certificate: (!certificate.is_empty()).then_some(certificate),
            is_new: frame.flag & frame::NEW != 0,
            state: (!open.state.is_empty()).then_some(open.state),
        };
        let is_known = handed.state.is_some();
        let connection = server.hand_in(me, handed);
        if !connection.is_open() {
            return;
        }
        let entry = Entry {
            server,
            connection,
            is_touched: Cell::new(false),
            is_stopped: Cell::new(false),
            told: Cell::new((standing, 0)),
            noted: Cell::new(Note {
                taken: open.offset,
                ..Note::default()
            }),
            state_told: Cell::new(is_known),
        };
        self.entries.borrow_mut().insert(session, Rc::new(entry));
    }

    fn touch(&self, session: u64, entry: &Entry) {
        if !entry.is_touched.replace(true) {
            self.touched.borrow_mut().push(session);
        }
    }

    /// Something is to be said: soon, or at once where callbacks may block.
    fn due(&self) {
        if self.since.get() == 0 {
            self.since.set(clock::now());
        }
        let me = Weak::clone(&self.me);
        self.outbox.flush_soon(move || {
            if let Some(me) = me.upgrade() {
                me.flush();
            }
        });
    }

    /// Says what is to be said. True when all of it is sent.
    fn flush(&self) -> bool {
        self.since.set(0);
        let touched = self.touched.take();
        for session in touched {
            let Some(entry) = self.entry(session) else {
                continue;
            };
            entry.is_touched.set(false);
            if !entry.connection.is_open() {
                continue;
            }
            if entry.connection.is_upgraded()
                && !entry.state_told.get()
                && let Some(state) = entry.connection.protocol().and_then(|p| p.state())
            {
                entry.state_told.set(true);
                self.outbox
                    .put(&Frame::new(Kind::State, session).with(&state));
            }
            let standing = entry.server.standing(&entry.connection);
            let noted = entry.noted.get();
            let told = (standing, noted.number);
            if entry.told.replace(told) != told {
                let mut body = standing.taken.to_ne_bytes().to_vec();
                body.extend_from_slice(&noted.number.to_ne_bytes());
                let frame = Frame::new(Kind::Taken, session)
                    .flagged(u8::from(standing.is_busy))
                    .with(&body);
                self.outbox.put(&frame);
            }
        }
        self.count();
        self.outbox.flush()
    }

    /// There is room again.
    fn room(&self) {
        let blocked = self.blocked.take();
        for session in blocked {
            if let Some(entry) = self.entry(session) {
                entry.server.room(&entry.connection);
            }
        }
    }

    /// The last words of a worker whose loop is over.
    pub(super) fn finish(&self) {
        let end = Instant::now() + LAST_WORDS;
        while !self.flush() && Instant::now() < end {
            let address = Address::Worker(self.front);
            let wait = self
                .here
                .post()
                .wait_writable(address, Duration::from_millis(50));
            if wait.is_err() || !self.outbox.retry() {
                continue;
            }
        }
    }
}

impl Wire for Relayed {
    fn send(&self, session: u64, bytes: &[u8]) {
        self.outbox
            .put(&Frame::new(Kind::Send, session).with(bytes));
        if let Some(entry) = self.entry(session) {
            self.touch(session, &entry);
        }
        if !crate::callback::are_in_coroutines() && !self.has_more.get() {
            // Who sends may block next. What it means for the connection follows with the end of the turn.
            self.outbox.flush();
        }
        self.due();
    }

    fn is_full(&self, session: u64) -> bool {
        if self
            .entry(session)
            .is_some_and(|entry| entry.is_stopped.get())
        {
            return true;
        }
        let full = self.outbox.is_full();
        if full {
            self.blocked.borrow_mut().push(session);
        }
        full
    }

    fn shut(&self, session: u64) {
        self.outbox.put(&Frame::new(Kind::Shut, session));
        self.due();
    }

    fn close(&self, session: u64) {
        self.entries.borrow_mut().remove(&session);
        self.outbox.put(&Frame::new(Kind::Finish, session));
        self.due();
    }

    fn note(&self, session: u64, taken: u64, is_busy: bool) {
        let Some(entry) = self.entry(session) else {
            return;
        };
        // 0 is for who has begun nothing.
        let number = entry.noted.get().number.wrapping_add(1).max(1);
        let note = Note {
            taken,
            number,
            is_busy,
        };
        self.here.post().sessions().progress(session).set(note);
        entry.noted.set(note);
    }
}
