//! `SWOOLE_PROCESS`: a process in front of the workers has the connections.

use super::streams::Streams;
use super::{MODE, event_callback, port};
use crate::function::logging;
use highper_front::dispatch::Mode;
use highper_front::frame::Kind;
use highper_front::{Asked, Said};
use highper_net::Address;
use highper_net::framing::Malformed;
use highper_runtime::serve::{FrontPart, Fronted};
use highper_stream::{Connection, Datagrams, End, Service};
use highper_zend::{Array, Callable, Object, Throw, Value, error};
use std::rc::Rc;

/// `DISPATCH_RESULT_*`
const DISCARD: i64 = -1;
const CLOSE: i64 = -2;
const FALLBACK: i64 = -3;
/// Bytes of a packet that `dispatch_func` is shown.
const SHOWN: usize = 8192;

fn flag(settings: &Array, name: &str) -> bool {
    settings
        .get(name)
        .is_some_and(|value| value.deref().to_bool())
}

/// Is this a server of `SWOOLE_PROCESS`?
pub(super) fn is_process_mode(server: &Object) -> bool {
    const PROCESS: i64 = 2;
    server.slot(MODE).and_then(Value::as_long) == Some(PROCESS)
}

/// What a server's settings say of it; `None` in base mode.
///
/// # Errors
/// Swoole's fatal error for a `dispatch_func` that is none.
pub(super) fn of(server: &Object, settings: &Array) -> Result<Option<Fronted>, Throw> {
    if !is_process_mode(server) {
        return Ok(None);
    }
    let mode = settings
        .get("dispatch_mode")
        .map_or(2, |value| value.deref().to_long());
    if let Some(function) = settings.get("dispatch_func")
        && !function.deref().is_null()
        && Callable::new(function.deref()).is_err()
    {
        return Err(error::fatal("dispatch_func is not callable"));
    }
    let unsafe_events = flag(settings, "enable_unsafe_event");
    if !Mode::of_number(mode).is_fixed() && !unsafe_events {
        for event in ["onConnect", "onClose", "onBufferFull", "onBufferEmpty"] {
            if event_callback(server, &event[2..].to_ascii_lowercase()).is_some() {
                logging::warning(&format!(
                    "Server::start_check(): cannot set '{event}' event when using dispatch_mode={mode}"
                ));
            }
        }
    }
    Ok(Some(Fronted {
        mode: Mode::of_number(mode),
        unsafe_events,
        discards: flag(settings, "discard_timeout_request"),
    }))
}

/// The part of the process in front.
pub(super) fn part(server: &Object, ports: &[(Object, Array)], streams: Streams) -> FrontPart {
    let greets = ports.iter().map(|(port, _)| {
        let own = port::get_callback(port, "connect");
        own.is_some() || event_callback(server, "connect").is_some()
    });
    let settings = server
        .state::<super::State>()
        .map(|state| state.settings.borrow().clone());
    let function = settings.and_then(|settings| {
        let function = settings.get("dispatch_func")?.deref();
        Callable::new(function).ok()
    });
    let chooser = function.map(|function| {
        let server = server.clone();
        let chooser: highper_front::Chosen = Box::new(move |asked| ask(&server, &function, asked));
        chooser
    });
    FrontPart {
        service: Rc::new(Fronting(streams)),
        greets: greets.collect(),
        chooser,
    }
}

/// `SW_SERVER_EVENT_*`
fn number(kind: Kind) -> i64 {
    match kind {
        Kind::Packet => 1,
        Kind::Close => 4,
        Kind::Connect => 5,
        Kind::Full => 13,
        Kind::Empty => 14,
        _ => 0,
    }
}

fn ask(server: &Object, function: &Callable, asked: &Asked<'_>) -> Said {
    let shown = &asked.bytes[..asked.bytes.len().min(SHOWN)];
    let args = [
        Value::from(server),
        Value::from(asked.number as i64),
        Value::from(number(asked.kind)),
        Value::string(shown),
    ];
    let said = match function.call(&args).into_result() {
        Ok(said) => said,
        Err(throw) => {
            highper_runtime::coroutine::report(throw);
            return Said::Nobody;
        }
    };
    match said.to_long() {
        _ if said.is_null() => Said::Nobody,
        DISCARD => Said::Nobody,
        CLOSE => Said::Close,
        FALLBACK => Said::Fall,
        id => usize::try_from(id).map_or(Said::Nobody, Said::Worker),
    }
}

/// What of a server's callbacks is called in the process in front: lengths of packets; and who hears of what is wrong there.
struct Fronting(Streams);

impl Service for Fronting {
    fn connected(&self, _connection: &Rc<Connection>) {}

    fn received(&self, _connection: &Rc<Connection>, _packet: &[u8]) {}

    fn closed(&self, _connection: &Rc<Connection>, _end: End) {}

    fn packet(&self, _port: &Rc<Datagrams>, _from: &Address, _packet: &[u8]) {}

    fn length(&self, connection: &Rc<Connection>, bytes: &[u8]) -> i64 {
        self.0.length(connection, bytes)
    }

    fn malformed(&self, connection: &Rc<Connection>, why: Malformed) {
        self.0.malformed(connection, why);
    }

    fn handshake_failed(&self, connection: &Rc<Connection>, why: &str) {
        self.0.handshake_failed(connection, why);
    }

    fn trouble(&self, message: &str) {
        logging::put(logging::WARNING, message);
    }
}
