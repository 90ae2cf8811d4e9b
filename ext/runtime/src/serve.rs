//! A server: manager, workers, and in each worker a loop with an HTTP service.

use crate::cancel::Thrown;
use crate::post::{self, Reader};
use crate::sockets::{Closing, Sockets};
use crate::{callback, coroutine, ending, inspect};
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::scheduler;
use highper_http::{Server, Service, Settings};
use highper_process::listen::Listener;
use highper_process::post::{Address, Message};
use highper_process::{Hooks, Kind, Options, Reason, Role, Signal, Ticket, WorkerContext};
use highper_zend::{Throw, ini, module};
use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// What a server is made of.
pub struct Plan {
    /// Processes.
    pub options: Options,
    /// Sockets, bound before.
    pub listeners: Vec<Listener>,
    /// Has each worker a socket of its own (`SO_REUSEPORT`)?
    pub reuse_port: bool,
    /// HTTP.
    pub settings: Settings,
}

/// One worker, inside its process.
pub struct Worker {
    context: WorkerContext,
    server: RefCell<Option<Server>>,
    reader: RefCell<Option<Rc<Reader>>>,
    ending: Cell<bool>,
    /// Runs once when the worker has drained, in a coroutine.
    stop: RefCell<Option<Box<dyn FnOnce()>>>,
    /// None in a user process.
    face: Option<Rc<dyn Face>>,
    /// Did a fatal error end a coroutine?
    fatal: Cell<bool>,
}

thread_local! {
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

/// The worker that this process is, if it is one.
#[must_use]
pub fn worker() -> Option<Rc<Worker>> {
    WORKER.with_borrow(Clone::clone)
}

/// What a server says once at its start when it runs without OPcache: then each worker compiles
/// each script for itself, and runs it without the optimiser and the JIT.
#[must_use]
pub fn advice() -> Option<&'static str> {
    if !module::is_loaded("zend opcache") {
        Some(
            "OPcache is not loaded: add zend_extension=opcache and opcache.enable_cli=1 to php.ini",
        )
    } else if !(ini::bool("opcache.enable") && ini::bool("opcache.enable_cli")) {
        Some("OPcache is off for the CLI: set opcache.enable_cli=1 in php.ini")
    } else {
        None
    }
}

/// How [`serve`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Served {
    /// In the manager: the server is over, with this exit code.
    Manager(i32),
    /// In a worker: it is over; the process should end.
    Worker,
}

/// How a face takes part in a worker's life.
pub trait Face {
    /// Runs in a coroutine of the new worker before it accepts anything; makes the service.
    ///
    /// # Errors
    /// An exception ends the worker.
    fn start(&self, worker: &Rc<Worker>) -> Result<Rc<dyn Service>, Throw>;
    /// As [`start`](Self::start), in a task worker, before it takes tasks.
    ///
    /// # Errors
    /// An exception ends the worker.
    fn start_task(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        let _ = worker;
        Ok(())
    }
    /// In a process that was just forked, before anything else: what belongs to the manager is not its own.
    fn forked(&self) {}
    /// Runs a user process: what it returns is the process's end.
    fn user(&self, worker: &Rc<Worker>) -> Throw {
        let _ = worker;
        Throw::Exit
    }
    /// Do callbacks in task workers run in coroutines? Otherwise they are plain calls that may block,
    /// one task after the other.
    fn tasks_in_coroutines(&self) -> bool {
        true
    }
    /// A message of another process came.
    fn message(&self, worker: &Rc<Worker>, message: Message) {
        let _ = (worker, message);
    }
    /// The worker takes nothing new: it was told to end.
    fn draining(&self, worker: &Rc<Worker>) {
        let _ = worker;
    }
    /// Runs in a coroutine of the worker when it has drained.
    fn stop(&self, worker: &Rc<Worker>) {
        let _ = worker;
    }
    /// The last connection is closed: may the coroutines that are left be cancelled at once,
    /// before the worker's time is over? Asked until it says yes.
    fn lets_go(&self) -> bool {
        false
    }
    /// What is thrown into coroutines that still run when the worker's time is over.
    fn cancelled(&self) -> Thrown;
    /// A signal that the worker does not act on by itself: all but those to drain and to end.
    fn signal(&self, signal: Signal) {
        let _ = signal;
    }
    /// A line for the log.
    fn log(&self, text: &str) {
        eprintln!("{text}");
    }
}

/// Runs a server: forks the workers and supervises them; in each worker, runs the loop.
///
/// # Errors
/// What is wrong with the options or the system, as an exception with the words for the user;
/// in a worker, what its start threw.
pub fn serve(plan: Plan, hooks: &mut dyn Hooks, face: Rc<dyn Face>) -> Result<Served, Throw> {
    let Plan {
        options,
        listeners,
        reuse_port,
        settings,
    } = plan;
    let listeners = match reuse_port {
        true => Sockets::for_each(listeners, options.worker_num)
            .map_err(|e| Throw::error(e.to_string()))?,
        false => Sockets::shared(listeners),
    };
    let role = {
        let mut hooks = Closing {
            hooks,
            sockets: Rc::clone(&listeners),
        };
        highper_process::run(options, &mut hooks).map_err(|e| Throw::error(e.to_string()))
    };
    match role.inspect_err(|_| listeners.close())? {
        Role::Manager(code) => {
            listeners.close();
            Ok(Served::Manager(code))
        }
        Role::Worker(context) if context.kind() == Kind::User => {
            listeners.close_own();
            face.forked();
            Err(run_user(context, &*face))
        }
        Role::Worker(context) => {
            face.forked();
            let descriptors = listeners
                .take(context.id())
                .into_iter()
                .map(Listener::into_fd)
                .collect();
            work(context, descriptors, settings, face).map(|()| Served::Worker)
        }
    }
}

fn here(context: &WorkerContext) {
    post::enter(context.post(), context.id() as i32, context.place());
}

fn run_user(context: WorkerContext, face: &dyn Face) -> Throw {
    here(&context);
    context.ready();
    let worker = Rc::new(Worker::new(context, None));
    face.user(&worker)
}

fn work(
    context: WorkerContext,
    listeners: Vec<OwnedFd>,
    settings: Settings,
    face: Rc<dyn Face>,
) -> Result<(), Throw> {
    here(&context);
    let plain = context.kind() == Kind::Task && !face.tasks_in_coroutines();
    if context.kind() == Kind::Task {
        callback::in_coroutines(!plain);
    }
    let worker = Rc::new(Worker::new(context, Some(Rc::clone(&face))));
    WORKER.set(Some(Rc::clone(&worker)));
    let stopping = (Rc::clone(&face), Rc::clone(&worker));
    *worker.stop.borrow_mut() = Some(Box::new(move || stopping.0.stop(&stopping.1)));
    coroutine::on_fatal(fatal);
    let failed = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&failed);
    let begun = Rc::clone(&worker);
    let result = coroutine::run_loop(move || {
        scheduler::retain_loop();
        let signals = reactor::add_handler(Rc::new(Signals(Rc::clone(&begun))));
        if let Err(error) = reactor::register(begun.context.signal_fd(), signals, 0) {
            face.log(&format!("a worker can't watch its signals: {error}"));
        }
        if let Err(error) = inspect::open(Rc::clone(&begun)) {
            face.log(&format!(
                "a worker can't be asked for its coroutines: {error}"
            ));
        }
        let spawned = callback::call(move || {
            let outcome = match begun.context.kind() {
                Kind::Task => begin_task(&begun, &*face, plain),
                _ => begin(&begun, listeners, settings, &*face),
            };
            if let Err(throw) = outcome {
                scheduler::stop_loop();
                match throw.into_object() {
                    Some(exception) => {
                        slot.replace(Some(Throw::Object(exception)));
                    }
                    None => return Err(Throw::Exit),
                }
            }
            Ok(())
        });
        if spawned.is_err() {
            scheduler::stop_loop();
        }
    });
    worker.server.take();
    worker.reader.take();
    WORKER.set(None);
    result?;
    match failed.take() {
        Some(throw) => Err(throw),
        None => {
            if !worker.fatal.get() {
                // What a request did (an uncaught exception, exit()) is no failure of the worker.
                highper_zend::throw::set_exit_status(0);
            }
            Ok(())
        }
    }
}

fn begin(
    worker: &Rc<Worker>,
    listeners: Vec<OwnedFd>,
    settings: Settings,
    face: &dyn Face,
) -> Result<(), Throw> {
    read_answers(worker)?;
    let service = face.start(worker)?;
    let service = Rc::new(Watched {
        service,
        worker: Rc::clone(worker),
    });
    let server = Server::new(settings, service).map_err(|e| Throw::error(e.to_string()))?;
    *worker.server.borrow_mut() = Some(server.clone());
    read(worker, false)?;
    if !worker.context.ready() {
        worker.drain();
        return Ok(());
    }
    for listener in listeners {
        server
            .listen(listener)
            .map_err(|e| Throw::error(format!("a worker can't listen: {e}")))?;
    }
    Ok(())
}

fn begin_task(worker: &Rc<Worker>, face: &dyn Face, plain: bool) -> Result<(), Throw> {
    read_answers(worker)?;
    face.start_task(worker)?;
    if plain && let Some(here) = post::here() {
        here.set_blocking(true);
    }
    if !worker.context.ready() {
        worker.drain();
        return Ok(());
    }
    read(worker, plain)
}

/// Reads the answers for this worker, from before its code begins.
fn read_answers(worker: &Rc<Worker>) -> Result<(), Throw> {
    let Some(here) = post::here() else {
        return Ok(());
    };
    let receiver = Rc::downgrade(worker);
    let reader = Reader::new(&here, move |message| {
        if let Some(worker) = receiver.upgrade()
            && let Some(face) = worker.face.clone()
        {
            face.message(&worker, message);
        }
    });
    reader
        .open(Address::Place(here.place()), false)
        .map_err(unreadable)?;
    *worker.reader.borrow_mut() = Some(reader);
    Ok(())
}

/// Reads what is for whoever has this worker's id.
fn read(worker: &Rc<Worker>, one_by_one: bool) -> Result<(), Throw> {
    let Some(reader) = worker.reader.borrow().clone() else {
        return Ok(());
    };
    let own = reader.open(Address::Worker(worker.id()), one_by_one);
    own.map_err(unreadable)?;
    if worker.context.kind() == Kind::Task {
        let any = reader.open(Address::AnyTask, one_by_one);
        any.map_err(unreadable)?;
    }
    Ok(())
}

fn unreadable(cause: std::io::Error) -> Throw {
    Throw::error(format!("a worker can't read its messages: {cause}"))
}

/// After a fatal error: answer for the coroutine, then drain and be replaced.
fn fatal() -> bool {
    let Some(worker) = worker() else { return false };
    let ended = scheduler::take_fatal();
    if ended.is_empty() {
        return true;
    }
    let server = worker.server.borrow().clone();
    if let Some(server) = server {
        for id in ended {
            server.fail(id);
        }
    }
    worker.fatal.set(true);
    worker.context.recycle(Reason::Fatal);
    worker.drain();
    true
}

impl Worker {
    fn new(context: WorkerContext, face: Option<Rc<dyn Face>>) -> Self {
        Self {
            context,
            server: RefCell::default(),
            reader: RefCell::default(),
            ending: Cell::new(false),
            stop: RefCell::default(),
            face,
            fatal: Cell::new(false),
        }
    }

    /// Its number, from 0.
    #[must_use]
    pub fn id(&self) -> usize {
        self.context.id()
    }

    /// The manager's process id.
    #[must_use]
    pub fn manager_pid(&self) -> i32 {
        self.context.manager_pid()
    }

    /// Its place among processes: score board, commands to the manager.
    #[must_use]
    pub fn context(&self) -> &WorkerContext {
        &self.context
    }

    /// Does it take nothing new?
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.ending.get()
    }

    /// Leaves the tasks that wait to the others, and its own to its successor.
    pub fn take_no_tasks(&self) {
        if let Some(reader) = &*self.reader.borrow() {
            reader.close(Address::Worker(self.id()));
            reader.close(Address::AnyTask);
        }
    }

    /// The HTTP server, once it listens.
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        self.server.borrow().clone()
    }

    /// Stops accepting, lets what runs come to its end, and ends the loop.
    pub fn drain(&self) {
        let Some(face) = self.face.clone() else {
            return;
        };
        if self.ending.replace(true) {
            return;
        }
        self.context.set_draining();
        self.take_no_tasks();
        if let Some(worker) = worker() {
            face.draining(&worker);
        }
        let thrown = face.cancelled();
        let said = move |count| {
            face.log(&format!(
                "max_wait_time is over: {count} coroutines are cancelled"
            ));
        };
        let bound = self.context.max_wait_time();
        ending::within(bound, thrown, said, || {
            if let Some(worker) = worker() {
                worker.end();
            }
        });
        match self.server.borrow().clone() {
            Some(server) => server.drain(),
            None => self.drained(),
        }
    }

    /// The last connection is closed: what else runs may end by itself, within the time that is left.
    fn drained(&self) {
        let Some(face) = self.face.clone() else {
            return;
        };
        let thrown = face.cancelled();
        ending::when_idle(
            move || face.lets_go(),
            thrown,
            || {
                if let Some(worker) = worker() {
                    worker.end();
                }
            },
        );
    }

    fn end(&self) {
        let stop = self.stop.borrow_mut().take();
        let spawned = callback::call(move || {
            if let Some(stop) = stop {
                stop();
            }
            scheduler::stop_loop();
            Ok(())
        });
        if spawned.is_err() {
            scheduler::stop_loop();
        }
    }
}

/// A service, with what a worker has to know of its requests. The worker lets go of its server
/// when its loop is over, so the two don't keep each other.
struct Watched {
    service: Rc<dyn Service>,
    worker: Rc<Worker>,
}

impl Watched {
    #[inline]
    fn ended(&self, exchange: &highper_http::Exchange) {
        if let Some(number) = exchange.take_tag() {
            let ticket = Ticket::from_number(number);
            let traffic = highper_http::traffic::counted();
            self.worker.context.request_end(ticket, traffic);
        }
    }
}

impl Service for Watched {
    fn streams(&self, head: &highper_http::Head, bytes: &[u8]) -> bool {
        self.service.streams(head, bytes)
    }

    fn request(&self, exchange: Rc<highper_http::Exchange>) {
        let ticket = {
            let request = exchange.request();
            let bytes = request.bytes();
            let line = request.head().request_line(&bytes);
            let context = &self.worker.context;
            context.request_begin(&line[..line.len().min(256)], request.started())
        };
        exchange.set_tag(ticket.into_number());
        self.service.request(exchange);
    }

    fn opened(&self, connection: &Rc<highper_http::Connection>) {
        self.worker.context.slot().connection_opened();
        self.service.opened(connection);
    }

    fn closed(&self, connection: &Rc<highper_http::Connection>) {
        let slot = self.worker.context.slot();
        slot.set_traffic(highper_http::traffic::counted());
        slot.connection_closed();
        self.service.closed(connection);
    }

    fn disconnected(&self, exchange: &Rc<highper_http::Exchange>) {
        self.ended(exchange);
        self.service.disconnected(exchange);
    }

    fn answered(&self, exchange: &highper_http::Exchange) {
        self.ended(exchange);
        self.service.answered(exchange);
    }

    fn refused(&self, connection: &highper_http::Connection, status: u16, reason: &str) {
        self.service.refused(connection, status, reason);
    }

    fn timed_out(&self, exchange: &Rc<highper_http::Exchange>) {
        self.service.timed_out(exchange);
    }

    fn drained(&self) {
        self.worker.drained();
        self.service.drained();
    }

    fn trouble(&self, message: &str) {
        self.service.trouble(message);
    }
}

/// The signals of a worker.
struct Signals(Rc<Worker>);

impl Handler for Signals {
    fn ready(&self, _key: u64, _readiness: Readiness) {
        while let Some(signal) = self.0.context.next_signal() {
            match signal {
                Signal::Terminate => self.0.drain(),
                Signal::Quit => scheduler::stop_loop(),
                other => {
                    if let Some(face) = &self.0.face {
                        face.signal(other);
                    }
                }
            }
        }
    }

    fn timer(&self, _key: u64) {}
}
