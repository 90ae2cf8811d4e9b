//! Connections of a coroutine server that speak HTTP/2: the service of the other servers answers them, a coroutine for each
//! request. It has its end of a pair of sockets; what goes through the connection is carried from one to the other.

use super::Inner;
use super::settings::Config;
use crate::http::request;
use crate::http::response::{self, RESPONSE};
use highper_http::{Addresses, Exchange, Http2, Server, Service, Settings};
use highper_net::{Error, Side, Socket, Timeouts};
use highper_runtime::{coroutine, exit, superglobals};
use highper_zend::{Array, Callable, Done, Object, Throw, Value};
use std::rc::{Rc, Weak};

/// Bytes that are carried at once.
const ROOM: usize = 65_536;
/// `AF_UNIX`, `SOCK_STREAM`, `SHUT_WR`
const PAIR: (i32, i32) = (1, 1);
const NO_MORE: i64 = 1;
/// What every connection begins with.
pub(super) const PREFACE: &[u8] = highper_http2::server::PREFACE;
/// Requests of a connection at once where nothing was set.
const STREAMS: u32 = 256;

/// What clients are told, where HTTP/2 is spoken: by prior knowledge it is unless `open_http2_protocol` says no.
pub(super) fn told(settings: &Array) -> Option<Http2> {
    let value = |name: &str| settings.get(name).map(Value::deref);
    if value("open_http2_protocol").is_some_and(|on| !on.to_bool()) {
        return None;
    }
    let number = |name: &str, default: u32| {
        value(name).map_or(default, |value| {
            u32::try_from(value.to_long()).unwrap_or(default)
        })
    };
    let own = Http2::default();
    Some(Http2 {
        header_table_size: number("http2_header_table_size", own.header_table_size),
        max_concurrent_streams: number("http2_max_concurrent_streams", STREAMS),
        init_window_size: number("http2_init_window_size", own.init_window_size)
            .min(i32::MAX as u32),
        max_frame_size: number("http2_max_frame_size", own.max_frame_size)
            .clamp(16_384, 16_777_215),
        max_header_list_size: number("http2_max_header_list_size", own.max_header_list_size),
        ..own
    })
}

/// What all responses of a server have in common.
#[derive(Clone, Copy)]
struct Kind {
    packs_from: u32,
    is_own: bool,
}

/// The handlers of a server as a service.
struct Requests {
    server: Weak<Inner>,
    kind: Kind,
}

fn answer(handler: &Callable, exchange: Rc<Exchange>, kind: Kind) -> Result<(), Throw> {
    exchange.set_owner(highper_engine::current().unwrap_or(0));
    let request = request::of(&exchange)?;
    let response = RESPONSE.instantiate()?;
    response.set_slot(response::FD as usize, exchange.connection().serial() as i64);
    if let Some(state) = response.state::<response::State>() {
        state.packs_from.set(kind.packs_from);
        state.exchange.replace(Some(Rc::clone(&exchange)));
        if kind.is_own {
            state.is_own();
        }
    }
    let args: [&Value; 2] = [request.as_value(), response.as_value()];
    let call = || handler.call_with(args).into_result().map(drop);
    let outcome = match kind.is_own {
        true => own(&exchange, &response, call),
        false => call(),
    };
    if let (Err(Throw::Object(_)), Some(state)) = (&outcome, response.state::<response::State>()) {
        state.failed.set(true);
    }
    outcome
}

/// With superglobals, a session and output of the request's own.
fn own(exchange: &Exchange, response: &Object, call: impl FnOnce() -> Done) -> Done {
    let result =
        superglobals::begin(exchange)
            .and_then(|()| call())
            .or_else(|throw| match exit::of(&throw) {
                // As under php-fpm: the script is over, and its output is the answer.
                Some(text) => {
                    superglobals::print(&text);
                    Ok(())
                }
                None => Err(throw),
            });
    let result = result.and(superglobals::end(exchange));
    if result.is_ok()
        && superglobals::is_open()
        && let Some(state) = response.state::<response::State>()
    {
        // A client that is gone needs no answer.
        let _gone = state.send_own(exchange);
    }
    // What nobody takes any more, and what is told of an error, is for the log.
    superglobals::let_out();
    result
}

/// Answers a request that no handler answers.
fn refuse(exchange: &Exchange, status: u16, text: &str) {
    let field =
        |head: &mut highper_http::ResponseHead<'_>| head.header(b"Content-Type", b"text/plain");
    if exchange
        .respond(status, None, field, text.as_bytes())
        .is_err()
    {
        exchange.abort();
    }
}

impl Service for Requests {
    fn request(&self, exchange: Rc<Exchange>) {
        let handler = self.server.upgrade().and_then(|server| {
            let request = exchange.request();
            let bytes = request.bytes();
            server.handler(request.head().path(&bytes))
        });
        let Some(handler) = handler else {
            return refuse(&exchange, 404, "");
        };
        let kept = Rc::clone(&exchange);
        let kind = self.kind;
        let spawned = coroutine::try_spawn(move || answer(&handler, exchange, kind));
        if let Err(error) = spawned {
            refuse(&kept, 503, &format!("{error}\n"));
        }
    }

    fn trouble(&self, message: &str) {
        eprintln!("[warning] {message}");
    }
}

/// The service of a server, made when its first connection speaks HTTP/2.
fn service(inner: &Rc<Inner>, config: &Config) -> Result<Server, Throw> {
    if let Some(server) = &*inner.http2.borrow() {
        return Ok(server.clone());
    }
    (*config.packing).clone().install();
    let settings = Settings {
        server: Some("swoole-http-server".to_owned()),
        limits: config.limits.clone(),
        explain_size: false,
        keep_forms: 1 << 20,
        temp_dir: config.manner.dir.clone(),
        http2: config.http2,
        ..Settings::default()
    };
    let requests = Requests {
        server: Rc::downgrade(inner),
        kind: Kind {
            packs_from: config.packing.from,
            is_own: config.is_own,
        },
    };
    let server =
        Server::new(settings, Rc::new(requests)).map_err(|e| Throw::error(e.to_string()))?;
    inner.http2.replace(Some(server.clone()));
    Ok(server)
}

/// Carries what comes on one socket to the other, until its end.
fn carry(from: &Socket, to: &Socket) {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match from.receive(ROOM, 0.0, |came| bytes.extend_from_slice(came)) {
            Ok(()) if !bytes.is_empty() => {}
            Ok(()) => break,
            // A connection is as long as its other side has it.
            Err(Error::TimedOut) => continue,
            Err(_) => break,
        }
        match to.send_all(&bytes, 0.0) {
            Ok(part) if part.error.is_none() => {}
            _ => break,
        }
    }
}

/// Serves a connection of which `received` has come, until its end, in the running coroutine.
///
/// # Errors
/// That there can be no service, no sockets or no coroutine.
pub(super) fn hold(
    inner: &Rc<Inner>,
    config: &Config,
    socket: &Rc<Socket>,
    addresses: Addresses,
    received: &[u8],
) -> Result<(), Throw> {
    let server = service(inner, config)?;
    let wrong = |error: Error| Throw::error(format!("HTTP/2 can't be spoken: {error}"));
    let (domain, kind) = PAIR;
    let (theirs, ours) = highper_net::pair(domain, kind, 0).map_err(wrong)?;
    let Some(fd) = theirs.take_fd() else {
        return Err(wrong(Error::Closed));
    };
    ours.set_timeouts(Timeouts {
        read: -1.0,
        write: -1.0,
        ..ours.timeouts()
    });
    let ours = Rc::new(ours);
    server.adopt(fd, addresses, received);
    let (client, end) = (Rc::clone(socket), Rc::clone(&ours));
    let spawned = coroutine::try_spawn(move || {
        carry(&client, &end);
        // It may be closed already.
        let _over = end.shutdown(NO_MORE);
        Ok(())
    });
    spawned.map_err(|error| Throw::error(error.to_string()))?;
    carry(&ours, socket);
    socket.cancel(Side::READ);
    let _over = ours.close();
    Ok(())
}
