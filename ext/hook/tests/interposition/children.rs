use std::ffi::c_char;

use highper_hook::Families;
use libc::{FILE, c_int, pid_t, sockaddr, socklen_t};

use crate::fixture::*;

type WaitPid = extern "C" fn(pid_t, *mut c_int, c_int) -> pid_t;
type Popen = extern "C" fn(*const c_char, *const c_char) -> *mut FILE;
type Pclose = extern "C" fn(*mut FILE) -> c_int;
type GetNameInfo = extern "C" fn(
    *const sockaddr,
    socklen_t,
    *mut c_char,
    socklen_t,
    *mut c_char,
    socklen_t,
    c_int,
) -> c_int;

/// A child that ends with this code, after 50 ms.
fn child(code: i32) -> pid_t {
    let command = format!("sleep 0.05; exit {code}");
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(command).spawn().unwrap().id() as pid_t
}

#[test]
fn a_child_is_waited_for_by_the_policy_unless_it_must_not_wait() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "children");
    let waitpid: WaitPid = library.get("f_waitpid");
    let mut status = 0;
    let pid = child(3);
    assert_eq!(waitpid(pid, &mut status, libc::WNOHANG), 0);
    assert_eq!(asked(), []);
    assert_eq!(waitpid(pid, &mut status, 0), pid);
    assert_eq!(libc::WEXITSTATUS(status), 3);
    assert_eq!(asked(), [Asked::Child(pid)]);

    // Nobody's child, and a family that is off.
    assert_eq!(waitpid(pid, &mut status, 0), -1);
    assert_eq!(
        std::io::Error::last_os_error().raw_os_error(),
        Some(libc::ECHILD)
    );
    assert_eq!(asked(), [Asked::Child(pid)]);
    set_flags(Families::ALL.without(Families::PIPE));
    let pid = child(4);
    assert_eq!(waitpid(pid, &mut status, 0), pid);
    assert_eq!(asked(), []);
}

#[test]
fn what_was_begun_in_a_coroutine_is_ended_by_the_policy() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "pipes");
    let (popen, pclose): (Popen, Pclose) = (library.get("f_popen"), library.get("f_pclose"));
    let stream = popen(c"echo said; exit 5".as_ptr(), c"r".as_ptr());
    assert!(!stream.is_null());
    let mut line = [0_u8; 16];
    // SAFETY: an open stream, and room for the line.
    let read = unsafe { libc::fgets(line.as_mut_ptr().cast(), 16, stream) };
    assert!(!read.is_null());
    assert_eq!(&line[..5], b"said\n");
    assert_eq!(libc::WEXITSTATUS(pclose(stream)), 5);
    assert!(asked().iter().any(|asked| matches!(asked, Asked::Child(_))));

    let stream = popen(c"cat >/dev/null; exit 6".as_ptr(), c"we".as_ptr());
    // SAFETY: an open stream.
    unsafe { libc::fputs(c"words".as_ptr(), stream) };
    assert_eq!(libc::WEXITSTATUS(pclose(stream)), 6);

    // libc's own: a mode that it judges, and one from outside.
    assert!(popen(c"true".as_ptr(), c"x".as_ptr()).is_null());
    set_in_coroutine(false);
    let stream = popen(c"exit 7".as_ptr(), c"r".as_ptr());
    set_in_coroutine(true);
    let _before = asked();
    assert_eq!(libc::WEXITSTATUS(pclose(stream)), 7);
    assert!(!asked().iter().any(|asked| matches!(asked, Asked::Child(_))));
}

#[test]
fn the_names_of_addresses_are_looked_up_elsewhere() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "names");
    let call: GetNameInfo = library.get("f_getnameinfo");
    // SAFETY: plain data; all zeros are a valid value.
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = libc::AF_INET as _;
    address.sin_addr.s_addr = u32::to_be(0x7f00_0001);
    let mut ask = |flags| {
        let mut host = [0_u8; 100];
        let length = size_of::<libc::sockaddr_in>() as socklen_t;
        let code = call(
            (&raw mut address).cast(),
            length,
            host.as_mut_ptr().cast(),
            100,
            std::ptr::null_mut(),
            0,
            flags,
        );
        (code, host.split(|byte| *byte == 0).next().unwrap().to_vec())
    };
    assert_eq!(ask(libc::NI_NUMERICHOST), (0, b"127.0.0.1".to_vec()));
    assert_eq!(asked(), []);
    let (code, name) = ask(0);
    assert_eq!(code, 0);
    assert!(!name.is_empty());
    assert_eq!(asked(), [Asked::Aside]);
}
