//! `Swoole\Server`, as far as HTTP servers need it.

mod command;
mod connection;
mod figures;
mod iterator;
mod manager;
mod messages;
mod modes;
mod payload;
mod pending;
mod pipe_message;
mod port;
mod service;
mod settings;
mod status_info;
mod task;
mod task_result;
mod user;
mod websocket;

use crate::function::logging;
use highper_process::listen::{self, Listener, TcpOptions};
use highper_process::post::{self, Message, Post};
use highper_process::{
    Command, Error as ProcessError, Exit, Hooks, How, Kind as ProcessKind, Level, Options,
};
use highper_runtime::hooks;
use highper_runtime::serve::{self, Face, Plan, Served, Worker};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
    Value, error,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsRawFd, RawFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub(crate) static SERVER: ClassRef = ClassRef::new("Swoole\\Server");

/// Slots of the declared properties, in order.
const SETTING: usize = 0;
const HOST: usize = 1;
const PORT: usize = 2;
const TYPE: usize = 3;
const MODE: usize = 4;
const MASTER_PID: usize = 5;
const MANAGER_PID: usize = 6;
const WORKER_ID: usize = 7;
const TASKWORKER: usize = 8;
const WORKER_PID: usize = 9;
const CONNECTIONS: usize = 11;
const PORTS: usize = 12;

/// Events that may have a callback here.
const EVENTS: [&str; 23] = [
    "task",
    "finish",
    "pipemessage",
    "start",
    "beforestart",
    "shutdown",
    "beforeshutdown",
    "workerstart",
    "workerstop",
    "workerexit",
    "workererror",
    "managerstart",
    "managerstop",
    "beforereload",
    "afterreload",
    "request",
    "connect",
    "close",
    "open",
    "disconnect",
    "message",
    "handshake",
    "beforehandshakeresponse",
];

/// What a server object carries.
#[derive(Default)]
pub(crate) struct State {
    listener: RefCell<Option<Listener>>,
    callbacks: RefCell<BTreeMap<String, Callable>>,
    settings: RefCell<Array>,
    started: Cell<bool>,
    modes: Cell<modes::Modes>,
    users: RefCell<Vec<Object>>,
    commands: RefCell<Vec<command::Command>>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(callbacks) = self.callbacks.try_borrow() {
            for callable in callbacks.values() {
                tracer.value(callable.value());
            }
        }
        self.settings.trace(tracer);
        if let Ok(users) = self.users.try_borrow() {
            for user in users.iter() {
                tracer.value(user.as_value());
            }
        }
        if let Ok(commands) = self.commands.try_borrow() {
            for command in commands.iter() {
                tracer.value(command.callback.value());
            }
        }
    }
}

/// Declares the class.
pub fn declare(registry: &mut Registry) {
    let class = task::methods(messages::methods(class()));
    registry.class(figures::methods(command::methods(user::methods(class))));
    task::declare(registry);
    pipe_message::declare(registry);
    status_info::declare(registry);
    iterator::declare(registry);
    port::declare(registry);
}

fn class() -> Class {
    Class::new("Swoole\\Server")
        .doc("A server: a manager and its workers.")
        .handle(&SERVER)
        .flags(Flags::NOT_SERIALIZABLE)
        .state::<State>()
        .property("public $setting = null", "The settings as given to set().")
        .property("public $host = ''", "The address listened on.")
        .property("public $port = 0", "The port listened on.")
        .property("public $type = 0", "The kind of socket.")
        .property("public $mode = 0", "SWOOLE_BASE or SWOOLE_PROCESS.")
        .property("public $master_pid = 0", "The manager's process id.")
        .property("public $manager_pid = 0", "The manager's process id.")
        .property("public $worker_id = -1", "This worker's number.")
        .property("public $taskworker = false", "Is this a task worker?")
        .property("public $worker_pid = 0", "This worker's process id.")
        .property("public $ssl = false", "Does it speak TLS?")
        .property("public $connections = null", "The connections of this worker.")
        .property("public $ports = null", "The sockets listened on.")
        .property("public $stats_timer = null", "For the admin server of Swoole's library.")
        .property("public $admin_server = null", "For the admin server of Swoole's library.")
        .method("public function __construct(string $host = '0.0.0.0', int $port = 0, int $mode = 1, int $sock_type = 1)", "Binds the socket.", construct)
        .method("public function on(string $event_name, callable $callback): bool", "Sets the callback of an event.", on)
        .method("public function getCallback(string $event_name): mixed", "The callback of an event, or null.", |call| {
            let name = call.text(0)?.to_ascii_lowercase();
            let value = call.this::<State>()?.callbacks.borrow().get(&name).map(|c| c.value().clone());
            call.ret(value)
        })
        .method("public function set(array $settings): bool", "Changes settings, before start().", set)
        .method("public function start(): bool", "Runs the server until it is shut down.", start)
        .method("public function shutdown(): bool", "Ends the server gracefully.", |call| ask(call, Command::Shutdown))
        .method("public function reload(bool $only_reload_taskworker = false): bool", "Replaces all workers, one generation after the other.", |call| {
            let command = match call.opt_bool(0, false)? {
                true => Command::ReloadTasks,
                false => Command::Reload,
            };
            ask(call, command)
        })
        .method("public function stop(int $workerId = -1): bool", "Ends a worker, by default this one; it is replaced.", stop)
        .method("public function stats(): array|false", "Figures of this worker and of the server.", connection::stats)
        .method("public function getMasterPid(): int", "The manager's process id.", master_pid)
        .method("public function getManagerPid(): int", "The manager's process id.", master_pid)
        .method("public function getLastError(): int", "The number of the last error.", |call| {
            call.ret(i64::from(highper_runtime::last_error()))
        })
        .method("public function send(int|string $fd, string $send_data, int $serverSocket = -1): bool", "Sends bytes on a connection as they are.", connection::send)
        .method("public function sendwait(int $conn_fd, string $send_data): bool", "The same.", connection::send)
        .method("public function close(int $fd, bool $reset = false): bool", "Closes a connection: when all is sent, or at once.", connection::close)
        .method("public function exist(int $fd): bool", "Is this connection open?", connection::exists)
        .method("public function exists(int $fd): bool", "Is this connection open?", connection::exists)
        .method("public function getClientInfo(int $fd, int $reactor_id = -1, bool $ignoreError = false): array|false", "Addresses and times of a connection.", connection::client_info)
        .method("public function connection_info(int $fd, int $reactor_id = -1, bool $ignoreError = false): array|false", "The same.", connection::client_info)
        .method("public function getClientList(int $start_fd = 0, int $find_count = 10): array|false", "Numbers of connections after one, at most so many.", connection::client_list)
        .method("public function connection_list(int $start_fd = 0, int $find_count = 10): array|false", "The same.", connection::client_list)
}

fn master_pid(call: &mut Call) -> Done {
    let pid = call.this_object()?.slot(MASTER_PID).cloned();
    call.ret(pid)
}

fn construct(call: &mut Call) -> Done {
    let host = call.opt_text(0, "0.0.0.0")?.to_owned();
    let port = call.opt_long(1, 0)?;
    let (mode, kind) = (call.opt_long(2, 1)?, call.opt_long(3, 1)?);
    if mode != 1 && mode != 2 {
        return Err(Throw::argument_value(
            2,
            "must be SWOOLE_BASE or SWOOLE_PROCESS",
        ));
    }
    const TCP: i64 = 1;
    const TCP6: i64 = 3;
    const UNIX: i64 = 5;
    let bound = match kind {
        TCP | TCP6 => {
            let port = u16::try_from(port)
                .map_err(|_| Throw::argument_value(1, "must be between 0 and 65535"))?;
            listen::resolve(&host, port)
                .and_then(|address| listen::bind_tcp(address, &TcpOptions::default()))
        }
        UNIX => listen::bind_unix(host.as_ref(), 0o666, 512),
        other => {
            return Err(Throw::argument_value(
                3,
                format!(
                    "must be SWOOLE_SOCK_TCP, SWOOLE_SOCK_TCP6 or SWOOLE_SOCK_UNIX_STREAM, {other} given"
                ),
            ));
        }
    };
    let listener = bound.map_err(|e| crate::exception(e.to_string(), 98))?;
    let port = match listener.address() {
        listen::Address::Tcp(address) => i64::from(address.port()),
        listen::Address::Unix(_) => 0,
    };
    let object = call.this_object()?;
    object.set_slot(HOST, Value::string(&host));
    object.set_slot(PORT, port);
    object.set_slot(TYPE, kind);
    object.set_slot(MODE, mode);
    object.set_slot(SETTING, Value::empty_array());
    let connections = iterator::ITERATOR.instantiate()?;
    let descriptor = i64::from(listener.as_raw_fd());
    let port = port::object(object, &host, port, kind, descriptor, &connections)?;
    let mut ports = Array::with_capacity(1);
    ports.push(port);
    object.set_slot(CONNECTIONS, connections);
    object.set_slot(PORTS, ports);
    call.this::<State>()?.listener.replace(Some(listener));
    Ok(())
}

/// An event's callback. One that can't be called ends the script, as in Swoole.
fn callback(call: &Call) -> Result<Callable, Throw> {
    let given = call.value(1)?.deref();
    Callable::new(given).map_err(|_| {
        let name = match given.as_array() {
            Some(pair) => {
                let class = pair.get_index(0).map(|first| match first.as_object() {
                    Some(object) => object.class_name().to_owned(),
                    None => first.as_str().unwrap_or_default().to_owned(),
                });
                let method = pair.get_index(1).and_then(Value::as_str);
                format!(
                    "{}::{}",
                    class.unwrap_or_default(),
                    method.unwrap_or_default()
                )
            }
            None => given.as_str().unwrap_or_default().to_owned(),
        };
        let text = format!("Swoole\\Server\\Port::on(): function '{name}' is not callable");
        error::raise_plain(error::Level::Error, text)
            .err()
            .unwrap_or(Throw::Bailout)
    })
}

fn on(call: &mut Call) -> Done {
    let callback = callback(call)?;
    let server = call.this_value()?;
    let done = register(&server, call.text(0)?, callback)?;
    call.ret_bool(done)
}

/// Sets the callback of an event; false with a warning where that can't be.
fn register(server: &Object, name: &str, callback: Callable) -> Result<bool, Throw> {
    let Some(state) = server.state::<State>() else {
        return Ok(false);
    };
    if state.started.get() {
        error::warning("server is running, unable to register event callback function")?;
        return Ok(false);
    }
    let key = name.to_ascii_lowercase();
    if !EVENTS.contains(&key.as_str()) {
        error::raise_plain(
            error::Level::Warning,
            format!("Swoole\\Server\\Port::on(): unknown event types[{name}]"),
        )?;
        return Ok(false);
    }
    state.callbacks.borrow_mut().insert(key, callback);
    Ok(true)
}

fn set(call: &mut Call) -> Done {
    let given = call.array(0)?.clone();
    let this = call.this::<State>()?;
    if this.started.get() {
        error::warning("server is running, unable to set()")?;
        return call.ret_bool(false);
    }
    let server = call.this_value()?;
    merge(&server, &given)?;
    call.ret_bool(true)
}

/// Adds settings to those that a server has; all of them.
fn merge(server: &Object, given: &Array) -> Result<Array, Throw> {
    for (key, _) in given.iter() {
        let name = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        if !settings::is_known(&name) {
            error::warning(format!("unsupported option [{name}]"))?;
        }
    }
    let mut all = match server.state::<State>() {
        Some(state) => state.settings.borrow().clone(),
        None => Array::new(),
    };
    for (key, value) in given.iter() {
        all.set_key(key, value.clone());
    }
    if let Some(state) = server.state::<State>() {
        state.settings.replace(all.clone());
    }
    server.set_slot(SETTING, all.clone());
    Ok(all)
}

fn ask(call: &mut Call, command: Command) -> Done {
    if let Some(worker) = serve::worker() {
        worker.context().ask(command);
        return call.ret_bool(true);
    }
    if messages::running()?.is_none() {
        return call.ret_bool(false);
    }
    // The manager itself, or a user process.
    let manager = call
        .this_object()?
        .slot(MANAGER_PID)
        .map_or(0, Value::to_long);
    let signal = match command {
        Command::Shutdown => 15,
        Command::Reload => 10,
        Command::ReloadTasks => 12,
    };
    let told = manager > 0 && highper_process::fork::kill(manager as i32, signal).is_ok();
    call.ret_bool(told)
}

fn stop(call: &mut Call) -> Done {
    let Some(here) = messages::running()? else {
        return call.ret_bool(false);
    };
    let wanted = call.opt_long(0, -1)?;
    let own = i64::from(here.id());
    if let Some(worker) = serve::worker()
        && (wanted < 0 || wanted == own)
    {
        worker.drain();
        return call.ret_bool(true);
    }
    let pid = usize::try_from(wanted)
        .ok()
        .and_then(|id| here.post().pid(id));
    let told = pid.is_some_and(|pid| pid > 0 && highper_process::fork::kill(pid, 15).is_ok());
    call.ret_bool(told)
}

/// The events in the manager, as PHP callbacks.
struct Callbacks {
    server: Object,
    /// `log_file`, where the manager's own lines go; in the background all output goes there.
    log_file: Option<PathBuf>,
    log: Option<File>,
    /// Swoole needs no manager for this server: its callbacks have no manager's part.
    is_alone: bool,
}

fn open_log(path: &Path) -> Result<File, ProcessError> {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|e| {
        ProcessError::new(format!(
            "setting 'log_file' is '{}': cannot open it: {e}; choose a file that this user may write",
            path.display()
        ))
    })
}

impl Callbacks {
    fn fire(&self, event: &str, more: &[Value]) -> Result<(), ProcessError> {
        fire(&self.server, event, more).map_err(|throw| {
            ProcessError::new(format!("the callback of {event}: {}", throw.message()))
        })
    }
}

/// Does it speak WebSocket beside HTTP?
fn is_websocket(server: &Object) -> bool {
    let state = server.state::<State>();
    state.is_some_and(|state| {
        crate::websocket::server::is_websocket(server, &state.settings.borrow())
    })
}

/// Is there a connection of this number?
pub(crate) fn is_open(fd: i64) -> bool {
    connection::find(fd).is_some()
}

impl Callbacks {
    /// `Start`: in a coroutine, unless the program wants none.
    fn fire_start(&self) -> Result<(), ProcessError> {
        let server = self.server.clone();
        let begun = highper_runtime::callback::call(move || fire(&server, "start", &[]));
        begun.map_err(|cause| ProcessError::new(format!("the callback of start: {cause}")))?;
        match highper_engine::scheduler::is_abandoned() {
            true => Err(ProcessError::new("the callback of start ended the program")),
            false => Ok(()),
        }
    }
}

/// Calls an event's callback with the server as first argument.
fn fire(server: &Object, event: &str, more: &[Value]) -> Result<(), Throw> {
    let callback = server
        .state::<State>()
        .and_then(|s| s.callbacks.borrow().get(event).cloned());
    let Some(callback) = callback else {
        return Ok(());
    };
    let mut args = vec![Value::from(server)];
    args.extend(more.iter().cloned());
    callback.call(&args).into_result().map(drop)
}

impl Hooks for Callbacks {
    fn prepared(&mut self, post: &Arc<Post>) {
        highper_runtime::post::enter(post, -1, post::MANAGER);
        messages::set_server(Some(&self.server));
    }

    fn wait(&mut self, fds: &[RawFd], time: Duration) -> std::io::Result<Vec<bool>> {
        manager::wait(&self.server, fds, time)
    }

    fn should_abort(&mut self) -> bool {
        highper_engine::scheduler::is_abandoned()
    }

    fn before_fork(&mut self) -> Result<(), ProcessError> {
        let pid = i64::from(std::process::id());
        self.server.set_slot(MASTER_PID, pid);
        self.server.set_slot(MANAGER_PID, pid);
        self.fire("beforestart", &[])?;
        match self.is_alone {
            true => self.fire_start(),
            false => Ok(()),
        }
    }

    fn manager_start(&mut self) -> Result<(), ProcessError> {
        let pid = i64::from(std::process::id());
        self.server.set_slot(MASTER_PID, pid);
        self.server.set_slot(MANAGER_PID, pid);
        if self.is_alone {
            return Ok(());
        }
        self.fire_start()?;
        self.fire("managerstart", &[])
    }

    fn worker_exited(&mut self, exit: &Exit) -> Result<(), ProcessError> {
        let (code, signal) = match exit.how {
            How::Code(0) => return Ok(()),
            How::Code(code) => (i64::from(code), 0),
            How::Signal(15) if exit.expected && exit.kind == ProcessKind::User => return Ok(()),
            How::Signal(signal) => (0, i64::from(signal)),
            How::Unknown => (0, 0),
        };
        if messages::modes(&self.server).event_object {
            let object = status_info::object(exit.id, exit.pid, code, signal)
                .map_err(|throw| ProcessError::new(throw.message()))?;
            return self.fire("workererror", &[Value::from(&object)]);
        }
        let args = [exit.id as i64, i64::from(exit.pid), code, signal].map(Value::from);
        self.fire("workererror", &args)
    }

    fn before_reload(&mut self) -> Result<(), ProcessError> {
        self.fire("beforereload", &[])
    }

    fn after_reload(&mut self) -> Result<(), ProcessError> {
        self.fire("afterreload", &[])
    }

    fn before_shutdown(&mut self) -> Result<(), ProcessError> {
        self.fire("beforeshutdown", &[])
    }

    fn manager_stop(&mut self) -> Result<(), ProcessError> {
        if !self.is_alone {
            self.fire("managerstop", &[])?;
        }
        self.fire("shutdown", &[])
    }

    fn logs_reopened(&mut self) -> Result<(), ProcessError> {
        if let (Some(path), true) = (&self.log_file, self.log.is_some()) {
            self.log = Some(open_log(path)?);
        }
        Ok(())
    }

    fn log(&mut self, level: Level, text: &str) {
        let weight = match level {
            Level::Info => logging::ordinary(),
            Level::Warning => logging::WARNING,
            Level::Error => logging::ERROR,
        };
        if !logging::takes(weight) {
            return;
        }
        let line = format!("[{}] {text}\n", level.name());
        let written = match &mut self.log {
            Some(file) => file.write_all(line.as_bytes()).is_ok(),
            None => false,
        };
        if !written {
            logging::put(weight, text);
        }
    }
}

/// The events in a worker.
struct Workers {
    server: Object,
    switches: settings::Switches,
}

impl Workers {
    /// What every worker does first.
    fn introduce(&self, worker: &Worker) {
        let server = &self.server;
        messages::set_server(Some(server));
        server.set_slot(MASTER_PID, i64::from(worker.manager_pid()));
        server.set_slot(MANAGER_PID, i64::from(worker.manager_pid()));
        server.set_slot(WORKER_ID, worker.id() as i64);
        server.set_slot(WORKER_PID, i64::from(std::process::id()));
        server.set_slot(TASKWORKER, worker.context().kind() == ProcessKind::Task);
        if let (Some(here), Some(time)) = (
            highper_runtime::post::here(),
            messages::modes(server).patience,
        ) {
            here.set_patience(time);
        }
    }
}

impl Face for Workers {
    fn forked(&self) {
        crate::process::begin_child();
        highper_runtime::callback::in_coroutines(messages::modes(&self.server).coroutine);
    }

    fn tasks_in_coroutines(&self) -> bool {
        messages::modes(&self.server).task_coroutine
    }

    fn user(&self, worker: &Rc<Worker>) -> Throw {
        user::run(&self.server, worker)
    }

    fn message(&self, worker: &Rc<Worker>, message: Message) {
        messages::take(&self.server, worker, message);
    }

    fn start_task(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        self.introduce(worker);
        let modes = messages::modes(&self.server);
        if modes.task_coroutine
            && let Some(flags) = self.switches.hooks
        {
            hooks::enable(flags);
        }
        let queue = task::queue::open(&modes)
            .map_err(|cause| crate::exception(format!("the queue of tasks: {cause}"), 0))?;
        let id = Value::from(worker.id() as i64);
        fire(&self.server, "workerstart", &[id])?;
        if let Some(queue) = queue {
            task::queue::begin(queue, task::queue::is_preemptive(&modes), worker.id());
        }
        Ok(())
    }

    fn start(&self, worker: &Rc<Worker>) -> Result<Rc<dyn highper_http::Service>, Throw> {
        self.introduce(worker);
        let server = &self.server;
        if let Some(flags) = self.switches.hooks {
            hooks::enable(flags);
        }
        fire(server, "workerstart", &[Value::from(worker.id() as i64)])?;
        let state = server.state::<State>();
        let callback = |event: &str| state.and_then(|s| s.callbacks.borrow().get(event).cloned());
        if is_websocket(server) {
            return websocket::service(server, self.switches);
        }
        let request =
            callback("request").ok_or_else(|| crate::exception("require onRequest callback", 0))?;
        Ok(Rc::new(service::Requests {
            server: server.clone(),
            handler: Rc::new(service::Handler::new(request, self.switches)),
            connect: callback("connect"),
            close: callback("close"),
        }))
    }

    fn log(&self, text: &str) {
        logging::put(logging::WARNING, text);
    }

    fn cancelled(&self) -> highper_runtime::cancel::Thrown {
        crate::coroutine::waiting::CANCELED
    }

    fn stop(&self, worker: &Rc<Worker>) {
        let stopped = fire(
            &self.server,
            "workerstop",
            &[Value::from(worker.id() as i64)],
        );
        if let Err(throw) = stopped
            && let Some(exception) = throw.into_object()
        {
            highper_runtime::failure::report(&exception);
        }
    }
}

fn start(call: &mut Call) -> Done {
    let server = call.this_value()?;
    let this = call.this::<State>()?;
    if this.started.get() {
        error::warning("server is running, unable to execute Swoole\\Server::start()")?;
        return call.ret_bool(false);
    }
    if highper_engine::is_running() || highper_engine::current().is_some() {
        return Err(crate::exception(
            "eventLoop has already been created, unable to start Swoole\\Server",
            0,
        ));
    }
    let (needed, says) = match is_websocket(&server) {
        true => ("message", "require onMessage callback"),
        false => ("request", "require onRequest callback"),
    };
    if !this.callbacks.borrow().contains_key(needed) {
        return Err(crate::exception(says, 0));
    }
    logging::configure_level(&this.settings.borrow());
    let mut options = Options {
        name: "swoole".to_owned(),
        script: error::location().map_or_else(String::new, |(file, _)| file),
        ..Options::default()
    };
    let mut http = highper_http::Settings::default();
    let switches = settings::apply(&this.settings.borrow(), &mut options, &mut http)?;
    this.modes.set(modes::Modes::of(&this.settings.borrow()));
    highper_runtime::callback::in_coroutines(this.modes.get().coroutine);
    task::queue::configure(&this.settings.borrow());
    options.user_num = this.users.borrow().len();
    if options.task_worker_num > 0 && !this.callbacks.borrow().contains_key("task") {
        logging::warning("Server::start_check(): require 'onTask' callback");
        return Err(error::fatal(
            "failed to start server. Error: require 'onTask' callback",
        ));
    }
    let log_file = options.log_file.clone();
    let log = match &log_file {
        Some(path) if !options.daemonize => {
            Some(open_log(path).map_err(|e| crate::exception(e.to_string(), 0))?)
        }
        _ => None,
    };
    let Some(listener) = this.listener.borrow_mut().take() else {
        return Err(crate::exception(
            "the server has no socket: it was closed or started before",
            0,
        ));
    };
    this.started.set(true);
    let mode = server.slot(MODE).and_then(Value::as_long);
    let is_alone = mode == Some(1)
        && options.worker_num == 1
        && options.max_request == 0
        && options.task_worker_num + options.user_num == 0;
    let mut shown = this.settings.borrow().clone();
    for (name, value) in settings::shown(&options, http.max_connections) {
        if shown.get(name).is_none() {
            shown.set(name, value);
        }
    }
    server.set_slot(SETTING, shown);
    let plan = Plan {
        options,
        listeners: vec![listener],
        reuse_port: switches.reuse_port,
        settings: http,
    };
    let mut hooks = Callbacks {
        server: server.clone(),
        log_file,
        log,
        is_alone,
    };
    if let Some(text) = serve::advice() {
        hooks.log(Level::Info, text);
    }
    let face = Rc::new(Workers { server, switches });
    let own = std::process::id();
    let served = serve::serve(plan, &mut hooks, face);
    if std::process::id() == own && !matches!(served, Ok(Served::Worker)) {
        manager::end();
    }
    match served? {
        Served::Manager(0) => call.ret_bool(true),
        Served::Manager(code) => {
            highper_zend::throw::set_exit_status(code);
            Err(Throw::Exit)
        }
        Served::Worker => Err(Throw::Exit),
    }
}
