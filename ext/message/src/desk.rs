//! Takes messages, and answers them.

use crate::reply::{Answer, Reply};
use crate::request::{addresses, request};
use crate::{Frames, Key, Place};
use highper_engine::scheduler;
use highper_http::Server;
use highper_net::Address;
use highper_net::framing::Malformed;
use highper_stream::{Connection, Datagrams, End, SendError, Server as Streams, Service};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};

/// Of messages that wait for their turn on a connection: with more of either nothing is read.
const INBOX_BYTES: usize = 64 * 1024;
const INBOX_COUNT: usize = 64;
/// Bytes of a datagram at most.
const DATAGRAM: usize = 65_507;

/// One port.
#[derive(Clone, Debug)]
pub struct Door {
    /// How messages are told apart, where it is a stream.
    pub frames: Frames,
    /// Where a message says what it is for.
    pub key: Key,
    /// What all paths begin with.
    pub prefix: String,
    /// Are those told what is wrong whose messages can't be answered?
    pub errors: bool,
    /// Bytes of an answer at most.
    pub limit: usize,
}

/// The application's side.
pub trait Guide {
    /// The key of a message to a port with [`Key::Asked`], and its body where that is not the whole message.
    ///
    /// # Errors
    /// What is wrong, for the client.
    fn key(&self, port: usize, message: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), String>;
    /// The server whose service answers.
    fn server(&self) -> Option<Server>;
    /// The streams that the messages come by.
    fn streams(&self) -> Option<Streams>;
    /// Something went wrong that an operator should read.
    fn trouble(&self, text: &str);
}

/// What waits on a connection.
#[derive(Default)]
struct Line {
    inbox: VecDeque<Box<[u8]>>,
    bytes: usize,
    is_busy: bool,
    is_held: bool,
}

/// Answers the messages of all ports.
pub struct Desk {
    me: Weak<Self>,
    doors: HashMap<usize, Door>,
    guide: Box<dyn Guide>,
    lines: RefCell<HashMap<u64, Line>>,
}

/// Whom an answer is for.
enum To {
    Stream(Rc<Connection>),
    Datagram(Rc<Datagrams>, Address),
}

impl Desk {
    /// For ports, by their numbers.
    #[must_use]
    pub fn new(doors: Vec<(usize, Door)>, guide: Box<dyn Guide>) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            doors: doors.into_iter().collect(),
            guide,
            lines: RefCell::default(),
        })
    }

    /// Has a message answered; `done` comes once, now or later.
    fn ask(&self, port: usize, message: &[u8], to: To) {
        let Some(door) = self.doors.get(&port) else {
            return;
        };
        let found;
        let (key, body) = match door.key.find(message) {
            Some(Ok((key, body))) => (key, body),
            Some(Err(wrong)) => return self.refuse(door, 400, &wrong.0, to),
            None => match self.guide.key(port, message) {
                Ok((key, body)) => {
                    found = body;
                    (key, found.as_deref().unwrap_or(message))
                }
                Err(why) => return self.refuse(door, 400, &why, to),
            },
        };
        let (method, peer, is_secure) = match &to {
            To::Stream(connection) => ("TCP", connection.peer(), connection.is_secure()),
            To::Datagram(_, from) => ("UDP", Some(from), false),
        };
        let place = Place {
            method,
            prefix: &door.prefix,
            key: &key,
        };
        let request = request(&place, body);
        let addresses = addresses(peer);
        let Some(server) = self.guide.server() else {
            return;
        };
        let me = Weak::clone(&self.me);
        let to = Rc::new(RefCell::new(Some(to)));
        let kept = Rc::clone(&to);
        let reply = Reply::new(door.limit, is_secure, move |answer| {
            if let (Some(me), Some(to)) = (me.upgrade(), kept.take()) {
                me.answered(port, answer, to);
            }
        });
        if !server.carry(&request, addresses, Rc::new(reply))
            && let Some(to) = to.take()
        {
            self.refuse(door, 503, "There is too much to do; try again later.", to);
        }
    }

    /// Says what is wrong with a message that nobody was asked for.
    fn refuse(&self, door: &Door, status: u16, why: &str, to: To) {
        let title = match status {
            503 => "Service Unavailable",
            500 => "Internal Server Error",
            _ => "Bad Request",
        };
        let problem = serde_json::json!({
            "type": "about:blank", "title": title, "status": status, "detail": why,
        });
        let answer = Answer {
            status,
            body: problem.to_string().into_bytes(),
        };
        self.send(door, answer, to);
    }

    fn answered(&self, port: usize, answer: Option<Answer>, to: To) {
        let Some(door) = self.doors.get(&port) else {
            return;
        };
        match answer {
            Some(answer) => self.send(door, answer, to),
            None => {
                // Also where the client has gone; then nobody is told.
                let why = format!(
                    "The answer was not completed, or has more than {} bytes.",
                    door.limit
                );
                self.refuse(door, 500, &why, to);
            }
        }
    }

    fn send(&self, door: &Door, answer: Answer, to: To) {
        let is_told = answer.status < 300 || answer.status >= 400 && door.errors;
        let says = is_told && answer.status != 204;
        match to {
            To::Stream(connection) => {
                if says {
                    self.write(door, &answer.body, &connection);
                }
                self.next(&connection);
            }
            To::Datagram(socket, from) => {
                if !says || answer.body.is_empty() {
                    return;
                }
                if answer.body.len() > DATAGRAM {
                    let text = format!(
                        "an answer of {} bytes fits into no datagram: {DATAGRAM} is the most",
                        answer.body.len()
                    );
                    return self.guide.trouble(&text);
                }
                // Datagrams may be lost: here as on their way.
                let _lost = socket.send(&from, &answer.body);
            }
        }
    }

    fn write(&self, door: &Door, body: &[u8], connection: &Rc<Connection>) {
        let Some(streams) = self.guide.streams() else {
            return;
        };
        let mut out = Vec::with_capacity(body.len() + 4);
        if let Err(why) = door.frames.close(body, &mut out) {
            self.guide.trouble(&why);
            let problem = serde_json::json!({
                "type": "about:blank", "title": "Internal Server Error", "status": 500,
            });
            if door
                .frames
                .close(problem.to_string().as_bytes(), &mut out)
                .is_err()
            {
                return;
            }
        }
        if streams.send(connection, &out) == Err(SendError::Full) {
            // It asks and does not read.
            streams.close(connection, true);
        }
    }

    /// A message is answered: the next one of its connection.
    fn next(&self, connection: &Rc<Connection>) {
        let session = connection.session();
        let (waits, resumes) = {
            let mut lines = self.lines.borrow_mut();
            let Some(line) = lines.get_mut(&session) else {
                return;
            };
            line.is_busy = false;
            let resumes = line.is_held
                && line.bytes <= INBOX_BYTES / 2
                && line.inbox.len() <= INBOX_COUNT / 2;
            line.is_held &= !resumes;
            (!line.inbox.is_empty(), resumes)
        };
        let Some(streams) = self.guide.streams() else {
            return;
        };
        if waits {
            let (me, connection) = (Weak::clone(&self.me), Rc::clone(connection));
            scheduler::defer_to_driver(move || {
                if let Some(me) = me.upgrade() {
                    me.take_up(&connection);
                }
            });
        } else {
            streams.release(connection);
        }
        if resumes {
            streams.resume(connection);
        }
    }

    /// Answers what waits longest, unless something is being answered.
    fn take_up(&self, connection: &Rc<Connection>) {
        let message = {
            let mut lines = self.lines.borrow_mut();
            let Some(line) = lines.get_mut(&connection.session()) else {
                return;
            };
            if line.is_busy {
                return;
            }
            let Some(message) = line.inbox.pop_front() else {
                return;
            };
            line.bytes -= message.len();
            line.is_busy = true;
            message
        };
        connection.hold();
        self.ask(
            connection.port(),
            &message,
            To::Stream(Rc::clone(connection)),
        );
    }
}

impl Service for Desk {
    fn connected(&self, connection: &Rc<Connection>) {
        self.lines
            .borrow_mut()
            .insert(connection.session(), Line::default());
    }

    fn received(&self, connection: &Rc<Connection>, packet: &[u8]) {
        let Some(door) = self.doors.get(&connection.port()) else {
            return;
        };
        let message = door.frames.open(packet);
        if message.is_empty() && door.frames == Frames::Line {
            return;
        }
        let is_first = {
            let mut lines = self.lines.borrow_mut();
            let Some(line) = lines.get_mut(&connection.session()) else {
                return;
            };
            if line.is_busy || !line.inbox.is_empty() {
                line.bytes += message.len();
                line.inbox.push_back(message.into());
                let is_full = line.bytes > INBOX_BYTES || line.inbox.len() >= INBOX_COUNT;
                if is_full && !line.is_held {
                    line.is_held = true;
                    if let Some(streams) = self.guide.streams() {
                        streams.pause(connection);
                    }
                }
                false
            } else {
                line.is_busy = true;
                true
            }
        };
        if is_first {
            connection.hold();
            self.ask(
                connection.port(),
                message,
                To::Stream(Rc::clone(connection)),
            );
        }
    }

    fn closed(&self, connection: &Rc<Connection>, _end: End) {
        let mut lines = self.lines.borrow_mut();
        lines.remove(&connection.session());
        if lines.len() < lines.capacity() / 8 {
            lines.shrink_to_fit();
        }
    }

    fn packet(&self, port: &Rc<Datagrams>, from: &Address, packet: &[u8]) {
        self.ask(
            port.port(),
            packet,
            To::Datagram(Rc::clone(port), from.clone()),
        );
    }

    fn length(&self, _connection: &Rc<Connection>, _bytes: &[u8]) -> i64 {
        -1
    }

    fn malformed(&self, connection: &Rc<Connection>, why: Malformed) {
        let Some(door) = self
            .doors
            .get(&connection.port())
            .filter(|door| door.errors)
        else {
            return;
        };
        let why = match why {
            Malformed::TooLong(_) | Malformed::NoMark => "The message is too long.",
            Malformed::NoLength | Malformed::Request(_) => "The message has no valid length.",
        };
        let problem = serde_json::json!({
            "type": "about:blank", "title": "Bad Request", "status": 400, "detail": why,
        });
        self.write(door, problem.to_string().as_bytes(), connection);
    }

    fn trouble(&self, message: &str) {
        self.guide.trouble(message);
    }
}
