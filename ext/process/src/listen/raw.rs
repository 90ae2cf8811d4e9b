//! Sockets by system call: std cannot set what must be set before the bind.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::TcpOptions;
use crate::sys::check;

fn socket(family: i32) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: makes a descriptor.
    let fd = check(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: fresh and owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn set(fd: &OwnedFd, level: i32, option: i32, value: impl Into<libc::c_int>) -> io::Result<()> {
    let value: libc::c_int = value.into();
    // SAFETY: the value lives through the call and has the size given.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    })
    .map(drop)
}

fn bind<T>(fd: &OwnedFd, address: &T, length: usize) -> io::Result<()> {
    // SAFETY: the address lives through the call; length is at most its size.
    check(unsafe {
        libc::bind(
            fd.as_raw_fd(),
            std::ptr::from_ref(address).cast(),
            length.min(size_of::<T>()) as libc::socklen_t,
        )
    })
    .map(drop)
}

/// How many connections may wait: also of a socket that listens already.
pub(super) fn listen(fd: &OwnedFd, backlog: i32) -> io::Result<()> {
    // SAFETY: touches no memory.
    check(unsafe { libc::listen(fd.as_raw_fd(), backlog) }).map(drop)
}

/// Nobody is told of a connection before its first bytes are there, for so many seconds.
pub(super) fn defer_accept(fd: &OwnedFd, seconds: i32) -> io::Result<()> {
    set(fd, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, seconds)
}

/// Clients may send bytes along with their first packet; so many such connections may wait.
pub(super) fn fast_open(fd: &OwnedFd, queue: i32) -> io::Result<()> {
    set(fd, libc::IPPROTO_TCP, libc::TCP_FASTOPEN, queue)
}

/// Returns the socket and the address that it really has.
pub(super) fn listen_tcp(
    address: SocketAddr,
    options: &TcpOptions,
) -> io::Result<(OwnedFd, SocketAddr)> {
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    let fd = socket(family)?;
    set(&fd, libc::SOL_SOCKET, libc::SO_REUSEADDR, true)?;
    if options.reuse_port {
        set(&fd, libc::SOL_SOCKET, libc::SO_REUSEPORT, true)?;
    }
    match address {
        SocketAddr::V4(a) => bind(&fd, &raw_v4(a), size_of::<libc::sockaddr_in>())?,
        SocketAddr::V6(a) => {
            set(&fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, options.v6_only)?;
            bind(&fd, &raw_v6(a), size_of::<libc::sockaddr_in6>())?;
        }
    }
    listen(&fd, options.backlog)?;
    let actual = local_address(&fd)?;
    Ok((fd, actual))
}

pub(super) fn listen_unix(path: &Path, backlog: i32) -> io::Result<OwnedFd> {
    let fd = socket(libc::AF_UNIX)?;
    // SAFETY: plain data, valid as zeros.
    let mut raw: libc::sockaddr_un = unsafe { std::mem::zeroed() };
    raw.sun_family = libc::AF_UNIX as libc::sa_family_t;
    let bytes = path.as_os_str().as_bytes();
    if bytes.len() >= raw.sun_path.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    for (to, from) in raw.sun_path.iter_mut().zip(bytes) {
        *to = from.cast_signed() as libc::c_char;
    }
    bind(&fd, &raw, size_of::<libc::sockaddr_un>())?;
    listen(&fd, backlog)?;
    Ok(fd)
}

fn raw_v4(address: SocketAddrV4) -> libc::sockaddr_in {
    // SAFETY: plain data, valid as zeros.
    let mut raw: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    raw.sin_family = libc::AF_INET as libc::sa_family_t;
    raw.sin_port = address.port().to_be();
    raw.sin_addr.s_addr = u32::from_ne_bytes(address.ip().octets());
    raw
}

fn raw_v6(address: SocketAddrV6) -> libc::sockaddr_in6 {
    // SAFETY: plain data, valid as zeros.
    let mut raw: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
    raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
    raw.sin6_port = address.port().to_be();
    raw.sin6_addr.s6_addr = address.ip().octets();
    raw.sin6_flowinfo = address.flowinfo();
    raw.sin6_scope_id = address.scope_id();
    raw
}

fn local_address(fd: &OwnedFd) -> io::Result<SocketAddr> {
    // SAFETY: plain data, valid as zeros.
    let mut raw: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
    let mut length = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
    // SAFETY: room for the larger of the two families, with its size.
    check(unsafe { libc::getsockname(fd.as_raw_fd(), (&raw mut raw).cast(), &raw mut length) })?;
    if i32::from(raw.sin6_family) == libc::AF_INET {
        // SAFETY: the kernel wrote a sockaddr_in, which is smaller and no more aligned.
        let v4 = unsafe { (&raw const raw).cast::<libc::sockaddr_in>().read() };
        let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
        return Ok(SocketAddr::from((ip, u16::from_be(v4.sin_port))));
    }
    Ok(SocketAddr::V6(SocketAddrV6::new(
        Ipv6Addr::from(raw.sin6_addr.s6_addr),
        u16::from_be(raw.sin6_port),
        raw.sin6_flowinfo,
        raw.sin6_scope_id,
    )))
}
