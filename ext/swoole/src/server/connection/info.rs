//! `getClientInfo()`.

use super::{Found, find, is_running};
use crate::server::elsewhere;
use crate::server::ports;
use crate::server::streams::wall;
use highper_runtime::serve;
use highper_zend::{Array, Call, Done, Value};

fn of_http(connection: &highper_http::Connection) -> Array {
    let ends = connection.addresses();
    let port = |address: Option<std::net::SocketAddr>| address.map_or(0, |a| i64::from(a.port()));
    let kind: i64 = match ends.local {
        Some(address) if address.is_ipv6() => 3,
        Some(_) => 1,
        None => 5,
    };
    let (opened, last) = (wall(connection.opened()), wall(connection.since()));
    let mut info = Array::with_capacity(16);
    if let Some(certificate) = connection.peer_certificate() {
        info.set("ssl_client_cert", Value::string(certificate));
    }
    info.set("server_port", port(ends.local))
        .set("server_fd", connection.listener() as i64)
        .set("socket_fd", connection.descriptor().map_or(-1, i64::from))
        .set("socket_type", kind)
        .set("remote_port", port(ends.peer))
        .set("remote_ip", Value::string(&ends.peer_ip))
        .set("reactor_id", 0)
        .set("connect_time", opened as i64)
        .set("last_time", last as i64)
        .set("last_recv_time", last)
        .set("last_send_time", last)
        .set("last_dispatch_time", last)
        .set("close_errno", 0)
        .set("recv_queued_bytes", 0)
        .set("send_queued_bytes", connection.queued());
    if let Some(status) = crate::websocket::hub::status(connection) {
        info.set("websocket_status", status);
    }
    info
}

fn of_stream(connection: &highper_stream::Connection) -> Array {
    let port = ports::at(connection.port());
    let (host, number) = connection
        .peer()
        .map_or_else(Default::default, |peer| (peer.host(), peer.port()));
    let reactor = serve::worker()
        .filter(|worker| worker.front().is_none())
        .map_or(0, |worker| worker.id());
    let last = wall(connection.last_received());
    let mut info = Array::with_capacity(18);
    let user = match serve::worker().and_then(|worker| worker.front()) {
        Some(_) => highper_runtime::post::here().map_or(0, |here| {
            here.post().sessions().user(connection.session()) as i64
        }),
        None => connection.user(),
    };
    if user > 0 {
        info.set("uid", user);
    }
    if let Some(certificate) = connection.peer_certificate() {
        info.set("ssl_client_cert", Value::string(certificate));
    }
    info.set("server_port", i64::from(port.number))
        .set("server_fd", i64::from(port.descriptor))
        .set("socket_fd", connection.descriptor().map_or(-1, i64::from))
        .set("socket_type", port.kind)
        .set("remote_port", i64::from(number))
        .set("remote_ip", Value::string(&host))
        .set("reactor_id", reactor)
        .set("connect_time", wall(connection.opened()) as i64)
        .set("last_time", last as i64)
        .set("last_recv_time", last)
        .set("last_send_time", wall(connection.last_sent()))
        .set("last_dispatch_time", last)
        .set("close_errno", 0)
        .set("recv_queued_bytes", connection.carried())
        .set("send_queued_bytes", connection.queued());
    info
}

/// What is known of a connection of this process.
pub(in crate::server) fn info_of(fd: i64) -> Option<Array> {
    let Some(front) = serve::worker().and_then(|worker| worker.front()) else {
        return match find(fd)? {
            Found::Http(_, connection) => Some(of_http(&connection)),
            Found::Stream(_, connection) => Some(of_stream(&connection)),
        };
    };
    let session = u64::try_from(fd).ok()?;
    let Some(Found::Stream(_, connection)) = find(fd) else {
        let connection = front.closing(session)?;
        return Some(of_stream(&connection));
    };
    let mut info = of_stream(&connection);
    if let Some(worker) = front.worker_of(session) {
        info.set("worker_id", worker);
    }
    if front.is_upgraded(session) {
        info.set("websocket_status", crate::websocket::hub::ACTIVE);
    }
    Some(info)
}

/// `getClientInfo(int $fd, …)`
pub(in crate::server) fn client_info(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let fd = call.value(0)?.deref().to_long();
    if let Some(info) = info_of(fd) {
        return call.ret(info);
    }
    match elsewhere::info(fd)? {
        Some(info) => call.ret(info),
        None => call.ret_bool(false),
    }
}
