//! A server: manager, workers, and in each worker a loop with its services.

mod face;
mod front;
mod relayed;
mod requests;
mod spoken;
mod streams;

pub use face::Face;
pub use front::{FrontPart, Fronted};
pub use relayed::Relayed;
use requests::Watched;
pub(crate) use spoken::Spoken;

use crate::post::{self, Reader};
use crate::sockets::{Closing, Sockets};
use crate::{callback, coroutine, ending, inspect};
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::scheduler;
use highper_http::{Server, Service, Settings};
use highper_process::listen::Listener;
use highper_process::post::{Address, Kind as Between, relay};
use highper_process::{Hooks, Kind, Options, Reason, Role, Signal, WorkerContext};
use highper_stream::Datagrams;
use highper_zend::{Throw, ini, module};
use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// What a server is made of.
pub struct Plan {
    /// Processes.
    pub options: Options,
    /// Sockets of the first HTTP service, bound before.
    pub listeners: Vec<Listener>,
    /// Has each worker a socket of its own (`SO_REUSEPORT`)?
    pub reuse_port: bool,
    /// The first HTTP service.
    pub settings: Settings,
    /// Everything else that is listened on.
    pub ports: Vec<Port>,
    /// Have all connections numbers of one row, whatever the service and the worker? Otherwise each
    /// worker counts by itself.
    pub one_row: bool,
    /// Has a process in front of the workers the connections? Then there is one in the options, too.
    pub fronted: Option<Fronted>,
}

/// A socket beside those of the first HTTP service.
pub struct Port {
    /// The socket, bound before.
    pub listener: Listener,
    /// Its number among the server's ports.
    pub number: usize,
    /// What is spoken there.
    pub speaks: Speaks,
}

/// What is spoken on a port.
#[derive(Clone)]
pub enum Speaks {
    /// HTTP, by a service of its own.
    Http(Box<Settings>),
    /// Streams of packets.
    Streams(Box<highper_stream::Settings>),
    /// Datagrams.
    Datagrams(highper_net::Kind),
}

/// Who serves in a worker.
#[derive(Default)]
pub struct Services {
    /// HTTP: the first service, then one for each port that has its own, in their order.
    pub http: Vec<Rc<dyn Service>>,
    /// Streams and datagrams.
    pub streams: Option<Rc<dyn highper_stream::Service>>,
}

impl From<Rc<dyn Service>> for Services {
    fn from(service: Rc<dyn Service>) -> Self {
        Self {
            http: vec![service],
            streams: None,
        }
    }
}

/// One worker, inside its process.
pub struct Worker {
    context: WorkerContext,
    servers: RefCell<Vec<Server>>,
    streams: RefCell<Option<highper_stream::Server>>,
    /// Sockets for datagrams: they can send before anything is received.
    datagrams: RefCell<Vec<Rc<Datagrams>>>,
    /// Are the connections' numbers those of the whole server?
    one_row: Cell<bool>,
    /// Services that have connections, once they were told to drain.
    left: Cell<usize>,
    reader: RefCell<Option<Rc<Reader>>>,
    /// In the process in front.
    front: OnceCell<Rc<highper_front::Front>>,
    /// Where there is a process in front: the way to it.
    relayed: OnceCell<Rc<Relayed>>,
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

/// Asks the worker that this process is, if it is one, for something that is borrowed of it for no longer.
#[inline]
pub fn with_worker<R>(ask: impl FnOnce(&Worker) -> Option<R>) -> Option<R> {
    WORKER.with_borrow(|worker| ask(worker.as_deref()?))
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

/// Runs a server: forks the workers and supervises them; in each worker, runs the loop.
///
/// # Errors
/// What is wrong with the options or the system, as an exception with the words for the user;
/// in a worker, what its start threw.
pub fn serve(plan: Plan, hooks: &mut dyn Hooks, face: Rc<dyn Face>) -> Result<Served, Throw> {
    let Plan {
        options,
        mut listeners,
        reuse_port,
        settings,
        ports,
        one_row,
        fronted,
    } = plan;
    let mut spoken = vec![(0, None); listeners.len()];
    for port in ports {
        listeners.push(port.listener);
        spoken.push((port.number, Some(port.speaks)));
    }
    let listeners = match reuse_port && fronted.is_none() {
        true => Sockets::for_each(listeners, options.worker_num)
            .map_err(|e| Throw::error(e.to_string()))?,
        false => Sockets::shared(listeners),
    };
    let spoken = Rc::new(RefCell::new(Spoken {
        settings,
        sockets: spoken,
    }));
    let role = {
        let mut hooks = Closing {
            hooks,
            sockets: Rc::clone(&listeners),
            spoken: Rc::clone(&spoken),
        };
        highper_process::run(options, &mut hooks).map_err(|e| Throw::error(e.to_string()))
    };
    match role.inspect_err(|_| listeners.close())? {
        Role::Manager(code) => {
            listeners.close();
            Ok(Served::Manager(code))
        }
        Role::Worker(context) if context.kind() == Kind::User && !face.user_loops() => {
            listeners.close_own();
            face.forked();
            Err(run_user(context, &*face))
        }
        Role::Worker(context) => {
            face.forked();
            let own = listeners.take(context.id()).into_iter();
            let (settings, spoken) = {
                let mut spoken = spoken.borrow_mut();
                (spoken.settings.clone(), std::mem::take(&mut spoken.sockets))
            };
            let sockets = own.map(Listener::into_fd).zip(spoken).collect();
            let listening = Listening {
                sockets,
                settings,
                one_row,
                fronted,
            };
            work(context, listening, face).map(|()| Served::Worker)
        }
    }
}

/// What a worker listens on.
struct Listening {
    /// Each with its number among the ports, and what is spoken there; `None` for the first HTTP service.
    sockets: Vec<(OwnedFd, (usize, Option<Speaks>))>,
    settings: Settings,
    one_row: bool,
    fronted: Option<Fronted>,
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

impl Listening {
    /// Takes the sockets for datagrams out.
    fn take_datagrams(&mut self) -> Vec<Rc<Datagrams>> {
        let mut found = Vec::new();
        for (socket, (number, speaks)) in std::mem::take(&mut self.sockets) {
            match speaks {
                Some(Speaks::Datagrams(kind)) => {
                    found.push(Rc::new(Datagrams::new(socket, number, kind)));
                }
                speaks => self.sockets.push((socket, (number, speaks))),
            }
        }
        found
    }
}

fn work(context: WorkerContext, mut listening: Listening, face: Rc<dyn Face>) -> Result<(), Throw> {
    here(&context);
    let plain = context.kind() == Kind::Task && !face.tasks_in_coroutines();
    if context.kind() == Kind::Front {
        callback::in_coroutines(true);
    }
    if context.kind() == Kind::Task {
        callback::in_coroutines(!plain);
    }
    let worker = Rc::new(Worker::new(context, Some(Rc::clone(&face))));
    worker.datagrams.replace(listening.take_datagrams());
    WORKER.set(Some(Rc::clone(&worker)));
    let stopping = (Rc::clone(&face), Rc::clone(&worker));
    *worker.stop.borrow_mut() = Some(Box::new(move || stopping.0.stop(&stopping.1)));
    coroutine::on_fatal(fatal);
    let failed = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&failed);
    let begun = Rc::clone(&worker);
    let after = Rc::clone(&face);
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
        let (fails, own) = (Rc::clone(&slot), Rc::clone(&begun));
        let failing = move |throw: Throw| {
            let thrown = throw.into_object();
            if let Some(exception) = &thrown
                && own.ending.get()
                && crate::failure::is_none(exception)
            {
                // It was cancelled because the worker ends, which goes on.
                return Ok(());
            }
            scheduler::stop_loop();
            match thrown {
                Some(exception) => {
                    fails.replace(Some(Throw::Object(exception)));
                    Ok(())
                }
                None => Err(Throw::Exit),
            }
        };
        let apart = begun.context.kind() == Kind::Worker && face.starts_apart();
        if apart {
            let (first, worker) = (Rc::clone(&face), Rc::clone(&begun));
            let fails = failing.clone();
            let spawned = callback::call(move || first.first(&worker).or_else(fails));
            if spawned.is_err() {
                scheduler::stop_loop();
            }
            if spawned.is_ok() && slot.borrow().is_none() {
                // What it throws is no exception of PHP's yet, so nothing is lost here.
                let _ = begin(&begun, listening, &*face).or_else(failing);
            }
            return;
        }
        let spawned = callback::call(move || {
            let outcome = match begun.context.kind() {
                Kind::Task => begin_task(&begun, &*face, plain),
                Kind::User => begin_user(&begun, &*face),
                Kind::Worker => begin(&begun, listening, &*face),
                Kind::Front => {
                    let fronted = listening.fronted.unwrap_or_default();
                    front::begin(&begun, listening, fronted, &face)
                }
            };
            outcome.or_else(failing)
        });
        if spawned.is_err() {
            scheduler::stop_loop();
        }
    });
    // A loop that the application runs from here is its own.
    scheduler::release_loop();
    if worker.ending.get() && worker.context.kind() != Kind::Front {
        after.stopped(&worker);
    }
    if let Some(relayed) = worker.relayed.get() {
        relayed.finish();
    }
    worker.servers.take();
    worker.streams.take();
    worker.datagrams.take();
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

fn begin(worker: &Rc<Worker>, listening: Listening, face: &dyn Face) -> Result<(), Throw> {
    read_answers(worker)?;
    let services = face.start(worker)?;
    if let Some(fronted) = listening.fronted {
        return front::begin_behind(worker, listening, fronted, services);
    }
    let Listening {
        sockets,
        settings,
        one_row,
        ..
    } = listening;
    let numbers = post::here().filter(|_| one_row);
    worker.one_row.set(numbers.is_some());
    let mut http = services.http.into_iter();
    let mut serve = |settings: Settings| {
        let service = http.next().ok_or_else(|| {
            Throw::error("the server has a port that speaks HTTP, and nobody to answer there")
        })?;
        let service = Rc::new(Watched {
            service,
            worker: Rc::clone(worker),
        });
        let server = Server::new(settings, service).map_err(|e| Throw::error(e.to_string()))?;
        if let Some(numbers) = numbers.clone() {
            server.number_by(Box::new(move || {
                numbers.post().sessions().open(numbers.place())
            }));
        }
        worker.servers.borrow_mut().push(server.clone());
        Ok::<_, Throw>(server)
    };
    let most = settings.max_connections;
    let first = match sockets.iter().any(|(_, (_, speaks))| speaks.is_none()) {
        true => Some(serve(settings)?),
        false => None,
    };
    let streams = services.streams.map(|service| {
        let service = Rc::new(streams::Watched {
            service,
            worker: Rc::clone(worker),
        });
        let counted = Cell::new(0);
        let numbers = numbers.clone();
        let number = move || match &numbers {
            Some(numbers) => numbers.post().sessions().open(numbers.place()),
            None => {
                counted.set(counted.get() + 1);
                counted.get()
            }
        };
        highper_stream::Server::new(service, most, Box::new(number))
    });
    worker.streams.borrow_mut().clone_from(&streams);
    read(worker, false)?;
    if !worker.context.ready() {
        worker.drain();
        return Ok(());
    }
    if let Some(streams) = &streams {
        for port in worker.datagrams() {
            streams.take(&port).map_err(no_listening)?;
        }
    }
    for (socket, (number, speaks)) in sockets {
        let listens = match (speaks, &first, &streams) {
            (None, Some(first), _) => first.listen(socket),
            (Some(Speaks::Http(settings)), ..) => serve(*settings)?.listen(socket),
            (Some(Speaks::Streams(settings)), _, Some(streams)) => {
                streams.listen(socket, number, *settings)
            }
            _ => Ok(()),
        };
        listens.map_err(no_listening)?;
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

fn begin_user(worker: &Rc<Worker>, face: &dyn Face) -> Result<(), Throw> {
    read_answers(worker)?;
    face.start_user(worker)?;
    if !worker.context.ready() {
        worker.drain();
    }
    Ok(())
}

fn no_listening(error: std::io::Error) -> Throw {
    Throw::error(format!("a worker can't listen: {error}"))
}

/// Reads the answers for this worker, from before its code begins.
fn read_answers(worker: &Rc<Worker>) -> Result<(), Throw> {
    let Some(here) = post::here() else {
        return Ok(());
    };
    let receiver = Rc::downgrade(worker);
    let reader = Reader::new(&here, move |message| {
        let Some(worker) = receiver.upgrade() else {
            return;
        };
        if message.head.kind == Between::Relay {
            if let Some(relayed) = worker.relayed.get() {
                relayed.take(&message);
            } else if let Some(front) = worker.front.get() {
                front.take(&message);
            }
        } else if let Some(face) = worker.face.clone() {
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
    for server in worker.servers() {
        for id in &ended {
            server.fail(*id);
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
            servers: RefCell::default(),
            streams: RefCell::default(),
            datagrams: RefCell::default(),
            one_row: Cell::new(false),
            left: Cell::new(0),
            reader: RefCell::default(),
            front: OnceCell::new(),
            relayed: OnceCell::new(),
            ending: Cell::new(false),
            stop: RefCell::default(),
            face,
            fatal: Cell::new(false),
        }
    }

    /// What its face has to tell beside its coroutines.
    pub(crate) fn tells(&self) -> String {
        self.face
            .as_ref()
            .map_or_else(String::new, |face| face.tells())
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

    /// Takes no task that is for any task worker until [`resume_tasks`](Self::resume_tasks): what is at hand is enough.
    pub fn hold_tasks(&self) {
        if let Some(reader) = &*self.reader.borrow() {
            reader.hold(Address::AnyTask);
        }
    }

    /// Takes tasks again.
    pub fn resume_tasks(&self) {
        if let Some(reader) = &*self.reader.borrow() {
            reader.resume(Address::AnyTask);
        }
    }

    /// The first HTTP server, once it listens.
    #[must_use]
    pub fn server(&self) -> Option<Server> {
        self.servers.borrow().first().cloned()
    }

    /// All HTTP servers.
    #[must_use]
    pub fn servers(&self) -> Vec<Server> {
        self.servers.borrow().clone()
    }

    /// The sockets for datagrams.
    #[must_use]
    pub fn datagrams(&self) -> Vec<Rc<Datagrams>> {
        self.datagrams.borrow().clone()
    }

    /// A stream of this worker by its number, and its server.
    #[must_use]
    pub fn stream(
        &self,
        number: u64,
    ) -> Option<(highper_stream::Server, Rc<highper_stream::Connection>)> {
        let streams = self.streams.borrow();
        let streams = streams.as_ref()?;
        let connection = streams.find(number)?;
        Some((streams.clone(), connection))
    }

    /// Has a process in front of the workers the connections?
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        self.relayed.get().is_some()
    }

    /// Streams and datagrams, if it serves any.
    #[must_use]
    pub fn streams(&self) -> Option<highper_stream::Server> {
        self.streams.borrow().clone()
    }

    /// The front, in the process in front of the workers.
    #[must_use]
    pub fn front(&self) -> Option<Rc<highper_front::Front>> {
        self.front.get().cloned()
    }

    /// The way to the process in front of the workers, where there is one and this is a worker.
    #[must_use]
    pub fn relayed(&self) -> Option<Rc<Relayed>> {
        self.relayed.get().cloned()
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
        if self.front.get().is_some()
            && let Some(reader) = self.reader.borrow().clone()
        {
            // The workers have ended before: what they have sent goes out.
            reader.read_all();
        }
        self.take_no_tasks();
        if let Some(worker) = worker() {
            face.draining(&worker);
        }
        if let Some(relayed) = self.relayed.get()
            && let Err(error) = relayed.say(relay::RETIRE)
        {
            let text = format!("the process in front was not told of a worker's end: {error}");
            face.log(&text);
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
        let servers = self.servers();
        let streams = self.streams();
        // One more, so that it isn't over before all were told.
        self.left
            .set(servers.len() + usize::from(streams.is_some()) + 1);
        for server in servers {
            match self.relayed.get() {
                Some(_) => server.drain_handed(),
                None => server.drain(),
            }
        }
        if let Some(streams) = streams {
            // What runs may still send; then the connections end.
            streams.pause_all();
            let at_once = self.leaves_at_once();
            ending::when_idle(move || at_once, thrown, move || streams.drain());
        }
        self.one_drained();
    }

    /// A connection's number is free.
    fn release(&self, number: u64) {
        if self.one_row.get()
            && let Some(here) = post::here()
        {
            here.post().sessions().close(number);
        }
    }

    /// One of the services has no connection any more.
    fn one_drained(&self) {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 {
            self.drained();
        }
    }

    /// The last connection is closed: what else runs may end by itself, within the time that is left.
    fn drained(&self) {
        let Some(face) = self.face.clone() else {
            return;
        };
        let thrown = face.cancelled();
        let at_once = self.leaves_at_once();
        ending::when_idle(
            move || at_once || face.lets_go(),
            thrown,
            || {
                if let Some(worker) = worker() {
                    worker.end();
                }
            },
        );
    }

    /// Does it wait for nothing but requests (`reload_async` is off)?
    fn leaves_at_once(&self) -> bool {
        // What the process in front runs is what it has to send.
        !self.context.reload_async() && self.context.kind() != Kind::Front
    }

    fn end(&self) {
        // Those that are left when the time is over are told of their end.
        if let Some(streams) = self.streams() {
            streams.close_all();
        }
        if self.face.as_ref().is_some_and(|face| face.starts_apart()) {
            return scheduler::stop_loop();
        }
        if self.context.kind() == Kind::Front {
            return scheduler::stop_loop();
        }
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

/// The signals of a worker.
struct Signals(Rc<Worker>);

impl Handler for Signals {
    fn ready(&self, _key: u64, _readiness: Readiness) {
        while let Some(signal) = self.0.context.next_signal() {
            match signal {
                Signal::Terminate => self.0.drain(),
                Signal::Quit => scheduler::stop_loop(),
                other => {
                    let Some(face) = &self.0.face else { continue };
                    if matches!(other, Signal::Hangup | Signal::Reopen)
                        && let Err(error) = self.0.context.reopen_output()
                    {
                        face.log(&error.to_string());
                    }
                    face.signal(other);
                }
            }
        }
    }

    fn timer(&self, _key: u64) {}
}
