use super::*;

/// Runs `body` in a forked process that is killed, -9, once it has ended.
fn killed_after(body: impl FnOnce()) {
    // SAFETY: the child runs the body, which touches shared memory only, and waits to be killed.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        body();
        // SAFETY: raises a signal in this process.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    }
    // SAFETY: waits for the child made above.
    unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
}

const KINDS: [LockKind; 3] = [LockKind::ReadWrite, LockKind::Mutex, LockKind::Spin];

fn code(result: io::Result<()>) -> i32 {
    result.map_or_else(|e| e.raw_os_error().unwrap(), |()| 0)
}

#[test]
fn a_held_lock_is_busy_and_times_out() {
    for kind in [LockKind::Mutex, LockKind::Spin] {
        let lock = Lock::new(kind).unwrap();
        lock.lock(Access::Exclusive, None).unwrap();
        assert_eq!(code(lock.try_lock(Access::Exclusive)), libc::EBUSY);
        let begin = Instant::now();
        let waited = lock.lock(Access::Shared, Some(Duration::from_millis(50)));
        assert_eq!(code(waited), libc::ETIMEDOUT);
        assert!(begin.elapsed() >= Duration::from_millis(50));
        lock.unlock();
        lock.try_lock(Access::Exclusive).unwrap();
    }
}

#[test]
fn readers_share_and_a_writer_is_alone() {
    let lock = Lock::new(LockKind::ReadWrite).unwrap();
    lock.try_lock(Access::Shared).unwrap();
    lock.try_lock(Access::Shared).unwrap();
    assert_eq!(code(lock.try_lock(Access::Exclusive)), libc::EBUSY);
    lock.unlock();
    assert_eq!(code(lock.try_lock(Access::Exclusive)), libc::EBUSY);
    lock.unlock();
    lock.try_lock(Access::Exclusive).unwrap();
    assert_eq!(code(lock.try_lock(Access::Shared)), libc::EDEADLK);
    lock.unlock();
    lock.unlock();
    lock.try_lock(Access::Shared).unwrap();
}

#[test]
fn a_killed_holder_is_followed_by_the_next() {
    for kind in KINDS {
        for access in [Access::Exclusive, Access::Shared] {
            let lock = Lock::new(kind).unwrap();
            killed_after(|| lock.lock(access, None).unwrap());
            lock.lock(Access::Exclusive, Some(Duration::from_secs(10)))
                .unwrap();
            lock.unlock();
            killed_after(|| lock.lock(access, None).unwrap());
            lock.try_lock(Access::Exclusive).unwrap();
        }
    }
}

#[test]
fn another_process_may_unlock() {
    for kind in KINDS {
        let lock = Lock::new(kind).unwrap();
        lock.lock(Access::Exclusive, None).unwrap();
        killed_after(|| lock.unlock());
        lock.try_lock(Access::Exclusive).unwrap();
    }
}

#[test]
fn processes_exclude_one_another() {
    for kind in KINDS {
        let lock = Lock::new(kind).unwrap();
        let count = crate::SharedAtomic64::new(0).unwrap();
        let mut children = Vec::new();
        for _ in 0..3 {
            // SAFETY: the child counts in shared memory and leaves by _exit.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                for _ in 0..2000 {
                    lock.lock(Access::Exclusive, None).unwrap();
                    count.set(count.get() + 1);
                    lock.unlock();
                }
                // SAFETY: ends this process.
                unsafe { libc::_exit(0) };
            }
            children.push(pid);
        }
        for pid in children {
            // SAFETY: waits for a child made above.
            unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
        }
        assert_eq!(count.get(), 6000, "{kind:?}");
    }
}
