//! A socket that another program has bound and that an `exec` has left open.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;

use super::{Address, Listener, file_id};
use crate::error::{Error, reason};
use crate::sys;

/// Takes a listening stream socket over by its number. Only for numbers that somebody has handed over: the descriptor
/// belongs to the listener from then on.
///
/// # Errors
/// It is no open socket, or one that does not listen.
pub fn inherited(number: RawFd) -> Result<Listener, Error> {
    let failed = |e: io::Error| {
        Error::new(format!(
            "cannot take over the socket {number}: {}",
            reason(&e)
        ))
    };
    if number <= 2 || !listens(number).map_err(failed)? {
        return Err(failed(io::Error::from_raw_os_error(libc::EINVAL)));
    }
    let address = address_of(number)
        .ok_or_else(|| failed(io::Error::from_raw_os_error(libc::EAFNOSUPPORT)))?;
    open(number, address)
}

/// The same for any socket whose address is known.
pub(super) fn open(number: RawFd, address: Address) -> Result<Listener, Error> {
    let failed = |e: io::Error| {
        Error::new(format!(
            "cannot take over the socket {number}: {}",
            reason(&e)
        ))
    };
    // SAFETY: open, as its address was just asked, and handed over to nobody but us.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    // SAFETY: changes flags of a descriptor that we own.
    sys::check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) })
        .map_err(failed)?;
    let file = match &address {
        Address::Unix(path) | Address::UnixDatagram(path) => file_id(path),
        _ => None,
    };
    Ok(Listener {
        fd,
        address,
        file,
        is_lent: false,
    })
}

/// Where an open socket of this number listens or takes datagrams, if it does.
pub(super) fn address_of(number: RawFd) -> Option<Address> {
    if number <= 2 {
        return None;
    }
    let kind = option(number, libc::SO_TYPE).ok()?;
    if kind == libc::SOCK_STREAM && !listens(number).ok()? {
        return None;
    }
    // SAFETY: open, as was just seen; it is duplicated at once and not kept.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let socket = borrowed.try_clone_to_owned().ok()?;
    match kind {
        libc::SOCK_STREAM => address(&socket).ok(),
        libc::SOCK_DGRAM => datagrams(&socket),
        _ => None,
    }
}

fn datagrams(fd: &OwnedFd) -> Option<Address> {
    let udp: std::net::UdpSocket = fd.try_clone().ok()?.into();
    if let Ok(address) = udp.local_addr() {
        return (address.port() != 0).then(|| Address::Udp(plain(address)));
    }
    let unix: std::os::unix::net::UnixDatagram = fd.try_clone().ok()?.into();
    let path = unix.local_addr().ok()?.as_pathname().map(PathBuf::from);
    path.map(Address::UnixDatagram)
}

/// Has it SO_REUSEPORT?
pub(super) fn reuses_port(fd: BorrowedFd<'_>) -> bool {
    option(fd.as_raw_fd(), libc::SO_REUSEPORT).is_ok_and(|on| on != 0)
}

fn listens(number: RawFd) -> io::Result<bool> {
    option(number, libc::SO_ACCEPTCONN).map(|on| on != 0)
}

fn option(number: RawFd, name: libc::c_int) -> io::Result<libc::c_int> {
    let mut value: libc::c_int = 0;
    let mut len = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: writes an integer on the stack.
    sys::check(unsafe {
        libc::getsockopt(
            number,
            libc::SOL_SOCKET,
            name,
            (&raw mut value).cast(),
            &raw mut len,
        )
    })?;
    Ok(value)
}

fn address(fd: &OwnedFd) -> io::Result<Address> {
    let tcp: std::net::TcpListener = fd.try_clone()?.into();
    if let Ok(address) = tcp.local_addr() {
        return Ok(Address::Tcp(plain(address)));
    }
    let unix: std::os::unix::net::UnixListener = fd.try_clone()?.into();
    let path = unix.local_addr()?.as_pathname().map(PathBuf::from);
    path.map(Address::Unix)
        .ok_or_else(|| io::Error::from_raw_os_error(libc::EAFNOSUPPORT))
}

/// Without flow and scope, as it was bound.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(_) => address,
        ip @ IpAddr::V6(_) => SocketAddr::new(ip, address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TcpOptions, bind_tcp, bind_unix};
    use super::*;
    use std::net::TcpStream;
    use std::os::fd::IntoRawFd;

    #[test]
    fn a_socket_goes_on_listening_where_it_was_bound() {
        let first = bind_tcp(
            SocketAddr::from(([127, 0, 0, 1], 0)),
            &TcpOptions::default(),
        )
        .unwrap();
        let address = first.address().clone();
        let again = inherited(first.into_fd().into_raw_fd()).unwrap();
        assert_eq!(*again.address(), address);
        let Address::Tcp(port) = address else {
            unreachable!()
        };
        TcpStream::connect(port).unwrap();
        let path =
            std::env::temp_dir().join(format!("highper-inherited-{}.sock", std::process::id()));
        let unix = bind_unix(&path, 0o600, 5).unwrap();
        let again = inherited(unix.into_fd().into_raw_fd()).unwrap();
        assert_eq!(*again.address(), Address::Unix(path.clone()));
        again.remove_file();
        assert!(!path.exists());
    }

    #[test]
    fn what_does_not_listen_is_refused() {
        let (read, _write) = sys::pipe(false).unwrap();
        let number = read.as_raw_fd();
        assert!(
            inherited(number)
                .unwrap_err()
                .to_string()
                .contains(&number.to_string())
        );
        assert!(inherited(1).is_err());
        assert!(inherited(9_999).is_err());
    }
}
