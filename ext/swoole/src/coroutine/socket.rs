//! `Swoole\Coroutine\Socket`: a socket whose calls wait in the running coroutine.

pub mod exception;
pub mod failure;
mod option;
mod plain;
pub mod receive;
pub mod send;
pub mod setting;
mod tcp_info;
mod vector;

use crate::{error_code, event, function, swoole_error};
use exception::EXCEPTION;
use failure::Slots;
use highper_engine::Wake;
use highper_net::{Error, Side, Socket as NetSocket};
use highper_runtime::resolver::{self, Failure, Family};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Function, Kind, Object, Registry, Throw,
    Trace, Tracer, Value, call_function, error, stream,
};
use std::cell::{OnceCell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

/// The class.
pub static SOCKET: ClassRef = ClassRef::new("Swoole\\Coroutine\\Socket");

const FD: usize = 0;
const DOMAIN: usize = 1;
const TYPE: usize = 2;
const PROTOCOL: usize = 3;
/// Where errors are told.
pub const SLOTS: Slots = Slots {
    code: 4,
    message: 5,
};

/// `SWOOLE_EVENT_READ`, `SWOOLE_EVENT_WRITE`
const READ: i64 = 512;
const WRITE: i64 = 1024;
/// `ENOTSOCK`
const NOT_A_SOCKET: i32 = 88;

/// What an object carries.
#[derive(Default)]
pub struct State {
    socket: OnceCell<Rc<NetSocket>>,
    /// The setting package_length_func.
    length: RefCell<Option<Callable>>,
    /// The stream that it was imported from.
    stream: RefCell<Option<Value>>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        self.length.trace(tracer);
        self.stream.trace(tracer);
    }
}

impl State {
    /// The function that knows how long a packet is.
    pub fn length_function(&self) -> Option<Callable> {
        self.length.borrow().clone()
    }

    /// Sets or forgets it.
    pub fn set_length_function(&self, function: Option<Callable>) {
        // Dropped outside of the borrow: it may be the last to hold objects with destructors.
        let old = self.length.replace(function);
        drop(old);
    }

    /// The socket, once the constructor has run.
    pub fn socket(&self) -> Option<&Rc<NetSocket>> {
        self.socket.get()
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    highper_net::set_resolver(resolve);
    exception::declare(registry);
    let class = Class::new("Swoole\\Coroutine\\Socket")
        .doc("A socket whose calls wait in the running coroutine. Time-outs are in seconds: 0 as set by setOption(), negative without end.")
        .handle(&SOCKET)
        .alias("Co\\Socket")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<State>()
        .deny_clone()
        .deny_unset()
        .property("public readonly $fd = -1", "The number of its descriptor.")
        .property("public readonly $domain = 0", "AF_*")
        .property("public readonly $type = 0", "SOCK_*")
        .property("public readonly $protocol = 0", "IPPROTO_*")
        .property("public $errCode = 0", "The number of the last call's error, SOCKET_E* or SWOOLE_ERROR_*; 0 when it went well.")
        .property("public $errMsg = ''", "The same as text.")
        .property("public $__ext_sockets_nonblock = false", "For functions of the extension sockets.")
        .property("public $__ext_sockets_timeout = 0", "For functions of the extension sockets.")
        .method(
            "public function __construct(int $domain, int $type, int $protocol = 0)",
            "A new socket; a Socket\\Exception when the system refuses it.",
            construct,
        )
        .method(
            "public function bind(string $address, int $port = 0): bool",
            "Gives it a local address; the system chooses a port for 0.",
            |call| {
                let (host, port) = (call.bytes(0)?.to_vec(), call.opt_long(1, 0)?);
                done(call, |socket| socket.bind(&host, port))
            },
        )
        .method(
            "public function listen(int $backlog = 512): bool",
            "Lets others connect.",
            |call| {
                let backlog = call.opt_long(0, 512)?;
                done(call, |socket| socket.listen(backlog))
            },
        )
        .method(
            "public function accept(float $timeout = 0): Swoole\\Coroutine\\Socket|false",
            "Waits for a connection.",
            accept,
        )
        .method(
            "public function connect(string $host, int $port = 0, float $timeout = 0): bool",
            "Connects to an address or a name; with TLS set it makes the handshake.",
            connect,
        )
        .method(
            "public function checkLiveness(): bool",
            "Is the connection alive, as far as the system knows?",
            check,
        )
        .method(
            "public function getBoundCid(int $event): int",
            "The coroutine that waits for SWOOLE_EVENT_READ or SWOOLE_EVENT_WRITE; 0 for none.",
            bound,
        )
        .method(
            "public function shutdown(int $how = 2): bool",
            "Ends reading (0), writing (1) or both (2).",
            |call| {
                let how = call.opt_long(0, 2)?;
                done(call, |socket| socket.shutdown(how))
            },
        )
        .method(
            "public function cancel(int $event = SWOOLE_EVENT_READ): bool",
            "Ends the wait in one direction. False when nobody waits.",
            cancel,
        )
        .method(
            "public function close(): bool",
            "Closes it; who waits for it is told at once (SOCKET_ECANCELED).",
            close,
        )
        .method("public function getpeername(): array|false", "The peer's address and port.", |call| {
            name(call, NetSocket::peer_name)
        })
        .method("public function getsockname(): array|false", "Its own address and port.", |call| {
            name(call, NetSocket::name)
        })
        .method("public function isClosed(): bool", "Was it closed?", |call| {
            let state = call.this::<State>()?;
            call.ret_bool(state.socket().is_none_or(|socket| socket.is_closed()))
        })
        .method(
            "public function setProtocol(array $settings): bool",
            "How its stream is cut into packets (open_length_check, open_eof_check, package_*), and TLS (open_ssl, ssl_*).",
            set_protocol,
        )
        .method(
            "public function sslHandshake(): bool",
            "Makes the TLS handshake: as the server on a socket that was accepted.",
            handshake,
        )
        .method(
            "public static function import($stream): Swoole\\Coroutine\\Socket|false",
            "A socket for the one under a stream. Closing it closes the stream.",
            import,
        );
    registry.class(option::methods(vector::methods(send::methods(
        receive::methods(class),
    ))));
    plain::declare(registry);
    registry.function(Function::new(
        "function swoole_coroutine_socketpair(int $domain, int $type, int $protocol): array|false",
        "Two sockets that are connected with each other.",
        pair,
    ));
}

/// By the program's resolvers; else as `System::gethostbyname()`: by the system, kept for a while.
fn resolve(name: &str, six: bool, deadline: Option<u64>) -> Result<IpAddr, Error> {
    if let Some(found) = crate::name_resolver::for_connection(name, six) {
        return found;
    }
    let family = if six { Family::V6 } else { Family::V4 };
    resolver::address(name, family, deadline).map_err(|failure| match failure {
        Failure::Ended(Wake::Timeout) => Error::ResolveTimedOut,
        Failure::Ended(_) => Error::Cancelled,
        Failure::Failed | Failure::NoServer => Error::ResolveFailed,
    })
}

/// The socket of `$this`; `None`, with the error told, when it is closed.
fn socket(call: &Call) -> Result<Option<Rc<NetSocket>>, Throw> {
    let Some(socket) = call.this::<State>()?.socket() else {
        return Err(swoole_error::fatal(
            "must call constructor first",
            error_code::WRONG_OPERATION,
        ));
    };
    if socket.is_closed() {
        failure::tell(call.this_object()?, SLOTS, &Error::Closed);
        return Ok(None);
    }
    Ok(Some(Rc::clone(socket)))
}

/// Returns whether a call went well, and tells its error.
fn done(call: &mut Call, run: impl FnOnce(&NetSocket) -> Result<(), Error>) -> Done {
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    match run(&socket) {
        Ok(()) => call.ret_bool(true),
        Err(error) => {
            failure::settle(call.this_object()?, SLOTS, &error)?;
            call.ret_bool(false)
        }
    }
}

/// An object for a socket.
pub fn object(socket: NetSocket) -> Result<Object, Throw> {
    let object = SOCKET.instantiate()?;
    fill(&object, socket);
    Ok(object)
}

fn fill(object: &Object, socket: NetSocket) {
    let (domain, kind, protocol) = socket.system();
    object.set_slot(FD, socket.fd());
    object.set_slot(DOMAIN, domain);
    object.set_slot(TYPE, kind);
    object.set_slot(PROTOCOL, protocol);
    if let Some(state) = object.state::<State>() {
        // Only a new object is filled: there is none yet.
        let _none = state.socket.set(Rc::new(socket));
    }
}

/// The socket of an object of the class.
pub fn of(object: &Object) -> Option<Rc<NetSocket>> {
    object.state::<State>()?.socket().cloned()
}

fn construct(call: &mut Call) -> Done {
    let number =
        |arg| -> Result<i32, Throw> { Ok(i32::try_from(call.opt_long(arg, 0)?).unwrap_or(-1)) };
    let (domain, kind, protocol) = (number(0)?, number(1)?, number(2)?);
    if call.this::<State>()?.socket().is_some() {
        let class = call.this_object()?.class_name();
        return Err(Throw::error(format!(
            "Constructor of {class} can only be called once"
        )));
    }
    event::ensure_loop()?;
    match NetSocket::open(domain, kind, protocol) {
        Ok(socket) => {
            fill(call.this_object()?, socket);
            Ok(())
        }
        Err(error) => {
            let (code, _) = failure::describe(&error);
            let text = function::system_text(code);
            Err(Throw::new(
                &EXCEPTION,
                format!("new Socket() failed. Error: {text} [{code}]"),
                code.into(),
            ))
        }
    }
}

fn accept(call: &mut Call) -> Done {
    let timeout = call.opt_double(0, 0.0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    match socket.accept(timeout) {
        Ok(accepted) => {
            let connection = object(accepted)?;
            if let Some(state) = connection.state::<State>() {
                state.set_length_function(call.this::<State>()?.length_function());
            }
            call.ret(connection)
        }
        Err(error) => {
            failure::settle(call.this_object()?, SLOTS, &error)?;
            call.ret_bool(false)
        }
    }
}

fn connect(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let (port, timeout) = (call.opt_long(1, 0)?, call.opt_double(2, 0.0)?);
    let Some(open) = socket(call)? else {
        return call.ret_bool(false);
    };
    if open.kind().has_ports() {
        if call.num_args() == 1 {
            error::warning("Socket of type AF_INET/AF_INET6 requires port argument")?;
            return call.ret_bool(false);
        }
        if !(1..=65535).contains(&port) {
            error::warning(format!("Invalid port argument[{port}]"))?;
            return call.ret_bool(false);
        }
    }
    done(call, |socket| socket.connect(&host, port, timeout))
}

fn check(call: &mut Call) -> Done {
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let this = call.this_object()?;
    match socket.check() {
        Ok(()) => {
            failure::clear(this, SLOTS);
            call.ret_bool(true)
        }
        Err(error) => {
            failure::tell(this, SLOTS, &error);
            call.ret_bool(false)
        }
    }
}

fn bound(call: &mut Call) -> Done {
    let event = call.long(0)?;
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let sides = match (event & READ != 0, event & WRITE != 0) {
        (true, true) => Side::BOTH,
        (true, false) => Side::READ,
        (false, true) => Side::WRITE,
        (false, false) => Side::NONE,
    };
    call.ret(socket.bound(sides).unwrap_or(0))
}

fn cancel(call: &mut Call) -> Done {
    let side = match call.opt_long(0, READ)? {
        READ => Side::READ,
        _ => Side::WRITE,
    };
    match socket(call)? {
        Some(socket) => call.ret_bool(socket.cancel(side)),
        None => call.ret_bool(false),
    }
}

fn close(call: &mut Call) -> Done {
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let state = call.this::<State>()?;
    state.set_length_function(None);
    let stream = state.stream.take();
    // It is closed in any case; that others waited for it is theirs to know.
    let _closed = socket.close();
    if let Some(open) = stream.filter(|value| stream::descriptor(value).is_some()) {
        call_function("fclose", &[open]).into_result()?;
    }
    call.ret_bool(true)
}

fn name(
    call: &mut Call,
    ask: fn(&NetSocket) -> Result<Option<highper_net::Address>, Error>,
) -> Done {
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    match ask(&socket) {
        Ok(address) => {
            let mut name = Array::with_capacity(2);
            name.set(
                "address",
                address.as_ref().map_or_else(Vec::new, |a| a.host()),
            )
            .set("port", address.map_or(0, |address| address.port()));
            call.ret(name)
        }
        Err(error) => {
            failure::tell(call.this_object()?, SLOTS, &error);
            call.ret_bool(false)
        }
    }
}

fn set_protocol(call: &mut Call) -> Done {
    let Some(socket) = socket(call)? else {
        return call.ret_bool(false);
    };
    let settings = call.array(0)?.clone();
    if settings.is_empty() {
        return call.ret_bool(false);
    }
    let set = setting::protocol(&socket, call.this::<State>()?, &settings)?;
    call.ret_bool(set)
}

fn handshake(call: &mut Call) -> Done {
    done(call, NetSocket::handshake)
}

fn import(call: &mut Call) -> Done {
    let value = call.value(0)?.clone();
    if value.deref().kind() != Kind::Resource {
        return Err(Throw::argument_type(
            0,
            format!("must be of type resource, {} given", value.type_name()),
        ));
    }
    let about = call_function("get_resource_type", std::slice::from_ref(&value)).into_result()?;
    if about.as_str() != Some("stream") && about.as_str() != Some("persistent stream") {
        return Err(Throw::type_error(
            "Swoole\\Coroutine\\Socket::import(): supplied resource is not a valid stream resource",
        ));
    }
    let shared = match stream::descriptor(&value) {
        Some(fd) => {
            event::ensure_loop()?;
            NetSocket::share(fd)
        }
        None => Err(Error::System(NOT_A_SOCKET)),
    };
    match shared {
        Ok(socket) => {
            // What it has read ahead, nobody could read any more.
            call_function(
                "stream_set_read_buffer",
                &[value.clone(), Value::from(0_i64)],
            )
            .into_result()?;
            let object = object(socket)?;
            if let Some(state) = object.state::<State>() {
                state.stream.replace(Some(value));
            }
            call.ret(object)
        }
        Err(Error::System(NOT_A_SOCKET)) => {
            let about = call_function("stream_get_meta_data", &[value]).into_result()?;
            let kind = about.as_array().and_then(|about| about.get("stream_type"));
            let kind = kind.and_then(Value::as_str).unwrap_or("unknown");
            error::warning(format!(
                "Cannot represent a stream of type {kind} as a Socket Descriptor"
            ))?;
            call.ret_bool(false)
        }
        Err(error) => {
            let (code, _) = failure::describe(&error);
            function::system_warning("getsockopt(SOL_SOCKET, SO_TYPE) failed", code)?;
            call.ret_bool(false)
        }
    }
}

fn pair(call: &mut Call) -> Done {
    let number = |arg| -> Result<i32, Throw> { Ok(i32::try_from(call.long(arg)?).unwrap_or(-1)) };
    let (domain, kind, protocol) = (number(0)?, number(1)?, number(2)?);
    event::ensure_loop()?;
    match highper_net::pair(domain, kind, protocol) {
        Ok((a, b)) => {
            let mut both = Array::with_capacity(2);
            both.push(object(a)?).push(object(b)?);
            call.ret(both)
        }
        Err(error) => {
            let (code, _) = failure::describe(&error);
            function::system_warning("failed to create socket", code)?;
            call.ret_bool(false)
        }
    }
}
