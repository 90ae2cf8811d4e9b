//! A worker: its start, what it does on a signal, its end.

use crate::app::App;
use crate::exception::cancelled::STOPPING;
use crate::failure::start_line;
use crate::run::Stop;
use crate::web;
use highper_engine::account;
use highper_http::Settings;
use highper_http1::Stamp;
use highper_log::Level;
use highper_process::Signal;
use highper_runtime::cancel::Thrown;
use highper_runtime::superglobals::{self, Scope};
use highper_runtime::{detector, serve};
use highper_zend::Throw;
use std::cell::{Cell, RefCell};
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
    /// Is this process a worker?
    pub(crate) is_worker: Cell<bool>,
    /// Why it could not start.
    pub(crate) failed: RefCell<Option<String>>,
}

impl serve::Face for Face {
    fn start(&self, worker: &Rc<serve::Worker>) -> Result<serve::Services, Throw> {
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
        let booted = boot(app, worker.context().generation()).and_then(|()| {
            let stamped = Stamp::new(self.settings.server.as_deref());
            stamped.map_err(|e| Stop::Line(format!("setting 'server_header' can't be sent: {e}")))
        });
        let why = match booted.and_then(|_| Ok(self.scope()?)) {
            Ok(scope) => {
                if worker.id() == 0 {
                    let addresses = self.addresses.join(" and ");
                    let mode = app.env.borrow().name().to_owned();
                    let text = format!("listening on {addresses} ({mode})");
                    app.log(Level::Info, &text, &[], None);
                }
                let app = Rc::clone(app);
                return Ok(web::service(app, scope).into());
            }
            Err(Stop::Line(why)) => why,
            Err(Stop::Throw(Throw::Bailout)) => "a fatal error, see above".into(),
            Err(Stop::Throw(throw)) => start_line(throw),
        };
        // Nobody to tell is no reason not to end.
        let _ = rustix::io::write(&self.reasons, format!("{why}\n").as_bytes());
        self.failed.replace(Some(why));
        Err(Throw::Exit)
    }

    /// What runs without a request has no client to wait for.
    fn lets_go(&self) -> bool {
        self.app.running.count() == 0
    }

    fn cancelled(&self) -> Thrown {
        STOPPING
    }

    fn signal(&self, signal: Signal) {
        if signal == Signal::Hangup
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

/// Compiles the application and runs its hooks.
pub(crate) fn boot(app: &App, generation: u32) -> Result<(), Stop> {
    if generation > 1 {
        let scans = app.scans.borrow().clone();
        crate::scan::refresh(&scans).map_err(Stop::Throw)?;
        app.config.forget();
        app.container.reread();
    }
    app.config.tree(app).map_err(Stop::Throw)?;
    app.compile()?;
    app.start_hooks().map_err(Stop::Throw)?;
    app.check()?;
    Ok(())
}
