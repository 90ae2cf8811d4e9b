//! Locks by number that processes take without waiting, and that the kernel frees when a holder dies.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// As many locks as there are numbers below 2⁶², at no memory for those that nobody holds.
///
/// They exclude processes from one another, not the parts of one process: whoever takes one twice in the same process has
/// it. Made before a fork, they are common to all that are forked from then on.
#[derive(Debug)]
pub struct Ranges {
    file: OwnedFd,
    /// The file once more, opened by this process: what one opened holds is shared with those that inherit it.
    own: RefCell<Option<(u32, File)>>,
}

impl Ranges {
    /// Without a lock held.
    ///
    /// # Errors
    /// The system has no more descriptors or memory.
    pub fn new() -> io::Result<Self> {
        // SAFETY: the name is a literal that ends with NUL.
        let fd = unsafe { libc::memfd_create(c"highper-locks".as_ptr(), libc::MFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            // SAFETY: it was just opened, and nobody else has it.
            file: unsafe { OwnedFd::from_raw_fd(fd) },
            own: RefCell::new(None),
        })
    }

    /// Takes a lock if no other process has it.
    ///
    /// # Errors
    /// The system has no memory for it, or `/proc` is not there.
    pub fn try_lock(&self, number: u64) -> io::Result<bool> {
        match self.set(number, libc::F_WRLCK) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives a lock back.
    ///
    /// # Errors
    /// Those of [`Ranges::try_lock`].
    pub fn unlock(&self, number: u64) -> io::Result<()> {
        self.set(number, libc::F_UNLCK)
    }

    fn set(&self, number: u64, kind: libc::c_int) -> io::Result<()> {
        let mut own = self.own.borrow_mut();
        let process = std::process::id();
        if own.as_ref().is_none_or(|(owner, _)| *owner != process) {
            let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            let file = File::options().read(true).write(true).open(path)?;
            *own = Some((process, file));
        }
        let Some((_, file)) = &*own else {
            return Err(io::Error::other("the locks are not open"));
        };
        // SAFETY: all-zero bytes are a valid `flock`, and l_pid has to be 0.
        let mut range: libc::flock = unsafe { std::mem::zeroed() };
        range.l_type = kind as libc::c_short;
        range.l_whence = libc::SEEK_SET as libc::c_short;
        range.l_start = (number >> 2) as libc::off_t;
        range.l_len = 1;
        // SAFETY: the descriptor is open, and the record lives through the call.
        let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const range) };
        match done {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_kept_out_until_the_holder_dies() {
        let locks = Ranges::new().unwrap();
        assert!(locks.try_lock(8).unwrap());
        assert!(locks.try_lock(8).unwrap());
        // SAFETY: the child calls nothing that a fork of a threaded process forbids but what opens a file.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let other = locks.try_lock(8).unwrap_or(true);
            let free = locks.try_lock(80).unwrap_or(false);
            // SAFETY: ends this process.
            unsafe { libc::_exit(i32::from(other) + 2 * i32::from(!free)) };
        }
        let mut status = 0;
        // SAFETY: the place for the status lives through the call.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        // What the dead one held is free.
        assert!(locks.try_lock(80).unwrap());
        locks.unlock(8).unwrap();
    }
}
