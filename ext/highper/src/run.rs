//! `run($argv)`: the command line, the listeners, the manager.

use crate::app::App;
use crate::beside::Beside;
use crate::certificates;
use crate::console;
use crate::develop::notice::Notice;
use crate::develop::reloader::{self, Reloader};
use crate::develop::successor::{self, Heritage};
use crate::failure::start_line;
use crate::task::lost::Lost;
use crate::worker::Face;
use highper_app::listen::{Action, Address, CommandLine};
use highper_log::{Level, Record};
use highper_process::listen::{Listener, TcpOptions, bind_tcp, bind_unix, resolve};
use highper_process::post::Post;
use highper_process::{
    Error, Exit, Hooks, Kind, Options, Spawned, cannot_take_over, control, takes_over,
};
use highper_runtime::inspect;
use highper_runtime::serve::{Plan, Served};
use highper_zend::{Throw, Value, call_function};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Does what the command line says. Returns in the manager, and in each worker at its end.
///
/// # Errors
/// A fatal error of a worker goes on.
pub(crate) fn run(app: &Rc<App>, argv: &[String]) -> Result<i32, Throw> {
    let line = match CommandLine::parse(argv.get(1..).unwrap_or_default()) {
        Ok(line) => line,
        Err(why) => return Ok(console::misused(&why.to_string())),
    };
    match start(app, argv, &line) {
        Ok(code) => Ok(code),
        Err(Stop::Line(line)) => {
            cannot_take_over(&line);
            complain(&line);
            Ok(1)
        }
        Err(Stop::Throw(throw)) => Err(throw),
    }
}

/// Why nothing runs.
pub(crate) enum Stop {
    Line(String),
    Throw(Throw),
}

impl<T: std::fmt::Display> From<T> for Stop {
    fn from(text: T) -> Self {
        Self::Line(text.to_string())
    }
}

fn complain(line: &str) {
    eprintln!("highper: {line}");
}

/// For people: on standard output.
pub(crate) fn say(text: &str) {
    print(format!("{text}\n").as_bytes());
}

/// The same without an end of line.
pub(crate) fn print(text: &[u8]) {
    // PHP's own output, so that buffers keep the order; it can't do more than fail.
    let _ = call_function("printf", &[Value::from("%s"), Value::string(text)]);
}

fn start(app: &Rc<App>, argv: &[String], line: &CommandLine) -> Result<i32, Stop> {
    let script = argv.first().map_or("server.php", |s| &**s);
    match line.action {
        Action::Help => return console::help(app, line, script),
        Action::List => return console::show_all(app),
        Action::Run => return console::run(app, line, script),
        Action::Routes => return console::routes::show(app, line),
        Action::Config => return console::tree::show(app, line),
        Action::Check => return console::check::check(app, line),
        Action::Completion => return console::complete::script(line, script),
        Action::Complete => return console::complete::offer(app, line),
        _ => {}
    }
    if let Some(mistake) = app.mistakes.borrow().first() {
        return Err(mistake.into());
    }
    let addresses = addresses(app, line)?;
    let mut options = options(app, line, script, &addresses);
    let pid_file = options.pid_file.clone().unwrap_or_default();
    let patience = options.max_wait_time + Duration::from_secs(5);
    let mut heritage = Heritage::read();
    match line.action {
        Action::Start | Action::Restart if successor::is_trial() => {
            options.validate()?;
            secured(app)?;
            crate::worker::try_out(app)?;
            say(successor::PASSED);
            return Ok(0);
        }
        Action::Stop => {
            let pid = control::stop(&pid_file, patience)?;
            say(&format!("stopped (process {pid})"));
            return Ok(0);
        }
        Action::Reload => {
            let pid = control::reload(&pid_file)?;
            say(&format!("reloading (process {pid})"));
            return Ok(0);
        }
        Action::Upgrade => {
            let (old, new) = control::upgrade(&pid_file, Duration::from_secs(120))?;
            say(&format!(
                "upgraded: process {new} serves, process {old} ends"
            ));
            return Ok(0);
        }
        Action::Pause => {
            let pid = control::pause(&pid_file)?;
            say(&format!("pausing (process {pid})"));
            return Ok(0);
        }
        Action::Resume => {
            let pid = control::resume(&pid_file)?;
            say(&format!("resuming (process {pid})"));
            return Ok(0);
        }
        Action::Status => {
            say(control::status(&pid_file)?.trim_end());
            return Ok(0);
        }
        Action::Coroutines => {
            say(inspect(&pid_file)?.trim_end());
            return Ok(0);
        }
        Action::Ps => return console::ps::show(&pid_file, line),
        Action::Top => return console::top::show(&pid_file, line),
        Action::Restart
            if !heritage.is_given && !takes_over() && control::pid(&pid_file).is_ok() =>
        {
            control::stop(&pid_file, patience)?;
        }
        _ => {}
    }
    if highper_engine::is_running() {
        return Err("run() was called inside a coroutine; call it at the end of the script".into());
    }
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in &addresses {
        listeners.push(match heritage.socket(&address.to_string()) {
            Some(socket) => socket,
            None => bind(address)?,
        });
    }
    let ports = app.ports.borrow().clone();
    let mut doors = Vec::with_capacity(ports.len());
    for port in &ports {
        let inherited = heritage.socket(&port.address.to_string());
        doors.push(match inherited.filter(|_| !port.is_datagram) {
            Some(socket) => socket,
            None => port.bind()?,
        });
    }
    let plain = certificates::address(app, &addresses);
    let gate = match &plain {
        None => None,
        Some(address) => Some(match heritage.socket(&address.to_string()) {
            Some(socket) => socket,
            None => bind(address).map_err(|error| certificates::unbound(address, &error))?,
        }),
    };
    apply(app);
    app.make_world()?;
    if app.metrics.is_on() {
        app.metrics.make(options.worker_num)?;
    }
    if options.daemonize && options.log_file.is_none() {
        options.log_file = Some(place(app, &addresses, "log"));
    }
    let reloader = watched(app, line).then(|| {
        match Notice::new() {
            Ok(notice) => drop(app.notice.set(notice)),
            Err(error) => {
                let text = format!("no page can say which changed code is not taken: {error}");
                app.log(Level::Warning, &text, &[], None);
            }
        }
        let reuse_port = app.settings.borrow().reuse_port;
        let mut sockets = reloader::Sockets::new(&addresses, &listeners, reuse_port);
        for (port, door) in ports.iter().zip(&doors) {
            sockets.add(&port.address, door, port.is_datagram);
        }
        if let (Some(address), Some(gate)) = (&plain, &gate) {
            sockets.add(address, gate, false);
        }
        Reloader::new(app, &heritage, sockets)
    });
    if reloader.is_none() {
        heritage.end();
    }
    options.daemonize &= !heritage.is_given;
    options.eager_reload = reloader.is_some();
    serve(app, options, (listeners, doors, gate), reloader)
}

/// Are there new workers when files change?
fn watched(app: &App, line: &CommandLine) -> bool {
    let set = line.watch.or(app.settings.borrow().watch);
    let watched = set.unwrap_or(app.is_development.get());
    // The workers take more than the files that they look for, then.
    app.settings.borrow_mut().watch = Some(watched);
    watched
}

/// What the coroutines of all workers do.
fn inspect(pid_file: &Path) -> Result<String, Error> {
    let workers = control::workers(pid_file)?;
    let processes: Vec<i32> = workers.iter().map(|(_, pid)| *pid).collect();
    let mut text = String::new();
    for ((id, pid), answer) in workers.iter().zip(inspect::ask_all(&processes)) {
        text.push_str(&format!("worker {id}, process {pid}: "));
        match answer {
            Ok(answer) => text.push_str(&answer),
            Err(error) => text.push_str(&format!("does not tell: {error}\n")),
        }
        text.push('\n');
    }
    Ok(text)
}

/// Settings that concern this process and its children alike.
pub(crate) fn apply(app: &App) {
    highper_runtime::hooks::keep_functions();
    let settings = app.settings.borrow();
    if let Some(level) = settings.log_level {
        app.logger.set_level(level);
    }
    if let Some(on) = settings.access_log {
        app.logs_access.set(on);
    }
    if let Some(max) = settings.max_coroutines {
        highper_engine::scheduler::set_max(max);
    }
    if let Some(bytes) = settings.stack_size {
        highper_engine::scheduler::set_stack_size(bytes);
    }
}

/// `--listen` goes over the settings, these over `PORT`.
pub(crate) fn addresses(app: &App, line: &CommandLine) -> Result<Vec<Address>, Stop> {
    if !line.listen.is_empty() {
        return Ok(line.listen.clone());
    }
    let settings = app.settings.borrow();
    if settings.listen.is_empty() {
        return Ok(vec![Address::from_port(app.env.borrow().get("PORT"))?]);
    }
    let parsed: Result<Vec<_>, _> = settings
        .listen
        .iter()
        .map(|text| Address::parse(text))
        .collect();
    Ok(parsed?)
}

fn options(app: &App, line: &CommandLine, script: &str, addresses: &[Address]) -> Options {
    let settings = app.settings.borrow();
    let mut options = Options {
        script: script.to_owned(),
        daemonize: line.daemon,
        // A start that fails for one reason fails again: say it once.
        start_attempts: 1,
        user_loops: true,
        ..settings.process.clone()
    };
    if let Some(workers) = line.workers.or(settings.workers) {
        options.worker_num = workers as usize;
    } else if app.is_development.get() {
        options.worker_num = 1;
    }
    options.pid_file = Some(match options.pid_file {
        Some(path) => app.base.join(path),
        None => place(app, addresses, "pid"),
    });
    options.log_file = options.log_file.map(|path| app.base.join(path));
    options
}

/// A file of this application and these addresses: below `var/` where there is such a folder,
/// else among temporary files.
fn place(app: &App, addresses: &[Address], ending: &str) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    app.base.hash(&mut hasher);
    addresses
        .iter()
        .for_each(|a| a.to_string().hash(&mut hasher));
    let name = format!("highper-{:012x}.{ending}", hasher.finish() >> 16);
    let var = app.base.join("var");
    let is_usable = rustix::fs::access(
        &var,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    );
    if is_usable.is_ok() && var.is_dir() {
        var.join(name)
    } else {
        std::env::temp_dir().join(name)
    }
}

pub(crate) fn bind(address: &Address) -> Result<Listener, Error> {
    match address {
        Address::Tcp(host, port) => bind_tcp(resolve(host, *port)?, &TcpOptions::default()),
        Address::Unix(path) => bind_unix(path.as_ref(), 0o660, TcpOptions::default().backlog),
    }
}

/// What a worker says that has found parts without a process.
pub(crate) const ANEW: &str = "anew\n";

/// The manager's side of the server.
struct Manager<'a> {
    app: &'a App,
    /// What workers say that could not start.
    reasons: File,
    /// The first of them.
    why: Option<String>,
    /// Messages of the start: who can't start hears one line and not these.
    early: Option<Vec<(Level, String)>>,
    /// Jobs of processes that have ended.
    lost: Lost,
    /// Watches the files, where somebody wants that.
    reloader: Option<Reloader>,
}

impl Manager<'_> {
    fn say(&self, level: Level, text: &str) {
        self.app.logger.log(&Record {
            message: text.as_bytes(),
            ..Record::new(level, "manager")
        });
    }

    /// The start is over: says what was held back.
    fn settle(&mut self) {
        for (level, text) in self.early.take().into_iter().flatten() {
            self.say(level, &text);
        }
    }

    /// Says all of this.
    fn tell(&self, lines: Vec<(Level, String)>) {
        for (level, text) in lines {
            self.say(level, &text);
        }
    }

    /// What a worker has said about its failed start.
    fn reason(&mut self) -> Option<String> {
        let mut bytes = vec![0; 16 * 1024];
        let n = self.reasons.read(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes[..n]);
        text.lines().next().map(str::to_owned)
    }
}

impl Hooks for Manager<'_> {
    fn prepared(&mut self, post: &Arc<Post>) {
        if let Err(error) = self.lost.prepared(post) {
            let text = format!("jobs of task workers that are killed will be lost: {error}");
            self.say(Level::Warning, &text);
        }
        if let Err(why) = self.app.sockets.make(post.board().slots().len()) {
            self.say(Level::Warning, &why);
        }
    }

    fn wait(&mut self, fds: &[RawFd], time: Duration) -> std::io::Result<Vec<bool>> {
        let time = self.lost.patience(time);
        let ready = match &mut self.reloader {
            Some(reloader) => reloader.wait(self.app, fds, time),
            None => highper_process::wait_readable(fds, time),
        };
        let told = self.lost.look();
        self.tell(told);
        ready
    }

    fn worker_spawned(&mut self, worker: &Spawned) -> Result<(), Error> {
        if let Some(reloader) = &mut self.reloader {
            reloader.spawned(worker.pid, worker.kind == Kind::Worker);
        }
        Ok(())
    }

    fn started(&mut self) -> Result<(), Error> {
        if let Some(reloader) = &mut self.reloader {
            reloader.started();
        }
        Ok(())
    }

    fn wants_reload(&mut self) -> bool {
        self.reloader.as_mut().is_some_and(Reloader::wants_reload)
    }

    fn before_shutdown(&mut self) -> Result<(), Error> {
        // A program that took over while the workers end would know nothing of it.
        if let Some(reloader) = &mut self.reloader {
            reloader.stop();
        }
        Ok(())
    }

    fn manager_stop(&mut self) -> Result<(), Error> {
        let left = self.lost.left();
        if left > 0 {
            let text = format!(
                "{left} jobs were handed over that no task worker has begun: they are lost"
            );
            self.say(Level::Warning, &text);
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Error> {
        self.settle();
        if let Some(reloader) = &mut self.reloader {
            reloader.tick();
        }
        Ok(())
    }

    /// Who reloads has started: what the new workers say is to be heard at once.
    fn before_reload(&mut self) -> Result<(), Error> {
        self.settle();
        Ok(())
    }

    fn after_reload(&mut self) -> Result<(), Error> {
        if let Some(reloader) = &mut self.reloader {
            let mut said = [0; 64];
            if matches!(self.reasons.read(&mut said), Ok(n) if said[..n].ends_with(ANEW.as_bytes()))
            {
                reloader.start_anew(self.app);
            }
            reloader.say(self.app, None);
        }
        Ok(())
    }

    fn worker_exited(&mut self, exit: &Exit) -> Result<(), Error> {
        let told = self.lost.exited(exit);
        self.tell(told);
        if let Some(reloader) = &mut self.reloader {
            reloader.exited(exit.pid);
        }
        if exit.was_ready || exit.expected {
            return Ok(());
        }
        let reason = self.reason();
        if let (Some(reason), None) = (&reason, &self.early) {
            let text = format!("a worker can't start: {reason}");
            self.app.log(Level::Error, &text, &[], None);
            if let Some(reloader) = &mut self.reloader {
                reloader.say(self.app, Some(&text));
            }
        }
        if self.why.is_none() {
            if let (Some(reason), Some(_)) = (&reason, &self.early) {
                cannot_take_over(&format!("a worker can't start: {reason}"));
            }
            self.why = reason;
        }
        Ok(())
    }

    fn log(&mut self, level: highper_process::Level, text: &str) {
        let level = match level {
            highper_process::Level::Info => Level::Debug,
            highper_process::Level::Warning => Level::Warning,
            highper_process::Level::Error => Level::Error,
        };
        match &mut self.early {
            Some(early) => early.push((level, text.to_owned())),
            None => self.say(level, text),
        }
    }
}

/// What clients that speak HTTP/2 are told.
fn http2() -> highper_http::Http2 {
    highper_http::Http2 {
        max_concurrent_streams: 128,
        init_window_size: 256 * 1024,
        max_header_list_size: 64 * 1024,
        ..highper_http::Http2::default()
    }
}

/// TLS as the settings have it.
pub(crate) fn secured(app: &App) -> Result<Option<highper_tls::Context>, Stop> {
    let settings = app.settings.borrow();
    let Some(mut tls) = settings.tls.clone() else {
        return Ok(None);
    };
    certificates::fill(app, &settings, &mut tls)?;
    if !settings.no_http2 {
        tls.alpn.insert(0, b"h2".to_vec());
    }
    highper_tls::Context::server(tls)
        .map(Some)
        .map_err(|error| format!("cannot start: the setting 'tls' can't be used: {error}").into())
}

fn serve(
    app: &Rc<App>,
    mut options: Options,
    (listeners, doors, gate): (Vec<Listener>, Vec<Listener>, Option<Listener>),
    reloader: Option<Reloader>,
) -> Result<i32, Stop> {
    use rustix::pipe::{PipeFlags, pipe_with};
    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let mut manager = Manager {
        app,
        reasons: File::from(read),
        why: None,
        early: Some(
            highper_runtime::serve::advice()
                .map(|text| (Level::Notice, text.to_owned()))
                .into_iter()
                .collect(),
        ),
        lost: Lost::default(),
        reloader,
    };
    let mut settings = app.settings.borrow().http.clone();
    settings.http2 = (!app.settings.borrow().no_http2).then(http2);
    settings.tls = secured(app)?;
    let scheme = match &settings.tls {
        Some(_) => "https",
        None => "http",
    };
    let addresses = listeners.iter().map(|listener| match listener.address() {
        highper_process::listen::Address::Tcp(address) => format!("{scheme}://{address}"),
        unix => unix.to_string(),
    });
    let beside = Rc::new(Beside::new(app)?);
    options.user_names = beside.names();
    options.user_num = options.user_names.len();
    let face = Rc::new(Face {
        beside,
        app: Rc::clone(app),
        settings: settings.clone(),
        addresses: addresses
            .chain(app.ports.borrow().iter().map(crate::message::Port::name))
            .collect(),
        reasons: write,
        claims: Rc::clone(&manager.lost.claims),
        is_worker: Cell::new(false),
        failed: RefCell::default(),
    });
    let tls = settings.tls.clone();
    if let Some(highper_process::listen::Address::Tcp(first)) =
        listeners.first().map(Listener::address)
    {
        app.secure_port.set(first.port());
    }
    let mut ports = crate::message::ports(app, doors, tls.as_ref(), settings.proxies.as_ref());
    if let Some(listener) = gate {
        ports.push(certificates::port(listener, ports.len(), &settings));
    }
    let plan = Plan {
        options,
        listeners,
        reuse_port: app.settings.borrow().reuse_port,
        settings,
        ports,
        one_row: false,
        fronted: None,
    };
    let served = highper_runtime::serve::serve(plan, &mut manager, Rc::clone(&face) as _);
    match served {
        Ok(Served::Manager(code)) => {
            manager.settle();
            Ok(code)
        }
        Ok(Served::Worker) => Ok(face.ended(Ok(()))),
        Err(throw) if face.is_worker.get() => Ok(face.ended(Err(throw))),
        Err(throw) => match manager.why.take().or_else(|| manager.reason()) {
            Some(why) => Err(format!("cannot start: {why}").into()),
            None => Err(start_line(throw).into()),
        },
    }
}
