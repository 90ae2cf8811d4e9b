//! `Swoole\Async\Client`: a client that calls back. Its calls do not wait.

mod sending;

use crate::client::{self, Client, Outbox, connected, detach, kind_of, open, settings_of, tell};
use crate::coroutine::socket::{failure, receive, setting};
use crate::coroutine::waiting;
use crate::{error_code, event, exception};
use highper_engine::{Kind as WaitKind, Token, Wake, scheduler, wait};
use highper_net::{Error, Side, Socket as NetSocket, Timeouts};
use highper_runtime::callback;
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
    error,
};
pub use sending::{send, send_file};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// The class.
pub static ASYNC_CLIENT: ClassRef = ClassRef::new("Swoole\\Async\\Client");

/// Bytes that one receive takes at most.
const ROOM: usize = 65535;

/// What is called back; the numbers are those of our properties' slots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// There is a connection.
    Connect,
    /// There will be none.
    Error,
    /// Bytes, or a packet, have come.
    Receive,
    /// The connection is over.
    Close,
    /// Much waits to be sent.
    BufferFull,
    /// Nothing does any more.
    BufferEmpty,
    /// The TLS handshake is over.
    SslReady,
}

const NAMES: [(&str, &str); 7] = [
    ("connect", "onConnect"),
    ("error", "onError"),
    ("receive", "onReceive"),
    ("close", "onClose"),
    ("bufferfull", "onBufferFull"),
    ("bufferempty", "onBufferEmpty"),
    ("", "onSSLReady"),
];

/// What such a client has beside what every client has.
#[derive(Default)]
pub struct Calls {
    functions: [RefCell<Option<Callable>>; 7],
    /// What waits to be sent.
    pub outbox: Outbox,
    /// Nothing is received until wakeup(); the wait for that.
    paused: Cell<bool>,
    pause: Cell<Option<Token>>,
    /// The handshake is to be made.
    shakes: Cell<bool>,
}

impl Trace for Calls {
    fn trace(&self, tracer: &mut Tracer) {
        self.functions
            .iter()
            .for_each(|function| function.trace(tracer));
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Async\\Client")
            .doc("A client of TCP, UDP and local sockets that calls back; its calls do not wait. Callbacks run in a coroutine, with swoole_async_set(['enable_coroutine' => false]) outside of any.")
            .handle(&ASYNC_CLIENT)
            .extends("Swoole\\Client")
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_clone()
            .deny_unset()
            .property("private $onConnect", "Called back when there is a connection.")
            .property("private $onError", "Called back when there will be none.")
            .property("private $onReceive", "Called back with what has come.")
            .property("private $onClose", "Called back at the end of the connection.")
            .property("private $onBufferFull", "Called back when much waits to be sent.")
            .property("private $onBufferEmpty", "Called back when that is sent.")
            .property("private $onSSLReady", "Called back when the TLS handshake is over.")
            .method(
                "public function __construct(int $type)",
                "SWOOLE_SOCK_TCP, TCP6, UDP, UDP6, UNIX_STREAM or UNIX_DGRAM, with | SWOOLE_SSL for TLS.",
                construct,
            )
            .method("public function __destruct()", "Closes the connection.", |call| {
                if let Some(socket) = detach(call.this::<Client>()?) {
                    // Nobody is left who could be told.
                    let _closed = socket.close();
                }
                Ok(())
            })
            .method(
                "public function connect(string $host, int $port = 0, float $timeout = 0.5, int $sock_flag = 0): bool",
                "Begins to connect; on(connect) or on(error) follows.",
                connect,
            )
            .method("public function sleep(): bool", "Receives nothing until wakeup().", |call| pause(call, true))
            .method("public function wakeup(): bool", "Receives again.", |call| pause(call, false))
            .method("public function pause(): bool", "The same as sleep().", |call| pause(call, true))
            .method("public function resume(): bool", "The same as wakeup().", |call| pause(call, false))
            .method(
                "public function enableSSL(?callable $onSslReady = null): bool",
                "Begins the TLS handshake on an open connection, and calls back.",
                enable,
            )
            .method("public function isConnected(): bool", "Is there a connection?", |call| {
                let client = call.this::<Client>()?;
                let is = client.is_active();
                call.ret_bool(is)
            })
            .method(
                "public function close(bool $force = false): bool",
                "Closes the connection; on(close) is called back before it returns.",
                close,
            )
            .method(
                "public function on(string $host, callable $callback): bool",
                "Sets what is called back: connect, receive, close, error, bufferFull, bufferEmpty.",
                on,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let number = call.long(0)?;
    let this = call.this_object()?;
    if kind_of(number).is_none() {
        let class = this.class_name();
        return Err(Throw::type_error(format!(
            "{class}::__construct() expects parameter 1 to be client type, unknown type {number} given"
        )));
    }
    event::ensure_loop()?;
    client::put(this, client::TYPE, number);
    Ok(())
}

fn on(call: &mut Call) -> Done {
    let name = call.bytes(0)?.to_ascii_lowercase();
    let function = call.callable(1)?;
    let known = NAMES
        .iter()
        .position(|(event, _)| !name.is_empty() && event.as_bytes() == name);
    let Some(at) = known else {
        let name = String::from_utf8_lossy(call.bytes(0)?).into_owned();
        error::warning(format!("Unknown event callback type name '{name}'"))?;
        return call.ret_bool(false);
    };
    call.this_object()?.set_slot(at, function.value().clone());
    set_function(call.this::<Client>()?.calls(), at, function);
    call.ret_bool(true)
}

fn set_function(calls: &Calls, at: usize, function: Callable) {
    // Dropped outside of the borrow: it may be the last to hold objects with destructors.
    let old = calls.functions[at].replace(Some(function));
    drop(old);
}

fn state(object: &Object) -> Option<&Client> {
    object.state::<Client>()
}

impl Calls {
    fn has(&self, on: On) -> bool {
        self.functions[on as usize].borrow().is_some()
    }
}

/// Calls back; warns where nobody is there for it.
pub fn tell_of(object: &Object, on: On, more: Option<Value>) -> Result<(), Throw> {
    let function =
        state(object).and_then(|client| client.calls().functions[on as usize].borrow().clone());
    let Some(function) = function else {
        let name = NAMES[on as usize].1;
        return error::warning(format!("{} has no {name} callback", object.class_name()));
    };
    let mut arguments = vec![Value::from(object)];
    arguments.extend(more);
    if callback::are_in_coroutines() || highper_engine::current().is_none() {
        return function.call(&arguments).into_result().map(drop);
    }
    // The program wants no coroutines: the call is made outside, and the client's own coroutine waits for its end.
    let returned = wait::begin(WaitKind::Sync);
    scheduler::defer_to_driver(move || {
        let called = callback::call(move || function.call(&arguments).into_result().map(drop));
        debug_assert!(called.is_ok(), "a plain call needs no coroutine");
        returned.wake(Wake::Ready);
    });
    let _why = wait::park(None);
    waiting::resumed()
}

fn connect(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let (port, timeout) = (call.opt_long(1, 0)?, call.opt_double(2, 0.5)?);
    call.opt_long(3, 0)?;
    if host.is_empty() {
        error::warning("The host is empty")?;
        return call.ret_bool(false);
    }
    let client = call.this::<Client>()?;
    let calls = client.calls();
    if client.has_socket() {
        error::warning("connection to the server has already been established")?;
        return call.ret_bool(false);
    }
    if !calls
        .functions
        .iter()
        .any(|function| function.borrow().is_some())
    {
        error::warning("async client is not initialized")?;
        return call.ret_bool(false);
    }
    let this = call.this_value()?;
    let number = client::read(&this, client::TYPE).to_long();
    let kind = kind_of(number);
    if kind.is_some_and(highper_net::Kind::is_tcp) && !(1..=65535).contains(&port) {
        error::warning("The port is invalid")?;
        highper_runtime::set_last_error(error_code::INVALID_PARAMS);
        return call.ret_bool(false);
    }
    let is_stream = kind.is_some_and(highper_net::Kind::is_stream);
    let needed: &[On] = if is_stream {
        &[On::Receive, On::Connect, On::Error, On::Close]
    } else {
        &[On::Receive]
    };
    if let Some(missing) = needed.iter().find(|on| !calls.has(**on)) {
        let name = NAMES[*missing as usize].1;
        return Err(error::fatal(format!("no '{name}' callback function")));
    }
    let Some(socket) = open(call, &host, port)? else {
        return call.ret_bool(false);
    };
    let seconds = if timeout == 0.0 { -1.0 } else { timeout };
    socket.set_timeouts(Timeouts {
        resolve: seconds,
        connect: seconds,
        // Of a proxy and of the handshake; what comes later has no end.
        read: seconds,
        write: seconds,
    });
    if let Some(settings) = settings_of(&this) {
        setting::client(&socket, client.own(), &settings)?;
        if let Some(room) = setting::get(&settings, "socket_buffer_size") {
            let room = usize::try_from(setting::size(room)).unwrap_or(0);
            calls.outbox.set_limit(room);
        }
    }
    let failed = Rc::new(Cell::new(None));
    let told = Rc::clone(&failed);
    let shown = String::from_utf8_lossy(&host).into_owned();
    highper_runtime::spawn_body(move || run(&this, &socket, &host, port, &told))?;
    match failed.take() {
        // A stream's refusal comes later, as far as a program can see.
        Some(code) if kind.is_none_or(|kind| !kind.is_tcp()) => {
            let text = failure::text(code);
            error::warning(format!(
                "connect to server[{shown}:{port}] failed, Error: {text}[{code}]"
            ))?;
            call.ret_bool(false)
        }
        _ => call.ret_bool(true),
    }
}

/// The life of a connection.
fn run(
    object: &Object,
    socket: &Rc<NetSocket>,
    host: &[u8],
    port: i64,
    failed: &Cell<Option<i32>>,
) -> Result<(), Throw> {
    let Some(client) = state(object) else {
        return Ok(());
    };
    if let Err(error) = socket.connect(host, port, 0.0) {
        let (code, _) = failure::describe(&error);
        failed.set(Some(code));
        return fail(object, client, socket, &error);
    }
    client.set_active();
    if socket.kind().is_stream() || client.calls().has(On::Connect) {
        tell_of(object, On::Connect, None)?;
    }
    while client.holds(socket) {
        if client.calls().shakes.take() {
            if let Err(error) = socket.handshake() {
                return fail(object, client, socket, &error);
            }
            tell_of(object, On::SslReady, None)?;
            continue;
        }
        if client.calls().paused.get() {
            client.calls().pause.set(Some(wait::begin(WaitKind::Sync)));
            let _woken = wait::park(None);
            waiting::resumed()?;
            continue;
        }
        match next(client, socket)? {
            Ok(data) if !data.as_bytes().is_some_and(<[u8]>::is_empty) => {
                tell_of(object, On::Receive, Some(data))?;
            }
            Ok(_) if !socket.kind().is_stream() => {}
            // Woken for something else: sleep(), enableSSL(), close().
            Err(Error::Cancelled) if client.holds(socket) => waiting::resumed()?,
            Err(error) if client.holds(socket) => {
                tell(object, failure::describe(&error).0);
                return finish(object, socket);
            }
            _ => return finish(object, socket),
        }
    }
    Ok(())
}

/// What comes next: bytes, or a packet.
fn next(client: &Client, socket: &NetSocket) -> Result<Result<Value, Error>, Throw> {
    if socket.framing().is_on() {
        receive::packet(socket, client.own().length_function(), -1.0)
    } else {
        Ok(socket.receive(ROOM, -1.0, receive::string))
    }
}

/// There will be no connection.
fn fail(object: &Object, client: &Client, socket: &NetSocket, error: &Error) -> Result<(), Throw> {
    if client.holds(socket) {
        let gone = detach(client);
        drop(gone);
        // What it says is less than why it is closed.
        let _closed = socket.close();
    }
    tell(object, failure::describe(error).0);
    if socket.kind().is_stream() || client.calls().has(On::Error) {
        tell_of(object, On::Error, None)?;
    }
    waiting::resumed()
}

/// The connection is over, once.
pub fn finish(object: &Object, socket: &NetSocket) -> Result<(), Throw> {
    let Some(client) = state(object).filter(|client| client.holds(socket)) else {
        return Ok(());
    };
    let gone = detach(client);
    client.calls().outbox.clear();
    if let Some(gone) = gone {
        // Those who wait for it, our own coroutines, see that it is over.
        let _closed = gone.close();
    }
    if let Some(token) = client.calls().pause.take() {
        token.wake(highper_engine::Wake::Ready);
    }
    if socket.kind().is_stream() || client.calls().has(On::Close) {
        tell_of(object, On::Close, None)?;
    }
    Ok(())
}

fn close(call: &mut Call) -> Done {
    call.opt_bool(0, false)?;
    let socket = call.this::<Client>()?.socket();
    let Some(socket) = socket else {
        error::warning("client is not connected to the server")?;
        return call.ret_bool(false);
    };
    finish(&call.this_value()?, &socket)?;
    call.ret_bool(true)
}

fn pause(call: &mut Call, on: bool) -> Done {
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    let calls = call.this::<Client>()?.calls();
    if calls.paused.replace(on) == on {
        return call.ret_bool(true);
    }
    if on {
        socket.cancel(Side::READ);
    } else if let Some(token) = calls.pause.take() {
        token.wake(highper_engine::Wake::Ready);
    }
    call.ret_bool(true)
}

fn enable(call: &mut Call) -> Done {
    if call.is_absent(0) {
        return Err(exception(
            "require `onSslReady` callback",
            error_code::INVALID_PARAMS.into(),
        ));
    }
    let function = call.callable(0)?;
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    if !socket.kind().is_tcp() {
        error::warning("cannot use enableSSL")?;
        return call.ret_bool(false);
    }
    if setting::want_tls(&socket).is_err() {
        error::warning("SSL has been enabled")?;
        return call.ret_bool(false);
    }
    let this = call.this_object()?;
    if let Some(settings) = settings_of(this)
        && !setting::tls(&socket, &settings)?
    {
        return call.ret_bool(false);
    }
    let calls = call.this::<Client>()?.calls();
    this.set_slot(On::SslReady as usize, function.value().clone());
    set_function(calls, On::SslReady as usize, function);
    calls.shakes.set(true);
    socket.cancel(Side::READ);
    call.ret_bool(true)
}
