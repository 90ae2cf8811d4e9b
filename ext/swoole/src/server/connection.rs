//! What a server tells of its connections, and does with them.

use super::figures;
use crate::error_code;
use highper_engine::clock;
use highper_http::{Connection, Server};
use highper_runtime::serve;
use highper_zend::{Array, Call, Done, Throw, Value, error};
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that may wait for a slow client before sending waits with them.
const HIGH_WATER: u64 = 2 << 20;
/// The most that `getClientList()` gives at a time.
const FIND_MAX: i64 = 100;

fn server() -> Option<Server> {
    serve::worker()?.server()
}

pub(super) fn find(fd: i64) -> Option<(Server, Rc<Connection>)> {
    let server = server()?;
    let connection = server.connection(u64::try_from(fd).ok()?)?;
    Some((server, connection))
}

/// Warns where no server runs.
pub(super) fn is_running() -> Result<bool, Throw> {
    let runs = serve::worker().is_some();
    if !runs {
        error::warning("server is not running")?;
    }
    Ok(runs)
}

fn not_there(call: &Call) -> Done {
    highper_runtime::set_last_error(error_code::SESSION_NOT_EXIST);
    call.ret_bool(false)
}

/// `send(int|string $fd, string $send_data, int $serverSocket = -1)`
pub(super) fn send(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let data = call.str(1)?;
    if data.as_bytes().is_empty() {
        error::warning("the data sent must not be empty")?;
        return call.ret_bool(false);
    }
    let fd = call.value(0)?.deref().to_long();
    if fd <= 0 {
        error::warning(format!("invalid fd[{fd}]"))?;
        return call.ret_bool(false);
    }
    let Some((server, connection)) = find(fd) else {
        return not_there(call);
    };
    let sent = server.send(&connection, data.as_bytes());
    if sent && connection.queued() > HIGH_WATER && highper_engine::can_suspend() {
        let _why = connection.wait_drained(None);
        crate::coroutine::waiting::resumed()?;
    }
    call.ret_bool(sent)
}

/// `close(int $fd, bool $reset = false)`
pub(super) fn close(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let Some((server, connection)) = find(call.long(0)?) else {
        return not_there(call);
    };
    if call.opt_bool(1, false)? {
        server.close(&connection);
    } else {
        server.close_gently(&connection);
    }
    call.ret_bool(true)
}

/// `exists(int $fd)`
pub(super) fn exists(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let there = find(call.long(0)?).is_some();
    call.ret_bool(there)
}

/// What is known of a connection.
fn info(connection: &Connection) -> Array {
    let ends = connection.addresses();
    let port = |address: Option<std::net::SocketAddr>| address.map_or(0, |a| i64::from(a.port()));
    let kind: i64 = match ends.local {
        Some(address) if address.is_ipv6() => 3,
        Some(_) => 1,
        None => 5,
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    let wall = |at: u64| now - clock::now().saturating_sub(at) as f64 / 1e9;
    let (opened, last) = (wall(connection.opened()), wall(connection.since()));
    let mut info = Array::with_capacity(16);
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

/// `getClientInfo(int $fd, …)`
pub(super) fn client_info(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    match find(call.long(0)?) {
        Some((_, connection)) => call.ret(info(&connection)),
        None => call.ret_bool(false),
    }
}

/// The numbers of this worker's connections, in their order.
pub(super) fn numbers() -> Vec<i64> {
    let serials = server().map(|server| server.serials()).unwrap_or_default();
    serials.into_iter().map(|serial| serial as i64).collect()
}

/// `getClientList(int $start_fd = 0, int $find_count = 10)`
pub(super) fn client_list(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (start, count) = (call.opt_long(0, 0)?, call.opt_long(1, 10)?);
    if count > FIND_MAX {
        error::warning(format!("swoole connection list max_find_count={FIND_MAX}"))?;
        return call.ret_bool(false);
    }
    if start != 0 && find(start).is_none() {
        return call.ret_bool(false);
    }
    let found: Vec<i64> = numbers()
        .into_iter()
        .filter(|fd| *fd > start)
        .take(usize::try_from(count).unwrap_or(0))
        .collect();
    if found.is_empty() {
        return call.ret_bool(false);
    }
    let mut list = Array::with_capacity(found.len());
    for fd in found {
        list.push(fd);
    }
    call.ret(list)
}

/// `stats()`
pub(super) fn stats(call: &mut Call) -> Done {
    let Some(worker) = serve::worker() else {
        error::warning("server is not running")?;
        return call.ret_bool(false);
    };
    let figures = worker.server().map(|s| s.figures()).unwrap_or_default();
    let context = worker.context();
    let board = context.board();
    let live: Vec<_> = board.slots().iter().filter(|s| s.pid() > 0).collect();
    let (_, idle) = figures::count(&worker, highper_process::Kind::Worker);
    let concurrency: u64 = live.iter().map(|s| s.in_flight()).sum();
    let connections: i64 = live.iter().map(|s| s.connections() as i64).sum();
    let requests = board.total_requests();
    let own = context.slot().requests();
    let uptime = highper_process::monotonic().saturating_sub(board.started());
    let started = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
        .saturating_sub(uptime / 1_000_000_000);
    let numbers = numbers();
    let (received, sent) = board.total_traffic();
    let mut stats = Array::with_capacity(25);
    stats
        .set("start_time", started)
        .set("connection_num", connections)
        .set("abort_count", 0)
        .set("accept_count", figures.accepted)
        .set(
            "close_count",
            figures.accepted.saturating_sub(figures.connections as u64),
        )
        .set("worker_num", 0)
        .set("task_worker_num", 0)
        .set("user_worker_num", 0)
        .set("idle_worker_num", idle)
        .set("dispatch_count", requests)
        .set("request_count", requests)
        .set("response_count", figures.answered)
        .set("total_recv_bytes", received)
        .set("total_send_bytes", sent)
        .set("pipe_packet_msg_id", 0)
        .set("concurrency", concurrency)
        .set("session_round", figures.accepted)
        .set("min_fd", numbers.first().copied().unwrap_or(0))
        .set("max_fd", numbers.last().copied().unwrap_or(0))
        .set("worker_request_count", own)
        .set("worker_response_count", figures.answered)
        .set("worker_dispatch_count", own)
        .set("worker_concurrency", context.slot().in_flight());
    figures::add(&mut stats, &call.this_value()?);
    stats
        .set("coroutine_num", highper_engine::stats().live)
        .set("coroutine_peek_num", highper_engine::stats().peak);
    call.ret(stats)
}
