//! What other extensions may call: the functions of `include/highper.h`.
//!
//! A library finds them with `dlsym(RTLD_DEFAULT, "highper_can_suspend")`, so that it works
//! without Highper, too. All are for the thread that calls them: on one without a loop nothing
//! can be suspended, and they say so instead of waiting.
use crate::reactor::{self, Interest};
use crate::{Wake, clock, scheduler};
use std::ffi::{c_char, c_int};

/// The version of the C API. It grows when a function changes its meaning; new functions leave it alone.
pub const HIGHPER_API: u32 = 1;

/// The version of the C API of the extension that is loaded: compare it with `HIGHPER_API`.
#[unsafe(no_mangle)]
pub extern "C" fn highper_api() -> u32 {
    HIGHPER_API
}

/// The version of Highper, such as "0.1.0". The text lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn highper_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Can the caller be suspended here? Only in a coroutine, and where nothing holds it.
#[unsafe(no_mangle)]
pub extern "C" fn highper_can_suspend() -> bool {
    scheduler::can_suspend()
}

/// The number of the running coroutine, from 1 on; 0 outside one. Numbers are not used again.
#[unsafe(no_mangle)]
pub extern "C" fn highper_current_coroutine() -> u64 {
    scheduler::current().unwrap_or(0)
}

/// Suspends the running coroutine until a descriptor can be read, or with `write`, written.
///
/// `timeout_ms` is in milliseconds; negative waits without end.
///
/// Returns 1 when it is ready, 0 when the time is over, and a negative error number otherwise:
/// `-ENOTSUP` where the caller can't be suspended (wait by other means), `-ECANCELED` when the coroutine
/// was cancelled, `-EBADF` when the descriptor is none or was closed meanwhile, or what `epoll_ctl` says.
#[unsafe(no_mangle)]
pub extern "C" fn highper_wait_fd(fd: c_int, write: bool, timeout_ms: i64) -> c_int {
    if !scheduler::can_suspend() {
        return -libc::ENOTSUP;
    }
    let interest = if write {
        Interest::Write
    } else {
        Interest::Read
    };
    let deadline = u64::try_from(timeout_ms)
        .ok()
        .map(|ms| clock::now().saturating_add(ms.saturating_mul(1_000_000)));
    match reactor::wait_fd(fd, interest, deadline) {
        Ok(Wake::Ready) => 1,
        Ok(Wake::Timeout) => 0,
        Ok(Wake::Cancelled) => -libc::ECANCELED,
        Ok(Wake::Closed) => -libc::EBADF,
        Err(error) => -error.raw_os_error().unwrap_or(libc::EIO),
    }
}

/// Suspends the running coroutine for a number of nanoseconds.
///
/// Returns 0, `-ENOTSUP` where the caller can't be suspended, or `-ECANCELED` when the coroutine was cancelled.
#[unsafe(no_mangle)]
pub extern "C" fn highper_sleep(nanoseconds: u64) -> c_int {
    if !scheduler::can_suspend() {
        return -libc::ENOTSUP;
    }
    match scheduler::sleep(nanoseconds) {
        Wake::Cancelled => -libc::ECANCELED,
        _ => 0,
    }
}

/// To be called before closing a descriptor on which coroutines may wait: their waits end with `-EBADF`.
///
/// Highper's hooks do this for `close()` already; call it where a descriptor is closed without libc.
#[unsafe(no_mangle)]
pub extern "C" fn highper_closing(fd: c_int) {
    reactor::closing(fd);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{End, Ending};
    use std::cell::Cell;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::rc::Rc;

    /// Runs `body` in a coroutine and gives what it returned.
    fn inside<T: Copy + 'static>(body: impl FnOnce() -> T + 'static) -> T {
        let result = Rc::new(Cell::new(None));
        let seen = result.clone();
        let end = crate::run(
            move || {
                crate::spawn(move || {
                    seen.set(Some(body()));
                    Ending::Returned
                })
                .unwrap();
            },
            || false,
        );
        assert_eq!(end.unwrap(), End::Finished);
        result.get().unwrap()
    }

    #[test]
    fn outside_a_coroutine_nothing_waits() {
        assert!(!highper_can_suspend());
        assert_eq!(highper_current_coroutine(), 0);
        assert_eq!(highper_sleep(1), -libc::ENOTSUP);
        assert_eq!(highper_wait_fd(0, false, -1), -libc::ENOTSUP);
    }

    #[test]
    fn the_version_is_the_packages() {
        // SAFETY: the function returns a static text that ends in a zero byte.
        let version = unsafe { std::ffi::CStr::from_ptr(highper_version()) };
        assert_eq!(version.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
        assert_eq!(highper_api(), HIGHPER_API);
    }

    #[test]
    fn waits_for_a_descriptor_with_a_limit() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let (before, after) = inside(move || {
            assert!(highper_can_suspend());
            assert!(highper_current_coroutine() > 0);
            assert_eq!(highper_wait_fd(writer.as_raw_fd(), true, -1), 1);
            let before = highper_wait_fd(reader.as_raw_fd(), false, 5);
            writer.write_all(b"x").unwrap();
            (before, highper_wait_fd(reader.as_raw_fd(), false, 5000))
        });
        assert_eq!((before, after), (0, 1));
    }

    #[test]
    fn refuses_what_is_no_descriptor() {
        assert_eq!(inside(|| highper_wait_fd(-1, false, 10)), -libc::EBADF);
    }

    #[test]
    fn sleeps_and_is_cancelled() {
        assert_eq!(inside(|| highper_sleep(1_000_000)), 0);
        let cancelled = inside(|| {
            let id = highper_current_coroutine();
            crate::spawn(move || {
                crate::yield_now();
                crate::cancel(id).unwrap();
                Ending::Returned
            })
            .unwrap();
            highper_sleep(60_000_000_000)
        });
        assert_eq!(cancelled, -libc::ECANCELED);
    }

    #[test]
    fn closing_ends_a_wait() {
        let (reader, _writer) = std::io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        let code = inside(move || {
            crate::spawn(move || {
                crate::yield_now();
                highper_closing(fd);
                Ending::Returned
            })
            .unwrap();
            highper_wait_fd(fd, false, 5000)
        });
        assert_eq!(code, -libc::EBADF);
    }
}
