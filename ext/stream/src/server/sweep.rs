//! Who has waited too long: looked at once a second, so that a packet costs no timer.

use super::{Core, SWEEP_KEY};
use crate::connection::Connection;
use crate::service::End;
use highper_engine::{clock, scheduler};
use std::time::Duration;

const SWEEP: u64 = 1_000_000_000;
/// How long a closed connection waits for a peer that takes no byte.
const CLOSE_WAIT: Duration = Duration::from_secs(60);

fn is_past(since: u64, limit: Duration, now: u64) -> bool {
    u128::from(now.saturating_sub(since)) >= limit.as_nanos()
}

/// Has its peer said nothing for as long as the port's heartbeat allows?
pub(super) fn is_silent(connection: &Connection, now: u64) -> bool {
    let limit = connection.settings.heartbeat;
    connection.is_announced.get()
        && !connection.is_protected()
        && limit.is_some_and(|limit| is_past(connection.last_received(), limit, now))
}

impl Core {
    pub(super) fn sweep_soon(&self) {
        if !self.is_sweeping.replace(true) {
            scheduler::at_handler(clock::now() + SWEEP, self.handler.get(), SWEEP_KEY);
        }
    }

    pub(super) fn sweep(&self) {
        self.is_sweeping.set(false);
        let now = clock::now();
        for connection in self.all() {
            let settings = &connection.settings;
            let is_over = if connection.is_shaking() {
                // Who says nothing in a handshake is as silent as any other.
                let limits = [settings.heartbeat, settings.idle];
                let limit = limits
                    .into_iter()
                    .flatten()
                    .fold(settings.handshake_timeout, Duration::min);
                is_past(connection.opened(), limit, now)
            } else if connection.is_closing.get()
                || connection.is_peer_closed.get() && !settings.half_open
            {
                is_past(connection.stuck.get(), CLOSE_WAIT, now)
            } else {
                is_silent(&connection, now)
                    || settings.idle.is_some_and(|limit| {
                        let last = match connection.has_output() {
                            true => connection.stuck.get(),
                            false => connection.last_received().max(connection.last_sent()),
                        };
                        is_past(last, limit, now)
                    })
            };
            if is_over {
                self.end(&connection, End::Silent, true);
            }
        }
        if self.open.get() > 0 {
            self.sweep_soon();
        }
    }
}
