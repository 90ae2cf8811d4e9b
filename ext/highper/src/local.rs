//! Requests that reach the application without a port: `Application::handle()`.
//!
//! They go over a pair of sockets to the server that a worker has, so that they meet the same parser,
//! filters, limits and answers as those of a client.

use crate::app::App;
use crate::failure::start_line;
use crate::response::data::{Body, Data};
use crate::web;
use highper_client::{Event, Limits, Reader, RequestHead, Sent};
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Wake, scheduler};
use highper_http::{Addresses, Server, Service, Settings};
use highper_runtime::superglobals;
use highper_runtime::{cancel, coroutine};
use highper_zend::{Object, Throw, Value, stream};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use std::cell::Cell;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

/// The server for requests without a port, and the number of its loop.
pub(crate) struct Local {
    server: Server,
    of_loop: u64,
}

/// A request that was made by `Request::create()`.
pub(crate) struct Draft {
    /// The method.
    method: Vec<u8>,
    bytes: Vec<u8>,
    peer: IpAddr,
}

impl Draft {
    /// `headers` are names and values.
    ///
    /// # Errors
    /// What can't be sent, as a sentence.
    pub(crate) fn new(
        method: &[u8],
        target: &[u8],
        headers: &[(Vec<u8>, Vec<u8>)],
        body: &[u8],
        peer: Option<IpAddr>,
    ) -> Result<Self, String> {
        let wrong = |what: &str, value: &[u8]| {
            let value = String::from_utf8_lossy(value);
            format!("{what} '{}' can't be sent", value.escape_debug())
        };
        let is_plain = |byte: &u8| byte.is_ascii_graphic() || !byte.is_ascii();
        if !target.starts_with(b"/") && target != b"*" || !target.iter().all(is_plain) {
            return Err(wrong("the path", target));
        }
        let mut head = RequestHead::new(method, target).map_err(|_| wrong("the method", method))?;
        let has = |name: &[u8]| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let mut field = |name: &[u8], value: &[u8]| {
            head.header(name, value)
                .map_err(|_| wrong("the header", &[name, b": ", value].concat()))
        };
        if !has(b"host") {
            field(b"Host", b"localhost")?;
        }
        for (name, value) in headers {
            let is_framing = [&b"content-length"[..], b"transfer-encoding", b"connection"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own));
            if !is_framing {
                field(name, value)?;
            }
        }
        if !body.is_empty() || matches!(method, b"POST" | b"PUT" | b"PATCH") {
            field(b"Content-Length", body.len().to_string().as_bytes())?;
        }
        field(b"Connection", b"close")?;
        Ok(Self {
            method: method.to_vec(),
            bytes: [&head.finish()[..], body].concat(),
            peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        })
    }
}

/// The answer to a request; in a coroutine, or in a loop of its own.
///
/// # Errors
/// The application can't start, the wait was cancelled, or the answer was cut off.
pub(crate) fn handle(app: &Rc<App>, draft: &Rc<Draft>) -> Result<Object, Throw> {
    if engine::current().is_some() {
        return answer(app, draft);
    }
    let result = Rc::new(Cell::new(None));
    let (slot, app, draft) = (Rc::clone(&result), Rc::clone(app), Rc::clone(draft));
    coroutine::run_loop(move || {
        let place = Rc::clone(&slot);
        let spawned = coroutine::try_spawn(move || {
            place.set(Some(answer(&app, &draft)));
            Ok(())
        });
        if let Err(error) = spawned {
            slot.set(Some(Err(Throw::error(error.to_string()))));
        }
    })?;
    result
        .take()
        .unwrap_or_else(|| Err(Throw::error("the request was ended before its answer")))
}

/// A connection to the application, as a stream; in a coroutine.
///
/// # Errors
/// The application can't start, or there is no coroutine, in which the stream could wait.
pub(crate) fn connect(app: &Rc<App>, peer: IpAddr) -> Result<Value, Throw> {
    if engine::current().is_none() {
        return Err(Throw::error(
            "Application::connect() needs a coroutine around it, in which the application can answer: go(), Highper\\scope(), or a test with WithApplication",
        ));
    }
    boot(app)?;
    let (near, far) = pair()?;
    take(app, far, peer)?;
    stream::of_socket(near.as_raw_fd()).ok_or_else(|| failed("there is no stream to be had"))
}

fn pair() -> Result<(OwnedFd, OwnedFd), Throw> {
    rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )
    .map_err(|error| failed(&error.to_string()))
}

fn answer(app: &Rc<App>, draft: &Draft) -> Result<Object, Throw> {
    boot(app)?;
    let (near, far) = pair()?;
    take(app, far, draft.peer)?;
    let received = exchange(&near, draft);
    reactor::closing(near.as_raw_fd());
    let (head, body) = received?;
    let mut data = Data::new(head.status, None, Body::Bytes(Rc::new(body)));
    for (name, value) in head.fields() {
        if !name.eq_ignore_ascii_case(b"connection") {
            data.add(name, value);
        }
    }
    crate::response::of_data(data)
}

fn failed(why: &str) -> Throw {
    Throw::error(format!("Application::handle(): {why}"))
}

/// Makes the application ready, as a worker's start does; once.
fn boot(app: &Rc<App>) -> Result<(), Throw> {
    if app.compiled().is_none() {
        let mistakes = app.mistakes.borrow().first().cloned();
        if let Some(mistake) = mistakes {
            return Err(failed(&mistake));
        }
        crate::run::apply(app);
        crate::incoming::serve(Some(Rc::clone(app)));
        let booted = crate::worker::boot(app, 1);
        booted.map_err(|stop| match stop {
            crate::run::Stop::Line(why) => failed(&why),
            crate::run::Stop::Throw(Throw::Bailout) => Throw::Bailout,
            crate::run::Stop::Throw(throw) => failed(&start_line(throw)),
        })?;
    }
    let is_served = crate::incoming::serving().is_some_and(|known| Rc::ptr_eq(&known, app));
    if !is_served {
        crate::incoming::serve(Some(Rc::clone(app)));
    }
    Ok(())
}

/// Gives one end of the pair to the server of the running loop.
fn take(app: &Rc<App>, far: OwnedFd, peer: IpAddr) -> Result<(), Throw> {
    let mut local = app.local.borrow_mut();
    let now = reactor::loop_number();
    if local.as_ref().is_none_or(|local| local.of_loop != now) {
        let settings = Settings {
            tls: None,
            ..app.settings.borrow().http.clone()
        };
        let server = Server::new(settings, service(app)?)
            .map_err(|error| failed(&format!("setting 'server_header' can't be sent: {error}")))?;
        *local = Some(Local {
            server,
            of_loop: now,
        });
    }
    let Some(local) = &*local else {
        return Err(failed("there is no server"));
    };
    let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let addresses = Addresses {
        peer: Some(SocketAddr::new(peer, 0)),
        local: Some(SocketAddr::new(host, 0)),
        peer_ip: peer.to_string(),
        local_ip: host.to_string(),
    };
    local
        .server
        .take(far, addresses)
        .map_err(|error| failed(&error.to_string()))
}

fn service(app: &Rc<App>) -> Result<Rc<dyn Service>, Throw> {
    let set = app.settings.borrow().superglobals;
    let scope = set.map_or_else(superglobals::configured, Ok);
    let scope = scope.map_err(|why| failed(&why))?;
    Ok(web::service(Rc::clone(app), scope))
}

/// Sends the request and receives the answer: what the server sends early is taken meanwhile.
fn exchange(near: &OwnedFd, draft: &Draft) -> Result<(highper_client::Head, Vec<u8>), Throw> {
    let mut reader = Reader::new(Sent::by(&draft.method), Limits::default());
    let mut body = Vec::new();
    let mut rest = &draft.bytes[..];
    let mut pending = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let mut has_moved = false;
        if !rest.is_empty() {
            match rustix::net::send(near, rest, SendFlags::NOSIGNAL) {
                Ok(count) => {
                    rest = &rest[count..];
                    has_moved = true;
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                // It wants no more; it may have answered.
                Err(_) => rest = &[],
            }
        }
        match rustix::net::recv(near, &mut piece[..], RecvFlags::empty()) {
            Ok((0, _)) => {
                reader.end().map_err(|_| failed("the answer was cut off"))?;
                return Ok((reader.into_head(), body));
            }
            Ok((count, _)) => {
                has_moved = true;
                pending.extend_from_slice(&piece[..count]);
                if feed(&mut reader, &mut pending, &mut body)? {
                    return Ok((reader.into_head(), body));
                }
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed(&error.to_string())),
        }
        if !has_moved {
            wait(near, !rest.is_empty())?;
        }
    }
}

/// Takes what has come; true at the answer's end.
fn feed(reader: &mut Reader, pending: &mut Vec<u8>, body: &mut Vec<u8>) -> Result<bool, Throw> {
    let mut used = 0;
    let is_over = loop {
        let step = reader
            .feed(&pending[used..])
            .map_err(|error| failed(&format!("the answer can't be read: {error}")))?;
        used += step.used;
        match step.event {
            Event::More => break false,
            Event::Body(bytes) => body.extend_from_slice(bytes),
            Event::End => break true,
            Event::Head => {}
        }
    };
    pending.drain(..used);
    Ok(is_over)
}

fn wait(near: &OwnedFd, sends: bool) -> Result<(), Throw> {
    let fd = near.as_raw_fd();
    let until = scheduler::deadline();
    let ended = match sends {
        true => reactor::wait_any(&[(fd, Interest::Read), (fd, Interest::Write)], until),
        false => reactor::wait_fd(fd, Interest::Read, until),
    };
    match ended {
        Ok(Wake::Ready) => Ok(()),
        Ok(reason) => {
            cancel::resumed()?;
            cancel::late()?;
            Err(failed(&format!(
                "the wait for the answer has ended: {reason:?}"
            )))
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Err(error) => Err(failed(&error.to_string())),
    }
}
