//! What a server tells of its connections, and does with them.

mod forward;
mod info;
mod list;
mod sending;
mod state;

pub(super) use forward::arrived as forwarded;
pub(super) use info::{client_info, info_of};
pub(super) use list::{client_list, heartbeat, numbers};
pub(super) use sending::{send, send_file, send_to, send_wait};
pub(super) use state::{bind, close, exists, pause, protect, resume};

use crate::error_code;
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
    let worker = serve::worker()?;
    if let Some(streams) = worker.streams()
        && let Some(connection) = streams.find(number)
    {
        return Some(Found::Stream(streams, connection));
    }
    worker.servers().into_iter().find_map(|server| {
        let connection = server.connection(number)?;
        Some(Found::Http(server, connection))
    })
}

/// Warns where no server runs.
pub(super) fn is_running() -> Result<bool, Throw> {
    let runs = highper_runtime::post::here().is_some();
    if !runs {
        error::raise(error::Level::Warning, "server is not running")?;
    }
    Ok(runs)
}

fn not_there(call: &Call) -> Done {
    highper_runtime::set_last_error(error_code::SESSION_NOT_EXIST);
    call.ret_bool(false)
}
