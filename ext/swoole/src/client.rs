//! `Swoole\Client`: a client whose calls block; inside coroutines they wait there, and others go on.

mod exception;
mod kept;
mod link;
mod outbox;
mod transfer;

use crate::async_client::{ASYNC_CLIENT, Calls};
use crate::coroutine::socket::{State, failure, setting};
use crate::error_code;
use highper_net::{Error, Kind, Socket as NetSocket, Timeouts};
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value, error,
};
pub(crate) use link::give_socket;
pub(crate) use outbox::{Item, Outbox};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The class.
pub static CLIENT: ClassRef = ClassRef::new("Swoole\\Client");

const ERR_CODE: usize = 0;
const SOCK: usize = 1;
const REUSE: usize = 2;
const REUSE_COUNT: usize = 3;
pub(crate) const TYPE: usize = 4;
const ID: usize = 5;
const SETTING: usize = 6;

/// `SWOOLE_SSL`, `SWOOLE_KEEP`; `SWOOLE_SYNC`, `SWOOLE_ASYNC`
const SSL: i64 = 512;
const KEEP: i64 = 4096;
const FLAGS: i64 = SSL | KEEP | 2048 | 1024;

/// `EAGAIN`: what a time-out of sending and receiving is told as.
const AGAIN: i32 = 11;

/// `EINPROGRESS`: the connection was begun, as it was asked for.
const IN_PROGRESS: i32 = 115;

/// What an object carries.
#[derive(Default)]
pub(crate) struct Client {
    socket: RefCell<Option<Rc<NetSocket>>>,
    /// Under which name the connection is kept for others.
    key: RefCell<Option<String>>,
    /// How often the connection was used before.
    reused: Cell<i64>,
    /// Ready to send and receive.
    active: Cell<bool>,
    /// The setting package_length_func.
    own: State,
    /// What an `Async\Client` has.
    calls: Calls,
}

impl Client {
    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    pub(crate) fn own(&self) -> &State {
        &self.own
    }

    pub(crate) fn socket(&self) -> Option<Rc<NetSocket>> {
        self.socket.borrow().clone()
    }

    pub(crate) fn has_socket(&self) -> bool {
        self.socket.borrow().is_some()
    }

    /// Is it still the connection of this client?
    pub(crate) fn holds(&self, socket: &NetSocket) -> bool {
        let held = self.socket.borrow();
        held.as_ref()
            .is_some_and(|held| std::ptr::eq(&raw const **held, socket))
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active.get() && self.has_socket()
    }

    pub(crate) fn set_active(&self) {
        self.active.set(true);
    }
}

impl Trace for Client {
    fn trace(&self, tracer: &mut Tracer) {
        self.own.trace(tracer);
        self.calls.trace(tracer);
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    exception::declare(registry);
    let class = Class::new("Swoole\\Client")
        .doc("A client of TCP, UDP and local sockets, with or without TLS, whose calls block; inside coroutines they wait there.")
        .handle(&CLIENT)
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Client>()
        .deny_clone()
        .deny_unset()
        .constant("MSG_OOB", 1_i64, "")
        .constant("MSG_PEEK", 2_i64, "recv(): leaves it there.")
        .constant("MSG_DONTWAIT", 64_i64, "recv(): never waits.")
        .constant("MSG_WAITALL", 256_i64, "recv(): waits until all has come.")
        .constant("SHUT_RDWR", 2_i64, "shutdown(): both directions.")
        .constant("SHUT_RD", 0_i64, "shutdown(): receiving.")
        .constant("SHUT_WR", 1_i64, "shutdown(): sending.")
        .property("public $errCode = 0", "The number of the last error, SOCKET_E* or SWOOLE_ERROR_*.")
        .property("public $sock = -1", "The number of the descriptor.")
        .property("public $reuse = false", "Is it a connection that was kept?")
        .property("public $reuseCount = 0", "How often it was used before.")
        .property("public $type = 0", "SWOOLE_SOCK_* with SWOOLE_SSL and SWOOLE_KEEP.")
        .property("public $id", "Under which name its connection is kept.")
        .property("public $setting", "What set() was given.")
        .method(
            "public function __construct(int $type, bool $async = SWOOLE_SOCK_SYNC, string $id = '')",
            "SWOOLE_SOCK_TCP, TCP6, UDP, UDP6, UNIX_STREAM or UNIX_DGRAM, with | SWOOLE_SSL for TLS, with | SWOOLE_KEEP to keep its connection for the next client of the same server, or of the same $id.",
            construct,
        )
        .method("public function __destruct()", "Closes the connection, or keeps it.", |call| {
            if call.this::<Client>()?.socket.borrow().is_some() {
                link::end(call, false)?;
            }
            Ok(())
        })
        .method(
            "public function set(array $settings): bool",
            "Settings, before connect(): as those of Coroutine\\Client.",
            |call| {
                let this = call.this_object()?;
                let mut merged = settings_of(this).unwrap_or_default();
                for (key, value) in call.array(0)? {
                    merged.set_key(key, value.clone());
                }
                put(this, SETTING, merged);
                call.ret_bool(true)
            },
        )
        .method(
            "public function connect(string $host, int $port = 0, float $timeout = 0.5, int $sock_flag = 0): bool",
            "Connects to an address or a name. $timeout in seconds is also that of sending and receiving. With $sock_flag 1 it only begins to (errCode SOCKET_EINPROGRESS): Event::add() tells when it can be written.",
            connect,
        );
    registry.class(link::methods(transfer::methods(class)));
    registry.on_request_shutdown(kept::forget);
}

pub(crate) fn kind_of(number: i64) -> Option<Kind> {
    Kind::of_number(number & !FLAGS).filter(|kind| kind.is_stream() || kind.is_datagram())
}

fn construct(call: &mut Call) -> Done {
    let number = call.long(0)?;
    if call.opt_bool(1, false)? {
        return Err(Throw::error("The $async parameter is not supported"));
    }
    let id = call.opt_str(2)?;
    let this = call.this_object()?;
    if kind_of(number).is_none() {
        let class = this.class_name();
        return Err(Throw::type_error(format!(
            "{class}::__construct() expects parameter 1 to be client type, unknown type {number} given"
        )));
    }
    put(this, TYPE, number);
    if let Some(id) = id {
        put(this, ID, id);
    }
    Ok(())
}

pub(crate) fn settings_of(this: &Object) -> Option<Array> {
    read(this, SETTING).as_array().cloned()
}

/// Writes the number of an error.
pub(crate) fn tell(this: &Object, code: i32) {
    highper_runtime::set_last_error(code);
    put(this, ERR_CODE, code);
}

/// Writes an error, throws what has to be thrown, and warns of what was tried.
fn warn(call: &Call, what: &str, error: &Error) -> Result<(), Throw> {
    let (mut code, _) = failure::describe(error);
    if *error == Error::TimedOut {
        code = AGAIN;
    }
    failure::throw(error)?;
    tell(call.this_object()?, code);
    crate::coroutine::waiting::resumed()?;
    error::warning(format!("{what}, Error: {}[{code}]", failure::text(code)))
}

/// The socket, if it is connected; warns when it is not.
pub(crate) fn connected(call: &Call) -> Result<Option<Rc<NetSocket>>, Throw> {
    let client = call.this::<Client>()?;
    let socket = client.socket.borrow().clone();
    if client.active.get() && socket.is_some() {
        return Ok(socket);
    }
    tell(call.this_object()?, error_code::CLIENT_NO_CONNECTION);
    error::warning("client is not connected to server")?;
    Ok(None)
}

/// The names of the properties, for objects whose slots are counted from those of `Async\\Client`.
const NAMES: [&str; 7] = [
    "errCode",
    "sock",
    "reuse",
    "reuseCount",
    "type",
    "id",
    "setting",
];

/// Writes a property.
pub(crate) fn put(this: &Object, slot: usize, value: impl Into<Value>) {
    if is_async(this) {
        // It is public and has no type: nothing refuses the value.
        let _written = this.set(NAMES[slot], value);
    } else {
        this.set_slot(slot, value);
    }
}

/// Reads a property.
pub(crate) fn read(this: &Object, slot: usize) -> Value {
    if is_async(this) {
        this.get(NAMES[slot]).unwrap_or_default()
    } else {
        this.slot(slot).cloned().unwrap_or_default()
    }
}

/// Do its calls not wait?
fn is_async(this: &Object) -> bool {
    this.is_instance_of(ASYNC_CLIENT.get())
}

/// Lets go of the socket.
pub(crate) fn detach(client: &Client) -> Option<Rc<NetSocket>> {
    client.active.set(false);
    client.own.set_length_function(None);
    client.socket.take()
}

/// A new socket, or one that was kept.
pub(crate) fn open(call: &Call, host: &[u8], port: i64) -> Result<Option<Rc<NetSocket>>, Throw> {
    let this = call.this_object()?;
    let number = read(this, TYPE).to_long();
    let kind = kind_of(number).unwrap_or(Kind::Tcp);
    if kind.is_tcp() && !(0..=65535).contains(&port) {
        error::warning("The port is invalid")?;
        highper_runtime::set_last_error(error_code::INVALID_PARAMS);
        return Ok(None);
    }
    let id = read(this, ID);
    let key = match id.as_bytes().filter(|id| !id.is_empty()) {
        Some(id) => String::from_utf8_lossy(id).into_owned(),
        None => format!("{}:{port}", String::from_utf8_lossy(host)),
    };
    let client = call.this::<Client>()?;
    let keeps = number & KEEP != 0;
    client.key.replace(keeps.then(|| key.clone()));
    client.reused.set(0);
    if keeps && let Some((socket, count)) = kept::take(&key) {
        client.reused.set(count + 1);
        client.active.set(true);
        put(this, REUSE_COUNT, count + 1);
        put(this, SOCK, socket.fd());
        client.socket.replace(Some(Rc::clone(&socket)));
        return Ok(Some(socket));
    }
    let socket = match NetSocket::of_kind(kind) {
        Ok(socket) => socket,
        Err(error) => {
            warn(call, "Client_create() failed", &error)?;
            return Ok(None);
        }
    };
    socket.allow_blocking();
    if number & SSL != 0 {
        socket.set_tls(highper_tls::Settings::default());
    }
    put(this, SOCK, socket.fd());
    let socket = Rc::new(socket);
    client.socket.replace(Some(Rc::clone(&socket)));
    Ok(Some(socket))
}

fn connect(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let (port, timeout) = (call.opt_long(1, 0)?, call.opt_double(2, 0.5)?);
    let is_begun_only = call.opt_long(3, 0)? == 1;
    if host.is_empty() {
        error::warning("The host is empty")?;
        return call.ret_bool(false);
    }
    if call.this::<Client>()?.socket.borrow().is_some() {
        error::warning("connection to the server has already been established")?;
        return call.ret_bool(false);
    }
    let Some(socket) = open(call, &host, port)? else {
        return call.ret_bool(false);
    };
    let client = call.this::<Client>()?;
    let this = call.this_object()?;
    if client.active.get() {
        put(this, REUSE, true);
        return call.ret_bool(true);
    }
    // Negative is without end, and so is 0 here.
    let seconds = if timeout == 0.0 { -1.0 } else { timeout };
    socket.set_timeouts(Timeouts {
        resolve: seconds,
        connect: seconds,
        read: seconds,
        write: seconds,
    });
    if let Some(settings) = settings_of(this)
        && !setting::client(&socket, &client.own, &settings)?
    {
        let _closed = socket.close();
        drop(detach(client));
        tell(this, highper_runtime::last_error());
        return call.ret_bool(false);
    }
    let connected = match is_begun_only {
        true => socket.begin_connect(&host, port),
        false => socket.connect(&host, port, timeout).map(|()| true),
    };
    match connected {
        Ok(is_complete) => {
            client.active.set(true);
            if !is_complete {
                tell(this, IN_PROGRESS);
            }
            call.ret_bool(true)
        }
        Err(error) => {
            let (code, text) = failure::describe(&error);
            let _closed = socket.close();
            drop(detach(client));
            tell(this, code);
            crate::coroutine::waiting::resumed()?;
            let host = String::from_utf8_lossy(&host).into_owned();
            error::warning(format!(
                "connect to server[{host}:{port}] failed. Error: {text}[{code}]"
            ))?;
            call.ret_bool(false)
        }
    }
}
