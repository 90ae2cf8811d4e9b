//! Sockets that take datagrams.

use super::{Address, Listener, activated, file_id};
use crate::error::{Error, reason};
use std::fs;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Binds a UDP socket; port 0 lets the system choose one.
///
/// # Errors
/// One line: which address, why, and what to do.
pub fn bind_udp(address: SocketAddr) -> Result<Listener, Error> {
    if let Some(given) = activated::take(&Address::Udp(address)) {
        return Ok(given);
    }
    let bound = UdpSocket::bind(address).and_then(|socket| {
        socket.set_nonblocking(true)?;
        Ok((socket.local_addr()?, socket))
    });
    let (actual, socket) = bound.map_err(|e| {
        let why = match e.kind() {
            io::ErrorKind::AddrInUse => {
                "it is taken by another process; stop that or choose another port".to_owned()
            }
            io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address; use one of its own, 127.0.0.1 or 0.0.0.0"
                    .to_owned()
            }
            _ => reason(&e),
        };
        Error::new(format!("cannot bind udp {address}: {why}")).caused_by(&e)
    })?;
    Ok(Listener {
        fd: OwnedFd::from(socket),
        address: Address::Udp(actual),
        file: None,
        is_lent: false,
    })
}

/// Binds a Unix datagram socket. A socket's file that is there already is replaced, as Swoole does;
/// any other file is an error.
///
/// # Errors
/// One line: which path, why, and what to do.
pub fn bind_unix_datagram(path: &Path) -> Result<Listener, Error> {
    let failed = |e: &io::Error, text: &str| {
        Error::new(format!("cannot bind unix:{}: {text}", path.display())).caused_by(e)
    };
    if let Some(given) = activated::take(&Address::UnixDatagram(path.to_owned())) {
        return Ok(given);
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {
            fs::remove_file(path).map_err(|e| {
                failed(
                    &e,
                    "a server that is gone left the file and it cannot be removed",
                )
            })?;
        }
        _ => {}
    }
    let socket = UnixDatagram::bind(path)
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
        .map_err(|e| {
            let why = format!("{}; choose a place that this user may write", reason(&e));
            failed(&e, &why)
        })?;
    Ok(Listener {
        fd: OwnedFd::from(socket),
        address: Address::UnixDatagram(path.to_owned()),
        file: file_id(path),
        is_lent: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_received_and_a_taken_address_is_refused() {
        let first = bind_udp(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let Address::Udp(address) = *first.address() else {
            panic!("not UDP: {:?}", first.address());
        };
        let text = bind_udp(address).unwrap_err().to_string();
        assert!(text.contains("taken"), "{text}");
        let socket = UdpSocket::from(first.into_fd());
        socket.set_nonblocking(false).unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.send_to(b"ping", address).unwrap();
        let mut buffer = [0; 8];
        assert_eq!(socket.recv(&mut buffer).unwrap(), 4);
    }

    #[test]
    fn a_socket_file_is_replaced_and_any_other_is_not() {
        let folder = std::env::temp_dir().join(format!("highper-dgram-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("d.sock");
        drop(bind_unix_datagram(&path).unwrap());
        let again = bind_unix_datagram(&path).unwrap();
        UnixDatagram::unbound()
            .unwrap()
            .send_to(b"x", &path)
            .unwrap();
        again.close();
        assert!(!path.exists());
        fs::write(&path, "data").unwrap();
        assert!(bind_unix_datagram(&path).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
