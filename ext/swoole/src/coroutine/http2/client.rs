//! `Swoole\Coroutine\Http2\Client`: requests to one server at the same time on one connection.

mod exception;
mod incoming;
mod link;
mod receive;
mod send;
mod stats;

use crate::coroutine::http::client::kind_of;
use crate::coroutine::socket::failure::{self, Slots};
use crate::{error_code, event, swoole_error};
use exception::EXCEPTION;
use highper_http2::Client as Connection;
use highper_net::Kind;
use highper_zend::{
    Array, Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
};
use incoming::Incoming;
use link::Link;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

/// The class.
pub static CLIENT: ClassRef = ClassRef::new("Swoole\\Coroutine\\Http2\\Client");

const SLOTS: Slots = Slots {
    code: 0,
    message: 1,
};
const SETTING: usize = 4;
const SOCKET: usize = 5;
const CONNECTED: usize = 6;
const HOST: usize = 7;
const PORT: usize = 8;
const SSL: usize = 9;
const SERVER_LAST: usize = 10;

/// Where requests go to.
struct Target {
    kind: Kind,
    host: Vec<u8>,
    port: u16,
    tls: bool,
}

/// What an object carries.
#[derive(Default)]
struct Client {
    target: OnceCell<Target>,
    link: RefCell<Option<Link>>,
    connection: RefCell<Option<Connection>>,
    /// Responses on their way, by their streams.
    incoming: RefCell<BTreeMap<u32, Incoming>>,
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
    exception::declare(registry);
    let class = Class::new("Swoole\\Coroutine\\Http2\\Client")
        .doc("An HTTP/2 client: many requests at once on one connection, whose calls wait in the running coroutine. Time-outs are in seconds: 0 as set, negative without end.")
        .handle(&CLIENT)
        .alias("Co\\Http2\\Client")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Client>()
        .deny_clone()
        .deny_unset()
        .property("public $errCode = 0", "The number of the last error: SOCKET_E*, SWOOLE_ERROR_*, or what the server said as it went (SWOOLE_HTTP2_ERROR_*).")
        .property("public $errMsg = ''", "The same as text.")
        .property("public $sock = -1", "Not used.")
        .property("public $type = 0", "Not used.")
        .property("public $setting", "What set() was given.")
        .property("public $socket", "The Coroutine\\Socket, while there is a connection.")
        .property("public $connected = false", "Is there a connection?")
        .property("public $host", "The server.")
        .property("public $port = 0", "Its port.")
        .property("public $ssl = false", "Is TLS spoken?")
        .property("public $serverLastStreamId = 0", "The last stream that a server which went has done something for.")
        .method(
            "public function __construct(string $host, int $port = 80, bool $open_ssl = false)",
            "For a server by name, address or 'unix:/path'. Nothing is connected yet.",
            construct,
        )
        .method("public function __destruct()", "The connection is closed.", |_| Ok(()))
        .method(
            "public function set(array $settings): bool",
            "Settings: timeout, connect_timeout, read_timeout, write_timeout, bind_address, bind_port, ssl_*, socks5_*, http_proxy_*.",
            set,
        );
    registry.class(stats::methods(receive::methods(send::methods(
        link::methods(class),
    ))));
}

impl Client {
    fn target(&self) -> Result<&Target, Throw> {
        self.target.get().ok_or_else(|| {
            swoole_error::fatal("must call constructor first", error_code::WRONG_OPERATION)
        })
    }
}

fn construct(call: &mut Call) -> Done {
    let host = call.bytes(0)?.to_vec();
    let (port, tls) = (call.opt_long(1, 80)?, call.opt_bool(2, false)?);
    if host.is_empty() {
        let code = error_code::INVALID_PARAMS.into();
        return Err(Throw::new(&EXCEPTION, "host is empty", code));
    }
    let number = u16::try_from(port)
        .map_err(|_| Throw::argument_value(1, format!("must be from 0 to 65535, {port} given")))?;
    let this = call.this_object()?;
    this.set_slot(HOST, host.clone());
    this.set_slot(PORT, port);
    this.set_slot(SSL, tls);
    event::ensure_loop()?;
    let (kind, host) = kind_of(&host);
    // Only a new object is constructed: a second call changes nothing.
    let _first = call.this::<Client>()?.target.set(Target {
        kind,
        host,
        port: number,
        tls,
    });
    Ok(())
}

fn settings_of(this: &Object) -> Option<Array> {
    this.slot(SETTING)?.as_array().cloned()
}

fn set(call: &mut Call) -> Done {
    let settings = call.array(0)?.clone();
    let this = call.this_object()?;
    let mut merged = settings_of(this).unwrap_or_default();
    for (key, value) in &settings {
        merged.set_key(key, value.clone());
    }
    this.set_slot(SETTING, merged);
    link::apply(call, &settings)?;
    call.ret_bool(true)
}

/// Tells an error by number, and returns false.
fn refuse(call: &Call, code: i32, text: &str) -> Done {
    failure::set(call.this_object()?, SLOTS, code, text);
    call.ret_bool(false)
}
