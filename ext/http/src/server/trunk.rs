//! A connection that speaks HTTP/2: each of its streams is a connection of its own to the rest of the service, whose
//! bytes, those of HTTP/1.1, become frames here.

mod answer;
mod blocks;
mod branch;
mod requests;
mod watch;

pub(crate) use branch::Branch;

use super::{Core, Server};
use crate::connection::{Connection, Link, Partial};
use crate::exchange::{Exchange, Progress};
use crate::stream::Stream;
use crate::upgrade::Protocol;
use blocks::Blocks;
use highper_engine::reactor;
use highper_http2::server::Event;
use highper_http2::{Code, Server as Codec};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

/// A request and its response.
struct Task {
    connection: Rc<Connection>,
    body: Incoming,
    writing: Writing,
    /// Fields behind the body, encoded.
    trailers: Option<Vec<u8>>,
    is_head: bool,
    /// When something last came of it, or went.
    since: u64,
    /// Bytes of the body that came.
    received: u64,
    /// Bytes of the body that its reader leaves for later.
    held: usize,
}

/// Where a request's body goes.
enum Incoming {
    Nothing,
    Collected(Box<Partial>),
    Read(Rc<Stream>),
}

/// What comes next of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    Head,
    Length(u64),
    Chunked,
    Over,
}

struct State {
    codec: Codec<Task>,
    blocks: Blocks,
    /// What the codec has to say besides responses.
    control: Vec<u8>,
    /// Pieces of bodies on their way.
    piece: Vec<u8>,
}

/// The connection as its streams see it.
pub(crate) struct Trunk {
    core: Weak<Core>,
    connection: Weak<Connection>,
    state: RefCell<State>,
    /// When a request last came or was answered.
    busy: Cell<u64>,
    me: Weak<Trunk>,
}

impl Trunk {
    fn new(core: &Core, connection: &Rc<Connection>, codec: Codec<Task>) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            core: core.me.clone(),
            connection: Rc::downgrade(connection),
            state: RefCell::new(State {
                codec,
                blocks: Blocks::default(),
                control: Vec::new(),
                piece: Vec::new(),
            }),
            busy: Cell::new(reactor::coarse_now()),
            me: Weak::clone(me),
        })
    }

    /// The connection of a stream.
    fn branch_off(&self, connection: &Rc<Connection>, id: u32) -> Rc<Connection> {
        let branch = Branch::new(self.me.clone(), Rc::downgrade(connection), id);
        Rc::new(Connection::new(
            Link::Branch(branch),
            usize::MAX,
            connection.serial,
            connection.listener,
            reactor::coarse_now(),
        ))
    }

    /// Sends what the codec has to say besides responses.
    fn flush_control(&self, core: &Core, connection: &Rc<Connection>) {
        let mut control = {
            let mut state = self.state.borrow_mut();
            if state.control.is_empty() {
                return;
            }
            std::mem::take(&mut state.control)
        };
        core.append(connection, |out| out.extend_from_slice(&control));
        control.clear();
        if control.capacity() <= 1024 {
            self.state.borrow_mut().control = control;
        }
    }

    /// A stream has ended before its response.
    fn lose(&self, core: &Core, task: Task) {
        let Task {
            connection, body, ..
        } = task;
        connection.close();
        connection.peer_closed.set(true);
        let exchange = connection.exchange.borrow_mut().take();
        if let Some(exchange) = exchange
            && exchange.progress() != Progress::Complete
        {
            core.lose_stream(&exchange);
            core.service.disconnected(&exchange);
        }
        drop(body);
    }

    /// No more streams come, and the last is over: so is the connection.
    fn close_if_over(&self, connection: &Rc<Connection>) {
        let over = {
            let state = self.state.borrow();
            state.codec.is_going_away() && state.codec.active() == 0
        };
        if over {
            connection.closing.set(true);
        }
    }

    /// Gives a stream up.
    fn reset(&self, id: u32, code: Code) {
        let (Some(core), Some(connection)) = (self.core.upgrade(), self.connection.upgrade())
        else {
            return;
        };
        let lost = {
            let mut state = self.state.borrow_mut();
            let State { codec, control, .. } = &mut *state;
            codec.reset(id, code, control)
        };
        self.close_if_over(&connection);
        self.flush_control(&core, &connection);
        if let Some(task) = lost {
            self.lose(&core, task);
        }
    }
}

impl Protocol for Trunk {
    fn receive(&self, connection: &Rc<Connection>, bytes: &mut [u8]) -> usize {
        let Some(core) = self.core.upgrade() else {
            return bytes.len();
        };
        let now = reactor::coarse_now();
        self.state.borrow_mut().codec.set_time(now);
        let mut at = 0;
        while connection.is_open() && !connection.closing.get() {
            let step = {
                let mut state = self.state.borrow_mut();
                let State { codec, control, .. } = &mut *state;
                codec.step(&bytes[at..], control)
            };
            at += step.used;
            self.flush_control(&core, connection);
            match step.event {
                Event::NeedMore => break,
                Event::Nothing => {}
                Event::Head {
                    stream,
                    end,
                    verdict,
                } => {
                    self.busy.set(now);
                    self.begin(&core, connection, stream, end, verdict);
                }
                Event::Data { stream, data, end } => {
                    self.busy.set(now);
                    self.data(&core, connection, stream, data, end);
                }
                Event::Reset { .. } => {
                    let lost = self.state.borrow_mut().codec.take_lost();
                    if let Some(task) = lost {
                        self.lose(&core, task);
                    }
                    self.close_if_over(connection);
                }
                Event::Room { stream: 0 } => self.pump_all(&core, connection),
                Event::Room { stream } => self.pump(&core, connection, stream),
                Event::GoAway => {
                    self.drain(connection);
                }
                Event::Error(_) => {
                    Server::of(&core).close_lingering(connection);
                    return bytes.len();
                }
            }
        }
        at
    }

    fn drain(&self, connection: &Rc<Connection>) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        {
            let mut state = self.state.borrow_mut();
            let State { codec, control, .. } = &mut *state;
            if !codec.is_going_away() {
                codec.go_away(Code::NO_ERROR, b"", control);
            }
        }
        self.flush_control(&core, connection);
        self.close_if_over(connection);
        if !connection.in_burst.get() {
            core.after_burst(connection);
        }
    }

    fn drained(&self, connection: &Rc<Connection>) {
        if let Some(core) = self.core.upgrade() {
            self.pump_all(&core, connection);
        }
    }

    fn closed(&self, _connection: &Rc<Connection>) {
        let Some(core) = self.core.upgrade() else {
            return;
        };
        loop {
            let lost = {
                let mut state = self.state.borrow_mut();
                let State { codec, control, .. } = &mut *state;
                let first = codec.all().map(|(id, _)| id).next();
                first.and_then(|id| codec.reset(id, Code::CANCEL, control))
            };
            match lost {
                Some(task) => self.lose(&core, task),
                None => break,
            }
        }
        self.state.borrow_mut().control = Vec::new();
    }

    fn exchanges(&self, all: &mut Vec<Rc<Exchange>>) {
        let state = self.state.borrow();
        all.extend(
            state
                .codec
                .all()
                .filter_map(|(_, task)| task.connection.exchange.borrow().clone()),
        );
    }

    fn check(&self, connection: &Rc<Connection>, now: u64) -> bool {
        if let Some(core) = self.core.upgrade() {
            self.watch(&core, connection, now);
        }
        true
    }
}
