//! The connection: its names, its TLS session, its end.

use super::{Client, connected, detach, kept, settings_of, tell, warn};
use crate::coroutine::socket::{failure, setting};
use crate::error_code;
use crate::exception;
use highper_net::{Address, Error, Socket as NetSocket};
use highper_zend::{Array, Call, Callable, Class, Done, Throw, Value, error, stream};

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function enableSSL(?callable $onSslReady = null): bool",
            "Makes the TLS handshake on an open connection.",
            enable,
        )
        .method(
            "public function getPeerCert(): string|bool",
            "The peer's certificate, PEM.",
            certificate,
        )
        .method(
            "public function verifyPeerCert(): bool",
            "Is the peer's certificate trusted?",
            verify,
        )
        .method(
            "public function isConnected(): bool",
            "Is there a connection?",
            |call| {
                let client = call.this::<Client>()?;
                let is = client.active.get() && client.socket.borrow().is_some();
                call.ret_bool(is)
            },
        )
        .method(
            "public function getsockname(): array|false",
            "Its own address and port.",
            |call| name(call, "getsockname() failed", NetSocket::name),
        )
        .method(
            "public function getpeername(): array|false",
            "The peer's address and port.",
            |call| name(call, "getpeername() failed", NetSocket::peer_name),
        )
        .method(
            "public function shutdown(int $how): bool",
            "Ends receiving (SHUT_RD), sending (SHUT_WR) or both.",
            |call| {
                let how = call.long(0)?;
                let Some(socket) = connected(call)? else {
                    return call.ret_bool(false);
                };
                call.ret_bool(socket.shutdown(how).is_ok())
            },
        )
        .method(
            "public function close(bool $force = false): bool",
            "Closes the connection; one that is to be kept is left for the next client, unless $force.",
            close,
        )
        .method(
            "public function getSocket(): Socket|false",
            "The connection for the extension sockets, for its options: a copy of the descriptor. False, with a warning, without that extension.",
            get_socket,
        )
}

fn enable(call: &mut Call) -> Done {
    if call.opt_value(0).is_some_and(|value| !value.is_null()) {
        return Err(exception(
            "sync client does not support `onSslReady` callback",
            error_code::INVALID_PARAMS.into(),
        ));
    }
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    if !socket.kind().is_tcp() {
        error::warning("cannot use enableSSL")?;
        return call.ret_bool(false);
    }
    if setting::want_tls(&socket).is_err() {
        error::warning("SSL has been enabled")?;
        return call.ret_bool(false);
    }
    let this = call.this_object()?;
    if let Some(settings) = settings_of(this)
        && !setting::tls(&socket, &settings)?
    {
        return call.ret_bool(false);
    }
    match socket.handshake() {
        Ok(()) => call.ret_bool(true),
        Err(error) => {
            tell(this, failure::describe(&error).0);
            crate::coroutine::waiting::resumed()?;
            call.ret_bool(false)
        }
    }
}

fn certificate(call: &mut Call) -> Done {
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    if !socket.is_secure() {
        error::warning("SSL is not ready")?;
        return call.ret_bool(false);
    }
    match socket.peer_certificate() {
        Some(certificate) => call.ret_str(certificate),
        None => call.ret_bool(false),
    }
}

fn verify(call: &mut Call) -> Done {
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    if !socket.is_secure() {
        error::warning("SSL is not ready")?;
        return call.ret_bool(false);
    }
    let allow_self_signed = call.opt_value(0).is_some_and(Value::to_bool);
    call.ret_bool(socket.verify_peer(allow_self_signed).is_ok())
}

fn name(
    call: &mut Call,
    what: &str,
    ask: fn(&NetSocket) -> Result<Option<Address>, Error>,
) -> Done {
    let Some(socket) = connected(call)? else {
        return call.ret_bool(false);
    };
    match ask(&socket) {
        Ok(address) => {
            let mut name = Array::with_capacity(2);
            name.set("port", address.as_ref().map_or(0, Address::port))
                .set(
                    "host",
                    address.map_or_else(Vec::new, |address| address.host()),
                );
            call.ret(name)
        }
        Err(error) => {
            warn(call, what, &error)?;
            call.ret_bool(false)
        }
    }
}

fn close(call: &mut Call) -> Done {
    let force = call.opt_bool(0, false)?;
    if call.this::<Client>()?.socket.borrow().is_none() {
        error::warning("client is not connected to the server")?;
        return call.ret_bool(false);
    }
    let ended = end(call, force)?;
    call.ret_bool(ended)
}

/// Closes the connection, or leaves it for the next client.
pub(super) fn end(call: &Call, force: bool) -> Result<bool, Throw> {
    let client = call.this::<Client>()?;
    let key = client.key.take();
    let active = client.active.get();
    let Some(socket) = detach(client) else {
        return Ok(false);
    };
    match key {
        Some(key) if active && !force && socket.check().is_ok() => {
            kept::put(key, socket, client.reused.get());
            Ok(true)
        }
        _ => Ok(socket.close().is_ok()),
    }
}

fn get_socket(call: &mut Call) -> Done {
    match connected(call)? {
        Some(socket) => give_socket(call, socket.fd()),
        None => call.ret_bool(false),
    }
}

/// Returns an object of the extension sockets for a copy of a descriptor: for its options, above all.
pub(crate) fn give_socket(call: &mut Call, fd: i32) -> Done {
    let Ok(import) = Callable::new(&Value::string("socket_import_stream")) else {
        error::warning("the extension sockets is not loaded")?;
        return call.ret_bool(false);
    };
    let Some(stream) = stream::of_socket(fd) else {
        error::warning("the socket is closed")?;
        return call.ret_bool(false);
    };
    let socket = import.call(&[stream]).into_result()?;
    call.ret(socket)
}
