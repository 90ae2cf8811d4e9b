//! Responses: waiting for them, and what the object shows of them.

use super::body::Goal;
use super::exchange::{Broken, Exchange, Fed};
use super::link::{Link, RESET, drop_link, linked};
use super::{
    BODY, COOKIES, Client, DOWNLOAD, DOWNLOAD_OFFSET, HEADERS, REQUEST_TIMEOUT, SERVER_RESET,
    SET_COOKIES, SLOTS, STATUS, UPLOADS, websocket,
};
use crate::coroutine::socket::failure;
use crate::coroutine::socket::send::path;
use crate::coroutine::waiting;
use crate::error_code;
use highper_client::Head;
use highper_engine::{self as engine, Wake, clock};
use highper_http::query;
use highper_net::Error;
use highper_zend::{Array, Call, Class, Done, Object, Throw, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Bytes that one receive takes at most.
const ROOM: usize = 65536;

/// Fields that say how a message is read: behind the body they come too late.
const NOT_IN_TRAILERS: [&[u8]; 7] = [
    b"content-length",
    b"content-encoding",
    b"content-type",
    b"transfer-encoding",
    b"connection",
    b"set-cookie",
    b"trailer",
];

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function recv(float $timeout = 0): Swoole\\WebSocket\\Frame|string|bool",
            "Waits for the response to a request that was only sent; for a frame, after upgrade().",
            recv,
        )
        .method(
            "public function getBody(): string|false",
            "`$body`",
            |call| give(call, BODY),
        )
        .method(
            "public function getHeaders(): array|false|null",
            "`$headers`",
            |call| give(call, HEADERS),
        )
        .method(
            "public function getCookies(): array|false|null",
            "`$cookies`",
            |call| give(call, COOKIES),
        )
        .method(
            "public function getStatusCode(): int|false",
            "`$statusCode`",
            |call| give(call, STATUS),
        )
        .method(
            "public function getHeaderOut(): string|false",
            "The head of the last request, as it was sent; false when there was none.",
            |call| {
                let head = call.this::<Client>()?.head.borrow().clone();
                match head.is_empty() {
                    true => call.ret_bool(false),
                    false => call.ret_str(head),
                }
            },
        )
}

fn give(call: &Call, slot: usize) -> Done {
    call.ret(call.this_object()?.slot(slot).cloned())
}

fn recv(call: &mut Call) -> Done {
    if linked(call)?.is_none() {
        return call.ret_bool(false);
    }
    let timeout = call.opt_double(0, 0.0)?;
    let own = waiting::can_wait()?;
    let client = call.this::<Client>()?;
    if client.websocket.is_open() {
        let frame = websocket::receive(call, timeout)?;
        return call.ret(frame);
    }
    let _occupied = client.occupy(own)?;
    let received = receive(call, client, timeout)?;
    call.ret_bool(received)
}

/// The end of the time for a response.
pub struct End(Option<u64>);

impl End {
    pub fn after(seconds: f64) -> Self {
        Self(if seconds > 0.0 {
            clock::after_seconds(seconds)
        } else {
            None
        })
    }

    /// Seconds that are left, as a socket takes them.
    pub fn left(&self) -> f64 {
        match self.0 {
            // 0 would be "as set": what has come is taken even at the last moment.
            Some(end) => (end.saturating_sub(clock::now()) as f64 / 1e9).max(1e-9),
            None => -1.0,
        }
    }
}

/// Waits for the response to the request that was sent. False without one, and after an error.
pub(super) fn receive(call: &Call, client: &Client, timeout: f64) -> Result<bool, Throw> {
    let this = call.this_object()?;
    let link = client.link.borrow().clone();
    let Some(link) = link.filter(|_| client.exchange.borrow().is_some()) else {
        return Ok(false);
    };
    let seconds = [timeout, client.settings.get().timeout]
        .into_iter()
        .find(|seconds| *seconds != 0.0)
        .unwrap_or(link.socket.timeouts().read);
    let end = End::after(seconds);
    let mut file = None;
    loop {
        let received = link.socket.receive(ROOM, end.left(), |bytes| {
            let fed = client
                .exchange
                .borrow_mut()
                .as_mut()
                .map(|exchange| exchange.feed(bytes));
            (fed, bytes.is_empty())
        });
        let fed = match received {
            Ok((Some(Ok(fed)), _)) => fed,
            // The connection ended too early.
            Ok((Some(Err(_)), true)) => {
                return fail(call, client, &link, &Error::System(RESET));
            }
            Ok((Some(Err(broken)), false)) => return refuse(call, client, &link, broken),
            // Closed by another coroutine, with what was awaited.
            Ok((None, _)) => return fail(call, client, &link, &Error::Cancelled),
            Err(error) => return fail(call, client, &link, &error),
        };
        if fed.head {
            show_head(this, client);
        }
        if let Some(failed) = deliver(call, client, &link, &mut file)? {
            return Ok(failed);
        }
        let Fed { over, .. } = fed;
        if over {
            return finish(this, client, &link);
        }
    }
}

/// Ends a response that did not come.
fn fail(call: &Call, client: &Client, link: &Link, error: &Error) -> Result<bool, Throw> {
    failure::throw(error)?;
    let this = call.this_object()?;
    give_up(this, client, link);
    let status = match error {
        Error::TimedOut => REQUEST_TIMEOUT,
        _ => SERVER_RESET,
    };
    this.set_slot(STATUS, status);
    failure::settle(this, SLOTS, error)?;
    Ok(false)
}

/// Ends a response that can't be understood, or not be kept.
fn refuse(call: &Call, client: &Client, link: &Link, broken: Broken) -> Result<bool, Throw> {
    let this = call.this_object()?;
    give_up(this, client, link);
    this.set_slot(STATUS, SERVER_RESET);
    let (code, text) = match broken {
        Broken::Protocol(_) => (
            error_code::HTTP_INVALID_PROTOCOL,
            failure::text(error_code::HTTP_INVALID_PROTOCOL),
        ),
        Broken::TooLong => (
            error_code::PACKAGE_LENGTH_TOO_LARGE,
            "the response's body is larger than memory_limit; download() or write_func take it in pieces".to_owned(),
        ),
    };
    failure::set(this, SLOTS, code, &text);
    Ok(false)
}

fn give_up(this: &Object, client: &Client, link: &Link) {
    // The error that ends the response says more than those of the end.
    let _closed = drop_link(this, client, link);
    forget_parts(this);
}

/// Uploads and downloads are for one request.
fn forget_parts(this: &Object) {
    let has = |slot| {
        this.slot(slot)
            .is_some_and(|value: &Value| !value.is_null())
    };
    if has(UPLOADS) {
        this.set_slot(UPLOADS, Value::null());
    }
    if has(DOWNLOAD) {
        this.set_slot(DOWNLOAD, Value::null());
        this.set_slot(DOWNLOAD_OFFSET, 0_i64);
    }
}

/// Adds a header; one that came before becomes a list.
fn add(headers: &mut Array, name: &[u8], value: &[u8], lowercase: bool) {
    let name = if lowercase {
        name.to_ascii_lowercase()
    } else {
        name.to_vec()
    };
    match headers
        .get_symbol(&name)
        .map(|before| before.as_array().cloned())
    {
        None => headers.set_symbol(&name, value),
        Some(Some(mut list)) => {
            list.push(value);
            headers.set_symbol(&name, list)
        }
        Some(None) => {
            let before = headers.get_symbol(&name).cloned();
            let mut list = Array::with_capacity(2);
            list.push(before).push(value);
            headers.set_symbol(&name, list)
        }
    };
}

/// A cookie of a `Set-Cookie` header.
pub(crate) fn add_cookie(cookies: &mut Array, line: &[u8]) {
    let pair = line.split(|byte| *byte == b';').next().unwrap_or_default();
    match pair.iter().position(|byte| *byte == b'=') {
        Some(at) if at > 0 => {
            let value = query::decode(&pair[at + 1..]);
            cookies.set_symbol(&pair[..at], &*value);
        }
        at => {
            let value = query::decode(&pair[at.map_or(0, |at| at + 1)..]);
            cookies.push(&*value);
        }
    }
}

/// Shows a response's head in the object's properties.
fn show_head(this: &Object, client: &Client) {
    let lowercase = client.settings.get().lowercase;
    let cookies = this.slot(COOKIES).and_then(Value::as_array).cloned();
    let (mut headers, mut lines) = (Array::new(), Array::new());
    let mut cookies = cookies.unwrap_or_default();
    let mut status = 0;
    // The properties are set outside of the borrow: what was in them may have destructors.
    if let Some(exchange) = client.exchange.borrow().as_ref() {
        status = exchange.head().status;
        for (name, value) in exchange.head().fields() {
            add(&mut headers, name, value, lowercase);
            if name.eq_ignore_ascii_case(b"set-cookie") {
                add_cookie(&mut cookies, value);
                lines.push(value);
            }
        }
    }
    this.set_slot(STATUS, i64::from(status));
    if !headers.is_empty() {
        this.set_slot(HEADERS, headers);
    }
    if !lines.is_empty() {
        this.set_slot(COOKIES, cookies);
        this.set_slot(SET_COOKIES, lines);
    }
}

/// Hands on what came of the body. `Some`: the response ended with it.
fn deliver(
    call: &Call,
    client: &Client,
    link: &Link,
    file: &mut Option<File>,
) -> Result<Option<bool>, Throw> {
    let goal = client
        .exchange
        .borrow()
        .as_ref()
        .map_or(Goal::Memory, |exchange| exchange.body.goal);
    match goal {
        Goal::Memory => Ok(None),
        Goal::Function => call_back(call, client, link),
        Goal::File => save(call, client, link, file),
    }
}

fn with_body<R>(client: &Client, take: impl FnOnce(&mut Exchange) -> R) -> Option<R> {
    client.exchange.borrow_mut().as_mut().map(take)
}

fn call_back(call: &Call, client: &Client, link: &Link) -> Result<Option<bool>, Throw> {
    let pieces = with_body(client, |exchange| exchange.body.take_pieces()).unwrap_or_default();
    let this = call.this_object()?;
    let function = client.write.borrow().clone();
    let Some(function) = function else {
        return Ok(None);
    };
    for piece in pieces {
        client.in_callback.set(true);
        let called = function.call(&[Value::from(this), Value::from(piece)]);
        client.in_callback.set(false);
        let closed = client.close_asked.take();
        if let Err(thrown) = called.into_result() {
            give_up(this, client, link);
            this.set_slot(STATUS, SERVER_RESET);
            return Err(thrown);
        }
        if closed {
            return fail(call, client, link, &Error::Cancelled).map(Some);
        }
    }
    Ok(None)
}

/// Writes to the file of download(), which is opened when the first bytes come.
fn save(
    call: &Call,
    client: &Client,
    link: &Link,
    file: &mut Option<File>,
) -> Result<Option<bool>, Throw> {
    let this = call.this_object()?;
    while let Some(bytes) = with_body(client, |exchange| exchange.body.take_decoded()).flatten() {
        let name = this.slot(DOWNLOAD).cloned().unwrap_or_default().to_str()?;
        let name = path(&name).to_owned();
        let offset = this.slot(DOWNLOAD_OFFSET).map_or(0, Value::to_long);
        let open = file.take();
        let shown = name.display().to_string();
        engine::scheduler::clear_cancelled();
        let written = engine::offload(move || write(open, name, offset, &bytes));
        let error = match written {
            Ok(Ok(open)) => {
                *file = Some(open);
                continue;
            }
            Ok(Err(error)) => Error::During(
                format!("write({shown}) failed"),
                error.raw_os_error().unwrap_or(0),
            ),
            Err(Wake::Timeout) => Error::TimedOut,
            Err(_) => Error::Cancelled,
        };
        return fail(call, client, link, &error).map(Some);
    }
    Ok(None)
}

fn write(file: Option<File>, name: PathBuf, offset: i64, bytes: &[u8]) -> io::Result<File> {
    let mut file = match file {
        Some(file) => file,
        None => {
            let mut file = OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(offset == 0)
                .open(name)?;
            file.seek(SeekFrom::Start(u64::try_from(offset).unwrap_or(0)))?;
            file
        }
    };
    file.write_all(bytes)?;
    Ok(file)
}

/// The response is complete.
fn finish(this: &Object, client: &Client, link: &Link) -> Result<bool, Throw> {
    let exchange = client.exchange.take();
    let Some(exchange) = exchange else {
        return Ok(false);
    };
    show_trailers(this, client, exchange.trailers());
    let upgraded = exchange.head().status == 101 && exchange.head().lists(b"upgrade", b"websocket");
    let keeps = client.settings.get().keep_alive && exchange.keeps_connection();
    let goal = exchange.body.goal;
    let extensions = exchange
        .head()
        .values(b"sec-websocket-extensions")
        .collect::<Vec<_>>()
        .join(&b',');
    let (body, rest) = exchange.finish();
    if goal == Goal::Memory {
        this.set_slot(BODY, body);
    }
    forget_parts(this);
    if upgraded {
        websocket::begin(client, &extensions, rest);
        return Ok(true);
    }
    if !keeps {
        // Nobody waits for it: the response has come.
        let _closed = drop_link(this, client, link);
    }
    Ok(true)
}

fn show_trailers(this: &Object, client: &Client, trailers: &Head) {
    let mut fields = trailers
        .fields()
        .filter(|(name, _)| {
            !NOT_IN_TRAILERS
                .iter()
                .any(|not| name.eq_ignore_ascii_case(not))
        })
        .peekable();
    if fields.peek().is_none() {
        return;
    }
    let headers = this.slot(HEADERS).and_then(Value::as_array).cloned();
    let mut headers = headers.unwrap_or_default();
    for (name, value) in fields {
        add(&mut headers, name, value, client.settings.get().lowercase);
    }
    this.set_slot(HEADERS, headers);
}
