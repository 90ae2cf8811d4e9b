//! `Swoole\Coroutine\Http\Client`: an HTTP/1.1 client whose calls wait in the running coroutine.

pub(crate) mod body;
mod exception;
mod exchange;
mod link;
pub(crate) mod perform;
pub(crate) mod request;
pub(crate) mod response;
mod settings;
mod upload;
mod websocket;

use crate::coroutine::socket::failure::{self, Slots};
use crate::name_resolver::context::Context;
use crate::{error_code, event, swoole_error};
use exception::EXCEPTION;
use exchange::Exchange;
use highper_net::{Error, Kind};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
    Value,
};
use link::Link;
use settings::Settings;
use std::cell::{Cell, OnceCell, RefCell};
use websocket::WebSocket;

/// The class.
pub static CLIENT: ClassRef = ClassRef::new("Swoole\\Coroutine\\Http\\Client");

const SOCKET: usize = 0;
const SLOTS: Slots = Slots {
    code: 1,
    message: 2,
};
const CONNECTED: usize = 3;
const HOST: usize = 4;
const PORT: usize = 5;
const SSL: usize = 6;
const SETTING: usize = 7;
const METHOD: usize = 8;
const REQUEST_HEADERS: usize = 9;
const REQUEST_BODY: usize = 10;
const UPLOADS: usize = 11;
const DOWNLOAD: usize = 12;
const DOWNLOAD_OFFSET: usize = 13;
const STATUS: usize = 14;
const HEADERS: usize = 15;
const SET_COOKIES: usize = 16;
const COOKIES: usize = 17;
const BODY: usize = 18;

/// `SWOOLE_HTTP_CLIENT_ESTATUS_CONNECT_FAILED` and the others: `$statusCode` where there is no response.
const CONNECT_FAILED: i64 = -1;
const REQUEST_TIMEOUT: i64 = -2;
const SERVER_RESET: i64 = -3;
const SEND_FAILED: i64 = -4;

/// Where requests go to.
struct Target {
    kind: Kind,
    host: Vec<u8>,
    port: u16,
    /// The port is the scheme's: a name resolver of the program may name another one.
    default_port: bool,
    tls: bool,
}

/// What an object carries.
#[derive(Default)]
struct Client {
    target: OnceCell<Target>,
    settings: Cell<Settings>,
    /// The setting write_func.
    write: RefCell<Option<Callable>>,
    /// What setBasicAuth() made.
    authorization: RefCell<Vec<u8>>,
    link: RefCell<Option<Link>>,
    /// The head of the last request.
    head: RefCell<Vec<u8>>,
    /// The response that is awaited.
    exchange: RefCell<Option<Exchange>>,
    /// The coroutine that makes a request or receives a response; 0 for none.
    busy: Cell<u64>,
    /// write_func runs; close() in it takes effect behind it.
    in_callback: Cell<bool>,
    close_asked: Cell<bool>,
    websocket: WebSocket,
    /// The nodes that name resolvers of the program know, of the request that is made.
    nodes: Context,
}

impl Trace for Client {
    fn trace(&self, tracer: &mut Tracer) {
        self.nodes.trace(tracer);
        self.write.trace(tracer);
        if let Ok(link) = self.link.try_borrow()
            && let Some(link) = link.as_ref()
        {
            link.object.trace(tracer);
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    exception::declare(registry);
    let class = Class::new("Swoole\\Coroutine\\Http\\Client")
        .doc("An HTTP client: one connection to one server, kept between requests, whose calls wait in the running coroutine. Time-outs are in seconds: 0 as set, negative without end.")
        .handle(&CLIENT)
        .alias("Co\\Http\\Client")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Client>()
        .deny_clone()
        .deny_unset()
        .property("public $socket", "The Coroutine\\Socket, while there is a connection.")
        .property("public $errCode = 0", "The number of the last error, SOCKET_E* or SWOOLE_ERROR_*.")
        .property("public $errMsg = ''", "The same as text.")
        .property("public $connected = false", "Is there a connection?")
        .property("public $host = ''", "The server, as the constructor got it.")
        .property("public $port = 0", "Its port, as the constructor got it.")
        .property("public $ssl = false", "Is TLS spoken?")
        .property("public $setting", "What set() was given.")
        .property("public $requestMethod", "The method; null: GET, or POST with a body.")
        .property("public $requestHeaders", "What setHeaders() was given.")
        .property("public $requestBody", "What setData() or post() was given.")
        .property("public $uploadFiles", "What addFile() and addData() were given, for the next request.")
        .property("public $downloadFile", "Where the next response's body is written to.")
        .property("public $downloadOffset = 0", "From which byte of it on.")
        .property("public $statusCode = 0", "The response's status; negative (SWOOLE_HTTP_CLIENT_ESTATUS_*) where there is none.")
        .property("public $headers", "The response's headers, names in lower case; those that came more than once are lists.")
        .property("public $set_cookie_headers", "The response's Set-Cookie headers as they came.")
        .property("public $cookies", "Cookies that are sent: what setCookies() was given, and what responses have set since.")
        .property("public $body = ''", "The response's body.")
        .method(
            "public function __construct(string $host, int $port = 0, bool $ssl = false)",
            "For a server by name, address or 'unix:/path'. Port 0 is 80, or 443 with TLS. Nothing is connected yet.",
            construct,
        )
        .method("public function __destruct()", "The connection is closed.", |_| Ok(()))
        .method(
            "public function set(array $settings): bool",
            "Settings: timeout (of a response), connect_timeout, write_timeout, keep_alive, max_retries, defer, lowercase_header, http_compression, body_decompression, write_func, websocket_*, bind_address, bind_port, ssl_*, socks5_*, http_proxy_*.",
            set,
        )
        .method("public function getDefer(): bool", "Do requests return before the response?", |call| {
            let defer = call.this::<Client>()?.settings.get().defer;
            call.ret_bool(defer)
        })
        .method(
            "public function setDefer(bool $defer = true): bool",
            "Requests return once they are sent; recv() waits for the response.",
            |call| {
                let defer = call.opt_bool(0, true)?;
                call.this::<Client>()?.change(|settings| settings.defer = defer);
                call.ret_bool(true)
            },
        )
        .method("public function setMethod(string $method): bool", "The method of execute().", |call| {
            let method = call.str(0)?;
            put(call, METHOD, method)
        })
        .method(
            "public function setHeaders(array $headers): bool",
            "Headers of the following requests. Content-Length is the client's own.",
            |call| {
                let headers = call.array(0)?.clone();
                put(call, REQUEST_HEADERS, headers)
            },
        )
        .method(
            "public function setBasicAuth(string $username, string $password): void",
            "Sends Authorization: Basic with the following requests.",
            set_basic_auth,
        )
        .method("public function setCookies(array $cookies): bool", "Cookies of the following requests.", |call| {
            let cookies = call.array(0)?.clone();
            put(call, COOKIES, cookies)
        })
        .method(
            "public function setData(array|string $data): bool",
            "The body of the following requests; an array becomes a form.",
            |call| {
                let data = call.value(0)?.clone();
                put(call, REQUEST_BODY, data)
            },
        );
    registry.class(websocket::methods(response::methods(link::methods(
        upload::methods(perform::methods(class)),
    ))));
}

fn put(call: &Call, slot: usize, value: impl Into<Value>) -> Done {
    call.this_object()?.set_slot(slot, value);
    call.ret_bool(true)
}

impl Client {
    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.get();
        change(&mut settings);
        self.settings.set(settings);
    }

    fn target(&self) -> Result<&Target, Throw> {
        self.target.get().ok_or_else(|| {
            swoole_error::fatal("must call constructor first", error_code::WRONG_OPERATION)
        })
    }

    /// Marks the running coroutine as the one that uses the client, until the guard is dropped.
    fn occupy(&self, own: u64) -> Result<Occupied<'_>, Throw> {
        let by = self.busy.get();
        // A coroutine that a fatal error has ended uses nothing any more.
        if by != 0 && highper_engine::scheduler::info(by).is_some() {
            let fd = self
                .link
                .borrow()
                .as_ref()
                .map_or(-1, |link| link.socket.fd());
            failure::throw(&Error::Bound {
                fd,
                doing: "reading or writing",
                by,
            })?;
        }
        self.busy.set(own);
        Ok(Occupied(&self.busy))
    }
}

/// See [`Client::occupy`].
struct Occupied<'a>(&'a Cell<u64>);

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

/// The kind of socket for a host, and what of it is the address.
pub(crate) fn kind_of(host: &[u8]) -> (Kind, Vec<u8>) {
    if let Some(path) = host.strip_prefix(b"unix:/") {
        let slashes = path.iter().take_while(|byte| **byte == b'/').count();
        return (Kind::UnixStream, [b"/", &path[slashes..]].concat());
    }
    if host.contains(&b':') {
        return (Kind::Tcp6, host.to_vec());
    }
    (Kind::Tcp, host.to_vec())
}

fn construct(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let (port, tls) = (call.opt_long(1, 0)?, call.opt_bool(2, false)?);
    let this = call.this_object()?;
    this.set_slot(HOST, host.clone());
    this.set_slot(PORT, port);
    this.set_slot(SSL, tls);
    if host.is_empty() {
        // EINVAL
        return Err(Throw::new(&EXCEPTION, "host is empty", 22));
    }
    let default_port = port == 0;
    let port = match port {
        0 if tls => 443,
        0 => 80,
        port => u16::try_from(port).map_err(|_| {
            Throw::argument_value(1, format!("must be from 0 to 65535, {port} given"))
        })?,
    };
    event::ensure_loop()?;
    let (kind, host) = kind_of(&host);
    // Only a new object is constructed: a second call changes nothing.
    let _first = call.this::<Client>()?.target.set(Target {
        kind,
        host,
        port,
        default_port,
        tls,
    });
    Ok(())
}

fn settings_of(this: &Object) -> Option<Array> {
    this.slot(SETTING)?.as_array().cloned()
}

fn set(call: &mut Call) -> Done {
    let settings = call.array(0)?.clone();
    if settings.is_empty() {
        return call.ret_bool(false);
    }
    let this = call.this_object()?;
    let client = call.this::<Client>()?;
    let mut merged = settings_of(this).unwrap_or_default();
    for (key, value) in &settings {
        merged.set_key(key, value.clone());
    }
    this.set_slot(SETTING, merged);
    client.change(|own| own.apply(&settings));
    settings::write_function(client, &settings)?;
    link::apply(call, &settings)?;
    call.ret_bool(true)
}

fn set_basic_auth(call: &mut Call) -> Done {
    let login = [call.bytes(0)?, b":", call.bytes(1)?].concat();
    let value = format!("Basic {}", highper_tls::base64(&login));
    call.this::<Client>()?
        .authorization
        .replace(value.into_bytes());
    Ok(())
}

/// Tells an error, with a status where there is no response.
fn tell(this: &Object, error: &Error, status: i64) {
    failure::tell(this, SLOTS, error);
    this.set_slot(STATUS, status);
}
