use std::ffi::{CStr, CString};

use highper_hook::Families;
use libc::{addrinfo, c_char, c_int, hostent};

use crate::fixture::*;

type GetAddrInfo =
    extern "C" fn(*const c_char, *const c_char, *const addrinfo, *mut *mut addrinfo) -> c_int;
type GetHostByName = extern "C" fn(
    *const c_char,
    *mut hostent,
    *mut c_char,
    usize,
    *mut *mut hostent,
    *mut c_int,
) -> c_int;

fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

#[test]
fn names_are_looked_up_elsewhere_and_numbers_here() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "getaddrinfo");
    let call: GetAddrInfo = library.get("f_getaddrinfo");
    let mut list = std::ptr::null_mut();
    let port = text("80");
    // SAFETY: plain data, valid as zeros.
    let mut hints: addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = libc::AF_INET;
    hints.ai_socktype = libc::SOCK_STREAM;
    assert_eq!(
        call(text("localhost").as_ptr(), port.as_ptr(), &hints, &mut list),
        0
    );
    // SAFETY: the call has given a list, whose addresses are of the family that was asked for.
    let address = unsafe { *(*list).ai_addr.cast::<libc::sockaddr_in>() };
    assert_eq!(u32::from_be(address.sin_addr.s_addr), 0x7f00_0001);
    assert_eq!(u16::from_be(address.sin_port), 80);
    // SAFETY: the list of the call above, once.
    unsafe { libc::freeaddrinfo(list) };
    assert_eq!(asked(), [Asked::Resolve]);

    for (node, hints) in [("127.0.0.1", std::ptr::null()), ("::1", std::ptr::null())] {
        assert_eq!(
            call(text(node).as_ptr(), std::ptr::null(), hints, &mut list),
            0
        );
        // SAFETY: the list of the call above, once.
        unsafe { libc::freeaddrinfo(list) };
    }
    assert_eq!(call(std::ptr::null(), port.as_ptr(), &hints, &mut list), 0);
    // SAFETY: the list of the call above, once.
    unsafe { libc::freeaddrinfo(list) };
    let code = call(
        text("localhost").as_ptr(),
        text("no such service").as_ptr(),
        &hints,
        &mut list,
    );
    assert_ne!(code, 0);
    set_flags(Families::ALL.without(Families::TCP).without(Families::UDP));
    assert_eq!(
        call(
            text("localhost").as_ptr(),
            std::ptr::null(),
            &hints,
            &mut list
        ),
        0
    );
    // SAFETY: the list of the call above, once.
    unsafe { libc::freeaddrinfo(list) };
    assert_eq!(asked(), [Asked::Resolve]);
}

#[test]
fn hosts_are_written_to_the_callers_buffer() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "gethostbyname");
    let call: GetHostByName = library.get("f_gethostbyname_r");
    let mut buffer = [0; 512];
    // SAFETY: plain data, valid as zeros.
    let mut host: hostent = unsafe { std::mem::zeroed() };
    let (mut result, mut error) = (std::ptr::null_mut(), 0);
    let name = text("localhost");
    // One byte off, so that it has to be aligned.
    let mut ask = |length: usize| {
        let code = call(
            name.as_ptr(),
            &mut host,
            buffer[1..].as_mut_ptr(),
            length,
            &mut result,
            &mut error,
        );
        (code, result, error)
    };
    assert_eq!(ask(8), (libc::ERANGE, std::ptr::null_mut(), -1));
    let (code, found, error) = ask(500);
    assert_eq!((code, error), (0, 0));
    // SAFETY: the call has succeeded, so it points to `host`, whose texts and lists lie in `buffer`.
    let found = unsafe { &*found };
    assert_eq!((found.h_addrtype, found.h_length), (libc::AF_INET, 4));
    // SAFETY: a text of the answer, ended by a zero.
    let called = unsafe { CStr::from_ptr(found.h_name) };
    assert!(called.to_str().unwrap().contains("localhost"));
    // SAFETY: lists of the answer, each ended by a null pointer; an IPv4 address has four bytes.
    unsafe {
        assert!((*found.h_aliases).is_null());
        let first = *found.h_addr_list;
        assert_eq!(*first.cast::<[u8; 4]>(), [127, 0, 0, 1]);
    }
    assert_eq!(asked(), [Asked::Resolve, Asked::Resolve]);
}
