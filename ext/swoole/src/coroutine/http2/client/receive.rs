//! Receiving responses.

use super::incoming::{Incoming, Piece};
use super::link::{Link, drop_link, fail, flush, linked, with};
use super::{Client, SERVER_LAST, SLOTS};
use crate::coroutine::http::client::response::{End, add_cookie};
use crate::coroutine::socket::failure;
use crate::coroutine::waiting;
use crate::error_code;
use crate::http2::response::{
    CODE, COOKIES, DATA, HEADERS, PIPELINE, RESPONSE, SET_COOKIES, STATUS, STREAM,
};
use highper_http2::{Client as Connection, Code, Event};
use highper_net::Error;
use highper_zend::{Array, Call, Class, Done, Object, Throw, Value};

/// Bytes that one receive takes at most.
const ROOM: usize = 65536;
/// `ECONNRESET`
const RESET: i32 = 104;
/// `SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET`
const SERVER_RESET: i64 = -3;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function recv(float $timeout = 0): Swoole\\Http2\\Response|false",
            "Waits for a whole response, of whichever stream.",
            |call| receive(call, false),
        )
        .method(
            "public function read(float $timeout = 0): Swoole\\Http2\\Response|false",
            "Waits for a response or the next piece of one; `$pipeline` is true while more follows.",
            |call| receive(call, true),
        )
}

fn receive(call: &mut Call, in_pieces: bool) -> Done {
    let timeout = call.opt_double(0, 0.0)?;
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    waiting::can_wait()?;
    let client = call.this::<Client>()?;
    let seconds = match timeout {
        0.0 => link.socket.timeouts().read,
        seconds => seconds,
    };
    let end = End::after(seconds);
    loop {
        while let Some(event) = with(client, Connection::next_event).flatten() {
            if let Some(response) = take(call, client, event, in_pieces)? {
                return call.ret(response);
            }
        }
        let over = with(client, |connection| {
            connection.is_going_away() && connection.active() == 0
        });
        if over == Some(true) {
            // What the server said as it went is told already.
            let _closed = drop_link(call.this_object()?, client, &link);
            return call.ret_bool(false);
        }
        if !flush(call, &link)? || !more(call, client, &link, &end)? {
            return call.ret_bool(false);
        }
    }
}

/// Receives once. False when that failed: the error is told.
fn more(call: &Call, client: &Client, link: &Link, end: &End) -> Result<bool, Throw> {
    let received = link.socket.receive(ROOM, end.left(), |bytes| {
        if bytes.is_empty() {
            return None;
        }
        with(client, |connection| connection.feed(bytes))
    });
    match received {
        Ok(Some(Ok(()))) => Ok(true),
        Ok(None) => {
            fail(call, link, &Error::System(RESET))?;
            Ok(false)
        }
        Ok(Some(Err(broken))) => {
            let this = call.this_object()?;
            // The server is told why, if it still listens.
            if flush(call, link)? {
                let _closed = drop_link(this, client, link);
            }
            failure::set(this, SLOTS, error_code::PROTOCOL_ERROR, broken.why);
            Ok(false)
        }
        Err(Error::TimedOut) => {
            failure::settle(call.this_object()?, SLOTS, &Error::TimedOut)?;
            Ok(false)
        }
        Err(error) => {
            fail(call, link, &error)?;
            Ok(false)
        }
    }
}

/// What an event is to the program: a response, or a piece of one.
fn take(
    call: &Call,
    client: &Client,
    event: Event,
    in_pieces: bool,
) -> Result<Option<Object>, Throw> {
    match event {
        Event::Fields {
            stream,
            fields,
            end,
        } => {
            let mut all = client.incoming.borrow_mut();
            let Some(incoming) = all.get_mut(&stream) else {
                return Ok(None);
            };
            incoming.add_fields(fields);
            drop(all);
            give(client, stream, end, in_pieces)
        }
        Event::Data { stream, data, end } => {
            let mut all = client.incoming.borrow_mut();
            let Some(incoming) = all.get_mut(&stream) else {
                return Ok(None);
            };
            let kept = incoming.add_data(&data, end);
            drop(all);
            if kept.is_err() {
                with(client, |connection| connection.reset(stream, Code::CANCEL));
                let code = i64::from(error_code::PACKAGE_LENGTH_TOO_LARGE);
                return broken(client, stream, code).map(Some);
            }
            give(client, stream, end, in_pieces)
        }
        Event::Reset { stream, code } => {
            if client.incoming.borrow().contains_key(&stream) {
                return broken(client, stream, i64::from(code.0)).map(Some);
            }
            Ok(None)
        }
        Event::GoAway { last, code, debug } => {
            let this = call.this_object()?;
            let text = String::from_utf8_lossy(&debug);
            let number = i32::try_from(code.0).unwrap_or(i32::MAX);
            failure::set(this, SLOTS, number, &text);
            this.set_slot(SERVER_LAST, i64::from(last));
            Ok(None)
        }
    }
}

/// The response, when it is over or wanted in pieces and one is there.
fn give(client: &Client, stream: u32, end: bool, in_pieces: bool) -> Result<Option<Object>, Throw> {
    let piece = if end {
        let whole = client.incoming.borrow_mut().remove(&stream);
        whole.map(|mut incoming| incoming.take())
    } else {
        client
            .incoming
            .borrow_mut()
            .get_mut(&stream)
            .filter(|incoming| (in_pieces || incoming.in_pieces) && incoming.is_partial)
            .map(Incoming::take)
    };
    let Some(piece) = piece else {
        return Ok(None);
    };
    let response = object(stream, piece)?;
    response.set_slot(PIPELINE, !end);
    Ok(Some(response))
}

/// The response of a stream that was given up.
fn broken(client: &Client, stream: u32, code: i64) -> Result<Object, Throw> {
    let gone = client.incoming.borrow_mut().remove(&stream);
    let piece = gone.map(|mut incoming| incoming.take());
    let response = object(stream, piece.unwrap_or_default())?;
    response.set_slot(STATUS, SERVER_RESET);
    response.set_slot(CODE, code);
    Ok(response)
}

fn object(stream: u32, piece: Piece) -> Result<Object, Throw> {
    let response = RESPONSE.instantiate()?;
    response.set_slot(STREAM, i64::from(stream));
    if let Some(fields) = &piece.fields {
        let (mut headers, mut cookies, mut lines) = (Array::new(), Array::new(), Array::new());
        for (name, value) in fields {
            if name == b"set-cookie" {
                add_cookie(&mut cookies, value);
                lines.push(&value[..]);
            }
            headers.set_symbol(name, &value[..]);
        }
        response.set_slot(HEADERS, headers);
        response.set_slot(COOKIES, cookies);
        response.set_slot(SET_COOKIES, lines);
        response.set_slot(STATUS, i64::from(piece.status));
    }
    if !piece.body.is_empty() {
        response.set_slot(DATA, Value::string(&piece.body));
    }
    Ok(response)
}
