//! `Swoole\Server`: manager, workers, and the ports that they serve.

mod command;
mod connection;
pub(crate) mod elsewhere;
mod event;
mod exiting;
mod figures;
mod fronting;
mod helper;
mod iterator;
mod limited;
mod listening;
mod manager;
mod messages;
mod modes;
pub(crate) mod output_limit;
mod payload;
mod pending;
mod pipe_message;
mod port;
mod ports;
mod service;
mod settings;
mod stats;
mod status_info;
mod streams;
mod task;
mod task_result;
mod user;
mod websocket;
mod worker;

use crate::function::logging;
use highper_process::post::{self, Post};
use highper_process::{
    Command, Error as ProcessError, Exit, Hooks, How, Kind as ProcessKind, Level, Options,
};
use highper_runtime::serve::{self, Plan, Served};
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer,
    Value, error,
};
use listening::{Listening, checked_ports, listening};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::fd::RawFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use worker::Workers;

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
const SSL: usize = 10;
const CONNECTIONS: usize = 11;
const PORTS: usize = 12;

/// Events that may have a callback here; those of connections belong to ports.
const EVENTS: [&str; 15] = [
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
];

/// What a server object carries.
#[derive(Default)]
pub(crate) struct State {
    /// The objects of what it listens on, the first one first.
    ports: RefCell<Vec<Object>>,
    callbacks: RefCell<BTreeMap<String, Callable>>,
    settings: RefCell<Array>,
    started: Cell<bool>,
    /// Did it run, and is it over?
    ended: Cell<bool>,
    modes: Cell<modes::Modes>,
    users: RefCell<Vec<Object>>,
    commands: RefCell<Vec<command::Command>>,
    /// What answers the commands of Redis' protocol, by their names in small letters.
    pub(crate) commands_of_redis: RefCell<BTreeMap<Vec<u8>, Callable>>,
}

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(callbacks) = self.callbacks.try_borrow() {
            for callable in callbacks.values() {
                tracer.value(callable.value());
            }
        }
        if let Ok(ports) = self.ports.try_borrow() {
            for port in &*ports {
                tracer.value(port.as_value());
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
        if let Ok(commands) = self.commands_of_redis.try_borrow() {
            for callable in commands.values() {
                tracer.value(callable.value());
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
    event::declare(registry);
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
        .method("public function __destruct()", "", |_| Ok(()))
        .method("public function getSocket(int $port = 0): Socket|false", "The first socket, or that of a port, for the extension sockets: a copy of the descriptor.", get_socket)
        .method("public function on(string $event_name, callable $callback): bool", "Sets the callback of an event.", on)
        .method("public function getCallback(string $event_name): Closure|array|string|null", "The callback of an event, or null.", |call| {
            let name = call.text(0)?.to_ascii_lowercase();
            let found = event_callback(&call.this_value()?, &name);
            call.ret(found.map(|callable| callable.value().clone()))
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
        .method("public function stats(): array", "Figures of this worker and of the server.", stats::stats)
        .method("public function getMasterPid(): int", "The manager's process id.", master_pid)
        .method("public function getManagerPid(): int", "The manager's process id; 0 where the server is one process in Swoole.", |call| {
            let pid = call.this_object()?.slot(MANAGER_PID).cloned();
            call.ret(pid)
        })
        .method("public function getLastError(): int", "The number of the last error.", |call| {
            call.ret(i64::from(highper_runtime::last_error()))
        })
        .method("public function send(int|string $fd, string $send_data, int $serverSocket = -1): bool", "Sends bytes on a connection as they are.", connection::send)
        .method("public function sendwait(int $conn_fd, string $send_data): bool", "The same, without waiting where the output is full.", connection::send_wait)
        .method("public function sendfile(int $conn_fd, string $filename, int $offset = 0, int $length = 0): bool", "Sends a file, or a part of it, on a connection.", connection::send_file)
        .method("public function sendto(string $ip, int $port, string $send_data, int $server_socket = -1): bool", "Sends a datagram by a port of its kind.", connection::send_to)
        .method("public function listen(string $host, int $port, int $sock_type): Swoole\\Server\\Port|false", "Listens on one more address, before start().", listen)
        .method("public function addlistener(string $host, int $port, int $sock_type): Swoole\\Server\\Port|false", "The same.", listen)
        .method("public function pause(int $fd): bool", "Reads no more from a connection until resume().", connection::pause)
        .method("public function resume(int $fd): bool", "Reads from a connection again.", connection::resume)
        .method("public function confirm(int $fd): bool", "The same: begins to read where enable_delay_receive is set.", connection::resume)
        .method("public function protect(int $fd, bool $is_protected = true): bool", "Exempts a connection from heartbeats.", connection::protect)
        .method("public function bind(int $fd, int $uid): bool", "Binds a connection to a number of the application's, once.", connection::bind)
        .method("public function heartbeat(bool $ifCloseConnection = true): false|array", "The connections that were silent for too long; closes them.", connection::heartbeat)
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
    let server = call.this_value()?;
    if !server
        .state::<State>()
        .is_some_and(|s| s.ports.borrow().is_empty())
    {
        let class = server.class_name();
        return Err(Throw::error(format!(
            "Constructor of {class} can only be called once"
        )));
    }
    server.set_slot(MODE, mode);
    server.set_slot(SETTING, Value::empty_array());
    server.set_slot(CONNECTIONS, iterator::object(None)?);
    match add_port(&server, &host, port, kind)? {
        Ok(port) => {
            server.set_slot(HOST, Value::string(&host));
            server.set_slot(PORT, i64::from(port.number));
            server.set_slot(TYPE, port.kind);
            server.set_slot(SSL, kind & 512 != 0);
            Ok(())
        }
        Err(failure) => {
            highper_runtime::set_last_error(failure.code);
            let text = format!(
                "failed to listen server port[{host}:{port}], Error: {}[{}]",
                failure.text, failure.code
            );
            Err(crate::exception(text, failure.code.into()))
        }
    }
}

/// Binds one more socket; the object is in the server's list then.
fn add_port(
    server: &Object,
    host: &str,
    port: i64,
    kind: i64,
) -> Result<Result<ports::About, port::Failure>, Throw> {
    let bound = match port::bind(host, port, kind) {
        Ok(bound) => bound,
        Err(failure) => return Ok(Err(failure)),
    };
    let about = ports::About {
        number: bound.number,
        descriptor: bound.descriptor,
        kind: bound.kind as i64 + 1,
    };
    let Some(state) = server.state::<State>() else {
        return Err(Throw::error("this object is no server"));
    };
    let place = state.ports.borrow().len();
    let connections = iterator::object(Some(place))?;
    let object = port::object(server, host, bound, &connections)?;
    state.ports.borrow_mut().push(object);
    let mut all = Array::with_capacity(place + 1);
    for port in &*state.ports.borrow() {
        all.push(port);
    }
    server.set_slot(PORTS, all);
    Ok(Ok(about))
}

/// `listen(string $host, int $port, int $sock_type)`
fn listen(call: &mut Call) -> Done {
    let this = call.this::<State>()?;
    if this.started.get() {
        error::warning("server is running, cannot add listener")?;
        return call.ret_bool(false);
    }
    let (host, port, kind) = (call.text(0)?.to_owned(), call.long(1)?, call.long(2)?);
    let server = call.this_value()?;
    match add_port(&server, &host, port, kind)? {
        Ok(_) => {
            let made = this.ports.borrow().last().cloned();
            call.ret(made.map(|port| Value::from(&port)))
        }
        Err(failure) => {
            highper_runtime::set_last_error(failure.code);
            logging::put(logging::WARNING, &failure.text);
            call.ret_bool(false)
        }
    }
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
        let first = state.ports.borrow().first().cloned();
        let first = first.ok_or_else(|| Throw::error("the server was not constructed"))?;
        return port::on(&first, name, callback);
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
    crate::coroutine::option::set_for_server(&given)?;
    call.ret_bool(true)
}

/// Adds settings to those that a server has; all of them.
fn merge(server: &Object, given: &Array) -> Result<Array, Throw> {
    port::check_known(given)?;
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
    let first = server
        .state::<State>()
        .and_then(|s| s.ports.borrow().first().cloned());
    if let Some(first) = first {
        port::set(&first, given)?;
    }
    Ok(all)
}

/// Is there a setting of this name?
fn is_known_setting(name: &str) -> bool {
    settings::is_known(name)
}

/// The callback of an event: the server's own, or its first port's.
fn event_callback(server: &Object, name: &str) -> Option<Callable> {
    let state = server.state::<State>()?;
    if let Some(found) = state.callbacks.borrow().get(name) {
        return Some(found.clone());
    }
    let first = state.ports.borrow().first().cloned()?;
    port::get_callback(&first, name)
}

/// `getSocket(port)`
fn get_socket(call: &mut Call) -> Done {
    let wanted = call.opt_long(0, 0)?;
    let descriptor = {
        let ports = call.this::<State>()?.ports.borrow();
        ports
            .iter()
            .find_map(|port| port::descriptor_of(port, wanted))
    };
    match descriptor {
        Some(descriptor) => crate::client::give_socket(call, descriptor),
        None => {
            error::warning(format!("the server has no port {wanted}"))?;
            call.ret_bool(false)
        }
    }
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
        .slot(MASTER_PID)
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
    /// Swoole needs no manager for this server: its callbacks have no manager's part.
    is_alone: bool,
}

/// Can the log be written? Said before the server starts.
fn check_log(path: &Path) -> Result<(), Throw> {
    let path = logging::file_name(path);
    let opened = OpenOptions::new().append(true).create(true).open(&path);
    opened.map(drop).map_err(|e| {
        let text = format!(
            "setting 'log_file' is '{}': cannot open it: {e}; choose a file that this user may write",
            path.display()
        );
        crate::exception(text, 0)
    })
}

impl Callbacks {
    fn fire(&self, event: &str, more: &[Value]) -> Result<(), ProcessError> {
        fire(&self.server, event, more).map_err(|throw| {
            ProcessError::new(format!("the callback of {event}: {}", throw.message()))
        })
    }
}

/// Does a port of this server speak WebSocket beside HTTP?
fn is_websocket(server: &Object, settings: &Array) -> bool {
    crate::websocket::server::is_websocket(server, settings)
}

/// Is there a connection of this number?
pub(crate) fn is_open(fd: i64) -> bool {
    connection::find(fd).is_some()
}

impl Callbacks {
    /// `Start`: in a coroutine, unless the program wants none.
    fn fire_start(&self) -> Result<(), ProcessError> {
        if event_callback(&self.server, "start").is_none() {
            return Ok(());
        }
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
    let mut args = vec![Value::from(server)];
    args.extend(more.iter().cloned());
    helper::before(server, event, &args)?;
    let callback = server
        .state::<State>()
        .and_then(|s| s.callbacks.borrow().get(event).cloned());
    let Some(callback) = callback else {
        return Ok(());
    };
    callback.call(&args).into_result().map(drop)
}

impl Hooks for Callbacks {
    fn prepared(&mut self, post: &Arc<Post>) {
        highper_runtime::post::enter(post, -1, post::MANAGER);
        messages::set_server(Some(&self.server));
        let settings = self
            .server
            .state::<State>()
            .map(|s| s.settings.borrow().clone());
        let first = settings.and_then(|s| s.get("start_session_id").map(Value::to_long));
        if let Some(first) = first.and_then(|first| u64::try_from(first).ok()) {
            post.sessions().start_after(first);
        }
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
        self.server
            .set_slot(MANAGER_PID, if self.is_alone { 0 } else { pid });
        self.fire("beforestart", &[])?;
        match self.is_alone {
            true => self.fire_start(),
            false => Ok(()),
        }
    }

    fn manager_start(&mut self) -> Result<(), ProcessError> {
        if self.is_alone {
            return Ok(());
        }
        let pid = i64::from(std::process::id());
        self.server.set_slot(MASTER_PID, pid);
        self.server.set_slot(MANAGER_PID, pid);
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
        logging::put(2, "Server is reloading all workers now");
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

    fn log(&mut self, level: Level, text: &str) {
        let weight = match level {
            Level::Info => logging::ordinary(),
            Level::Warning => logging::WARNING,
            Level::Error => logging::ERROR,
        };
        logging::put(weight, text);
    }
}

fn start(call: &mut Call) -> Done {
    let server = call.this_value()?;
    let this = call.this::<State>()?;
    if this.started.get() {
        let class = server.class_name();
        let text = match this.ended.get() {
            true => format!("The server have been shutdown, unable to execute {class}->start()"),
            false => format!("The server is running, unable to execute {class}->start()"),
        };
        error::raise(error::Level::Warning, text)?;
        return call.ret_bool(false);
    }
    if highper_engine::is_running() || highper_engine::current().is_some() {
        let class = server.class_name();
        error::warning(format!(
            "The event-loop has already been created, unable to start {class}"
        ))?;
        return call.ret_bool(false);
    }
    let ports = checked_ports(&server)?;
    logging::configure_server(&this.settings.borrow());
    let mut options = Options {
        name: "swoole".to_owned(),
        script: error::location().map_or_else(String::new, |(file, _)| file),
        log_name: logging::file_name,
        ..Options::default()
    };
    let mut http = highper_http::Settings::default();
    let switches = settings::apply(&this.settings.borrow(), &mut options, &mut http)?;
    this.modes.set(modes::Modes::of(&this.settings.borrow()));
    highper_runtime::callback::in_coroutines(this.modes.get().coroutine);
    task::queue::configure(&this.settings.borrow());
    options.user_num = this.users.borrow().len();
    let fronted = fronting::of(&server, &this.settings.borrow())?;
    options.front = fronted.is_some();
    if options.task_worker_num > 0 && !this.callbacks.borrow().contains_key("task") {
        logging::warning("Server::start_check(): require 'onTask' callback");
        return Err(error::fatal(
            "failed to start server. Error: require 'onTask' callback",
        ));
    }
    let mode = server.slot(MODE).and_then(Value::as_long);
    if mode == Some(1) && this.settings.borrow().get("worker_num").is_none() {
        options.worker_num = 1;
    }
    if let (Some(path), false) = (&options.log_file, options.daemonize) {
        check_log(path)?;
    }
    let Listening {
        listeners,
        ports: others,
        http: http_ports,
    } = listening(&server, &ports, &mut http)?;
    helper::before_start(call.this_object()?)?;
    this.started.set(true);
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
        listeners,
        reuse_port: switches.reuse_port,
        settings: http,
        ports: others,
        one_row: true,
        fronted,
    };
    let mut hooks = Callbacks {
        server: server.clone(),
        is_alone,
    };
    if let Some(text) = serve::advice() {
        hooks.log(Level::Info, text);
    }
    let face = Rc::new(Workers {
        server,
        switches,
        ports,
        http: http_ports,
    });
    let own = std::process::id();
    let served = serve::serve(plan, &mut hooks, face);
    if std::process::id() == own && !matches!(served, Ok(Served::Worker)) {
        manager::end();
    }
    match served? {
        Served::Manager(0) => {
            this.ended.set(true);
            call.ret_bool(true)
        }
        Served::Manager(code) => {
            highper_zend::throw::set_exit_status(code);
            Err(Throw::Exit)
        }
        Served::Worker => Err(Throw::Exit),
    }
}
