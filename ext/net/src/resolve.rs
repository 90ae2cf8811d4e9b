//! Names to addresses, by the system's resolver on another thread.

use crate::socket::Limit;
use crate::{Address, Error, Kind};
use highper_engine::{self as engine, Wake};
use std::net::{SocketAddr, ToSocketAddrs};

/// The first address of a name for a kind of socket.
pub(crate) fn lookup(
    kind: Kind,
    name: &[u8],
    port: i64,
    limit: &mut Limit,
) -> Result<Address, Error> {
    let port = u16::try_from(port).map_err(|_| Error::BadPort)?;
    let name = String::from_utf8(name.to_vec()).map_err(|_| Error::ResolveFailed)?;
    let ask = move || {
        (name.as_str(), port)
            .to_socket_addrs()
            .map(Iterator::collect::<Vec<_>>)
    };
    let found = if engine::can_suspend() {
        let asked = async { tokio::task::spawn_blocking(ask).await };
        match engine::await_future(asked, limit.at()) {
            Ok(done) => done.map_err(|_| Error::Cancelled)?,
            Err(Wake::Timeout) => return Err(Error::ResolveTimedOut),
            Err(_) => return Err(Error::Cancelled),
        }
    } else {
        ask()
    };
    let found = found.map_err(|_| Error::ResolveFailed)?;
    found
        .into_iter()
        .find_map(|address| match address {
            SocketAddr::V4(v4) if kind.is_inet4() => Some(Address::V4(v4)),
            SocketAddr::V6(v6) if kind.is_inet6() => Some(Address::V6(v6)),
            _ => None,
        })
        .ok_or(Error::ResolveFailed)
}
