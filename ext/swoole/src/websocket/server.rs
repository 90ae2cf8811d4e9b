//! `Swoole\WebSocket\Server`: an HTTP server whose connections may become WebSocket.

use super::outgoing::{Outgoing, Rules};
use super::{FIN, frame, hub};
use crate::coroutine::waiting;
use crate::error_code;
use crate::server::elsewhere;
use highper_http::Connection;
use highper_websocket::{Opcode, close, encode};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, error};
use std::rc::Rc;

/// The class.
pub static WEBSOCKET_SERVER: ClassRef = ClassRef::new("Swoole\\WebSocket\\Server");

/// Bytes that may wait for a slow client before pushing waits with them.
const HIGH_WATER: u64 = 2 << 20;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\WebSocket\\Server")
            .doc("An HTTP server whose connections may become WebSocket: callbacks open, message, close, disconnect, handshake, beforeHandshakeResponse.")
            .handle(&WEBSOCKET_SERVER)
            .extends("Swoole\\Http\\Server")
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_clone()
            .deny_unset()
            .method(
                "public function push(int $fd, Swoole\\WebSocket\\Frame|string $data, int $opcode = 1, int $flags = 1): bool",
                "Sends a frame. Waits where the client is slow.",
                push,
            )
            .method(
                "public function disconnect(int $fd, int $code = 1000, string $reason = ''): bool",
                "Sends a close frame, then closes.",
                disconnect,
            )
            .method(
                "public function ping(int $fd, string $data = ''): bool",
                "Sends a ping.",
                |call| {
                    if !is_running()? {
                        return call.ret_bool(false);
                    }
                    let data = call.opt_str(1)?;
                    let data = data.map_or_else(|| highper_zend::Value::string(b""), |data| data.as_value().clone());
                    let outgoing = Outgoing::of(&data, i64::from(Opcode::Ping as u8), FIN, 0)?;
                    send(call, outgoing)
                },
            )
            .method(
                "public function isEstablished(int $fd): bool",
                "Is this a WebSocket connection, and open?",
                |call| {
                    if !is_running()? {
                        return call.ret_bool(false);
                    }
                    let fd = call.long(0)?;
                    let established = hub::established(fd).is_some() || is_established_elsewhere(fd)?;
                    call.ret_bool(established)
                },
            )
            .method(
                "public static function pack(Swoole\\WebSocket\\Frame|string $data, int $opcode = 1, int $flags = 1): string",
                "As Frame::pack().",
                frame::pack,
            )
            .method(
                "public static function unpack(string $data): Swoole\\WebSocket\\Frame",
                "As Frame::unpack().",
                frame::unpack,
            ),
    );
}

/// Has another process such a connection?
fn is_established_elsewhere(fd: i64) -> Result<bool, Throw> {
    if !elsewhere::is_there(fd) {
        return Ok(false);
    }
    let info = elsewhere::info(fd)?;
    let status = info.as_ref().and_then(|info| info.as_array());
    let status = status.and_then(|info| info.get("websocket_status")?.as_long());
    Ok(status == Some(hub::ACTIVE))
}

/// Does a server speak WebSocket?
pub(crate) fn is_websocket(server: &Object, settings: &highper_zend::Array) -> bool {
    match settings.get("open_websocket_protocol") {
        Some(value) => value.deref().to_bool(),
        None => server.is_instance_of(WEBSOCKET_SERVER.get()),
    }
}

fn is_running() -> Result<bool, Throw> {
    let runs = highper_runtime::post::here().is_some();
    if !runs {
        error::warning("server is not running")?;
    }
    Ok(runs)
}

/// The connection of a number; warns where it is none of WebSocket.
fn target(fd: i64) -> Result<Option<Rc<Connection>>, Throw> {
    if let Some(connection) = hub::established(fd) {
        return Ok(Some(connection));
    }
    if fd <= 0 {
        error::warning(format!("fd[{fd}] is invalid"))?;
    } else if crate::server::is_open(fd) {
        highper_runtime::set_last_error(error_code::WEBSOCKET_UNCONNECTED);
        error::warning(format!(
            "the connected client of connection[{fd}] is not a websocket client or closed"
        ))?;
    } else {
        highper_runtime::set_last_error(error_code::SESSION_NOT_EXIST);
        error::warning(format!("session#{fd} does not exists"))?;
    }
    Ok(None)
}

fn push(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let flags = match call.opt_value(3) {
        Some(value) => value.deref().to_long(),
        None => FIN,
    };
    let fd = call.long(0)?;
    if hub::established(fd).is_none() && elsewhere::is_there(fd) {
        let opcode = call.opt_long(2, 1)?;
        let outgoing = Outgoing::of(call.value(1)?.deref(), opcode, flags, close::NORMAL)?;
        let sent = elsewhere::send(fd, elsewhere::PUSH, &outgoing.to_bytes());
        waiting::resumed()?;
        return call.ret_bool(sent.unwrap_or(false));
    }
    let outgoing = Outgoing::of(
        call.value(1)?.deref(),
        call.opt_long(2, 1)?,
        flags,
        close::NORMAL,
    )?;
    send(call, outgoing)
}

fn send(call: &mut Call, mut outgoing: Outgoing) -> Done {
    let Some(connection) = target(call.long(0)?)? else {
        return call.ret_bool(false);
    };
    let compress = hub::with_link(&connection, |link| link.compress).unwrap_or(false);
    outgoing.set_sender_to_server(compress);
    let Some(frame) = outgoing.prepare(Rules::All)? else {
        highper_runtime::set_last_error(error_code::WEBSOCKET_PACK_FAILED);
        return call.ret_bool(false);
    };
    let sent = hub::push(&connection, &frame);
    drop(frame);
    if sent && connection.queued() > HIGH_WATER && highper_engine::can_suspend() {
        let _why = connection.wait_drained(None);
        drop(connection);
        waiting::resumed()?;
    }
    call.ret_bool(sent)
}

fn disconnect(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (code, reason) = (
        call.opt_long(1, i64::from(close::NORMAL))?,
        call.opt_bytes(2, b"")?,
    );
    if reason.len() > close::REASON_LIMIT {
        error::warning(format!(
            "the max length of close reason is {}",
            close::REASON_LIMIT
        ))?;
        return call.ret_bool(false);
    }
    let fd = call.long(0)?;
    if hub::established(fd).is_none() && elsewhere::is_there(fd) {
        let mut bytes = (code as u16).to_ne_bytes().to_vec();
        bytes.extend_from_slice(reason);
        let sent = elsewhere::send(fd, elsewhere::DISCONNECT, &bytes);
        return call.ret_bool(sent.unwrap_or(false));
    }
    let Some(connection) = target(fd)? else {
        return call.ret_bool(false);
    };
    let closed = hub::with_link(&connection, |link| {
        link.close(&connection, |out| {
            encode::close(out, None, code as u16, reason)
        })
    });
    call.ret_bool(closed.unwrap_or(false))
}

/// In the process that has the connection: another one pushes, or ends it.
pub(crate) fn arrived(fd: i64, pushes: bool, bytes: &[u8]) -> Result<(), Throw> {
    let Some(connection) = hub::established(fd) else {
        // It ended meanwhile.
        return Ok(());
    };
    if !pushes {
        if let Some((code, reason)) = bytes.split_first_chunk::<2>() {
            let code = u16::from_ne_bytes(*code);
            hub::with_link(&connection, |link| {
                link.close(&connection, |out| encode::close(out, None, code, reason))
            });
        }
        return Ok(());
    }
    let Some(mut outgoing) = Outgoing::from_bytes(bytes) else {
        return Ok(());
    };
    let compress = hub::with_link(&connection, |link| link.compress).unwrap_or(false);
    outgoing.set_sender_to_server(compress);
    if let Some(frame) = outgoing.prepare(Rules::All)? {
        // One that ended meanwhile is sent nothing.
        let _ended = hub::push(&connection, &frame);
    }
    Ok(())
}
