//! What a server tells of its processes: ids, states, figures of tasks.

use super::messages::{modes, running};
use super::task::queue;
use highper_process::Kind;
use highper_runtime::{post, serve};
use highper_zend::{Array, Call, Class, Done, Object};

/// `SWOOLE_WORKER_*`
const BUSY: i64 = 1;
const IDLE: i64 = 2;
const EXIT: i64 = 3;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function getWorkerId(): int|false",
            "This worker's number; false in what is none.",
            |call| match serve::worker() {
                Some(worker) => call.ret(worker.id() as i64),
                None => call.ret_bool(false),
            },
        )
        .method(
            "public function getWorkerPid(int $worker_id = -1): int|false",
            "A process's id by its number: workers, task workers, user processes; by default this one.",
            worker_pid,
        )
        .method(
            "public function getWorkerStatus(int $worker_id = -1): int|false",
            "SWOOLE_WORKER_BUSY, SWOOLE_WORKER_IDLE or SWOOLE_WORKER_EXIT.",
            worker_status,
        )
}

/// The number that is meant: the own one for a negative number.
fn meant(call: &Call, here: &post::Here) -> Result<Option<usize>, highper_zend::Throw> {
    let wanted = call.opt_long(0, -1)?;
    let id = if wanted < 0 {
        i64::from(here.id())
    } else {
        wanted
    };
    Ok(usize::try_from(id)
        .ok()
        .filter(|id| *id < here.post().total()))
}

fn worker_pid(call: &mut Call) -> Done {
    let Some(here) = post::here() else {
        return call.ret_bool(false);
    };
    let pid = meant(call, &here)?.and_then(|id| here.post().pid(id));
    match pid {
        Some(pid) => call.ret(i64::from(pid)),
        None => call.ret_bool(false),
    }
}

fn worker_status(call: &mut Call) -> Done {
    let Some(here) = running()? else {
        return call.ret_bool(false);
    };
    let Some(id) = meant(call, &here)? else {
        return call.ret_bool(false);
    };
    let own = serve::worker();
    let is_own = i64::from(here.id()) == id as i64;
    let status = if is_own && own.as_ref().is_some_and(|worker| worker.is_draining()) {
        EXIT
    } else if here.post().is_busy(id) || own.is_some_and(|worker| in_flight(&worker, id)) {
        BUSY
    } else {
        IDLE
    };
    call.ret(status)
}

/// Does a worker work on requests?
fn in_flight(worker: &serve::Worker, id: usize) -> bool {
    let board = worker.context().board();
    board
        .slots()
        .iter()
        .any(|slot| slot.pid() > 0 && slot.id() as usize == id && slot.in_flight() > 0)
}

/// Workers of a kind, and how many of them have nothing to do.
pub(super) fn count(board: &highper_process::ScoreBoard, kind: Kind) -> (usize, usize) {
    let own: Vec<_> = board
        .slots()
        .iter()
        .filter(|slot| slot.pid() > 0 && slot.kind() == u32::from(kind == Kind::Task))
        .collect();
    let busy = own.iter().filter(|slot| slot.in_flight() > 0).count();
    (own.len(), own.len() - busy)
}

/// Adds what is known of tasks.
pub(super) fn add(stats: &mut Array, server: &Object) {
    let Some(here) = post::here() else { return };
    let post = here.post();
    stats
        .set("worker_num", post.workers())
        .set("task_worker_num", post.tasks())
        .set(
            "user_worker_num",
            post.total() - post.workers() - post.tasks(),
        );
    let modes = modes(server);
    if let Ok(Some(queue)) = queue::open(&modes)
        && let Ok(content) = queue.content()
    {
        stats
            .set("task_queue_num", content.count)
            .set("task_queue_bytes", content.bytes);
    }
    if post.tasks() > 0 {
        let figures = post.task_figures();
        stats
            .set("task_idle_worker_num", post.idle_task_workers())
            .set("tasking_num", figures.waiting)
            .set("task_count", figures.total);
    }
}
