//! What can be done with the number of a descriptor, and with a socket's options by their numbers.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// A descriptor of our own for the same open file, closed on exec.
///
/// # Errors
/// `EBADF` when the number is not open, `EMFILE` when there are too many.
pub fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: touches no memory; the kernel looks whether the number is open.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3) };
    if copy < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just made, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Ends a connection in both directions; the descriptor stays open. Anything else than a socket is left alone.
pub fn hang_up(fd: RawFd) {
    // SAFETY: touches no memory; the kernel refuses what is no connected socket, and then there is nothing to end.
    unsafe { libc::shutdown(fd, libc::SHUT_RDWR) };
}

/// `getsockopt`: fills `value` and returns how many bytes of it the kernel wrote.
///
/// # Errors
/// The system's error.
pub fn get_option(fd: BorrowedFd, level: i32, name: i32, value: &mut [u8]) -> io::Result<usize> {
    let mut length = value.len() as libc::socklen_t;
    // SAFETY: the kernel writes at most as many bytes as the slice has.
    let done = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            level,
            name,
            value.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((length as usize).min(value.len()))
}

/// `setsockopt` with the value's bytes as the kernel wants them.
///
/// # Errors
/// The system's error.
pub fn set_option(fd: BorrowedFd, level: i32, name: i32, value: &[u8]) -> io::Result<()> {
    // SAFETY: the kernel reads at most as many bytes as the slice has.
    let done = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            name,
            value.as_ptr().cast(),
            value.len() as libc::socklen_t,
        )
    };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn options_are_set_and_read_back() {
        let (a, _b) = UnixStream::pair().unwrap();
        set_option(
            a.as_fd(),
            libc::SOL_SOCKET,
            libc::SO_KEEPALIVE,
            &1_i32.to_ne_bytes(),
        )
        .unwrap();
        let mut value = [0; 4];
        let read = get_option(a.as_fd(), libc::SOL_SOCKET, libc::SO_KEEPALIVE, &mut value).unwrap();
        assert_eq!((read, i32::from_ne_bytes(value)), (4, 1));
        assert!(get_option(a.as_fd(), 99, 99, &mut value).is_err());
    }

    #[test]
    fn who_hangs_up_is_heard() {
        let (a, mut b) = UnixStream::pair().unwrap();
        hang_up(a.as_raw_fd());
        assert_eq!(std::io::Read::read(&mut b, &mut [0]).unwrap(), 0);
        hang_up(-1);
    }

    #[test]
    fn a_duplicate_lives_on_its_own() {
        let (a, b) = UnixStream::pair().unwrap();
        let copy = UnixStream::from(duplicate(a.as_raw_fd()).unwrap());
        drop(a);
        b.set_nonblocking(true).unwrap();
        let end = std::io::Read::read(&mut &b, &mut [0]);
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(copy);
        assert_eq!(duplicate(-1).unwrap_err().raw_os_error(), Some(libc::EBADF));
    }
}
