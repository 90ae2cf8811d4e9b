//! Keys that are watched.

use crate::client::{Client, executed, refused};
use crate::keys;
use crate::node::{Lease, Node};
use crate::{Command, Error, Part, Reply};
use std::rc::Rc;

/// Keys that are watched, on a connection of their own. Letting go of it ends that.
pub struct Watch {
    client: Rc<Client>,
    node: Rc<Node>,
    lease: Lease,
}

impl Watch {
    pub(crate) fn new(client: Rc<Client>, node: Rc<Node>, lease: Lease) -> Self {
        Self {
            client,
            node,
            lease,
        }
    }

    /// Runs commands with nobody else's in between, if nobody has changed the keys: the reply is the list of theirs, or
    /// nothing.
    ///
    /// # Errors
    /// As [`Client::transaction`].
    pub fn execute(self, commands: &[Command]) -> Result<Option<Reply>, Error> {
        for command in commands {
            if let Some(why) = keys::refusal(command) {
                return Err(refused(command, why));
            }
        }
        let (multi, exec) = (Command::new("MULTI"), Command::new("EXEC"));
        let mut all = vec![&multi];
        all.extend(commands);
        all.push(&exec);
        let done = self.lease.line.run(&all, self.client.deadline());
        let replies = done.map_err(|error| match error.kind {
            crate::error::Kind::Connection => self.node.named(error),
            _ => error,
        })?;
        self.lease.give_back();
        let reply = executed(replies)?;
        Ok(Some(reply).filter(|reply| reply.root() != Part::Null))
    }

    /// The keys need not be watched any more.
    pub fn end(self) {
        let unwatch = Command::new("UNWATCH");
        if self
            .lease
            .line
            .run(&[&unwatch], self.client.deadline())
            .is_ok()
        {
            self.lease.give_back();
        }
    }
}
