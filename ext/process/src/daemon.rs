//! Going to the background, and telling the terminal how that went.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use crate::error::{Error, reason};
use crate::sys;
use crate::upgrade;

/// The line to the process that launched the server and waits, or to the server that this one takes over from.
#[derive(Debug, Default)]
pub(crate) struct Launcher(Option<OwnedFd>);

impl Launcher {
    /// The server runs: the launching process ends with code 0.
    pub fn ready(&mut self) {
        self.tell(b"+");
    }

    /// It does not: the launching process prints the text and ends with 1.
    pub fn failed(&mut self, error: &Error) {
        self.tell(format!("-{error}").as_bytes());
    }

    fn tell(&mut self, bytes: &[u8]) {
        if let Some(fd) = self.0.take().or_else(upgrade::line) {
            // If the launching process is gone nobody needs to know.
            let _ = sys::write_all(fd.as_fd(), bytes);
        }
    }
}

pub(crate) fn open_log(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .map_err(|e| {
            Error::new(format!(
                "setting 'log_file' is '{}': cannot open it: {}; choose a file that this user may write",
                path.display(),
                reason(&e)
            ))
        })
}

/// Sends standard output and error of this process to the log, or to nowhere.
///
/// # Errors
/// The system's, for a file that can't be opened.
pub fn redirect_output(log: Option<&Path>) -> Result<(), Error> {
    let target = open_log(log.unwrap_or(Path::new("/dev/null")))?;
    for stream in [1, 2] {
        sys::dup_onto(target.as_fd(), stream)
            .map_err(|e| Error::new(format!("cannot redirect the output: {}", reason(&e))))?;
    }
    Ok(())
}

/// Continues in a process of its own session, without a terminal. The process
/// that called ends here, once the server says that it runs (code 0) or that
/// it failed (code 1, message on standard error).
pub(crate) fn daemonize(log: Option<&Path>) -> Result<Launcher, Error> {
    let failed =
        |e: std::io::Error| Error::new(format!("cannot go to the background: {}", reason(&e)));
    // Checked first, so that a wrong path is seen on the terminal.
    if let Some(log) = log {
        open_log(log)?;
    }
    let (read, write) = sys::pipe(false).map_err(failed)?;
    if let Some(child) = sys::fork().map_err(failed)? {
        drop(write);
        await_server(read, child);
    }
    drop(read);
    sys::setsid().map_err(failed)?;
    match sys::fork() {
        Ok(None) => {}
        Ok(Some(_)) => sys::exit_now(0),
        Err(e) => {
            let error = failed(e);
            Launcher(Some(write)).failed(&error);
            sys::exit_now(1);
        }
    }
    let mut launcher = Launcher(Some(write));
    let stdin = File::open("/dev/null").and_then(|null| sys::dup_onto(null.as_fd(), 0));
    let redirected = stdin.map_err(failed).and_then(|()| redirect_output(log));
    if let Err(error) = redirected {
        launcher.failed(&error);
        return Err(error);
    }
    Ok(launcher)
}

fn await_server(read: OwnedFd, child: sys::Pid) -> ! {
    // The first child ends at once; the second one is the server.
    let _ = sys::wait(child);
    let mut told = Vec::new();
    let mut buffer = [0u8; 1024];
    while let Ok(n) = sys::read(read.as_fd(), &mut buffer) {
        if n == 0 {
            break;
        }
        told.extend_from_slice(&buffer[..n]);
        if told[0] == b'+' {
            sys::exit_now(0);
        }
    }
    let text = match told.strip_prefix(b"-") {
        Some(text) => String::from_utf8_lossy(text).into_owned(),
        None => {
            "the server ended before it was ready: see its log_file, or start it in the foreground"
                .to_owned()
        }
    };
    let _ = writeln!(std::io::stderr(), "{text}");
    sys::exit_now(1);
}
