//! The client as one end of a WebSocket (RFC 6455): upgrade(), push(), and what recv() is then.

use super::link::{Link, drop_link, linked};
use super::perform::execute;
use super::response::End;
use super::{
    CONNECT_FAILED, Client, METHOD, REQUEST_HEADERS, SERVER_RESET, SLOTS, STATUS, settings,
};
use crate::coroutine::socket::failure;
use crate::coroutine::waiting;
use crate::error_code;
use crate::function::logging;
use crate::websocket::outgoing::{Outgoing, Rules};
use crate::websocket::{COMPRESS, FIN, MASK, RSV1, frame};
use highper_net::{Error, Side};
use highper_websocket::{
    Config, Decoder, Error as Malformed, Frame, Masks, Opcode, close, encode, handshake, mask,
};
use highper_zend::{Array, Call, Class, Done, Object, Throw, Value, error};
use std::cell::{Cell, RefCell};

/// Bytes that one receive takes at most.
const ROOM: usize = 65536;

const NOT_OPEN: &str = "websocket handshake failed, cannot push data";
const INTERRUPTED: &str = "WebSocket::recv_frame(): All fragments of a message, except for the initial frame, must use the continuation frame opcode(0).";
const ALONE: &str = "WebSocket::recv_frame(): A continuation frame cannot stand alone and MUST be preceded by an initial frame whose opcode indicates either text or binary data.";

thread_local! {
    static KEYS: RefCell<mask::Keys> = const { RefCell::new(mask::Keys::new()) };
}

/// What a connection is after its upgrade.
#[derive(Default)]
pub struct WebSocket {
    open: Cell<bool>,
    /// Messages may be sent compressed.
    compresses: Cell<bool>,
    /// Gone while a coroutine receives.
    inbox: RefCell<Option<Box<Inbox>>>,
    /// Answers to pings that came while a coroutine was sending.
    later: RefCell<Vec<u8>>,
}

/// What has come.
struct Inbox {
    decoder: Decoder,
    pending: Vec<u8>,
}

impl WebSocket {
    pub fn is_open(&self) -> bool {
        self.open.get()
    }

    /// The connection is none any more.
    pub fn reset(&self) {
        self.open.set(false);
        self.compresses.set(false);
        let (inbox, later) = (self.inbox.take(), self.later.take());
        drop((inbox, later));
    }
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function upgrade(string $path): bool",
            "Asks for a WebSocket; it is there when statusCode is 101.",
            upgrade,
        )
        .method(
            "public function push(mixed $data, int $opcode = SWOOLE_WEBSOCKET_OPCODE_TEXT, int $flags = SWOOLE_WEBSOCKET_FLAG_FIN): bool",
            "Sends a message, or a part of one; or a WebSocket\\Frame as it is.",
            |call| {
                if linked(call)?.is_none() {
                    return call.ret_bool(false);
                }
                let data = call.value(0)?.deref().clone();
                let opcode = call.opt_long(1, i64::from(Opcode::Text as u8))?;
                let flags = call.opt_value(2).map_or(FIN, Value::to_long);
                let pushed = push(call, &data, opcode, flags, close::NORMAL)?;
                call.ret_bool(pushed)
            },
        )
        .method(
            "public function ping(string $data = \"\"): bool",
            "Sends a ping; the pong comes by recv() with the setting open_websocket_pong_frame.",
            |call| {
                if linked(call)?.is_none() || !call.this::<Client>()?.websocket.is_open() {
                    return call.ret_bool(false);
                }
                let data = Value::string(call.opt_bytes(0, b"")?);
                let opcode = i64::from(Opcode::Ping as u8);
                let pushed = push(call, &data, opcode, FIN, close::NORMAL)?;
                call.ret_bool(pushed)
            },
        )
        .method(
            "public function disconnect(int $code = SWOOLE_WEBSOCKET_CLOSE_NORMAL, string $reason = \"\"): bool",
            "Sends a close frame and closes the connection.",
            disconnect,
        )
}

fn upgrade(call: &mut Call) -> Done {
    let path = call.str(0)?;
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    client.change(|settings| settings.defer = false);
    let Ok(key) = handshake::new_key() else {
        error::warning("the system has no random numbers for a key")?;
        return call.ret_bool(false);
    };
    let headers = this
        .slot(REQUEST_HEADERS)
        .and_then(Value::as_array)
        .cloned();
    let mut headers: Array = headers.unwrap_or_default();
    headers
        .set("Connection", "Upgrade")
        .set("Upgrade", "websocket")
        .set("Sec-WebSocket-Version", handshake::VERSION)
        .set("Sec-WebSocket-Key", &key[..]);
    if client.settings.get().websocket.compression {
        headers.set(
            "Sec-Websocket-Extensions",
            "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
        );
    }
    this.set_slot(METHOD, "GET");
    this.set_slot(REQUEST_HEADERS, headers);
    let done = execute(call, &path)?;
    call.ret_bool(done)
}

fn disconnect(call: &mut Call) -> Done {
    if linked(call)?.is_none() || !call.this::<Client>()?.websocket.is_open() {
        return call.ret_bool(false);
    }
    let code = call.opt_long(0, i64::from(close::NORMAL))? as u16;
    let reason = Value::string(call.opt_bytes(1, b"")?);
    let opcode = i64::from(Opcode::Close as u8);
    let pushed = push(call, &reason, opcode, FIN, code)?;
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    let link = client.link.borrow().clone();
    if let Some(link) = link {
        // Who waits for it is told; the end was asked for.
        let _closed = drop_link(this, client, &link);
    }
    call.ret_bool(pushed)
}

/// The connection is a WebSocket now; `rest` came behind the response.
pub(super) fn begin(client: &Client, extensions: &[u8], rest: Vec<u8>) {
    let own = client.settings.get().websocket;
    let has = |token: &[u8]| {
        let extensions = extensions.to_ascii_lowercase();
        extensions.windows(token.len()).any(|part| part == token)
    };
    let compresses = own.compression && has(b"permessage-deflate");
    let config = Config {
        masks: Masks::Either,
        max_message: own.max_message,
        strict: own.strict,
        deflate: compresses,
        takeover: compresses && !has(b"server_no_context_takeover"),
    };
    let websocket = &client.websocket;
    websocket.open.set(true);
    websocket.compresses.set(compresses);
    websocket.inbox.replace(Some(Box::new(Inbox {
        decoder: Decoder::new(config),
        pending: rest,
    })));
}

fn push(call: &Call, data: &Value, opcode: i64, flags: i64, code: u16) -> Result<bool, Throw> {
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    if !client.websocket.is_open() {
        error::warning(NOT_OPEN)?;
        failure::set(
            this,
            SLOTS,
            error_code::WEBSOCKET_HANDSHAKE_FAILED,
            NOT_OPEN,
        );
        this.set_slot(STATUS, CONNECT_FAILED);
        return Ok(false);
    }
    let mut outgoing = Outgoing::of(data, opcode, flags, code)?;
    if client.settings.get().websocket.mask {
        outgoing.flags |= MASK;
    }
    if client.websocket.compresses.get() {
        outgoing.flags |= COMPRESS;
    } else {
        outgoing.flags &= !COMPRESS;
    }
    let Some(prepared) = outgoing.prepare(Rules::All)? else {
        let code = error_code::WEBSOCKET_PACK_FAILED;
        failure::set(this, SLOTS, code, "websocket frame pack failed");
        return Ok(false);
    };
    let mut out = Vec::new();
    prepared.write(&mut out);
    // What the preparation ran may have closed it.
    let Some(link) = linked(call)? else {
        return Ok(false);
    };
    let mut sent = send(&link, &out);
    while sent.is_ok() {
        let later = client.websocket.later.take();
        if later.is_empty() {
            return Ok(true);
        }
        sent = send(&link, &later);
    }
    match sent {
        Ok(()) => Ok(true),
        Err(error) => fail(call, client, &link, &error).map(|()| false),
    }
}

fn send(link: &Link, data: &[u8]) -> Result<(), Error> {
    match link.socket.send_all(data, 0.0)?.error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Tells an error, and closes the connection but for a time-out.
fn fail(call: &Call, client: &Client, link: &Link, error: &Error) -> Result<(), Throw> {
    failure::throw(error)?;
    let this = call.this_object()?;
    if *error != Error::TimedOut {
        // The error that ends it says more than those of the end.
        let _closed = drop_link(this, client, link);
    }
    this.set_slot(STATUS, SERVER_RESET);
    failure::settle(this, SLOTS, error)
}

/// What the decoder made of the bytes that have come.
enum Found {
    /// A frame for the program.
    Frame(Object),
    /// An answer to be sent: to a ping, to a close.
    Answer(Vec<u8>),
    /// Nothing for anybody: goes on.
    Skipped,
    /// More bytes are needed.
    More,
    Malformed(Malformed),
}

/// recv() after an upgrade: a frame, '' at the end of the connection, false after an error.
pub(super) fn receive(call: &Call, timeout: f64) -> Result<Value, Throw> {
    waiting::can_wait()?;
    let client = call.this::<Client>()?;
    let Some(link) = linked(call)? else {
        return Ok(Value::bool(false));
    };
    let Some(mut inbox) = client.websocket.inbox.take() else {
        let by = link.socket.bound(Side::READ).unwrap_or(0);
        failure::throw(&Error::Bound {
            fd: link.socket.fd(),
            doing: "reading",
            by,
        })?;
        return Ok(Value::bool(false));
    };
    let received = receive_with(call, client, &link, &mut inbox, timeout);
    if client.websocket.is_open() && super::link::is_current(client, &link) {
        client.websocket.inbox.replace(Some(inbox));
    }
    received
}

fn receive_with(
    call: &Call,
    client: &Client,
    link: &Link,
    inbox: &mut Inbox,
    timeout: f64,
) -> Result<Value, Throw> {
    let this = call.this_object()?;
    let seconds = match timeout {
        0.0 => link.socket.timeouts().read,
        seconds => seconds,
    };
    let end = End::after(seconds);
    loop {
        match next(inbox, client, link)? {
            Found::Frame(frame) => return Ok(frame.into()),
            Found::Skipped => {}
            Found::Answer(answer) => {
                if link.socket.bound(Side::WRITE).is_some() {
                    // Who sends now sends it behind.
                    client.websocket.later.borrow_mut().extend(answer);
                } else if let Err(error) = send(link, &answer) {
                    fail(call, client, link, &error)?;
                    return Ok(Value::bool(false));
                }
            }
            Found::Malformed(error) => {
                refuse(this, client, link, error);
                return Ok(Value::bool(false));
            }
            Found::More => {
                let received = link.socket.receive(ROOM, end.left(), |bytes| {
                    inbox.pending.extend_from_slice(bytes);
                    bytes.len()
                });
                match received {
                    Ok(0) => {
                        // It has ended: nothing is left to be told.
                        let _closed = drop_link(this, client, link);
                        return Ok(Value::string(""));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        fail(call, client, link, &error)?;
                        return Ok(Value::bool(false));
                    }
                }
            }
        }
    }
}

fn next(inbox: &mut Inbox, client: &Client, link: &Link) -> Result<Found, Throw> {
    let Inbox { decoder, pending } = inbox;
    if pending.is_empty() {
        return Ok(Found::More);
    }
    let own = client.settings.get().websocket;
    let step = match decoder.feed(pending) {
        Ok(step) => step,
        Err(error) => return Ok(Found::Malformed(error)),
    };
    let used = step.used;
    let found = match step.frame {
        None => Found::More,
        Some(frame) => found(&frame, own, link)?,
    };
    pending.drain(..used);
    if pending.is_empty() {
        // At rest a connection keeps no buffer.
        *pending = Vec::new();
    }
    Ok(found)
}

fn found(frame: &Frame<'_>, own: settings::WebSocket, link: &Link) -> Result<Found, Throw> {
    if frame.opcode == Opcode::Close
        && let Err(broken) = close::split(frame.payload)
    {
        return Ok(Found::Malformed(broken));
    }
    let shown = match frame.opcode {
        Opcode::Ping => own.shows_ping,
        Opcode::Pong => own.shows_pong,
        Opcode::Close => own.shows_close,
        _ => true,
    };
    if shown {
        let mut flags = FIN;
        if frame.compressed {
            flags |= RSV1;
        }
        if frame.masked {
            flags |= MASK;
        }
        let fd = i64::from(link.socket.fd());
        return frame::make(frame.opcode, frame.payload, flags, fd).map(Found::Frame);
    }
    let opcode = match frame.opcode {
        Opcode::Ping => Opcode::Pong,
        Opcode::Close => Opcode::Close,
        _ => return Ok(Found::Skipped),
    };
    let key = if own.mask {
        // Without random numbers the frame goes as the setting websocket_mask = false has it.
        KEYS.with_borrow_mut(mask::Keys::draw).ok()
    } else {
        None
    };
    let mut answer = Vec::new();
    match close::check(frame.payload) {
        // A good-bye that nobody may say is not said back.
        Err(broken) if opcode == Opcode::Close => {
            encode::close(&mut answer, key, broken.close_code(), b"");
        }
        _ => encode::frame(&mut answer, opcode, encode::FIN, key, frame.payload),
    }
    Ok(Found::Answer(answer))
}

/// Ends a connection on which the rules were broken.
fn refuse(this: &Object, client: &Client, link: &Link, broken: Malformed) {
    let code = match broken {
        Malformed::Interrupted => {
            logging::warning(INTERRUPTED);
            error_code::PROTOCOL_ERROR
        }
        Malformed::Continuation => {
            logging::warning(ALONE);
            error_code::PROTOCOL_ERROR
        }
        Malformed::TooBig(_) => error_code::PACKAGE_LENGTH_TOO_LARGE,
        _ => error_code::PROTOCOL_ERROR,
    };
    let mut farewell = Vec::new();
    let key = KEYS.with_borrow_mut(mask::Keys::draw).ok();
    encode::close(&mut farewell, key, broken.close_code(), b"");
    if link.socket.bound(Side::WRITE).is_none() {
        // If the server takes it at once, it knows why.
        let _told = link.socket.send(&farewell, 0.001);
    }
    let _closed = drop_link(this, client, link);
    this.set_slot(STATUS, SERVER_RESET);
    failure::set(this, SLOTS, code, &broken.to_string());
}
