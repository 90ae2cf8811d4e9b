//! The connection: its names, its TLS session, its end.

use super::{
    CONNECTED, Client, IS_CONNECTED, NOT_CONNECTED, SLOTS, SOCKET_TYPE, detach, failed, is_current,
    link, linked, refuse, settings_of,
};
use crate::coroutine::socket::{failure, setting};
use highper_net::{Address, Error, Socket as NetSocket};
use highper_zend::{Array, Call, Class, Done};

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function enableSSL(): bool",
            "Makes the TLS handshake on an open connection.",
            enable,
        )
        .method(
            "public function getPeerCert(): string|false",
            "The peer's certificate, PEM.",
            certificate,
        )
        .method(
            "public function verifyPeerCert(bool $allow_self_signed = false): bool",
            "Is the peer's certificate trusted?",
            verify,
        )
        .method(
            "public function isConnected(): bool",
            "Is there a connection?",
            |call| {
                let link = link(call)?;
                call.ret_bool(link.is_some_and(|link| link.socket.is_connected()))
            },
        )
        .method(
            "public function getsockname(): array|false",
            "Its own address and port.",
            |call| name(call, NetSocket::name),
        )
        .method(
            "public function getpeername(): array|false",
            "The peer's address and port.",
            |call| name(call, NetSocket::peer_name),
        )
        .method(
            "public function close(): bool",
            "Closes the connection; who waits for it is told at once.",
            close,
        )
        .method(
            "public function exportSocket(): Swoole\\Coroutine\\Socket|false",
            "The socket, while there is one.",
            |call| {
                let link = link(call)?;
                call.ret(link.map(|link| link.object))
            },
        )
}

fn enable(call: &mut Call) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    let this = call.this_object()?;
    if !link.socket.kind().is_tcp() {
        refuse(this, SOCKET_TYPE);
        return call.ret_bool(false);
    }
    if setting::want_tls(&link.socket).is_err() {
        refuse(this, IS_CONNECTED);
        return call.ret_bool(false);
    }
    if let Some(settings) = settings_of(this).filter(|settings| !settings.is_empty()) {
        setting::tls(&link.socket, &settings)?;
    }
    match link.socket.handshake() {
        Ok(()) => call.ret_bool(true),
        Err(error) => failed(call, &error),
    }
}

fn certificate(call: &mut Call) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    if !link.socket.is_secure() {
        refuse(call.this_object()?, IS_CONNECTED);
        return call.ret_bool(false);
    }
    match link.socket.peer_certificate() {
        Some(certificate) => call.ret_str(certificate),
        None => call.ret_bool(false),
    }
}

fn verify(call: &mut Call) -> Done {
    let allow_self_signed = call.opt_bool(0, false)?;
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    if !link.socket.is_secure() {
        refuse(call.this_object()?, NOT_CONNECTED);
        return call.ret_bool(false);
    }
    match link.socket.verify_peer(allow_self_signed) {
        Ok(()) => call.ret_bool(true),
        Err(error) => failed(call, &error),
    }
}

fn name(call: &mut Call, ask: fn(&NetSocket) -> Result<Option<Address>, Error>) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    match ask(&link.socket) {
        Ok(address) => {
            let host = address.as_ref().map_or_else(Vec::new, Address::host);
            let mut name = Array::with_capacity(3);
            name.set("host", host.clone())
                .set("address", host)
                .set("port", address.map_or(0, |address| address.port()));
            call.ret(name)
        }
        Err(error) => failed(call, &error),
    }
}

fn close(call: &mut Call) -> Done {
    let Some(link) = linked(call)? else {
        return call.ret_bool(false);
    };
    call.this_object()?.set_slot(CONNECTED, false);
    let closed = link.socket.close();
    // Those who waited have run meanwhile: one may have closed it before us, and connected anew.
    if is_current(call, &link)? {
        detach(call.this_object()?, call.this::<Client>()?);
    }
    match closed {
        Ok(()) => call.ret_bool(true),
        Err(error) => {
            failure::tell(call.this_object()?, SLOTS, &error);
            call.ret_bool(false)
        }
    }
}
