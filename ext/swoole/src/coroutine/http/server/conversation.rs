//! One connection of a coroutine server: requests and their answers, one after the other.

use super::settings::Config;
use super::{Inner, http2};
use crate::coroutine::socket;
use crate::function::logging;
use crate::http::request::parsed::{self, Ends};
use crate::http::response::reply::{self, Reply, Target};
use highper_http::Addresses;
use highper_http::detached::Detached;
use highper_net::{Address, Error, Socket as NetSocket};
use highper_runtime::exit;
use highper_runtime::superglobals::{self, Asked};
use highper_zend::{Callable, Done, Object, Throw, Value};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that one receive takes at most.
const ROOM: usize = 65_536;
/// `SHUT_WR`
const NO_MORE: i64 = 1;
/// How often, and for how many seconds each, what a refused client still sends is thrown away.
const LINGER: (usize, f64) = (64, 0.5);

/// A connection, for shutdown().
pub(super) struct Client {
    socket: Weak<NetSocket>,
    /// Does it wait for a request?
    waits: Rc<Cell<bool>>,
}

impl Client {
    /// The socket of one that waits.
    pub(super) fn idle(&self) -> Option<Rc<NetSocket>> {
        self.socket.upgrade().filter(|_| self.waits.get())
    }
}

/// Serves a connection until its end, in the running coroutine.
///
/// # Errors
/// What a handler throws; its request is answered with 500.
pub(super) fn hold(server: &Rc<Inner>, connection: &Object) -> Done {
    let Some(socket) = socket::of(connection) else {
        return Ok(());
    };
    let config = Rc::clone(&server.config.borrow());
    if socket.tls().is_some()
        && let Err(error) = socket.handshake()
    {
        if let Error::BadClient(why) = &error {
            let (host, port) = parts(socket.peer_name().ok().flatten());
            logging::put(
                logging::WARNING,
                &format!(
                    "Socket::ssl_accept(): bad SSL client[{}:{port}], reason=1, error_string={why}",
                    String::from_utf8_lossy(&host)
                ),
            );
        }
        return socket::failure::settle(connection, socket::SLOTS, &error);
    }
    let waits = Rc::new(Cell::new(false));
    let id = highper_engine::current().unwrap_or(0);
    let client = Client {
        socket: Rc::downgrade(&socket),
        waits: Rc::clone(&waits),
    };
    server.clients.borrow_mut().insert(id, client);
    let conversation = Conversation {
        server,
        ends: ends(&socket, &server.socket),
        target: Target {
            object: connection.clone(),
            socket,
            rest: Rc::default(),
            websocket: Rc::clone(&config.websocket),
            packing: Rc::clone(&config.packing),
        },
        config,
        waits,
    };
    let outcome = conversation.go_on();
    server.clients.borrow_mut().remove(&id);
    outcome
}

/// Host and port; nothing and 0 where there is no name.
fn parts(address: Option<Address>) -> (Vec<u8>, i64) {
    address.map_or_else(
        || (Vec::new(), 0),
        |address| (address.host(), i64::from(address.port())),
    )
}

fn ends(socket: &NetSocket, listener: &NetSocket) -> Ends {
    let (host, _) = parts(socket.name().ok().flatten());
    let (_, port) = parts(listener.name().ok().flatten());
    Ends {
        remote: parts(socket.peer_name().ok().flatten()),
        server: (host, port),
    }
}

struct Conversation<'a> {
    server: &'a Rc<Inner>,
    config: Rc<Config>,
    target: Target,
    ends: Ends,
    waits: Rc<Cell<bool>>,
}

/// What came.
enum Came {
    Request(Rc<RefCell<Detached>>),
    /// To be refused with this status.
    Wrong(u16),
    /// The connection speaks HTTP/2: what has come of it.
    Http2(Vec<u8>),
    End,
}

impl Conversation<'_> {
    fn go_on(&self) -> Done {
        loop {
            match self.receive()? {
                Came::End => return Ok(()),
                Came::Wrong(status) => return self.refuse(status),
                Came::Http2(received) => {
                    let socket = &self.target.socket;
                    return http2::hold(
                        self.server,
                        &self.config,
                        socket,
                        self.addresses(),
                        &received,
                    );
                }
                Came::Request(request) => {
                    let reply = self.answer(&request)?;
                    if !self.server.running.get() || !reply.keeps_alive() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// May this be the beginning of a connection of HTTP/2?
    fn begins_http2(&self, bytes: &[u8]) -> bool {
        let there = bytes.len().min(http2::PREFACE.len());
        self.config.http2.is_some() && there > 0 && bytes[..there] == http2::PREFACE[..there]
    }

    /// Both ends, for the service of HTTP/2.
    fn addresses(&self) -> Addresses {
        let of = |(host, port): &(Vec<u8>, i64)| {
            let host = String::from_utf8_lossy(host).into_owned();
            let address = host
                .parse()
                .ok()
                .map(|ip| std::net::SocketAddr::new(ip, u16::try_from(*port).unwrap_or(0)));
            (address, host)
        };
        let (peer, peer_ip) = of(&self.ends.remote);
        let (local, local_ip) = of(&self.ends.server);
        Addresses {
            peer,
            local,
            peer_ip,
            local_ip,
        }
    }

    /// Waits for a request.
    fn receive(&self) -> Result<Came, Throw> {
        let request = Rc::new(RefCell::new(Detached::new(self.config.limits.clone())));
        let mut rest = self.target.rest.take();
        let mut invited = false;
        loop {
            if self.begins_http2(&rest) {
                if rest.len() >= http2::PREFACE.len() {
                    return Ok(Came::Http2(rest));
                }
            } else if !rest.is_empty() {
                let mut out = Vec::new();
                {
                    let mut open = request.borrow_mut();
                    let used = open.feed(&rest);
                    if let Some((status, _)) = open.failure() {
                        return Ok(Came::Wrong(status));
                    }
                    rest.drain(..used);
                    if !open.is_complete() && !invited && open.head().is_some() {
                        invited = true;
                        open.want_body(&mut out);
                    }
                }
                if request.borrow().is_complete() {
                    self.target.rest.replace(rest);
                    return Ok(Came::Request(request));
                }
                if !out.is_empty() && self.target.socket.send_all(&out, 0.0).is_err() {
                    return Ok(Came::End);
                }
            }
            self.waits.set(true);
            let received = self
                .target
                .socket
                .receive(ROOM, 0.0, |bytes| rest.extend_from_slice(bytes));
            self.waits.set(false);
            match received {
                Ok(()) if !rest.is_empty() => {}
                Ok(()) => return Ok(Came::End),
                Err(error) => {
                    // A client that is silent for too long, or is gone, is no matter of the program's.
                    socket::failure::settle(&self.target.object, socket::SLOTS, &error)?;
                    return Ok(Came::End);
                }
            }
        }
    }

    fn refuse(&self, status: u16) -> Done {
        let response = reply::object(self.target.clone(), None)?;
        reply::refuse(&response, status);
        if let Some(reply) = reply::of(&response) {
            reply.close_after();
        }
        drop(response);
        let socket = &self.target.socket;
        if socket.shutdown(NO_MORE).is_ok() {
            let (times, seconds) = LINGER;
            for _ in 0..times {
                match socket.receive(ROOM, seconds, <[u8]>::len) {
                    Ok(length) if length > 0 => {}
                    _ => break,
                }
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Rc<RefCell<Detached>>) -> Result<Rc<Reply>, Throw> {
        let fd = i64::from(self.target.socket.fd());
        let handler = {
            let request = request.borrow();
            let path = request.head().map(|(head, bytes)| head.path(bytes));
            path.and_then(|path| self.server.handler(path))
        };
        let asked = parsed::object(request, &self.config.manner, &self.ends, fd)?;
        let response = reply::object(self.target.clone(), Some(Rc::clone(request)))?;
        let reply =
            reply::of(&response).ok_or_else(|| Throw::error("the response has no socket"))?;
        match handler {
            Some(handler) if self.config.is_own => {
                self.answer_own(request, &handler, &asked, &response)?;
            }
            Some(handler) => {
                let args: [&Value; 2] = [asked.as_value(), response.as_value()];
                let outcome = handler.call_with(args).into_result();
                if let Err(Throw::Object(_)) = &outcome {
                    reply::fail(&response);
                }
                outcome?;
            }
            None => reply::refuse(&response, 404),
        }
        Ok(reply)
    }

    /// With superglobals, a session and output of the request's own.
    fn answer_own(
        &self,
        request: &RefCell<Detached>,
        handler: &Callable,
        asked: &Object,
        response: &Object,
    ) -> Done {
        reply::is_own(response);
        request
            .borrow_mut()
            .read_form(self.config.manner.dir.clone());
        let ends = self.addresses();
        let begun = {
            let request = request.borrow();
            let Some(head) = request.head() else {
                return Ok(());
            };
            superglobals::begin_of(&Asked {
                head,
                ends: &ends,
                is_secure: self.target.socket.tls().is_some(),
                time: now(),
                form: request.form(),
                body: match request.form() {
                    Some(_) => b"",
                    None => request.body(),
                },
            })
        };
        let result = begun
            .and_then(|()| {
                let args: [&Value; 2] = [asked.as_value(), response.as_value()];
                handler.call_with(args).into_result().map(drop)
            })
            .or_else(|throw| match exit::of(&throw) {
                // As under php-fpm: the script is over, and its output is the answer.
                Some(text) => {
                    superglobals::print(&text);
                    Ok(())
                }
                None => Err(throw),
            });
        let result = result.and(superglobals::end_of(request.borrow().form()));
        match &result {
            Ok(()) if superglobals::is_open() => reply::send_own(response),
            Ok(()) => {}
            Err(_) => reply::fail(response),
        }
        // What nobody takes any more, and what is told of an error, is for the log.
        superglobals::let_out();
        result
    }
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(0))
}
