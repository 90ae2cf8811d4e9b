//! The pid file: which process is the manager, and whether it lives.
//!
//! The manager holds an flock on it as long as it lives, so that a file left
//! by a killed manager is recognised whatever its number says.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, reason};
use crate::sys;
use crate::upgrade;

/// The file, locked by this process.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    // Option: taken in drop.
    file: Option<File>,
    owner: sys::Pid,
}

impl PidFile {
    /// Creates or takes over the file and locks it; the number comes later,
    /// with [`write`](Self::write).
    pub fn lock(path: &Path) -> Result<Self, Error> {
        let failed = |doing: &str, e: &io::Error| {
            Error::new(format!(
                "setting 'pid_file' is '{}': cannot {doing} it: {}; choose a place that this user may write",
                path.display(),
                reason(e)
            ))
        };
        // The lock goes with the descriptor: who takes over has it already.
        if let Some(fd) = upgrade::heir().and_then(|heir| heir.pid_file) {
            // SAFETY: it was left to this process for this; it is duplicated at once and not kept.
            let left = unsafe { BorrowedFd::borrow_raw(fd) };
            if let Ok(file) = left.try_clone_to_owned().map(File::from)
                && same_file(path, &file)
            {
                return Ok(Self::of(path, file));
            }
        }
        // The file may be removed by its last owner between open and lock, and
        // a status command holds the lock for a moment while it looks.
        let patience = Instant::now() + Duration::from_millis(100);
        for _ in 0..100 {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o644)
                .open(path)
                .map_err(|e| failed("open", &e))?;
            if !sys::try_lock(file.as_fd()).map_err(|e| failed("lock", &e))? {
                if Instant::now() < patience {
                    sys::pause(Duration::from_millis(10));
                    continue;
                }
                let pid = read_pid(&file).map_or("unknown".to_owned(), |p| p.to_string());
                return Err(Error::new(format!(
                    "already running as process {pid} (pid file '{}'): stop it first, or choose another pid_file",
                    path.display()
                )));
            }
            if same_file(path, &file) {
                return Ok(Self::of(path, file));
            }
        }
        Err(Error::new(format!(
            "setting 'pid_file' is '{}': somebody keeps replacing it; choose another file",
            path.display()
        )))
    }

    fn of(path: &Path, file: File) -> Self {
        Self {
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            file: Some(file),
            owner: sys::getpid(),
        }
    }

    /// Its descriptor, for who takes over.
    pub fn fd(&self) -> Option<RawFd> {
        self.file.as_ref().map(AsRawFd::as_raw_fd)
    }

    /// Writes this process's number and makes it the owner.
    pub fn write(&mut self) -> Result<(), Error> {
        self.owner = sys::getpid();
        let text = format!("{}\n", self.owner);
        let Some(mut file) = self.file.as_ref() else {
            return Ok(());
        };
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(text.as_bytes()))
            .map_err(|e| {
                Error::new(format!(
                    "cannot write the pid file '{}': {}",
                    self.path.display(),
                    reason(&e)
                ))
            })
    }

    /// Where the manager answers status requests.
    pub fn socket(&self) -> PathBuf {
        socket_path(&self.path)
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Forked workers have a copy, which they just close.
        let Some(file) = self.file.take() else { return };
        if self.owner != sys::getpid() {
            return;
        }
        // One that names another process is that one's: it has taken over, or was to and this one has not got so far.
        let names_us = File::open(&self.path).is_ok_and(|file| read_pid(&file) == Some(self.owner));
        if names_us && same_file(&self.path, &file) {
            let _ = fs::remove_file(&self.path);
        }
        // The lock goes with the process, not before: whoever waits for the
        // server to be gone finds its ports free then.
        let _ = file.into_raw_fd();
    }
}

pub(crate) fn socket_path(pid_file: &Path) -> PathBuf {
    let mut name = pid_file.as_os_str().to_owned();
    name.push(".sock");
    PathBuf::from(name)
}

fn same_file(path: &Path, file: &File) -> bool {
    match (fs::metadata(path), file.metadata()) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

fn read_pid(mut file: &File) -> Option<sys::Pid> {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok().filter(|pid| *pid > 0)
}

/// A manager that runs, found by its pid file.
#[derive(Debug)]
pub(crate) struct Running {
    pub pid: sys::Pid,
    path: PathBuf,
    file: File,
}

impl Running {
    pub fn find(path: &Path) -> Result<Self, Error> {
        let deadline = Instant::now() + Duration::from_secs(1);
        loop {
            let file = match File::open(path) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    return Err(Error::new(format!(
                        "not running: there is no pid file '{}'",
                        path.display()
                    )));
                }
                Err(e) => {
                    return Err(Error::new(format!(
                        "cannot read the pid file '{}': {}",
                        path.display(),
                        reason(&e)
                    )));
                }
            };
            let free = sys::try_lock(file.as_fd()).map_err(|e| {
                Error::new(format!(
                    "cannot check the pid file '{}': {}",
                    path.display(),
                    reason(&e)
                ))
            })?;
            let pid = read_pid(&file);
            match (free, pid) {
                (true, pid) => {
                    let left_by = pid.map_or(String::new(), |p| format!(" by process {p}"));
                    return Err(Error::new(format!(
                        "not running: the pid file '{}' was left behind{left_by}; the next start takes it over",
                        path.display()
                    )));
                }
                (false, Some(pid)) => {
                    return Ok(Self {
                        pid,
                        path: path.to_owned(),
                        file,
                    });
                }
                // Locked, number not yet written: it is just starting.
                (false, None) if Instant::now() < deadline => {
                    sys::pause(Duration::from_millis(10));
                }
                (false, None) => {
                    return Err(Error::new(format!(
                        "the pid file '{}' is locked but holds no process id: wait until the server has started",
                        path.display()
                    )));
                }
            }
        }
    }

    pub fn signal(&self, signal: i32) -> Result<(), Error> {
        sys::kill(self.pid, signal).map_err(|e| {
            Error::new(format!(
                "cannot send {} to process {} (pid file '{}'): {}",
                sys::signal_name(signal),
                self.pid,
                self.path.display(),
                reason(&e)
            ))
        })
    }

    /// Waits until the manager is gone; false when the time is up first.
    pub fn wait_gone(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        loop {
            if matches!(sys::try_lock(self.file.as_fd()), Ok(true)) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            sys::pause(Duration::from_millis(10));
        }
    }
}
