//! Which connections there are.

use super::{find, is_running};
use crate::server::{elsewhere, ports};
use highper_runtime::serve;
use highper_zend::{Array, Call, Done, Value, error};

/// The most that `getClientList()` gives at a time.
const FIND_MAX: i64 = 100;

/// The numbers of this worker's connections, in their order; of one port only, where one is named.
pub(in crate::server) fn numbers(port: Option<usize>) -> Vec<i64> {
    let worker = match serve::worker() {
        Some(worker) if port.is_some() || !crate::server::messages::is_one_server() => worker,
        _ => {
            // Of all processes.
            let here = highper_runtime::post::here();
            let all = here.map(|here| here.post().sessions().list());
            return all
                .unwrap_or_default()
                .into_iter()
                .map(|n| n as i64)
                .collect();
        }
    };
    let mut all = Vec::new();
    if let Some(streams) = worker.streams() {
        all.extend(streams.sessions(port).into_iter().map(|n| n as i64));
    }
    let only = port.map(ports::http_service);
    for (place, server) in worker.servers().iter().enumerate() {
        if only.is_none_or(|only| only == Some(place)) {
            all.extend(server.serials().into_iter().map(|n| n as i64));
        }
    }
    all.sort_unstable();
    all
}

/// `getClientList(int $start_fd = 0, int $find_count = 10)`
pub(in crate::server) fn client_list(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (start, count) = (call.opt_long(0, 0)?, call.opt_long(1, 10)?);
    if count > FIND_MAX {
        error::raise(
            error::Level::Warning,
            format!("swoole connection list max_find_count={FIND_MAX}"),
        )?;
        return call.ret_bool(false);
    }
    if start != 0 && find(start).is_none() && !elsewhere::is_there(start) {
        return call.ret_bool(false);
    }
    let found: Vec<i64> = numbers(None)
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

/// `heartbeat(bool $ifCloseConnection = true)`
pub(in crate::server) fn heartbeat(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let closes = call.opt_bool(0, true)?;
    let this = call.this::<crate::server::State>()?;
    let is_on = {
        let settings = this.settings.borrow();
        let set = |name: &str| settings.get(name).map_or(0, Value::to_long) > 0;
        set("heartbeat_check_interval") || set("heartbeat_idle_time")
    };
    if !is_on {
        return call.ret_bool(false);
    }
    if let Some(silent) = elsewhere::heartbeat(closes)? {
        return call.ret(silent);
    }
    match silent(closes) {
        Some(silent) => call.ret(silent),
        None => call.ret_bool(false),
    }
}

/// The streams of this process that were silent for too long; they may be closed. `None` where it has none at all.
pub(in crate::server) fn silent(closes: bool) -> Option<Array> {
    let streams = serve::worker()?.streams()?;
    let mut list = Array::new();
    for connection in streams.silent() {
        list.push(connection.session() as i64);
        if closes {
            streams.close_silent(&connection);
        }
    }
    Some(list)
}
