//! `highper.superglobals=request`: what libraries written for php-fpm read and set in globals is each request's own.
//!
//! Superglobals, the session, `header()`, output, `php://input` and shutdown functions belong to the coroutine that
//! handles the request, and to those that it makes. Where this is off, nothing of it is called.

use crate::input;
use highper_http::upload::Form;
use highper_http::{Addresses, Body, Exchange, Head, cookie, form, query};
use highper_zend::superglobals::{self as sets, Inputs, Lines};
use highper_zend::{Access, Array, Ini, Registry, Throw, Value, ini, process, uploads};
use std::cell::{Cell, OnceCell};
use std::path::Path;

/// The setting's name.
const NAME: &str = "highper.superglobals";

/// Declares the setting.
pub fn declare(registry: &mut Registry) {
    registry.setting(Ini::new(
        NAME,
        "shared",
        Access::System,
        "`request` gives each request superglobals, a session, header lines and output of its own, as php-fpm does; with `shared` they are the process's.",
    ));
}

/// Whose superglobals are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// The process's: PHP's own way on the command line.
    Shared,
    /// Each request's.
    Request,
}

impl Scope {
    /// By its name; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "shared" => Some(Self::Shared),
            "request" => Some(Self::Request),
            _ => None,
        }
    }
}

/// What php.ini says.
///
/// # Errors
/// A sentence, when that is neither of both.
pub fn configured() -> Result<Scope, String> {
    let text = ini::string(NAME);
    Scope::parse(&text).ok_or_else(|| format!("{NAME} must be shared or request, '{text}' given"))
}

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static SCRIPT: OnceCell<Script> = const { OnceCell::new() };
}

/// Prepares this process for requests with superglobals of their own: before the first [`begin`], outside of requests.
pub fn enable() {
    if !IS_ON.replace(true) {
        sets::enable();
        crate::wiring::follow_sets();
    }
}

/// What the running request has set and printed.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status; 200 where none was set.
    pub status: u16,
    /// Lines of `header()`, `setcookie()` and the session, in order.
    pub headers: Lines,
    /// What was printed.
    pub printed: Value,
}

impl Answer {
    /// The bytes that were printed.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.printed.as_bytes().unwrap_or_default()
    }

    /// Was nothing set and nothing printed?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.status == 200 && self.headers.is_empty() && self.body().is_empty()
    }
}

/// What is known of a request whose superglobals are its own.
pub struct Asked<'a> {
    /// Its head, and the bytes that it lies in.
    pub head: (&'a Head, &'a [u8]),
    /// The connection's ends.
    pub ends: &'a Addresses,
    /// Did it come by TLS?
    pub is_secure: bool,
    /// When it came, in nanoseconds since 1970.
    pub time: u64,
    /// The fields and files of a multipart form.
    pub form: Option<&'a Form>,
    /// The body, where it is no such form.
    pub body: &'a [u8],
}

/// The request begins: the running coroutine has superglobals of its own from now on.
///
/// # Errors
/// What `session.auto_start` throws, and fatal errors.
pub fn begin(exchange: &Exchange) -> Result<(), Throw> {
    let request = exchange.request();
    let (mut form, mut raw) = (None, Vec::new());
    match request.body() {
        Body::Form(read) => form = Some(&**read),
        Body::Empty | Body::Stream(_) => {}
        Body::Memory(_) | Body::File(..) => {
            raw = request
                .with_body(<[u8]>::to_vec)
                .map_err(|e| Throw::error(format!("the request's body can't be read: {e}")))?;
        }
    }
    begin_of(&Asked {
        head: (request.head(), &request.bytes()),
        ends: exchange.connection().addresses(),
        is_secure: exchange.connection().is_secure(),
        time: exchange.started_wall(),
        form,
        body: &raw,
    })
}

/// As [`begin`], for requests that came in another way.
///
/// # Errors
/// As there.
pub fn begin_of(asked: &Asked<'_>) -> Result<(), Throw> {
    let (head, bytes) = asked.head;
    let (mut post, mut files) = (Array::new(), Array::new());
    if let Some(form) = asked.form {
        post = input::array(&form.fields);
        files = input::array(&form.files);
        for path in form.temp.paths() {
            uploads::add(path.as_os_str().as_encoded_bytes());
        }
    } else if !asked.body.is_empty() {
        let kind = head.content_type(bytes).map(form::Kind::of);
        if matches!(kind, Some(Ok(form::Kind::UrlEncoded))) {
            post = input::array(&query::parse(asked.body, &query::Options::default()).list);
        }
    }
    let text = head.cookies(bytes).collect::<Vec<_>>().join(&b"; "[..]);
    let options = query::Options::default();
    sets::begin(Inputs {
        server: server(asked),
        get: input::array(&query::parse(head.query(bytes).unwrap_or_default(), &options).list),
        post,
        cookie: input::array(&cookie::parse(&text, &options).list),
        files,
        body: asked.body,
        time: asked.time as f64 / 1e9,
    })
}

/// Is what the running code prints for the answer of its request?
#[must_use]
pub fn is_open() -> bool {
    IS_ON.get() && sets::is_open()
}

/// `exit()` with a text prints it.
pub fn print(text: &Value) {
    if let Some(bytes) = text.as_bytes() {
        // A fatal error is found by what comes next.
        let _fine = sets::print(bytes);
    }
}

/// The request's handler is over: calls what it registered for its end, and writes the session.
///
/// # Errors
/// The first exception of these, and fatal errors.
pub fn end(exchange: &Exchange) -> Result<(), Throw> {
    end_of(match exchange.request().body() {
        Body::Form(form) => Some(form),
        _ => None,
    })
}

/// As [`end`], for requests that came in another way.
///
/// # Errors
/// As there.
pub fn end_of(form: Option<&Form>) -> Result<(), Throw> {
    let ended = sets::end();
    if let Some(form) = form {
        for path in form.temp.paths() {
            uploads::forget(path.as_os_str().as_encoded_bytes());
        }
    }
    ended
}

/// What was set and printed until now. What was printed is taken: asked again, it is what came since.
#[must_use]
pub fn answer() -> Answer {
    Answer {
        status: sets::status(),
        headers: sets::headers(),
        printed: sets::printed(),
    }
}

/// The status and the lines of `header()`, as [`answer`] has them.
#[must_use]
pub fn head() -> (u16, Lines) {
    (sets::status(), sets::headers())
}

/// The answer is under way. What is printed from now on goes to standard output.
pub fn shut() {
    sets::shut();
}

/// The answer can't take what was printed: it goes where it goes without a request.
pub fn let_out() {
    let text = sets::printed();
    sets::shut();
    print(&text);
}

/// What php-fpm puts into `$_SERVER` for a request.
fn server(asked: &Asked<'_>) -> Array {
    let (ends, secure, time) = (asked.ends, asked.is_secure, asked.time);
    let (head, bytes) = asked.head;
    let mut array = Array::with_capacity(head.field_count() + 24);
    fields(&mut array, head, bytes);
    let port = |address: Option<std::net::SocketAddr>| {
        address.map(|a| a.port().to_string()).unwrap_or_default()
    };
    let local_port = port(ends.local);
    let host = head.get(bytes, b"host").unwrap_or_default();
    let name = match host.iter().rposition(|b| *b == b':') {
        Some(at) if host[at + 1..].iter().all(u8::is_ascii_digit) => &host[..at],
        _ => host,
    };
    let name = match name {
        [] => ends.local_ip.as_bytes(),
        name => name,
    };
    let protocol = match head.version() {
        highper_http::Version::Http10 => "HTTP/1.0",
        highper_http::Version::Http11 => "HTTP/1.1",
        highper_http::Version::Http2 => "HTTP/2.0",
    };
    array
        .set("GATEWAY_INTERFACE", "CGI/1.1")
        .set(
            "SERVER_SOFTWARE",
            concat!("Highper/", env!("CARGO_PKG_VERSION")),
        )
        .set("SERVER_PROTOCOL", protocol)
        .set("SERVER_NAME", Value::string(name))
        .set("SERVER_ADDR", Value::string(&ends.local_ip))
        .set("SERVER_PORT", Value::string(&local_port))
        .set("REMOTE_ADDR", Value::string(&ends.peer_ip))
        .set("REMOTE_PORT", Value::string(port(ends.peer)))
        .set("REQUEST_SCHEME", if secure { "https" } else { "http" })
        .set("REQUEST_METHOD", Value::string(head.method_name(bytes)))
        .set("REQUEST_URI", Value::string(head.target(bytes)))
        .set("DOCUMENT_URI", Value::string(head.path(bytes)))
        .set(
            "QUERY_STRING",
            Value::string(head.query(bytes).unwrap_or_default()),
        )
        .set("REQUEST_TIME", (time / 1_000_000_000) as i64)
        .set("REQUEST_TIME_FLOAT", time as f64 / 1e9);
    if secure {
        array.set("HTTPS", "on");
    }
    script(&mut array);
    array
}

/// Header fields as `HTTP_…`; the type and the length of the body have no such prefix.
fn fields(array: &mut Array, head: &Head, bytes: &[u8]) {
    for (name, value) in head.fields(bytes) {
        // A name with an underscore would pass for another one, `Proxy` for the variable that HTTP clients obey.
        if name.contains(&b'_') || name.eq_ignore_ascii_case(b"proxy") {
            continue;
        }
        let mut key = Vec::with_capacity(name.len() + 5);
        let is_of_body = name.eq_ignore_ascii_case(b"content-type")
            || name.eq_ignore_ascii_case(b"content-length");
        if !is_of_body {
            key.extend_from_slice(b"HTTP_");
        }
        key.extend(name.iter().map(|b| match b {
            b'-' => b'_',
            b => b.to_ascii_uppercase(),
        }));
        let all = match array.get(&key).and_then(Value::as_bytes) {
            None => Value::string(value),
            Some(_) if is_of_body => continue,
            Some(first) => {
                let between: &[u8] = if key == b"HTTP_COOKIE" { b"; " } else { b", " };
                Value::string([first, between, value].concat())
            }
        };
        array.set(&key, all);
        if key == b"HTTP_AUTHORIZATION" {
            authorization(array, value);
        }
    }
}

/// `PHP_AUTH_USER` and its relatives.
fn authorization(array: &mut Array, value: &[u8]) {
    let Some(at) = value.iter().position(|b| *b == b' ') else {
        return;
    };
    let (scheme, rest) = (&value[..at], value[at..].trim_ascii());
    if scheme.eq_ignore_ascii_case(b"digest") {
        array.set("PHP_AUTH_DIGEST", Value::string(rest));
    } else if scheme.eq_ignore_ascii_case(b"basic")
        && let Some(pair) = base64(rest)
        && let Some(colon) = pair.iter().position(|b| *b == b':')
    {
        array
            .set("PHP_AUTH_USER", Value::string(&pair[..colon]))
            .set("PHP_AUTH_PW", Value::string(&pair[colon + 1..]));
    }
}

/// Base64 (RFC 4648, section 4); `None` where it is none.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    let end = text.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    let mut out = Vec::with_capacity(end * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in &text[..end] {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

/// The program as a front controller: what frameworks find their base URL by.
struct Script {
    root: String,
    file: String,
    name: String,
}

impl Script {
    fn of(path: Option<&String>) -> Self {
        let path = path.map_or(Path::new(""), Path::new);
        let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let text = |path: Option<&Path>| {
            path.unwrap_or(Path::new("/"))
                .to_string_lossy()
                .into_owned()
        };
        let name = full.file_name().unwrap_or_default().to_string_lossy();
        Self {
            root: text(full.parent()),
            name: format!("/{name}"),
            file: text(Some(&full)),
        }
    }
}

fn script(array: &mut Array) {
    SCRIPT.with(|kept| {
        let script = kept.get_or_init(|| Script::of(process::arguments().first()));
        array
            .set("DOCUMENT_ROOT", &*script.root)
            .set("SCRIPT_FILENAME", &*script.file)
            .set("SCRIPT_NAME", &*script.name)
            .set("PHP_SELF", &*script.name);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        assert_eq!(base64(b"dXNlcjpwYTpzcw==").unwrap(), b"user:pa:ss");
        assert_eq!(base64(b"YQ").unwrap(), b"a");
        assert_eq!(base64(b""), Some(Vec::new()));
        assert_eq!(base64(b"a*b"), None);
    }

    #[test]
    fn scopes_have_names() {
        assert_eq!(Scope::parse("shared"), Some(Scope::Shared));
        assert_eq!(Scope::parse("request"), Some(Scope::Request));
        assert_eq!(Scope::parse("Request"), None);
    }
}
