//! What a connection needs while nobody uses it: answers to pings, and a ping after silence.
//!
//! A timer of the library looks at it once a second, which keeps no program alive. What is to be done then is done in a coroutine.

use crate::Error;
use crate::connection::Connection;
use highper_engine::{self as engine, Ending, clock, reactor, scheduler};
use std::rc::{Rc, Weak};

/// How often it is looked at.
const EVERY: u64 = 1_000_000_000;

/// Looks at a connection from now on, where there is a loop that can.
pub(crate) fn begin(connection: &Rc<Connection>) {
    if engine::can_suspend() {
        again(Rc::downgrade(connection));
    }
}

fn again(connection: Weak<Connection>) {
    scheduler::at(clock::now() + EVERY, false, move || {
        if let Some(there) = connection.upgrade()
            && there.end().is_none()
        {
            look(there);
            again(connection);
        }
    });
}

enum Need {
    Ask,
    GiveUp,
    Nothing,
}

fn need(connection: &Connection) -> Need {
    let Some(limit) = connection.ping else {
        return Need::Nothing;
    };
    let silent = u128::from(clock::now().saturating_sub(connection.heard.get()));
    let limit = limit.as_nanos();
    match connection.is_asked.get() {
        true if silent >= 2 * limit => Need::GiveUp,
        false if silent >= limit => Need::Ask,
        _ => Need::Nothing,
    }
}

fn look(connection: Rc<Connection>) {
    // What its program does not take need not be looked for.
    if connection.queued.get() >= connection.room {
        return;
    }
    let fd = connection.socket.fd();
    let is_idle = connection.reading.available() > 0;
    let has_news = is_idle
        && (connection.socket.is_secure()
            || connection.has_pending()
            || reactor::look(fd, true, false).is_ok_and(|ready| ready.read));
    if !has_news && matches!(need(&connection), Need::Nothing) {
        return;
    }
    let _started = engine::spawn(move || {
        if has_news && connection.reading.try_acquire() {
            connection.drain();
            connection.reading.release_later();
        }
        match need(&connection) {
            Need::Nothing => {}
            Need::Ask => {
                connection.is_asked.set(true);
                // Where it can't be sent the connection is over, and who uses it is told.
                let _asked = connection.ask();
            }
            Need::GiveUp => connection.lose(Error::lost(format!(
                "the server has not said anything for {} s (ping)",
                2.0 * connection.ping.unwrap_or_default().as_secs_f64()
            ))),
        }
        Ending::Returned
    });
}
