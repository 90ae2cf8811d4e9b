//! Stream transports whose waits always suspend (`async.tcp` and the like, `async.file`), and local addresses of clients.

use std::ffi::c_int;
use std::sync::OnceLock;

/// A transport that flags switch on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `tcp://`
    Tcp,
    /// `ssl://`
    Ssl,
    /// `tls://`
    Tls,
}

/// What transports need to know of coroutines.
#[derive(Clone, Copy, Debug)]
pub struct Coroutines {
    /// Does this run in one that may be suspended?
    pub inside: fn() -> bool,
    /// Is a local address of this transport's clients read as Swoole reads it, here and now?
    pub replaced: fn(Transport) -> bool,
    /// From now on every wait of the running coroutine suspends, whatever the flags say; until it is off. Nests.
    pub force: fn(on: bool),
    /// Returns when what follows a file's position is in memory.
    pub fetch: fn(fd: i32),
}

#[repr(C)]
struct RawBorder {
    in_coroutine: extern "C" fn() -> c_int,
    replaced: extern "C" fn(c_int) -> c_int,
    force: extern "C" fn(c_int),
    fetch: extern "C" fn(c_int),
}

static COROUTINES: OnceLock<Coroutines> = OnceLock::new();

unsafe extern "C" {
    fn hp_transports_install(border: *const RawBorder);
    fn hp_transports_take_over();
}

extern "C" fn in_coroutine() -> c_int {
    c_int::from(COROUTINES.get().is_some_and(|with| (with.inside)()))
}

extern "C" fn replaced(which: c_int) -> c_int {
    let transport = match which {
        0 => Transport::Tcp,
        1 => Transport::Ssl,
        _ => Transport::Tls,
    };
    c_int::from(
        COROUTINES
            .get()
            .is_some_and(|with| (with.replaced)(transport)),
    )
}

extern "C" fn force(on: c_int) {
    if let Some(with) = COROUTINES.get() {
        (with.force)(on != 0);
    }
}

extern "C" fn fetch(fd: c_int) {
    if let Some(with) = COROUTINES.get() {
        (with.fetch)(fd);
    }
}

/// Registers the transports and the wrapper. Call at MINIT, once.
pub fn install(with: Coroutines) {
    if COROUTINES.set(with).is_ok() {
        let raw = RawBorder {
            in_coroutine,
            replaced,
            force,
            fetch,
        };
        // SAFETY: called at MINIT, once, with functions that live as long as the library; the record is copied.
        unsafe { hp_transports_install(&raw const raw) };
    }
}

/// Puts itself before PHP's transports for clients. Call when a request starts; again, it changes nothing.
pub fn take_over() {
    // SAFETY: between two pieces of PHP code, on the thread that runs them.
    unsafe { hp_transports_take_over() };
}
