//! Names to addresses.

use crate::socket::Limit;
use crate::{Address, Error, Kind};
use highper_engine::{self as engine, Wake};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6, ToSocketAddrs};
use std::sync::OnceLock;

/// Who is asked for a name's address: of IP version 6 or 4, until a moment of the engine's clock.
pub type Resolver = fn(name: &str, six: bool, deadline: Option<u64>) -> Result<IpAddr, Error>;

static RESOLVER: OnceLock<Resolver> = OnceLock::new();

/// Sets who is asked for addresses, once; else it is the system, each time anew.
pub fn set_resolver(resolver: Resolver) {
    // The first stays: it is the same one when a second module is declared.
    let _kept = RESOLVER.set(resolver);
}

fn by_system(name: &str, six: bool, deadline: Option<u64>) -> Result<IpAddr, Error> {
    let name = name.to_owned();
    let ask = move || {
        (name.as_str(), 0)
            .to_socket_addrs()
            .map(Iterator::collect::<Vec<_>>)
    };
    let found = match engine::offload_until(ask, deadline) {
        Ok(found) => found.map_err(|_| Error::ResolveFailed)?,
        Err(Wake::Timeout) => return Err(Error::ResolveTimedOut),
        Err(_) => return Err(Error::Cancelled),
    };
    found
        .iter()
        .map(SocketAddr::ip)
        .find(|ip| ip.is_ipv6() == six)
        .ok_or(Error::ResolveFailed)
}

/// An address of a name, of IP version 6 or 4, until a moment of the engine's clock.
///
/// # Errors
/// [`Error::ResolveFailed`], [`Error::ResolveTimedOut`], [`Error::Cancelled`].
pub fn resolve(name: &str, six: bool, deadline: Option<u64>) -> Result<IpAddr, Error> {
    if name.is_empty() || name.contains('\0') {
        return Err(Error::ResolveFailed);
    }
    let ask = RESOLVER.get().copied().unwrap_or(by_system);
    ask(name, six, deadline)
}

/// An address of a name for a kind of socket.
pub(crate) fn lookup(
    kind: Kind,
    name: &[u8],
    port: i64,
    limit: &mut Limit,
) -> Result<Address, Error> {
    let port = u16::try_from(port).map_err(|_| Error::BadPort)?;
    let name = std::str::from_utf8(name).map_err(|_| Error::ResolveFailed)?;
    match resolve(name, kind.is_inet6(), limit.at())? {
        IpAddr::V4(ip) if kind.is_inet4() => Ok(Address::V4(SocketAddrV4::new(ip, port))),
        IpAddr::V6(ip) if kind.is_inet6() => Ok(Address::V6(SocketAddrV6::new(ip, port, 0, 0))),
        _ => Err(Error::ResolveFailed),
    }
}
