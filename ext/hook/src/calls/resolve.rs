//! `getaddrinfo`, `gethostbyname_r`: on another thread, since libc waits inside.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};

use libc::{addrinfo, c_char, c_int, hostent, size_t};

use crate::errno;
use crate::policy::{Families, Policy, active};
use crate::resolve::{Answer, Query, ResolveOutcome};

unsafe extern "C" {
    fn gethostbyname_r(
        name: *const c_char,
        host: *mut hostent,
        buffer: *mut c_char,
        length: size_t,
        result: *mut *mut hostent,
        error: *mut c_int,
    ) -> c_int;
}

/// `HOST_NOT_FOUND`
const NOT_FOUND: c_int = 1;
/// `TRY_AGAIN`
const TRY_AGAIN: c_int = 2;

/// Names are looked up for sockets of the internet families.
pub(super) fn policy() -> Option<&'static Policy> {
    active().filter(|policy| {
        let flags = (policy.flags)();
        flags.has(Families::TCP) || flags.has(Families::UDP)
    })
}

/// The answer; `None` when the coroutine was cancelled.
fn ask(policy: &Policy, query: Query) -> Option<Answer> {
    match errno::preserve(|| (policy.resolve)(query)) {
        ResolveOutcome::Done(answer) => Some(answer),
        ResolveOutcome::Cancelled => None,
    }
}

pub(crate) unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    result: *mut *mut addrinfo,
) -> c_int {
    if let Some(policy) = policy()
        // SAFETY: as the caller promises to the original.
        && let Some(query) = unsafe { Query::copy(node, service, hints) }
    {
        return match ask(policy, query) {
            // SAFETY: as the caller promises to the original.
            Some(answer) => unsafe { answer.give(result) },
            None => {
                errno::set(libc::ECANCELED);
                libc::EAI_SYSTEM
            }
        };
    }
    // SAFETY: the caller's own call.
    unsafe { libc::getaddrinfo(node, service, hints, result) }
}

/// Where answers are to be written that coroutines wait for.
///
/// PHP has one place for all of its calls, and gives each call a new buffer in place of the last one, which it frees. So an
/// answer goes to the buffer of the latest call with the same `hostent`: PHP reads it before anybody else runs.
struct Place {
    host: *mut hostent,
    buffer: *mut c_char,
    length: size_t,
    /// How many wait.
    waiting: usize,
}

thread_local! {
    static PLACES: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// A call has begun: what is at its place is the buffer of the latest one.
fn begun(host: *mut hostent, buffer: *mut c_char, length: size_t, waits: bool) {
    PLACES.with_borrow_mut(
        |places| match places.iter_mut().find(|place| place.host == host) {
            Some(place) => {
                (place.buffer, place.length) = (buffer, length);
                place.waiting += usize::from(waits);
            }
            None if waits => places.push(Place {
                host,
                buffer,
                length,
                waiting: 1,
            }),
            None => {}
        },
    );
}

/// One that waited waits no longer: where its answer goes.
fn ended(host: *mut hostent) -> Option<(*mut c_char, size_t)> {
    PLACES.with_borrow_mut(|places| {
        let at = places.iter().position(|place| place.host == host)?;
        let place = &mut places[at];
        place.waiting -= 1;
        let latest = (place.buffer, place.length);
        if place.waiting == 0 {
            places.swap_remove(at);
        }
        Some(latest)
    })
}

pub(crate) unsafe extern "C" fn gethostbyname_r_hook(
    name: *const c_char,
    host: *mut hostent,
    buffer: *mut c_char,
    length: size_t,
    result: *mut *mut hostent,
    error: *mut c_int,
) -> c_int {
    if let Some(policy) = policy()
        // SAFETY: the caller promises a text to the original.
        && let Some(text) = unsafe { name.as_ref().map(|_| CStr::from_ptr(name)) }
        && text.to_str().is_ok_and(|text| text.parse::<std::net::IpAddr>().is_err())
    {
        let text = text.to_owned();
        begun(host, buffer, length, true);
        let answer = ask(policy, Query::addresses(&text));
        let (buffer, length) = ended(host).unwrap_or((buffer, length));
        let text = &*text;
        // SAFETY: as the caller promises to the original; of several calls with one `hostent`, as the latest caller promises.
        return unsafe { fill(answer, text, host, buffer, length, result, error) };
    }
    begun(host, buffer, length, false);
    // SAFETY: the caller's own call.
    unsafe { gethostbyname_r(name, host, buffer, length, result, error) }
}

/// Writes an answer the way `gethostbyname_r` does.
///
/// # Safety
/// As that has it: everything is writable, the buffer for its length.
unsafe fn fill(
    answer: Option<Answer>,
    asked: &CStr,
    host: *mut hostent,
    buffer: *mut c_char,
    length: size_t,
    result: *mut *mut hostent,
    error: *mut c_int,
) -> c_int {
    let failed = match &answer {
        Some(answer) if answer.code() == 0 => None,
        Some(answer) if answer.code() == libc::EAI_AGAIN => Some(TRY_AGAIN),
        Some(_) => Some(NOT_FOUND),
        None => Some(TRY_AGAIN),
    };
    if let Some(code) = failed {
        // SAFETY: by this function's contract.
        unsafe {
            *result = std::ptr::null_mut();
            *error = code;
        }
        return 0;
    }
    let (addresses, name) = answer.as_ref().map(Answer::addresses).unwrap_or_default();
    let name = name.as_deref().unwrap_or(asked).to_bytes_with_nul();
    // Pointers first: to each address and a null, then the null that ends the aliases.
    let pointer = size_of::<*mut c_void>();
    let pad = buffer.align_offset(pointer);
    let pointers = addresses.len() + 2;
    let need = pad + pointers * pointer + addresses.len() * 4 + name.len();
    if need > length {
        // SAFETY: by this function's contract.
        unsafe {
            *result = std::ptr::null_mut();
            // NETDB_INTERNAL
            *error = -1;
        }
        errno::set(libc::ERANGE);
        return libc::ERANGE;
    }
    // SAFETY: all that is written lies within `need` bytes of the buffer, aligned by `pad`.
    unsafe {
        let list = buffer.add(pad).cast::<*mut c_char>();
        let bytes = list.add(pointers).cast::<c_char>();
        for (at, address) in addresses.iter().enumerate() {
            let to = bytes.add(at * 4);
            std::ptr::copy_nonoverlapping(address.as_ptr().cast(), to, 4);
            *list.add(at) = to;
        }
        *list.add(addresses.len()) = std::ptr::null_mut();
        *list.add(addresses.len() + 1) = std::ptr::null_mut();
        let own_name = bytes.add(addresses.len() * 4);
        std::ptr::copy_nonoverlapping(name.as_ptr().cast(), own_name, name.len());
        (*host).h_name = own_name;
        (*host).h_aliases = list.add(addresses.len() + 1);
        (*host).h_addrtype = libc::AF_INET;
        (*host).h_length = 4;
        (*host).h_addr_list = list;
        *result = host;
        *error = 0;
    }
    0
}
