//! Another program in the place of this one: it gets the sockets of this one and takes over when it serves.
//!
//! The manager starts the program as it was started itself, beside it, with the sockets and the pid file open and a line on which
//! it says that it is ready, or why it can't be. Until then nothing changes for anybody; who fails leaves all as it was.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

use crate::daemon::Launcher;
use crate::sys;

/// Tells the program what it is left: the old manager's process id, the line, the pid file or `-`, and the sockets; those that
/// belong to a service manager have a `!` behind them.
const VARIABLE: &str = "HIGHPER_UPGRADE";
/// What is none of a successor's business.
const OWN: [&str; 6] = [
    VARIABLE,
    "HIGHPER_TAKEOVER",
    "HIGHPER_TRIAL",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
];

/// What the program before has left to this one.
#[derive(Debug)]
pub(crate) struct Heir {
    /// Each with whether a service manager has lent it.
    pub(crate) sockets: Vec<(RawFd, bool)>,
    pub(crate) pid_file: Option<RawFd>,
}

static HEIR: OnceLock<Option<Heir>> = OnceLock::new();
/// The line to the program before, until something was said on it.
static LINE: AtomicI32 = AtomicI32::new(-1);
/// Has this process taken over?
static SERVES: AtomicBool = AtomicBool::new(false);

/// What this process was left, if it is to take over.
pub(crate) fn heir() -> Option<&'static Heir> {
    HEIR.get_or_init(|| {
        let (heir, line) = read(&std::env::var(VARIABLE).ok()?, sys::getppid())?;
        for fd in heir
            .sockets
            .iter()
            .map(|(fd, _)| *fd)
            .chain(heir.pid_file)
            .chain([line])
        {
            // SAFETY: changes flags of a descriptor; one that is not open is an error without effect.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        LINE.store(line, Ordering::Release);
        Some(heir)
    })
    .as_ref()
}

/// Programs that a server starts have the variable too: only who is its child at once is meant.
fn read(text: &str, parent: sys::Pid) -> Option<(Heir, RawFd)> {
    let mut parts = text.split(';');
    let number = |text: &str| text.parse::<RawFd>().ok().filter(|fd| *fd > 2);
    (parts.next()?.parse() == Ok(parent)).then_some(())?;
    let line = number(parts.next()?)?;
    let pid_file = match parts.next()? {
        "-" => None,
        fd => Some(number(fd)?),
    };
    let socket = |text: &str| match text.strip_suffix('!') {
        Some(fd) => Some((number(fd)?, true)),
        None => Some((number(text)?, false)),
    };
    let sockets: Option<Vec<_>> = parts.next()?.split(',').map(socket).collect();
    Some((
        Heir {
            sockets: sockets?,
            pid_file,
        },
        line,
    ))
}

/// Is this program to take over from one that serves?
#[must_use]
pub fn takes_over() -> bool {
    heir().is_some()
}

/// Is the program before still the one that serves?
pub(crate) fn is_on_trial() -> bool {
    takes_over() && !SERVES.load(Ordering::Acquire)
}

/// This program serves: what it has is its own from now on.
pub(crate) fn serves() {
    SERVES.store(true, Ordering::Release);
}

/// This program was to take over, and can't start: tells the other one why. Nothing where there is none, or where that was told
/// already.
pub fn cannot_take_over(why: &str) {
    Launcher::default().failed(&crate::Error::new(why));
}

/// The line to the program before, once.
pub(crate) fn line() -> Option<OwnedFd> {
    heir()?;
    let fd = LINE.swap(-1, Ordering::AcqRel);
    // SAFETY: it was left to this process alone, and the swap gave it to nobody else.
    (fd > 2).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// How this process was started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: PathBuf,
}

/// What a file below `/proc/self` lists, with zeros between.
fn listed(name: &str) -> io::Result<Vec<OsString>> {
    let bytes = std::fs::read(format!("/proc/self/{name}"))?;
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
    let parts = bytes.split(|b| *b == 0);
    Ok(parts
        .map(|part| OsString::from_vec(part.to_vec()))
        .collect())
}

impl Program {
    /// Looks before somebody writes a title over the arguments.
    pub(crate) fn of_this_process() -> io::Result<Self> {
        let arguments = listed("cmdline")?;
        if arguments.len() < 2 || arguments[1..].iter().all(|argument| argument.is_empty()) {
            return Err(io::Error::other(
                "it can't be seen how the server was started",
            ));
        }
        let pairs = listed("environ")?.into_iter().filter_map(|pair| {
            let bytes = pair.into_vec();
            let at = bytes.iter().position(|b| *b == b'=')?;
            let value = OsString::from_vec(bytes[at + 1..].to_vec());
            Some((OsString::from_vec(bytes[..at].to_vec()), value))
        });
        let environment: Vec<(OsString, OsString)> = pairs
            .filter(|(name, _)| !OWN.iter().any(|own| name == own))
            .collect();
        let real = std::env::current_dir()?;
        // Releases are switched by links: the way that was taken counts, not where it led to.
        let way = environment.iter().find(|(name, _)| name == "PWD");
        let way = way.map(|(_, way)| PathBuf::from(way));
        let folder = way.filter(|way| way.is_absolute() && is_same(way, &real));
        Ok(Self {
            folder: folder.unwrap_or(real),
            arguments,
            environment,
        })
    }

    /// The file of the program as it is now: by the name that it was called by.
    fn file(&self) -> io::Result<PathBuf> {
        let name = Path::new(&self.arguments[0]);
        let runs = |file: &Path| {
            let meta = std::fs::metadata(file);
            meta.is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        };
        let found = if name.as_os_str().as_bytes().contains(&b'/') {
            Some(self.folder.join(name))
        } else {
            let path = self.environment.iter().find(|(name, _)| name == "PATH");
            let path = path.map_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"), |(_, path)| path);
            std::env::split_paths(path)
                .map(|folder| self.folder.join(folder).join(name))
                .find(|file| runs(file))
        };
        if let Some(found) = found.filter(|file| runs(file)) {
            return Ok(found);
        }
        // A file that was replaced is shown as deleted: the new one has its name.
        let exe = std::fs::read_link("/proc/self/exe")?;
        let bytes = exe.as_os_str().as_bytes();
        let name = bytes.strip_suffix(b" (deleted)").unwrap_or(bytes);
        Ok(PathBuf::from(OsStr::from_bytes(name)))
    }

    /// Starts it beside this one, with these descriptors.
    pub(crate) fn start(
        &self,
        sockets: &[(RawFd, bool)],
        pid_file: Option<RawFd>,
        patience: Duration,
    ) -> io::Result<Upgrade> {
        let (read, write) = sys::pipe(true)?;
        let sockets_text: Vec<String> = sockets
            .iter()
            .map(|(fd, lent)| format!("{fd}{}", if *lent { "!" } else { "" }))
            .collect();
        let pid_text = pid_file.map_or_else(|| "-".to_owned(), |fd| fd.to_string());
        let left = format!(
            "{};{};{pid_text};{}",
            sys::getpid(),
            write.as_raw_fd(),
            sockets_text.join(",")
        );
        let mut open: Vec<RawFd> = sockets.iter().map(|(fd, _)| *fd).collect();
        open.extend(pid_file);
        open.push(write.as_raw_fd());
        let mut command = Command::new(self.file()?);
        command
            .arg0(&self.arguments[0])
            .args(&self.arguments[1..])
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(VARIABLE, left)
            .current_dir(&self.folder);
        // SAFETY: between fork and exec only fcntl is called, on numbers that were copied before.
        unsafe {
            command.pre_exec(move || {
                for fd in &open {
                    sys::check(libc::fcntl(*fd, libc::F_SETFD, 0))?;
                }
                Ok(())
            });
        }
        let child = command.spawn()?;
        Ok(Upgrade {
            child,
            line: read,
            told: Vec::new(),
            until: Instant::now() + patience,
        })
    }
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

/// A program that is to take over, on its way.
#[derive(Debug)]
pub(crate) struct Upgrade {
    child: Child,
    line: OwnedFd,
    told: Vec<u8>,
    pub(crate) until: Instant,
}

impl Upgrade {
    /// Can be read when there is something to [`look`](Self::look) for.
    pub(crate) fn fd(&self) -> RawFd {
        self.line.as_raw_fd()
    }

    /// What became of it: the process that serves, or why there is none. One that can't start is gone then.
    pub(crate) fn look(&mut self, now: Instant) -> Option<Result<sys::Pid, String>> {
        let mut room = [0; 1024];
        let has_ended = loop {
            match sys::read(self.line.as_fd(), &mut room) {
                Ok(0) => break true,
                Ok(n) => self.told.extend_from_slice(&room[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break false,
                Err(_) => break true,
            }
        };
        if self.told.first() == Some(&b'+') {
            return Some(Ok(sys::Pid::try_from(self.child.id()).unwrap_or(0)));
        }
        if !has_ended && now < self.until {
            return None;
        }
        self.end();
        Some(Err(match self.told.strip_prefix(b"-") {
            Some(why) => String::from_utf8_lossy(why).into_owned(),
            None if has_ended => {
                "it ended before it was ready: see what it has printed, or the log".to_owned()
            }
            None => "it was not ready in time".to_owned(),
        }))
    }

    /// It is not wanted any more.
    pub(crate) fn end(&mut self) {
        // It may have ended by itself. Its workers end with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_for_the_child_alone() {
        let (heir, line) = read("77;9;-;4,5!", 77).unwrap();
        assert_eq!((line, heir.pid_file), (9, None));
        assert_eq!(heir.sockets, [(4, false), (5, true)]);
        assert_eq!(read("77;9;8;4", 77).unwrap().0.pid_file, Some(8));
        for text in [
            "",
            "77",
            "77;9;-",
            "77;1;-;4",
            "77;9;x;4",
            "77;9;-;",
            "77;9;-;4,a",
            "x;9;-;4",
        ] {
            assert!(read(text, 77).is_none(), "{text}");
        }
        assert!(read("77;9;-;4", 78).is_none());
    }

    fn program(script: &str) -> Program {
        Program {
            arguments: ["/bin/sh", "-c", script].map(OsString::from).to_vec(),
            environment: Vec::new(),
            folder: PathBuf::from("/"),
        }
    }

    #[test]
    fn one_that_is_not_ready_in_time_is_ended() {
        let patience = Duration::from_millis(200);
        let begun = Instant::now();
        let mut upgrade = program("exec sleep 1000")
            .start(&[], None, patience)
            .unwrap();
        assert_eq!(upgrade.look(begun), None);
        assert_eq!(upgrade.look(begun + patience / 2), None);
        assert!(upgrade.child.try_wait().unwrap().is_none());
        let late = upgrade.look(upgrade.until);
        assert_eq!(late, Some(Err("it was not ready in time".to_owned())));
        assert!(upgrade.child.try_wait().unwrap().is_some());
    }

    #[test]
    fn one_that_ends_is_known_at_once() {
        let mut upgrade = program("exit 3")
            .start(&[], None, Duration::from_secs(1000))
            .unwrap();
        let why = loop {
            match upgrade.look(Instant::now()) {
                None => std::thread::yield_now(),
                Some(end) => break end.unwrap_err(),
            }
        };
        assert!(why.starts_with("it ended before it was ready"), "{why}");
    }
}
