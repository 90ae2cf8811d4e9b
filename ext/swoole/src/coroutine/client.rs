//! `Swoole\Coroutine\Client`: connects, sends and receives.

mod link;
mod transfer;

use super::socket::failure::{self, Slots};
use super::socket::{self, setting};
use crate::{error_code, event};
use highper_net::{Error, Kind, Socket as NetSocket, Timeouts};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value, error,
};
use std::cell::RefCell;
use std::rc::Rc;

/// The class.
pub static CLIENT: ClassRef = ClassRef::new("Swoole\\Coroutine\\Client");

const SLOTS: Slots = Slots {
    code: 0,
    message: 1,
};
const FD: usize = 2;
const SOCKET: usize = 3;
const TYPE: usize = 4;
const SETTING: usize = 5;
const CONNECTED: usize = 6;

/// `SWOOLE_SSL`; `SWOOLE_SYNC`, `SWOOLE_ASYNC`, `SWOOLE_KEEP`
const SSL: i64 = 512;
const FLAGS: i64 = SSL | 2048 | 1024 | 4096;

/// `EISCONN`, `ENOTCONN`, `ESOCKTNOSUPPORT`
const IS_CONNECTED: i32 = 106;
const NOT_CONNECTED: i32 = 107;
const SOCKET_TYPE: i32 = 94;

/// What an object carries: the object of its socket, from connect() to close().
#[derive(Default)]
struct Client {
    link: RefCell<Option<Link>>,
}

#[derive(Clone)]
struct Link {
    object: Object,
    socket: Rc<NetSocket>,
}

impl Trace for Client {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(link) = self.link.try_borrow()
            && let Some(link) = link.as_ref()
        {
            link.object.trace(tracer);
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    let class = Class::new("Swoole\\Coroutine\\Client")
        .doc("A client of TCP, UDP and local sockets, with or without TLS, whose calls wait in the running coroutine. Time-outs are in seconds: 0 as set, negative without end.")
        .handle(&CLIENT)
        .alias("Co\\Client")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Client>()
        .deny_clone()
        .deny_unset()
        .constant("MSG_OOB", 1_i64, "")
        .constant("MSG_PEEK", 2_i64, "")
        .constant("MSG_DONTWAIT", 64_i64, "")
        .constant("MSG_WAITALL", 256_i64, "")
        .property("public $errCode = 0", "The number of the last error, SOCKET_E* or SWOOLE_ERROR_*.")
        .property("public $errMsg = ''", "The same as text.")
        .property("public $fd = -1", "The number of the descriptor.")
        .property("public $socket", "The Coroutine\\Socket, while there is one.")
        .property("public $type = 1", "SWOOLE_SOCK_* with SWOOLE_SSL.")
        .property("public $setting", "What set() was given.")
        .property("public $connected = false", "Did connect() succeed, and nobody close it since?")
        .method(
            "public function __construct(int $type)",
            "SWOOLE_SOCK_TCP, TCP6, UDP, UDP6, UNIX_STREAM or UNIX_DGRAM, with | SWOOLE_SSL for TLS.",
            construct,
        )
        .method("public function __destruct()", "The connection is closed.", |_| Ok(()))
        .method(
            "public function set(array $settings): bool",
            "Settings: timeout, connect_timeout, read_timeout, write_timeout, bind_address, bind_port, socket_buffer_size, open_tcp_nodelay, open_length_check, open_eof_check, package_*, ssl_*, socks5_*, http_proxy_*.",
            set,
        )
        .method(
            "public function connect(string $host, int $port = 0, float $timeout = 0, int $sock_flag = 0): bool",
            "Connects to an address or a name.",
            connect,
        );
    registry.class(link::methods(transfer::methods(class)));
}

/// The kind of socket that a number with flags asks for.
fn kind_of(number: i64) -> Option<Kind> {
    Kind::of_number(number & !FLAGS).filter(|kind| kind.is_stream() || kind.is_datagram())
}

fn construct(call: &mut Call) -> Done {
    let number = call.long(0)?;
    if kind_of(number).is_none() {
        let class = call.this_object()?.class_name();
        return Err(Throw::type_error(format!(
            "{class}::__construct() expects parameter 1 to be client type, unknown type {number} given"
        )));
    }
    event::ensure_loop()?;
    call.this_object()?.set_slot(TYPE, number);
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
    let mut merged = settings_of(this).unwrap_or_default();
    for (key, value) in &settings {
        merged.set_key(key, value.clone());
    }
    this.set_slot(SETTING, merged);
    match link(call)? {
        Some(link) => call.ret_bool(apply(&link, &settings)?),
        None => call.ret_bool(true),
    }
}

fn apply(link: &Link, settings: &Array) -> Result<bool, Throw> {
    match link.object.state::<socket::State>() {
        Some(state) => setting::client(&link.socket, state, settings),
        None => Ok(false),
    }
}

/// The connection, if nobody has closed it.
fn link(call: &Call) -> Result<Option<Link>, Throw> {
    let client = call.this::<Client>()?;
    let link = client.link.borrow().clone();
    match link {
        Some(link) if link.socket.is_closed() => {
            detach(call.this_object()?, client);
            Ok(None)
        }
        link => Ok(link),
    }
}

/// The connection; tells that there is none.
fn linked(call: &Call) -> Result<Option<Link>, Throw> {
    let link = link(call)?;
    if link.is_none() {
        refuse(call.this_object()?, error_code::CLIENT_NO_CONNECTION);
    }
    Ok(link)
}

fn refuse(this: &Object, code: i32) {
    failure::set(this, SLOTS, code, &failure::text(code));
}

/// Lets go of the socket.
fn detach(this: &Object, client: &Client) {
    let link = client.link.take();
    this.set_slot(CONNECTED, false);
    this.set_slot(SOCKET, Value::null());
    if let Some(state) = link
        .as_ref()
        .and_then(|link| link.object.state::<socket::State>())
    {
        state.set_length_function(None);
    }
    drop(link);
}

/// A new socket with the settings; `None` when that was refused.
fn open(call: &Call, port: i64) -> Result<Option<Link>, Throw> {
    let this = call.this_object()?;
    if link(call)?.is_some() {
        refuse(this, IS_CONNECTED);
        return Ok(None);
    }
    let number = this.slot(TYPE).map_or(0, Value::to_long);
    let kind = kind_of(number).unwrap_or(Kind::Tcp);
    if kind.is_tcp() && !(1..=65535).contains(&port) {
        error::warning("The port is invalid")?;
        return Ok(None);
    }
    let made = match NetSocket::of_kind(kind) {
        Ok(made) => made,
        Err(error) => {
            failure::tell(this, SLOTS, &error);
            return Ok(None);
        }
    };
    let object = socket::object(made)?;
    let Some(socket) = socket::of(&object) else {
        return Ok(None);
    };
    this.set_slot(FD, socket.fd());
    this.set_slot(SOCKET, object.clone());
    if number & SSL != 0 {
        socket.set_tls(highper_tls::Settings::default());
    }
    let link = Link { object, socket };
    let old = call.this::<Client>()?.link.replace(Some(link.clone()));
    drop(old);
    if let Some(settings) = settings_of(this) {
        apply(&link, &settings)?;
    }
    Ok(Some(link))
}

fn connect(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let (port, timeout) = (call.opt_long(1, 0)?, call.opt_double(2, 0.0)?);
    call.opt_long(3, 0)?;
    if host.is_empty() {
        error::warning("The host is empty")?;
        return call.ret_bool(false);
    }
    let Some(link) = open(call, port)? else {
        return call.ret_bool(false);
    };
    let this = call.this_object()?;
    if let Err(error) = link.socket.connect(&host, port, timeout) {
        // Others may have closed it meanwhile.
        let _closed = link.socket.close();
        if is_current(call, &link)? {
            detach(this, call.this::<Client>()?);
        }
        failure::settle(this, SLOTS, &error)?;
        return call.ret_bool(false);
    }
    if timeout != 0.0 {
        let before = link.socket.timeouts();
        link.socket.set_timeouts(Timeouts {
            read: timeout,
            write: timeout,
            ..before
        });
    }
    this.set_slot(CONNECTED, true);
    call.ret_bool(true)
}

/// Is it still the connection of this object?
fn is_current(call: &Call, link: &Link) -> Result<bool, Throw> {
    let client = call.this::<Client>()?;
    let current = client.link.borrow();
    Ok(current
        .as_ref()
        .is_some_and(|current| Rc::ptr_eq(&current.socket, &link.socket)))
}

/// Returns false, with the error of a call on a connection.
fn failed(call: &Call, error: &Error) -> Done {
    failure::settle(call.this_object()?, SLOTS, error)?;
    call.ret_bool(false)
}
