//! The connection: made when a request needs it, kept between requests.

use super::{
    CONNECT_FAILED, CONNECTED, Client, SERVER_RESET, SLOTS, SOCKET, Target, settings_of, tell,
};
use crate::coroutine::socket::setting::{self, get, text};
use crate::coroutine::socket::{self, failure};
use crate::coroutine::waiting;
use crate::error_code;
use crate::name_resolver::{self, Found};
use highper_net::{Address, Error, Kind, Side, Socket as NetSocket, Timeouts};
use highper_zend::{Array, Call, Class, Done, Object, Throw, Value};
use std::rc::Rc;

/// `ECONNRESET`, `EAGAIN`
pub const RESET: i32 = 104;
const WOULD_BLOCK: i32 = 11;

/// A connection, with its object.
#[derive(Clone)]
pub struct Link {
    pub object: Object,
    pub socket: Rc<NetSocket>,
    /// Requests go to an HTTP proxy, which makes them: targets are written as whole URLs.
    pub proxy: Option<Rc<Proxy>>,
}

/// An HTTP proxy that is asked for resources, not for a tunnel.
pub struct Proxy {
    host: Vec<u8>,
    port: u16,
    /// The value of `Proxy-Authorization`; empty without a user.
    pub authorization: Vec<u8>,
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function getsockname(): array|false",
            "Its own address and port.",
            |call| name(call, NetSocket::name),
        )
        .method(
            "public function getpeername(): array|false",
            "The server's address and port.",
            |call| name(call, NetSocket::peer_name),
        )
        .method(
            "public function getPeerCert(): string|false",
            "The server's certificate, PEM.",
            certificate,
        )
        .method(
            "public function close(): bool",
            "Closes the connection; who waits for it is told at once.",
            |call| {
                let closed = close(call)?;
                call.ret_bool(closed)
            },
        )
}

/// The connection, if nobody has closed it.
pub(super) fn link(call: &Call) -> Result<Option<Link>, Throw> {
    let client = call.this::<Client>()?;
    let link = client.link.borrow().clone();
    match link {
        Some(link) if link.socket.is_closed() => {
            detach(call.this_object()?, client);
            Ok(None)
        }
        link => Ok(link),
    }
}

/// The connection; tells that there is none.
pub(super) fn linked(call: &Call) -> Result<Option<Link>, Throw> {
    let link = link(call)?.filter(|link| link.socket.is_connected());
    if link.is_none() {
        let code = error_code::CLIENT_NO_CONNECTION;
        failure::set(call.this_object()?, SLOTS, code, &failure::text(code));
    }
    Ok(link)
}

/// Lets go of the socket.
fn detach(this: &Object, client: &Client) {
    let link = client.link.take();
    client.websocket.reset();
    this.set_slot(CONNECTED, false);
    this.set_slot(SOCKET, Value::null());
    drop(link);
}

/// Is it still the connection of this object?
pub(super) fn is_current(client: &Client, link: &Link) -> bool {
    let current = client.link.borrow();
    current
        .as_ref()
        .is_some_and(|current| Rc::ptr_eq(&current.socket, &link.socket))
}

/// Closes a connection and forgets what was awaited on it.
pub(super) fn drop_link(this: &Object, client: &Client, link: &Link) -> Result<(), Error> {
    let closed = link.socket.close();
    // Those who waited have run meanwhile: one may have closed it before us, and connected anew.
    if is_current(client, link) {
        detach(this, client);
        let awaited = client.exchange.take();
        drop(awaited);
    }
    closed
}

fn close(call: &Call) -> Result<bool, Throw> {
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    let Some(link) = link(call)? else {
        return Ok(false);
    };
    if client.in_callback.get() {
        client.close_asked.set(true);
        return Ok(true);
    }
    this.set_slot(CONNECTED, false);
    match drop_link(this, client, &link) {
        Ok(()) => Ok(true),
        Err(error) => {
            failure::tell(this, SLOTS, &error);
            Ok(false)
        }
    }
}

/// Applies settings to an open connection.
pub(super) fn apply(call: &Call, settings: &Array) -> Result<(), Throw> {
    if let Some(link) = link(call)? {
        let tls = call.this::<Client>()?.target()?.tls;
        apply_to(&link.object, &link.socket, settings, tls)?;
    }
    Ok(())
}

fn apply_to(object: &Object, socket: &NetSocket, settings: &Array, tls: bool) -> Result<(), Throw> {
    let Some(state) = object.state::<socket::State>() else {
        return Ok(());
    };
    if tls || get(settings, "http_proxy_host").is_none() {
        // What was refused has been warned of, or is told by the connection that fails.
        setting::client(socket, state, settings)?;
    } else {
        // Without TLS there is no tunnel through the proxy: it is spoken to.
        let mut others = settings.clone();
        others.remove("http_proxy_host");
        setting::client(socket, state, &others)?;
    }
    Ok(())
}

/// The proxy that is spoken to, where the settings name one.
fn proxy_of(target: &Target, settings: &Array) -> Result<Option<Proxy>, Throw> {
    if target.tls || !target.kind.is_tcp() {
        return Ok(None);
    }
    let Some(host) = text(settings, "http_proxy_host")? else {
        return Ok(None);
    };
    let port = get(settings, "http_proxy_port").map_or(0, Value::to_long);
    let user = match text(settings, "http_proxy_username")? {
        Some(user) => Some(user),
        None => text(settings, "http_proxy_user")?,
    };
    let password = text(settings, "http_proxy_password")?;
    let authorization = match (user, password) {
        (Some(user), Some(password)) if !user.is_empty() => {
            let login = [&user[..], b":", &password].concat();
            format!("Basic {}", highper_tls::base64(&login)).into_bytes()
        }
        _ => Vec::new(),
    };
    Ok(Some(Proxy {
        host,
        port: u16::try_from(port).unwrap_or(0),
        authorization,
    }))
}

/// Is the connection good for another request?
fn is_fresh(client: &Client, link: &Link) -> Result<(), Error> {
    let reset = Err(Error::System(RESET));
    if client.websocket.is_open() || client.exchange.borrow().is_some() {
        // A response that nobody has waited for would be taken for that of the next request.
        return reset;
    }
    // What the server says unasked is its farewell: a 408, or the end of the TLS session.
    match link.socket.peek(1, |_| ()) {
        Ok(()) => reset,
        Err(Error::System(WOULD_BLOCK)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The connection for a request: the one that is there, or a new one. `None`: the error is told.
pub(super) fn ready(call: &Call) -> Result<Option<Link>, Throw> {
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    if let Some(link) = link(call)? {
        if let Some(by) = link.socket.bound(Side::BOTH) {
            failure::throw(&Error::Bound {
                fd: link.socket.fd(),
                doing: "reading or writing",
                by,
            })?;
        }
        match is_fresh(client, &link) {
            Ok(()) if link.socket.is_connected() => return Ok(Some(link)),
            Ok(()) => {}
            Err(error) => tell(this, &error, SERVER_RESET),
        }
        // Nobody waits for it, as was asked above.
        let _closed = drop_link(this, client, &link);
    }
    let mut tries = 0;
    loop {
        match connect(call)? {
            Ok(link) => return Ok(Some(link)),
            Err(error) => {
                failure::throw(&error)?;
                tell(this, &error, CONNECT_FAILED);
                waiting::resumed()?;
                if error == Error::Cancelled || tries == client.settings.get().max_retries {
                    return Ok(None);
                }
            }
        }
        tries += 1;
    }
}

fn connect(call: &Call) -> Result<Result<Link, Error>, Throw> {
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    let target = client.target()?;
    let settings = settings_of(this).unwrap_or_default();
    let proxy = proxy_of(target, &settings)?;
    let (host, port) = match &proxy {
        Some(proxy) => (&proxy.host, proxy.port),
        None => (&target.host, target.port),
    };
    let kind = match target.kind {
        Kind::Tcp | Kind::Tcp6 if proxy.is_some() && host.contains(&b':') => Kind::Tcp6,
        Kind::Tcp6 if proxy.is_some() => Kind::Tcp,
        kind => kind,
    };
    let made = match NetSocket::of_kind(kind) {
        Ok(made) => made,
        Err(error) => return Ok(Err(error)),
    };
    let (mut host, mut port) = (host.clone(), i64::from(port));
    if name_resolver::any() && proxy.is_none() && target.kind.is_tcp() {
        match name_resolver::node(&client.nodes, &host)? {
            Found::Unknown => {}
            Found::Nothing => return Ok(Err(Error::ResolveFailed)),
            Found::Node(address, own) => {
                host = address.into_bytes();
                port = own.map_or(port, i64::from);
            }
        }
    }
    let object = socket::object(made)?;
    let Some(socket) = socket::of(&object) else {
        return Ok(Err(Error::Closed));
    };
    if target.tls {
        socket.set_tls(highper_tls::Settings::default());
    }
    apply_to(&object, &socket, &settings, target.tls)?;
    let own = client.settings.get();
    socket.set_timeouts(Timeouts {
        connect: match own.connect_timeout {
            0.0 => Timeouts::default().connect,
            seconds => seconds,
        },
        ..socket.timeouts()
    });
    let link = Link {
        object,
        socket,
        proxy: proxy.map(Rc::new),
    };
    let old = client.link.replace(Some(link.clone()));
    drop(old);
    if let Err(error) = link.socket.connect(&host, port, 0.0) {
        // Others may have closed it meanwhile.
        let _closed = drop_link(this, client, &link);
        return Ok(Err(error));
    }
    this.set_slot(SOCKET, link.object.clone());
    this.set_slot(CONNECTED, true);
    Ok(Ok(link))
}

fn name(call: &mut Call, ask: fn(&NetSocket) -> Result<Option<Address>, Error>) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    match ask(&link.socket) {
        Ok(address) => {
            let host = address.as_ref().map_or_else(Vec::new, Address::host);
            let mut name = Array::with_capacity(2);
            name.set("address", host)
                .set("port", address.map_or(0, |address| address.port()));
            call.ret(name)
        }
        Err(error) => {
            failure::tell(call.this_object()?, SLOTS, &error);
            call.ret_bool(false)
        }
    }
}

fn certificate(call: &mut Call) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    match link.socket.peer_certificate() {
        Some(certificate) => call.ret_str(certificate),
        None => call.ret_bool(false),
    }
}
