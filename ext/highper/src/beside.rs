//! The processes beside workers and task workers: one for jobs by the clock, and those of the application.

pub(crate) mod context;
mod cron;
mod failures;
mod process;

use crate::app::App;
use crate::certificates;
use crate::part::{self, Parts};
use crate::run::Stop;
use crate::scan;
use failures::Failures;
use highper_engine::scheduler;
use highper_log::Level;
use highper_process::fork;
use highper_runtime::callback;
use highper_runtime::serve::Worker;
use highper_zend::{Registry, Throw};
use std::fs::File;
use std::io::{Read, Write};
use std::rc::Rc;

/// What one of them is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Certificates that the server gets by itself.
    Certificates,
    /// Jobs by the clock.
    Cron,
    /// A process of the application: its name, and its number among those of that name.
    Process(String, usize),
}

/// All of them, by their order; decided before the first fork, and the same until the server ends.
pub(crate) struct Beside {
    roles: Vec<Role>,
    failures: Failures,
    /// What the process for jobs by the clock leaves to its successor.
    memory: File,
}

pub(crate) fn declare(registry: &mut Registry) {
    context::declare(registry);
}

/// Code and attributes together, as this process sees them now.
///
/// # Errors
/// A class that is wrong, or two parts of one name.
pub(crate) fn parts(app: &App) -> Result<Parts, Stop> {
    let mut parts = app.parts.borrow().clone();
    let found = scan::all(app, true).map_err(Stop::Throw)?;
    let found = found.unwrap_or_default();
    app.events.take(found.listeners);
    parts.extend(found.parts);
    parts.are_distinct()?;
    Ok(parts)
}

/// The same for the manager, which loads none of the application's classes: its workers would have them for good. A child looks
/// where the file of the last scan doesn't say it.
fn parts_from_outside(app: &App) -> Result<Parts, Stop> {
    let mut parts = app.parts.borrow().clone();
    let found = match scan::all(app, false).map_err(Stop::Throw)? {
        Some(found) => found.parts,
        None if scan::mentions(app, &["Cron", "Process"]) => ask_child(app)?,
        None => Parts::default(),
    };
    parts.extend(found);
    parts.are_distinct()?;
    Ok(parts)
}

fn ask_child(app: &App) -> Result<Parts, Stop> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let Some(child) = fork::fork()? else {
        drop(read);
        let said = match scan::all(app, true) {
            Ok(found) => part::to_json(&found.unwrap_or_default().parts).to_string(),
            Err(throw) => crate::failure::start_line(throw),
        };
        // Nobody reads it where the parent has gone.
        let _ = File::from(write).write_all(said.as_bytes());
        fork::exit_now(0);
    };
    drop(write);
    let mut said = String::new();
    let read = File::from(read).read_to_string(&mut said);
    let process = rustix::process::Pid::from_raw(child);
    // It has said what it had to say; another may have collected it.
    let _ended = rustix::process::waitpid(process, rustix::process::WaitOptions::empty());
    read?;
    let parsed = serde_json::from_str(&said).ok();
    match parsed.as_ref().and_then(part::from_json) {
        Some(parts) => Ok(parts),
        None if said.is_empty() => Err(
            "cannot start: looking for #[Cron] and #[Process] ended with a fatal error, see above"
                .into(),
        ),
        None => Err(format!("cannot start: {said}").into()),
    }
}

impl Beside {
    /// Looks what is to run.
    ///
    /// # Errors
    /// A class that is wrong; the system's error.
    pub(crate) fn new(app: &App) -> Result<Self, Stop> {
        let parts = parts_from_outside(app)?;
        let mut roles = Vec::new();
        if app.settings.borrow().auto.is_some() {
            roles.push(Role::Certificates);
        }
        if !parts.crons.is_empty() {
            roles.push(Role::Cron);
        }
        for process in &parts.processes {
            roles.extend(
                (0..process.count).map(|number| Role::Process(process.name.clone(), number)),
            );
        }
        let failures = Failures::new(roles.len())?;
        let memory = rustix::fs::memfd_create("schedule", rustix::fs::MemfdFlags::CLOEXEC)?;
        Ok(Self {
            roles,
            failures,
            memory: File::from(memory),
        })
    }

    /// How they are called, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |role: &Role| match role {
            Role::Certificates => "certificates".to_owned(),
            Role::Cron => "cron".to_owned(),
            Role::Process(name, number) => match self.count(name) {
                1 => name.clone(),
                _ => format!("{name}-{number}"),
            },
        };
        self.roles.iter().map(name).collect()
    }

    fn count(&self, name: &str) -> usize {
        let is_same = |role: &&Role| matches!(role, Role::Process(other, _) if other == name);
        self.roles.iter().filter(is_same).count()
    }

    /// Begins the one with this number, in its process.
    ///
    /// # Errors
    /// What it needs can't be made.
    pub(crate) fn start(
        self: &Rc<Self>,
        app: &Rc<App>,
        worker: &Rc<Worker>,
        number: usize,
    ) -> Result<(), Stop> {
        if self.roles.get(number) == Some(&Role::Certificates) {
            return certificates::start(app, worker);
        }
        let parts = parts(app)?;
        match self.roles.get(number) {
            Some(Role::Cron) => cron::start(app, parts.crons, self),
            Some(Role::Process(name, own)) => {
                match parts
                    .processes
                    .into_iter()
                    .find(|process| process.name == *name)
                {
                    Some(process) => process::start(app, worker, process, (number, *own), self),
                    None => {
                        let text = format!(
                            "there is no process '{name}' any more; restart the server to end its process"
                        );
                        app.log(Level::Warning, &text, &[], None);
                        Ok(())
                    }
                }
            }
            Some(Role::Certificates) | None => {
                Err("internal error: a process without a role".into())
            }
        }
    }

    /// What a reload has brought that has no process.
    pub(crate) fn missing(&self, parts: &Parts) -> Vec<String> {
        let mut all = Vec::new();
        if !parts.crons.is_empty() && !self.roles.contains(&Role::Cron) {
            all.push("jobs by the clock were added".to_owned());
        }
        let fewer = |process: &&part::Process| self.count(&process.name) < process.count;
        for process in parts.processes.iter().filter(fewer) {
            all.push(format!("a process '{}' was added", process.name));
        }
        all
    }

    /// Says so.
    pub(crate) fn miss(&self, app: &App, missing: &[String]) {
        for what in missing {
            let text = format!("{what}: restart the server to run it");
            app.log(Level::Warning, &text, &[], None);
        }
    }
}

/// Begins a coroutine of such a process from the driver. In the one that starts the process no function of PHP runs, and Xdebug asks
/// each coroutine for the file that it was begun in.
pub(crate) fn begin(app: &Rc<App>, body: impl FnOnce() -> Result<(), Throw> + 'static) {
    let app = Rc::clone(app);
    scheduler::defer_to_driver(move || {
        if let Err(error) = callback::call(body) {
            let text = format!("a process has no coroutine to run in: {error}");
            app.log(Level::Error, &text, &[], None);
        }
    });
}

/// Nothing new begins: the process is told to end.
pub(crate) fn draining() {
    cron::stop();
    context::stop();
}

/// May what still runs in this process be cancelled at once?
pub(crate) fn lets_go() -> bool {
    cron::running() == 0 && !context::is_waited_for()
}

/// What this process has to tell beside its coroutines.
pub(crate) fn tells() -> String {
    cron::tells()
}
