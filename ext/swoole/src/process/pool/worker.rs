//! One worker of a pool, inside its process.

use super::messages::{self, Waiting};
use super::{Ipc, Pool, RUNNING, WORKER_ID, WORKER_PID, WORKER_RUNNING, begin_worker, notify};
use crate::process::signal;
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::scheduler;
use highper_process::pool::Master;
use highper_process::watch;
use highper_runtime::coroutine;
use highper_zend::{Object, Throw, Value};
use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;

const SIGTERM: i32 = 15;
const SIGWINCH: i32 = 28;
const SIGRTMIN: i32 = 34;
const EAGAIN: i32 = 11;
const EMSGSIZE: i32 = 90;

thread_local! {
    /// Does SIGTERM end the worker when it is between messages?
    static TERMINATES: Cell<bool> = const { Cell::new(false) };
    /// In coroutine mode: the service that reads messages, until the worker is told to end.
    static SERVICE: RefCell<Option<Rc<Service>>> = const { RefCell::new(None) };
}

/// Runs the worker until it is over.
pub(super) fn run(pool: &Pool, object: &Object, number: usize) -> Result<(), Throw> {
    pool.worker.set(Some(number));
    pool.runs.set(true);
    if let Err(cause) = Master::die_with_master() {
        crate::function::logging::warning(&format!(
            "worker(id={number}) would outlive its master: {cause}"
        ));
    }
    object.set_slot(RUNNING, true);
    object.set_slot(WORKER_RUNNING, true);
    object.set_slot(WORKER_PID, i64::from(std::process::id()));
    object.set_slot(WORKER_ID, number as i64);
    if pool.coroutine.get() {
        in_coroutines(object.clone(), number)?;
    } else {
        one_by_one(pool, object, number)?;
    }
    ends(object);
    let stop = pool.callbacks.borrow().worker_stop.clone();
    notify(object, stop, Some(number))
}

fn ends(object: &Object) {
    object.set_slot(RUNNING, false);
    object.set_slot(WORKER_RUNNING, false);
}

/// The signals that a worker acts on, where the application does not.
fn watch_signals(terminates: bool) {
    for number in [SIGWINCH, SIGRTMIN] {
        if !signal::is_watched(number) {
            // They ask for the log to be opened again, which it is at each line.
            let _default = watch::ignore(number);
        }
    }
    if terminates && !signal::is_watched(SIGTERM) && watch::watch(SIGTERM).is_ok() {
        TERMINATES.set(true);
        signal::attach_if_running();
    }
}

pub(super) fn acts_on(number: i32) -> bool {
    number == SIGTERM && TERMINATES.get()
}

pub(super) fn take_signal(number: i32) -> bool {
    if number != SIGTERM || !TERMINATES.get() || signal::is_watched(SIGTERM) {
        return false;
    }
    if let Some(object) = super::current()
        && let Some(pool) = object.state::<Pool>()
    {
        pool.runs.set(false);
    }
    stop();
    true
}

/// No message is read any more.
pub(super) fn stop() {
    let service = SERVICE.with_borrow(Clone::clone);
    if let Some(service) = service {
        service.end();
    } else if TERMINATES.get() && highper_engine::is_running() {
        // The loop runs only to wait for a message.
        scheduler::stop_loop();
    }
}

fn one_by_one(pool: &Pool, object: &Object, number: usize) -> Result<(), Throw> {
    begin_worker(pool, object, number)?;
    let message = pool.callbacks.borrow().message.clone();
    watch_signals(message.is_some());
    let Some(callback) = message else {
        return Ok(());
    };
    while pool.runs.get() {
        match messages::next(pool, number) {
            Ok(Waiting::Message(data, client)) => {
                if client.is_some() {
                    pool.answer.replace(Some(Vec::new()));
                }
                let done = callback
                    .call(&[Value::from(object), Value::string(&data)])
                    .into_result();
                let answer = pool.answer.take().unwrap_or_default();
                if let Some(mut client) = client
                    && !answer.is_empty()
                {
                    // A client that went away wants no answer.
                    let _gone = client.answer(&answer);
                }
                done?;
            }
            Ok(Waiting::Nothing) => {}
            Err(cause) => {
                crate::function::logging::warning(&format!("[Worker#{number}] {cause}"));
                break;
            }
        }
        between()?;
    }
    Ok(())
}

/// Between two messages: signals, and what waits in the loop and can go on at once.
fn between() -> Result<(), Throw> {
    while let Some(number) = watch::next() {
        if !take_signal(number) {
            signal::call_now(number)?;
        }
    }
    Ok(())
}

fn in_coroutines(object: Object, number: usize) -> Result<(), Throw> {
    // It is watched since the fork.
    TERMINATES.set(true);
    let ended = highper_runtime::run_loop(move || {
        let Some(pool) = object.state::<Pool>() else {
            return;
        };
        let (message, exit) = {
            let callbacks = pool.callbacks.borrow();
            (callbacks.message.clone(), callbacks.worker_exit.clone())
        };
        let this = object.clone();
        let begun = coroutine::try_spawn(move || match this.state::<Pool>() {
            Some(pool) => begin_worker(pool, &this, number),
            None => Ok(()),
        });
        if let Err(cause) = begun {
            eprintln!("[warning] the callback of WorkerStart could not run: {cause}");
        }
        watch_signals(true);
        let reads = message.is_some()
            && matches!(pool.plan.get(), Some(plan) if matches!(plan.ipc, Ipc::UnixSocket(_)));
        if pool.runs.get() {
            let service = Rc::new(Service {
                object: object.clone(),
                number,
                message,
                exit,
                reads: Cell::new(reads),
            });
            SERVICE.set(Some(Rc::clone(&service)));
            service.begin();
        }
    });
    highper_runtime::on_turn(None);
    drop(SERVICE.take());
    ended
}

/// For the child of a fork.
pub(super) fn forked() {
    highper_runtime::on_turn(None);
    TERMINATES.set(false);
    drop(SERVICE.take());
}

/// Calls back for each message, in a coroutine of its own.
struct Service {
    object: Object,
    number: usize,
    message: Option<highper_zend::Callable>,
    exit: Option<highper_zend::Callable>,
    /// Does it keep the loop running?
    reads: Cell<bool>,
}

impl Service {
    fn socket(&self) -> Option<&std::os::unix::net::UnixStream> {
        match &self.object.state::<Pool>()?.plan.get()?.ipc {
            Ipc::UnixSocket(pairs) => pairs.get(self.number).map(|(_, worker)| worker),
            _ => None,
        }
    }

    fn begin(self: Rc<Self>) {
        let Some(socket) = self.socket().filter(|_| self.reads.get()) else {
            return;
        };
        let fd = socket.as_raw_fd();
        scheduler::retain_loop();
        let handler = reactor::add_handler(Rc::clone(&self) as Rc<dyn Handler>);
        if let Err(cause) = reactor::register(fd, handler, 0) {
            eprintln!("[warning] a worker can't read its messages: {cause}");
        }
    }

    /// Told to end: the loop is over when no coroutine is left.
    fn end(self: Rc<Self>) {
        if self.reads.replace(false) {
            scheduler::release_loop();
            if let Some(socket) = self.socket() {
                reactor::closing(socket.as_raw_fd());
            }
        }
        ends(&self.object);
        if self.exit.is_some() {
            highper_runtime::on_turn(Some(exiting));
        }
    }
}

/// Tells the application that the worker ends, at each turn of the loop as long as something is left.
fn exiting() {
    let service = SERVICE.with_borrow(Clone::clone);
    let Some(service) = service else { return };
    let Some(callback) = service.exit.clone() else {
        return;
    };
    let args = [
        Value::from(&service.object),
        Value::from(service.number as i64),
    ];
    let told = coroutine::try_spawn(move || callback.call(&args).into_result().map(drop));
    if let Err(cause) = told {
        eprintln!("[warning] the callback of WorkerExit could not run: {cause}");
    }
}

impl Handler for Service {
    fn ready(&self, _key: u64, _readiness: Readiness) {
        let (Some(socket), Some(callback)) = (self.socket(), &self.message) else {
            return;
        };
        let Some(pool) = self.object.state::<Pool>() else {
            return;
        };
        while self.reads.get() {
            let data = match messages::receive(pool, socket.as_fd()) {
                Ok(Some(data)) => data,
                Ok(None) => continue,
                Err(cause) if cause.raw_os_error() == Some(EAGAIN) => return,
                Err(cause) => {
                    crate::function::logging::warning(&format!(
                        "[Worker#{}] a message was lost: {cause}",
                        self.number
                    ));
                    if cause.raw_os_error().is_none_or(|number| number == EMSGSIZE) {
                        continue;
                    }
                    return;
                }
            };
            let args = [Value::from(&self.object), Value::string(&data)];
            let callback = callback.clone();
            let begun = coroutine::try_spawn(move || callback.call(&args).into_result().map(drop));
            if let Err(cause) = begun {
                eprintln!("[warning] the callback of Message could not run: {cause}");
            }
        }
    }

    fn timer(&self, _key: u64) {}
}
