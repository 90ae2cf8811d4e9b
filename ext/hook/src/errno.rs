//! The calling thread's `errno`.

/// The present value.
pub(crate) fn get() -> i32 {
    // SAFETY: __errno_location returns the calling thread's valid, aligned errno.
    unsafe { *libc::__errno_location() }
}

/// Sets it.
pub(crate) fn set(value: i32) {
    // SAFETY: __errno_location returns the calling thread's valid, aligned errno.
    unsafe { *libc::__errno_location() = value }
}

/// Sets it and returns -1, the way a failing system call does.
pub(crate) fn fail(value: i32) -> isize {
    set(value);
    -1
}

/// Runs `work` and puts back the value from before.
pub(crate) fn preserve<T>(work: impl FnOnce() -> T) -> T {
    let before = get();
    let result = work();
    set(before);
    result
}
