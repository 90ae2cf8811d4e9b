//! What is done with a file on another thread, so that the loop does not wait for a disk.

use std::os::fd::RawFd;

use libc::{c_int, off_t, ssize_t};

use crate::errno;

/// How much of a file is brought into memory by one step, in bytes.
const STEP: usize = 256 * 1024;

/// One thing to do with a file. It names the file by its descriptor: one that is closed, or is another's by
/// then, does no harm, since nothing is written and nothing that is read is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileWork {
    /// Brings a part of it into memory.
    Fetch {
        /// The descriptor.
        fd: RawFd,
        /// Where the part begins.
        offset: off_t,
        /// How long it is, in bytes.
        length: usize,
    },
    /// Brings it to the disk (`fsync`).
    Sync(RawFd),
    /// Brings its content to the disk (`fdatasync`).
    SyncData(RawFd),
}

/// How work ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OffloadOutcome {
    /// Done: the result of the call, and its errno.
    Done(isize, c_int),
    /// The waiting coroutine was cancelled: `ECANCELED`. The work goes on.
    Cancelled,
    /// It could not be begun: the call blocks.
    Refused,
}

impl FileWork {
    /// Brings as many bytes into memory as are read next; `None` for what has no position.
    #[must_use]
    pub fn next_of(fd: RawFd, length: usize) -> Option<Self> {
        // SAFETY: asks for the position.
        let offset = errno::preserve(|| unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) });
        (offset >= 0).then_some(Self::Fetch { fd, offset, length })
    }

    /// Whose it is.
    #[must_use]
    pub fn fd(self) -> RawFd {
        match self {
            Self::Fetch { fd, .. } | Self::Sync(fd) | Self::SyncData(fd) => fd,
        }
    }

    /// Does it; blocks. Run it where no hook is: on a thread that is not the loop's.
    #[must_use]
    pub fn run(self) -> OffloadOutcome {
        let result = match self {
            Self::Fetch { fd, offset, length } => fetch(fd, offset, length),
            // SAFETY: touches no memory.
            Self::Sync(fd) => unsafe { libc::fsync(fd) as ssize_t },
            // SAFETY: touches no memory.
            Self::SyncData(fd) => unsafe { libc::fdatasync(fd) as ssize_t },
        };
        OffloadOutcome::Done(result, errno::get())
    }
}

/// Reads a part, and forgets what it reads: it stays in the page cache for a while.
fn fetch(fd: RawFd, offset: off_t, length: usize) -> ssize_t {
    let mut scratch = vec![0_u8; length.min(STEP)];
    let mut at = offset;
    let mut left = length;
    while left > 0 {
        let wanted = left.min(scratch.len());
        // SAFETY: room for as many bytes.
        let result = unsafe { libc::pread(fd, scratch.as_mut_ptr().cast(), wanted, at) };
        if result <= 0 {
            return result;
        }
        at += result as off_t;
        left -= result as usize;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsRawFd;

    #[test]
    fn fetching_moves_no_position_and_survives_what_is_no_file() {
        let path = std::env::temp_dir().join(format!("highper-fetch-{}", std::process::id()));
        let mut file = std::fs::File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        file.write_all(&vec![7; 600_000]).unwrap();
        let fd = file.as_raw_fd();
        let work = FileWork::Fetch {
            fd,
            offset: 10,
            length: 1_000_000,
        };
        assert!(matches!(work.run(), OffloadOutcome::Done(0, _)));
        // SAFETY: asks for the position.
        assert_eq!(unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) }, 600_000);
        assert!(matches!(
            FileWork::Sync(fd).run(),
            OffloadOutcome::Done(0, _)
        ));
        assert!(matches!(
            FileWork::SyncData(fd).run(),
            OffloadOutcome::Done(0, _)
        ));
        assert_eq!(
            FileWork::Fetch {
                fd: -1,
                offset: 0,
                length: 1
            }
            .run(),
            OffloadOutcome::Done(-1, libc::EBADF)
        );
        std::fs::remove_file(path).unwrap();
    }
}
