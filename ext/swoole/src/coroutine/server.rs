//! `Swoole\Coroutine\Server`: accepts connections, each in a coroutine of its own.

pub mod connection;

use super::socket::{self, State, exception, failure, setting};
use crate::{error_code, exception as swoole_exception, swoole_error};
use connection::CONNECTION;
use highper_engine as engine;
use highper_net::{Error, Socket as NetSocket};
use highper_runtime::coroutine;
use highper_zend::{Array, Call, Callable, Class, Done, Object, Registry, Throw, Value, error};
use std::rc::Rc;

const HOST: usize = 0;
const PORT: usize = 1;
const TYPE: usize = 2;
const FD: usize = 3;
const ERR_CODE: usize = 4;
const SETTING: usize = 5;
const RUNNING: usize = 6;
const FUNCTION: usize = 7;
const SOCKET: usize = 8;

/// `AF_UNIX`, `AF_INET`, `AF_INET6`; `SOCK_STREAM`; `SOL_SOCKET`, `SO_REUSEPORT`
const UNIX: i32 = 1;
const INET: i32 = 2;
const INET6: i32 = 10;
const STREAM: i32 = 1;
const LEVEL_SOCKET: i32 = 1;
const REUSE_PORT: i32 = 15;

/// `ENFILE`, `EMFILE`, `EINVAL`
const TOO_MANY_OPEN: [i32; 2] = [23, 24];
const INVALID: i32 = 22;
/// How long to wait when there are too many descriptors or coroutines, in nanoseconds.
const PAUSE: u64 = 1_000_000_000;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    connection::declare(registry);
    registry.class(
        Class::new("Swoole\\Coroutine\\Server")
            .doc("Accepts connections, each in a coroutine of its own.")
            .alias("Co\\Server")
            .property("public $host = ''", "Where it listens.")
            .property("public $port = 0", "The port, also one that the system chose.")
            .property("public $type = 2", "AF_INET, AF_INET6 or AF_UNIX.")
            .property("public $fd = -1", "The number of its descriptor.")
            .property("public $errCode = 0", "Why start() returned false.")
            .property("public $setting = []", "What set() was given, and open_ssl.")
            .property("protected $running = false", "Does it accept?")
            .property("protected $fn", "What each connection is given to.")
            .property("protected $socket", "The socket that listens.")
            .method(
                "public function __construct(string $host, int $port = 0, bool $ssl = false, bool $reuse_port = false)",
                "Listens on an address (`unix:/…` for a local one); the system chooses a port for 0. A Swoole\\Exception when that is refused.",
                construct,
            )
            .method(
                "public function set(array $setting): void",
                "How streams are cut into packets, and TLS: as Coroutine\\Socket::setProtocol().",
                |call| {
                    let this = call.this_object()?;
                    let mut merged = settings_of(this);
                    for (key, value) in call.array(0)? {
                        merged.set_key(key, value.clone());
                    }
                    this.set_slot(SETTING, merged);
                    Ok(())
                },
            )
            .method(
                "public function handle(callable $fn): void",
                "What each connection is given to, in a coroutine of its own.",
                |call| {
                    call.callable(0)?;
                    let function = call.value(0)?.clone();
                    call.this_object()?.set_slot(FUNCTION, function);
                    Ok(())
                },
            )
            .method(
                "public function shutdown(): bool",
                "Accepts no more: start() returns.",
                shutdown,
            )
            .method(
                "public function start(): bool",
                "Accepts until shutdown(). False when there is no handler, or the settings don't fit.",
                start,
            ),
    );
}

fn settings_of(this: &Object) -> Array {
    this.slot(SETTING)
        .and_then(|settings| settings.as_array().cloned())
        .unwrap_or_default()
}

fn listener(this: &Object) -> Option<(Object, Rc<NetSocket>)> {
    let object = this.slot(SOCKET)?.as_object()?.clone();
    let socket = socket::of(&object)?;
    Some((object, socket))
}

fn construct(call: &mut Call) -> Done {
    let host = call.text(0)?;
    let port = call.opt_long(1, 0)?;
    let (ssl, reuse) = (call.opt_bool(2, false)?, call.opt_bool(3, false)?);
    let (domain, host) = match host.strip_prefix("unix:") {
        _ if host.contains("::") => (INET6, host),
        Some(path) if path.starts_with('/') => (UNIX, path),
        _ => (INET, host),
    };
    let host = host.to_owned();
    crate::event::ensure_loop()?;
    let made = NetSocket::open(domain, STREAM, 0).map_err(|error| {
        let (code, text) = failure::describe(&error);
        Throw::new(
            &exception::EXCEPTION,
            format!("new Socket() failed. Error: {text} [{code}]"),
            code.into(),
        )
    })?;
    if reuse && let Err(error) = made.set_option(LEVEL_SOCKET, REUSE_PORT, &1_i32.to_ne_bytes()) {
        let (code, _) = failure::describe(&error);
        crate::function::system_warning("setsockopt(SO_REUSEPORT) failed", code)?;
    }
    let refused = |what: String, error: Error| {
        let (code, _) = failure::describe(&error);
        swoole_exception(what, code.into())
    };
    made.bind(host.as_bytes(), port)
        .map_err(|error| refused(format!("bind({host}:{port}) failed"), error))?;
    made.listen(0)
        .map_err(|error| refused("listen() failed".to_owned(), error))?;
    let port = match made.name() {
        Ok(Some(name)) => name.port(),
        _ => 0,
    };
    let fd = made.fd();
    let object = socket::object(made)?;
    let this = call.this_object()?;
    let mut settings = settings_of(this);
    settings.set("open_ssl", ssl);
    this.set_slot(HOST, host);
    this.set_slot(PORT, port);
    this.set_slot(TYPE, domain);
    this.set_slot(FD, fd);
    this.set_slot(SETTING, settings);
    this.set_slot(SOCKET, object);
    Ok(())
}

fn shutdown(call: &mut Call) -> Done {
    let this = call.this_object()?;
    this.set_slot(RUNNING, false);
    let cancelled =
        listener(this).is_some_and(|(_, socket)| socket.cancel(highper_net::Side::READ));
    call.ret_bool(cancelled)
}

fn start(call: &mut Call) -> Done {
    let this = call.this_value()?;
    this.set_slot(RUNNING, true);
    let function = this.slot(FUNCTION).filter(|function| !function.is_null());
    let Some(function) = function.and_then(|function| Callable::new(function).ok()) else {
        this.set_slot(ERR_CODE, INVALID);
        return call.ret_bool(false);
    };
    let Some((object, socket)) = listener(&this) else {
        return Err(swoole_error::fatal(
            "must call constructor first",
            error_code::WRONG_OPERATION,
        ));
    };
    let settings = settings_of(&this);
    let fits = match object.state::<State>() {
        Some(state) => setting::protocol(&socket, state, &settings)?,
        None => false,
    };
    if !fits {
        this.set_slot(ERR_CODE, INVALID);
        return call.ret_bool(false);
    }
    while this.slot(RUNNING).is_some_and(Value::to_bool) {
        match socket.accept(0.0) {
            Ok(accepted) => {
                if !serve(&this, &object, &function, accepted)? {
                    pause()?;
                }
            }
            Err(error) => {
                failure::settle(&object, socket::SLOTS, &error)?;
                match error {
                    Error::TimedOut => {}
                    Error::System(number) if TOO_MANY_OPEN.contains(&number) => pause()?,
                    Error::Cancelled => break,
                    error => {
                        let (code, text) = failure::describe(&error);
                        error::raise(
                            error::Level::UserWarning,
                            format!("accept failed, Error: {text}[{code}]"),
                        )?;
                        break;
                    }
                }
            }
        }
    }
    call.ret_bool(true)
}

fn pause() -> Result<(), Throw> {
    engine::sleep(PAUSE);
    super::waiting::resumed()
}

/// Runs the handler for a connection in a coroutine of its own. False when there are too many.
fn serve(
    this: &Object,
    listener: &Object,
    function: &Callable,
    accepted: NetSocket,
) -> Result<bool, Throw> {
    let settings = settings_of(this);
    let connection = socket::object(accepted)?;
    let Some(socket) = socket::of(&connection) else {
        return Ok(false);
    };
    if let Some(state) = connection.state::<State>() {
        state.set_length_function(listener.state::<State>().and_then(State::length_function));
        setting::protocol(&socket, state, &settings)?;
    }
    let function = function.clone();
    let spawned = coroutine::try_spawn(move || {
        if socket.tls().is_some()
            && let Err(error) = socket.handshake()
        {
            failure::settle(&connection, socket::SLOTS, &error)?;
            return Ok(());
        }
        drop(socket);
        let value = CONNECTION
            .get()
            .new_object(&[connection.into()])
            .into_result()?;
        function.call(&[value]).into_result().map(drop)
    });
    match spawned {
        Ok(_) => Ok(true),
        Err(refused) => {
            error::warning(refused.to_string())?;
            Ok(false)
        }
    }
}
