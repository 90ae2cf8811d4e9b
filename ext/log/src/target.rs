//! Where lines go, and what happens when they can't.

use crate::Format;
use crate::file::{LogFile, Rotation};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a pipe takes in one piece (POSIX's PIPE_BUF on Linux): lines of several processes
/// up to this size do not mix, and a blocking pipe that polls writable does not block.
const PIECE: usize = 4096;
/// How often a write is tried that is refused though the target polled writable.
const RETRIES: u32 = 256;
/// A wait is cut into slices, to see that the process is about to end.
const SLICE: Duration = Duration::from_millis(50);

/// A place for lines.
#[derive(Debug)]
pub struct Target(Kind);

#[derive(Debug)]
enum Kind {
    Stderr(io::Stderr),
    Fd(OwnedFd),
    File(LogFile),
}

impl Target {
    /// The process's standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self(Kind::Stderr(io::stderr()))
    }

    /// An open descriptor: a pipe, a socket, a terminal.
    #[must_use]
    pub fn fd(fd: OwnedFd) -> Self {
        Self(Kind::Fd(fd))
    }

    /// A file, appended to; made with mode 0640 where it is missing.
    ///
    /// # Errors
    /// It cannot be opened; the message names it.
    pub fn file(path: &Path, rotation: Rotation) -> io::Result<Self> {
        LogFile::open(path, rotation).map(|f| Self(Kind::File(f)))
    }

    pub(crate) fn format(&self) -> Format {
        Format::for_target(self.as_fd())
    }

    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::File(f) => f.reopen(),
            Kind::Stderr(_) | Kind::Fd(_) => Ok(()),
        }
    }

    fn name(&self) -> String {
        match &self.0 {
            Kind::Stderr(_) => "stderr".into(),
            Kind::Fd(_) => "descriptor".into(),
            Kind::File(f) => f.name(),
        }
    }

    fn is_regular(&self) -> bool {
        matches!(&self.0, Kind::File(f) if f.is_regular())
    }

    #[cfg(test)]
    pub(crate) fn log_file(&mut self) -> &mut LogFile {
        match &mut self.0 {
            Kind::File(f) => f,
            _ => panic!("not a file"),
        }
    }
}

impl AsFd for Target {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.0 {
            Kind::Stderr(s) => s.as_fd(),
            Kind::Fd(fd) => fd.as_fd(),
            Kind::File(f) => f.fd(),
        }
    }
}

/// A target and its troubles.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) target: Target,
    /// Records lost since the target worked last.
    lost: u64,
    /// All records ever lost here.
    pub(crate) lost_ever: u64,
    /// Why it does not work.
    trouble: Option<String>,
    /// Why the file could not be put aside; told once.
    rotation: Option<String>,
    rotation_told: bool,
    /// The last line was written in part.
    torn: bool,
}

impl Sink {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            lost: 0,
            lost_ever: 0,
            trouble: None,
            rotation: None,
            rotation_told: false,
            torn: false,
        }
    }

    /// Writes whole lines. What the target does not take within `patience` (or at once, while
    /// it does not work anyway; or soon, once `hurry` is set) is counted as lost: then false.
    pub(crate) fn write(&mut self, lines: &[u8], patience: Duration, hurry: &AtomicBool) -> bool {
        if let Kind::File(f) = &mut self.target.0 {
            match f.maintain(lines.len()) {
                Ok(()) => self.rotation_told = false,
                Err(e) if !self.rotation_told => self.rotation = Some(e.to_string()),
                Err(_) => {}
            }
        }
        let patience = if self.trouble.is_some() {
            Duration::ZERO
        } else {
            patience
        };
        let deadline = Instant::now() + patience;
        if self.torn {
            match self.some(b"\n", deadline, hurry) {
                Ok(_) => self.torn = false,
                Err(e) => return self.give_up(lines, e),
            }
        }
        let mut rest = lines;
        while !rest.is_empty() {
            let piece = if self.target.is_regular() {
                rest
            } else {
                piece(rest)
            };
            match self.some(piece, deadline, hurry) {
                Ok(n) => {
                    self.torn = piece[n - 1] != b'\n';
                    rest = &rest[n..];
                }
                Err(e) => return self.give_up(rest, e),
            }
        }
        true
    }

    fn give_up(&mut self, rest: &[u8], why: String) -> bool {
        let lost = count(rest);
        self.lost += lost;
        self.lost_ever += lost;
        self.trouble = Some(why);
        false
    }

    /// One successful write of at least one byte, or why there is none.
    fn some(&self, bytes: &[u8], deadline: Instant, hurry: &AtomicBool) -> Result<usize, String> {
        // Another process can fill what has just polled writable, but not for ever.
        for _ in 0..RETRIES {
            if !self.target.is_regular() {
                self.wait(deadline, hurry)?;
            }
            match rustix::io::write(&self.target, bytes) {
                Ok(0) => return Err("it takes nothing".into()),
                Ok(n) => return Ok(n),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(e) => return Err(io::Error::from(e).to_string()),
            }
        }
        Err("it is full".into())
    }

    /// Waits until the target takes data.
    fn wait(&self, deadline: Instant, hurry: &AtomicBool) -> Result<(), String> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = if hurry.load(Ordering::Relaxed) {
                left.min(SLICE)
            } else {
                left
            };
            let slice = left.min(SLICE);
            let timeout = Timespec {
                tv_sec: 0,
                tv_nsec: slice.subsec_nanos().into(),
            };
            let mut fds = [PollFd::new(&self.target, PollFlags::OUT)];
            match poll(&mut fds, Some(&timeout)) {
                // Errors and hang-ups count: the write then says which.
                Ok(n) if n > 0 => return Ok(()),
                Ok(_) if left <= SLICE => return Err("it is full".into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return Err(io::Error::from(e).to_string()),
            }
        }
    }

    /// That the file could not be put aside; said once, until it works.
    pub(crate) fn rotation_report(&mut self) -> Option<String> {
        let why = self.rotation.take()?;
        self.rotation_told = true;
        Some(format!(
            "log file {} cannot be rotated and goes on as it is: {why}",
            self.target.name()
        ))
    }

    /// That the target works again after it did not; to be asked for after a write that worked.
    pub(crate) fn recovery_report(&self) -> Option<String> {
        let why = self.trouble.as_ref()?;
        Some(format!(
            "{} log records were lost, {} did not take them: {why}",
            self.lost,
            self.target.name()
        ))
    }

    /// Writes the recovery report, made a line by the caller. Only when that works is it done with.
    pub(crate) fn write_recovery(&mut self, line: &[u8], hurry: &AtomicBool) {
        let (lost, lost_ever) = (self.lost, self.lost_ever);
        if self.write(line, Duration::ZERO, hurry) {
            self.lost = 0;
            self.trouble = None;
        } else {
            // The report itself is no lost record.
            self.lost = lost;
            self.lost_ever = lost_ever;
        }
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|b| **b == b'\n').count() as u64
}

/// The whole lines that fit in one piece; of a longer line, a part.
fn piece(lines: &[u8]) -> &[u8] {
    if lines.len() <= PIECE {
        return lines;
    }
    match lines[..PIECE].iter().rposition(|b| *b == b'\n') {
        Some(end) => &lines[..=end],
        None => &lines[..PIECE],
    }
}
