//! What a worker does with connections that the process in front has.

use super::not_there;
use crate::coroutine::waiting;
use crate::error_code;
use highper_engine::{Wake, clock};
use highper_front::frame::{Frame, Kind};
use highper_runtime::post;
use highper_runtime::serve::{self, Relayed};
use highper_zend::{Call, Done, Throw};
use std::rc::Rc;

/// Between two looks at whether a full connection has room again.
const LOOK: u64 = 1_000_000;

/// Has a process in front the connections of this worker?
pub(super) fn is_here() -> bool {
    serve::worker().is_some_and(|worker| worker.relayed().is_some())
}

/// The way to the process in front, where that has an open connection of a number.
pub(super) fn of(fd: i64) -> Option<(Rc<Relayed>, u64)> {
    let relayed = serve::worker()?.relayed()?;
    let session = u64::try_from(fd).ok()?;
    let here = post::here()?;
    let sessions = here.post().sessions();
    sessions.owner(session)?;
    (!sessions.is_closed(session)).then_some((relayed, session))
}

/// Ends a connection that is closed, and whose output may still be on its way.
fn cut_off(fd: i64) {
    let relayed = serve::worker().and_then(|worker| worker.relayed());
    if let (Some(relayed), Ok(session)) = (relayed, u64::try_from(fd)) {
        relayed.ask(&Frame::new(Kind::Finish, session).flagged(1));
    }
}

/// Has something done with a connection. False when there is none of this number.
pub(super) fn ask(call: &Call, fd: i64, kind: Kind, flag: bool, body: &[u8]) -> Done {
    let Some((relayed, session)) = of(fd) else {
        if kind == Kind::Finish && flag {
            cut_off(fd);
        }
        if crate::server::elsewhere::is_known(fd) {
            highper_runtime::set_last_error(error_code::SESSION_CLOSED);
            return call.ret_bool(false);
        }
        return not_there(call);
    };
    if kind == Kind::Finish
        && let Some(here) = post::here()
    {
        here.post().sessions().set_closed(session);
    }
    let frame = Frame::new(kind, session).flagged(u8::from(flag));
    relayed.ask(&frame.with(body));
    call.ret_bool(true)
}

/// Sends bytes; waits for room where that is wanted.
pub(super) fn send(
    (relayed, session): (Rc<Relayed>, u64),
    data: &[u8],
    (waits, deadline): (bool, Option<u64>),
) -> Result<bool, Throw> {
    while relayed.is_over(session) {
        if !waits || !highper_engine::can_suspend() {
            highper_runtime::set_last_error(error_code::OUTPUT_BUFFER_OVERFLOW);
            let text = format!("send failed, session={session} output buffer overflow");
            crate::function::logging::warning(&text);
            return Ok(false);
        }
        if deadline.is_some_and(|deadline| clock::now() >= deadline) {
            highper_runtime::set_last_error(error_code::CO_TIMEDOUT);
            return Ok(false);
        }
        if highper_engine::sleep(LOOK) == Wake::Cancelled {
            waiting::resumed()?;
            highper_runtime::set_last_error(error_code::CO_CANCELED);
            return Ok(false);
        }
        if of(session as i64).is_none() {
            highper_runtime::set_last_error(error_code::CONNECTION_RESET);
            return Ok(false);
        }
    }
    relayed.ask(&Frame::new(Kind::Send, session).with(data));
    Ok(true)
}
