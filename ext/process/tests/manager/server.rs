//! A small server under the manager, and a client for it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use highper_process::listen::{self, Address, TcpOptions};
use highper_process::{
    Command, Error, Exit, Hooks, Level, Options, Reason, Role, Signal, Spawned, WorkerContext,
    monotonic, run,
};

/// A server in a folder of its own. Ends with the test.
pub struct Server {
    pub pid: i32,
    pub folder: PathBuf,
    pub address: SocketAddr,
    status: Option<i32>,
}

pub fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("highper-manager-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn options() -> Options {
    Options {
        worker_num: 2,
        script: "/srv/test.php".into(),
        max_wait_time: Duration::from_secs(5),
        cut_time: Duration::ZERO,
        ..Options::default()
    }
}

/// What hooks write down and how they behave.
pub struct Recorder {
    pub folder: PathBuf,
}

impl Recorder {
    fn event(&self, text: &str) {
        append(&self.folder.join("events"), text);
    }

    fn told_to(&self, what: &str) -> bool {
        self.folder.join(what).exists()
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    writeln!(file, "{text}").unwrap();
}

impl Hooks for Recorder {
    fn manager_start(&mut self) -> Result<(), Error> {
        self.event("manager_start");
        if self.told_to("fail-start") {
            return Err(Error::new("onManagerStart threw: nothing to do"));
        }
        Ok(())
    }
    fn worker_spawned(&mut self, worker: &Spawned) -> Result<(), Error> {
        self.event(&format!(
            "spawned {} {} {}",
            worker.id, worker.pid, worker.generation
        ));
        Ok(())
    }
    fn worker_exited(&mut self, exit: &Exit) -> Result<(), Error> {
        self.event(&format!(
            "exited {} {} {} expected={} lost={}",
            exit.id, exit.pid, exit.how, exit.expected, exit.in_flight
        ));
        Ok(())
    }
    fn before_reload(&mut self) -> Result<(), Error> {
        self.event("before_reload");
        Err(Error::new("a hook that fails is logged"))
    }
    fn after_reload(&mut self) -> Result<(), Error> {
        self.event("after_reload");
        Ok(())
    }
    fn before_shutdown(&mut self) -> Result<(), Error> {
        self.event("before_shutdown");
        Ok(())
    }
    fn manager_stop(&mut self) -> Result<(), Error> {
        self.event("manager_stop");
        Ok(())
    }
    fn should_abort(&mut self) -> bool {
        self.told_to("abort")
    }
    fn log(&mut self, level: Level, text: &str) {
        append(
            &self.folder.join("log"),
            &format!("{} {text}", level.name()),
        );
    }
}

impl Server {
    /// Forks a process that runs the server; does not wait until it is ready.
    pub fn launch(folder: &Path, options: Options) -> Self {
        let listener = listen::bind_tcp(
            SocketAddr::from(([127, 0, 0, 1], 0)),
            &TcpOptions::default(),
        )
        .unwrap();
        let Address::Tcp(address) = *listener.address() else {
            unreachable!()
        };
        // SAFETY: this process has one thread.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0);
        if pid == 0 {
            let code = std::panic::catch_unwind(|| serve(folder, options, listener.into_fd()))
                .unwrap_or(101);
            // SAFETY: ends the child without the test's own clean-up.
            unsafe { libc::_exit(code) };
        }
        Self {
            pid,
            folder: folder.to_owned(),
            address,
            status: None,
        }
    }

    /// A server that is ready.
    pub fn start(name: &str, options: Options) -> Self {
        let server = Self::launch(&folder(name), options);
        server.await_log("ready: manager");
        server
    }

    pub fn mode(&self, mode: &str) {
        fs::write(self.folder.join("mode"), mode).unwrap();
    }

    pub fn signal(&self, signal: i32) {
        kill(self.pid, signal);
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    pub fn events(&self) -> Vec<String> {
        fs::read_to_string(self.folder.join("events"))
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    pub fn await_log(&self, text: &str) {
        await_true(&format!("'{text}' in the log:\n{}", self.log()), || {
            self.log().contains(text)
        });
    }

    pub fn await_event(&self, text: &str) {
        await_true(&format!("event '{text}'"), || {
            self.events().iter().any(|e| e.contains(text))
        });
    }

    /// Sends a line and reads the answer to the end.
    pub fn ask(&self, line: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        writeln!(stream, "{line}")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer.trim().to_owned())
    }

    /// Sends a line; the answer is read later.
    pub fn begin(&self, line: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        writeln!(stream, "{line}").unwrap();
        stream
    }

    /// Process id and generation of whoever answers.
    pub fn who(&self) -> (i32, u32) {
        let answer = self.ask("GET /who HTTP/1.1").unwrap();
        let mut words = answer.split(' ').map(|w| w.parse::<i64>().unwrap());
        (words.next().unwrap() as i32, words.next().unwrap() as u32)
    }

    /// Process ids of the workers that run, as the hooks heard.
    pub fn workers(&self) -> Vec<i32> {
        let events = self.events();
        let second = |e: &str| e.split(' ').nth(2).unwrap().parse::<i32>().unwrap();
        let gone: Vec<i32> = events
            .iter()
            .filter(|e| e.starts_with("exited"))
            .map(|e| second(e))
            .collect();
        events
            .iter()
            .filter(|e| e.starts_with("spawned"))
            .map(|e| second(e))
            .filter(|pid| !gone.contains(pid))
            .collect()
    }

    /// Waits until the manager has ended; its exit code.
    pub fn wait(&mut self) -> i32 {
        if let Some(status) = self.status {
            return status;
        }
        let mut status = 0;
        let deadline = Instant::now() + Duration::from_secs(20);
        // SAFETY: collects the child made in launch().
        while unsafe { libc::waitpid(self.pid, &raw mut status, libc::WNOHANG) } == 0 {
            assert!(
                Instant::now() < deadline,
                "the manager does not end:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        let code = if libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            -libc::WTERMSIG(status)
        };
        self.status = Some(code);
        code
    }

    pub fn stop(&mut self) {
        self.signal(libc::SIGTERM);
        assert_eq!(self.wait(), 0, "{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log\n{}--- events\n{:#?}", self.log(), self.events());
        }
        if self.status.is_none() {
            kill(self.pid, libc::SIGKILL);
        }
        // Whoever is left of a failed case, even without its manager.
        for pid in self.workers() {
            let program = |pid: &str| fs::read_link(format!("/proc/{pid}/exe")).ok();
            if program(&pid.to_string()) == program("self") {
                kill(pid, libc::SIGKILL);
            }
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub fn kill(pid: i32, signal: i32) {
    // SAFETY: sends a signal to a process of this test.
    unsafe { libc::kill(pid, signal) };
}

pub fn lives(pid: i32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat.rsplit(')').next().unwrap().starts_with(" Z"),
        Err(_) => false,
    }
}

pub fn await_true(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn serve(folder: &Path, options: Options, listener: OwnedFd) -> i32 {
    let mut hooks = Recorder {
        folder: folder.to_owned(),
    };
    match run(options, &mut hooks) {
        Ok(Role::Manager(code)) => code,
        Ok(Role::Worker(context)) => work(folder, &context, listener),
        Err(error) => {
            eprintln!("{error}");
            fs::write(folder.join("error"), error.to_string()).unwrap();
            1
        }
    }
}

/// The worker: one request at a time.
fn work(folder: &Path, context: &WorkerContext, listener: OwnedFd) -> i32 {
    let mode = fs::read_to_string(folder.join("mode")).unwrap_or_default();
    let (mode, number) = mode.split_once(' ').unwrap_or((&mode, "0"));
    match mode {
        "fail" => return 7,
        "fail-second" if context.id() == 1 => return 7,
        "slow" => std::thread::sleep(Duration::from_millis(number.parse().unwrap())),
        "never" => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        _ => {}
    }
    let listener = TcpListener::from(listener);
    listener.set_nonblocking(true).unwrap();
    context.ready();
    let mut hoard = Vec::new();
    loop {
        while let Some(signal) = context.next_signal() {
            match signal {
                Signal::Quit => return 0,
                Signal::Hangup | Signal::Reopen => append(&folder.join("hangups"), "one"),
                _ => {}
            }
        }
        if context.should_drain() && mode != "stubborn" {
            return 0;
        }
        context.slot().beat(monotonic());
        let mut fds = [context.signal_fd(), listener.as_raw_fd()].map(|fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: the array lives through the call.
        unsafe { libc::poll(fds.as_mut_ptr(), 2, -1) };
        let Ok((stream, _)) = listener.accept() else {
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        context.slot().connection_opened();
        if let Some(code) = answer(context, &stream, &mut hoard) {
            return code;
        }
        context.slot().connection_closed();
    }
}

fn answer(context: &WorkerContext, mut stream: &TcpStream, hoard: &mut Vec<u8>) -> Option<i32> {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    let line = line.trim();
    let ticket = context.request_taken(line.as_bytes(), monotonic());
    let (command, number) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "sleep" => std::thread::sleep(Duration::from_millis(number.parse().unwrap())),
        "exit" => return Some(number.parse().unwrap()),
        "grow" => hoard.extend(std::iter::repeat_n(
            1u8,
            number.parse::<usize>().unwrap() << 20,
        )),
        "fatal" => context.recycle(Reason::Fatal),
        "reload" => context.ask(Command::Reload),
        "shutdown" => context.ask(Command::Shutdown),
        "child-mask" => {
            let output = std::process::Command::new("grep")
                .args(["SigBlk", "/proc/self/status"])
                .output()
                .unwrap();
            stream.write_all(&output.stdout).unwrap();
            context.request_end(ticket, (0, 0));
            return None;
        }
        "fork" => {
            // SAFETY: as an application's pcntl_fork; the child only sleeps.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                loop {
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
            writeln!(stream, "{pid}").unwrap();
            // SAFETY: collects the child.
            unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
            context.request_end(ticket, (0, 0));
            return None;
        }
        _ => {}
    }
    // SAFETY: always succeeds.
    let user = unsafe { libc::geteuid() };
    // The client may have gone.
    let _ = writeln!(
        stream,
        "{} {} {} {user}",
        std::process::id(),
        context.generation(),
        context.id()
    );
    context.request_end(ticket, (0, 0));
    None
}

/// Runs `launch` in a forked process with standard error in a file; returns
/// its exit code, what it wrote and how long it took.
pub fn in_launcher(folder: &Path, launch: impl FnOnce() -> i32) -> (i32, String, Duration) {
    let path = folder.join("stderr");
    let begin = Instant::now();
    // SAFETY: this process has one thread.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let file = File::create(&path).unwrap();
        // SAFETY: redirects standard error and ends the child.
        unsafe {
            libc::dup2(file.as_raw_fd(), 2);
            libc::_exit(launch());
        }
    }
    let mut status = 0;
    // SAFETY: collects the child.
    unsafe { libc::waitpid(pid, &raw mut status, 0) };
    (
        libc::WEXITSTATUS(status),
        fs::read_to_string(path).unwrap(),
        begin.elapsed(),
    )
}

/// For daemons: the server's body without the fork of [`Server::launch`].
pub fn serve_here(folder: &Path, options: Options, listener: OwnedFd) -> i32 {
    serve(folder, options, listener)
}
