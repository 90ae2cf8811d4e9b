//! What the engine promises, without a virtual machine.

#![allow(clippy::unwrap_used, reason = "tests")]

use highper_engine::channel::{Channel, ChannelError};
use highper_engine::reactor::{self, Interest};
use highper_engine::scope::Scope;
use highper_engine::sync::{Barrier, Mutex, Semaphore, WaitGroup};
use highper_engine::{self as engine, CancelError, End, Ending, Wake, clock, wait};
use std::cell::RefCell;
use std::os::fd::AsRawFd;
use std::rc::Rc;

fn run(body: impl FnOnce() + 'static) -> End {
    engine::run(|| go(body), || false).expect("a loop")
}

fn go(body: impl FnOnce() + 'static) {
    engine::spawn(|| {
        body();
        Ending::Returned
    })
    .expect("a stack");
}

type Log = Rc<RefCell<Vec<&'static str>>>;

fn log(log: &Log, word: &'static str) {
    log.borrow_mut().push(word);
}

#[test]
fn a_new_coroutine_runs_at_once_on_top_of_its_parent() {
    let words: Log = Rc::default();
    let w = Rc::clone(&words);
    assert_eq!(
        run(move || {
            let inner = Rc::clone(&w);
            log(&w, "a");
            go(move || {
                log(&inner, "b");
                engine::sleep(1000);
                log(&inner, "d");
            });
            log(&w, "c");
        }),
        End::Finished
    );
    assert_eq!(*words.borrow(), ["a", "b", "c", "d"]);
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let words: Log = Rc::default();
    let w = Rc::clone(&words);
    run(move || {
        for (ms, word) in [(3, "three"), (1, "one"), (2, "two")] {
            let w = Rc::clone(&w);
            go(move || {
                engine::sleep(ms * 1_000_000);
                log(&w, word);
            });
        }
    });
    assert_eq!(*words.borrow(), ["one", "two", "three"]);
}

#[test]
fn a_deadlock_is_reported_with_the_ids() {
    let end = run(|| {
        go(|| {
            let channel = Channel::<u8>::new(1);
            assert_eq!(channel.pop(None), Err(ChannelError::Cancelled));
        });
    });
    assert!(matches!(end, End::Deadlock(ids) if ids.len() == 1));
    // The one that is left can still be ended.
    let left = engine::list();
    assert_eq!(left.len(), 1);
    engine::run(move || engine::cancel(left[0]).unwrap(), || false).unwrap();
    assert!(engine::list().is_empty());
}

#[test]
fn channels_are_fair_bounded_timed_and_closable() {
    run(|| {
        let channel = Rc::new(Channel::new(2));
        for i in 0..10 {
            let c = Rc::clone(&channel);
            go(move || c.push(i, None).unwrap());
        }
        assert_eq!(channel.waiting(), (8, 0));
        let got: Vec<i32> = (0..10).map(|_| channel.pop(None).unwrap()).collect();
        assert_eq!(got, (0..10).collect::<Vec<_>>());
        let soon = clock::now() + 1_000_000;
        assert_eq!(channel.pop(Some(soon)), Err(ChannelError::Timeout));
        let c = Rc::clone(&channel);
        go(move || assert_eq!(c.pop(None), Err(ChannelError::Closed)));
        assert!(channel.close() && !channel.close());
        assert_eq!(channel.push(1, None), Err((ChannelError::Closed, 1)));
    });
}

#[test]
fn locks_hand_over_in_order() {
    let words: Log = Rc::default();
    let w = Rc::clone(&words);
    run(move || {
        let mutex = Rc::new(Mutex::default());
        mutex.lock(None).unwrap();
        for word in ["first", "second"] {
            let (m, w) = (Rc::clone(&mutex), Rc::clone(&w));
            go(move || {
                m.lock(None).unwrap();
                log(&w, word);
                m.unlock();
            });
        }
        assert!(!mutex.try_lock());
        assert!(mutex.unlock());
        engine::sleep(1000);
        assert!(mutex.try_lock() && mutex.unlock() && !mutex.unlock());
        let semaphore = Semaphore::new(2);
        assert!(semaphore.try_acquire() && semaphore.try_acquire() && !semaphore.try_acquire());
        assert_eq!(
            semaphore.acquire(Some(clock::now() + 1000)),
            Err(Wake::Timeout)
        );
        semaphore.release();
        assert_eq!(semaphore.acquire(None), Ok(()));
        let (group, barrier) = (Rc::new(WaitGroup::default()), Rc::new(Barrier::new(3)));
        for _ in 0..3 {
            group.add(1);
            let (g, b) = (Rc::clone(&group), Rc::clone(&barrier));
            go(move || {
                b.wait(None).unwrap();
                g.add(-1);
            });
        }
        group.wait(None).unwrap();
        assert_eq!(group.count(), 0);
        assert!(!group.add(-1));
    });
    assert_eq!(*words.borrow(), ["first", "second"]);
}

#[test]
fn cancel_join_yield_and_resume() {
    run(|| {
        let sleeper = engine::spawn(|| {
            assert_eq!(engine::sleep(60_000_000_000), Wake::Cancelled);
            assert!(engine::is_cancelled());
            Ending::Returned
        })
        .unwrap();
        let me = engine::current().unwrap();
        assert_eq!(engine::cancel(me), Err(CancelError::NotCancellable));
        assert_eq!(engine::cancel(999), Err(CancelError::NotFound));
        engine::cancel(sleeper).unwrap();
        engine::join(&[sleeper], None).unwrap();
        let yielder = engine::spawn(|| {
            assert_eq!(engine::suspend(), Wake::Ready);
            Ending::Returned
        })
        .unwrap();
        assert!(engine::resume(yielder) && !engine::resume(yielder));
        assert_eq!(engine::join(&[yielder], None), Ok(()));
        let late = engine::spawn(|| {
            engine::sleep(5_000_000);
            Ending::Returned
        })
        .unwrap();
        assert_eq!(
            engine::join(&[late], Some(clock::now() + 100_000)),
            Err(Wake::Timeout)
        );
        engine::join(&[late], None).unwrap();
    });
}

#[test]
fn children_never_outlive_their_scope() {
    run(|| {
        let scope = Scope::new();
        let ended = Rc::new(RefCell::new(0));
        for _ in 0..3 {
            let ended = Rc::clone(&ended);
            scope
                .spawn(move || {
                    engine::sleep(60_000_000_000);
                    *ended.borrow_mut() += 1;
                    Ending::Returned
                })
                .unwrap();
        }
        assert_eq!(
            scope.join(Some(clock::now() + 1_000_000)),
            Err(Wake::Timeout)
        );
        assert_eq!(*ended.borrow(), 3);
    });
}

#[test]
fn descriptors_wake_readers_writers_and_the_closed() {
    run(|| {
        let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
        let fd = a.as_raw_fd();
        go(move || {
            assert_eq!(
                reactor::wait_fd(fd, Interest::Read, None).unwrap(),
                Wake::Ready
            )
        });
        use std::io::Write;
        (&b).write_all(b"x").unwrap();
        engine::sleep(1_000_000);
        assert_eq!(
            reactor::wait_fd(fd, Interest::Write, None).unwrap(),
            Wake::Ready
        );
        let (c, _d) = std::os::unix::net::UnixStream::pair().unwrap();
        let fd = c.as_raw_fd();
        assert_eq!(
            reactor::wait_fd(fd, Interest::Read, Some(clock::now() + 1_000_000)).unwrap(),
            Wake::Timeout
        );
        go(move || {
            assert_eq!(
                reactor::wait_fd(fd, Interest::Read, None).unwrap(),
                Wake::Closed
            )
        });
        reactor::closing(fd);
        assert!(reactor::wait_fd(9999, Interest::Read, None).is_err());
        let file = std::fs::File::open("/proc/self/exe").unwrap();
        assert_eq!(
            reactor::wait_fd(file.as_raw_fd(), Interest::Read, None).unwrap(),
            Wake::Ready
        );
    });
}

#[test]
fn a_number_closed_behind_our_back_is_watched_anew() {
    run(|| {
        for _ in 0..3 {
            let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
            let fd = a.as_raw_fd();
            go(move || {
                use std::io::Write;
                engine::sleep(1_000_000);
                (&b).write_all(b"x").unwrap();
                engine::sleep(1_000_000);
            });
            assert_eq!(
                reactor::wait_fd(fd, Interest::Read, None).unwrap(),
                Wake::Ready
            );
            drop(a);
        }
    });
}

#[test]
fn what_is_registered_serves_the_next_wait() {
    run(|| {
        use std::io::{Read, Write};
        let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
        let fd = a.as_raw_fd();
        a.set_nonblocking(true).unwrap();
        for round in 0..6 {
            let mut peer = b.try_clone().unwrap();
            go(move || {
                engine::sleep(1_000_000);
                peer.write_all(b"x").unwrap();
            });
            // In between, a wait for the other direction changes what the kernel tells.
            if round == 3 {
                let wake = reactor::wait_unready(fd, Interest::Write, None, false);
                assert_eq!(wake.unwrap(), Wake::Ready);
                assert_eq!(reactor::found(fd), libc::EPOLLOUT);
            }
            assert!((&a).read(&mut [0; 9]).is_err(), "nothing there yet");
            let wake = reactor::wait_unready(fd, Interest::Read, None, round > 0);
            assert_eq!(wake.unwrap(), Wake::Ready);
            assert_eq!(reactor::found(fd), libc::EPOLLIN, "and not EPOLLOUT");
            assert_eq!((&a).read(&mut [0; 9]).unwrap(), 1);
        }
        // An event that comes while nobody waits is not lost for the one who looks before he waits.
        let mut peer = b.try_clone().unwrap();
        peer.write_all(b"x").unwrap();
        engine::sleep(1_000_000);
        assert_eq!((&a).read(&mut [0; 9]).unwrap(), 1);
        let soon = Some(clock::now() + 1_000_000);
        let wake = reactor::wait_unready(fd, Interest::Read, soon, true);
        assert_eq!(wake.unwrap(), Wake::Timeout);
        reactor::closing(fd);
        assert_eq!(reactor::found(fd), 0);
    });
}

#[test]
fn futures_of_the_runtime_and_of_other_threads() {
    run(|| {
        let (tx, rx) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(2));
            tx.send(7).unwrap();
        });
        assert_eq!(engine::await_future(rx, None).unwrap().unwrap(), 7);
        let late = engine::await_future(
            tokio::time::sleep(std::time::Duration::from_secs(60)),
            Some(clock::now() + 1_000_000),
        );
        assert_eq!(late, Err(Wake::Timeout));
        assert_eq!(engine::await_future(std::future::ready(1), None), Ok(1));
    });
}

#[test]
fn a_token_wakes_once_and_only_its_own_wait() {
    run(|| {
        let token = wait::begin(wait::Kind::Sync);
        assert!(token.wake(Wake::Ready) && !token.wake(Wake::Ready));
        assert_eq!(wait::park(None), Wake::Ready);
        let second = wait::begin(wait::Kind::Sync);
        assert!(!token.wake(Wake::Ready));
        wait::disarm(second);
        assert!(!second.wake(Wake::Ready));
    });
}

#[test]
fn suspension_is_refused_outside_and_under_a_hold() {
    assert!(!engine::can_suspend());
    run(|| {
        assert!(engine::can_suspend());
        let hold = engine::scheduler::hold();
        assert!(!engine::can_suspend());
        drop(hold);
        assert!(engine::can_suspend());
    });
}

#[test]
fn the_limit_is_kept_and_named() {
    run(|| {
        engine::scheduler::set_max(2);
        let one = engine::spawn(|| {
            engine::sleep(1_000_000);
            Ending::Returned
        });
        assert!(one.is_ok());
        let two = engine::spawn(|| Ending::Returned).unwrap_err();
        assert!(two.to_string().contains("max_coroutine"));
        engine::scheduler::set_max(100);
    });
}
