//! What is published in channels.

use crate::error::Kind;
use crate::line::Line;
use crate::node::Node;
use crate::{Command, Error, Part, Reply};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// What somebody has published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The channel.
    pub channel: Vec<u8>,
    /// The pattern that it fits, where a pattern was asked for.
    pub pattern: Option<Vec<u8>>,
    /// What was published.
    pub payload: Vec<u8>,
}

/// Channels and patterns that are listened to, on a connection of their own.
pub struct Subscription {
    node: Rc<Node>,
    line: Rc<Line>,
    channels: RefCell<BTreeSet<Vec<u8>>>,
    patterns: RefCell<BTreeSet<Vec<u8>>>,
    ready: RefCell<VecDeque<Message>>,
    is_reading: Cell<bool>,
    is_closed: Cell<bool>,
}

/// What the server has said.
enum Said {
    Message(Message),
    /// A channel or a pattern is listened to now, or not any more.
    Noted,
}

fn understand(reply: &Reply) -> Result<Said, Error> {
    if let Some(text) = reply.error() {
        return Err(Error::of_server(text));
    }
    let mut walk = reply.walk();
    walk.next();
    let mut text = || match walk.next() {
        Some(Part::Text(text) | Part::Status(text)) => text.to_vec(),
        _ => Vec::new(),
    };
    let kind = text();
    Ok(match &*kind {
        b"message" | b"smessage" => Said::Message(Message {
            channel: text(),
            pattern: None,
            payload: text(),
        }),
        b"pmessage" => {
            let pattern = Some(text());
            Said::Message(Message {
                channel: text(),
                pattern,
                payload: text(),
            })
        }
        _ => Said::Noted,
    })
}

fn command(name: &str, names: &[Vec<u8>]) -> Command {
    let mut command = Command::new(name);
    names.iter().for_each(|name| {
        command.push(name);
    });
    command
}

impl Subscription {
    pub(crate) fn new(
        node: Rc<Node>,
        channels: &[Vec<u8>],
        patterns: &[Vec<u8>],
        deadline: Option<u64>,
    ) -> Result<Self, Error> {
        if channels.is_empty() && patterns.is_empty() {
            return Err(Error::usage("subscribe() needs a channel or a pattern"));
        }
        let line = node.connect(deadline)?;
        let this = Self {
            node,
            line,
            channels: RefCell::default(),
            patterns: RefCell::default(),
            ready: RefCell::default(),
            is_reading: Cell::new(false),
            is_closed: Cell::new(false),
        };
        this.add(channels, patterns, deadline)?;
        // Only when the server has noted all of them does nothing get lost.
        let mut left = channels.len() + patterns.len();
        while left > 0 {
            match this.hear(deadline)? {
                Said::Noted => left -= 1,
                Said::Message(message) => this.ready.borrow_mut().push_back(message),
            }
        }
        Ok(this)
    }

    fn hear(&self, deadline: Option<u64>) -> Result<Said, Error> {
        let reply = self.line.next(deadline);
        reply
            .and_then(|reply| understand(&reply))
            .map_err(|error| match error.kind {
                Kind::Connection => self.node.named(error),
                _ => error,
            })
    }

    fn say(&self, commands: &[Option<Command>], deadline: Option<u64>) -> Result<(), Error> {
        if self.is_closed.get() {
            return Err(Error::usage("this subscription was closed"));
        }
        let commands: Vec<&Command> = commands.iter().flatten().collect();
        self.line.say(&commands, deadline)
    }

    /// Listens to more channels and patterns.
    ///
    /// # Errors
    /// That the server can't be told.
    pub fn add(
        &self,
        channels: &[Vec<u8>],
        patterns: &[Vec<u8>],
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        self.channels.borrow_mut().extend(channels.iter().cloned());
        self.patterns.borrow_mut().extend(patterns.iter().cloned());
        self.say(
            &[
                (!channels.is_empty()).then(|| command("SUBSCRIBE", channels)),
                (!patterns.is_empty()).then(|| command("PSUBSCRIBE", patterns)),
            ],
            deadline,
        )
    }

    /// Listens to some no more.
    ///
    /// # Errors
    /// That the server can't be told.
    pub fn remove(
        &self,
        channels: &[Vec<u8>],
        patterns: &[Vec<u8>],
        deadline: Option<u64>,
    ) -> Result<(), Error> {
        channels.iter().for_each(|name| {
            self.channels.borrow_mut().remove(name);
        });
        patterns.iter().for_each(|name| {
            self.patterns.borrow_mut().remove(name);
        });
        self.say(
            &[
                (!channels.is_empty()).then(|| command("UNSUBSCRIBE", channels)),
                (!patterns.is_empty()).then(|| command("PUNSUBSCRIBE", patterns)),
            ],
            deadline,
        )
    }

    /// Is nothing listened to?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.channels.borrow().is_empty() && self.patterns.borrow().is_empty()
    }

    /// What is published next; `None` when it was closed, or nothing is listened to any more.
    ///
    /// # Errors
    /// That the connection was lost: what was published since then is lost, too. That another coroutine reads.
    pub fn next(&self, deadline: Option<u64>) -> Result<Option<Message>, Error> {
        if self.is_reading.replace(true) {
            return Err(Error::usage(
                "another coroutine reads this subscription already",
            ));
        }
        let done = self.next_alone(deadline);
        self.is_reading.set(false);
        done
    }

    fn next_alone(&self, deadline: Option<u64>) -> Result<Option<Message>, Error> {
        loop {
            let ready = self.ready.borrow_mut().pop_front();
            if ready.is_some() {
                return Ok(ready);
            }
            if self.is_closed.get() || self.is_empty() {
                return Ok(None);
            }
            match self.hear(deadline) {
                Ok(Said::Message(message)) => return Ok(Some(message)),
                Ok(Said::Noted) => {}
                Err(_) if self.is_closed.get() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends it; who reads gets nothing more.
    pub fn close(&self) {
        if !self.is_closed.replace(true) {
            self.line.end(Error::usage("this subscription was closed"));
        }
    }
}
