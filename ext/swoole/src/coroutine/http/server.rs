//! `Swoole\Coroutine\Http\Server`: an HTTP server in coroutines, one for each connection.

mod conversation;
mod http2;
mod settings;

use crate::coroutine::socket::{self, failure, setting};
use crate::coroutine::waiting;
use crate::{error_code, exception, swoole_error};
use conversation::Client;
use highper_engine as engine;
use highper_net::{Error, Side, Socket as NetSocket};
use highper_runtime::{coroutine, superglobals};
use highper_zend::{
    Array, Call, Callable, Class, Done, Flags, Object, Registry, Throw, Trace, Tracer, error,
};
use settings::Config;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

const FD: usize = 0;
const HOST: usize = 1;
const PORT: usize = 2;
const SSL: usize = 3;
const SETTINGS: usize = 4;
/// Where errors are told.
const SLOTS: failure::Slots = failure::Slots {
    code: 5,
    message: 6,
};

/// `AF_UNIX`, `AF_INET`, `AF_INET6`; `SOCK_STREAM`; `SOL_SOCKET`, `SO_REUSEPORT`
const UNIX: i32 = 1;
const INET: i32 = 2;
const INET6: i32 = 10;
const STREAM: i32 = 1;
const LEVEL_SOCKET: i32 = 1;
const REUSE_PORT: i32 = 15;

/// `ENFILE`, `EMFILE`, `EINVAL`
const TOO_MANY_OPEN: [i32; 2] = [23, 24];
const INVALID: i64 = 22;
/// How long to wait when there are too many descriptors or coroutines, in nanoseconds.
const PAUSE: u64 = 1_000_000_000;

/// What an object carries.
#[derive(Default)]
struct State {
    inner: OnceCell<Rc<Inner>>,
}

/// A server, shared with its connections.
struct Inner {
    object: Object,
    socket: Rc<NetSocket>,
    /// By the beginning of the path.
    handlers: RefCell<BTreeMap<Vec<u8>, Callable>>,
    running: Cell<bool>,
    config: RefCell<Rc<Config>>,
    clients: RefCell<HashMap<u64, Client>>,
    /// Who answers on connections that speak HTTP/2.
    http2: RefCell<Option<highper_http::Server>>,
}

impl Inner {
    /// The first whose pattern the path begins with, in the order of the patterns, whatever the case.
    fn handler(&self, path: &[u8]) -> Option<Callable> {
        let handlers = self.handlers.borrow();
        let found = handlers.iter().find(|(pattern, _)| {
            pattern.as_slice() != b"/"
                && path
                    .get(..pattern.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(pattern))
        });
        let found = found.map(|(_, handler)| handler);
        found.or_else(|| handlers.get(&b"/"[..])).cloned()
    }
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        let Some(inner) = self.inner.get() else {
            return;
        };
        tracer.value(inner.object.as_value());
        if let Ok(handlers) = inner.handlers.try_borrow() {
            for handler in handlers.values() {
                tracer.value(handler.value());
            }
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Http\\Server")
            .doc("An HTTP server in coroutines: one for each connection. Its handlers may make WebSocket connections of requests.")
            .alias("Co\\Http\\Server")
            .flags(Flags::FINAL | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .deny_unset()
            .property("public $fd = -1", "The number of its descriptor.")
            .property("public $host = null", "Where it listens.")
            .property("public $port = -1", "The port, also one that the system chose.")
            .property("public $ssl = false", "Does it speak TLS?")
            .property("public $settings = null", "What set() was given.")
            .property("public $errCode = 0", "Why start() has ended.")
            .property("public $errMsg = ''", "The same as text.")
            .method(
                "public function __construct(string $host, int $port = 0, bool $ssl = false, bool $reuse_port = false)",
                "Listens on an address (`unix:/…` for a local one); the system chooses a port for 0. A Swoole\\Exception when that is refused.",
                construct,
            )
            .method(
                "public function set(array $settings): bool",
                "Changes settings, before start().",
                set,
            )
            .method(
                "public function handle(string $pattern, callable $callback): bool",
                "What answers requests whose path begins like this; `/` answers those that nothing else does.",
                handle,
            )
            .method(
                "private function onAccept(Swoole\\Coroutine\\Socket $conn): void",
                "Serves one connection.",
                |call| {
                    let inner = inner(call)?;
                    let connection = call.object_of(0, &socket::SOCKET)?.clone();
                    conversation::hold(&inner, &connection)
                },
            )
            .method(
                "public function start(): bool",
                "Accepts connections until shutdown().",
                start,
            )
            .method(
                "public function shutdown(): void",
                "Accepts no more, and lets go of connections that wait for a request; others are let go after theirs.",
                |call| {
                    let inner = inner(call)?;
                    inner.running.set(false);
                    inner.socket.cancel(Side::READ);
                    let idle: Vec<_> = inner
                        .clients
                        .borrow()
                        .values()
                        .filter_map(Client::idle)
                        .collect();
                    for socket in idle {
                        socket.cancel(Side::READ);
                    }
                    if let Some(http2) = inner.http2.take() {
                        http2.drain();
                    }
                    Ok(())
                },
            ),
    );
}

fn inner(call: &Call) -> Result<Rc<Inner>, Throw> {
    call.this::<State>()?.inner.get().cloned().ok_or_else(|| {
        swoole_error::fatal("must call constructor first", error_code::WRONG_OPERATION)
    })
}

fn construct(call: &mut Call) -> Done {
    let given = call.text(0)?.to_owned();
    let port = call.opt_long(1, 0)?;
    let (ssl, reuse) = (call.opt_bool(2, false)?, call.opt_bool(3, false)?);
    let this = call.this_object()?;
    if given.is_empty() {
        return Err(exception("host is empty", INVALID));
    }
    let (domain, host) = match given.strip_prefix("unix:") {
        _ if given.contains("::") => (INET6, &*given),
        Some(path) if path.starts_with('/') => (UNIX, path),
        _ => (INET, &*given),
    };
    crate::event::ensure_loop()?;
    let refused = |what: String, error: Error| {
        failure::tell(this, SLOTS, &error);
        let (code, _) = failure::describe(&error);
        exception(what, code.into())
    };
    let made = NetSocket::open(domain, STREAM, 0)
        .map_err(|error| refused("socket() failed".to_owned(), error))?;
    if reuse && let Err(error) = made.set_option(LEVEL_SOCKET, REUSE_PORT, &1_i32.to_ne_bytes()) {
        let (code, _) = failure::describe(&error);
        crate::function::system_warning("setsockopt(SO_REUSEPORT) failed", code)?;
    }
    made.bind(host.as_bytes(), port)
        .map_err(|error| refused(format!("bind({given}:{port}) failed"), error))?;
    made.listen(0)
        .map_err(|error| refused("listen() failed".to_owned(), error))?;
    let number = match made.name() {
        Ok(Some(name)) => name.port(),
        _ => 0,
    };
    let object = socket::object(made)?;
    let Some(socket) = socket::of(&object) else {
        return Err(exception("the socket was closed", INVALID));
    };
    this.set_slot(FD, socket.fd());
    this.set_slot(HOST, given);
    this.set_slot(PORT, number);
    this.set_slot(SSL, ssl);
    if ssl {
        let mut settings = settings_of(this);
        settings.set("open_ssl", true);
        this.set_slot(SETTINGS, settings);
    }
    // A second call changes nothing of the first.
    let _first = call.this::<State>()?.inner.set(Rc::new(Inner {
        object,
        socket,
        handlers: RefCell::default(),
        running: Cell::new(true),
        config: RefCell::new(Rc::new(Config::of(&Array::new())?)),
        clients: RefCell::default(),
        http2: RefCell::default(),
    }));
    Ok(())
}

fn settings_of(this: &Object) -> Array {
    this.slot(SETTINGS)
        .and_then(|settings| settings.as_array().cloned())
        .unwrap_or_default()
}

fn set(call: &mut Call) -> Done {
    let given = call.array(0)?;
    if given.is_empty() {
        return call.ret_bool(false);
    }
    let this = call.this_object()?;
    let mut merged = settings_of(this);
    for (key, value) in given {
        merged.set_key(key, value.clone());
    }
    this.set_slot(SETTINGS, merged);
    call.ret_bool(true)
}

fn handle(call: &mut Call) -> Done {
    let pattern = call.bytes(0)?.to_vec();
    let callback = call.callable(1)?;
    let inner = inner(call)?;
    // Dropped outside of the borrow: it may be the last to hold objects with destructors.
    let old = inner.handlers.borrow_mut().insert(pattern, callback);
    drop(old);
    call.ret_bool(true)
}

fn pause() -> Result<(), Throw> {
    engine::sleep(PAUSE);
    waiting::resumed()
}

fn start(call: &mut Call) -> Done {
    let this = call.this_value()?;
    let inner = inner(call)?;
    let settings = settings_of(&this);
    let fits = match inner.object.state::<socket::State>() {
        Some(state) => setting::protocol(&inner.socket, state, &settings)?,
        None => false,
    };
    if !fits {
        this.set_slot(SLOTS.code, INVALID);
        return call.ret_bool(false);
    }
    let config = Config::of(&settings)?;
    let offered = settings.get("open_http2_protocol");
    if offered.is_some_and(|on| on.deref().to_bool())
        && let Some(mut tls) = inner.socket.tls()
    {
        tls.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        inner.socket.set_tls(tls);
    }
    if config.is_own {
        superglobals::enable();
    }
    inner.config.replace(Rc::new(config));
    inner.running.set(true);
    while inner.running.get() {
        match inner.socket.accept(0.0) {
            Ok(accepted) => {
                let connection = socket::object(accepted)?;
                let server = Rc::clone(&inner);
                let spawned =
                    coroutine::try_spawn(move || conversation::hold(&server, &connection));
                if let Err(refused) = spawned {
                    error::warning(refused.to_string())?;
                    pause()?;
                }
            }
            Err(Error::TimedOut) => {}
            Err(error) => {
                failure::settle(&this, SLOTS, &error)?;
                match error {
                    Error::System(number) if TOO_MANY_OPEN.contains(&number) => pause()?,
                    Error::Cancelled => break,
                    error => {
                        let (code, text) = failure::describe(&error);
                        error::warning(format!("accept failed, Error: {text}[{code}]"))?;
                        break;
                    }
                }
            }
        }
    }
    call.ret_bool(true)
}
