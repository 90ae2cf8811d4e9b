//! What a server tells of its connections, and does with them.

mod behind;
mod forward;
mod info;
mod list;
mod sending;
mod state;

pub(super) use forward::arrived as forwarded;
pub(super) use info::{client_info, info_of};
pub(super) use list::{client_list, heartbeat, numbers, silent};
pub(super) use sending::{send, send_file, send_to, send_wait};
pub(super) use state::{bind, close, exists, pause, protect, resume};

use crate::error_code;
use highper_front::frame::{Frame, Kind};
use highper_runtime::serve;
use highper_zend::{Call, Done, Throw, error};
use std::rc::Rc;

/// A connection of this worker.
pub(super) enum Found {
    /// Of an HTTP service.
    Http(highper_http::Server, Rc<highper_http::Connection>),
    /// A stream.
    Stream(highper_stream::Server, Rc<highper_stream::Connection>),
}

/// The connection of a number.
pub(super) fn find(fd: i64) -> Option<Found> {
    let number = u64::try_from(fd).ok()?;
    let stream = serve::with_worker(|worker| match worker.is_relayed() {
        true => None,
        false => worker.stream(number),
    });
    if let Some((streams, connection)) = stream {
        return Some(Found::Stream(streams, connection));
    }
    let worker = serve::worker()?;
    if let Some(relayed) = worker.relayed() {
        let (server, connection) = relayed.find(number)?;
        return Some(Found::Http(server, connection));
    }
    worker.servers().into_iter().find_map(|server| {
        let connection = server.connection(number)?;
        Some(Found::Http(server, connection))
    })
}

/// Sends bytes on a stream. False when it is closed or full.
pub(super) fn reply(session: u64, bytes: &[u8]) -> bool {
    match find(session as i64) {
        Some(Found::Stream(server, connection)) => server.send(&connection, bytes).is_ok(),
        _ => match behind::of(session as i64) {
            Some(way) if !way.0.is_over(session) => {
                way.0.ask(&Frame::new(Kind::Send, session).with(bytes));
                true
            }
            _ => false,
        },
    }
}

/// Closes a stream: when all is sent, or at once.
pub(super) fn end(session: u64, reset: bool) {
    match find(session as i64) {
        Some(Found::Stream(server, connection)) => {
            server.close(&connection, reset);
        }
        _ => {
            if let Some((relayed, session)) = behind::of(session as i64) {
                relayed.ask(&Frame::new(Kind::Finish, session).flagged(u8::from(reset)));
            }
        }
    }
}

/// Warns where no server runs.
pub(super) fn is_running() -> Result<bool, Throw> {
    let runs = highper_runtime::post::is_here();
    if !runs {
        error::raise(error::Level::Warning, "server is not running")?;
    }
    Ok(runs)
}

fn not_there(call: &Call) -> Done {
    highper_runtime::set_last_error(error_code::SESSION_NOT_EXIST);
    call.ret_bool(false)
}
