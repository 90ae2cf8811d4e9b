//! A worker: its start, its signals, its end.

use crate::app::App;
use crate::exception::cancelled::STOPPING;
use crate::failure::start_line;
use crate::run::Stop;
use crate::web::Web;
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::scheduler;
use highper_http::Server;
use highper_log::Level;
use highper_process::listen::{Address, Listener};
use highper_process::{Reason, Signal, WorkerContext};
use highper_runtime::{cancel, ending};
use highper_zend::Throw;
use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// How often a draining worker looks whether its last request has ended.
const LOOK: u64 = 20_000_000;

/// What a running worker consists of.
struct Worker {
    app: Rc<App>,
    context: Rc<WorkerContext>,
    server: OnceCell<Server>,
    failed: RefCell<Option<String>>,
    is_draining: Cell<bool>,
}

thread_local! {
    /// This process's worker, for callbacks that carry nothing.
    static WORKER: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

/// Serves until it is told to end. Returns the exit code.
pub(crate) fn work(
    app: &Rc<App>,
    context: WorkerContext,
    listeners: Vec<Listener>,
    reasons: OwnedFd,
) -> Result<i32, Stop> {
    app.worker.set(u32::try_from(context.id()).ok());
    if let Err(error) = app.logger.start_writer_thread() {
        app.log(
            Level::Warning,
            &format!("the log is written in place: {error}"),
            &[],
            None,
        );
    }
    let worker = Rc::new(Worker {
        app: Rc::clone(app),
        context: Rc::new(context),
        server: OnceCell::new(),
        failed: RefCell::default(),
        is_draining: Cell::new(false),
    });
    WORKER.with_borrow_mut(|slot| *slot = Some(Rc::clone(&worker)));
    highper_runtime::coroutine::on_fatal(after_fatal);
    highper_runtime::coroutine::set_deadlock_check(false);
    let starting = Rc::clone(&worker);
    let ended = highper_runtime::run_loop(move || {
        scheduler::retain_loop();
        let signals = reactor::add_handler(Rc::new(Signals(Rc::clone(&starting))));
        let fd = starting.context.signal_fd();
        if let Err(error) = reactor::register(fd, signals, 0) {
            return starting.fail(format!("signals can't be watched: {error}"));
        }
        let booting = Rc::clone(&starting);
        let spawned = highper_runtime::coroutine::try_spawn(move || {
            let booted = booting.boot(listeners);
            match booted {
                Ok(()) => Ok(()),
                Err(Stop::Line(why)) => {
                    booting.fail(why);
                    Ok(())
                }
                Err(Stop::Throw(Throw::Bailout)) => {
                    booting.fail("a fatal error, see above".into());
                    Err(Throw::Bailout)
                }
                Err(Stop::Throw(throw)) => {
                    booting.fail(start_line(throw));
                    Ok(())
                }
            }
        });
        if let Err(error) = spawned {
            starting.fail(error.to_string());
        }
        // A signal that came before the reactor watched makes no edge.
        starting.signals();
    });
    let failed = worker.failed.borrow().clone();
    let code = match (&failed, ended) {
        (Some(why), _) => {
            // Nobody to tell is no reason not to end.
            let _ = rustix::io::write(&reasons, format!("{why}\n").as_bytes());
            1
        }
        (None, Ok(())) => 0,
        (None, Err(Throw::Bailout)) => 255,
        (None, Err(throw)) => {
            let why = start_line(throw);
            app.log(
                Level::Error,
                &format!("the worker has ended: {why}"),
                &[],
                None,
            );
            1
        }
    };
    WORKER.with_borrow_mut(|slot| slot.take());
    app.logger.stop();
    Ok(code)
}

impl Worker {
    /// Compiles the application, runs its hooks, and opens the door.
    fn boot(self: &Rc<Self>, listeners: Vec<Listener>) -> Result<(), Stop> {
        if self.context.generation() > 1 {
            let scans = self.app.scans.borrow().clone();
            crate::scan::refresh(&scans).map_err(Stop::Throw)?;
        }
        self.app.compile()?;
        self.app.start_hooks().map_err(Stop::Throw)?;
        self.app.check()?;
        let settings = self.app.settings.borrow().http.clone();
        let web = Web {
            app: Rc::clone(&self.app),
            context: Rc::clone(&self.context),
            on_drained: Box::new(finish),
        };
        let server = Server::new(settings, Rc::new(web))
            .map_err(|e| Stop::Line(format!("setting 'server_header' can't be sent: {e}")))?;
        let mut addresses = Vec::new();
        for listener in listeners {
            addresses.push(match listener.address() {
                Address::Tcp(address) => format!("http://{address}"),
                unix => unix.to_string(),
            });
            server.listen(listener.into_fd())?;
        }
        let _first = self.server.set(server);
        if !self.context.ready() {
            self.drain();
        } else if self.context.id() == 0 {
            let mode = self.app.env.borrow().name().to_owned();
            let text = format!("listening on {} ({mode})", addresses.join(" and "));
            self.app.log(Level::Info, &text, &[], None);
        }
        Ok(())
    }

    fn fail(&self, why: String) {
        self.failed.borrow_mut().get_or_insert(why);
        scheduler::stop_loop();
    }

    fn drain(&self) {
        if self.is_draining.replace(true) {
            return;
        }
        self.app.is_draining.set(true);
        self.context.set_draining();
        let app = Rc::clone(&self.app);
        let said = move |count| {
            let text = format!("max_wait_time is over: {count} coroutines are cancelled");
            app.log(Level::Warning, &text, &[], None);
        };
        let bound = self.context.max_wait_time();
        ending::within(bound, STOPPING, said, scheduler::stop_loop);
        match self.server.get() {
            Some(server) => server.drain(),
            None => scheduler::stop_loop(),
        }
    }

    fn signals(&self) {
        while let Some(signal) = self.context.next_signal() {
            match signal {
                Signal::Terminate => self.drain(),
                Signal::Quit => scheduler::stop_loop(),
                Signal::Hangup => {
                    if let Err(error) = self.app.logger.reopen() {
                        let text = format!("the log can't be opened again: {error}");
                        self.app.log(Level::Error, &text, &[], None);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The last connection is closed: handlers whose clients are gone end, then the worker does.
fn finish() {
    if crate::incoming::running() == 0 {
        // What runs without a request has no client to wait for.
        cancel::throw_into_all(STOPPING);
        ending::when_idle(scheduler::stop_loop);
        scheduler::at(
            highper_engine::clock::after(ending::GRACE),
            false,
            scheduler::stop_loop,
        );
    } else {
        scheduler::at(highper_engine::clock::now() + LOOK, true, finish);
    }
}

/// After a fatal error PHP's state is not to be trusted: a successor takes over.
fn after_fatal() -> bool {
    let worker = WORKER.with_borrow(Clone::clone);
    match worker {
        Some(worker) if worker.server.get().is_some() => {
            // Their clients were answered where the error was caught.
            drop(scheduler::take_fatal());
            if !worker.is_draining.get() {
                worker.context.recycle(Reason::Fatal);
                worker.drain();
            }
            true
        }
        _ => false,
    }
}

/// Signals as events of the loop.
struct Signals(Rc<Worker>);

impl Handler for Signals {
    fn ready(&self, _key: u64, _readiness: Readiness) {
        self.0.signals();
    }

    fn timer(&self, _key: u64) {}
}
