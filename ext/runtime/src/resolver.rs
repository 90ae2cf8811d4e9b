//! Looking up names inside a coroutine, with a memory for what was found.

use highper_dns as dns;
pub use highper_dns::Family;
use highper_engine::{self as engine, Wake, clock};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

/// Why a name could not be looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// There is no such name, or no server answers.
    Failed,
    /// No server to ask is known.
    NoServer,
    /// The wait ended before the answer came.
    Ended(Wake),
}

/// What was found, until when it is kept (nanoseconds of [`clock::now`]).
type Kept = (IpAddr, u64);

/// How many names are kept unless said otherwise.
const CAPACITY: usize = 1000;
/// For how many seconds.
const EXPIRE: u64 = 60;

thread_local! {
    static MEMORY: RefCell<HashMap<(String, bool), Kept>> = RefCell::default();
    static CAPACITY_SET: Cell<usize> = const { Cell::new(CAPACITY) };
    static EXPIRE_SET: Cell<u64> = const { Cell::new(EXPIRE) };
    static SERVER: Cell<Option<SocketAddr>> = const { Cell::new(None) };
}

/// Sets the server that [`ask`] asks, such as `192.0.2.1` or `192.0.2.1:53`; the system's for what
/// is no address.
pub fn set_server(text: &str) {
    SERVER.set(dns::server(text));
}

/// Sets how many names are kept; those kept now are forgotten.
pub fn set_capacity(capacity: usize) {
    CAPACITY_SET.set(capacity);
    forget_names();
}

/// Sets for how many seconds a name is kept.
pub fn set_expire(seconds: u64) {
    EXPIRE_SET.set(seconds);
}

/// Forgets what was found.
pub fn forget_names() {
    MEMORY.take();
}

/// PHP's request ends.
pub(crate) fn forget() {
    forget_names();
    CAPACITY_SET.set(CAPACITY);
    EXPIRE_SET.set(EXPIRE);
    SERVER.set(None);
}

fn kept(name: &str, family: Family) -> Option<IpAddr> {
    MEMORY.with_borrow(|memory| {
        let (address, until) = memory.get(&(name.to_owned(), family == Family::V4))?;
        (*until > clock::now()).then_some(*address)
    })
}

fn keep(name: &str, family: Family, address: IpAddr) {
    let capacity = CAPACITY_SET.get();
    if capacity == 0 {
        return;
    }
    let until = clock::now().saturating_add(EXPIRE_SET.get().saturating_mul(1_000_000_000));
    MEMORY.with_borrow_mut(|memory| {
        if memory.len() >= capacity {
            let oldest = memory.iter().min_by_key(|(_, (_, until))| *until);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                memory.remove(&oldest);
            }
        }
        memory.insert((name.to_owned(), family == Family::V4), (address, until));
    });
}

/// A name's first address as the system's resolver knows it, kept for a while.
///
/// # Errors
/// [`Failure`].
pub fn address(name: &str, family: Family, deadline: Option<u64>) -> Result<IpAddr, Failure> {
    if let Some(address) = kept(name, family) {
        return Ok(address);
    }
    let found = addresses(name, family, deadline)?;
    let first = *found.first().ok_or(Failure::Failed)?;
    keep(name, family, first);
    Ok(first)
}

/// All addresses of a name that the system's resolver knows, on a thread of its own.
///
/// # Errors
/// [`Failure`].
pub fn addresses(
    name: &str,
    family: Family,
    deadline: Option<u64>,
) -> Result<Vec<IpAddr>, Failure> {
    let owned = name.to_owned();
    engine::scheduler::clear_cancelled();
    let found = engine::offload_until(move || dns::by_system(&owned, family), deadline);
    match found {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Failure::Failed),
        Err(reason) => Err(Failure::Ended(reason)),
    }
}

/// A name's first address as the hosts file has it, or the name server, which is asked directly.
///
/// # Errors
/// [`Failure`].
pub fn ask(name: &str, family: Family, deadline: Option<u64>) -> Result<IpAddr, Failure> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(address);
    }
    if let Some(address) = kept(name, family) {
        return Ok(address);
    }
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    if let Some(address) = dns::in_hosts(&read(dns::HOSTS), name, family) {
        return Ok(address);
    }
    let server = SERVER
        .get()
        .or_else(|| dns::first_server(&read(dns::RESOLV_CONF)))
        .ok_or(Failure::NoServer)?;
    let owned = name.to_owned();
    engine::scheduler::clear_cancelled();
    let found = engine::await_future(
        async move { dns::ask(server, &owned, family).await },
        deadline,
    );
    match found {
        Ok(Ok(found)) => {
            let first = *found.first().ok_or(Failure::Failed)?;
            keep(name, family, first);
            Ok(first)
        }
        Ok(Err(_)) => Err(Failure::Failed),
        Err(reason) => Err(Failure::Ended(reason)),
    }
}
