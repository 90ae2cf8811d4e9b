use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::time::{Duration, Instant};

use highper_hook::{Families, Interest, WaitOutcome};

use crate::fixture::*;

const PORT: u16 = 21_510;

#[test]
fn echo_over_every_build() {
    for build in BUILDS {
        let _turn = Turn::new();
        let library = Library::patched(build, "echo");
        let [a, b] = pair();
        let echo = later(20, move || {
            let mut buffer = [0; 5];
            assert_eq!(unsafe { libc::read(b, buffer.as_mut_ptr().cast(), 5) }, 5);
            write_all(b, &buffer);
        });
        set_errno(77);
        assert_eq!(library.send(a, b"hello", 0), 5);
        let mut buffer = [0; 16];
        assert_eq!(library.recv(a, &mut buffer, 0), 5, "{build:?}");
        assert_eq!(errno(), 77, "success keeps errno");
        assert_eq!(&buffer[..5], b"hello");
        echo.join().unwrap();
        assert_eq!(asked(), [Asked::Wait(a, Interest::READ)], "{build:?}");
        write_all(b, b"there");
        assert_eq!(library.recv(a, &mut buffer, 0), 5);
        assert_eq!(asked(), [], "what is there already costs no wait");
        close(&[b]);
        assert_eq!(library.recv(a, &mut buffer, 0), 0, "end of stream");
        close(&[a]);
    }
}

#[test]
fn a_megabyte_is_sent_whole_to_a_slow_reader() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "big");
    let data = pattern(1 << 20);
    let listener = TcpListener::bind(("127.0.0.1", PORT)).unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", PORT))
        .unwrap()
        .into_raw_fd();
    let peer = listener.accept().unwrap().0.into_raw_fd();
    let small: libc::c_int = 16_384;
    unsafe {
        libc::setsockopt(
            tcp,
            libc::SOL_SOCKET,
            libc::SO_SNDBUF,
            (&raw const small).cast(),
            4,
        );
        libc::setsockopt(
            peer,
            libc::SOL_SOCKET,
            libc::SO_RCVBUF,
            (&raw const small).cast(),
            4,
        );
    }
    let [local, local_peer] = pair();
    for (fd, peer) in [(tcp, peer), (local, local_peer)] {
        highper_hook::forget(fd);
        let reader = later(5, move || read_slowly(peer, 1 << 20));
        set_errno(77);
        assert_eq!(library.send(fd, &data, 0), 1 << 20);
        assert_eq!(errno(), 77);
        assert!(reader.join().unwrap() == data);
        assert!(waits(&asked()) > 1, "it had to wait");

        let reader = later(5, move || read_slowly(peer, 1 << 20));
        assert_eq!(library.write(fd, &data), 1 << 20);
        assert!(reader.join().unwrap() == data);

        let reader = later(5, move || read_slowly(peer, 1 << 20));
        let segments: Vec<libc::iovec> = data
            .chunks(20_000)
            .map(|part| libc::iovec {
                iov_base: part.as_ptr().cast_mut().cast(),
                iov_len: part.len(),
            })
            .collect();
        let writev: extern "C" fn(i32, *const libc::iovec, i32) -> isize = library.get("f_writev");
        assert_eq!(
            writev(fd, segments.as_ptr(), segments.len() as i32),
            1 << 20
        );
        assert!(reader.join().unwrap() == data);

        let reader = later(5, move || read_slowly(peer, 1 << 20));
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = segments.as_ptr().cast_mut();
        message.msg_iovlen = segments.len() as _;
        let sendmsg: extern "C" fn(i32, *const libc::msghdr, i32) -> isize =
            library.get("f_sendmsg");
        assert_eq!(sendmsg(fd, &message, 0), 1 << 20);
        assert!(reader.join().unwrap() == data);
        asked();
        close(&[fd, peer]);
    }
}

#[test]
fn a_peer_that_goes_away_leaves_a_partial_send_and_no_signal() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "gone");
    let [a, b] = pair();
    let data = pattern(4 << 20);
    let peer = later(5, move || {
        read_slowly(b, 200_000);
        unsafe { libc::close(b) };
    });
    let sent = library.send(a, &data, libc::MSG_NOSIGNAL);
    peer.join().unwrap();
    assert!(sent >= 200_000 && (sent as usize) < data.len(), "{sent}");
    assert_eq!(library.send(a, &data, libc::MSG_NOSIGNAL), -1);
    assert!([libc::EPIPE, libc::ECONNRESET].contains(&errno()));
    close(&[a]);
}

#[test]
fn receive_time_outs_are_honoured() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "timeo");
    let [a, b] = pair();
    assert_eq!(library.ints("f_rcvtimeo", a, 60), 0);
    for _ in 0..2 {
        let start = Instant::now();
        assert_eq!(library.recv(a, &mut [0; 4], 0), -1);
        assert_eq!(errno(), libc::EAGAIN);
        let took = start.elapsed();
        assert!(
            took >= Duration::from_millis(55) && took < Duration::from_millis(500),
            "{took:?}"
        );
    }
    assert_eq!(library.ints("f_rcvtimeo", a, 0), 0);
    let writer = later(100, move || write_all(b, b"late"));
    assert_eq!(library.recv(a, &mut [0; 4], 0), 4);
    writer.join().unwrap();
    // Known to have none, then set: the knowledge is dropped.
    assert_eq!(library.ints("f_rcvtimeo", a, 30), 0);
    assert_eq!(library.recv(a, &mut [0; 4], 0), -1);
    assert_eq!(errno(), libc::EAGAIN);
    close(&[a, b]);
}

#[test]
fn waitall_gathers_and_peek_takes_nothing() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "whole");
    let [a, b] = pair();
    let writer = later(10, move || {
        for part in [&b"one"[..], b"two", b"three"] {
            write_all(b, part);
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let mut buffer = [0; 11];
    assert_eq!(library.recv(a, &mut buffer, libc::MSG_WAITALL), 11);
    assert_eq!(&buffer, b"onetwothree");
    writer.join().unwrap();
    assert!(waits(&asked()) >= 3);

    let writer = later(10, move || write_all(b, b"peek"));
    let mut buffer = [0; 8];
    assert_eq!(library.recv(a, &mut buffer, libc::MSG_PEEK), 4);
    assert_eq!(library.recv(a, &mut buffer, libc::MSG_PEEK), 4);
    writer.join().unwrap();
    // An end of stream ends a WAITALL with what there was.
    close(&[b]);
    assert_eq!(library.recv(a, &mut buffer, libc::MSG_WAITALL), 4);
    assert_eq!(&buffer[..4], b"peek");
    close(&[a]);

    let listener = TcpListener::bind(("127.0.0.1", PORT + 1)).unwrap();
    let a = TcpStream::connect(("127.0.0.1", PORT + 1)).unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    let writer = later(10, move || {
        peer.write_all(b"half").unwrap();
        std::thread::sleep(Duration::from_millis(30));
        peer.write_all(b"half").unwrap();
        peer
    });
    asked();
    let both = libc::MSG_PEEK | libc::MSG_WAITALL;
    assert_eq!(library.recv(a.as_raw_fd(), &mut buffer, both), 8);
    assert_eq!(&buffer, b"halfhalf");
    assert!(asked().iter().all(|asked| matches!(asked, Asked::Sleep(_))));
    assert_eq!(library.recv(a.as_raw_fd(), &mut buffer, 0), 8);
    drop(writer.join().unwrap());
    highper_hook::forget(a.as_raw_fd());
}

#[test]
fn recvmsg_waits_for_the_whole_scattered_buffer() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "recvmsg");
    let [a, b] = pair();
    let data = pattern(300_000);
    let copy = data.clone();
    let writer = later(5, move || {
        for part in copy.chunks(7_001) {
            write_all(b, part);
        }
    });
    let mut received = vec![0; data.len()];
    let mut segments: Vec<libc::iovec> = received
        .chunks_mut(9_999)
        .map(|part| libc::iovec {
            iov_base: part.as_mut_ptr().cast(),
            iov_len: part.len(),
        })
        .collect();
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = segments.as_mut_ptr();
    message.msg_iovlen = segments.len() as _;
    let recvmsg: extern "C" fn(i32, *mut libc::msghdr, i32) -> isize = library.get("f_recvmsg");
    assert_eq!(recvmsg(a, &mut message, libc::MSG_WAITALL), 300_000);
    assert!(received == data);
    writer.join().unwrap();

    let writer = later(5, move || write_all(b, b"ab"));
    let readv: extern "C" fn(i32, *const libc::iovec, i32) -> isize = library.get("f_readv");
    assert_eq!(readv(a, segments.as_ptr(), segments.len() as i32), 2);
    writer.join().unwrap();
    close(&[a, b]);
}

#[test]
fn non_blocking_sockets_pass_straight_through() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "nonblock");
    let [a, b] = pair();
    let fails = || {
        let result = library.recv(a, &mut [0; 4], 0);
        assert_eq!((result, errno()), (-1, libc::EAGAIN));
    };
    library.recv(a, &mut [0; 4], libc::MSG_DONTWAIT);
    for set in ["f_set_nonblock", "f_fionbio"] {
        assert_eq!(library.ints(set, a, 1), 0);
        fails();
        assert_eq!(asked(), []);
        assert_eq!(library.ints(set, a, 0), 0);
        let writer = later(10, move || write_all(b, b"x"));
        assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
        assert_eq!(waits(&asked()), 1);
        writer.join().unwrap();
    }
    // Through a copy as well, which shares the mode.
    let copy = library.int("f_dup", a);
    assert_eq!(library.ints("f_set_nonblock", copy, 1), 0);
    fails();
    assert_eq!(asked(), []);
    close(&[a, b, copy]);
    let made = library.ints(
        "f_socket",
        libc::AF_INET,
        libc::SOCK_DGRAM | libc::SOCK_NONBLOCK,
    );
    assert_eq!(library.recv(made, &mut [0; 4], 0), -1);
    assert_eq!(errno(), libc::EAGAIN);
    assert_eq!(asked(), []);
    close(&[made]);
}

#[test]
fn waits_that_end_otherwise_say_so() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "ends");
    let [a, b] = pair();
    for (outcome, error) in [
        (WaitOutcome::Cancelled, libc::ECANCELED),
        (WaitOutcome::Closed, libc::EBADF),
        (WaitOutcome::TimedOut, libc::EAGAIN),
    ] {
        end_next_wait(outcome);
        assert_eq!(library.recv(a, &mut [0; 4], 0), -1);
        assert_eq!(errno(), error, "{outcome:?}");
    }
    // A part that was sent is the result, whatever ended the wait.
    end_next_wait(WaitOutcome::Cancelled);
    let sent = library.send(a, &pattern(8 << 20), 0);
    assert!(sent > 0 && sent < 8 << 20);
    // A refused wait blocks.
    asked();
    let writer = later(30, move || write_all(b, b"x"));
    end_next_wait(WaitOutcome::Refused);
    assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
    assert_eq!(waits(&asked()), 1);
    writer.join().unwrap();
    close(&[a, b]);
}

#[test]
fn families_decide_by_kind_of_socket() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "family");
    let [a, b] = pair();
    set_flags(Families::ALL.without(Families::UNIX));
    let writer = later(20, move || write_all(b, b"x"));
    assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
    writer.join().unwrap();
    assert_eq!(asked(), []);
    let udp = std::net::UdpSocket::bind(("127.0.0.1", PORT + 2)).unwrap();
    let fd = udp.as_raw_fd();
    let sender = later(20, || {
        let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        socket
            .send_to(b"datagram", ("127.0.0.1", PORT + 2))
            .unwrap();
    });
    assert_eq!(library.recv(fd, &mut [0; 64], libc::MSG_WAITALL), 8);
    sender.join().unwrap();
    assert_eq!(asked(), [Asked::Wait(fd, Interest::READ)]);
    highper_hook::forget(fd);
    close(&[a, b]);
}

#[test]
fn connects_accepts_and_refusals() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Lazy, "connect");
    let listener = TcpListener::bind(("127.0.0.1", PORT + 3)).unwrap();
    let socket = || library.ints("f_socket", libc::AF_INET, libc::SOCK_STREAM);
    let fd = socket();
    set_errno(77);
    assert_eq!(library.ints("f_connect", fd, i32::from(PORT + 3)), 0);
    assert_eq!(errno(), 77);
    assert_eq!(
        unsafe { libc::fcntl(fd, libc::F_GETFL) } & libc::O_NONBLOCK,
        0,
        "mode is put back"
    );
    let mut served = listener.accept().unwrap().0;
    served.write_all(b"hi").unwrap();
    assert_eq!(library.recv(fd, &mut [0; 2], 0), 2);
    close(&[fd]);

    let fd = socket();
    assert_eq!(library.ints("f_connect", fd, i32::from(PORT + 4)), -1);
    assert_eq!(errno(), libc::ECONNREFUSED);
    close(&[fd]);

    asked();
    let listening = listener.as_raw_fd();
    let client = later(30, || TcpStream::connect(("127.0.0.1", PORT + 3)).unwrap());
    let accepted = library.ints("f_accept4", listening, libc::SOCK_NONBLOCK);
    assert!(accepted >= 0);
    let list = asked();
    assert_eq!(list, [Asked::Wait(listening, Interest::READ)]);
    assert_eq!(library.recv(accepted, &mut [0; 2], 0), -1);
    assert_eq!(errno(), libc::EAGAIN, "SOCK_NONBLOCK was seen");
    drop(client.join().unwrap());

    let client = later(30, || {
        let mut client = TcpStream::connect(("127.0.0.1", PORT + 3)).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        client.write_all(b"ok").unwrap();
        client.read(&mut [0; 1]).unwrap()
    });
    let second = library.int("f_accept", listening);
    assert_eq!(library.recv(second, &mut [0; 2], 0), 2);
    assert_eq!(waits(&asked()), 2);
    close(&[accepted, second]);
    assert_eq!(client.join().unwrap(), 0);
    highper_hook::forget(listening);
}

/// A listener whose queue is full answers no handshake: the connect stays in progress.
#[test]
fn a_connect_that_hangs_waits_and_ends_with_its_time_out() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "hang");
    let listener = library.ints("f_socket", libc::AF_INET, libc::SOCK_STREAM);
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    address.sin_family = libc::AF_INET as _;
    address.sin_port = (PORT + 5).to_be();
    address.sin_addr.s_addr = u32::from_ne_bytes([127, 0, 0, 1]);
    let len = size_of::<libc::sockaddr_in>() as u32;
    assert_eq!(
        unsafe { libc::bind(listener, (&raw const address).cast(), len) },
        0
    );
    assert_eq!(unsafe { libc::listen(listener, 0) }, 0);
    let first = TcpStream::connect(("127.0.0.1", PORT + 5)).unwrap();
    let fd = library.ints("f_socket", libc::AF_INET, libc::SOCK_STREAM);
    let limit = libc::timeval {
        tv_sec: 0,
        tv_usec: 80_000,
    };
    let size = size_of::<libc::timeval>() as u32;
    unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_SNDTIMEO,
            (&raw const limit).cast(),
            size,
        )
    };
    let start = Instant::now();
    assert_eq!(library.ints("f_connect", fd, i32::from(PORT + 5)), -1);
    assert_eq!(errno(), libc::EINPROGRESS);
    assert!(start.elapsed() >= Duration::from_millis(75));
    assert_eq!(asked(), [Asked::Wait(fd, Interest::WRITE)]);
    close(&[fd]);
    // With room in the queue the same connect succeeds, by a repeated handshake.
    let server = later(50, move || unsafe {
        libc::accept(listener, std::ptr::null_mut(), std::ptr::null_mut())
    });
    let fresh = library.ints("f_socket", libc::AF_INET, libc::SOCK_STREAM);
    assert_eq!(library.ints("f_connect", fresh, i32::from(PORT + 5)), 0);
    assert!(waits(&asked()) >= 1);
    let accepted = server.join().unwrap();
    drop(first);
    close(&[fresh, accepted, listener]);
}

#[test]
fn closing_is_announced_before_it_happens() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "close");
    let [a, b] = pair();
    let [c, d] = pair();
    assert_eq!(library.ints("f_dup2", c, a), a);
    assert_eq!(asked(), [Asked::Closed(a)]);
    assert_eq!(library.ints("f_dup2", c, c), c);
    assert_eq!(
        library.ints("f_dup2", 1_000_000, c),
        -1,
        "nothing is closed"
    );
    assert_eq!(errno(), libc::EBADF);
    assert_eq!(asked(), []);
    assert_eq!(library.int("f_close", c), 0);
    assert_eq!(asked(), [Asked::Closed(c)]);
    assert_eq!(library.int("f_close", -1), -1);
    assert_eq!(asked(), []);
    close(&[a, b, d]);
}

#[test]
fn a_vfork_child_closes_only_for_itself() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "vfork");
    let [a, b] = pair();
    assert_eq!(library.int("f_vfork_close", a), 0);
    assert!(
        matches!(asked()[..], [Asked::Child(_)]),
        "its end, by the parent"
    );
    assert_eq!(library.int("f_close", a), 0, "still open here");
    assert_eq!(asked(), [Asked::Closed(a)], "announced again in the parent");
    close(&[b]);
}

#[test]
fn a_fork_child_is_told() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "fork");
    extern "C" fn in_child() -> i32 {
        if asked() == [Asked::Forked] { 5 } else { 6 }
    }
    let fork: extern "C" fn(extern "C" fn() -> i32) -> i32 = library.get("f_fork");
    let status = fork(in_child);
    assert!(libc::WIFEXITED(status));
    assert_eq!(libc::WEXITSTATUS(status), 5);
    assert!(
        matches!(asked()[..], [Asked::Child(_)]),
        "not in the parent"
    );
}

#[cfg(not(target_env = "musl"))] // which has none
#[test]
fn checked_versions_wait_too() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "fortified");
    let calls: Vec<_> = highper_hook::report()
        .into_iter()
        .flat_map(|object| object.calls)
        .collect();
    for name in ["__recv_chk", "__read_chk", "__poll_chk"] {
        assert!(
            calls.contains(&name),
            "the compiler has made no {name}: {calls:?}"
        );
    }
    let [a, b] = pair();
    for name in ["f_fortified_recv", "f_fortified_read"] {
        let writer = later(20, move || write_all(b, b"ok"));
        let call: extern "C" fn(i32, usize, *mut u8) -> isize = library.get(name);
        let mut out = [0; 32];
        assert_eq!(call(a, 32, out.as_mut_ptr()), 2);
        assert_eq!(&out[..2], b"ok");
        writer.join().unwrap();
        assert_eq!(asked(), [Asked::Wait(a, Interest::READ)]);
    }
    let poll: extern "C" fn(i32, u64, i32) -> i32 = library.get("f_fortified_poll");
    assert_eq!(poll(a, 2, 10), 0);
    assert_eq!(asked(), [Asked::WaitMany(2)]);
    close(&[a, b]);
}
