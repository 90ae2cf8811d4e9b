//! The connection.

use super::{CONNECTED, Client, SLOTS, SOCKET, refuse, settings_of};
use crate::coroutine::socket::{self, failure, setting};
use crate::coroutine::waiting;
use crate::error_code;
use highper_http2::{Client as Connection, Code, Settings};
use highper_net::{Error, Side, Socket as NetSocket};
use highper_zend::{Array, Call, Class, Done, Object, Throw, Value};
use std::rc::Rc;

/// `EISCONN`, `EBADF`
const IS_CONNECTED: i32 = 106;
const BAD_DESCRIPTOR: i32 = 9;

/// A connection, with its object.
#[derive(Clone)]
pub struct Link {
    pub object: Object,
    pub socket: Rc<NetSocket>,
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method("public function connect(): bool", "Connects; with TLS it makes the handshake.", connect)
        .method(
            "public function ping(): bool",
            "Asks the server for a sign of life.",
            |call| {
                let Some(link) = linked(call)? else {
                    return call.ret_bool(false);
                };
                with(call.this::<Client>()?, Connection::ping);
                let sent = flush(call, &link)?;
                call.ret_bool(sent)
            },
        )
        .method(
            "public function goaway(int $error_code = SWOOLE_HTTP2_ERROR_NO_ERROR, string $debug_data = \"\"): bool",
            "Tells the server that no more is wanted, and why.",
            go_away,
        )
        .method(
            "public function close(): bool",
            "Closes the connection; who waits for it is told at once.",
            close,
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

fn detach(this: &Object, client: &Client) {
    let link = client.link.take();
    let state = (client.connection.take(), client.incoming.take());
    drop(state);
    this.set_slot(CONNECTED, false);
    this.set_slot(SOCKET, Value::null());
    drop(link);
}

/// Closes a connection and forgets what was awaited on it.
pub(super) fn drop_link(this: &Object, client: &Client, link: &Link) -> Result<(), Error> {
    let closed = link.socket.close();
    // Those who waited have run meanwhile: one may have closed it before us, and connected anew.
    let is_current = client
        .link
        .borrow()
        .as_ref()
        .is_some_and(|current| Rc::ptr_eq(&current.socket, &link.socket));
    if is_current {
        detach(this, client);
    }
    closed
}

/// The state of the protocol, while there is a connection.
pub(super) fn with<R>(client: &Client, act: impl FnOnce(&mut Connection) -> R) -> Option<R> {
    client.connection.borrow_mut().as_mut().map(act)
}

/// Sends what there is to be sent. False when that failed: the error is told, the connection closed.
pub(super) fn flush(call: &Call, link: &Link) -> Result<bool, Throw> {
    let client = call.this::<Client>()?;
    if link.socket.bound(Side::WRITE).is_some() {
        // Who sends now goes on until nothing is left.
        return Ok(true);
    }
    loop {
        let output = with(client, Connection::take_output).unwrap_or_default();
        if output.is_empty() {
            return Ok(true);
        }
        let sent = link.socket.send_all(&output, 0.0);
        if let Some(error) = sent.map_or_else(Some, |part| part.error) {
            fail(call, link, &error)?;
            return Ok(false);
        }
    }
}

/// Tells an error of the connection, and closes it.
pub(super) fn fail(call: &Call, link: &Link, error: &Error) -> Result<(), Throw> {
    failure::throw(error)?;
    let this = call.this_object()?;
    // The error that ends it says more than those of the end.
    let _closed = drop_link(this, call.this::<Client>()?, link);
    failure::settle(this, SLOTS, error)
}

/// Applies settings to an open connection.
pub(super) fn apply(call: &Call, settings: &Array) -> Result<(), Throw> {
    let Some(link) = link(call)? else {
        return Ok(());
    };
    if let Some(state) = link.object.state::<socket::State>() {
        // What was refused has been warned of.
        setting::client(&link.socket, state, settings)?;
    }
    Ok(())
}

fn connect(call: &mut Call) -> Done {
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    let target = client.target()?;
    waiting::can_wait()?;
    if link(call)?.is_some() {
        return refuse(call, IS_CONNECTED, &failure::text(IS_CONNECTED));
    }
    let made = match NetSocket::of_kind(target.kind) {
        Ok(made) => made,
        Err(error) => {
            failure::tell(this, SLOTS, &error);
            return call.ret_bool(false);
        }
    };
    let object = socket::object(made)?;
    let Some(socket) = socket::of(&object) else {
        return call.ret_bool(false);
    };
    if target.tls {
        socket.set_tls(highper_tls::Settings {
            alpn: vec![b"h2".to_vec()],
            ..Default::default()
        });
    }
    let link = Link { object, socket };
    let old = client.link.replace(Some(link.clone()));
    drop(old);
    if let Some(settings) = settings_of(this) {
        apply(call, &settings)?;
    }
    let (host, port) = (target.host.clone(), i64::from(target.port));
    if let Err(error) = link.socket.connect(&host, port, 0.0) {
        fail(call, &link, &error)?;
        return call.ret_bool(false);
    }
    let fresh = Connection::new(Settings::default());
    let old = client.connection.replace(Some(fresh));
    drop(old);
    this.set_slot(SOCKET, link.object.clone());
    this.set_slot(CONNECTED, true);
    let sent = flush(call, &link)?;
    call.ret_bool(sent)
}

fn go_away(call: &mut Call) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    let code = u32::try_from(call.opt_long(0, 0)?).unwrap_or(0);
    let debug = call.opt_bytes(1, b"")?.to_vec();
    with(call.this::<Client>()?, |connection| {
        connection.go_away(Code(code), &debug);
    });
    let sent = flush(call, &link)?;
    call.ret_bool(sent)
}

fn close(call: &mut Call) -> Done {
    let Some(link) = link(call)? else {
        return refuse(call, BAD_DESCRIPTOR, &failure::text(BAD_DESCRIPTOR));
    };
    let (this, client) = (call.this_object()?, call.this::<Client>()?);
    this.set_slot(CONNECTED, false);
    match drop_link(this, client, &link) {
        Ok(()) => call.ret_bool(true),
        Err(error) => {
            failure::tell(this, SLOTS, &error);
            call.ret_bool(false)
        }
    }
}
