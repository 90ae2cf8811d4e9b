//! `Swoole\Process`: a child of this process that runs a callback, with a pair of sockets between the two.

mod export;
mod manager;
mod pool;
mod queue;
mod select;
pub mod signal;
pub mod system;

use crate::{error_code, event, function, swoole_error};
use highper_process::fork;
use highper_runtime::{exit, failure};
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
    error, throw,
};
use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Bytes that one call of read() may ask for.
const READ_LIMIT: i64 = 64 * 1024 * 1024;

const PIPE: usize = 0;
const PID: usize = 3;
const ID: usize = 4;
const CALLBACK: usize = 5;

/// `SOCK_STREAM`, `SOCK_DGRAM`
const STREAM: i64 = 1;
const DGRAM: i64 = 2;

thread_local! {
    static NEXT_ID: Cell<i64> = const { Cell::new(1) };
}

static PROCESS: ClassRef = ClassRef::new("Swoole\\Process");

#[derive(Default)]
struct Process {
    is_made: Cell<bool>,
    /// The parent's end, and the child's.
    master: RefCell<Option<UnixStream>>,
    worker: RefCell<Option<UnixStream>>,
    /// In the child, its own end is the worker's.
    is_child: Cell<bool>,
    redirects: Cell<bool>,
    packets: Cell<bool>,
    coroutine: Cell<bool>,
    non_blocking: Cell<bool>,
    pid: Cell<i32>,
    /// The message queue and its mode.
    queue: Cell<Option<(highper_process::queue::MessageQueue, i64)>>,
    /// What exportSocket() has made.
    exported: RefCell<Option<Object>>,
}

impl Trace for Process {
    fn trace(&self, tracer: &mut Tracer) {
        self.exported.trace(tracer);
    }
}

impl Process {
    /// A worker of a pool: in its own process `socket` is the worker's end, else the master's.
    fn of_worker(
        number: usize,
        socket: Option<UnixStream>,
        is_own: bool,
        queue: Option<highper_process::queue::MessageQueue>,
        coroutine: bool,
    ) -> Result<Object, Throw> {
        let object = PROCESS.get().instantiate()?;
        object.set_slot(ID, number as i64);
        if let Some(socket) = &socket {
            object.set_slot(PIPE, i64::from(socket.as_raw_fd()));
        }
        if let Some(process) = object.state::<Self>() {
            process.is_made.set(true);
            process.is_child.set(is_own);
            process.packets.set(true);
            process.coroutine.set(coroutine);
            process
                .queue
                .set(queue.map(|queue| (queue, queue::BALANCE)));
            if is_own {
                process.worker.replace(socket);
            } else {
                process.master.replace(socket);
            }
        }
        Ok(object)
    }

    fn end(&self) -> &RefCell<Option<UnixStream>> {
        if self.is_child.get() {
            &self.worker
        } else {
            &self.master
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    let class = Class::new("Swoole\\Process")
        .handle(&PROCESS)
        .doc("A child process that runs a callback, and the sockets by which to talk to it.")
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<Process>()
        .deny_clone()
        .deny_unset()
        .constant("IPC_NOWAIT", 256_i64, "Message queues: never wait.")
        .constant("PIPE_MASTER", 1_i64, "close(): the parent's end.")
        .constant("PIPE_WORKER", 2_i64, "close(): the child's end.")
        .constant("PIPE_READ", 3_i64, "close(): no more reading.")
        .constant("PIPE_WRITE", 4_i64, "close(): no more writing.")
        .constant("PIPE_TYPE_NONE", 0_i64, "No sockets.")
        .constant("PIPE_TYPE_STREAM", 1_i64, "A stream of bytes.")
        .constant("PIPE_TYPE_DGRAM", 2_i64, "Packets.")
        .property("public $pipe", "The descriptor of this side's socket.")
        .property("public $msgQueueId", "The system's number of the message queue.")
        .property("public $msgQueueKey", "The key of the message queue.")
        .property("public $pid", "The child's process id, once it was started.")
        .property("public $id", "A number of this process's own, from 1.")
        .property("private $callback", "What the child runs.")
        .method(
            "public function __construct(callable $callback, bool $redirect_stdin_and_stdout = false, int $pipe_type = SOCK_DGRAM, bool $enable_coroutine = false)",
            "A child to be started. With $redirect_stdin_and_stdout its standard streams are its socket, a stream; $pipe_type is 0 for no sockets.",
            construct,
        )
        .method("public function __destruct()", "Closes the sockets.", |_| Ok(()))
        .method(
            "public function set(array $settings): void",
            "The setting enable_coroutine: does the callback run in a coroutine?",
            |call| {
                if let Some(value) = call.array(0)?.get_symbol("enable_coroutine") {
                    made(call)?.coroutine.set(value.to_bool());
                }
                Ok(())
            },
        )
        .method(
            "public function setTimeout(float $seconds): bool",
            "How long reading and writing wait.",
            set_timeout,
        )
        .method(
            "public function setBlocking(bool $blocking): bool",
            "Do reading and writing wait at all?",
            set_blocking,
        )
        .method(
            "public function start(): bool|int",
            "Forks. The child's process id; the child runs the callback and ends. Never in a coroutine.",
            start,
        )
        .method(
            "public function write(string $data): false|int",
            "Sends to the other side.",
            write,
        )
        .method(
            "public function read(int $size = 8192): false|string",
            "Receives from the other side: at most $size bytes (64 MiB).",
            read,
        )
        .method(
            "public function close(int $which = 0): bool",
            "Closes the sockets, or what a PIPE_* constant says.",
            close,
        )
        .method(
            "public function exit(int $exit_code = 0): void",
            "Ends the child at once, without shutdown functions. Only in the child.",
            exit_child,
        );
    let class = export::methods(queue::methods(class));
    registry.class(signal::methods(system::methods(class)));
    signal::declare(registry);
    pool::declare(registry);
    select::declare(registry);
    manager::declare(registry);
}

/// Is it a `Process`?
pub(crate) fn is_process(object: &Object) -> bool {
    object.is_instance_of(&PROCESS)
}

/// Was its constructor called?
pub(crate) fn check_made(object: &Object) -> Result<(), Throw> {
    match object.state::<Process>() {
        Some(process) if process.is_made.get() => Ok(()),
        _ => Err(swoole_error::fatal(
            "must call constructor first",
            error_code::WRONG_OPERATION,
        )),
    }
}

/// Its number among the processes of a server.
pub(crate) fn set_id(object: &Object, id: i64) {
    object.set_slot(ID, id);
}

/// In a process just forked, where [`begin_child`] was called: runs the callback of a `Process`.
/// What comes back ends the process.
pub(crate) fn run_in_child(object: &Object) -> Throw {
    match object.state::<Process>() {
        Some(process) => run_child(process, object.clone(), true),
        None => Throw::Exit,
    }
}

/// Notes which process a `Process` stands for.
fn set_pid(object: &Object, pid: i32) {
    object.set_slot(PID, i64::from(pid));
    if let Some(process) = object.state::<Process>() {
        process.pid.set(pid);
    }
}

/// The state of `$this`, once its constructor ran.
fn made(call: &Call) -> Result<&Process, Throw> {
    let process = call.this::<Process>()?;
    if process.is_made.get() {
        Ok(process)
    } else {
        Err(swoole_error::fatal(
            "must call constructor first",
            error_code::WRONG_OPERATION,
        ))
    }
}

/// Notes the system's error for `swoole_errno()`, and warns as Swoole does.
pub(crate) fn failed(call: &Call, what: &str, cause: &std::io::Error) -> Done {
    let number = note(cause);
    error::warning(format!("{what}, Error: {}[{number}]", plain(cause)))?;
    call.ret_bool(false)
}

fn note(cause: &std::io::Error) -> i32 {
    let number = cause.raw_os_error().unwrap_or(0);
    function::set_errno(number);
    highper_runtime::set_last_error(number);
    number
}

/// The system's text without Rust's number.
fn plain(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    match text.split_once(" (os error") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

fn construct(call: &mut Call) -> Done {
    let process = call.this::<Process>()?;
    let this = call.this_object()?;
    if process.is_made.get() {
        return Err(Throw::error(format!(
            "Constructor of {} can only be called once",
            this.class_name()
        )));
    }
    let callback = call.callable(0)?;
    let redirects = call.opt_bool(1, false)?;
    let kind = if redirects {
        STREAM
    } else {
        call.opt_long(2, DGRAM)?
    };
    process.redirects.set(redirects);
    process.coroutine.set(call.opt_bool(3, false)?);
    if kind > 0 {
        let packets = kind != STREAM;
        process.packets.set(packets);
        let (master, worker) = fork::pair(packets).map_err(|e| {
            crate::exception(
                format!("failed to create unix soccket: {e}"),
                e.raw_os_error().unwrap_or(0).into(),
            )
        })?;
        this.set_slot(PIPE, i64::from(master.as_raw_fd()));
        process.master.replace(Some(master));
        process.worker.replace(Some(worker));
    }
    let id = NEXT_ID.get();
    NEXT_ID.set(id + 1);
    this.set_slot(ID, id);
    this.set_slot(CALLBACK, callback.value().clone());
    process.is_made.set(true);
    Ok(())
}

fn start(call: &mut Call) -> Done {
    let process = made(call)?;
    let before = process.pid.get();
    if before > 0 && fork::kill(before, 0).is_ok() {
        error::warning("process has already been started")?;
        return call.ret_bool(false);
    }
    if highper_engine::current().is_some() || highper_engine::is_running() {
        return Err(swoole_error::fatal(
            "must be forked outside the coroutine",
            error_code::OPERATION_NOT_SUPPORT,
        ));
    }
    let this = call.this_value()?;
    match fork::fork() {
        Err(cause) => failed(call, "fork() failed", &cause),
        Ok(Some(pid)) => {
            process.pid.set(pid);
            this.set_slot(PID, i64::from(pid));
            call.ret_long(pid.into())
        }
        Ok(None) => {
            begin_child();
            Err(run_child(process, this, false))
        }
    }
}

/// What every child of a fork does first: the parent's loop and its signals are not its own.
pub(crate) fn begin_child() {
    highper_runtime::coroutine::forked();
    event::forked();
    signal::forget();
    pool::forked();
}

/// Runs the callback, and the loop then if `waits`; what it returns ends the process, whatever PHP code called start().
fn run_child(process: &Process, this: Object, waits: bool) -> Throw {
    process.is_child.set(true);
    // The parent's side.
    drop(process.exported.take());
    let pid = std::process::id() as i32;
    process.pid.set(pid);
    this.set_slot(PID, i64::from(pid));
    if let Some(end) = process.worker.borrow().as_ref() {
        this.set_slot(PIPE, i64::from(end.as_raw_fd()));
        if process.redirects.get()
            && let Err(cause) = fork::redirect_standard(end)
        {
            eprintln!("a child's standard streams stay its parent's: {cause}");
        }
    }
    let callback = match this.slot(CALLBACK).map(Callable::new) {
        Some(Ok(callback)) => callback,
        _ => {
            return error::warning("illegal callback function")
                .err()
                .unwrap_or(Throw::Exit);
        }
    };
    let arguments = [Value::from(&this)];
    let ended = if process.coroutine.get() {
        event::spawn(callback, &arguments)
            .map(drop)
            .and_then(|()| event::wait())
    } else {
        let ended = callback.call(&arguments).into_result().map(drop);
        match waits && event::has_loop() {
            true => ended.and_then(|()| event::wait()),
            false => ended,
        }
    };
    end_child(ended)
}

/// What a child's start() leaves with: its callback's end is the end of the process, whatever PHP
/// code stands below.
fn end_child(ended: Result<(), Throw>) -> Throw {
    match ended {
        Ok(()) | Err(Throw::Exit) => Throw::Exit,
        Err(Throw::Bailout) => Throw::Bailout,
        Err(thrown) => {
            if let Some(exception) = thrown.into_object() {
                // What nobody caught here must not be caught by the parent's code, which started this.
                if !exit::is_exit(&exception) {
                    failure::report(&exception);
                    throw::set_exit_status(255);
                }
            }
            Throw::Exit
        }
    }
}

fn exit_child(call: &mut Call) -> Done {
    let process = made(call)?;
    if process.pid.get() != std::process::id() as i32 {
        error::warning("not current process")?;
        return call.ret_bool(false);
    }
    let mut code = call.opt_long(0, 0)?;
    if !(0..=255).contains(&code) {
        error::warning("exit ret_code range is [>0 and <255] ")?;
        code = 1;
    }
    fork::exit_now(code as i32)
}

fn write(call: &mut Call) -> Done {
    let data = call.bytes(0)?;
    if data.is_empty() {
        error::warning("the data to send is empty")?;
        return call.ret_bool(false);
    }
    let process = made(call)?;
    let sent = process.end().borrow_mut().as_mut().map(|end| {
        if process.packets.get() || process.non_blocking.get() {
            end.write(data)
        } else {
            end.write_all(data).map(|()| data.len())
        }
    });
    match sent {
        None => {
            error::warning("no pipe, cannot write into pipe")?;
            call.ret_bool(false)
        }
        Some(Ok(count)) => call.ret(count),
        Some(Err(cause)) => failed(call, "write() failed", &cause),
    }
}

fn read(call: &mut Call) -> Done {
    let size = call.opt_long(0, 8192)?;
    if size < 1 {
        return Err(Throw::argument_value(0, "must be greater than 0"));
    }
    let process = made(call)?;
    let mut buffer = vec![0; size.min(READ_LIMIT) as usize];
    let received = process.end().borrow_mut().as_mut().map(|end| {
        loop {
            match end.read(&mut buffer) {
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                done => break done,
            }
        }
    });
    match received {
        None => {
            drop(buffer);
            error::warning("no pipe, cannot read from pipe")?;
            call.ret_bool(false)
        }
        Some(Ok(count)) => {
            buffer.truncate(count);
            call.ret_str(buffer)
        }
        Some(Err(cause)) => {
            note(&cause);
            call.ret_bool(false)
        }
    }
}

fn set_timeout(call: &mut Call) -> Done {
    let seconds = call.double(0)?;
    let time = (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.clamp(1e-6, 1e9)));
    let process = made(call)?;
    let done = process.end().borrow().as_ref().map(|end| {
        end.set_read_timeout(time)
            .and_then(|()| end.set_write_timeout(time))
    });
    match done {
        None => {
            error::warning("no pipe, cannot setTimeout the pipe")?;
            call.ret_bool(false)
        }
        Some(Ok(())) => call.ret_bool(true),
        Some(Err(cause)) => failed(call, "setsockopt() failed", &cause),
    }
}

fn set_blocking(call: &mut Call) -> Done {
    let blocking = call.bool(0)?;
    let process = made(call)?;
    process.non_blocking.set(!blocking);
    let done = process
        .end()
        .borrow()
        .as_ref()
        .map(|end| end.set_nonblocking(!blocking));
    match done {
        None => {
            error::warning("no pipe, cannot setBlocking the pipe")?;
            call.ret_bool(false)
        }
        Some(Ok(())) => call.ret_bool(true),
        Some(Err(cause)) => failed(call, "fcntl() failed", &cause),
    }
}

fn close(call: &mut Call) -> Done {
    let process = made(call)?;
    let which = call.opt_long(0, 0)?;
    if process.end().borrow().is_none() {
        error::warning("no pipe, cannot close the pipe")?;
        return call.ret_bool(false);
    }
    let shut = |how| {
        process
            .end()
            .borrow()
            .as_ref()
            .map_or(Ok(()), |end| end.shutdown(how))
    };
    let done = match which {
        1 => {
            process.master.take();
            Ok(())
        }
        2 => {
            process.worker.take();
            Ok(())
        }
        3 => shut(Shutdown::Read),
        4 => shut(Shutdown::Write),
        _ => {
            process.master.take();
            process.worker.take();
            Ok(())
        }
    };
    match done {
        Ok(()) => call.ret_bool(true),
        Err(cause) => failed(call, "close() failed", &cause),
    }
}
