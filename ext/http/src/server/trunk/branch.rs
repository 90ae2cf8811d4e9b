//! One stream, as its connection has it.

use super::blocks;
use super::{State, Trunk, Writing};
use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::output::{Output, Sent};
use highper_http2::Code;
use std::rc::{Rc, Weak};

/// Where the bytes of a stream's connection go.
#[derive(Clone)]
pub(crate) struct Branch {
    trunk: Weak<Trunk>,
    connection: Weak<Connection>,
    id: u32,
}

impl Branch {
    pub(super) fn new(trunk: Weak<Trunk>, connection: Weak<Connection>, id: u32) -> Self {
        Self {
            trunk,
            connection,
            id,
        }
    }

    /// The connection that it is a stream of.
    pub(crate) fn trunk(&self) -> Option<Rc<Connection>> {
        self.connection.upgrade()
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Takes bytes of a response of HTTP/1.1.
    pub(crate) fn send(&self, own: &Connection, bytes: &[u8]) -> Sent {
        let (Some(trunk), Some(connection)) = (self.trunk.upgrade(), self.connection.upgrade())
        else {
            return Sent::Broken;
        };
        let Some(core) = trunk.core.upgrade() else {
            return Sent::Broken;
        };
        let there = core.append(&connection, |out| {
            trunk.answer(&connection, self.id, own, bytes, out);
        });
        match there {
            false => Sent::Broken,
            true if own.has_output() => Sent::Blocked,
            true => Sent::All,
        }
    }

    /// Queues something behind a head of HTTP/1.1.
    pub(crate) fn queue(
        &self,
        own: &Connection,
        head: &[u8],
        push: impl FnOnce(&mut Output),
    ) -> Sent {
        if !head.is_empty() && self.send(own, head) == Sent::Broken {
            return Sent::Broken;
        }
        let (Some(trunk), Some(connection)) = (self.trunk.upgrade(), self.connection.upgrade())
        else {
            return Sent::Broken;
        };
        let Some(core) = trunk.core.upgrade() else {
            return Sent::Broken;
        };
        {
            let mut state = trunk.state.borrow_mut();
            let Some(task) = state.codec.kept(self.id) else {
                return Sent::Broken;
            };
            let mut output = own.output.borrow_mut();
            let before = output.queued();
            push(&mut output);
            let pushed = output.queued() - before;
            if let Writing::Length(left) = task.writing {
                task.writing = match left.saturating_sub(pushed) {
                    0 => Writing::Over,
                    left => Writing::Length(left),
                };
            }
        }
        trunk.pump(&core, &connection, self.id);
        match own.has_output() {
            true => Sent::Blocked,
            false => Sent::All,
        }
    }

    /// The service is done with the request: what is not complete now never will be.
    pub(crate) fn over(&self) {
        let Some(trunk) = self.trunk.upgrade() else {
            return;
        };
        let complete = {
            let mut state = trunk.state.borrow_mut();
            let task = state.codec.kept(self.id);
            task.is_none_or(|task| task.writing == Writing::Over)
        };
        if !complete {
            trunk.reset(self.id, Code::INTERNAL_ERROR);
        }
    }

    /// Gives the stream up.
    pub(crate) fn reset(&self) {
        if let Some(trunk) = self.trunk.upgrade() {
            trunk.reset(self.id, Code::CANCEL);
        }
    }

    /// The reader of a body wants more of it, or none.
    pub(crate) fn read_on(&self) {
        let (Some(trunk), Some(connection)) = (self.trunk.upgrade(), self.connection.upgrade())
        else {
            return;
        };
        let Some(core) = trunk.core.upgrade() else {
            return;
        };
        {
            let mut state = trunk.state.borrow_mut();
            let State { codec, control, .. } = &mut *state;
            let Some(task) = codec.kept(self.id) else {
                return;
            };
            let held = std::mem::take(&mut task.held);
            codec.used(self.id, held, control);
        }
        trunk.flush_control(&core, &connection);
    }
}

impl Branch {
    /// Has the codec say something besides responses. False when the connection is gone.
    fn say(&self, what: impl FnOnce(&mut State)) -> bool {
        let (Some(trunk), Some(connection)) = (self.trunk.upgrade(), self.connection.upgrade())
        else {
            return false;
        };
        let Some(core) = trunk.core.upgrade() else {
            return false;
        };
        what(&mut trunk.state.borrow_mut());
        trunk.flush_control(&core, &connection);
        connection.is_open()
    }
}

impl Exchange {
    /// Has fields sent behind the body, whatever that is, where the client speaks HTTP/2 and the response has not begun:
    /// RFC 9113, section 8.1. False elsewhere.
    pub fn set_trailers(&self, trailers: &[(&[u8], &[u8])]) -> bool {
        let Some(branch) = self.connection.branch() else {
            return false;
        };
        let mut block = Vec::new();
        for (name, value) in trailers {
            blocks::encode_field(name, value, &mut block);
        }
        branch.say(|state| {
            if let Some(task) = state.codec.kept(branch.id) {
                task.trailers = (!block.is_empty()).then_some(block);
            }
        })
    }

    /// Asks the client for a sign of life, where it speaks HTTP/2. False elsewhere.
    pub fn ping(&self) -> bool {
        let branch = self.connection.branch();
        branch.is_some_and(|branch| branch.say(|State { codec, control, .. }| codec.ping(control)))
    }

    /// Tells a client that speaks HTTP/2 that its connection takes no more requests, and why. False elsewhere.
    pub fn go_away(&self, code: u32, why: &[u8]) -> bool {
        let branch = self.connection.branch();
        branch.is_some_and(|branch| {
            branch.say(|State { codec, control, .. }| {
                codec.go_away(Code(code), &why[..why.len().min(1024)], control);
            })
        })
    }
}
