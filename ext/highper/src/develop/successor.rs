//! The same program once more: what the manager itself has loaded can only be loaded anew by a new PHP.
//!
//! First it is tried out beside the running server; then the manager becomes it by `exec`, with the same process id, the sockets
//! open, and the workers of before, which serve until those of the new one accept.

use highper_process::fork;
use highper_process::listen::{Listener, inherited};
use highper_zend::process;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Tells a new manager what the one before has left: its process id, sockets, workers.
const TAKEOVER: &str = "HIGHPER_TAKEOVER";
/// Tells a program that it is only tried out: its parent's process id.
const TRIAL: &str = "HIGHPER_TRIAL";
/// What it says where it would have started.
pub(crate) const PASSED: &str = "highper: the trial has passed";

/// How this process was started.
#[derive(Debug)]
pub(crate) struct Successor {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

/// What the manager before has left.
#[derive(Debug, Default)]
pub(crate) struct Heritage {
    /// By their addresses, as they were asked for.
    sockets: HashMap<String, i32>,
    /// Its workers.
    pub(crate) workers: Vec<i32>,
    /// Is there one at all?
    pub(crate) is_given: bool,
}

impl Heritage {
    /// Reads what was left to this process.
    pub(crate) fn read() -> Self {
        let Some(text) = variable(TAKEOVER) else {
            return Self::default();
        };
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else {
            return Self::default();
        };
        // A program that a worker has started has the variable too.
        if value["process"].as_u64() != Some(std::process::id().into()) {
            return Self::default();
        }
        let number = |value: &serde_json::Value| value.as_i64().and_then(|n| i32::try_from(n).ok());
        let sockets = value["sockets"].as_object().into_iter().flatten();
        Self {
            sockets: sockets
                .filter_map(|(address, fd)| Some((address.clone(), number(fd)?)))
                .collect(),
            workers: value["workers"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(number)
                .collect(),
            is_given: true,
        }
    }

    /// Nobody waits for the workers of before.
    pub(crate) fn end(&self) {
        for pid in self.workers.iter().filter_map(|pid| Pid::from_raw(*pid)) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// The socket of an address, if there is one.
    pub(crate) fn socket(&mut self, address: &str) -> Option<Listener> {
        let number = self.sockets.remove(address)?;
        inherited(number).ok()
    }
}

/// Is this program only tried out?
pub(crate) fn is_trial() -> bool {
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().to_string());
    parent.is_some() && variable(TRIAL) == parent
}

fn variable(name: &str) -> Option<String> {
    let all = process::environment();
    Some(all.get(name)?.as_str()?.to_owned())
}

/// What a file below `/proc/self` lists, with zeros between.
fn listed(name: &str) -> Result<Vec<OsString>> {
    let bytes = std::fs::read(format!("/proc/self/{name}"))?;
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    Ok(bytes
        .split(|b| *b == 0)
        .map(|part| OsString::from_vec(part.to_vec()))
        .collect())
}

impl Successor {
    /// # Errors
    /// It can't be known how this process was started.
    pub(crate) fn of_this_process() -> Result<Self> {
        let arguments = listed("cmdline")?;
        let known: Vec<OsString> = process::arguments().into_iter().map(Into::into).collect();
        // A title in the place of the arguments, or a script from the standard input, can't be started again.
        if known.is_empty() || !arguments.ends_with(&known) || arguments.len() <= known.len() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "it can't be seen how the server was started",
            ));
        }
        let pairs = listed("environ")?.into_iter().filter_map(|pair| {
            let bytes = pair.into_vec();
            let at = bytes.iter().position(|b| *b == b'=')?;
            let value = OsString::from_vec(bytes[at + 1..].to_vec());
            let name = OsString::from_vec(bytes[..at].to_vec());
            (name != TAKEOVER && name != TRIAL).then_some((name, value))
        });
        Ok(Self {
            program: std::fs::read_link("/proc/self/exe")?,
            environment: pairs.collect(),
            folder: std::env::current_dir()?,
            arguments,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let mut arguments = self.arguments.iter();
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder);
        command
    }

    /// Starts the program beside this one, up to where it would serve. What it prints can be read.
    ///
    /// # Errors
    /// It can't be started.
    pub(crate) fn try_out(&self) -> Result<Trial> {
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(&read, rustix::fs::OFlags::NONBLOCK)?;
        let child = self
            .command()
            .env(TRIAL, std::process::id().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::from(write.try_clone()?))
            .stderr(Stdio::from(write))
            .spawn()?;
        Ok(Trial {
            child,
            said: File::from(read),
            text: Vec::new(),
        })
    }

    /// Becomes the new program.
    ///
    /// # Errors
    /// Only that comes back: this one goes on. [`ErrorKind::Interrupted`]: a signal came that was not read yet.
    pub(crate) fn become_it(&self, sockets: &[(String, OwnedFd)], workers: &[i32]) -> Error {
        let open = |flags| {
            for (_, socket) in sockets {
                // A socket that is closed is bound anew.
                let _ = fcntl_setfd(socket, flags);
            }
        };
        let numbers: serde_json::Map<String, serde_json::Value> = sockets
            .iter()
            .map(|(address, socket)| (address.clone(), socket.as_raw_fd().into()))
            .collect();
        let left = serde_json::json!({
            "process": std::process::id(), "sockets": numbers, "workers": workers,
        });
        open(FdFlags::empty());
        let mut environment = self.environment.clone();
        environment.push((TAKEOVER.into(), left.to_string().into()));
        let error = fork::succeed(&self.program, &self.arguments, &environment, &self.folder);
        open(FdFlags::CLOEXEC);
        error
    }
}

/// A program that is tried out.
#[derive(Debug)]
pub(crate) struct Trial {
    child: Child,
    pub(crate) said: File,
    text: Vec<u8>,
}

/// Most that is kept of what it prints.
const MOST: usize = 64 * 1024;

impl Trial {
    /// Reads on; what became of it once it is over.
    pub(crate) fn look(&mut self) -> Option<std::result::Result<(), String>> {
        use std::io::Read;
        let mut room = [0; 4096];
        loop {
            match self.said.read(&mut room) {
                Ok(0) => break,
                Ok(n) if self.text.len() < MOST => self.text.extend_from_slice(&room[..n]),
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return None,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // It has nothing more to say, whatever it still does.
        let _ = self.child.kill();
        let _collected = self.child.wait();
        let text = String::from_utf8_lossy(&self.text);
        if text.lines().any(|line| line == PASSED) {
            return Some(Ok(()));
        }
        let said = text.lines().map(str::trim).find(|line| !line.is_empty());
        let said = said.unwrap_or("it ended without a word before it called run()");
        let said = said.strip_prefix("highper: ").unwrap_or(said);
        let said = said.strip_prefix("cannot start: ").unwrap_or(said);
        Some(Err(said.to_owned()))
    }

    /// It is not wanted any more.
    pub(crate) fn end(mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
