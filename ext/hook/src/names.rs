//! The names that are hooked, each with our version of it.

use crate::calls::{
    accept, child, connect, create, descriptor, file, fork, fortify, loader, lock, poll, popen,
    range, receive, resolve, search, select, send, signal, sleep, sync, sysv,
};
use crate::vfork;

/// One hooked name.
pub(crate) struct Hook {
    /// The symbol's name, with its terminating zero.
    symbol: &'static str,
    /// See [`key`].
    key: u64,
    replacement: Code,
}

/// The address of a function.
struct Code(*const ());

// SAFETY: code is immutable; the pointer is only compared and stored into slots.
unsafe impl Sync for Code {}

impl Hook {
    /// The symbol's name.
    pub(crate) fn name(&self) -> &'static str {
        self.symbol.split_at(self.symbol.len() - 1).0
    }

    /// The symbol's name for libc.
    pub(crate) fn symbol(&self) -> *const libc::c_char {
        self.symbol.as_ptr().cast()
    }

    /// The address of our version. `keeps_locks`: for an object whose locks are left alone.
    pub(crate) fn replacement(&self, keeps_locks: bool) -> usize {
        match self.name() {
            "fcntl" | "fcntl64" if keeps_locks => {
                descriptor::fcntl_without_locks as *const () as usize
            }
            _ => self.replacement.0 as usize,
        }
    }

    /// Whether it is the one that depends on the caller's library search paths.
    pub(crate) fn depends_on_caller(&self) -> bool {
        self.name() == "dlopen"
    }
}

macro_rules! hooks {
    ($($name:literal => $function:path),* $(,)?) => {
        /// Sorted by name.
        pub(crate) static HOOKS: &[Hook] = &[$(
            Hook { symbol: concat!($name, "\0"), key: key($name.as_bytes()), replacement: Code($function as *const ()) }
        ),*];
    };
}

hooks! {
    "__open64_2" => fortify::open_2,
    "__open_2" => fortify::open_2,
    "__openat64_2" => fortify::openat_2,
    "__openat_2" => fortify::openat_2,
    "__poll_chk" => fortify::poll_chk,
    "__ppoll_chk" => fortify::ppoll_chk,
    "__read_chk" => fortify::read_chk,
    "__recv_chk" => fortify::recv_chk,
    "__recvfrom_chk" => fortify::recvfrom_chk,
    "__res_nquery" => search::res_nquery_old,
    "__res_nsearch" => search::res_nsearch_old,
    "__res_query" => search::res_query_old,
    "__res_search" => search::res_search_old,
    "accept" => accept::accept,
    "accept4" => accept::accept4,
    "clock_nanosleep" => sleep::clock_nanosleep,
    "close" => descriptor::close,
    "close_range" => descriptor::close_range,
    "connect" => connect::connect,
    "dlclose" => loader::dlclose,
    "dlopen" => loader::dlopen,
    "dup" => descriptor::dup,
    "dup2" => descriptor::dup2,
    "dup3" => descriptor::dup3,
    "fclose" => descriptor::fclose,
    "fcntl" => descriptor::fcntl,
    "fcntl64" => descriptor::fcntl,
    "fdatasync" => sync::fdatasync,
    "flock" => lock::flock,
    "fork" => fork::fork,
    "fstat" => descriptor::fstat,
    "fstat64" => descriptor::fstat,
    "fsync" => sync::fsync,
    "getaddrinfo" => resolve::getaddrinfo,
    "gethostbyname_r" => resolve::gethostbyname_r_hook,
    "getnameinfo" => search::getnameinfo,
    "ioctl" => descriptor::ioctl,
    "lockf" => range::lockf,
    "lockf64" => range::lockf,
    "msgrcv" => sysv::msgrcv,
    "msgsnd" => sysv::msgsnd,
    "nanosleep" => sleep::nanosleep,
    "open" => create::open,
    "open64" => create::open,
    "openat" => create::openat,
    "openat64" => create::openat,
    "pclose" => descriptor::pclose,
    "pipe" => create::pipe,
    "pipe2" => create::pipe2,
    "poll" => poll::poll,
    "popen" => popen::popen,
    "ppoll" => poll::ppoll,
    "pselect" => select::pselect,
    "read" => file::read,
    "readv" => file::readv,
    "recv" => receive::recv,
    "recvfrom" => receive::recvfrom,
    "recvmsg" => receive::recvmsg,
    "res_nquery" => search::res_nquery,
    "res_nsearch" => search::res_nsearch,
    "res_query" => search::res_query,
    "res_search" => search::res_search,
    "select" => select::select,
    "semop" => sysv::semop,
    "send" => send::send,
    "sendmsg" => send::sendmsg,
    "sendto" => send::sendto,
    "setsockopt" => descriptor::setsockopt,
    "sigtimedwait" => signal::sigtimedwait,
    "sigwaitinfo" => signal::sigwaitinfo,
    "sleep" => sleep::sleep,
    "socket" => create::socket,
    "socketpair" => create::socketpair,
    "usleep" => sleep::usleep,
    "vfork" => vfork::vfork,
    "wait" => child::wait,
    "wait3" => child::wait3,
    "wait4" => child::wait4,
    "waitpid" => child::waitpid,
    "write" => file::write,
    "writev" => file::writev,
}

/// The names of all hooked calls, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    HOOKS.iter().map(Hook::name)
}

/// The first eight bytes as a number, so that most names are told apart, in their order, by
/// one comparison. Objects have tens of thousands of symbols.
const fn key(name: &[u8]) -> u64 {
    let mut key = 0;
    let mut at = 0;
    while at < 8 {
        key = key << 8 | if at < name.len() { name[at] as u64 } else { 0 };
        at += 1;
    }
    key
}

/// The index in [`HOOKS`] of a symbol's name.
pub(crate) fn find(name: &[u8]) -> Option<usize> {
    let wanted = key(name);
    let order = |hook: &Hook| {
        hook.key
            .cmp(&wanted)
            .then_with(|| hook.name().as_bytes().cmp(name))
    };
    HOOKS.binary_search_by(order).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_found() {
        let all: Vec<_> = names().collect();
        assert!(all.is_sorted(), "binary search needs order");
        for (at, name) in all.iter().enumerate() {
            assert_eq!(find(name.as_bytes()), Some(at));
        }
        assert_eq!(find(b"reads"), None);
        assert_eq!(find(b""), None);
    }
}
