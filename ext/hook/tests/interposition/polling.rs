use std::time::{Duration, Instant};

use highper_hook::{Families, Interest, WaitOutcome};
use libc::{POLLIN, POLLNVAL, POLLOUT, fd_set, pollfd, timeval};

use crate::fixture::*;

fn entry(fd: i32, events: i16) -> pollfd {
    pollfd {
        fd,
        events,
        revents: 0,
    }
}

#[test]
fn one_descriptor_is_a_wait_on_it() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Lazy, "poll1");
    let [a, b] = pair();
    let mut list = [entry(a, POLLIN)];
    assert_eq!(library.poll(&mut list, 0), 0);
    assert_eq!(asked(), [], "no time, no wait");
    let start = Instant::now();
    assert_eq!(library.poll(&mut list, 40), 0);
    assert!(start.elapsed() >= Duration::from_millis(40));
    assert_eq!(asked(), [Asked::Wait(a, Interest::READ)]);
    let writer = later(20, move || write_all(b, b"x"));
    assert_eq!(library.poll(&mut list, -1), 1);
    assert_eq!(list[0].revents, POLLIN);
    writer.join().unwrap();
    assert_eq!(asked(), [Asked::Wait(a, Interest::READ)]);
    list[0].events = POLLIN | POLLOUT;
    assert_eq!(library.poll(&mut list, -1), 1);
    assert_eq!(list[0].revents, POLLIN | POLLOUT);
    assert_eq!(asked(), []);
    close(&[a, b]);
}

#[test]
fn several_descriptors_are_one_wait() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "polln");
    let [a, b] = pair();
    let [c, d] = pair();
    let mut list = [entry(a, POLLIN), entry(-1, POLLIN), entry(c, POLLIN)];
    let writer = later(20, move || write_all(d, b"x"));
    assert_eq!(library.poll(&mut list, 5_000), 1);
    writer.join().unwrap();
    assert_eq!(list.map(|entry| entry.revents), [0, 0, POLLIN]);
    assert_eq!(asked(), [Asked::WaitMany(3)]);
    let mut list = [entry(a, POLLIN), entry(900_000, POLLIN)];
    assert_eq!(library.poll(&mut list, -1), 1);
    assert_eq!(list[1].revents, POLLNVAL);
    assert_eq!(asked(), []);
    let start = Instant::now();
    assert_eq!(library.poll(&mut [], 30), 0);
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(asked(), [Asked::WaitMany(0)]);
    close(&[a, b, c, d]);
}

#[test]
fn a_poll_ends_when_cancelled_or_closed() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "pollend");
    let [a, b] = pair();
    let mut list = [entry(a, POLLIN)];
    end_next_wait(WaitOutcome::Cancelled);
    assert_eq!(library.poll(&mut list, -1), -1);
    assert_eq!(errno(), libc::ECANCELED);
    end_next_wait(WaitOutcome::Closed);
    assert_eq!(library.poll(&mut list, -1), 1);
    assert_eq!(list[0].revents, POLLNVAL);
    end_next_wait(WaitOutcome::Refused);
    let start = Instant::now();
    assert_eq!(library.poll(&mut list, 30), 0);
    assert!(start.elapsed() >= Duration::from_millis(30));
    close(&[a, b]);
}

#[test]
fn families_decide_about_polls() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "pollfam");
    let [a, b] = pair();
    set_flags(Families::ALL.without(Families::POLL));
    assert_eq!(library.poll(&mut [entry(a, POLLIN)], 5), 0);
    assert_eq!(waits(&asked()), 1);
    assert_eq!(
        library.poll(&mut [entry(a, POLLIN), entry(b, POLLIN)], 5),
        0
    );
    assert_eq!(waits(&asked()), 0);
    set_flags(Families::ALL.without(Families::UNIX));
    assert_eq!(
        library.poll(&mut [entry(a, POLLIN), entry(b, POLLIN)], 5),
        0
    );
    assert_eq!(waits(&asked()), 0);
    close(&[a, b]);
}

#[test]
fn a_false_alarm_does_not_spin() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "alarm");
    let [a, b] = pair();
    let writer = later(20, move || write_all(b, b"x"));
    end_next_wait(WaitOutcome::Ready);
    assert_eq!(library.recv(a, &mut [0; 4], 0), 1);
    assert_eq!(waits(&asked()), 2);
    writer.join().unwrap();
    close(&[a, b]);
}

#[test]
fn select_fills_its_sets_and_its_time() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "select");
    type Select = extern "C" fn(i32, *mut fd_set, *mut fd_set, *mut fd_set, *mut timeval) -> i32;
    let select: Select = library.get("f_select");
    let none = std::ptr::null_mut();
    let [a, b] = pair();
    let [c, d] = pair();
    let sets = |fds: &[i32]| {
        // SAFETY: a set of descriptors without any is all zeros.
        let mut set: fd_set = unsafe { std::mem::zeroed() };
        for &fd in fds {
            // SAFETY: a descriptor of this test, below FD_SETSIZE; the set is alive.
            unsafe { libc::FD_SET(fd, &mut set) };
        }
        set
    };
    let most = [a, b, c, d].into_iter().max().unwrap() + 1;
    let mut read = sets(&[a, c]);
    let mut time = timeval {
        tv_sec: 5,
        tv_usec: 0,
    };
    let writer = later(50, move || write_all(d, b"x"));
    assert_eq!(select(most, &mut read, none, none, &mut time), 1);
    writer.join().unwrap();
    // SAFETY: descriptors of this test, below FD_SETSIZE; the sets are alive.
    assert!(unsafe { libc::FD_ISSET(c, &read) && !libc::FD_ISSET(a, &read) });
    assert!(
        time.tv_sec == 4 && time.tv_usec < 960_000,
        "what is left: {}.{}",
        time.tv_sec,
        time.tv_usec
    );
    assert_eq!(asked(), [Asked::WaitMany(2)]);

    let mut read = sets(&[a]);
    let mut write = sets(&[b]);
    assert_eq!(
        select(most, &mut read, &mut write, none, std::ptr::null_mut()),
        1
    );
    // SAFETY: descriptors of this test, below FD_SETSIZE; the sets are alive.
    assert!(unsafe { !libc::FD_ISSET(a, &read) && libc::FD_ISSET(b, &write) });
    assert_eq!(asked(), [], "ready at once");

    let mut read = sets(&[a]);
    let mut time = timeval {
        tv_sec: 0,
        tv_usec: 20_000,
    };
    assert_eq!(select(most, &mut read, none, none, &mut time), 0);
    // SAFETY: descriptors of this test, below FD_SETSIZE; the sets are alive.
    assert!(unsafe { !libc::FD_ISSET(a, &read) });
    assert_eq!((time.tv_sec, time.tv_usec), (0, 0));
    assert_eq!(waits(&asked()), 1);

    set_flags(Families::ALL.without(Families::UNIX));
    let mut read = sets(&[a]);
    let mut time = timeval {
        tv_sec: 0,
        tv_usec: 5_000,
    };
    assert_eq!(select(most, &mut read, none, none, &mut time), 0);
    assert_eq!(waits(&asked()), 0);
    close(&[a, b, c, d]);
}
