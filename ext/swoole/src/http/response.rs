//! `Swoole\Http\Response`.

pub(crate) mod created;
mod fields;
mod file;
mod own;
pub(crate) mod packing;
pub(crate) mod remote;
pub(crate) mod reply;
pub(crate) mod upgrade;
mod websocket;

use super::cookie::{self, now};
use crate::error_code;
use crate::server::output_limit;
use fields::Fields;
use highper_http::compression::{self, Encoding, Policy};
use highper_http::cookie::SetCookie;
use highper_http::{EncodeError, Exchange, Progress, ResponseHead, SendError};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, LazyProperties, Renew, Str, Throw, Trace, Tracer,
    Value, error,
};
use packing::Packing;
use reply::Reply;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub(crate) static RESPONSE: ClassRef = ClassRef::new("Swoole\\Http\\Response");

pub(crate) const FD: u32 = 0;
/// 101 Switching Protocols
const SWITCHING: u16 = 101;
/// Slots of the lazy properties.
const HEADER: usize = 2;
const COOKIE: usize = 3;
const TRAILER: usize = 4;

/// What a response object carries.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) exchange: RefCell<Option<Rc<Exchange>>>,
    /// Where it goes to a socket instead.
    pub(crate) reply: RefCell<Option<Rc<Reply>>>,
    fields: RefCell<Fields>,
    /// Lines of Set-Cookie.
    cookies: RefCell<Vec<Vec<u8>>>,
    trailers: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
    status: Cell<u16>,
    reason: RefCell<Option<Vec<u8>>>,
    /// Bytes of the shortest body that is compressed; none is where it is the most.
    pub(crate) packs_from: Cell<u32>,
    detached: Cell<bool>,
    /// Made for a connection without a request under way: nothing of it can be sent.
    loose: Cell<bool>,
    /// Has another process begun to send it?
    remote: Cell<bool>,
    /// Was a property of what is set read? It is kept up to date from then on.
    seen: Cell<bool>,
    /// Are the properties arrays although nothing is set?
    begun: Cell<bool>,
    /// Was any field, status or trailer set? If not, the response is as plain as most are.
    dressed: Cell<bool>,
    /// Do what is printed and `header()` belong to it?
    own: Cell<bool>,
    /// The handler left with an exception: what it did not finish must not look finished.
    pub(crate) failed: Cell<bool>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(fields) = self.fields.try_borrow() {
            fields.trace(tracer);
        }
        if let Ok(reply) = self.reply.try_borrow()
            && let Some(reply) = &*reply
        {
            tracer.value(reply.object().as_value());
        }
    }
}

impl LazyProperties for State {
    fn fill(&self, slot: usize) -> Value {
        self.seen.set(true);
        // What is set from now on is to be seen: no plain response any more.
        self.dressed.set(true);
        self.property(slot)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.settle();
        if let Some(reply) = self.reply.get_mut().take()
            && !self.detached.get()
        {
            self.owe_reply(&reply);
        }
    }
}

impl Renew for State {
    #[inline(always)]
    fn renew(&mut self) {
        self.settle();
        if self.dressed.replace(false) {
            self.fields.get_mut().clear();
            self.cookies.get_mut().clear();
            self.trailers.get_mut().clear();
            self.loose.set(false);
            self.remote.set(false);
            self.seen.set(false);
            self.begun.set(false);
            self.own.set(false);
            self.status.set(0);
            self.reason.get_mut().take();
        }
        if self.detached.replace(false) {
            self.exchange.get_mut().take();
        }
        self.failed.set(false);
    }
}

impl State {
    /// A handler that ended without an answer still owes one.
    #[inline]
    fn settle(&mut self) {
        if self.detached.get() {
            return;
        }
        match self.exchange.get_mut().take() {
            Some(exchange) if exchange.progress() != Progress::Complete => self.owe(&exchange),
            _ => {}
        }
    }

    #[cold]
    fn owe(&self, exchange: &Exchange) {
        let done = match exchange.progress() {
            Progress::Complete => return,
            Progress::Streaming if self.failed.get() => {
                exchange.abort();
                return;
            }
            Progress::Streaming => exchange.finish(),
            Progress::Waiting => {
                let status = match self.status.get() {
                    _ if self.failed.get() => 500,
                    0 => 500,
                    status => status,
                };
                self.send(exchange, status, b"")
            }
        };
        if done.is_err() {
            exchange.abort();
        }
    }
}

/// Fields whose empty value says that there is to be none: an empty Content-Encoding switches compression off, an empty
/// Content-Length is for a body that the program goes on to send by itself.
fn is_left_out_empty(name: &[u8]) -> bool {
    [&b"content-encoding"[..], b"content-length"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

impl State {
    /// What a property shows.
    fn property(&self, slot: usize) -> Value {
        let (array, is_empty) = match slot {
            HEADER => {
                let fields = self.fields.borrow();
                (fields.array(), fields.is_empty())
            }
            COOKIE => {
                let cookies = self.cookies.borrow();
                let mut array = Array::with_capacity(cookies.len());
                for line in cookies.iter() {
                    array.push(Value::string(line));
                }
                (array, cookies.is_empty())
            }
            _ => {
                let trailers = self.trailers.borrow();
                let mut array = Array::with_capacity(trailers.len());
                for (name, value) in trailers.iter() {
                    array.set_symbol(&**name, Value::string(value));
                }
                (array, trailers.is_empty())
            }
        };
        if is_empty && !self.begun.get() {
            Value::default()
        } else {
            array.into()
        }
    }

    fn add_fields(
        &self,
        head: &mut ResponseHead<'_>,
        encoding: Encoding,
    ) -> Result<(), EncodeError> {
        self.put_fields(head, encoding, true)
    }

    /// The same for a body that follows piece by piece: as in Swoole its length is what its chunks say, whatever was set.
    fn add_fields_of_stream(&self, head: &mut ResponseHead<'_>) -> Result<(), EncodeError> {
        self.put_fields(head, Encoding::Identity, false)
    }

    fn put_fields(
        &self,
        head: &mut ResponseHead<'_>,
        encoding: Encoding,
        is_whole: bool,
    ) -> Result<(), EncodeError> {
        let mut typed = false;
        for (name, value) in self.fields.borrow().iter() {
            typed |= name.len() == 12 && name.eq_ignore_ascii_case(b"content-type");
            let is_length = name.len() == 14 && name.eq_ignore_ascii_case(b"content-length");
            if is_length && !is_whole {
                continue;
            }
            if value.is_empty() && is_left_out_empty(name) {
                if is_length {
                    head.leave_length_out();
                }
                continue;
            }
            head.header(name, value)?;
        }
        for line in self.cookies.borrow().iter() {
            head.header(b"Set-Cookie", line)?;
        }
        // In Swoole's order.
        if !typed {
            head.late(b"Content-Type", b"text/html");
        }
        if encoding != Encoding::Identity {
            head.late(b"Content-Encoding", encoding.token().as_bytes());
        }
        Ok(())
    }

    fn has(&self, wanted: &[u8]) -> bool {
        self.fields.borrow().has(wanted)
    }

    /// The content type that is sent, where one was set.
    fn content_type(&self) -> Option<Vec<u8>> {
        let fields = self.fields.borrow();
        let found = fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(b"content-type"));
        found.map(|(_, value)| value.to_vec())
    }

    /// The encoding for a body of this length, as the client and the settings have it.
    fn encoding(&self, exchange: &Exchange, length: usize) -> Encoding {
        if length < self.packs_from.get() as usize || self.has(b"content-encoding") {
            return Encoding::Identity;
        }
        let bytes = exchange.request().bytes();
        match exchange.request().head().accept_encoding(&bytes) {
            Some(accept) => self.encoding_by(&packing::of_server(), accept),
            None => Encoding::Identity,
        }
    }

    fn encoding_by(&self, packing: &Packing, accept: &[u8]) -> Encoding {
        if !packing.takes(self.content_type().as_deref()) {
            return Encoding::Identity;
        }
        let policy = Policy {
            offered: compression::SWOOLE.to_vec(),
            ..Policy::default()
        };
        policy.choose(Some(accept))
    }

    fn send(&self, exchange: &Exchange, status: u16, body: &[u8]) -> Result<(), SendError> {
        let encoding = self.encoding(exchange, body.len());
        let reason = self.reason.borrow();
        let mut packed = Vec::new();
        let level = packing::of_server().level;
        let body = if encoding == Encoding::Identity
            || compression::compress(encoding, level, body, &mut packed).is_err()
        {
            return exchange.respond(
                status,
                reason.as_deref(),
                |h| self.add_fields(h, Encoding::Identity),
                body,
            );
        } else {
            packed
        };
        exchange.respond(
            status,
            reason.as_deref(),
            |h| self.add_fields(h, encoding),
            &body,
        )
    }

    fn status(&self) -> u16 {
        match self.status.get() {
            0 => 200,
            status => status,
        }
    }
}

pub(crate) fn class() -> Class {
    let class = Class::new("Swoole\\Http\\Response")
        .doc("The response to a request.")
        .handle(&RESPONSE)
        .flags(Flags::NOT_SERIALIZABLE)
        .lazy_state::<State>()
        .deny_unset()
        .property("public $fd = 0", "The connection's number.")
        .property("public $socket = null", "The Coroutine\\Socket that it goes to; null in servers with processes.")
        .lazy_property("public $header", "Fields set so far, or null.")
        .lazy_property("public $cookie", "Lines of cookies set so far, or null.")
        .lazy_property("public $trailer", "Trailers set so far, or null.")
        .method("public function header(string $key, string|array $value, bool $format = true): bool", "Sets a field; an array gives several.", header)
        .method("public function setHeader(string $key, string|array $value, bool $format = true): bool", "Sets a field.", header)
        .method("public function status(int $http_code, string $reason = ''): bool", "Sets the status.", status)
        .method("public function setStatusCode(int $http_code, string $reason = ''): bool", "Sets the status.", status)
        .method("public function cookie(Swoole\\Http\\Cookie|string $name_or_object, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value encoded.", |call| cookie(call, false))
        .method("public function setCookie(Swoole\\Http\\Cookie|string $name_or_object, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value encoded.", |call| cookie(call, false))
        .method("public function rawcookie(Swoole\\Http\\Cookie|string $name_or_object, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value as given.", |call| cookie(call, true))
        .method("public function setRawCookie(Swoole\\Http\\Cookie|string $name_or_object, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value as given.", |call| cookie(call, true))
        .method("public function trailer(string $key, string $value): bool", "Sets a trailer of a chunked response.", trailer)
        .method("public function initHeader(): bool", "Makes arrays of the properties, if nothing was set.", |call| {
            if unavailable(call)? {
                return call.ret_bool(false);
            }
            call.this::<State>()?.begun.set(true);
            show(call, &[HEADER, COOKIE, TRAILER])?;
            call.ret_bool(true)
        })
        .method("public function write(string $content): bool", "Sends a piece of the body at once.", write)
        .method("public function end(?string $content = null): bool", "Sends the rest of the body and ends the response.", end)
        .method("public function sendfile(string $filename, int $offset = 0, int $length = 0): bool", "Sends a file as the body.", sendfile)
        .method("public function redirect(string $location, int $http_code = 302): bool", "Sends the client elsewhere.", redirect)
        .method("public function detach(): bool", "Keeps the response open after this object is gone.", |call| {
            if unavailable(call)? {
                return call.ret_bool(false);
            }
            let this = call.this::<State>()?;
            this.detached.set(true);
            this.dressed.set(true);
            call.ret_bool(true)
        })
        .method("public static function create(object|array|int $server = -1, int $fd = -1): \\Swoole\\Http\\Response|false", "A response for a connection, after detach().", created::create)
        .method("public function isWritable(): bool", "Can anything still be sent?", |call| {
            let this = call.this::<State>()?;
            let writable = !this.detached.get()
                && (this.loose.get()
                    || reply::is_writable(this)
                    || this
                        .exchange
                        .borrow()
                        .as_ref()
                        .is_some_and(|exchange| exchange.is_connected() && exchange.is_writable()));
            call.ret_bool(writable)
        });
    websocket::methods(class)
}

/// The response, as long as it can still be sent; without a word, as Swoole has it.
fn usable(call: &Call) -> Result<Option<Rc<Exchange>>, Throw> {
    let this = call.this::<State>()?;
    let found = this.exchange.borrow().clone();
    match found {
        Some(exchange) if !this.detached.get() && exchange.progress() != Progress::Complete => {
            Ok(Some(exchange))
        }
        _ => {
            if this.reply.borrow().is_none() {
                highper_runtime::set_last_error(error_code::HTTP_CONTEXT_UNAVAILABLE);
            }
            Ok(None)
        }
    }
}

/// Is it ended or detached? One for a connection without a request takes what is never sent.
fn unavailable(call: &Call) -> Result<bool, Throw> {
    Ok(!call.this::<State>()?.loose.get()
        && usable(call)?.is_none()
        && reply::usable(call)?.is_none())
}

/// Brings properties up to date that somebody has read.
fn show(call: &Call, slots: &[usize]) -> Done {
    let this = call.this::<State>()?;
    if this.seen.get() {
        for slot in slots {
            call.this_object()?.set_slot(*slot, this.property(*slot));
        }
    }
    Ok(())
}

/// PHP's words for a field that would begin another one.
const LINE_BREAK: &str = "Header may not contain more than a single header, new line detected";

/// Warns of each value that is not sent because it would break the head.
fn warn_of_broken(call: &Call, exchange: &Exchange) -> Done {
    if exchange.progress() != Progress::Waiting {
        return Ok(());
    }
    let count = call.this::<State>()?.fields.borrow().broken();
    for _ in 0..count {
        error::warning(LINE_BREAK)?;
    }
    Ok(())
}

/// "content-type" as "Content-Type".
fn formatted(name: &[u8]) -> Vec<u8> {
    let mut upper = true;
    name.iter()
        .map(|b| {
            let out = if upper {
                b.to_ascii_uppercase()
            } else {
                b.to_ascii_lowercase()
            };
            upper = *b == b'-';
            out
        })
        .collect()
}

fn header(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    if unavailable(call)? {
        return call.ret_bool(false);
    }
    let name = call.bytes(0)?;
    if name.len() > 127 {
        error::warning("header key is too long")?;
        return call.ret_bool(false);
    }
    if name.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        error::warning(LINE_BREAK)?;
        return call.ret_bool(false);
    }
    let name = if call.opt_bool(2, true)? {
        formatted(name)
    } else {
        name.to_vec()
    };
    let given = call.value(1)?.deref().clone();
    call.this::<State>()?.fields.borrow_mut().set(name, given)?;
    show(call, &[HEADER])?;
    call.ret_bool(true)
}

fn status(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    if unavailable(call)? {
        return call.ret_bool(false);
    }
    let code = call.long(0)?;
    let reason = call.opt_bytes(1, b"")?.to_vec();
    let this = call.this::<State>()?;
    match u16::try_from(code) {
        Ok(code) if (200..1000).contains(&code) || code == SWITCHING => this.status.set(code),
        _ => {
            error::warning(format!("status {code} can't be sent: use 200 to 999"))?;
            return call.ret_bool(false);
        }
    }
    *this.reason.borrow_mut() = if reason.is_empty() {
        None
    } else {
        Some(reason)
    };
    call.ret_bool(true)
}

fn cookie(call: &mut Call, raw: bool) -> Done {
    call.this::<State>()?.dressed.set(true);
    if unavailable(call)? {
        return call.ret_bool(false);
    }
    let written = match call.value(0)?.as_object() {
        Some(object) if object.is_instance_of(cookie::COOKIE.get()) => {
            cookie::line(object)?.map_err(|problem| problem.to_string())
        }
        Some(_) => Err("The first argument must be a string or an cookie object".to_owned()),
        None => {
            let mut line = Vec::new();
            let cookie = SetCookie {
                name: call.bytes(0)?,
                value: call.opt_bytes(1, b"")?,
                expires: call.opt_long(2, 0)?,
                path: call.opt_bytes(3, b"")?,
                domain: call.opt_bytes(4, b"")?,
                secure: call.opt_bool(5, false)?,
                http_only: call.opt_bool(6, false)?,
                same_site: call.opt_bytes(7, b"")?,
                priority: call.opt_bytes(8, b"")?,
                partitioned: call.opt_bool(9, false)?,
                raw,
            };
            let written = cookie.write(now(), &mut line);
            written
                .map(|()| line)
                .map_err(|problem| problem.to_string())
        }
    };
    let line = match written {
        Ok(line) => line,
        Err(problem) => {
            error::warning(problem)?;
            return call.ret_bool(false);
        }
    };
    call.this::<State>()?.cookies.borrow_mut().push(line);
    show(call, &[COOKIE])?;
    call.ret_bool(true)
}

fn trailer(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    if unavailable(call)? {
        return call.ret_bool(false);
    }
    let (name, value) = (call.bytes(0)?.to_ascii_lowercase(), call.bytes(1)?.to_vec());
    if name.len() > 127 {
        error::warning("trailer key is too long")?;
        return call.ret_bool(false);
    }
    {
        let mut trailers = call.this::<State>()?.trailers.borrow_mut();
        match trailers.iter_mut().find(|(have, _)| *have == name) {
            Some((_, have)) => *have = value,
            None => trailers.push((name, value)),
        }
    }
    show(call, &[TRAILER])?;
    call.ret_bool(true)
}

fn sent(call: &Call, result: Result<(), SendError>) -> Done {
    match result {
        Ok(()) => call.ret_bool(true),
        Err(SendError::Gone) => call.ret_bool(false),
        Err(problem) => {
            error::warning(problem.to_string())?;
            call.ret_bool(false)
        }
    }
}

/// Bytes that may wait for a slow client before writing waits with them.
const HIGH_WATER: u64 = 2 << 20;

fn write(call: &mut Call) -> Done {
    let Some(exchange) = usable(call)? else {
        let content = call.str(0)?;
        return match remote::send(call, content.as_bytes(), false)? {
            Some(sent) => call.ret_bool(sent),
            None => reply::write(call),
        };
    };
    let mut content = call.str(0)?;
    if content.as_bytes().is_empty() {
        error::warning("the data sent must not be empty")?;
        return call.ret_bool(false);
    }
    let this = call.this::<State>()?;
    if this.own.get() {
        content = own::piece(this, exchange.progress(), content);
    }
    warn_of_broken(call, &exchange)?;
    if exchange.progress() == Progress::Waiting {
        let reason = this.reason.borrow().clone();
        let started = exchange.start(this.status(), reason.as_deref(), None, |h| {
            this.add_fields_of_stream(h)
        });
        if started.is_err() {
            return sent(call, started);
        }
    }
    let result = exchange.write(content.as_bytes());
    if result.is_ok()
        && exchange.connection().queued() > HIGH_WATER
        && highper_engine::can_suspend()
    {
        let _why = exchange.connection().wait_drained(None);
    }
    sent(call, result)
}

/// The end of a response that nothing was set on, in one piece; `None` where it is not that plain.
#[inline]
fn end_plain(call: &Call) -> Result<Option<()>, Throw> {
    let this = call.this::<State>()?;
    if this.dressed.get() {
        return Ok(None);
    }
    let exchange = this.exchange.borrow();
    let Some(exchange) = exchange.as_ref() else {
        return Ok(None);
    };
    let Some(body) = call.opt_value(0).map_or(Some(&b""[..]), Value::as_bytes) else {
        return Ok(None);
    };
    let packs = body.len() >= this.packs_from.get() as usize
        && exchange.request().head().has_accept_encoding();
    if packs
        || body.len() >= SHARE_FROM
        || output_limit::is_over(body.len())
        || exchange.progress() != Progress::Waiting
    {
        return Ok(None);
    }
    Ok(exchange.respond_plain(b"text/html", body).ok())
}

/// Bodies from this size on are sent from where they are.
const SHARE_FROM: usize = 64 * 1024;

fn end(call: &mut Call) -> Done {
    if end_plain(call)?.is_some() {
        return call.ret_bool(true);
    }
    let Some(exchange) = usable(call)? else {
        let content = call.opt_str(0)?;
        let body = content.as_ref().map_or(&b""[..], Str::as_bytes);
        return match remote::send(call, body, true)? {
            Some(sent) => call.ret_bool(sent),
            None => reply::end(call),
        };
    };
    if call.this::<State>()?.own.get() {
        return own::end(call, &exchange);
    }
    let content = call.opt_str(0)?;
    let body = content.as_ref().map_or(&b""[..], Str::as_bytes);
    if output_limit::refuses(body.len()) {
        return call.ret_bool(false);
    }
    warn_of_broken(call, &exchange)?;
    let this = call.this::<State>()?;
    if exchange.progress() == Progress::Waiting && !this.trailers.borrow().is_empty() {
        let trailers = this.trailers.borrow();
        let trailers: Vec<(&[u8], &[u8])> = trailers
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
            .collect();
        // HTTP/1.1 has a place for them only behind chunks.
        let _for_http2 = exchange.set_trailers(&trailers);
    }
    let result = match exchange.progress() {
        Progress::Streaming => {
            let trailers = this.trailers.borrow();
            let trailers: Vec<(&[u8], &[u8])> = trailers
                .iter()
                .map(|(n, v)| (n.as_slice(), v.as_slice()))
                .collect();
            let last = if body.is_empty() {
                Ok(())
            } else {
                exchange.write(body)
            };
            last.and_then(|()| exchange.finish_with(&trailers))
        }
        _ if body.len() >= SHARE_FROM
            && this.encoding(&exchange, body.len()) == Encoding::Identity =>
        {
            let shared = content.clone().unwrap_or_else(|| Str::new(b""));
            exchange.respond_shared(
                this.status(),
                this.reason.borrow().as_deref(),
                |h| this.add_fields(h, Encoding::Identity),
                shared,
            )
        }
        _ => this.send(&exchange, this.status(), body),
    };
    match result {
        Err(SendError::Encode(_)) if this.status.get() == SWITCHING => {
            sent(call, this.switch(&exchange))
        }
        result => sent(call, result),
    }
}

fn sendfile(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    let Some(exchange) = usable(call)? else {
        return reply::sendfile(call);
    };
    if exchange.progress() != Progress::Waiting {
        error::warning("can't use sendfile when HTTP chunk is enabled")?;
        return call.ret_bool(false);
    }
    let Some(part) = file::part(call)? else {
        return call.ret_bool(false);
    };
    let this = call.this::<State>()?;
    if this.own.get() {
        this.take_own_head();
    }
    this.set_type_of(&part.name);
    warn_of_broken(call, &exchange)?;
    let result = exchange.send_file(
        this.status(),
        |h| this.add_fields(h, Encoding::Identity),
        part.file,
        part.offset,
        part.length,
    );
    sent(call, result)
}

fn redirect(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    let Some(exchange) = usable(call)? else {
        return reply::redirect(call);
    };
    let location = call.bytes(0)?.to_vec();
    let code = call.opt_long(1, 302)?;
    let this = call.this::<State>()?;
    this.fields.borrow_mut().set_text(b"Location", &location);
    if this.own.get() {
        this.take_own_head();
    }
    warn_of_broken(call, &exchange)?;
    let code = u16::try_from(code)
        .ok()
        .filter(|c| (300..400).contains(c))
        .unwrap_or(302);
    let result = this.send(&exchange, code, b"");
    sent(call, result)
}
