//! What a worker tells programs: its figures, and its coroutines.

use super::report::{MOST, Waits, notes, requests, waits, waits_for};
use crate::backtrace;
use crate::serve::Worker;
use highper_engine::{self as engine, Info, State, account, clock, scheduler};
use highper_zend::{Value, call_function, error};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Frames of each backtrace.
const DEPTH: i64 = 20;

/// A few numbers, made without looking at coroutines one by one.
pub(super) fn figures(worker: &Worker) -> Json {
    let stats = scheduler::stats();
    let memory = |name: &str| {
        let told = call_function(name, &[Value::bool(false)]).into_result();
        told.ok().and_then(|bytes| bytes.as_long())
    };
    json!({
        "coroutines": stats.live,
        "coroutines_peak": stats.peak,
        "timers": stats.timers,
        "php_memory": memory("memory_get_usage"),
        "php_memory_peak": memory("memory_get_peak_usage"),
        "draining": worker.is_draining(),
    })
}

/// The figures, and all coroutines with their backtraces, the oldest first.
pub(super) fn coroutines(worker: &Worker) -> Json {
    let (requests, waits) = (requests(worker), waits());
    let ids = engine::list();
    let one = |id: &u64| Some(coroutine(&engine::info(*id)?, &waits, requests.get(id)));
    let list: Vec<Json> = ids.iter().take(MOST).filter_map(one).collect();
    let mut all = figures(worker);
    if let Some(map) = all.as_object_mut() {
        map.insert("list".into(), list.into());
        let notes = notes(worker);
        let notes: Vec<&str> = notes.lines().collect();
        map.insert("notes".into(), notes.into());
        map.insert("left_out".into(), ids.len().saturating_sub(MOST).into());
    }
    all
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

fn coroutine(info: &Info, waits: &Waits, request: Option<&Vec<u8>>) -> Json {
    let now = clock::now();
    let since = |moment: u64| seconds(Duration::from_nanos(now.saturating_sub(moment)));
    let (state, waiting) = match info.state {
        State::Ready => ("ready", None),
        State::Running => ("running", None),
        _ => ("waiting", Some(waits_for(info, waits))),
    };
    let trace = backtrace::backtrace_text(info.id, error::IGNORE_ARGS, DEPTH);
    let trace = trace.ok().flatten().unwrap_or_default();
    let frames: Vec<&str> = trace
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.split_once(' ').map_or(line, |(_, frame)| frame))
        .collect();
    json!({
        "id": info.id,
        "parent": (info.parent > 0).then_some(info.parent),
        "state": state,
        "waits_for": waiting,
        "since": info.parked.map(since),
        "age": since(info.created),
        "on_cpu": account::spent(info.id).map(|spent| seconds(spent.on_cpu)),
        "request": request.map(|line| String::from_utf8_lossy(line).into_owned()),
        "trace": frames,
    })
}
