use std::ffi::CString;
use std::io::{Read, Write};
use std::net::TcpListener;

use highper_hook::{ObjectReport, Summary};

use crate::fixture::*;

/// musl's dlclose unloads nothing.
const UNLOADS: bool = !cfg!(target_env = "musl");

fn reported(name: &str) -> Option<ObjectReport> {
    highper_hook::report()
        .into_iter()
        .find(|object| object.name.contains(name))
}

#[test]
fn patches_each_build_and_restores_it() {
    for how in BUILDS {
        let _turn = Turn::new();
        let library = Library::load(&build(how, &format!("restore-{how:?}")));
        let protection = || {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let lines = maps
                .lines()
                .filter(|line| line.contains(&format!("libforeign-restore-{how:?}")));
            lines
                .map(|line| line.split(' ').nth(1).unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let before = protection();
        assert_eq!(library.int("f_usleep", 1), 0);
        assert_eq!(asked(), [], "not patched yet");
        let summary = highper_hook::patch();
        assert!(summary.slots > 20 && summary.refused == 0, "{summary:?}");
        assert_eq!(protection(), before, "{how:?}: protection is put back");
        assert_eq!(
            highper_hook::patch(),
            summary,
            "patching twice changes nothing"
        );
        let calls = reported(&format!("libforeign-restore-{how:?}"))
            .unwrap()
            .calls;
        for name in ["recv", "usleep", "dlopen", "vfork", "sendmsg"] {
            assert!(calls.contains(&name), "{name} in {calls:?}");
        }
        assert_eq!(library.int("f_usleep", 1), 0);
        assert_eq!(asked().len(), 1);
        let restored = highper_hook::unpatch();
        assert_eq!(restored, summary);
        assert_eq!(protection(), before);
        assert_eq!(library.int("f_usleep", 1), 0);
        assert_eq!(asked(), []);
        assert_eq!(highper_hook::report(), []);
        assert_eq!(highper_hook::unpatch(), Summary::default());
        // And once more, now that lazily bound slots went through it.
        assert_eq!(highper_hook::patch(), summary);
        assert_eq!(library.int("f_usleep", 1), 0);
        assert_eq!(asked().len(), 1);
        highper_hook::unpatch();
        // SAFETY: a library that was loaded above, and is not used any more.
        unsafe { libc::dlclose(library.handle()) };
    }
}

#[test]
fn pointers_in_data_are_left_alone() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "pointer");
    let [a, b] = pair();
    let call: extern "C" fn(i32, *mut u8, usize, i32) -> isize = library.get("f_recv_by_pointer");
    let writer = later(20, move || write_all(b, b"x"));
    assert_eq!(call(a, [0; 4].as_mut_ptr(), 4, 0), 1);
    writer.join().unwrap();
    assert_eq!(asked(), []);
    close(&[a, b]);
}

#[test]
fn libraries_loaded_later_are_patched_and_forgotten() {
    let _turn = Turn::new();
    let first = Library::patched(Build::Now, "loader");
    let path = build(Build::Now, "late");
    let name = CString::new(path.to_str().unwrap()).unwrap();
    let dlopen: extern "C" fn(*const libc::c_char) -> *mut libc::c_void = first.get("f_dlopen");
    let dlclose: extern "C" fn(*mut libc::c_void) -> i32 = first.get("f_dlclose");
    for _ in 0..3 {
        assert!(!UNLOADS || reported("libforeign-late").is_none());
        let late = Library::from_handle(dlopen(name.as_ptr()));
        assert!(reported("libforeign-late").is_some());
        assert_eq!(late.int("f_usleep", 1), 0);
        assert_eq!(asked().len(), 1);
        assert_eq!(dlclose(late.handle()), 0);
        assert!(
            !UNLOADS || reported("libforeign-late").is_none(),
            "forgotten"
        );
    }
    assert!(dlopen(c"/nowhere/at/all.so".as_ptr()).is_null());
    std::fs::remove_file(path).unwrap();
    // SAFETY: a text of the loader's, which has just failed.
    let message = unsafe { std::ffi::CStr::from_ptr(libc::dlerror()) };
    assert!(
        message.to_str().unwrap().contains("/nowhere/at/all.so"),
        "{message:?}"
    );
}

#[test]
fn loading_unseen_is_found_by_refresh() {
    let _turn = Turn::new();
    let first = Library::patched(Build::Now, "seen");
    let unseen = Library::load(&build(Build::Lazy, "unseen"));
    assert_eq!(unseen.int("f_usleep", 1), 0);
    assert_eq!(asked(), []);
    highper_hook::refresh();
    assert_eq!(unseen.int("f_usleep", 1), 0);
    assert_eq!(asked().len(), 1);
    // Unloaded unseen, then something else loaded into its place.
    // SAFETY: a library that was loaded above, and is not used any more.
    // SAFETY: nothing of the library is used any more.
    unsafe { libc::dlclose(unseen.handle()) };
    let other = Library::load(&build(Build::Lazy, "other"));
    highper_hook::refresh();
    assert!(!UNLOADS || reported("libforeign-unseen").is_none());
    assert_eq!(other.int("f_usleep", 1), 0);
    assert_eq!(asked().len(), 1);
    // SAFETY: nothing of the library is used any more.
    unsafe { libc::dlclose(other.handle()) };
    highper_hook::unpatch();
    assert_eq!(first.int("f_usleep", 1), 0);
    assert_eq!(asked(), []);
}

#[test]
fn a_dlopen_that_depends_on_its_caller_is_left_alone() {
    let _turn = Turn::new();
    let path = build(Build::Now, "runpath");
    let plain = Library::load(&path);
    highper_hook::patch();
    assert!(
        reported("libforeign-runpath")
            .unwrap()
            .calls
            .contains(&"dlopen")
    );
    // SAFETY: nothing of the library is used any more.
    unsafe { libc::dlclose(plain.handle()) };
    let path = path.with_file_name(format!("libforeign-withpath-{}.so", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interposition/calls.c");
    let made = std::process::Command::new(std::env::var_os("CC").unwrap_or("cc".into()))
        .args(["-shared", "-fPIC", "-O2", "-Wl,-rpath,/opt/nowhere", "-o"])
        .arg(&path)
        .arg(source)
        .status();
    assert!(made.unwrap().success());
    let library = Library::load(&path);
    highper_hook::patch();
    let calls = reported("libforeign-withpath").unwrap().calls;
    assert!(
        !calls.contains(&"dlopen") && calls.contains(&"dlclose"),
        "{calls:?}"
    );
    // SAFETY: nothing of the library is used any more.
    unsafe { libc::dlclose(library.handle()) };
}

#[test]
fn many_threads_load_and_unload() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "threads");
    let paths: Vec<_> = (0..3)
        .map(|at| build(Build::Now, &format!("thread{at}")))
        .collect();
    let dlopen: extern "C" fn(*const libc::c_char) -> *mut libc::c_void = library.get("f_dlopen");
    let dlclose: extern "C" fn(*mut libc::c_void) -> i32 = library.get("f_dlclose");
    std::thread::scope(|scope| {
        for path in &paths {
            scope.spawn(move || {
                let name = CString::new(path.to_str().unwrap()).unwrap();
                for _ in 0..40 {
                    let late = Library::from_handle(dlopen(name.as_ptr()));
                    assert_eq!(late.int("f_usleep", 1), 0);
                    assert_eq!(dlclose(late.handle()), 0);
                }
            });
        }
    });
    highper_hook::refresh();
    assert!(!UNLOADS || reported("libforeign-thread0").is_none());
    for path in paths {
        std::fs::remove_file(path).unwrap();
    }
}

/// A real library that was not made for this: libcurl fetches from a local server.
#[test]
fn curl_waits_through_the_policy() {
    const URL: i32 = 10_002;
    const WRITE_FUNCTION: i32 = 20_011;
    const WRITE_DATA: i32 = 10_001;
    const NO_SIGNAL: i32 = 99;
    type SetOption = unsafe extern "C" fn(*mut libc::c_void, i32, ...) -> i32;
    extern "C" fn take(data: *const u8, one: usize, len: usize, into: *mut Vec<u8>) -> usize {
        // SAFETY: libcurl hands in what it received, and the vector that it was given.
        unsafe { (*into).extend_from_slice(std::slice::from_raw_parts(data, one * len)) };
        one * len
    }
    let _turn = Turn::new();
    let handle = ["libcurl.so.4", "libcurl-gnutls.so.4"]
        .into_iter()
        .find_map(|name| {
            let name = CString::new(name).unwrap();
            // SAFETY: the name ends with a NUL.
            let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW) };
            (!handle.is_null()).then_some(handle)
        });
    let Some(handle) = handle else {
        panic!("libcurl is needed for this test: install libcurl4");
    };
    highper_hook::patch();
    assert!(reported("libcurl").is_some());
    let curl = Library::from_handle(handle);
    let body = pattern(3 << 20);
    let served = body.clone();
    let listener = TcpListener::bind(("127.0.0.1", 21_530)).unwrap();
    let server = std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.windows(4).any(|part| part == b"\r\n\r\n") {
            let mut buffer = [0; 1024];
            let got = peer.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..got]);
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            served.len()
        );
        peer.write_all(head.as_bytes()).unwrap();
        for part in served.chunks(500_000) {
            std::thread::sleep(std::time::Duration::from_millis(10));
            peer.write_all(part).unwrap();
        }
    });
    let init: extern "C" fn() -> *mut libc::c_void = curl.get("curl_easy_init");
    let set: SetOption = curl.get("curl_easy_setopt");
    let perform: extern "C" fn(*mut libc::c_void) -> i32 = curl.get("curl_easy_perform");
    let cleanup: extern "C" fn(*mut libc::c_void) = curl.get("curl_easy_cleanup");
    let easy = init();
    let mut received: Vec<u8> = Vec::new();
    // SAFETY: the handle is libcurl's, and each option gets a value of its type.
    unsafe {
        set(easy, URL, c"http://127.0.0.1:21530/".as_ptr());
        set(easy, WRITE_FUNCTION, take as *const ());
        set(easy, WRITE_DATA, &raw mut received);
        set(easy, NO_SIGNAL, 1 as libc::c_long);
    }
    asked();
    assert_eq!(perform(easy), 0);
    let list = asked();
    cleanup(easy);
    server.join().unwrap();
    assert!(
        received == body,
        "{} of {} bytes",
        received.len(),
        body.len()
    );
    assert!(waits(&list) >= 3, "{list:?}");
    assert!(
        asked()
            .iter()
            .any(|asked| matches!(asked, Asked::Closed(_)))
            || list.iter().any(|asked| matches!(asked, Asked::Closed(_)))
    );
}
