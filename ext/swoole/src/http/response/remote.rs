//! A response to a request that another process of the server has: that one sends it.

use super::{State, reply};
use crate::server::elsewhere;
use highper_http::compression::Encoding;
use highper_http::{Answer, Exchange, Progress, ResponseHead, SendError};
use highper_zend::{Call, Throw, error};
use std::rc::Rc;

/// What comes first of a part: is it the last one, and does it begin the response?
const LAST: u8 = 1;
const BEGINS: u8 = 2;

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_ne_bytes());
    out.extend_from_slice(bytes);
}

fn take<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = from.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
    *from = rest;
    Some(bytes)
}

/// Sends a part of the response in `$this`, and its head with the first one: true when it is under
/// way; `None` when no other process has the request.
pub(super) fn send(call: &Call, body: &[u8], is_last: bool) -> Result<Option<bool>, Throw> {
    let this = call.this::<State>()?;
    if !this.loose.get() || this.detached.get() {
        return Ok(None);
    }
    let fd = call
        .this_object()?
        .slot(super::FD as usize)
        .map_or(0, |fd| fd.to_long());
    let begins = !this.remote.replace(true);
    let mut bytes = vec![if is_last { LAST } else { 0 } | if begins { BEGINS } else { 0 }];
    if begins {
        bytes.extend(this.status().to_ne_bytes());
        put(&mut bytes, this.reason.borrow().as_deref().unwrap_or(b""));
        let fields = this.fields.borrow();
        let cookies = this.cookies.borrow();
        let count = fields.iter().count() + cookies.len();
        bytes.extend((count as u32).to_ne_bytes());
        for (name, value) in fields.iter() {
            put(&mut bytes, name);
            put(&mut bytes, value);
        }
        for line in cookies.iter() {
            put(&mut bytes, b"Set-Cookie");
            put(&mut bytes, line);
        }
    }
    bytes.extend_from_slice(body);
    let sent = match elsewhere::send(fd, elsewhere::RESPOND, &bytes) {
        None => elsewhere::respond_here(fd, &bytes),
        sent => sent,
    };
    crate::coroutine::waiting::resumed()?;
    if sent.is_some() && is_last {
        this.detached.set(true);
    }
    Ok(sent)
}

/// In the process that has the request: a part came.
pub(crate) fn arrived(exchange: &Rc<Exchange>, bytes: &[u8]) {
    if respond(exchange, bytes).is_none() {
        exchange.abort();
    }
}

/// A whole response as bytes, for a connection of which no request is known here.
pub(crate) fn whole(bytes: &[u8], closes: bool) -> Option<Vec<u8>> {
    let (flags, rest) = bytes.split_first()?;
    if *flags != LAST | BEGINS {
        return None;
    }
    let (state, status, body) = read(rest, true)?;
    let answer = Answer::to_any();
    if closes {
        answer.close_after();
    }
    let mut out = Vec::with_capacity(body.len() + 256);
    let reason = state.reason.borrow().clone();
    let made = reply::with_signature(|signature| {
        let fields = |head: &mut ResponseHead<'_>| state.add_fields(head, Encoding::Identity);
        answer.respond(
            &mut out,
            signature,
            (status, reason.as_deref()),
            fields,
            body,
        )
    });
    made.ok().map(|()| out)
}

fn respond(exchange: &Rc<Exchange>, bytes: &[u8]) -> Option<()> {
    let (flags, rest) = bytes.split_first()?;
    let is_last = flags & LAST != 0;
    if flags & BEGINS == 0 {
        let written = match rest.is_empty() {
            true => Ok(()),
            false => exchange.write(rest),
        };
        let done = match is_last {
            true => written.and_then(|()| exchange.finish()),
            false => written,
        };
        return ended(done);
    }
    let (state, status, rest) = read(rest, is_last)?;
    if exchange.progress() != Progress::Waiting {
        return None;
    }
    if is_last {
        return ended(state.send(exchange, status, rest));
    }
    let started = exchange.start(status, state.reason.borrow().as_deref(), None, |head| {
        state.add_fields_of_stream(head)
    });
    ended(started.and_then(|()| exchange.write(rest)))
}

/// Status, fields and cookies of a response, and what of its body came with them.
fn read(mut rest: &[u8], is_last: bool) -> Option<(State, u16, &[u8])> {
    let (status, after) = rest.split_first_chunk::<2>()?;
    rest = after;
    let reason = take(&mut rest)?;
    let (count, after) = rest.split_first_chunk::<4>()?;
    rest = after;
    let state = State::default();
    state.packs_from.set(match is_last {
        true => super::packing::of_server().from,
        false => u32::MAX,
    });
    for _ in 0..u32::from_ne_bytes(*count) {
        let (name, value) = (take(&mut rest)?, take(&mut rest)?);
        match name {
            b"Set-Cookie" => state.cookies.borrow_mut().push(value.to_vec()),
            _ => state.fields.borrow_mut().set_text(name, value),
        }
    }
    if !reason.is_empty() {
        state.reason.replace(Some(reason.to_vec()));
    }
    Some((state, u16::from_ne_bytes(*status), rest))
}

/// A client that has gone is told nothing; what can't be sent ends the connection.
fn ended(done: Result<(), SendError>) -> Option<()> {
    match done {
        Ok(()) | Err(SendError::Gone) => Some(()),
        Err(problem) => {
            // As a warning in the worker's output: nobody waits for the result.
            let _told = error::warning(problem.to_string());
            None
        }
    }
}
