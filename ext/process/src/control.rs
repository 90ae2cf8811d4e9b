//! Commands for a running server, which is found by its pid file.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, reason};
use crate::overview::{self, Overview};
use crate::pidfile::{Running, socket_path};
use crate::sys;

pub use crate::signals::{PAUSE, RESUME, UPGRADE};

/// Ends the server: SIGTERM, then waits until it is gone. Returns the process
/// id that it had.
///
/// # Errors
/// When it does not run, may not be signalled, or has not ended within
/// `timeout`.
pub fn stop(pid_file: &Path, timeout: Duration) -> Result<i32, Error> {
    let running = Running::find(pid_file)?;
    running.signal(libc::SIGTERM)?;
    if running.wait_gone(timeout) {
        return Ok(running.pid);
    }
    Err(Error::new(format!(
        "process {} has not ended within {} s; it may still be finishing requests: wait, or end it with 'kill -QUIT {}'",
        running.pid,
        timeout.as_secs_f64(),
        running.pid
    )))
}

/// Replaces all workers of the server without a lost request: sends SIGUSR1
/// and returns at once with its process id.
///
/// # Errors
/// When it does not run or may not be signalled.
pub fn reload(pid_file: &Path) -> Result<i32, Error> {
    let running = Running::find(pid_file)?;
    running.signal(libc::SIGUSR1)?;
    Ok(running.pid)
}

/// Takes no new connections until [`resume`], while those that there are go on. Returns at once with its process id.
///
/// # Errors
/// When it does not run or may not be signalled.
pub fn pause(pid_file: &Path) -> Result<i32, Error> {
    let running = Running::find(pid_file)?;
    running.signal(PAUSE)?;
    Ok(running.pid)
}

/// Takes new connections again. Returns at once with its process id.
///
/// # Errors
/// When it does not run or may not be signalled.
pub fn resume(pid_file: &Path) -> Result<i32, Error> {
    let running = Running::find(pid_file)?;
    running.signal(RESUME)?;
    Ok(running.pid)
}

/// Before the number of upgrades that failed, in the status.
pub(crate) const FAILED_UPGRADES: &str = "failed upgrades: ";

/// Puts another program in the server's place, started as the server was, and waits until that serves. Returns the process ids of both.
///
/// # Errors
/// When it does not run or may not be signalled; why the new program could not start, the old one serving on.
pub fn upgrade(pid_file: &Path, timeout: Duration) -> Result<(i32, i32), Error> {
    let failures = || {
        let text = status(pid_file).ok()?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(FAILED_UPGRADES));
        Some(line.unwrap_or("0, ").to_owned())
    };
    let running = Running::find(pid_file)?;
    let before = failures().ok_or_else(|| Error::new("the server does not tell its status"))?;
    running.signal(UPGRADE)?;
    let until = Instant::now() + timeout;
    while Instant::now() < until {
        sys::pause(Duration::from_millis(50));
        let now = Running::find(pid_file)?.pid;
        if now != running.pid {
            return Ok((running.pid, now));
        }
        if let Some(line) = failures()
            && line.split_once(", ").map(|(count, _)| count)
                != before.split_once(", ").map(|(count, _)| count)
        {
            let why = line.split_once("the last: ").map_or("", |(_, why)| why);
            return Err(Error::new(format!(
                "process {} serves on, the upgrade failed: {why}",
                running.pid
            )));
        }
    }
    Err(Error::new(format!(
        "nothing was heard of the upgrade in {} s: look at the log",
        timeout.as_secs_f64()
    )))
}

/// The manager's process id.
///
/// # Errors
/// When it does not run.
pub fn pid(pid_file: &Path) -> Result<i32, Error> {
    Running::find(pid_file).map(|r| r.pid)
}

/// What the server and each of its workers are doing, as text for a terminal.
///
/// # Errors
/// When it does not run or does not answer within three seconds.
pub fn status(pid_file: &Path) -> Result<String, Error> {
    let mut text = told(pid_file)?;
    text.truncate(text.find(overview::MARK).unwrap_or(text.len()));
    Ok(text)
}

/// The same for programs.
///
/// # Errors
/// As [`status`]; when the server runs with another version, which tells something else.
pub fn overview(pid_file: &Path) -> Result<Overview, Error> {
    overview::parse(&told(pid_file)?).ok_or_else(|| {
        Error::new("the server runs with another version of Highper: restart it with this one")
    })
}

fn told(pid_file: &Path) -> Result<String, Error> {
    let running = Running::find(pid_file)?;
    let failed = |e: io::Error| {
        Error::new(format!(
            "process {} runs but does not tell its status ('{}'): {}",
            running.pid,
            socket_path(pid_file).display(),
            reason(&e)
        ))
    };
    let address = SocketAddress::new(&socket_path(pid_file)).map_err(failed)?;
    let mut stream = UnixStream::connect(&address.path).map_err(failed)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(3)))
        .map_err(failed)?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// The workers of the server: what they are called in the status, and their process ids.
///
/// # Errors
/// As [`status`].
pub fn workers(pid_file: &Path) -> Result<Vec<(String, i32)>, Error> {
    status(pid_file).map(|text| crate::status::workers(&text))
}

/// A path short enough for a Unix socket (107 bytes): a long one is reached
/// through its opened folder.
struct SocketAddress {
    path: PathBuf,
    _folder: Option<fs::File>,
}

impl SocketAddress {
    fn new(path: &Path) -> io::Result<Self> {
        if path.as_os_str().len() <= 100 {
            return Ok(Self {
                path: path.to_owned(),
                _folder: None,
            });
        }
        let folder = match path.parent() {
            Some(p) if !p.as_os_str().is_empty() => p,
            _ => Path::new("."),
        };
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
            .open(folder)?;
        Ok(Self {
            path: PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name),
            _folder: Some(folder),
        })
    }
}

/// The manager's end: answers every connection with the status and closes.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    // Who takes over puts a socket of its own in this one's place.
    file: Option<(u64, u64)>,
    owner: sys::Pid,
}

fn file_id(path: &Path) -> Option<(u64, u64)> {
    let meta = fs::symlink_metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

impl ControlSocket {
    /// Binds the socket; the pid file's lock says that nobody else uses it.
    pub fn bind(path: &Path) -> io::Result<Self> {
        let address = SocketAddress::new(path)?;
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let before = sys::umask(0o177);
        let bound = UnixListener::bind(&address.path);
        sys::umask(before);
        let listener = bound?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener,
            file: file_id(path),
            path: path.to_owned(),
            owner: sys::getpid(),
        })
    }

    pub fn fd(&self) -> RawFd {
        self.listener.as_raw_fd()
    }

    /// Answers whoever has connected. A client that does not read gets what
    /// fits into its buffer; the manager never waits for it.
    pub fn answer(&self, text: impl Fn() -> String) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            if stream.set_nonblocking(true).is_ok() {
                // A client that went away needs no answer.
                let _ = stream.write_all(text().as_bytes());
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if self.owner == sys::getpid() && self.file == file_id(&self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
