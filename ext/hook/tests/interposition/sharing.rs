use std::cell::Cell;
use std::rc::Rc;

use highper_hook::Interest;
use libc::{POLLIN, POLLOUT, pollfd};

use crate::fixture::*;

/// Calls while a coroutine waits to read from the first descriptor, and then lets that one go on.
fn while_one_reads(library: &Rc<Library>, [a, b]: [i32; 2], call: impl Fn(&Library) + 'static) {
    let (inside, was_called) = (Rc::clone(library), Rc::new(Cell::new(false)));
    let called = Rc::clone(&was_called);
    meanwhile(move || {
        call(&inside);
        called.set(true);
        write_all(b, b"answer");
    });
    assert_eq!(library.recv(a, &mut [0; 6], 0), 6);
    assert!(was_called.get());
}

fn fails_as_busy(result: isize) {
    assert_eq!((result, errno()), (-1, libc::EBUSY));
}

#[test]
fn a_stream_has_one_reader_and_one_writer() {
    let _turn = Turn::new();
    let library = Rc::new(Library::patched(Build::Now, "share"));
    let [a, b] = pair();
    set_taken(true);
    while_one_reads(&library, [a, b], move |library| {
        asked();
        fails_as_busy(library.recv(a, &mut [0; 4], 0));
        assert_eq!(library.recv(a, &mut [0; 4], libc::MSG_DONTWAIT), -1);
        assert_eq!(errno(), libc::EAGAIN);
        let mut list = [pollfd {
            fd: a,
            events: POLLIN,
            revents: 0,
        }];
        fails_as_busy(library.poll(&mut list, 10) as isize);
        let taken = Asked::Taken(a, Interest::READ);
        assert_eq!(asked(), [taken.clone(), taken.clone(), taken]);
        // To look takes nothing away.
        assert_eq!(library.poll(&mut list, 0), 0);
        let peek = libc::MSG_PEEK | libc::MSG_DONTWAIT;
        assert_eq!(library.recv(a, &mut [0; 4], peek), -1);
        assert_eq!(errno(), libc::EAGAIN);
        // A writer is nobody's rival.
        assert_eq!(library.send(a, b"question", 0), 8);
        list[0].events = POLLOUT;
        assert_eq!(library.poll(&mut list, 10), 1);
        assert_eq!(asked(), []);
    });
    assert_eq!(read_slowly(b, 8), b"question");
    // When the wait is over, the next one may.
    write_all(b, b"more");
    assert_eq!(library.recv(a, &mut [0; 4], 0), 4);
    set_taken(false);
    close(&[a, b]);
}

#[test]
fn whoever_has_gone_without_an_end_is_in_nobodys_way() {
    let _turn = Turn::new();
    let library = Rc::new(Library::patched(Build::Now, "gone"));
    let [a, b] = pair();
    while_one_reads(&library, [a, b], move |library| {
        asked();
        write_all(b, b"x");
        assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
        write_all(b, b"y");
        assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
        assert_eq!(asked(), [Asked::Taken(a, Interest::READ)]);
    });
    close(&[a, b]);
}

#[test]
fn many_may_wait_for_datagrams() {
    let _turn = Turn::new();
    let library = Rc::new(Library::patched(Build::Now, "many"));
    let [a, b] = pair_of(libc::SOCK_DGRAM);
    set_taken(true);
    while_one_reads(&library, [a, b], move |library| {
        asked();
        write_all(b, b"x");
        assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
        assert_eq!(asked(), []);
    });
    set_taken(false);
    close(&[a, b]);
}

#[test]
fn a_pipe_has_one_reader() {
    let _turn = Turn::new();
    let library = Rc::new(Library::patched(Build::Now, "reader"));
    let [a, b] = pipe();
    let inside = Rc::clone(&library);
    set_taken(true);
    meanwhile(move || {
        asked();
        assert_eq!(inside.read(a, &mut [0; 4]), -1);
        assert_eq!(errno(), libc::EAGAIN);
        assert_eq!(asked(), [Asked::Taken(a, Interest::READ)]);
        write_all(b, b"bytes");
    });
    assert_eq!(library.read(a, &mut [0; 5]), 5);
    set_taken(false);
    close(&[a, b]);
}
