//! Running the pool: starting the workers, waiting for their ends and for signals.

use super::{
    CURRENT, Ipc, MASTER_PID, Pool, RUNNING, WORKER_RUNNING, current, made, notify, refuse,
    unsupported, worker,
};
use crate::process::{begin_child, end_child, failed, signal};
use crate::{error_code, exception, swoole_error};
use highper_engine::{self as engine, clock, scheduler};
use highper_process::pool::{Event, Master, packets};
use highper_process::{fork, watch};
use highper_zend::{Call, Class, Done, Object, Throw, error};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

const SIGUSR1: i32 = 10;
const SIGUSR2: i32 = 12;
const SIGTERM: i32 = 15;
const SIGCHLD: i32 = 17;
const SIGWINCH: i32 = 28;
pub(super) const SIGIO: i32 = 29;
const SIGRTMIN: i32 = 34;

/// What the master acts on. SIGWINCH and SIGRTMIN ask for the log to be opened again, which it is
/// at each line.
pub(super) const SIGNALS: [i32; 7] = [
    SIGUSR1, SIGUSR2, SIGTERM, SIGCHLD, SIGWINCH, SIGIO, SIGRTMIN,
];

thread_local! {
    /// Signals that came while the loop ran, in a master.
    static CAME: RefCell<VecDeque<i32>> = const { RefCell::new(VecDeque::new()) };
    static IS_HERE: Cell<bool> = const { Cell::new(false) };
}

/// For the child of a fork.
pub(super) fn forked() {
    IS_HERE.set(false);
    CAME.with_borrow_mut(VecDeque::clear);
}

/// Is this process a master?
pub(super) fn is_here() -> bool {
    IS_HERE.get()
}

pub(super) fn take_signal(number: i32) -> bool {
    if !is_here() || !SIGNALS.contains(&number) {
        return false;
    }
    CAME.with_borrow_mut(|came| came.push_back(number));
    // Forking needs the loop to be over.
    scheduler::stop_loop();
    true
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function start(): ?false",
            "Starts the workers and watches over them until the pool is shut down. Never in a coroutine.",
            start,
        )
        .method(
            "public function stop(): void",
            "Ends this worker; in the master, the pool.",
            |_| {
                if let Some(object) = current()
                    && let Some(pool) = object.state::<Pool>()
                {
                    pool.runs.set(false);
                    worker::stop();
                }
                Ok(())
            },
        )
        .method(
            "public function shutdown(): bool",
            "Ends the pool.",
            |call| {
                let Some(object) = current() else {
                    return Err(exception(
                        "The process pool is not started",
                        error_code::INVALID_PARAMS.into(),
                    ));
                };
                if let Some(pool) = object.state::<Pool>()
                    && is_here()
                {
                    pool.runs.set(false);
                    if engine::is_running() {
                        scheduler::stop_loop();
                    }
                    return call.ret_bool(true);
                }
                let pid = object.slot(MASTER_PID).map_or(-1, |pid| pid.to_long());
                let told = pid > 0 && fork::kill(pid as i32, SIGTERM).is_ok();
                call.ret_bool(told)
            },
        )
}

fn start(call: &mut Call) -> Done {
    let (pool, plan) = made(call)?;
    if pool.started.get() {
        return refuse(call, "process pool is started");
    }
    if current().is_some() {
        return Err(unsupported("another process pool runs in this process"));
    }
    if engine::current().is_some() || engine::is_running() {
        return Err(swoole_error::fatal(
            "must be forked outside the coroutine",
            error_code::OPERATION_NOT_SUPPORT,
        ));
    }
    let (has_start, has_message, has_exit) = {
        let callbacks = pool.callbacks.borrow();
        (
            callbacks.worker_start.is_some() || pool.manager.borrow().is_some(),
            callbacks.message.is_some(),
            callbacks.worker_exit.is_some(),
        )
    };
    if pool.bus.get() && !matches!(plan.ipc, Ipc::UnixSocket(_)) {
        crate::function::logging::warning(
            "ProcessPool::create_message_bus(): not support, ipc_mode must be SW_IPC_UNIXSOCK",
        );
        return call.ret_bool(false);
    }
    if !has_start && !has_message {
        if pool.coroutine.get() {
            return Err(error::fatal("require 'onWorkerStart' callback"));
        }
        if !matches!(plan.ipc, Ipc::None) {
            return Err(error::fatal("require 'onMessage' callback"));
        }
    }
    if has_exit && !pool.coroutine.get() {
        return Err(exception(
            "cannot set `onWorkerExit` without enable_coroutine",
            error_code::INVALID_PARAMS.into(),
        ));
    }
    if matches!(plan.ipc, Ipc::Socket) && pool.listener.borrow().is_none() {
        crate::function::logging::warning(
            "ProcessPool::start_check(): must first listen to an tcp port",
        );
        return call.ret_bool(false);
    }
    let object = call.this_value()?;
    for number in SIGNALS {
        if let Err(cause) = watch::watch(number) {
            return failed(call, &format!("sigaction({number}) failed"), &cause);
        }
    }
    pool.started.set(true);
    pool.runs.set(true);
    CURRENT.set(Some(object.clone()));
    IS_HERE.set(true);
    let ended = run(pool, &object);
    let Ok(Ended::Worker(number)) = ended else {
        IS_HERE.set(false);
        for number in SIGNALS {
            watch::unwatch(number);
        }
        super::forget();
        crate::event::settle();
        pool.started.set(false);
        return ended.map(drop);
    };
    begin_child();
    match worker::run(pool, &object, number) {
        // As in Swoole: shutdown functions are the master's, not each worker's.
        Ok(()) => fork::exit_now(0),
        ended => Err(end_child(ended)),
    }
}

enum Ended {
    /// In the master: the pool is over.
    Master,
    /// In the process of a worker that was just forked.
    Worker(usize),
}

fn run(pool: &Pool, object: &Object) -> Result<Ended, Throw> {
    object.set_slot(MASTER_PID, i64::from(std::process::id()));
    object.set_slot(RUNNING, true);
    let start = pool.callbacks.borrow().start.clone();
    notify(object, start, None)?;
    let Some(plan) = pool.plan.get() else {
        return Ok(Ended::Master);
    };
    let mut master = Master::new(Rc::clone(&plan.board), pool.max_wait.get());
    let watched = watch_over(pool, &mut master);
    if matches!(watched, Ok(Ended::Worker(_))) {
        return watched;
    }
    pool.runs.set(false);
    object.set_slot(RUNNING, false);
    object.set_slot(WORKER_RUNNING, false);
    let shutdown = pool.callbacks.borrow().shutdown.clone();
    let told = notify(object, shutdown, None);
    report(master.stop());
    watched.and_then(|ended| told.map(|()| ended))
}

fn watch_over(pool: &Pool, master: &mut Master) -> Result<Ended, Throw> {
    while pool.runs.get() {
        report(master.tick());
        while let Some(worker) = master.next_missing() {
            match master.fork(worker, pool.coroutine.get()) {
                Ok(true) => return Ok(Ended::Worker(worker)),
                Ok(false) => {}
                Err(cause) => {
                    error::warning(format!("fork() failed, Error: {cause}"))?;
                    return Ok(Ended::Master);
                }
            }
        }
        wait(master)?;
        while let Some(number) = next_signal() {
            match number {
                SIGTERM => pool.runs.set(false),
                SIGUSR1 | SIGUSR2 => {
                    master.reload();
                }
                SIGIO => {
                    master.take_detached();
                }
                SIGCHLD | SIGWINCH | SIGRTMIN => {}
                // One of the application's.
                other => signal::call_now(other)?,
            }
        }
    }
    Ok(Ended::Master)
}

fn next_signal() -> Option<i32> {
    CAME.with_borrow_mut(VecDeque::pop_front)
        .or_else(watch::next)
}

/// Waits for a signal, or until the master has something to do. Timers of the application fire
/// meanwhile.
fn wait(master: &Master) -> Result<(), Throw> {
    if CAME.with_borrow(|came| !came.is_empty()) {
        return Ok(());
    }
    let until = master
        .deadline()
        .map(|at| at.saturating_duration_since(Instant::now()));
    if highper_runtime::timer::list().is_empty() && engine::stats().live == 0 {
        let fds: Vec<i32> = watch::fd().into_iter().collect();
        // An error would be one of the next turn too: that turn is bounded.
        let _woken = packets::wait_readable(&fds, until);
        return Ok(());
    }
    let until = until.unwrap_or(Duration::from_secs(60));
    let alarm = clock::now().saturating_add(until.as_nanos() as u64);
    highper_runtime::run_loop(move || {
        // Does not count: the loop also ends when the timers have fired.
        scheduler::at(alarm, false, scheduler::stop_loop);
    })
}

fn report(events: Vec<Event>) {
    for event in events {
        crate::function::logging::warning(&match event {
            Event::Failed {
                worker,
                pid,
                code,
                signal,
            } => format!(
                "Worker::report_error(): worker(pid={pid}, id={worker}) abnormal exit, status={code}, signal={signal}"
            ),
            Event::Unknown { pid } => format!(
                "ProcessPool::wait_detached_worker(): received an exit signal from an unknown child process[pid={pid}]"
            ),
            Event::Killed { worker, pid } => {
                format!("ReloadTask::kill_all(): force kill worker process(pid={pid}, id={worker})")
            }
        });
    }
}
