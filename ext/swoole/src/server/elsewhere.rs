//! Connections that other processes of the server have: what is asked of them, and done with them.

use super::connection::{self, Found};
use super::pending::Pending;
use super::{messages, payload};
use crate::http::response::remote;
use highper_process::post::{Address, Kind, Message};
use highper_runtime::{post, serve};
use highper_zend::{Throw, Value};
use std::time::Duration;

/// What is to be done ([`highper_process::post::Head::code`]), beside what is sent as bytes.
pub(crate) const RESPOND: u32 = 16;
pub(crate) const PUSH: u32 = 17;
pub(crate) const DISCONNECT: u32 = 18;
const INFO: u32 = 19;
const HEARTBEAT: u32 = 20;

/// How long a plain call waits for what another process knows.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the process is that has a connection, if another one has it.
fn place(fd: i64) -> Option<u32> {
    let here = post::here()?;
    let owner = here.post().sessions().owner(u64::try_from(fd).ok()?)?;
    (owner != here.place()).then_some(owner)
}

/// Has another process this connection, which may be closed already?
pub(super) fn is_known(fd: i64) -> bool {
    place(fd).is_some()
}

/// Has another process this connection?
pub(crate) fn is_there(fd: i64) -> bool {
    place(fd).is_some()
        && post::here().is_some_and(|here| !here.post().sessions().is_closed(fd as u64))
}

/// Sends something for a connection to the process that has it: whether that worked; `None` when no
/// other process has it.
pub(crate) fn send(fd: i64, code: u32, bytes: &[u8]) -> Option<bool> {
    let (here, place) = (post::here()?, place(fd)?);
    let mut head = here.head(Kind::Forward);
    head.code = code;
    head.number = fd;
    let sent = here.send(Address::Place(place), head, bytes);
    if let Err(cause) = &sent {
        messages::note(cause);
    }
    Some(sent.is_ok())
}

/// What another process knows of its connection.
pub(crate) fn info(fd: i64) -> Result<Option<Value>, Throw> {
    match place(fd) {
        Some(place) => ask(Address::Place(place), INFO, &fd.to_ne_bytes()),
        None => Ok(None),
    }
}

/// Which connections of the process in front were silent for too long, if there is such a process; they may be closed.
pub(super) fn heartbeat(closes: bool) -> Result<Option<Value>, Throw> {
    let front = post::here().and_then(|here| here.post().front());
    match front {
        Some(front) => ask(Address::Worker(front), HEARTBEAT, &[u8::from(closes)]),
        None => Ok(None),
    }
}

/// Asks another process, and waits for what it says. `None` where it says nothing in time.
fn ask(address: Address, code: u32, question: &[u8]) -> Result<Option<Value>, Throw> {
    let Some(here) = post::here() else {
        return Ok(None);
    };
    let pending = Pending::new();
    let mut head = here.head(Kind::Forward);
    head.code = code;
    head.number = here.next_number();
    pending.expect(Some(head.number));
    match here.send(address, head, question) {
        Ok(()) if highper_engine::can_suspend() => {
            let deadline = crate::coroutine::waiting::deadline(PATIENCE.as_secs_f64());
            crate::coroutine::waiting::settle(pending.wait(deadline));
        }
        Ok(()) => {
            pending.block(&here, Some(PATIENCE));
        }
        Err(cause) => messages::note(&cause),
    }
    let answer = pending.finish().pop().flatten();
    crate::coroutine::waiting::resumed()?;
    match answer {
        Some(message) => payload::unpack(message.head.flags, &message.body),
        None => Ok(None),
    }
}

/// Does what another process wants with a connection of this one.
pub(super) fn arrived(message: &Message) {
    let head = &message.head;
    if let Some(front) = serve::worker().and_then(|worker| worker.front())
        && matches!(head.code, RESPOND | PUSH | DISCONNECT)
    {
        if head.code == RESPOND && head.from < 0 && answered(message, true) {
            return;
        }
        // One that ended meanwhile needs nothing.
        let is_there = front.pass(head.number as u64, head.code, &message.body);
        if !is_there && head.code == RESPOND {
            answered(message, false);
        }
        return;
    }
    match head.code {
        RESPOND => {
            if let Some(Found::Http(_, connection)) = connection::find(head.number)
                && let Some(exchange) = connection.exchange()
            {
                remote::arrived(&exchange, &message.body);
            }
        }
        PUSH | DISCONNECT => {
            let done =
                crate::websocket::server::arrived(head.number, head.code == PUSH, &message.body);
            if let Err(throw) = done {
                highper_runtime::coroutine::report(throw);
            }
        }
        INFO => {
            let number = message.body.first_chunk::<8>();
            let info = number.and_then(|fd| connection::info_of(i64::from_ne_bytes(*fd)));
            answer(message, info.map_or(Value::bool(false), Value::from));
        }
        HEARTBEAT => {
            let silent = connection::silent(message.body.first() == Some(&1));
            answer(message, silent.map_or(Value::bool(false), Value::from));
        }
        _ => connection::forwarded(message),
    }
}

/// Sends a response to a request of which only a worker knows, without asking that one: the manager answers for a worker that
/// does not come to it, and closes the connection. Or one to a stream that speaks HTTP without its server knowing.
fn answered(message: &Message, closes: bool) -> bool {
    let number = message.head.number;
    let is_upgraded = serve::worker()
        .and_then(|worker| worker.front())
        .is_some_and(|front| front.is_upgraded(number as u64));
    let Some(Found::Stream(server, connection)) = connection::find(number).filter(|_| !is_upgraded)
    else {
        return false;
    };
    let Some(bytes) = remote::whole(&message.body, closes) else {
        return false;
    };
    server.send_over(&connection, &bytes);
    if closes {
        server.close(&connection, false);
    }
    true
}

/// Is this a stream of this process, of which the server does not know what is spoken there?
pub(crate) fn is_stream_here(fd: i64) -> bool {
    matches!(connection::find(fd), Some(Found::Stream(..)))
}

/// Sends a whole response to such a stream. `None` where it is none, or not the whole.
pub(crate) fn respond_here(fd: i64, bytes: &[u8]) -> Option<bool> {
    let Some(Found::Stream(server, connection)) = connection::find(fd) else {
        return None;
    };
    let bytes = remote::whole(bytes, false)?;
    Some(server.send_over(&connection, &bytes))
}

fn answer(message: &Message, said: Value) {
    let Some(here) = post::here() else { return };
    let packed = match payload::pack(&said) {
        Ok(packed) => packed,
        Err(throw) => return highper_runtime::coroutine::report(throw),
    };
    let mut head = here.head(Kind::Answer);
    head.number = message.head.number;
    head.to = message.head.pid;
    head.flags = packed.1;
    if let Err(cause) = here.send(
        Address::Place(message.head.place),
        head,
        packed.0.as_bytes(),
    ) {
        crate::function::logging::warning(&format!("an answer is lost: {cause}"));
    }
}
