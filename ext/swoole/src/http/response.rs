//! `Swoole\Http\Response`.

use highper_http::compression::{self, Encoding, Policy};
use highper_http::cookie::SetCookie;
use highper_http::{EncodeError, Exchange, Progress, ResponseHead, SendError};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Renew, Str, Throw, Trace, Value, error};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) static RESPONSE: ClassRef = ClassRef::new("Swoole\\Http\\Response");

pub(crate) const FD: u32 = 0;

/// What a response object carries.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) exchange: RefCell<Option<Rc<Exchange>>>,
    fields: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
    trailers: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
    status: Cell<u16>,
    reason: RefCell<Option<Vec<u8>>>,
    pub(crate) compress: Cell<bool>,
    detached: Cell<bool>,
    /// Was any field, status or trailer set? If not, the response is as plain as most are.
    dressed: Cell<bool>,
    /// The handler left with an exception: what it did not finish must not look finished.
    pub(crate) failed: Cell<bool>,
}

impl Trace for State {}

impl Drop for State {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Renew for State {
    #[inline]
    fn renew(&mut self) {
        self.settle();
        if self.dressed.replace(false) {
            self.fields.get_mut().clear();
            self.trailers.get_mut().clear();
            self.status.set(0);
            self.reason.get_mut().take();
        }
        self.exchange.get_mut().take();
        self.detached.set(false);
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

impl State {
    fn add_fields(
        &self,
        head: &mut ResponseHead<'_>,
        encoding: Encoding,
    ) -> Result<(), EncodeError> {
        let mut typed = false;
        for (name, value) in self.fields.borrow().iter() {
            typed |= name.len() == 12 && name.eq_ignore_ascii_case(b"content-type");
            head.header(name, value)?;
        }
        if !typed {
            head.header(b"Content-Type", b"text/html")?;
        }
        if encoding != Encoding::Identity {
            head.header(b"Content-Encoding", encoding.token().as_bytes())?;
        }
        Ok(())
    }

    fn has(&self, wanted: &[u8]) -> bool {
        self.fields
            .borrow()
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    }

    /// The encoding for a body of this length, as the client and the settings have it.
    fn encoding(&self, exchange: &Exchange, length: usize) -> Encoding {
        if !self.compress.get() || length < 20 || self.has(b"content-encoding") {
            return Encoding::Identity;
        }
        let bytes = exchange.request().bytes();
        let Some(accept) = exchange.request().head().accept_encoding(&bytes) else {
            return Encoding::Identity;
        };
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
        let body = if encoding == Encoding::Identity
            || compression::compress(encoding, None, body, &mut packed).is_err()
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
    Class::new("Swoole\\Http\\Response")
        .doc("The response to a request.")
        .handle(&RESPONSE)
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<State>()
        .property("public int $fd = 0", "The connection's number.")
        .property("public $socket = null", "Unused in servers of this kind.")
        .property("public $header = null", "Fields set so far.")
        .property("public $cookie = null", "Cookies set so far.")
        .property("public $trailer = null", "Trailers set so far.")
        .method("public function header(string $key, string|array $value, bool $format = true): bool", "Sets a field; an array gives several.", header)
        .method("public function setHeader(string $key, string|array $value, bool $format = true): bool", "Sets a field.", header)
        .method("public function status(int $http_code, string $reason = ''): bool", "Sets the status.", status)
        .method("public function setStatusCode(int $http_code, string $reason = ''): bool", "Sets the status.", status)
        .method("public function cookie(string $name_or_object, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value encoded.", |call| cookie(call, false))
        .method("public function setCookie(string $name_or_object, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value encoded.", |call| cookie(call, false))
        .method("public function rawcookie(string $name, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value as given.", |call| cookie(call, true))
        .method("public function setRawCookie(string $name, string $value = '', int $expires = 0, string $path = '/', string $domain = '', bool $secure = false, bool $httponly = false, string $samesite = '', string $priority = '', bool $partitioned = false): bool", "Sets a cookie, its value as given.", |call| cookie(call, true))
        .method("public function trailer(string $key, string $value): bool", "Sets a trailer of a chunked response.", trailer)
        .method("public function initHeader(): bool", "Forgets fields and status set so far.", |call| {
            let this = call.this::<State>()?;
            this.fields.borrow_mut().clear();
            this.status.set(0);
            call.ret_bool(true)
        })
        .method("public function write(string $content): bool", "Sends a piece of the body at once.", write)
        .method("public function end(?string $content = null): bool", "Sends the rest of the body and ends the response.", end)
        .method("public function sendfile(string $filename, int $offset = 0, int $length = 0): bool", "Sends a file as the body.", sendfile)
        .method("public function redirect(string $location, int $http_code = 302): bool", "Sends the client elsewhere.", redirect)
        .method("public function detach(): bool", "Keeps the response open after this object is gone.", |call| {
            let this = call.this::<State>()?;
            let open = this
                .exchange
                .borrow()
                .as_ref()
                .is_some_and(|e| e.progress() != Progress::Complete);
            let known = open && !this.detached.replace(true);
            call.ret_bool(known)
        })
        .method("public function isWritable(): bool", "Can anything still be sent?", |call| {
            let writable = match exchange(call) {
                Ok(exchange) => exchange.is_connected() && exchange.is_writable(),
                Err(_) => false,
            };
            call.ret_bool(writable)
        })
}

fn exchange(call: &Call) -> Result<Rc<Exchange>, Throw> {
    let exchange = call.this::<State>()?.exchange.borrow().clone();
    exchange.ok_or_else(|| {
        Throw::error("http response is unavailable (maybe it has been ended or detached)")
    })
}

/// Warns as Swoole does and returns false where nothing can be sent any more.
fn usable(call: &Call) -> Result<Option<Rc<Exchange>>, Throw> {
    let found = call.this::<State>()?.exchange.borrow().clone();
    match found {
        Some(exchange) if exchange.is_writable() => Ok(Some(exchange)),
        _ => {
            error::warning("http response is unavailable (maybe it has been ended or detached)")?;
            Ok(None)
        }
    }
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
    if usable(call)?.is_none() {
        return call.ret_bool(false);
    }
    let name = call.bytes(0)?;
    if name.is_empty() || name.len() > 127 {
        error::warning("header key is too long")?;
        return call.ret_bool(false);
    }
    let format = call.opt_bool(2, true)?;
    let name = if format {
        formatted(name)
    } else {
        name.to_vec()
    };
    let mut values = Vec::new();
    match call.value(1)?.deref().as_array() {
        Some(list) => {
            for value in list.values() {
                values.push(value.to_str()?.as_bytes().to_vec());
            }
        }
        None => values.push(call.value(1)?.to_str()?.as_bytes().to_vec()),
    }
    let unsafe_byte = |b: &u8| matches!(b, b'\r' | b'\n' | 0);
    if name.iter().any(unsafe_byte) || values.iter().flatten().any(unsafe_byte) {
        error::warning(format!(
            "the header field \"{}\" has a line break or NUL in its name or value and is not sent",
            String::from_utf8_lossy(&name).escape_debug()
        ))?;
        return call.ret_bool(false);
    }
    let this = call.this::<State>()?;
    let mut fields = this.fields.borrow_mut();
    fields.retain(|(have, _)| !have.eq_ignore_ascii_case(&name));
    fields.extend(values.into_iter().map(|value| (name.clone(), value)));
    drop(fields);
    call.ret_bool(true)
}

fn status(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    if usable(call)?.is_none() {
        return call.ret_bool(false);
    }
    let code = call.long(0)?;
    let reason = call.opt_bytes(1, b"")?.to_vec();
    let this = call.this::<State>()?;
    match u16::try_from(code) {
        Ok(code) if (200..1000).contains(&code) => this.status.set(code),
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
    if usable(call)?.is_none() {
        return call.ret_bool(false);
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs() as i64);
    let mut line = Vec::new();
    let written = SetCookie {
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
    }
    .write(now, &mut line);
    if let Err(problem) = written {
        error::warning(problem.to_string())?;
        return call.ret_bool(false);
    }
    call.this::<State>()?
        .fields
        .borrow_mut()
        .push((b"Set-Cookie".to_vec(), line));
    call.ret_bool(true)
}

fn trailer(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    if usable(call)?.is_none() {
        return call.ret_bool(false);
    }
    let (name, value) = (call.bytes(0)?.to_ascii_lowercase(), call.bytes(1)?.to_vec());
    call.this::<State>()?
        .trailers
        .borrow_mut()
        .push((name, value));
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
        return call.ret_bool(false);
    };
    let content = call.str(0)?;
    if content.as_bytes().is_empty() {
        error::warning("the data sent must not be empty")?;
        return call.ret_bool(false);
    }
    let this = call.this::<State>()?;
    if exchange.progress() == Progress::Waiting {
        let reason = this.reason.borrow().clone();
        let started = exchange.start(this.status(), reason.as_deref(), None, |h| {
            this.add_fields(h, Encoding::Identity)
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
    let packs =
        this.compress.get() && body.len() >= 20 && exchange.request().head().has_accept_encoding();
    if packs || body.len() >= SHARE_FROM || exchange.progress() != Progress::Waiting {
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
        return call.ret_bool(false);
    };
    let content: Option<Str> = match call.opt_value(0).map(Value::deref) {
        Some(value) if !value.is_null() => Some(call.str(0)?),
        _ => None,
    };
    let body = content.as_ref().map_or(&b""[..], Str::as_bytes);
    let this = call.this::<State>()?;
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
    sent(call, result)
}

fn sendfile(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    let Some(exchange) = usable(call)? else {
        return call.ret_bool(false);
    };
    if exchange.progress() != Progress::Waiting {
        error::warning("can't use sendfile when HTTP chunk is enabled")?;
        return call.ret_bool(false);
    }
    let name = call.bytes(0)?.to_vec();
    let (offset, length) = (call.opt_long(1, 0)?, call.opt_long(2, 0)?);
    let path = std::path::PathBuf::from(String::from_utf8_lossy(&name).into_owned());
    let opened =
        std::fs::File::open(&path).and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (file, size) = match opened {
        Ok((file, meta)) if meta.is_file() => (file, meta.len()),
        Ok(_) => {
            error::warning(format!(
                "parameter $file[{}] given is not a regular file",
                path.display()
            ))?;
            return call.ret_bool(false);
        }
        Err(problem) => {
            let text = problem.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            error::warning(format!(
                "stat({}) failed, Error: {text}[{}]",
                path.display(),
                problem.raw_os_error().unwrap_or(0)
            ))?;
            return call.ret_bool(false);
        }
    };
    let offset = u64::try_from(offset).unwrap_or(0);
    if offset > size {
        error::warning(format!("parameter $offset[{offset}] exceeds the file size"))?;
        return call.ret_bool(false);
    }
    let length = match u64::try_from(length) {
        Ok(0) | Err(_) => size - offset,
        Ok(length) if length > size - offset => {
            error::warning(format!("parameter $length[{length}] exceeds the file size"))?;
            return call.ret_bool(false);
        }
        Ok(length) => length,
    };
    let this = call.this::<State>()?;
    if !this.has(b"content-type") {
        // The type alone, as Swoole: the file's charset is not known here.
        let mime = highper_http::mime::of_name(&name);
        let mime = mime.split(';').next().unwrap_or(mime);
        this.fields
            .borrow_mut()
            .push((b"Content-Type".to_vec(), mime.as_bytes().to_vec()));
    }
    let result = exchange.send_file(
        this.status(),
        |h| this.add_fields(h, Encoding::Identity),
        file,
        offset,
        length,
    );
    sent(call, result)
}

fn redirect(call: &mut Call) -> Done {
    call.this::<State>()?.dressed.set(true);
    let Some(exchange) = usable(call)? else {
        return call.ret_bool(false);
    };
    let location = call.bytes(0)?.to_vec();
    let code = call.opt_long(1, 302)?;
    let this = call.this::<State>()?;
    this.fields
        .borrow_mut()
        .retain(|(name, _)| !name.eq_ignore_ascii_case(b"location"));
    this.fields
        .borrow_mut()
        .push((b"Location".to_vec(), location));
    let code = u16::try_from(code)
        .ok()
        .filter(|c| (300..400).contains(c))
        .unwrap_or(302);
    let result = this.send(&exchange, code, b"");
    sent(call, result)
}
