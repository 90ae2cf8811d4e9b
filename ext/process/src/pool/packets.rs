//! How workers of a pool get what they are to do: packets of a socket, or connections.

use crate::sys;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// How long a client may take to send its packet, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Receives a packet, if there is one; what does not fit is cut off.
///
/// # Errors
/// `EAGAIN` when there is none.
pub fn receive(from: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    // SAFETY: the buffer lives through the call.
    let count = unsafe {
        libc::recv(
            from.as_raw_fd(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            libc::MSG_DONTWAIT,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

/// Sends a packet, if there is room.
///
/// # Errors
/// `EAGAIN` when there is none; `EMSGSIZE`: it is too large for the system's limits.
pub fn send(to: BorrowedFd<'_>, packet: &[u8]) -> io::Result<()> {
    // SAFETY: the packet lives through the call.
    let count = unsafe {
        libc::send(
            to.as_raw_fd(),
            packet.as_ptr().cast(),
            packet.len(),
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    if count < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Waits until a descriptor can be written, up to a second; a signal ends it early.
///
/// # Errors
/// The system's error.
pub fn wait_writable(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut list = libc::pollfd {
        fd: fd.as_raw_fd(),
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: one entry that lives through the call.
    match sys::check(unsafe { libc::poll(&raw mut list, 1, 1000) }) {
        Err(cause) if cause.kind() != io::ErrorKind::Interrupted => Err(cause),
        _ => Ok(()),
    }
}

/// Waits until one of the descriptors can be read, at most a minute: which of them can. A signal
/// ends it early.
///
/// # Errors
/// The system's error.
pub fn wait_readable(fds: &[RawFd], time: Option<Duration>) -> io::Result<Vec<bool>> {
    sys::poll(fds, time.unwrap_or(Duration::from_secs(60)))
}

/// A client's connection: it sends one packet, which may be answered.
#[derive(Debug)]
pub struct Connection(TcpStream);

/// Accepts a client, if one is there.
///
/// # Errors
/// `EAGAIN` when there is none.
pub fn accept(listener: BorrowedFd<'_>) -> io::Result<Connection> {
    // SAFETY: asks for no address.
    let fd = sys::check(unsafe {
        libc::accept4(
            listener.as_raw_fd(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            libc::SOCK_CLOEXEC,
        )
    })?;
    // SAFETY: fresh and owned by nobody else.
    let stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(fd) });
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(Connection(stream))
}

impl Connection {
    /// The client's packet: its length in 4 bytes, the highest first, and so many bytes.
    ///
    /// # Errors
    /// `InvalidData` when it is empty or larger than `largest`; `WouldBlock` when the client takes
    /// more than 30 seconds; that it went away.
    pub fn receive(&mut self, largest: usize) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 || length > largest {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut packet = vec![0; length];
        self.0.read_exact(&mut packet)?;
        Ok(packet)
    }

    /// Answers, in the same form.
    ///
    /// # Errors
    /// That the client went away, or takes more than 30 seconds.
    pub fn answer(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.0.write_all(&length.to_be_bytes())?;
        self.0.write_all(bytes)
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
