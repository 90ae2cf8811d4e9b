//! `Swoole\Process\Pool`: workers that do the same thing, and a master that replaces those that end.

mod master;
mod messages;
mod worker;

use crate::{error_code, exception, swoole_error};
use highper_process::listen::Listener;
use highper_process::pool::Board;
use highper_process::queue::MessageQueue;
use highper_process::{fork, listen};
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
    error,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// `SWOOLE_IPC_*`
const UNIX_SOCKET: i64 = 1;
const QUEUE: i64 = 2;
const SOCKET: i64 = 3;

const MASTER_PID: usize = 0;
const WORKER_PID: usize = 1;
const WORKER_ID: usize = 2;
const WORKERS: usize = 3;
const WORKER_RUNNING: usize = 4;
const RUNNING: usize = 5;

/// Bytes of the largest message (`max_package_size`), and how long a worker may take to end.
const LARGEST: usize = 2 * 1024 * 1024;
const MAX_WAIT: Duration = Duration::from_secs(3);

/// How work comes to the workers.
enum Ipc {
    None,
    /// Packets: the master's end and the worker's, of each worker.
    UnixSocket(Vec<(UnixStream, UnixStream)>),
    Queue(MessageQueue),
    Socket,
}

impl Ipc {
    fn number(&self) -> i64 {
        match self {
            Self::None => 0,
            Self::UnixSocket(_) => UNIX_SOCKET,
            Self::Queue(_) => QUEUE,
            Self::Socket => SOCKET,
        }
    }
}

/// What the constructor made.
struct Plan {
    board: Rc<Board>,
    ipc: Ipc,
    /// The process that made it.
    owner: u32,
}

impl Drop for Plan {
    fn drop(&mut self) {
        // A queue without a key is nobody else's, and would outlive all.
        if let Ipc::Queue(queue) = &self.ipc
            && queue.key() == 0
            && self.owner == std::process::id()
        {
            let _gone = queue.remove();
        }
    }
}

#[derive(Default)]
struct Callbacks {
    start: Option<Callable>,
    shutdown: Option<Callable>,
    worker_start: Option<Callable>,
    worker_stop: Option<Callable>,
    worker_exit: Option<Callable>,
    message: Option<Callable>,
}

impl Callbacks {
    fn slot(&mut self, name: &str) -> Option<&mut Option<Callable>> {
        Some(match name.to_ascii_lowercase().as_str() {
            "start" => &mut self.start,
            "shutdown" => &mut self.shutdown,
            "workerstart" => &mut self.worker_start,
            "workerstop" => &mut self.worker_stop,
            "workerexit" => &mut self.worker_exit,
            "message" => &mut self.message,
            _ => return None,
        })
    }
}

struct Pool {
    plan: OnceCell<Plan>,
    callbacks: RefCell<Callbacks>,
    /// Whose functions the workers run, in place of a callback of WorkerStart.
    manager: RefCell<Option<Object>>,
    listener: RefCell<Option<Listener>>,
    coroutine: Cell<bool>,
    bus: Cell<bool>,
    largest: Cell<usize>,
    max_wait: Cell<Duration>,
    started: Cell<bool>,
    /// In the master and in a worker: does it go on?
    runs: Cell<bool>,
    /// The worker that this process is.
    worker: Cell<Option<usize>>,
    /// What write() has collected for the client at hand; `None` when there is none.
    answer: RefCell<Option<Vec<u8>>>,
    messages: messages::State,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            plan: OnceCell::new(),
            callbacks: RefCell::default(),
            manager: RefCell::default(),
            listener: RefCell::default(),
            coroutine: Cell::new(false),
            bus: Cell::new(false),
            largest: Cell::new(LARGEST),
            max_wait: Cell::new(MAX_WAIT),
            started: Cell::new(false),
            runs: Cell::new(false),
            worker: Cell::new(None),
            answer: RefCell::default(),
            messages: messages::State::default(),
        }
    }
}

impl Trace for Pool {
    fn trace(&self, tracer: &mut Tracer) {
        self.manager.trace(tracer);
        let Ok(callbacks) = self.callbacks.try_borrow() else {
            return;
        };
        let all = [
            &callbacks.start,
            &callbacks.shutdown,
            &callbacks.worker_start,
            &callbacks.worker_stop,
            &callbacks.worker_exit,
            &callbacks.message,
        ];
        for callback in all.into_iter().flatten() {
            tracer.value(callback.value());
        }
    }
}

static POOL: ClassRef = ClassRef::new("Swoole\\Process\\Pool");

thread_local! {
    /// The pool that runs in this process: its master, or the one whose worker this is.
    static CURRENT: RefCell<Option<Object>> = const { RefCell::new(None) };
}

fn current() -> Option<Object> {
    CURRENT.with_borrow(Clone::clone)
}

fn forget() {
    drop(CURRENT.take());
}

/// For the child of a fork: it is no master, and not the worker that its parent is.
pub(super) fn forked() {
    master::forked();
    worker::forked();
}

/// Does the pool that runs in this process act on this signal itself?
pub(super) fn owns_signal(number: i64) -> bool {
    master::is_here() && master::SIGNALS.contains(&(number as i32))
}

/// Does the pool have this signal watched?
pub(super) fn acts_on(number: i32) -> bool {
    owns_signal(number.into()) || worker::acts_on(number)
}

/// Takes a signal of the pool's, out of the running loop. False when it is none.
pub(super) fn take_signal(number: i32) -> bool {
    master::take_signal(number) || worker::take_signal(number)
}

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    let class = Class::new("Swoole\\Process\\Pool")
        .doc("Worker processes that do the same thing, and their master, which replaces those that end.")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Pool>()
        .deny_unset()
        .property("public $master_pid = -1", "The master's process id.")
        .property("public $workerPid = -1", "In a worker: its process id.")
        .property("public $workerId = -1", "In a worker: its number, from 0.")
        .property("public $workers", "The workers' processes that getProcess() has made.")
        .property("public $workerRunning = true", "In a worker: does it go on?")
        .property("public $running = true", "Does the pool go on?")
        .method(
            "public function __construct(int $worker_num, int $ipc_type = SWOOLE_IPC_NONE, int $msgqueue_key = 0, bool $enable_coroutine = false)",
            "A pool of $worker_num processes, to which messages come as SWOOLE_IPC_* says.",
            construct,
        )
        .method("public function __destruct()", "Closes what the pool has opened.", |_| Ok(()))
        .method(
            "public function set(array $settings): void",
            "enable_coroutine, enable_message_bus, max_package_size (bytes), max_wait_time (seconds), and the settings of coroutines and of the log.",
            set,
        )
        .method(
            "public function on(string $name, callable $callback): bool",
            "Sets a callback: Start, Shutdown, WorkerStart, WorkerStop, WorkerExit or Message.",
            on,
        );
    let class = messages::methods(class);
    registry.class(master::methods(class).handle(&POOL));
    registry.on_request_shutdown(|| {
        forked();
        forget();
    });
}

/// A pool whose workers run the functions of a manager.
pub(super) fn make_for(manager: &Object, args: &[Value]) -> Result<Object, Throw> {
    let object = POOL.get().new_object(args).into_result()?.into_object();
    let Ok(object) = object else {
        return Err(Throw::error("a pool could not be made"));
    };
    if let Some(pool) = object.state::<Pool>() {
        pool.manager.replace(Some(manager.clone()));
    }
    Ok(object)
}

/// The state of `$this`, once its constructor ran.
fn made(call: &Call) -> Result<(&Pool, &Plan), Throw> {
    let pool = call.this::<Pool>()?;
    match pool.plan.get() {
        Some(plan) => Ok((pool, plan)),
        None => Err(swoole_error::fatal(
            "must call constructor first",
            error_code::WRONG_OPERATION,
        )),
    }
}

fn refuse(call: &Call, message: impl AsRef<str>) -> Done {
    error::warning(message)?;
    call.ret_bool(false)
}

fn unsupported(message: impl Into<String>) -> Throw {
    highper_runtime::set_last_error(error_code::OPERATION_NOT_SUPPORT);
    Throw::error(message)
}

fn construct(call: &mut Call) -> Done {
    let pool = call.this::<Pool>()?;
    if pool.plan.get().is_some() {
        return Err(Throw::error(format!(
            "Constructor of {} can only be called once",
            call.this_object()?.class_name()
        )));
    }
    if highper_runtime::serve::worker().is_some() {
        return Err(unsupported(
            "cannot create server and process pool instances simultaneously",
        ));
    }
    if current().is_some() {
        return Err(unsupported(
            "A process pool instance has already been created and cannot be created again",
        ));
    }
    let (workers, ipc, key) = (call.long(0)?, call.opt_long(1, 0)?, call.opt_long(2, 0)?);
    let coroutine = call.opt_bool(3, false)?;
    let Some(count) = usize::try_from(workers).ok().filter(|count| *count > 0) else {
        return Err(exception(
            "the parameter $worker_num must be greater than 0",
            0,
        ));
    };
    if coroutine && ipc > 0 && ipc != UNIX_SOCKET {
        return Err(Throw::error(
            "the parameter $ipc_type must be SWOOLE_IPC_UNIXSOCK when enable coroutine",
        ));
    }
    let plan = (|| {
        Ok(Plan {
            owner: std::process::id(),
            board: Rc::new(Board::new(count)?),
            ipc: match ipc {
                UNIX_SOCKET => Ipc::UnixSocket(
                    (0..count)
                        .map(|_| fork::pair(true))
                        .collect::<std::io::Result<_>>()?,
                ),
                // As the C type: keys are 32 bits, whatever the sign.
                QUEUE => Ipc::Queue(MessageQueue::open(key as i32, true)?),
                SOCKET => Ipc::Socket,
                _ => Ipc::None,
            },
        })
    })();
    let plan = plan.map_err(|cause: std::io::Error| {
        exception(
            format!("failed to create process pool: {cause}"),
            cause.raw_os_error().unwrap_or(0).into(),
        )
    })?;
    pool.coroutine.set(coroutine);
    // Checked above: it is empty.
    let _first = pool.plan.set(plan);
    Ok(())
}

fn set(call: &mut Call) -> Done {
    let (pool, _) = made(call)?;
    let settings = call.array(0)?;
    crate::coroutine::option::set(settings)?;
    if let Some(on) = settings.get("enable_coroutine") {
        pool.coroutine.set(on.to_bool());
    }
    if let Some(on) = settings.get("enable_message_bus") {
        pool.bus.set(on.to_bool());
    }
    if let Some(size) = settings.get("max_package_size") {
        pool.largest.set(size_of(size));
    }
    if let Some(time) = settings.get("max_wait_time") {
        let seconds = time.to_long().clamp(0, i64::from(u32::MAX));
        pool.max_wait.set(Duration::from_secs(seconds as u64));
    }
    Ok(())
}

/// Bytes: a number, or one with K, M or G behind it; at least one.
fn size_of(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default().trim();
    let factor = match text.bytes().last().map(|unit| unit.to_ascii_uppercase()) {
        Some(b'K') => 1 << 10,
        Some(b'M') => 1 << 20,
        Some(b'G') => 1 << 30,
        _ => 1,
    };
    let number = match factor {
        1 => value.to_long(),
        _ => text[..text.len() - 1].trim().parse().unwrap_or(0),
    };
    // The kernel's own limit for one message is smaller.
    usize::try_from(number.saturating_mul(factor))
        .unwrap_or(0)
        .clamp(1, i32::MAX as usize)
}

fn on(call: &mut Call) -> Done {
    let (pool, plan) = made(call)?;
    if pool.started.get() {
        return refuse(
            call,
            "process pool is started. unable to register event callback function",
        );
    }
    let callback = call.callable(1)?;
    let name = String::from_utf8_lossy(call.bytes(0)?).into_owned();
    if matches!(plan.ipc, Ipc::None) && name.eq_ignore_ascii_case("message") {
        return Err(exception(
            "cannot set `onMessage` event with ipc_type=0",
            error_code::INVALID_PARAMS.into(),
        ));
    }
    let old = {
        let mut callbacks = pool.callbacks.borrow_mut();
        callbacks.slot(&name).map(|slot| slot.replace(callback))
    };
    match old {
        Some(_) => call.ret_bool(true),
        None => refuse(call, format!("unknown event type[{name}]")),
    }
}

/// Binds the socket of `listen()`: an address and port, or `unix:/path`.
fn bind(host: &str, port: i64, backlog: i64) -> Result<Listener, highper_process::Error> {
    let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
    match host.strip_prefix("unix:") {
        Some(path) if path.starts_with('/') => listen::bind_unix(Path::new(path), 0o666, backlog),
        _ => {
            let port = u16::try_from(port).unwrap_or(0);
            let options = listen::TcpOptions {
                backlog,
                ..listen::TcpOptions::default()
            };
            listen::bind_tcp(listen::resolve(host, port)?, &options)
        }
    }
}

/// Calls back with the pool first; what it throws goes on.
fn notify(pool: &Object, callback: Option<Callable>, worker: Option<usize>) -> Result<(), Throw> {
    let Some(callback) = callback else {
        return Ok(());
    };
    let mut args = vec![Value::from(pool)];
    args.extend(worker.map(|worker| Value::from(worker as i64)));
    callback.call(&args).into_result().map(drop)
}

/// What a worker does first.
fn begin_worker(pool: &Pool, object: &Object, worker: usize) -> Result<(), Throw> {
    let manager = pool.manager.borrow().clone();
    if let Some(manager) = manager {
        return super::manager::run(&manager, object, worker);
    }
    let start = pool.callbacks.borrow().worker_start.clone();
    notify(object, start, Some(worker))
}
