use std::os::fd::AsRawFd;

use highper_hook::{Families, Interest};

use crate::fixture::*;

#[test]
fn pipes_wait_to_be_read_and_written() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "pipe");
    let [reader, writer] = pipe();
    let other = later(20, move || write_all(writer, b"from afar"));
    let mut buffer = [0; 64];
    set_errno(77);
    assert_eq!(library.read(reader, &mut buffer), 9);
    assert_eq!(errno(), 77);
    other.join().unwrap();
    assert_eq!(asked(), [Asked::Wait(reader, Interest::READ)]);

    let data = pattern(1 << 20);
    let other = later(5, move || read_slowly(reader, 1 << 20));
    assert_eq!(library.write(writer, &data), 1 << 20);
    assert!(other.join().unwrap() == data);
    assert!(waits(&asked()) > 1);

    let segments: Vec<libc::iovec> = data
        .chunks(30_000)
        .map(|part| libc::iovec {
            iov_base: part.as_ptr().cast_mut().cast(),
            iov_len: part.len(),
        })
        .collect();
    let other = later(5, move || read_slowly(reader, 1 << 20));
    let writev: extern "C" fn(i32, *const libc::iovec, i32) -> isize = library.get("f_writev");
    assert_eq!(
        writev(writer, segments.as_ptr(), segments.len() as i32),
        1 << 20
    );
    assert!(other.join().unwrap() == data);

    close(&[writer]);
    assert_eq!(library.read(reader, &mut buffer), 0, "end of file");
    close(&[reader]);
}

/// FIFOs know no RWF_NOWAIT on many kernels: the other way is taken.
#[test]
fn fifos_wait_like_pipes() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "fifo");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("fifo-{}", std::process::id()));
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the name is a C string that outlives the call.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let both = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    let fd = both.as_raw_fd();
    highper_hook::forget(fd);
    let other = later(20, move || write_all(fd, b"fifo"));
    assert_eq!(library.read(fd, &mut [0; 64]), 4);
    other.join().unwrap();
    assert_eq!(asked(), [Asked::Wait(fd, Interest::READ)]);
    let data = pattern(300_000);
    let other = later(5, move || read_slowly(fd, 300_000));
    assert_eq!(library.write(fd, &data), 300_000);
    assert!(other.join().unwrap() == data);
    assert!(waits(&asked()) > 0);
    highper_hook::forget(fd);
}

#[test]
fn a_pipe_without_reader_gives_what_was_written() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "broken");
    // Rust's runtime ignores SIGPIPE in this process.
    let [reader, writer] = pipe();
    let other = later(5, move || {
        read_slowly(reader, 100_000);
        // SAFETY: a descriptor of this test, closed once.
        unsafe { libc::close(reader) };
    });
    let written = library.write(writer, &pattern(1 << 20));
    other.join().unwrap();
    assert!((100_000..1 << 20).contains(&written), "{written}");
    assert_eq!(library.write(writer, b"x"), -1);
    assert_eq!(errno(), libc::EPIPE);
    close(&[writer]);
    highper_hook::forget(reader);
}

#[test]
fn what_is_neither_socket_nor_pipe_passes_through() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "plain");
    let file = std::fs::File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let null = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")
        .unwrap();
    // SAFETY: a plain system call.
    let event = unsafe { libc::eventfd(3, 0) };
    highper_hook::forget(event);
    assert_eq!(library.read(file.as_raw_fd(), &mut [0; 9]), 9);
    assert_eq!(library.read(null.as_raw_fd(), &mut [0; 9]), 0);
    assert_eq!(library.write(null.as_raw_fd(), b"gone"), 4);
    assert_eq!(library.read(event, &mut [0; 8]), 8);
    assert_eq!(asked(), []);
    for fd in [file.as_raw_fd(), null.as_raw_fd()] {
        highper_hook::forget(fd);
    }
    close(&[event]);
}

#[test]
fn standard_streams_pass_through_unless_asked_for() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "stdio");
    let [reader, writer] = pipe();
    // SAFETY: a plain system call.
    let saved = unsafe { libc::dup(0) };
    // SAFETY: a plain system call on descriptors of this test; restored below.
    unsafe { libc::dup2(reader, 0) };
    highper_hook::forget(0);
    set_flags(Families::ALL.without(Families::STDIO));
    let other = later(20, move || write_all(writer, b"a"));
    assert_eq!(library.read(0, &mut [0; 4]), 1);
    other.join().unwrap();
    assert_eq!(asked(), []);
    set_flags(Families::ALL);
    let other = later(20, move || write_all(writer, b"b"));
    assert_eq!(library.read(0, &mut [0; 4]), 1);
    other.join().unwrap();
    assert_eq!(asked(), [Asked::Wait(0, Interest::READ)]);
    // Whatever is switched on, writes pass: a reader empties the full pipe behind our back.
    // SAFETY: as above.
    unsafe { libc::dup2(writer, 0) };
    highper_hook::forget(0);
    // SAFETY: a plain system call on a pipe of this test.
    unsafe { libc::fcntl(writer, libc::F_SETPIPE_SZ, 4096) };
    let other = later(20, move || {
        assert_eq!(read_slowly(reader, 5000).len(), 5000)
    });
    assert_eq!(library.write(0, &[b'c'; 5000]), 5000);
    other.join().unwrap();
    assert_eq!(asked(), []);
    // SAFETY: `saved` is this test's duplicate of what 0 was.
    unsafe { libc::dup2(saved, 0) };
    highper_hook::forget(0);
    close(&[saved, reader, writer]);
}

#[test]
fn bad_arguments_fail_as_in_the_kernel() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "bad");
    let [reader, writer] = pipe();
    let [a, b] = pair();
    write_all(b, b"data");
    let read: extern "C" fn(i32, usize, usize) -> isize = library.get("f_read");
    let write: extern "C" fn(i32, usize, usize) -> isize = library.get("f_write");
    let readv: extern "C" fn(i32, usize, i32) -> isize = library.get("f_readv");
    let writev: extern "C" fn(i32, usize, i32) -> isize = library.get("f_writev");
    let fails = |result: isize, error: i32| assert_eq!((result, errno()), (-1, error));
    fails(read(a, 1, 4), libc::EFAULT);
    fails(write(a, 1, 4), libc::EFAULT);
    fails(write(writer, 1, 4), libc::EFAULT);
    fails(writev(writer, 1, 2), libc::EFAULT);
    fails(writev(a, 1, 2), libc::EFAULT);
    fails(readv(a, 1, 2), libc::EFAULT);
    fails(readv(a, 1, -2), libc::EINVAL);
    fails(writev(writer, 1, -2), libc::EINVAL);
    fails(read(-1, 1, 4), libc::EBADF);
    fails(write(1_000_000, 1, 4), libc::EBADF);
    fails(write(reader, 1, 4), libc::EBADF);
    assert_eq!(read(a, 1, 0), 0);
    let recvmsg: extern "C" fn(i32, usize, i32) -> isize = library.get("f_recvmsg");
    let sendmsg: extern "C" fn(i32, usize, i32) -> isize = library.get("f_sendmsg");
    // musl's own versions read the header before the kernel does.
    if !cfg!(target_env = "musl") {
        fails(recvmsg(a, 1, libc::MSG_WAITALL), libc::EFAULT);
        fails(sendmsg(a, 1, 0), libc::EFAULT);
    }
    let poll: extern "C" fn(usize, u64, i32) -> i32 = library.get("f_poll");
    fails(poll(1, 2, 50) as isize, libc::EFAULT);
    assert_eq!(asked(), []);
    close(&[reader, writer, a, b]);
}
