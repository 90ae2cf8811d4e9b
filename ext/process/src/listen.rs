//! Listening sockets, bound before the workers are forked and inherited by
//! all of them.
//!
//! The manager keeps them open, so that connections that wait in a socket's
//! queue survive the death of a worker and a reload. With SO_REUSEPORT that
//! holds too if worker `n` of every generation takes socket `n` of
//! [`bind_tcp_group`]: the kernel resets what waits in a socket only when its
//! last owner closes it.

mod activated;
mod datagram;
mod inherited;
mod owner;
mod raw;

pub use datagram::{bind_udp, bind_unix_datagram};
pub use inherited::inherited;

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::error::{Error, reason};
use crate::sys;

/// How a TCP socket is bound.
#[derive(Clone, Copy, Debug)]
pub struct TcpOptions {
    /// Connections that may wait to be accepted; the kernel caps it at
    /// net.core.somaxconn. Default 512, as Swoole.
    pub backlog: i32,
    /// SO_REUSEPORT: several sockets on one port. Default false.
    pub reuse_port: bool,
    /// With `reuse_port`: refuse a port on which somebody listens already, so
    /// that a second server does not take half of the first one's
    /// connections. Default true.
    pub exclusive: bool,
    /// An IPv6 socket takes no IPv4 connections. Default false: `::` serves
    /// both.
    pub v6_only: bool,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: 512,
            reuse_port: false,
            exclusive: true,
            v6_only: false,
        }
    }
}

/// Where a socket listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// TCP, with the port that the kernel chose if 0 was asked.
    Tcp(SocketAddr),
    /// A Unix stream socket.
    Unix(PathBuf),
    /// UDP, likewise.
    Udp(SocketAddr),
    /// A Unix datagram socket.
    UnixDatagram(PathBuf),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Udp(address) => write!(f, "udp {address}"),
            Self::Unix(path) | Self::UnixDatagram(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A listening socket: non-blocking, closed on exec.
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
    address: Address,
    // Device and inode of a Unix socket's file.
    file: Option<(u64, u64)>,
    // Somebody else keeps it, for a server to come.
    is_lent: bool,
}

impl Listener {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Does a service manager keep it for a server to come?
    #[must_use]
    pub fn is_lent(&self) -> bool {
        self.is_lent
    }

    /// Was it bound with SO_REUSEPORT, by the program before this one?
    #[must_use]
    pub fn is_one_of_several(&self) -> bool {
        crate::upgrade::takes_over() && inherited::reuses_port(self.fd.as_fd())
    }

    /// Changes how many connections may wait to be accepted.
    ///
    /// # Errors
    /// The system's.
    pub fn set_backlog(&self, backlog: i32) -> io::Result<()> {
        raw::listen(&self.fd, backlog)
    }

    /// `TCP_DEFER_ACCEPT`: a connection is there once its first bytes are, or so many seconds have passed.
    ///
    /// # Errors
    /// The system's, for a socket that is not one of TCP.
    pub fn defer_accept(&self, seconds: i32) -> io::Result<()> {
        raw::defer_accept(&self.fd, seconds)
    }

    /// `TCP_FASTOPEN`: clients that were here before may send bytes along with their first packet; so many such connections
    /// may wait. 0 switches it off.
    ///
    /// # Errors
    /// The system's, for a socket that is not one of TCP.
    pub fn fast_open(&self, queue: i32) -> io::Result<()> {
        raw::fast_open(&self.fd, queue)
    }

    /// Gives the descriptor away.
    #[must_use]
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }

    /// Ends listening at once, in every process that shares the socket: who connects from now on
    /// is refused, who waits to be accepted is reset, and the address is free for another server. One that a service manager
    /// has bound only this process lets go, and all of them where this program was to take over from another and did not come to it.
    pub fn close(self) {
        if crate::upgrade::is_on_trial() {
            // The program before serves on, with the same socket.
            return;
        }
        if self.is_lent {
            // The next server finds it as it was.
            let _ = self.resume();
            return;
        }
        self.remove_file();
        // Another process may have ended it already.
        let _ = sys::shutdown(self.fd.as_fd());
    }

    /// Takes no connections until [`resume`](Self::resume), in every process that shares the socket: who connects is refused,
    /// who waits to be accepted is reset, those that were accepted go on. The address stays ours. Only TCP: a local socket
    /// and one for datagrams stay as they are.
    ///
    /// # Errors
    /// The system's error.
    pub fn pause(&self) -> io::Result<()> {
        match self.address {
            Address::Tcp(_) => sys::stop_listening(self.fd.as_fd()),
            _ => Ok(()),
        }
    }

    /// Takes connections again.
    ///
    /// # Errors
    /// The system's error: somebody else listens at the address.
    pub fn resume(&self) -> io::Result<()> {
        match self.address {
            Address::Tcp(_) => sys::listen_again(self.fd.as_fd(), TcpOptions::default().backlog),
            _ => Ok(()),
        }
    }

    /// Removes the file of a Unix socket, if it is still this socket's: for
    /// the manager, when the server has ended.
    pub fn remove_file(&self) {
        if let (Address::Unix(path) | Address::UnixDatagram(path), Some(file)) =
            (&self.address, self.file)
            && file_id(path) == Some(file)
        {
            // Somebody else may have removed it: then there is nothing to do.
            let _ = fs::remove_file(path);
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

/// The address for a host and port: an IP address, `localhost`, `*` (all IPv4)
/// or a name of this machine.
///
/// # Errors
/// When the name cannot be resolved.
pub fn resolve(host: &str, port: u16) -> Result<SocketAddr, Error> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let ip = match bare {
        "*" => Some(IpAddr::from([0, 0, 0, 0])),
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        _ => bare.parse::<IpAddr>().ok(),
    };
    if let Some(ip) = ip {
        return Ok(SocketAddr::new(ip, port));
    }
    let unknown = |why: String| {
        Error::new(format!(
            "cannot listen on '{host}': {why}; use an IP address such as 127.0.0.1, or 0.0.0.0 for all"
        ))
    };
    if bare.is_empty() {
        return Err(unknown("the host is empty".into()));
    }
    (bare, port)
        .to_socket_addrs()
        .map_err(|e| unknown(reason(&e)))?
        .next()
        .ok_or_else(|| unknown("the name has no address".into()))
}

/// Binds a TCP socket and listens.
///
/// # Errors
/// One line: which address, why, and what to do; for a port that is taken the
/// process that has it, if that can be seen.
pub fn bind_tcp(address: SocketAddr, options: &TcpOptions) -> Result<Listener, Error> {
    if options.reuse_port
        && options.exclusive
        && address.port() != 0
        && !crate::upgrade::takes_over()
    {
        // Without the option the bind fails if anybody listens there.
        let alone = TcpOptions {
            reuse_port: false,
            ..*options
        };
        drop(bind_tcp_plain(address, &alone)?);
    }
    bind_tcp_plain(address, options)
}

/// Binds `count` sockets on one address with SO_REUSEPORT: one per worker.
///
/// # Errors
/// As [`bind_tcp`].
pub fn bind_tcp_group(
    address: SocketAddr,
    options: &TcpOptions,
    count: usize,
) -> Result<Vec<Listener>, Error> {
    let mut options = TcpOptions {
        reuse_port: true,
        ..*options
    };
    let mut list = Vec::with_capacity(count);
    let mut address = address;
    for _ in 0..count {
        let listener = bind_tcp(address, &options)?;
        if let Address::Tcp(actual) = listener.address {
            address = actual;
        }
        options.exclusive = false;
        list.push(listener);
    }
    Ok(list)
}

fn bind_tcp_plain(address: SocketAddr, options: &TcpOptions) -> Result<Listener, Error> {
    check_backlog(options.backlog)?;
    if let Some(given) = activated::take(&Address::Tcp(address)) {
        return Ok(given);
    }
    let (fd, actual) = raw::listen_tcp(address, options).map_err(|e| tcp_error(address, &e))?;
    Ok(Listener {
        fd,
        address: Address::Tcp(actual),
        file: None,
        is_lent: false,
    })
}

fn check_backlog(backlog: i32) -> Result<(), Error> {
    if backlog < 1 {
        return Err(Error::new(format!(
            "setting 'backlog' is {backlog}: use 1 or more (512 is the default)"
        )));
    }
    Ok(())
}

fn tcp_error(address: SocketAddr, error: &io::Error) -> Error {
    let text = match error.raw_os_error() {
        Some(libc::EADDRINUSE) => {
            let by = owner::of_tcp_port(address.port())
                .map_or_else(|| "another process".to_owned(), |o| o.to_string());
            format!("it is taken by {by}; stop that or choose another port")
        }
        Some(libc::EACCES) if address.port() < 1024 => {
            "ports below 1024 need root or the capability CAP_NET_BIND_SERVICE; choose a port from 1024 on".to_owned()
        }
        Some(libc::EADDRNOTAVAIL) => {
            "this machine has no such address; use one of its own, 127.0.0.1 or 0.0.0.0".to_owned()
        }
        Some(libc::EAFNOSUPPORT) => {
            "this machine has no such kind of address (is IPv6 switched off?); use an IPv4 address".to_owned()
        }
        _ => reason(error),
    };
    Error::new(format!("cannot listen on {address}: {text}")).caused_by(error)
}

/// Binds a Unix stream socket with these permissions (such as 0o660) and
/// listens. A file left by a server that is gone is replaced; one on which
/// somebody answers, or which is no socket, is an error.
///
/// # Errors
/// One line: which path, why, and what to do.
pub fn bind_unix(path: &Path, mode: u32, backlog: i32) -> Result<Listener, Error> {
    check_backlog(backlog)?;
    let failed =
        |text: &str| Error::new(format!("cannot listen on unix:{}: {text}", path.display()));
    let length = path.as_os_str().len();
    if length == 0 || length > 107 || path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(failed(&format!(
            "a socket's path has 1 to 107 bytes and no zero byte, this one has {length}; choose another"
        )));
    }
    if let Some(given) = activated::take(&Address::Unix(path.to_owned())) {
        return Ok(given);
    }
    if let Ok(found) = fs::symlink_metadata(path) {
        if !found.file_type().is_socket() {
            return Err(failed(
                "there is a file that is no socket; remove it or choose another path",
            ));
        }
        match UnixStream::connect(path) {
            Err(e) if e.raw_os_error() == Some(libc::ECONNREFUSED) => {
                fs::remove_file(path).map_err(|e| {
                    failed(&format!(
                        "a server that is gone left the file and it cannot be removed: {}",
                        reason(&e)
                    ))
                })?;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                return Err(failed(
                    "another user's socket is there; remove it or choose another path",
                ));
            }
            _ => {
                return Err(failed(
                    "another process answers there; stop it or choose another path",
                ));
            }
        }
    }
    // Nobody may connect before the permissions are set.
    let before = sys::umask(0o177);
    let bound = raw::listen_unix(path, backlog);
    sys::umask(before);
    let fd = bound.map_err(|e| {
        failed(&match e.raw_os_error() {
            Some(libc::ENOENT) => "its folder does not exist; create it".to_owned(),
            _ => format!("{}; choose a place that this user may write", reason(&e)),
        })
    })?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o777))
        .map_err(|e| failed(&reason(&e)))?;
    Ok(Listener {
        fd,
        address: Address::Unix(path.to_owned()),
        file: file_id(path),
        is_lent: false,
    })
}

fn file_id(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|m| (m.dev(), m.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;
    use std::os::unix::net::UnixListener;

    fn port(listener: &Listener) -> u16 {
        match listener.address() {
            Address::Tcp(address) => address.port(),
            _ => 0,
        }
    }

    #[test]
    fn a_bound_socket_takes_connections_and_a_second_bind_says_who_has_it() {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let first = bind_tcp(address, &TcpOptions::default()).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port(&first)));
        TcpStream::connect(address).unwrap();
        let text = bind_tcp(address, &TcpOptions::default())
            .unwrap_err()
            .to_string();
        assert!(text.contains(&address.to_string()), "{text}");
        assert!(text.contains("choose another port"), "{text}");
        assert!(
            text.contains(&format!("process {}", std::process::id())),
            "{text}"
        );
        let shared = TcpOptions {
            reuse_port: true,
            ..TcpOptions::default()
        };
        assert!(bind_tcp(address, &shared).is_err());
    }

    #[test]
    fn a_group_shares_one_port_and_is_exclusive() {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let group = bind_tcp_group(address, &TcpOptions::default(), 3).unwrap();
        assert_eq!(group.len(), 3);
        assert!(group.iter().all(|l| port(l) == port(&group[0])));
        let address = SocketAddr::from(([127, 0, 0, 1], port(&group[0])));
        let text = bind_tcp_group(address, &TcpOptions::default(), 1)
            .unwrap_err()
            .to_string();
        assert!(text.contains("taken"), "{text}");
    }

    #[test]
    fn ipv6_serves_both_unless_told_otherwise() {
        let any = resolve("::", 0).unwrap();
        let Ok(both) = bind_tcp(any, &TcpOptions::default()) else {
            return; // No IPv6 on this machine.
        };
        TcpStream::connect(("127.0.0.1", port(&both))).unwrap();
        let only = bind_tcp(
            any,
            &TcpOptions {
                v6_only: true,
                ..TcpOptions::default()
            },
        )
        .unwrap();
        assert!(TcpStream::connect(("127.0.0.1", port(&only))).is_err());
    }

    #[test]
    fn wrong_addresses_say_what_to_do() {
        let text = bind_tcp(
            SocketAddr::from(([203, 0, 113, 1], 0)),
            &TcpOptions::default(),
        )
        .unwrap_err()
        .to_string();
        assert!(text.contains("no such address"), "{text}");
        let text = resolve("", 80).unwrap_err().to_string();
        assert!(text.contains("use an IP address"), "{text}");
        assert_eq!(resolve("*", 1).unwrap(), "0.0.0.0:1".parse().unwrap());
        assert_eq!(resolve("[::1]", 1).unwrap(), "[::1]:1".parse().unwrap());
        let backlog = TcpOptions {
            backlog: 0,
            ..TcpOptions::default()
        };
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        assert!(
            bind_tcp(any, &backlog)
                .unwrap_err()
                .to_string()
                .contains("'backlog' is 0")
        );
    }

    #[test]
    fn unix_sockets_replace_stale_files_only() {
        let folder = std::env::temp_dir().join(format!("highper-listen-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("s.sock");
        drop(UnixListener::bind(&path).unwrap());
        let listener = bind_unix(&path, 0o660, 16).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o660
        );
        UnixStream::connect(&path).unwrap();
        let text = bind_unix(&path, 0o660, 16).unwrap_err().to_string();
        assert!(text.contains("another process answers"), "{text}");
        listener.remove_file();
        assert!(!path.exists());
        fs::write(&path, "data").unwrap();
        let text = bind_unix(&path, 0o660, 16).unwrap_err().to_string();
        assert!(text.contains("no socket"), "{text}");
        listener.remove_file();
        assert_eq!(fs::read(&path).unwrap(), b"data");
        let text = bind_unix(&folder.join("no/s.sock"), 0o600, 16)
            .unwrap_err()
            .to_string();
        assert!(text.contains("folder does not exist"), "{text}");
        let long = folder.join("x".repeat(200));
        assert!(bind_unix(&long, 0o600, 16).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
