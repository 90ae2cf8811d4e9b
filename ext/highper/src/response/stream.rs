//! Bodies that are made while they are sent: pieces and events of a generator, in the request's coroutine.

mod beat;
mod source;

use super::data::Data;
use super::event;
use crate::exception::cancelled::{is_cancelled, is_disconnected};
use crate::incoming::Incoming;
use crate::send;
use crate::websocket::{self, Definition};
use beat::Beat;
use highper_http::event::Event;
use highper_http::{Exchange, SendError};
use highper_rooms::Manner;
use highper_runtime::cancel;
use highper_zend::{Kind, Throw, Value, json};
use source::Source;
use std::cell::RefCell;
use std::rc::Rc;

/// More than so many bytes that the client has not taken hold the generator back.
const HIGH_WATER: u64 = 64 * 1024;

/// What is sent, once.
pub(crate) struct Stream {
    source: RefCell<Option<Value>>,
    form: Form,
    /// What the connection speaks from then on.
    socket: Option<Rc<Definition>>,
    /// The rooms whose messages are the body, instead of a source.
    rooms: Option<(Vec<Box<[u8]>>, Manner)>,
}

/// What the values of the source are.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// Pieces of the body.
    Pieces,
    /// Events; nanoseconds of silence after which a comment is sent, and milliseconds until a browser connects again.
    Events {
        every: Option<u64>,
        retry: Option<u64>,
    },
}

/// Why the sending ended before the source.
enum Stop {
    Gone,
    Throw(Throw),
}

impl From<Throw> for Stop {
    fn from(throw: Throw) -> Self {
        Self::Throw(throw)
    }
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Gone | SendError::Complete => Self::Gone,
            other => Self::Throw(Throw::error(format!("a response can't be sent: {other}"))),
        }
    }
}

impl Stream {
    /// Of a closure, a generator, an array or another iterable.
    pub(crate) fn new(source: Value, form: Form) -> Self {
        Self {
            source: RefCell::new(Some(source)),
            form,
            socket: None,
            rooms: None,
        }
    }

    /// No body: the connection speaks WebSocket from then on.
    pub(crate) fn switch(socket: Rc<Definition>) -> Self {
        Self {
            source: RefCell::new(None),
            form: Form::Pieces,
            socket: Some(socket),
            rooms: None,
        }
    }

    /// What is sent to rooms, as events.
    pub(crate) fn of_rooms(rooms: Vec<Box<[u8]>>, manner: Manner) -> Self {
        Self {
            source: RefCell::new(None),
            form: Form::Pieces,
            socket: None,
            rooms: Some((rooms, manner)),
        }
    }
}

/// Sends a response whose body is a stream; returns at its end, or when the client has gone.
///
/// # Errors
/// What the source throws.
pub(crate) fn send(incoming: &Incoming, data: &Data, stream: &Stream) -> Result<(), Throw> {
    if let Some(socket) = &stream.socket {
        return websocket::switch(incoming, data, socket);
    }
    let exchange = incoming.exchange();
    if let Some((rooms, manner)) = &stream.rooms {
        let started = start(incoming, data);
        if started.is_ok() && !is_head(exchange) {
            websocket::listen(&incoming.app, exchange, *manner, rooms);
            return Ok(());
        }
        let done = started.and_then(|()| exchange.finish());
        send::trouble(&incoming.app, done, incoming.known_id());
        return Ok(());
    }
    let Some(given) = stream.source.take() else {
        return Err(Throw::error(
            "this response was sent before: what it is made of can be read once",
        ));
    };
    if is_head(exchange) {
        let done = start(incoming, data).and_then(|()| exchange.finish());
        send::trouble(&incoming.app, done, incoming.known_id());
        return Ok(());
    }
    let (result, beat) = match stream.form {
        Form::Pieces => (pieces(incoming, data, given), None),
        Form::Events { every, retry } => {
            let beat = Beat::new(exchange, every);
            (events(incoming, data, given, retry, &beat), Some(beat))
        }
    };
    if let Some(beat) = beat {
        beat.end();
        exchange.end_with_peer(false);
    }
    match result {
        Ok(()) => {
            send::trouble(&incoming.app, exchange.finish(), incoming.known_id());
            Ok(())
        }
        Err(Stop::Gone) => {
            exchange.abort();
            Ok(())
        }
        Err(Stop::Throw(Throw::Object(thrown))) => {
            let object = thrown.as_object().filter(|object| is_cancelled(object));
            match object {
                // That a reader leaves is how streams end.
                Some(object) if is_disconnected(object) => exchange.abort(),
                // So that the client comes back, to a worker that stays.
                Some(_) if is_draining() && exchange.is_writable() => {
                    send::trouble(&incoming.app, exchange.finish(), incoming.known_id());
                }
                _ => return Err(Throw::Object(thrown)),
            }
            Ok(())
        }
        Err(Stop::Throw(other)) => Err(other),
    }
}

fn is_head(exchange: &Exchange) -> bool {
    let request = exchange.request();
    request.head().method_name(&request.bytes()) == b"HEAD"
}

fn is_draining() -> bool {
    highper_runtime::serve::worker().is_some_and(|worker| worker.is_draining())
}

fn start(incoming: &Incoming, data: &Data) -> Result<(), SendError> {
    let fields =
        |head: &mut highper_http::ResponseHead<'_>| send::fields(head, data, incoming.known_id());
    incoming.exchange().start(data.status, None, None, fields)
}

/// The head leaves with the first piece, so that what is thrown before it is answered as an error.
fn pieces(incoming: &Incoming, data: &Data, given: Value) -> Result<(), Stop> {
    let exchange = incoming.exchange();
    let mut source = Source::of(given, &[])?;
    let mut is_started = false;
    while let Some(value) = source.next()? {
        if matches!(value.kind(), Kind::Bool | Kind::Array | Kind::Resource) {
            return Err(wrong(&value).into());
        }
        let piece = value.to_str()?;
        if !is_started {
            is_started = true;
            start(incoming, data)?;
        }
        if !piece.is_empty() {
            exchange.write(&piece)?;
            hold_back(exchange)?;
        }
    }
    if !is_started {
        start(incoming, data)?;
    }
    Ok(())
}

fn events(
    incoming: &Incoming,
    data: &Data,
    given: Value,
    retry: Option<u64>,
    beat: &Rc<Beat>,
) -> Result<(), Stop> {
    let exchange = incoming.exchange();
    let last = incoming.header(b"last-event-id").map(Value::from);
    let mut source = Source::of(given, &[last.unwrap_or_default()])?;
    start(incoming, data)?;
    exchange.end_with_peer(true);
    beat.begin();
    let mut lines = Vec::new();
    if retry.is_some() {
        let first = Event {
            retry,
            ..Event::default()
        };
        // It has neither name nor id.
        let _fits = first.write(&mut lines);
    } else {
        // So that what lies in between passes the head on.
        lines.extend_from_slice(highper_http::event::KEEP_ALIVE);
    }
    exchange.write(&lines)?;
    while let Some(value) = source.next()? {
        lines.clear();
        let object = value.as_object();
        if !object.is_some_and(|object| event::lines(object, |text| lines.extend_from_slice(text)))
        {
            encode(&value, &mut lines)?;
        }
        beat.wrote();
        exchange.write(&lines)?;
        hold_back(exchange)?;
    }
    Ok(())
}

/// A value that is no event object: its data.
fn encode(value: &Value, lines: &mut Vec<u8>) -> Result<(), Throw> {
    if value.is_null() {
        lines.extend_from_slice(highper_http::event::KEEP_ALIVE);
        return Ok(());
    }
    let made;
    let text = match value.as_bytes() {
        Some(text) => text,
        None => {
            made = json::encode(value)?;
            &made
        }
    };
    let event = Event {
        data: Some(text),
        ..Event::default()
    };
    event
        .write(lines)
        .map_err(|why| Throw::value_error(why.to_string()))
}

fn wrong(value: &Value) -> Throw {
    Throw::type_error(format!(
        "a stream's generator must yield texts or awaitables, {} given",
        value.type_name()
    ))
}

/// Waits while the client takes less than is sent.
fn hold_back(exchange: &Exchange) -> Result<(), Stop> {
    let connection = exchange.connection();
    if connection.queued() > HIGH_WATER && highper_engine::can_suspend() {
        // How the wait ended is asked right away.
        let _why = connection.wait_drained(None);
        cancel::resumed()?;
    }
    if connection.is_open() {
        Ok(())
    } else {
        Err(Stop::Gone)
    }
}
