//! `Swoole\Http\Request`: made lazily from the bytes as they came.

pub(crate) mod parsed;

use super::{inputs, names};
use highper_http::detached::Detached;
use highper_http::form::Kind;
use highper_http::{Addresses, Body, Exchange, Head, cookie, query};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Known, LazyProperties, Object, Renew, Table,
    Template, Throw, Trace, Value, uploads,
};
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

pub(crate) static REQUEST: ClassRef = ClassRef::new("Swoole\\Http\\Request");

/// Slots of the declared properties, in order.
pub(crate) const FD: u32 = 0;
pub(crate) const STREAM: u32 = 1;
const HEADER: usize = 2;
const SERVER: usize = 3;
const COOKIE: usize = 4;
const GET: usize = 5;
const FILES: usize = 6;
const POST: usize = 7;
const TMPFILES: usize = 8;

/// What a request object carries.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) exchange: RefCell<Option<Rc<Exchange>>>,
    /// Is the form left alone (`http_parse_post` off)?
    pub(crate) no_post: Cell<bool>,
    /// Are cookies left as a field (`http_parse_cookie` off)?
    pub(crate) no_cookie: Cell<bool>,
    /// What the worker keeps for all requests.
    pub(crate) kept: Cell<Option<&'static Kept>>,
    /// Do files lie as in `$_FILES` (`http_parse_files`)?
    pub(crate) php_files: Cell<bool>,
    /// Made by `create()`, without a connection.
    parsed: RefCell<Option<Box<parsed::Parsed>>>,
    /// Does PHP know of the uploaded files (`is_uploaded_file()`)?
    listed: Cell<bool>,
}

impl Trace for State {}

impl Drop for State {
    fn drop(&mut self) {
        if self.listed.get() {
            self.unlist();
        }
    }
}

impl State {
    /// The files are gone with the request.
    #[cold]
    fn unlist(&mut self) {
        self.listed.set(false);
        if let Some(exchange) = self.exchange.get_mut()
            && let Body::Form(form) = exchange.request().body()
        {
            for path in form.temp.paths() {
                uploads::forget(path.as_os_str().as_encoded_bytes());
            }
        }
        if let Some(parsed) = self.parsed.get_mut() {
            parsed.unlist();
        }
    }

    /// A request that came on a socket, for its answer.
    pub(crate) fn detached(&self) -> Option<Rc<RefCell<Detached>>> {
        let parsed = self.parsed.borrow();
        parsed.as_ref().map(|parsed| Rc::clone(parsed.request()))
    }
}

impl Renew for State {
    #[inline]
    fn renew(&mut self) {
        if self.listed.get() {
            self.unlist();
        }
        self.exchange.get_mut().take();
    }
}

static METHOD: Known = Known::new("request_method");
static URI: Known = Known::new("request_uri");
static PATH: Known = Known::new("path_info");
static QUERY: Known = Known::new("query_string");
static TIME: Known = Known::new("request_time");
static TIME_FLOAT: Known = Known::new("request_time_float");
static PROTOCOL: Known = Known::new("server_protocol");
static SERVER_PORT: Known = Known::new("server_port");
static REMOTE_PORT: Known = Known::new("remote_port");
static SERVER_ADDR: Known = Known::new("server_addr");
static REMOTE_ADDR: Known = Known::new("remote_addr");
static MASTER_TIME: Known = Known::new("master_time");
static HTTP_11: Known = Known::new("HTTP/1.1");
static HTTP_10: Known = Known::new("HTTP/1.0");
static HTTP_2: Known = Known::new("HTTP/2");

static MADE: Template<11> = Template::new([
    &METHOD,
    &URI,
    &PATH,
    &TIME,
    &TIME_FLOAT,
    &PROTOCOL,
    &SERVER_PORT,
    &REMOTE_PORT,
    &SERVER_ADDR,
    &REMOTE_ADDR,
    &MASTER_TIME,
]);
static MADE_WITH_QUERY: Template<12> = Template::new([
    &QUERY,
    &METHOD,
    &URI,
    &PATH,
    &TIME,
    &TIME_FLOAT,
    &PROTOCOL,
    &SERVER_PORT,
    &REMOTE_PORT,
    &SERVER_ADDR,
    &REMOTE_ADDR,
    &MASTER_TIME,
]);
static METHOD_GET: Known = Known::new("GET");
static METHOD_POST: Known = Known::new("POST");

pub(crate) fn class() -> Class {
    Class::new("Swoole\\Http\\Request")
        .doc("An HTTP request. Each property is made when it is first read.")
        .handle(&REQUEST)
        .flags(Flags::NOT_SERIALIZABLE)
        .lazy_state::<State>()
        .property("public $fd = 0", "The connection's number.")
        .property(
            "public $streamId = 0",
            "The HTTP/2 stream; 0 for HTTP/1.",
        )
        .lazy_property("public $header", "Header fields, names in lower case.")
        .lazy_property("public $server", "Method, URI, addresses, times.")
        .lazy_property("public $cookie", "Cookies, or null.")
        .lazy_property("public $get", "The query, or null.")
        .lazy_property("public $files", "Uploaded files, or null.")
        .lazy_property("public $post", "The form, or null.")
        .lazy_property("public $tmpfiles", "Paths of the uploaded files, or null.")
        .method(
            "public function getContent(): string|false",
            "The request body.",
            content,
        )
        .method(
            "public function rawContent(): string|false",
            "The request body.",
            content,
        )
        .method(
            "public function getData(): string|false",
            "Head and body as they came.",
            data,
        )
        .method(
            "public function getMethod(): string|false",
            "The method.",
            method,
        )
        .method(
            "public function isCompleted(): bool",
            "Has the whole request arrived?",
            |call| {
                let this = call.this::<State>()?;
                let there = match &*this.parsed.borrow() {
                    Some(parsed) => parsed.is_complete(),
                    None => this.exchange.borrow().is_some(),
                };
                call.ret_bool(there)
            },
        )
        .method(
            "public static function create(array $options = []): \\Swoole\\Http\\Request",
            "A request without a connection, for parse(); parse_cookie, parse_body and parse_files are on.",
            parsed::create,
        )
        .method(
            "public function parse(string $data): int|false",
            "Takes the next bytes of a request of create(): how many belong to it. False when it is complete.",
            parsed::parse,
        )
}

/// A request object of its own, not from a pool.
///
/// # Errors
/// As [`ClassRef::instantiate`].
pub(crate) fn of(exchange: &Rc<Exchange>) -> Result<Object, Throw> {
    let made = REQUEST.instantiate()?;
    made.set_slot(FD as usize, exchange.connection().serial() as i64);
    made.set_slot(STREAM as usize, i64::from(exchange.connection().stream()));
    if let Some(state) = made.state::<State>() {
        state.exchange.replace(Some(Rc::clone(exchange)));
    }
    Ok(made)
}

impl LazyProperties for State {
    fn fill(&self, slot: usize) -> Value {
        let exchange = self.exchange.borrow().clone();
        let Some(exchange) = exchange else {
            return Value::default();
        };
        match slot {
            HEADER => {
                let request = exchange.request();
                header(request.head(), &request.bytes(), self.no_cookie.get())
            }
            SERVER => server(&exchange, self.kept.get()),
            COOKIE if self.no_cookie.get() => Value::default(),
            POST if self.no_post.get() => Value::default(),
            COOKIE => {
                let request = exchange.request();
                let value = cookies(request.head(), &request.bytes());
                inputs::warned(value)
            }
            GET => {
                let request = exchange.request();
                let value = get(request.head(), &request.bytes());
                inputs::warned(value)
            }
            POST => inputs::warned(post(&exchange)),
            FILES => match exchange.request().body() {
                Body::Form(form) => {
                    if !self.listed.replace(true) {
                        for path in form.temp.paths() {
                            uploads::add(path.as_os_str().as_encoded_bytes());
                        }
                    }
                    match self.php_files.get() {
                        true => inputs::array_or_null(&form.files),
                        false => inputs::files_or_null(&form.files),
                    }
                }
                _ => Value::default(),
            },
            TMPFILES => match exchange.request().body() {
                Body::Form(form) if !form.temp.paths().is_empty() => {
                    let mut list = Array::new();
                    for path in form.temp.paths() {
                        list.push(Value::string(path.as_os_str().as_encoded_bytes()));
                    }
                    Value::from(list)
                }
                _ => Value::default(),
            },
            _ => Value::default(),
        }
    }
}

fn header(head: &Head, bytes: &[u8], with_cookie: bool) -> Value {
    let mut table = Table::with_capacity(head.field_count());
    let mut seen = Seen::default();
    for (name, value) in head.fields(bytes) {
        if !with_cookie && name.len() == 6 && name.eq_ignore_ascii_case(b"cookie") {
            // As Swoole has it: cookies are in $cookie.
            continue;
        }
        match names::find(name) {
            Some((number, known)) if seen.first(number) => table.add(known, value),
            _ => return other_header(head, bytes, with_cookie),
        }
    }
    Value::from(table.into_array())
}

/// Which known names a head had so far.
#[derive(Default)]
struct Seen(u64);

impl Seen {
    fn first(&mut self, number: usize) -> bool {
        let bit = 1 << number;
        let first = self.0 & bit == 0;
        self.0 |= bit;
        first
    }
}

/// Fields of which some have unknown names, or came several times.
fn other_header(head: &Head, bytes: &[u8], with_cookie: bool) -> Value {
    let mut array = Array::with_capacity(head.field_count());
    let mut lower = [0_u8; 64];
    let mut fields = 0;
    for (name, value) in head.fields(bytes) {
        if !with_cookie && name.len() == 6 && name.eq_ignore_ascii_case(b"cookie") {
            continue;
        }
        fields += 1;
        let value = Value::string(value);
        if let Some((_, known)) = names::find(name) {
            array.set_known(known, value);
        } else if name.len() <= lower.len() {
            let lower = &mut lower[..name.len()];
            lower.copy_from_slice(name);
            lower.make_ascii_lowercase();
            array.set_symbol(&*lower, value);
        } else {
            array.set_symbol(name.to_ascii_lowercase(), value);
        }
    }
    if array.len() < fields {
        // Some came several times: those become lists.
        for (name, _) in head.fields(bytes) {
            let mut same = head
                .fields(bytes)
                .filter(|(other, _)| other.eq_ignore_ascii_case(name));
            let lower = name.to_ascii_lowercase();
            if same.clone().nth(1).is_none() || !with_cookie && lower == b"cookie" {
                continue;
            }
            let mut list = Array::new();
            same.by_ref().for_each(|(_, value)| {
                list.push(Value::string(value));
            });
            array.set_symbol(lower, Value::from(list));
        }
    }
    Value::from(array)
}

fn server(exchange: &Exchange, kept: Option<&Kept>) -> Value {
    let request = exchange.request();
    let bytes = request.bytes();
    let head = request.head();
    let name = head.method_name(&bytes);
    let method = match name {
        b"GET" => METHOD_GET.value(),
        b"POST" => METHOD_POST.value(),
        _ => Value::string(name),
    };
    let path = head.path(&bytes);
    let uri = Value::string(path);
    let escaped = path.iter().fold(false, |found, b| found | (*b == b'%'));
    let decoded = match escaped {
        true => Value::string(query::decode_raw(path)),
        false => uri.clone(),
    };
    let time = exchange.started_wall();
    let seconds = (time / 1_000_000_000) as i64;
    let version = match head.version() {
        highper_http::Version::Http10 => &HTTP_10,
        highper_http::Version::Http11 => &HTTP_11,
        highper_http::Version::Http2 => &HTTP_2,
    };
    let ends = exchange.connection().addresses();
    let port =
        |address: Option<SocketAddr>| Value::from(address.map_or(0, |a| i64::from(a.port())));
    let (local, peer) = match kept {
        Some(kept) => (kept.local(ends), kept.peer(ends)),
        None => (Value::string(&ends.local_ip), Value::string(&ends.peer_ip)),
    };
    let float = Value::from(time as f64 / 1e9);
    let version = version.value();
    let (to, from) = (port(ends.local), port(ends.peer));
    let seconds = || Value::from(seconds);
    // One array each: values that are moved once more cost as much as their making.
    match head.query(&bytes).filter(|text| !text.is_empty()) {
        None => MADE.make([
            method,
            uri,
            decoded,
            seconds(),
            float,
            version,
            to,
            from,
            local,
            peer,
            seconds(),
        ]),
        Some(text) => MADE_WITH_QUERY.make([
            Value::string(text),
            method,
            uri,
            decoded,
            seconds(),
            float,
            version,
            to,
            from,
            local,
            peer,
            seconds(),
        ]),
    }
    .into()
}

/// The texts of the addresses of the last connection: clients and proxies come again and again.
#[derive(Default)]
pub(crate) struct Kept {
    local: KeptText,
    peer: KeptText,
}

/// The text of one address.
#[derive(Default)]
struct KeptText {
    /// 4 or 6, and the address as a number; 0 for none.
    address: Cell<(u8, u128)>,
    text: RefCell<Value>,
}

impl Kept {
    #[inline]
    fn local(&self, ends: &Addresses) -> Value {
        self.local.of(ends.local.as_ref(), &ends.local_ip)
    }

    #[inline]
    fn peer(&self, ends: &Addresses) -> Value {
        self.peer.of(ends.peer.as_ref(), &ends.peer_ip)
    }
}

impl KeptText {
    #[inline]
    fn of(&self, address: Option<&SocketAddr>, text: &str) -> Value {
        let number = match address {
            Some(SocketAddr::V4(v4)) => (4, u128::from(v4.ip().to_bits())),
            Some(SocketAddr::V6(v6)) => (6, v6.ip().to_bits()),
            None => (0, 0),
        };
        if number.0 == 0 || number != self.address.get() {
            return self.renew(number, text);
        }
        self.text.borrow().clone()
    }

    #[cold]
    fn renew(&self, number: (u8, u128), text: &str) -> Value {
        let value = Value::string(text);
        self.address.set(number);
        self.text.replace(value.clone());
        value
    }
}

fn cookies(head: &Head, bytes: &[u8]) -> Value {
    let mut joined = Vec::new();
    for part in head.cookies(bytes) {
        if !joined.is_empty() {
            joined.extend_from_slice(b"; ");
        }
        joined.extend_from_slice(part);
    }
    if joined.is_empty() {
        return Value::default();
    }
    inputs::parsed_or_null(&cookie::parse(&joined, &inputs::limits()))
}

fn get(head: &Head, bytes: &[u8]) -> Value {
    match head.query(bytes) {
        None | Some(b"") => Value::default(),
        Some(text) => {
            let options = inputs::limits();
            let mut table = Table::with_capacity(8);
            if query::plain_pairs(text, &options, |name, value| table.set(name, value)) {
                return Value::from(table.into_array());
            }
            inputs::parsed_or_null(&query::parse(text, &options))
        }
    }
}

fn post(exchange: &Exchange) -> Value {
    let request = exchange.request();
    if let Body::Form(form) = request.body() {
        return inputs::array_or_null(&form.fields);
    }
    let bytes = request.bytes();
    if matches!(request.head().method_name(&bytes), b"GET" | b"HEAD") {
        // As Swoole: these have no form.
        return Value::default();
    }
    let kind = request.head().content_type(&bytes).map(Kind::of);
    if !matches!(kind, Some(Ok(Kind::UrlEncoded))) {
        return Value::default();
    }
    request
        .with_body(|body| inputs::parsed_or_null(&query::parse(body, &inputs::limits())))
        .unwrap_or_default()
}

fn content(call: &mut Call) -> Done {
    let exchange = call.this::<State>()?.exchange.borrow().clone();
    let Some(exchange) = exchange else {
        let this = call.this::<State>()?;
        let body = this.parsed.borrow().as_ref().map(|parsed| parsed.body());
        return call.ret(body.unwrap_or(Value::bool(false)));
    };
    if let Body::Form(form) = exchange.request().body()
        && form.raw.is_none()
    {
        highper_zend::error::warning(
            "a form of more than 1 MiB is read while it arrives and not kept as one string: take its fields and files",
        )?;
        return call.ret_bool(false);
    }
    let body = exchange.request().with_body(|body| Value::string(body));
    match body {
        Ok(body) => call.ret(body),
        Err(error) => {
            highper_zend::error::warning(format!(
                "the request body can't be read back from its file: {error}"
            ))?;
            call.ret_bool(false)
        }
    }
}

fn data(call: &mut Call) -> Done {
    let exchange = call.this::<State>()?.exchange.borrow().clone();
    let Some(exchange) = exchange else {
        let this = call.this::<State>()?;
        let raw = this.parsed.borrow().as_ref().map(|parsed| parsed.raw());
        return call.ret(raw.unwrap_or(Value::bool(false)));
    };
    let mut all = exchange.request().bytes().to_vec();
    if exchange
        .request()
        .with_body(|body| all.extend_from_slice(body))
        .is_err()
    {
        return call.ret_bool(false);
    }
    call.ret_str(all)
}

fn method(call: &mut Call) -> Done {
    let exchange = call.this::<State>()?.exchange.borrow().clone();
    match exchange {
        Some(exchange) => {
            let bytes = exchange.request().bytes();
            call.ret_str(exchange.request().head().method_name(&bytes))
        }
        None => {
            let this = call.this::<State>()?;
            let known = this.parsed.borrow().as_ref().and_then(|p| p.method());
            call.ret(known.unwrap_or(Value::bool(false)))
        }
    }
}
