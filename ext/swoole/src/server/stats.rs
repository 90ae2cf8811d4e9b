//! `stats()`.

use super::connection::numbers;
use super::figures;
use highper_runtime::serve;
use highper_zend::{Array, Call, Done, error};
use std::time::{SystemTime, UNIX_EPOCH};

/// `stats()`
pub(super) fn stats(call: &mut Call) -> Done {
    let Some(here) = highper_runtime::post::here() else {
        error::raise(error::Level::Warning, "server is not running")?;
        return call.ret_bool(false);
    };
    // None in the manager and in user processes.
    let worker = serve::worker();
    let servers = worker.as_ref().map(|w| w.servers()).unwrap_or_default();
    let http: Vec<_> = servers.iter().map(highper_http::Server::figures).collect();
    let answered: u64 = http.iter().map(|f| f.answered).sum();
    let board = here.post().board();
    let live: Vec<_> = board.slots().iter().filter(|s| s.pid() > 0).collect();
    let (_, idle) = figures::count(board, highper_process::Kind::Worker);
    let concurrency: u64 = live.iter().map(|s| s.in_flight()).sum();
    let connections: i64 = live.iter().map(|s| s.connections() as i64).sum();
    let (requests, accepted) = (board.total_requests(), board.total_accepted());
    let open = u64::try_from(connections).unwrap_or(0);
    let slot = worker.as_ref().map(|w| w.context().slot());
    let own = slot.map_or(0, |slot| slot.requests());
    let uptime = highper_process::monotonic().saturating_sub(board.started());
    let started = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
        .saturating_sub(uptime / 1_000_000_000);
    let numbers = numbers(None);
    let (received, sent) = board.total_traffic();
    let mut stats = Array::with_capacity(25);
    stats
        .set("start_time", started)
        .set("connection_num", connections)
        .set("abort_count", 0)
        .set("accept_count", accepted)
        .set("close_count", accepted.saturating_sub(open))
        .set("worker_num", 0)
        .set("task_worker_num", 0)
        .set("user_worker_num", 0)
        .set("idle_worker_num", idle)
        .set("dispatch_count", requests)
        .set("request_count", requests)
        .set("response_count", requests)
        .set("total_recv_bytes", received)
        .set("total_send_bytes", sent)
        .set("pipe_packet_msg_id", 0)
        .set("concurrency", concurrency)
        .set("session_round", accepted)
        .set("min_fd", numbers.first().copied().unwrap_or(0))
        .set("max_fd", numbers.last().copied().unwrap_or(0))
        .set("worker_request_count", own)
        .set("worker_response_count", answered)
        .set("worker_dispatch_count", own)
        .set(
            "worker_concurrency",
            slot.map_or(0, |slot| slot.in_flight()),
        );
    figures::add(&mut stats, &call.this_value()?);
    stats
        .set("coroutine_num", highper_engine::stats().live)
        .set("coroutine_peek_num", highper_engine::stats().peak);
    call.ret(stats)
}
