//! Hot reload: watches the application's files for the manager and says when new workers are wanted.

use super::lint::{self, Fault};
use super::successor::{Heritage, Successor, Trial};
use crate::app::App;
use highper_app::listen::Address;
use highper_app::refused::Refused;
use highper_log::Level;
use highper_process::listen::Listener;
use highper_watch::{Options, Place, Watcher, What};
use highper_zend::{Value, call_function};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use std::collections::{BTreeSet, HashSet};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A program that is tried out for so long is no good.
const LONGEST_TRIAL: Duration = Duration::from_secs(30);

/// What is to be watched beside that which the application has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// More files and folders.
    pub(crate) more: Vec<String>,
    /// Looks from time to time.
    pub(crate) polling: bool,
}

/// The sockets that a new program is to have, by their addresses.
#[derive(Default)]
pub(crate) struct Sockets {
    list: Vec<(String, OwnedFd)>,
    /// Why they can't be handed over.
    stay: Option<&'static str>,
}

impl Sockets {
    pub(crate) fn new(addresses: &[Address], listeners: &[Listener], are_own: bool) -> Self {
        let named = addresses.iter().zip(listeners).filter(|_| !are_own);
        let list = named.filter_map(|(address, listener)| {
            let copy = rustix::io::fcntl_dupfd_cloexec(listener.as_fd(), 3).ok()?;
            Some((address.to_string(), copy))
        });
        Self {
            list: list.collect(),
            stay: are_own.then_some("each worker has a socket of its own (reuse_port)"),
        }
    }

    /// One more, for messages.
    pub(crate) fn add(&mut self, address: &Address, listener: &Listener, is_datagram: bool) {
        if is_datagram {
            self.stay = Some("a socket for datagrams can't be handed over");
        } else if self.stay.is_none()
            && let Ok(copy) = rustix::io::fcntl_dupfd_cloexec(listener.as_fd(), 3)
        {
            self.list.push((address.to_string(), copy));
        }
    }
}

/// Watches for one server.
pub(crate) struct Reloader {
    watcher: Watcher,
    /// What this process has loaded itself: no reload takes it.
    loaded: HashSet<PathBuf>,
    /// Was the configuration read before the workers were there?
    config: Option<PathBuf>,
    /// Files that don't compile.
    broken: BTreeSet<PathBuf>,
    /// What is wrong with them.
    faults: Vec<Fault>,
    /// Why something else is not taken.
    why: Option<String>,
    /// What is owed to changes that had to wait.
    owed: Owed,
    wants_reload: bool,
    successor: Result<Successor, String>,
    sockets: Vec<(String, OwnedFd)>,
    /// A new program waits until the manager has read its signals.
    is_put_off: bool,
    /// The server ends.
    is_over: bool,
    trial: Option<(Trial, Instant)>,
    /// Workers of this manager: process ids, and whether they serve.
    workers: Vec<(i32, bool)>,
    /// Those of the manager before.
    before: Vec<i32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Owed {
    reload: bool,
    takeover: bool,
}

impl Reloader {
    /// Watches from now on.
    pub(crate) fn new(app: &App, heritage: &Heritage, sockets: Sockets) -> Self {
        let wanted = &app.settings.borrow().watched;
        let loaded = loaded();
        let mut options = Options {
            places: places(app, wanted),
            files: loaded
                .iter()
                .filter(|file| !is_installed(file))
                .cloned()
                .collect(),
            polling: wanted.polling,
            busy: Some(app.base.join(".git/index.lock")),
            ..Options::default()
        };
        options.files.sort();
        let mut made = Self {
            watcher: Watcher::new(options, Instant::now()),
            loaded,
            config: app.config.is_read().then(|| app.base.join("config")),
            broken: BTreeSet::new(),
            faults: Vec::new(),
            why: None,
            owed: Owed::default(),
            wants_reload: false,
            successor: match sockets.stay {
                Some(why) => Err(why.to_owned()),
                None => Successor::of_this_process().map_err(|e| e.to_string()),
            },
            sockets: sockets.list,
            trial: None,
            is_put_off: false,
            is_over: false,
            workers: Vec::new(),
            before: heritage.workers.clone(),
        };
        if let Some(warning) = made.watcher.warning() {
            app.log(Level::Warning, &warning, &[], None);
        }
        made
    }

    /// Waits for the manager, and does what is to be done meanwhile. It may not come back: a new program may have taken over.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn wait(
        &mut self,
        app: &App,
        fds: &[RawFd],
        time: Duration,
    ) -> std::io::Result<Vec<bool>> {
        let mut all = fds.to_vec();
        all.extend(self.watcher.fd().map(|fd| fd.as_raw_fd()));
        all.extend(self.trial.as_ref().map(|(trial, _)| trial.said.as_raw_fd()));
        let ready = highper_process::wait_readable(&all, self.patience(time));
        self.turn(app);
        let mut ready = ready?;
        ready.truncate(fds.len());
        Ok(ready)
    }

    fn patience(&self, time: Duration) -> Duration {
        let now = Instant::now();
        let trial = self
            .trial
            .as_ref()
            .map(|(_, until)| until.saturating_duration_since(now));
        [self.watcher.patience(now), trial]
            .into_iter()
            .flatten()
            .fold(time, Duration::min)
            .min(if self.is_put_off {
                Duration::ZERO
            } else {
                time
            })
    }

    fn turn(&mut self, app: &App) {
        if self.is_over {
            return;
        }
        if self.is_put_off {
            return self.take_over(app);
        }
        if let Some((trial, until)) = &mut self.trial {
            let verdict = trial.look();
            let is_late = Instant::now() >= *until;
            match verdict {
                Some(Ok(())) => {
                    self.trial = None;
                    self.take_over(app);
                }
                Some(Err(why)) => {
                    self.trial = None;
                    self.refuse(app, &why);
                }
                None if is_late => {
                    if let Some((trial, _)) = self.trial.take() {
                        trial.end();
                    }
                    self.refuse(app, "it did not come to run() in 30 s");
                }
                None => {}
            }
        }
        let changed = self.watcher.look(Instant::now());
        if let Some(warning) = self.watcher.warning() {
            app.log(Level::Warning, &warning, &[], None);
        }
        if !changed.is_empty() {
            self.changed(app, &changed);
        }
    }

    /// Are new workers wanted? Asked once.
    pub(crate) fn wants_reload(&mut self) -> bool {
        std::mem::take(&mut self.wants_reload)
    }

    fn changed(&mut self, app: &App, changed: &[PathBuf]) {
        let text = match changed {
            [one] => format!("{} has changed", shown(app, one)),
            [first, rest @ ..] => format!(
                "{} and {} more files have changed",
                shown(app, first),
                rest.len()
            ),
            [] => return,
        };
        app.log(Level::Info, &text, &[], None);
        for file in changed {
            match self.is_loaded(file) {
                true => self.owed.takeover = true,
                false => self.owed.reload = true,
            }
        }
        let code = changed
            .iter()
            .filter(|file| file.extension().is_some_and(|e| e == "php"));
        self.broken.extend(code.cloned());
        self.broken.retain(|file| file.is_file());
        let files: Vec<PathBuf> = self.broken.iter().cloned().collect();
        match lint::faults(&files) {
            Ok(faults) => {
                self.broken = faults.iter().map(|fault| fault.file.clone()).collect();
                // A second file is saved before the first one is mended.
                for fault in faults.iter().filter(|fault| !self.faults.contains(fault)) {
                    told(app, &fault.refused().text());
                }
                self.faults = faults;
                self.publish(app);
            }
            Err(error) => {
                self.broken.clear();
                let text =
                    format!("changed files are not looked at before they are loaded: {error}");
                app.log(Level::Warning, &text, &[], None);
            }
        }
        if self.broken.is_empty() {
            self.pay(app);
        }
    }

    /// Does what changes have asked for.
    fn pay(&mut self, app: &App) {
        let owed = std::mem::take(&mut self.owed);
        if let (true, Ok(successor)) = (owed.takeover, &self.successor) {
            // One that is under way has seen older files.
            if let Some((trial, _)) = self.trial.take() {
                trial.end();
            }
            match successor.try_out() {
                Ok(trial) => {
                    self.owed = owed;
                    self.trial = Some((trial, Instant::now() + LONGEST_TRIAL));
                    return;
                }
                Err(error) => self.refuse(app, &error.to_string()),
            }
        } else if let (true, Err(why)) = (owed.takeover, &self.successor) {
            let text =
                format!("restart the server to take what was loaded before its workers: {why}");
            app.log(Level::Warning, &text, &[], None);
        }
        self.wants_reload |= owed.reload;
    }

    /// Parts were added that only a new manager has processes for.
    pub(crate) fn start_anew(&mut self, app: &App) {
        self.owed.takeover = true;
        if self.broken.is_empty() {
            self.pay(app);
        }
    }

    fn refuse(&mut self, app: &App, why: &str) {
        told(app, why);
        self.say(app, Some(why));
    }

    /// Why new workers can't start; nothing where they did.
    pub(crate) fn say(&mut self, app: &App, why: Option<&str>) {
        self.why = why.map(str::to_owned);
        self.publish(app);
    }

    /// Lets the pages of the workers say what is not taken.
    fn publish(&self, app: &App) {
        let Some(notice) = app.notice.get() else {
            return;
        };
        let faults = self.faults.iter().map(Fault::refused);
        let why = self.why.iter().map(|why| Refused {
            message: why.clone(),
            ..Refused::default()
        });
        let all: Vec<Refused> = faults.chain(why).collect();
        if let Err(error) = notice.put(&all) {
            let text = format!("no page can say what is not taken: {error}");
            app.log(Level::Warning, &text, &[], None);
        }
    }

    fn take_over(&mut self, app: &App) {
        // While it was put off another change may have begun one: the new manager would not know that child.
        if let Some((trial, _)) = self.trial.take() {
            trial.end();
        }
        if !std::mem::take(&mut self.is_put_off) {
            app.log(Level::Info, "starting anew", &[], None);
        }
        for (worker, serves) in &self.workers {
            // The clock and the application's own processes must not be there twice.
            if !serves {
                tell(*worker);
            }
        }
        let workers: Vec<i32> = self
            .workers
            .iter()
            .map(|(pid, _)| *pid)
            .chain(self.before.iter().copied())
            .collect();
        if let Ok(successor) = &self.successor {
            let error = successor.become_it(&self.sockets, &workers);
            if error.kind() == std::io::ErrorKind::Interrupted {
                // The manager reads its signals first: one may be the end.
                self.is_put_off = true;
                return;
            }
            self.refuse(app, &format!("PHP can't be started: {error}"));
        }
    }

    fn is_loaded(&self, file: &Path) -> bool {
        let name = file
            .file_name()
            .map(std::ffi::OsStr::as_encoded_bytes)
            .unwrap_or_default();
        let is_environment = name == b".env" || name.starts_with(b".env.");
        let is_config = self
            .config
            .as_ref()
            .is_some_and(|folder| file.starts_with(folder));
        let real = match (
            file.canonicalize(),
            file.parent().map(Path::canonicalize),
            file.file_name(),
        ) {
            (Ok(real), ..) => real,
            (Err(_), Some(Ok(folder)), Some(name)) => folder.join(name),
            _ => file.to_owned(),
        };
        is_environment || is_config || self.loaded.contains(&real) || self.loaded.contains(file)
    }

    pub(crate) fn spawned(&mut self, pid: i32, serves: bool) {
        self.workers.push((pid, serves));
    }

    pub(crate) fn exited(&mut self, pid: i32) {
        self.workers.retain(|(known, _)| *known != pid);
    }

    /// The workers accept: those of the manager before may end.
    pub(crate) fn started(&mut self) {
        self.before.iter().copied().for_each(tell);
    }

    /// From time to time: collects those that have ended.
    pub(crate) fn tick(&mut self) {
        let lives = |pid: &i32| {
            let state = waitpid(Pid::from_raw(*pid), WaitOptions::NOHANG);
            matches!(state, Ok(None))
        };
        self.before.retain(lives);
    }

    /// The server begins to end: no new program takes over from now on.
    pub(crate) fn stop(&mut self) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.is_put_off = false;
        if let Some((trial, _)) = self.trial.take() {
            trial.end();
        }
        self.started();
    }
}

fn told(app: &App, why: &str) {
    let text = format!("not taken, what was there before serves on: {why}");
    app.log(Level::Error, &text, &[], None);
}

fn tell(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::TERM);
    }
}

fn shown(app: &App, file: &Path) -> String {
    file.strip_prefix(&app.base)
        .unwrap_or(file)
        .display()
        .to_string()
}

/// Installed packages don't change file by file; Composer writes its own list of them last.
fn is_installed(file: &Path) -> bool {
    let below = file.iter().skip_while(|part| *part != "vendor").nth(1);
    below.is_some_and(|name| name != "composer" && name != "autoload.php")
}

/// The files that this process has loaded.
fn loaded() -> HashSet<PathBuf> {
    let files = call_function("get_included_files", &[]).into_result().ok();
    let files = files.as_ref().and_then(Value::as_array);
    let files = files.into_iter().flat_map(|list| list.values());
    files
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect()
}

fn places(app: &App, wanted: &Wanted) -> Vec<Place> {
    let place = |path: PathBuf, what, deep| Place { path, what, deep };
    let mut all = vec![
        place(app.base.clone(), What::Environment, false),
        place(app.base.join("config"), What::Code, true),
        place(app.base.join("lang"), What::All, true),
    ];
    let scans = app.scans.borrow();
    all.extend(
        scans
            .iter()
            .map(|(_, folder)| place(folder.clone(), What::Code, true)),
    );
    if let Some(views) = &*app.views.borrow() {
        all.push(place(views.folder().to_owned(), What::All, true));
    }
    all.extend(
        wanted
            .more
            .iter()
            .map(|path| place(app.folder(path), What::All, true)),
    );
    all
}
