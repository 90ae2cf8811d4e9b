//! Who has waited too long.

use super::{Incoming, State, Trunk};
use crate::connection::Connection;
use crate::exchange::Progress;
use crate::server::Core;
use highper_http2::Code;
use std::rc::Rc;
use std::time::Duration;

/// How long a connection that takes no more streams is open without one.
const LAST: Duration = Duration::from_secs(1);

/// What becomes of a stream.
enum Fate {
    /// Its body does not come.
    Late,
    /// Its response is not taken.
    Stuck,
    /// Its handler takes too long.
    Slow,
}

impl Trunk {
    /// Once a second.
    pub(super) fn watch(&self, core: &Core, connection: &Rc<Connection>, now: u64) {
        let settings = &core.settings;
        let over =
            |since: u64, limit: Duration| u128::from(now.saturating_sub(since)) >= limit.as_nanos();
        let (idle, leaving) = {
            let state = self.state.borrow();
            (state.codec.active() == 0, state.codec.is_going_away())
        };
        let limit = match leaving {
            true => LAST,
            false => settings.idle_timeout,
        };
        if idle && over(self.busy.get(), limit) {
            if leaving {
                return core.drop_connection(connection);
            }
            {
                let mut state = self.state.borrow_mut();
                let State { codec, control, .. } = &mut *state;
                codec.go_away(Code::NO_ERROR, b"", control);
            }
            self.busy.set(now);
            return self.flush_control(core, connection);
        }
        let fates: Vec<(Rc<Connection>, Fate)> = {
            let state = self.state.borrow();
            let fate = |task: &super::Task| {
                let waits = match &task.body {
                    Incoming::Nothing => false,
                    Incoming::Collected(_) => true,
                    Incoming::Read(stream) => !stream.is_over() && !stream.is_held(),
                };
                if waits && over(task.since, settings.body_timeout) {
                    return Some(Fate::Late);
                }
                if task.connection.has_output() && over(task.since, settings.write_timeout) {
                    return Some(Fate::Stuck);
                }
                let limit = settings.request_timeout?;
                let exchange = task.connection.exchange.borrow();
                let exchange = exchange.as_ref()?;
                let slow = exchange.progress() == Progress::Waiting
                    && over(exchange.request.started, limit);
                slow.then_some(Fate::Slow)
            };
            state
                .codec
                .all()
                .filter_map(|(_, task)| Some((Rc::clone(&task.connection), fate(task)?)))
                .collect()
        };
        for (own, fate) in fates {
            match fate {
                Fate::Late => self.refuse(
                    core,
                    connection,
                    &own,
                    408,
                    "The request's body did not arrive in time.",
                ),
                Fate::Stuck => self.reset(own.stream(), Code::CANCEL),
                Fate::Slow => core.give_up(&own),
            }
        }
    }
}
