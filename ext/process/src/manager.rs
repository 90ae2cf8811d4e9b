//! The manager: forks workers, watches over them, ends them.

mod exit;
mod limits;
mod pause;
mod reload;
mod shutdown;
mod spawn;
mod upgrade;

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use highper_shm::{Command, ScoreBoard};

use crate::control::ControlSocket;
use crate::daemon::{self, Launcher};
use crate::error::{Error, reason};
use crate::hooks::{Hooks, Level};
use crate::notify::Notifier;
use crate::options::{Hangup, Options};
use crate::overview;
use crate::pidfile::PidFile;
use crate::post::Post;
use crate::signals::{self, Signal, SignalPipe};
use crate::status;
use crate::sys::{self, Pid};
use crate::upgrade::{self as succession, Program, Upgrade};
use crate::user::Identity;
use crate::worker::{Kind, WorkerContext};

use limits::Recycling;
use pause::Pause;
use reload::Reload;
use spawn::{Budget, Purpose, Spawn};

/// Where [`run`] came back.
#[derive(Debug)]
pub enum Role {
    /// In a worker that was just forked: serve, then exit.
    Worker(WorkerContext),
    /// In the manager, when all workers are gone: exit with this code.
    Manager(i32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Starting { deadline: Instant },
    Ready,
    Draining { kill_at: Instant },
    // It drains by itself: nobody here has told it to.
    Leaving { kill_at: Instant },
    // SIGKILL was sent.
    Killed { expected: bool },
}

#[derive(Debug)]
struct Worker {
    id: usize,
    kind: Kind,
    generation: u32,
    pid: Pid,
    slot: usize,
    started: Instant,
    phase: Phase,
    purpose: Purpose,
    was_ready: bool,
}

impl Worker {
    /// Serves or will serve: no other process is needed for its id.
    fn counts(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. } | Phase::Ready)
    }
}

#[derive(Debug)]
struct Stopping {
    fast: bool,
    code: i32,
}

struct Manager<'h> {
    options: Options,
    hooks: &'h mut dyn Hooks,
    identity: Option<Identity>,
    board: Arc<ScoreBoard>,
    post: Arc<Post>,
    wake: OwnedFd,
    signals: SignalPipe,
    control: Option<ControlSocket>,
    launcher: Launcher,
    pid: Pid,
    generation: u32,
    newest_generation: u32,
    workers: Vec<Worker>,
    pending: Vec<Spawn>,
    budget: Budget,
    // Per id: failed starts in a row.
    failures: Vec<u32>,
    // True once every worker of the first generation was ready at one time.
    settled: bool,
    reload: Option<Reload>,
    queued_reload: Option<Option<Kind>>,
    recycling: Recycling,
    pause: Pause,
    program: Result<Program, String>,
    upgrade: Option<Upgrade>,
    // One was asked for while the server starts.
    queued_upgrade: bool,
    // How many, and why the last one did.
    failed_upgrades: (u32, String),
    // Another program has taken over.
    is_replaced: bool,
    stopping: Option<Stopping>,
    give_up: Option<Error>,
    next_tick: Instant,
    notifier: Notifier,
    // Last: removed from the disk when all else is gone.
    pid_file: Option<PidFile>,
}

/// Starts the server: checks the settings, goes to the background if asked,
/// forks the workers and supervises them.
///
/// Call it in a process with one thread, no runtime and no epoll, with the
/// listening sockets bound. With `daemonize` the calling process ends inside
/// this call and the function returns in other processes only.
///
/// In the manager: SIGTERM or SIGINT ends the server gracefully (a second one
/// at once), SIGQUIT at once, SIGUSR1 replaces all workers, SIGUSR2 the task
/// workers, SIGHUP as [`Options::on_hangup`] says; [`control::PAUSE`](crate::control::PAUSE) stops taking new connections,
/// [`control::RESUME`](crate::control::RESUME) begins again.
///
/// # Errors
/// Wrong settings, a pid file in use, a failing
/// [`before_fork`](Hooks::before_fork) or
/// [`manager_start`](Hooks::manager_start) hook, and a first generation that
/// could not start: print the text and exit with code 1.
pub fn run(options: Options, hooks: &mut dyn Hooks) -> Result<Role, Error> {
    options.validate()?;
    let identity = Identity::resolve(options.user.as_deref(), options.group.as_deref())?;
    let program = Program::of_this_process();
    let program = program.map_err(|error| error.to_string());
    let mut launcher = Launcher::default();
    let mut pid_file = None;
    if let Some(path) = &options.pid_file {
        pid_file = Some(PidFile::lock(path).inspect_err(|error| launcher.failed(error))?);
    }
    if options.daemonize && succession::takes_over() {
        // In the background already; what is printed may go elsewhere from now on.
        daemon::redirect_output(options.output().as_deref())
            .inspect_err(|error| launcher.failed(error))?;
    } else if options.daemonize {
        launcher = daemon::daemonize(options.output().as_deref())?;
    }
    let prepared = prepare(options, identity, program, &mut pid_file, hooks);
    let mut manager = match prepared {
        Ok(manager) => manager,
        Err(error) => {
            launcher.failed(&error);
            return Err(error);
        }
    };
    manager.launcher = launcher;
    manager.pid_file = pid_file;
    let result = manager.supervise();
    if let Err(error) = &result {
        manager.launcher.failed(error);
    }
    result
}

fn prepare<'h>(
    options: Options,
    identity: Option<Identity>,
    program: Result<Program, String>,
    pid_file: &mut Option<PidFile>,
    hooks: &'h mut dyn Hooks,
) -> Result<Manager<'h>, Error> {
    let failed =
        |what: &str, e: &std::io::Error| Error::new(format!("cannot make {what}: {}", reason(e)));
    if let (Some(identity), Some(log)) = (&identity, options.output())
        && let Ok(path) = std::ffi::CString::new(log.as_os_str().as_encoded_bytes())
    {
        // Workers open it again.
        sys::chown(&path, identity.uid, identity.gid).map_err(|e| {
            Error::new(format!(
                "setting 'log_file' is '{}': cannot give it to the workers' user: {}",
                log.display(),
                reason(&e)
            ))
        })?;
    }
    let mut control = None;
    if let Some(file) = pid_file
        && !succession::takes_over()
    {
        control = announce(file, hooks)?;
    }
    let total = options.worker_num
        + options.task_worker_num
        + options.user_num
        + usize::from(options.front);
    // Two generations side by side, and one recycling in between.
    let board = ScoreBoard::new(2 * total + 2, options.remembered_requests)
        .map_err(|e| failed("the shared score board", &e))?;
    board.set_script(options.script.as_bytes());
    let board = Arc::new(board);
    let post = Post::new(
        options.worker_num,
        options.task_worker_num,
        options.user_num,
        &board,
        options.message_room,
        options.front,
    );
    let post = Arc::new(post.map_err(|e| failed("the mailboxes of the workers", &e))?);
    hooks.prepared(&post);
    let wake = sys::eventfd().map_err(|e| failed("an event descriptor", &e))?;
    hooks.before_fork()?;
    let signals =
        SignalPipe::install(&signals::manager()).map_err(|e| failed("the signal handlers", &e))?;
    let now = Instant::now();
    Ok(Manager {
        budget: Budget::new(options.respawn_burst, options.respawn_rate, now),
        failures: vec![0; total],
        options,
        hooks,
        identity,
        board,
        post,
        wake,
        signals,
        control,
        launcher: Launcher::default(),
        pid: sys::getpid(),
        generation: 1,
        newest_generation: 1,
        workers: Vec::new(),
        pending: Vec::new(),
        settled: false,
        reload: None,
        queued_reload: None,
        recycling: Recycling::new(now),
        pause: Pause::No,
        program,
        upgrade: None,
        queued_upgrade: false,
        failed_upgrades: (0, String::new()),
        is_replaced: false,
        stopping: None,
        give_up: None,
        next_tick: now + Duration::from_secs(1),
        notifier: Notifier::new(),
        pid_file: None,
    })
}

/// Says who is the server: in the pid file, and at the socket beside it.
fn announce(file: &mut PidFile, hooks: &mut dyn Hooks) -> Result<Option<ControlSocket>, Error> {
    file.write()?;
    let bound = ControlSocket::bind(&file.socket()).inspect_err(|e| {
        hooks.log(
            Level::Warning,
            &format!(
                "the status command will not work: cannot bind '{}': {}",
                file.socket().display(),
                reason(e)
            ),
        );
    });
    Ok(bound.ok())
}

impl Manager<'_> {
    fn supervise(&mut self) -> Result<Role, Error> {
        let now = Instant::now();
        for id in 0..self.total() {
            self.pending.push(Spawn {
                id,
                at: now,
                purpose: Purpose::First,
            });
        }
        let mut announced = false;
        loop {
            if let Some(context) = self.spawn_due() {
                return Ok(Role::Worker(context));
            }
            if !announced {
                announced = true;
                if let Err(error) = self.hooks.manager_start() {
                    self.give_up(error);
                }
            }
            self.wait();
            self.take_signals();
            self.take_commands();
            self.reap();
            let now = Instant::now();
            self.notice_ready();
            self.notice_leaving(now);
            self.end_the_last();
            self.enforce_deadlines(now);
            self.advance_reload(now);
            self.advance_recycling(now);
            self.advance_pause(now);
            self.advance_upgrade(now);
            self.fill_gaps(now);
            self.notifier.beat(now);
            if now >= self.next_tick {
                self.next_tick = now + Duration::from_secs(1);
                self.measure(now);
                let result = self.hooks.tick();
                self.log_failure("tick", result);
            }
            if self.hooks.wants_reload() {
                self.want_reload(None);
            }
            if self.hooks.should_abort() {
                self.shut_down(true, 255);
            }
            if let Some(stopping) = &self.stopping
                && self.workers.is_empty()
            {
                let code = stopping.code;
                let result = self.hooks.manager_stop();
                self.log_failure("manager_stop", result);
                self.info(&format!(
                    "stopped after {} and {} requests",
                    status::uptime(Duration::from_nanos(
                        highper_shm::monotonic().saturating_sub(self.board.started())
                    )),
                    self.board.total_requests()
                ));
                return match self.give_up.take() {
                    Some(error) => Err(error),
                    None => Ok(Role::Manager(code)),
                };
            }
        }
    }

    fn total(&self) -> usize {
        let front = usize::from(self.options.front);
        self.options.worker_num + self.options.task_worker_num + self.options.user_num + front
    }

    fn kind_of(&self, id: usize) -> Kind {
        if id < self.options.worker_num {
            Kind::Worker
        } else if id < self.options.worker_num + self.options.task_worker_num {
            Kind::Task
        } else if self.options.front && id + 1 == self.total() {
            Kind::Front
        } else {
            Kind::User
        }
    }

    fn wait(&mut self) {
        let now = Instant::now();
        let mut until = self.next_tick;
        until = self.notifier.due().map_or(until, |at| until.min(at));
        for spawn in &self.pending {
            until = until.min(spawn.at);
        }
        for worker in &self.workers {
            match worker.phase {
                Phase::Starting { deadline } => until = until.min(deadline),
                Phase::Draining { kill_at } | Phase::Leaving { kill_at } => {
                    until = until.min(kill_at);
                }
                Phase::Ready | Phase::Killed { .. } => {}
            }
        }
        if let Some(at) = self.reload.as_ref().and_then(Reload::wakes_at) {
            until = until.min(at);
        }
        if let Pause::At(at) = self.pause {
            until = until.min(at);
        }
        let mut fds = vec![self.signals.fd(), self.wake.as_raw_fd()];
        fds.extend(self.control.as_ref().map(ControlSocket::fd));
        if let Some(upgrade) = &self.upgrade {
            fds.push(upgrade.fd());
            until = until.min(upgrade.until);
        }
        if self.queued_reload.is_some() && self.reload.is_none() && self.stopping.is_none() {
            let at = match self.settled {
                true => Some(now),
                false => self.starts_until(),
            };
            until = at.map_or(until, |at| until.min(at));
        }
        match self.hooks.wait(&fds, until.saturating_duration_since(now)) {
            Ok(readable) => {
                if readable[1] {
                    let mut count = [0u8; 8];
                    // Empty already when several workers woke us for one thing.
                    let _ = sys::read(self.wake.as_fd(), &mut count);
                }
                if readable.get(2) == Some(&true)
                    && let Some(control) = &self.control
                {
                    for worker in &self.workers {
                        limits::note_rss(&self.board.slots()[worker.slot], worker.pid);
                    }
                    control.answer(|| {
                        let names = (
                            self.options.worker_num + self.options.task_worker_num,
                            &*self.options.user_names,
                        );
                        let (name, board) = (&self.options.name, &self.board);
                        let mut text = status::render(
                            name,
                            self.pid,
                            self.generation,
                            board,
                            names,
                            &self.upgrades(),
                        );
                        text += &overview::render(name, self.pid, self.generation, board, names);
                        text
                    });
                }
            }
            Err(e) => {
                // Out of memory at worst: the loop goes on by time.
                self.hooks.log(
                    Level::Error,
                    &format!("cannot wait for events: {}", reason(&e)),
                );
                sys::pause(Duration::from_millis(100));
            }
        }
    }

    fn take_signals(&mut self) {
        while let Some(signal) = self.signals.next_signal() {
            match signal {
                Signal::Terminate | Signal::Interrupt => {
                    let again = self.stopping.is_some();
                    self.shut_down(again, 0);
                }
                Signal::Quit => self.shut_down(true, 0),
                Signal::User1 => self.want_reload(None),
                Signal::User2 => self.want_reload(Some(Kind::Task)),
                Signal::Hangup => match self.options.on_hangup {
                    Hangup::ReopenLogs => self.reopen_logs(),
                    Hangup::Reload => self.want_reload(None),
                    Hangup::Shutdown => self.shut_down(self.stopping.is_some(), 0),
                },
                Signal::Pause => self.pause(),
                Signal::Resume => self.resume(),
                Signal::Upgrade => self.want_upgrade(),
                Signal::Reopen => self.reopen_logs(),
                // The loop collects children at each turn.
                Signal::Child => {}
            }
        }
    }

    fn take_commands(&mut self) {
        for command in self.board.take_commands() {
            match command {
                Command::Shutdown => {
                    if self.stopping.is_none() {
                        self.shut_down(false, 0);
                    }
                }
                Command::Reload => self.want_reload(None),
                Command::ReloadTasks => self.want_reload(Some(Kind::Task)),
            }
        }
    }

    fn reopen_logs(&mut self) {
        if let Some(log) = self.options.output()
            && let Err(error) = daemon::redirect_output(Some(&log))
        {
            self.hooks.log(Level::Error, &error.to_string());
        }
        let result = self.hooks.logs_reopened();
        self.log_failure("logs_reopened", result);
        for worker in &self.workers {
            // One that has just ended is collected at the next turn.
            let _ = sys::kill(worker.pid, libc::SIGWINCH);
        }
        self.info("logs opened again");
    }

    fn info(&mut self, text: &str) {
        self.hooks.log(Level::Info, text);
    }

    fn log_failure(&mut self, hook: &str, result: Result<(), Error>) {
        if let Err(error) = result {
            self.hooks.log(Level::Error, &format!("in {hook}: {error}"));
        }
    }
}
