use std::time::{Duration, Instant};

use highper_hook::Families;
use libc::timespec;

use crate::fixture::*;

#[test]
fn sleeps_go_to_the_policy_with_their_exact_time() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "sleep");
    let start = Instant::now();
    assert_eq!(library.int("f_sleep", 1), 0);
    assert_eq!(library.int("f_usleep", 1500), 0);
    let nanosleep: extern "C" fn(*const timespec, *mut timespec) -> i32 =
        library.get("f_nanosleep");
    let time = timespec {
        tv_sec: 0,
        tv_nsec: 2_000_001,
    };
    assert_eq!(nanosleep(&time, std::ptr::null_mut()), 0);
    assert!(start.elapsed() >= Duration::from_millis(1003));
    let expected = [1_000_000_000, 1_500_000, 2_000_001]
        .map(|nanos| Asked::Sleep(Duration::from_nanos(nanos)));
    assert_eq!(asked(), expected);
}

#[test]
fn clock_nanosleep_knows_relative_and_absolute_time() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "clock");
    let call: extern "C" fn(i32, i32, *const timespec, *mut timespec) -> i32 =
        library.get("f_clock_nanosleep");
    let none = std::ptr::null_mut();
    let time = timespec {
        tv_sec: 0,
        tv_nsec: 3_000_000,
    };
    assert_eq!(call(libc::CLOCK_MONOTONIC, 0, &time, none), 0);
    assert_eq!(asked(), [Asked::Sleep(Duration::from_millis(3))]);

    let mut until = timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &mut until) };
    until.tv_sec += 1;
    let start = Instant::now();
    assert_eq!(
        call(libc::CLOCK_REALTIME, libc::TIMER_ABSTIME, &until, none),
        0
    );
    assert!(start.elapsed() >= Duration::from_millis(990));
    let list = asked();
    let [Asked::Sleep(slept), ..] = list[..] else {
        panic!("{list:?}")
    };
    assert!(
        slept <= Duration::from_secs(1) && slept > Duration::from_millis(900),
        "{slept:?}"
    );

    let past = timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    assert_eq!(
        call(libc::CLOCK_REALTIME, libc::TIMER_ABSTIME, &past, none),
        0
    );
    assert_eq!(asked(), []);
}

#[test]
fn bad_times_fail_as_in_the_kernel() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Now, "badtime");
    let nanosleep: extern "C" fn(*const timespec, *mut timespec) -> i32 =
        library.get("f_nanosleep");
    let clock: extern "C" fn(i32, i32, *const timespec, *mut timespec) -> i32 =
        library.get("f_clock_nanosleep");
    for (tv_sec, tv_nsec) in [(-1, 0), (0, -1), (0, 1_000_000_000)] {
        let time = timespec { tv_sec, tv_nsec };
        assert_eq!(nanosleep(&time, std::ptr::null_mut()), -1);
        assert_eq!(errno(), libc::EINVAL);
        assert_eq!(
            clock(libc::CLOCK_MONOTONIC, 0, &time, std::ptr::null_mut()),
            libc::EINVAL
        );
    }
    assert_eq!(asked(), []);
}

#[test]
fn nothing_reaches_the_policy_outside_a_coroutine_or_with_the_family_off() {
    let _turn = Turn::new();
    let library = Library::patched(Build::Lazy, "off");
    set_flags(Families::ALL.without(Families::SLEEP));
    assert_eq!(library.int("f_usleep", 100), 0);
    assert_eq!(asked(), []);
    set_flags(Families::ALL);
    set_in_coroutine(false);
    assert_eq!(library.int("f_usleep", 100), 0);
    set_in_coroutine(true);
    {
        let _bypass = highper_hook::Bypass::new();
        assert_eq!(library.int("f_usleep", 100), 0);
    }
    assert_eq!(asked(), []);
    assert_eq!(library.int("f_usleep", 100), 0);
    assert_eq!(asked().len(), 1);
}
