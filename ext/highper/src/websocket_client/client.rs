//! `Highper\WebSocket\Client`

use super::connection;
use super::exception::{misused, thrown};
use super::options;
use highper_engine as engine;
use highper_fetch::Url;
use highper_peer::{Settings, connect, pair};
use highper_runtime::coroutine;
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
};
use std::cell::{OnceCell, RefCell};

static CLIENT: ClassRef = ClassRef::new("Highper\\WebSocket\\Client");

#[derive(Default)]
struct State {
    made: OnceCell<(Url, Settings)>,
    /// What a test has instead of servers.
    fake: RefCell<Option<Callable>>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(fake) = self.fake.try_borrow()
            && let Some(fake) = &*fake
        {
            fake.trace(tracer);
        }
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\Client")
            .doc("A server that speaks WebSocket: its address, and how to connect. Each connect() makes a connection.")
            .handle(&CLIENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(string $url, array $headers = [], array $protocols = [], bool $compress = true, \
                 ?float $timeout = 30.0, float $connect_timeout = 5.0, int|string $max_message = '1M', ?float $ping = 30.0, \
                 ?string $proxy = null, bool|string $verify = true, ?array $cert = null, bool $private = true, \
                 array|string|null $auth = null, ?string $unix = null, array $query = [], ?string $user_agent = null)",
                "A client; nothing is connected yet.\n\n\
                 @param string $url ws://host/path, wss://host/path\n\
                 @param array<string, string|list<string>> $headers Of the handshake: Origin, Cookie.\n\
                 @param list<string> $protocols Subprotocols, the best first.\n\
                 @param bool $compress Offers permessage-deflate.\n\
                 @param float|null $timeout Seconds for sending, and for the server's good-bye; null for no limit.\n\
                 @param float $connect_timeout Seconds to make a connection, with the handshake.\n\
                 @param int|string $max_message Bytes of a message, unpacked.\n\
                 @param float|null $ping Seconds of silence after which the server is asked whether it is there; after as many again it is \
                 taken for gone. null for never.\n\
                 @param string|null $proxy http://user:password@host:port or socks5://host:port.\n\
                 @param bool|string $verify Must the server have a certificate of an authority that is trusted? A file names others.\n\
                 @param list<string>|null $cert Our certificate and its key, two files.\n\
                 @param bool $private May the host have an address that is not on the public internet?\n\
                 @param array{string, string}|string|null $auth User and password, or a token.\n\
                 @param string|null $unix A local socket that is connected to instead of the host.\n\
                 @param array<string, mixed> $query Is added to the address.\n\
                 @throws \\Highper\\WebSocket\\ClientException A setting is wrong.",
                |call| {
                    let made = options::of(call)?;
                    match call.this::<State>()?.made.set(made) {
                        Ok(()) => Ok(()),
                        Err(_) => Err(misused("this client was made before")),
                    }
                },
            )
            .method(
                "public function connect(): \\Highper\\WebSocket\\ClientConnection",
                "Connects, and waits for the server's answer.\n\n\
                 @throws \\Highper\\WebSocket\\ClientException There is no connection; where the server refused, its code is the status.",
                dial,
            )
            .method(
                "public function fake(?callable $server): static",
                "For tests: connect() connects to $server, which runs in a coroutine of its own for each connection.\n\n\
                 @param (callable(\\Highper\\WebSocket\\ClientConnection): void)|null $server Has the other end; when it returns the connection is over.",
                |call| {
                    let server = call.callable_or_null(0)?;
                    let old = call.this::<State>()?.fake.replace(server);
                    drop(old);
                    call.ret_this()
                },
            ),
    );
}

fn dial(call: &mut Call) -> Done {
    let state = call.this::<State>()?;
    let (url, settings) = state
        .made
        .get()
        .ok_or_else(|| misused("this client was never made: its constructor was not called"))?;
    let fake = state.fake.borrow().clone();
    if let Some(fake) = fake {
        let object = faked(fake, url, settings)?;
        return call.ret(object);
    }
    let (url, settings) = (url.clone(), settings.clone());
    let made = connect(&url, &settings).map_err(|error| thrown(&error))?;
    let object = connection::object(made)?;
    call.ret(object)
}

fn faked(server: Callable, url: &Url, settings: &Settings) -> Result<Object, Throw> {
    if !engine::can_suspend() {
        return Err(misused(
            "fake() has its server in a coroutine: connect inside of one, in Highper\\scope() for example",
        ));
    }
    let (near, far) = pair(url, settings).map_err(|error| thrown(&error))?;
    let (near, far) = (connection::object(near)?, connection::object(far)?);
    coroutine::spawn(server, &[Value::from(far)])
        .map_err(|error| Throw::error(error.to_string()))?;
    Ok(near)
}
