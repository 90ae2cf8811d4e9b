//! A worker: its start, what it does on a signal, its end.

use crate::app::App;
use crate::beside::{self, Beside};
use crate::exception::cancelled::{STOPPING, is_cancelled};
use crate::failure::start_line;
use crate::message;
use crate::run::Stop;
use crate::task;
use crate::web;
use crate::websocket;
use highper_engine::account;
use highper_http::Settings;
use highper_http1::Stamp;
use highper_log::Level;
use highper_process::Signal;
use highper_process::claims::Claims;
use highper_process::post::{Kind, Message};
use highper_runtime::cancel::Thrown;
use highper_runtime::superglobals::{self, Scope};
use highper_runtime::{detector, serve};
use highper_zend::Throw;
use std::cell::{Cell, OnceCell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::Rc;

/// How the application takes part in a worker's life.
pub(crate) struct Face {
    pub(crate) app: Rc<App>,
    pub(crate) settings: Settings,
    /// What the worker listens on, for the log.
    pub(crate) addresses: Vec<String>,
    /// Where a worker that can't start says why.
    pub(crate) reasons: OwnedFd,
    /// What the task workers work on; nothing where there are none.
    pub(crate) claims: Rc<OnceCell<Rc<Claims>>>,
    /// The processes beside the workers.
    pub(crate) beside: Rc<Beside>,
    /// Is this process a worker?
    pub(crate) is_worker: Cell<bool>,
    /// Why it could not start.
    pub(crate) failed: RefCell<Option<String>>,
}

impl serve::Face for Face {
    fn start(&self, worker: &Rc<serve::Worker>) -> Result<serve::Services, Throw> {
        let app = &self.app;
        self.enter(worker);
        let booted = boot(app, worker.context().generation()).and_then(|()| {
            for warm in [
                crate::db::warm,
                crate::redis::warm,
                crate::memcached::warm,
                crate::beanstalk::warm,
                crate::http_client::warm,
            ] {
                warm(app).map_err(Stop::Throw)?;
            }
            let stamped = Stamp::new(self.settings.server.as_deref());
            stamped.map_err(|e| Stop::Line(format!("setting 'server_header' can't be sent: {e}")))
        });
        let why = match booted.and_then(|_| Ok(self.scope()?)) {
            Ok(scope) => {
                if worker.id() == 0 && worker.context().generation() > 1 {
                    // Was good when the routes were read, a moment ago.
                    if let Ok(parts) = beside::parts(app) {
                        self.miss(&self.beside.missing(&parts));
                    }
                }
                if worker.id() == 0 {
                    let addresses = self.addresses.join(" and ");
                    let mode = app.env.borrow().name().to_owned();
                    let text = format!("listening on {addresses} ({mode})");
                    app.log(Level::Info, &text, &[], None);
                }
                let web = web::service(Rc::clone(app), scope);
                match message::begin(app, scope) {
                    Ok(desk) => {
                        let streams = desk.map(|desk| desk as Rc<dyn highper_stream::Service>);
                        let plain = crate::certificates::service(app);
                        return Ok(serve::Services {
                            http: std::iter::once(web).chain(plain).collect(),
                            streams,
                        });
                    }
                    Err(why) => Stop::Line(why),
                }
            }
            Err(stop) => stop,
        };
        Err(self.cannot_start(why))
    }

    fn start_task(&self, worker: &Rc<serve::Worker>) -> Result<(), Throw> {
        self.enter(worker);
        let app = &self.app;
        let prepared = prepare(app, worker.context().generation());
        // What jobs dispatch has listeners.
        let found = prepared.and_then(|()| crate::scan::routes(app).map_err(Stop::Throw));
        found.map(drop).map_err(|why| self.cannot_start(why))
    }

    fn user_loops(&self) -> bool {
        true
    }

    fn start_user(&self, worker: &Rc<serve::Worker>) -> Result<(), Throw> {
        self.enter(worker);
        let post = worker.context().post();
        let number = worker.id().saturating_sub(post.workers() + post.tasks());
        let started = prepare(&self.app, worker.context().generation())
            .and_then(|()| self.beside.start(&self.app, worker, number));
        started.map_err(|why| self.cannot_start(why))
    }

    fn draining(&self, _worker: &Rc<serve::Worker>) {
        // What is cancelled from now on is no error of the program's.
        highper_runtime::pass_over(|thrown| thrown.as_object().is_some_and(is_cancelled));
        self.app.sockets.end_listeners();
        beside::draining();
    }

    fn tells(&self) -> String {
        beside::tells()
    }

    fn message(&self, worker: &Rc<serve::Worker>, message: Message) {
        let to = message.head.to;
        match (message.head.kind, self.claims.get()) {
            (Kind::Task, Some(claims)) => task::work::begin(&self.app, claims, worker, message),
            // One for a process that had this place before is for nobody.
            (Kind::Finish, _) if to == 0 || u32::try_from(to) == Ok(std::process::id()) => {
                task::answered(message);
            }
            (Kind::Forward, _) if message.head.code == websocket::CODE => {
                websocket::arrived(&self.app, &message);
            }
            _ => {}
        }
    }

    /// What runs without a request or a job has no client to wait for.
    fn lets_go(&self) -> bool {
        self.app.running.count() == 0 && !task::work::is_working() && beside::lets_go()
    }

    fn cancelled(&self) -> Thrown {
        STOPPING
    }

    fn signal(&self, signal: Signal) {
        if matches!(signal, Signal::Hangup | Signal::Reopen)
            && let Err(error) = self.app.logger.reopen()
        {
            let text = format!("the log can't be opened again: {error}");
            self.app.log(Level::Error, &text, &[], None);
        }
    }

    fn log(&self, text: &str) {
        self.app.log(Level::Warning, text, &[], None);
    }
}

impl Face {
    /// A process of the server begins.
    fn enter(&self, worker: &serve::Worker) {
        self.is_worker.set(true);
        let app = &self.app;
        app.worker.set(u32::try_from(worker.id()).ok());
        crate::incoming::serve(Some(Rc::clone(app)));
        if let Err(error) = app.logger.start_writer_thread() {
            let text = format!("the log is written in place: {error}");
            app.log(Level::Warning, &text, &[], None);
        }
        highper_runtime::coroutine::set_deadlock_check(false);
        self.observe();
    }

    /// Tells the manager why this process can't start.
    fn cannot_start(&self, why: Stop) -> Throw {
        let why = match why {
            Stop::Line(why) => why,
            Stop::Throw(Throw::Bailout) => "a fatal error, see above".into(),
            Stop::Throw(throw) => start_line(throw),
        };
        // Nobody to tell is no reason not to end.
        let _ = rustix::io::write(&self.reasons, format!("{why}\n").as_bytes());
        self.failed.replace(Some(why));
        Throw::Exit
    }

    /// A reload has brought parts that have no process: a server that watches its files starts anew for them.
    fn miss(&self, missing: &[String]) {
        match self.app.settings.borrow().watch == Some(true) && !missing.is_empty() {
            // Nobody to tell is no reason not to serve.
            true => drop(rustix::io::write(
                &self.reasons,
                crate::run::ANEW.as_bytes(),
            )),
            false => self.beside.miss(&self.app, missing),
        }
    }

    /// What the application wants to know of its coroutines.
    fn observe(&self) {
        let app = &self.app;
        let (threshold, counts) = {
            let settings = app.settings.borrow();
            (settings.blocking_threshold, settings.time_accounting)
        };
        if let Some(on) = counts {
            account::keep(account::Reader::Program, on);
        }
        if let Some(threshold) = threshold
            && let Err(error) = detector::enable(threshold, crate::log::holds(app))
        {
            let text = format!("nobody looks for blocking calls: {error}");
            app.log(Level::Warning, &text, &[], None);
        }
    }

    /// Whose superglobals are.
    fn scope(&self) -> Result<Scope, String> {
        let set = self.app.settings.borrow().superglobals;
        set.map_or_else(superglobals::configured, Ok)
    }

    /// The exit code of a worker whose loop has ended.
    pub(crate) fn ended(&self, result: Result<(), Throw>) -> i32 {
        let code = match result {
            _ if self.failed.borrow().is_some() => 1,
            Ok(()) => 0,
            Err(Throw::Bailout) => 255,
            Err(throw) => {
                let text = format!("the worker has ended: {}", start_line(throw));
                self.app.log(Level::Error, &text, &[], None);
                1
            }
        };
        crate::incoming::serve(None);
        self.app.spare.clear();
        self.app.logger.stop();
        code
    }
}

/// What every process of the server needs of the application: its code and configuration as they are now.
pub(crate) fn prepare(app: &App, generation: u32) -> Result<(), Stop> {
    if generation > 1 {
        let mut scans = app.scans.borrow().clone();
        // OPcache sees no change within a second.
        scans.extend(["config", "lang"].map(|name| (String::new(), app.base.join(name))));
        crate::scan::refresh(&scans, app.settings.borrow().watch == Some(true))
            .map_err(Stop::Throw)?;
        app.config.forget();
        app.container.reread();
    }
    app.config.tree(app).map_err(Stop::Throw)?;
    crate::psr::bind(app).map_err(Stop::Throw)
}

/// Compiles the application and runs its hooks.
pub(crate) fn boot(app: &App, generation: u32) -> Result<(), Stop> {
    prepare(app, generation)?;
    app.compile()?;
    app.start_hooks().map_err(Stop::Throw)?;
    app.check()?;
    if app.is_development.get() {
        crate::develop::statics::begin();
    }
    Ok(())
}

/// Does what a worker does at its start, but for the hooks: they may want what only a server has.
pub(crate) fn try_out(app: &App) -> Result<(), Stop> {
    prepare(app, 1)?;
    app.compile()?;
    app.check()?;
    Ok(())
}
