//! A log file that others may rename, and that renames itself when it is told to.

use crate::clock::{civil, unix};
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often the file's name is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// When a file is put aside and a new one begun. Several processes may share the file: one of
/// them renames it, the others follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Never; a renamed file is followed by a new one all the same (within a second, or at once
    /// by [`crate::Logger::reopen`]).
    #[default]
    Never,
    /// At midnight UTC, to `name.2026-11-20`.
    Daily {
        /// Files put aside that are kept; 0 for all.
        keep: u32,
    },
    /// When it has reached this size, to `name.1`; that one goes to `name.2`, and so on.
    Size {
        /// Bytes.
        bytes: u64,
        /// Files put aside that are kept, at least 1.
        keep: u32,
    },
}

#[derive(Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    fd: OwnedFd,
    rotation: Rotation,
    regular: bool,
    identity: (u64, u64),
    size: u64,
    day: u64,
    looked: Instant,
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    // NONBLOCK: a pipe without a reader is an error, not a wait.
    let flags = OFlags::WRONLY
        | OFlags::CREATE
        | OFlags::APPEND
        | OFlags::CLOEXEC
        | OFlags::NONBLOCK
        | OFlags::NOCTTY;
    rustix::fs::open(path, flags, Mode::from_raw_mode(0o640)).map_err(|e| {
        io::Error::new(
            io::Error::from(e).kind(),
            format!("log file {} cannot be opened: {e}", path.display()),
        )
    })
}

fn today() -> u64 {
    unix(SystemTime::now()).0 / 86_400
}

impl LogFile {
    pub(crate) fn open(path: &Path, rotation: Rotation) -> io::Result<Self> {
        let fd = open(path)?;
        let stat = rustix::fs::fstat(&fd)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let written = u64::try_from(stat.st_mtime).unwrap_or(0) / 86_400;
        Ok(Self {
            path: path.into(),
            regular: FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile,
            identity: (stat.st_dev, stat.st_ino),
            size,
            day: if size == 0 { today() } else { written },
            fd,
            rotation,
            looked: Instant::now(),
        })
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn is_regular(&self) -> bool {
        self.regular
    }

    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub(crate) fn reopen(&mut self) -> io::Result<()> {
        *self = Self::open(&self.path, self.rotation)?;
        Ok(())
    }

    /// To be called before `more` bytes are written: follows a renamed file, and rotates.
    pub(crate) fn maintain(&mut self, more: usize) -> io::Result<()> {
        self.size += more as u64;
        let due = match self.rotation {
            Rotation::Size { bytes, .. } => self.size > bytes && self.size > more as u64,
            _ => false,
        };
        if !self.regular || (!due && self.looked.elapsed() < LOOK) {
            return Ok(());
        }
        self.looked = Instant::now();
        if !self.is_at(&self.path) {
            self.reopen()?;
        } else {
            self.size =
                rustix::fs::fstat(&self.fd).map_or(0, |s| u64::try_from(s.st_size).unwrap_or(0));
        }
        let old = self.size > 0
            && match self.rotation {
                Rotation::Never => false,
                Rotation::Daily { .. } => self.day < today(),
                Rotation::Size { bytes, .. } => self.size + more as u64 > bytes,
            };
        if old {
            self.rotate()?;
        }
        self.size += more as u64;
        Ok(())
    }

    fn is_at(&self, path: &Path) -> bool {
        rustix::fs::stat(path).is_ok_and(|s| (s.st_dev, s.st_ino) == self.identity)
    }

    fn rotate(&mut self) -> io::Result<()> {
        // A lock of its own: descriptors inherited from a common parent would share theirs.
        let lock = rustix::fs::open(&self.path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            // Another process is at it; its new file is found by its name next time.
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(()),
            Err(e) => return Err(e.into()),
        }
        if self.is_at(&self.path) {
            match self.rotation {
                Rotation::Never => {}
                Rotation::Daily { keep } => self.put_aside_by_day(keep)?,
                Rotation::Size { keep, .. } => self.put_aside_by_number(keep.max(1))?,
            }
        }
        self.reopen()
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(".");
        name.push(suffix);
        name.into()
    }

    fn put_aside_by_number(&self, keep: u32) -> io::Result<()> {
        for n in (1..keep).rev() {
            let from = self.beside(&n.to_string());
            if from.exists() {
                std::fs::rename(from, self.beside(&(n + 1).to_string()))?;
            }
        }
        std::fs::rename(&self.path, self.beside("1"))
    }

    fn put_aside_by_day(&self, keep: u32) -> io::Result<()> {
        let (year, month, day) = civil(self.day);
        let date = format!("{year:04}-{month:02}-{day:02}");
        let mut to = self.beside(&date);
        let mut n = 1;
        while to.exists() {
            to = self.beside(&format!("{date}.{n}"));
            n += 1;
        }
        std::fs::rename(&self.path, to)?;
        if keep == 0 {
            return Ok(());
        }
        let folder = self
            .path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut prefix = self
            .path
            .file_name()
            .unwrap_or_default()
            .as_encoded_bytes()
            .to_vec();
        prefix.push(b'.');
        let is_ours = |name: &OsString| {
            let rest = name.as_encoded_bytes().strip_prefix(prefix.as_slice());
            rest.is_some_and(|r| {
                r.len() >= 10
                    && r[..10].iter().enumerate().all(|(i, b)| {
                        if i == 4 || i == 7 {
                            *b == b'-'
                        } else {
                            b.is_ascii_digit()
                        }
                    })
                    && r[10..].iter().all(|b| b.is_ascii_digit() || *b == b'.')
            })
        };
        let mut names: Vec<OsString> = std::fs::read_dir(folder)?
            .filter_map(|e| Some(e.ok()?.file_name()))
            .filter(is_ours)
            .collect();
        names.sort();
        let too_many = names.len().saturating_sub(keep as usize);
        for name in &names[..too_many] {
            std::fs::remove_file(folder.join(name))?;
        }
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn pretend_day(&mut self, day: u64) {
        self.day = day;
        self.looked = Instant::now().checked_sub(LOOK * 2).unwrap();
    }
}
