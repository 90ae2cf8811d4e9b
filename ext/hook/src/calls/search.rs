//! `res_nsearch`, `res_search` and their like, and `getnameinfo`: questions to name servers, asked on another thread.

use std::any::Any;
use std::ffi::{CStr, CString, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use libc::{c_char, c_int, c_uchar, c_ulong, sockaddr, socklen_t};

use super::resolve::policy;
use crate::errno;
use crate::policy::Policy;
use crate::wait::{self, AsideOutcome};

type Search = unsafe extern "C" fn(*const c_char, c_int, c_int, *mut c_uchar, c_int) -> c_int;
type SearchWith =
    unsafe extern "C" fn(*mut State, *const c_char, c_int, c_int, *mut c_uchar, c_int) -> c_int;

/// `TRY_AGAIN`
const TRY_AGAIN: c_int = 2;
/// What an answer may have at most, in bytes: as much as a DNS message has.
const LONGEST: usize = 65_535;

/// `struct __res_state` of glibc up to the part that is used here.
#[repr(C)]
pub(crate) struct State {
    retrans: c_int,
    retry: c_int,
    options: c_ulong,
    nscount: c_int,
    servers: [libc::sockaddr_in; 3],
    id: u16,
    search: [*mut c_char; 7],
    domain: [c_char; 256],
    pfcode: c_ulong,
    bits: u32,
    sort_list: [[u32; 2]; 10],
    hooks: [*mut c_void; 2],
    h_errno: c_int,
}

/// Room for the whole structure, which has 568 bytes.
const STATE_ROOM: usize = 1024;

unsafe extern "C" {
    #[link_name = "__h_errno_location"]
    fn h_errno_location() -> *mut c_int;
}

/// A function of libc's that may be in another library: looked up once.
struct Symbol {
    name: &'static CStr,
    found: AtomicUsize,
}

impl Symbol {
    const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            found: AtomicUsize::new(0),
        }
    }

    /// Its address.
    fn get(&self) -> Option<usize> {
        match self.found.load(Ordering::Relaxed) {
            0 => {
                // SAFETY: looks a constant name up.
                let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, self.name.as_ptr()) } as usize;
                self.found.store(found, Ordering::Relaxed);
                (found != 0).then_some(found)
            }
            found => Some(found),
        }
    }
}

static NINIT: Symbol = Symbol::new(c"__res_ninit");
static NCLOSE: Symbol = Symbol::new(c"__res_nclose");

/// What was asked, copied: the caller's stack may be gone when the answer comes.
struct Question {
    name: CString,
    class: c_int,
    kind: c_int,
    room: usize,
}

impl Question {
    /// # Safety
    /// `name` is null or a text.
    unsafe fn copy(name: *const c_char, class: c_int, kind: c_int, room: c_int) -> Option<Self> {
        if name.is_null() {
            return None;
        }
        Some(Self {
            // SAFETY: not null, and a text by this function's contract.
            name: unsafe { CStr::from_ptr(name) }.to_owned(),
            class,
            kind,
            room: usize::try_from(room).ok()?.min(LONGEST),
        })
    }
}

/// What came: the call's result, `h_errno`, `errno` and the message.
struct Reply {
    result: c_int,
    h_errno: c_int,
    errno: c_int,
    message: Vec<u8>,
}

impl Reply {
    /// Gives the message to the caller.
    ///
    /// # Safety
    /// `answer` has as much room as was asked for.
    unsafe fn give(&self, answer: *mut c_uchar) -> c_int {
        // SAFETY: by this function's contract.
        unsafe { ptr::copy_nonoverlapping(self.message.as_ptr(), answer, self.message.len()) };
        if self.result < 0 {
            errno::set(self.errno);
        }
        self.result
    }

    fn of(result: c_int, h_errno: c_int, mut message: Vec<u8>) -> Self {
        let errno = errno::get();
        // A longer answer than there was room for has its whole length as the result.
        message.truncate(usize::try_from(result).unwrap_or(0));
        Self {
            result,
            h_errno,
            errno,
            message,
        }
    }
}

/// Asks on another thread; `Err` where the coroutine was cancelled, `Ok(None)` where that can't be done.
fn ask<T: Any + Send>(
    policy: &Policy,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, ()> {
    match errno::preserve(|| wait::aside(policy, Box::new(move || Box::new(work())))) {
        AsideOutcome::Done(reply) => Ok(reply.downcast::<T>().ok().map(|reply| *reply)),
        AsideOutcome::Cancelled => Err(()),
        AsideOutcome::Refused => Ok(None),
    }
}

/// # Safety
/// As for `res_nsearch`; `original` is it or its like.
unsafe fn search_with(
    symbol: &'static Symbol,
    state: *mut State,
    name: *const c_char,
    class: c_int,
    kind: c_int,
    answer: *mut c_uchar,
    length: c_int,
) -> c_int {
    let Some(original) = symbol.get() else {
        return errno::fail(libc::ENOSYS) as c_int;
    };
    // SAFETY: the address of a function of this type.
    let original: SearchWith = unsafe { std::mem::transmute(original) };
    if let Some(policy) = policy()
        && !state.is_null()
        && let (Some(init), Some(close)) = (NINIT.get(), NCLOSE.get())
        // SAFETY: as the caller promises to the original.
        && let Some(question) = unsafe { Question::copy(name, class, kind, length) }
    {
        // SAFETY: not null; the caller has initialised it.
        let settings = unsafe { ((*state).retrans, (*state).retry, (*state).options) };
        let work = move || {
            // SAFETY: addresses of functions of these types.
            let (init, close) = unsafe {
                (
                    std::mem::transmute::<usize, unsafe extern "C" fn(*mut State) -> c_int>(init),
                    std::mem::transmute::<usize, unsafe extern "C" fn(*mut State)>(close),
                )
            };
            let mut room = vec![0_u64; STATE_ROOM / 8];
            let state = room.as_mut_ptr().cast::<State>();
            let mut message = vec![0; question.room];
            // SAFETY: zeroed memory with room for the whole structure, initialised before and closed after its use.
            let (result, h_errno) = unsafe {
                if init(state) != 0 {
                    return Reply::of(-1, TRY_AGAIN, Vec::new());
                }
                ((*state).retrans, (*state).retry, (*state).options) = settings;
                let result = original(
                    state,
                    question.name.as_ptr(),
                    question.class,
                    question.kind,
                    message.as_mut_ptr(),
                    question.room as c_int,
                );
                let h_errno = (*state).h_errno;
                errno::preserve(|| close(state));
                (result, h_errno)
            };
            Reply::of(result, h_errno, message)
        };
        match ask(policy, work) {
            Ok(Some(reply)) => {
                // SAFETY: the caller's state and buffer.
                return unsafe {
                    (*state).h_errno = reply.h_errno;
                    *h_errno_location() = reply.h_errno;
                    reply.give(answer)
                };
            }
            Ok(None) => {}
            Err(()) => {
                // SAFETY: the caller's state.
                unsafe { (*state).h_errno = TRY_AGAIN };
                return errno::fail(libc::ECANCELED) as c_int;
            }
        }
    }
    // SAFETY: the caller's own call.
    unsafe { original(state, name, class, kind, answer, length) }
}

/// # Safety
/// As for `res_search`; `original` is it or its like.
unsafe fn search(
    symbol: &'static Symbol,
    name: *const c_char,
    class: c_int,
    kind: c_int,
    answer: *mut c_uchar,
    length: c_int,
) -> c_int {
    let Some(original) = symbol.get() else {
        return errno::fail(libc::ENOSYS) as c_int;
    };
    // SAFETY: the address of a function of this type.
    let original: Search = unsafe { std::mem::transmute(original) };
    if let Some(policy) = policy()
        // SAFETY: as the caller promises to the original.
        && let Some(question) = unsafe { Question::copy(name, class, kind, length) }
    {
        let work = move || {
            let mut message = vec![0; question.room];
            // SAFETY: a text, and a buffer of this length; h_errno is the thread's own.
            let (result, h_errno) = unsafe {
                let result = original(
                    question.name.as_ptr(),
                    question.class,
                    question.kind,
                    message.as_mut_ptr(),
                    question.room as c_int,
                );
                (result, *h_errno_location())
            };
            Reply::of(result, h_errno, message)
        };
        match ask(policy, work) {
            Ok(Some(reply)) => {
                // SAFETY: the caller's buffer.
                return unsafe {
                    *h_errno_location() = reply.h_errno;
                    reply.give(answer)
                };
            }
            Ok(None) => {}
            Err(()) => {
                // SAFETY: the calling thread's own.
                unsafe { *h_errno_location() = TRY_AGAIN };
                return errno::fail(libc::ECANCELED) as c_int;
            }
        }
    }
    // SAFETY: the caller's own call.
    unsafe { original(name, class, kind, answer, length) }
}

macro_rules! searches {
    ($($hook:ident, $symbol:ident, $name:literal: $with:ident;)*) => { $(
        static $symbol: Symbol = Symbol::new($name);
        searches!(@ $hook, $symbol, $with);
    )* };
    (@ $hook:ident, $symbol:ident, state) => {
        pub(crate) unsafe extern "C" fn $hook(
            state: *mut State,
            name: *const c_char,
            class: c_int,
            kind: c_int,
            answer: *mut c_uchar,
            length: c_int,
        ) -> c_int {
            // SAFETY: as the caller promises to the original.
            unsafe { search_with(&$symbol, state, name, class, kind, answer, length) }
        }
    };
    (@ $hook:ident, $symbol:ident, plain) => {
        pub(crate) unsafe extern "C" fn $hook(
            name: *const c_char,
            class: c_int,
            kind: c_int,
            answer: *mut c_uchar,
            length: c_int,
        ) -> c_int {
            // SAFETY: as the caller promises to the original.
            unsafe { search(&$symbol, name, class, kind, answer, length) }
        }
    };
}

searches! {
    res_nsearch, NSEARCH, c"res_nsearch": state;
    res_nsearch_old, NSEARCH_OLD, c"__res_nsearch": state;
    res_nquery, NQUERY, c"res_nquery": state;
    res_nquery_old, NQUERY_OLD, c"__res_nquery": state;
    res_search, SEARCH, c"res_search": plain;
    res_search_old, SEARCH_OLD, c"__res_search": plain;
    res_query, QUERY, c"res_query": plain;
    res_query_old, QUERY_OLD, c"__res_query": plain;
}

/// The longest names that getnameinfo gives, with their ends.
const HOST_ROOM: usize = 1025;
const SERVICE_ROOM: usize = 32;

pub(crate) unsafe extern "C" fn getnameinfo(
    address: *const sockaddr,
    address_len: socklen_t,
    host: *mut c_char,
    host_len: socklen_t,
    service: *mut c_char,
    service_len: socklen_t,
    flags: c_int,
) -> c_int {
    let is_asked = !host.is_null() && host_len > 0 && flags & libc::NI_NUMERICHOST == 0;
    if is_asked
        && !address.is_null()
        && address_len as usize <= size_of::<libc::sockaddr_storage>()
        && let Some(policy) = policy()
    {
        let mut copy = vec![0_u64; size_of::<libc::sockaddr_storage>() / 8];
        // SAFETY: the caller's address has this length, the copy has room for the longest.
        unsafe {
            ptr::copy_nonoverlapping(
                address.cast::<u8>(),
                copy.as_mut_ptr().cast::<u8>(),
                address_len as usize,
            );
        }
        let host_room = (host_len as usize).min(HOST_ROOM);
        let service_room = match service.is_null() {
            true => 0,
            false => (service_len as usize).min(SERVICE_ROOM),
        };
        let work = move || {
            let mut names = (vec![0_u8; host_room], vec![0_u8; service_room]);
            // SAFETY: an address of this length, and two buffers of theirs.
            let code = unsafe {
                libc::getnameinfo(
                    copy.as_ptr().cast(),
                    address_len,
                    names.0.as_mut_ptr().cast(),
                    host_room as socklen_t,
                    if service_room == 0 {
                        ptr::null_mut()
                    } else {
                        names.1.as_mut_ptr().cast()
                    },
                    service_room as socklen_t,
                    flags,
                )
            };
            (code, errno::get(), names)
        };
        match ask(policy, work) {
            Ok(Some((code, error, (found, port)))) => {
                if code == 0 {
                    // SAFETY: no longer than the caller's buffers.
                    unsafe {
                        ptr::copy_nonoverlapping(found.as_ptr().cast(), host, found.len());
                        if !port.is_empty() {
                            ptr::copy_nonoverlapping(port.as_ptr().cast(), service, port.len());
                        }
                    }
                } else if code == libc::EAI_SYSTEM {
                    errno::set(error);
                }
                return code;
            }
            Ok(None) => {}
            Err(()) => {
                errno::set(libc::ECANCELED);
                return libc::EAI_SYSTEM;
            }
        }
    }
    // SAFETY: the caller's own call.
    unsafe {
        libc::getnameinfo(
            address,
            address_len,
            host,
            host_len,
            service,
            service_len,
            flags,
        )
    }
}
