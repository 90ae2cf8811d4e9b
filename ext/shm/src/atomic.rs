//! Counters shared between processes.

use std::cell::RefCell;
use std::io;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use crate::region::{Region, Shared};

/// A value alone on its cache line, so that two counters never contend.
#[repr(C, align(64))]
pub(crate) struct Padded<T>(T);

// SAFETY: a padded shared value is the value and unused zero bytes.
unsafe impl<T: Shared> Shared for Padded<T> {}

thread_local! {
    // Counters are taken from a page that several of them share; a page goes
    // when the last of its counters does. Cells are not reused: another
    // process may still hold a counter that this one dropped.
    static PAGE: RefCell<Option<Arc<Region>>> = const { RefCell::new(None) };
}

pub(crate) struct Cell<T: Shared> {
    value: NonNull<Padded<T>>,
    // Keeps the mapping alive.
    _page: Arc<Region>,
}

impl<T: Shared> Cell<T> {
    pub(crate) fn new() -> io::Result<Self> {
        PAGE.with_borrow_mut(|slot| {
            if let Some(page) = slot
                && let Some(value) = page.place()
            {
                return Ok(Self {
                    value,
                    _page: Arc::clone(page),
                });
            }
            let page = Arc::new(Region::new(4000)?);
            let value = page
                .place()
                .ok_or_else(|| io::Error::other("a fresh shared page has no room"))?;
            *slot = Some(Arc::clone(&page));
            Ok(Self { value, _page: page })
        })
    }

    #[inline]
    pub(crate) fn get(&self) -> &T {
        // SAFETY: the cell lies in the mapping that _page keeps, and was zeroed.
        unsafe { &self.value.as_ref().0 }
    }
}

// SAFETY: a cell is an atomic and a shared handle on its mapping.
unsafe impl<T: Shared> Send for Cell<T> {}
// SAFETY: as above.
unsafe impl<T: Shared> Sync for Cell<T> {}

/// An unsigned 32-bit counter shared with forked processes, as
/// `Swoole\Atomic`: arithmetic wraps, `wait` and `wakeup` use a futex.
pub struct SharedAtomic32(Cell<AtomicU32>);

impl SharedAtomic32 {
    /// A counter that starts at `value`.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn new(value: u32) -> io::Result<Self> {
        let cell: Cell<AtomicU32> = Cell::new()?;
        cell.get().store(value, Ordering::SeqCst);
        Ok(Self(cell))
    }

    /// Adds and returns the new value.
    #[inline]
    pub fn add(&self, n: u32) -> u32 {
        self.0.get().fetch_add(n, Ordering::SeqCst).wrapping_add(n)
    }

    /// Subtracts and returns the new value.
    #[inline]
    pub fn sub(&self, n: u32) -> u32 {
        self.0.get().fetch_sub(n, Ordering::SeqCst).wrapping_sub(n)
    }

    /// The value now.
    #[inline]
    #[must_use]
    pub fn get(&self) -> u32 {
        self.0.get().load(Ordering::SeqCst)
    }

    /// Replaces the value.
    #[inline]
    pub fn set(&self, n: u32) {
        self.0.get().store(n, Ordering::SeqCst);
    }

    /// Sets `new` if the value is `current`; true if it was.
    #[inline]
    pub fn cmpset(&self, current: u32, new: u32) -> bool {
        self.0
            .get()
            .compare_exchange(current, new, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// Waits until [`wakeup`](Self::wakeup) makes the value 1, and takes it
    /// back to 0. Blocks the thread.
    ///
    /// True at once when the value is 1. False at once when it is neither 0
    /// nor 1, when `timeout` passes, when a signal interrupts, or when another
    /// process took the 1 first. None waits for ever (Swoole: a timeout of 0
    /// or less). One difference from Swoole: a wakeup between the look and
    /// the sleep is taken, not lost.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        if self.cmpset(1, 0) {
            return true;
        }
        // Always with a limit: the kernel begins a wait without one anew after a signal.
        let timeout = timeout.unwrap_or(Duration::from_secs(u64::from(u32::MAX)));
        let limit = libc::timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: libc::c_long::from(timeout.subsec_nanos() as i32),
        };
        // SAFETY: the word and the timeout outlive the call; not PRIVATE, as other processes wake it.
        let result = unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.0.get().as_ptr(),
                libc::FUTEX_WAIT,
                0,
                &raw const limit,
                std::ptr::null::<u32>(),
                0,
            )
        };
        let changed =
            result == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EAGAIN);
        changed && self.cmpset(1, 0)
    }

    /// Makes a value of 0 to 1 and wakes up to `n` waiting processes; one of
    /// them takes it. A value other than 0 stays and nobody is woken. False
    /// only when the system call fails.
    pub fn wakeup(&self, n: i32) -> bool {
        if !self.cmpset(0, 1) {
            return true;
        }
        // SAFETY: the word outlives the call; FUTEX_WAKE only compares its address.
        let result = unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.0.get().as_ptr(),
                libc::FUTEX_WAKE,
                n,
                std::ptr::null::<libc::timespec>(),
                std::ptr::null::<u32>(),
                0,
            )
        };
        result >= 0
    }
}

/// A signed 64-bit counter shared with forked processes, as
/// `Swoole\Atomic\Long`. Arithmetic wraps.
pub struct SharedAtomic64(Cell<AtomicI64>);

impl SharedAtomic64 {
    /// A counter that starts at `value`.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub fn new(value: i64) -> io::Result<Self> {
        let cell: Cell<AtomicI64> = Cell::new()?;
        cell.get().store(value, Ordering::SeqCst);
        Ok(Self(cell))
    }

    /// Adds and returns the new value.
    #[inline]
    pub fn add(&self, n: i64) -> i64 {
        self.0.get().fetch_add(n, Ordering::SeqCst).wrapping_add(n)
    }

    /// Subtracts and returns the new value.
    #[inline]
    pub fn sub(&self, n: i64) -> i64 {
        self.0.get().fetch_sub(n, Ordering::SeqCst).wrapping_sub(n)
    }

    /// The value now.
    #[inline]
    #[must_use]
    pub fn get(&self) -> i64 {
        self.0.get().load(Ordering::SeqCst)
    }

    /// Replaces the value.
    #[inline]
    pub fn set(&self, n: i64) {
        self.0.get().store(n, Ordering::SeqCst);
    }

    /// Sets `new` if the value is `current`; true if it was.
    #[inline]
    pub fn cmpset(&self, current: i64, new: i64) -> bool {
        self.0
            .get()
            .compare_exchange(current, new, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn arithmetic_wraps_as_in_swoole() {
        let n = SharedAtomic32::new(1).unwrap();
        assert_eq!(n.sub(2), u32::MAX);
        assert_eq!(n.add(3), 2);
        assert!(n.cmpset(2, 9));
        assert!(!n.cmpset(2, 10));
        assert_eq!(n.get(), 9);
        let l = SharedAtomic64::new(i64::MAX).unwrap();
        assert_eq!(l.add(1), i64::MIN);
        assert_eq!(l.sub(1), i64::MAX);
        l.set(-5);
        assert!(l.cmpset(-5, 4));
        assert_eq!(l.get(), 4);
    }

    #[test]
    fn wait_takes_a_one_and_times_out_on_zero() {
        let n = SharedAtomic32::new(1).unwrap();
        assert!(n.wait(Some(Duration::from_secs(5))));
        assert_eq!(n.get(), 0);
        let begin = Instant::now();
        assert!(!n.wait(Some(Duration::from_millis(50))));
        assert!(begin.elapsed() >= Duration::from_millis(45));
        n.set(7);
        let begin = Instant::now();
        assert!(!n.wait(Some(Duration::from_secs(5))));
        assert!(begin.elapsed() < Duration::from_secs(1));
        assert!(n.wakeup(1));
        assert_eq!(n.get(), 7);
    }

    #[test]
    fn a_forked_process_wakes_the_waiting_one() {
        let n = SharedAtomic32::new(0).unwrap();
        // SAFETY: the child only sleeps, wakes and leaves by _exit.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            // SAFETY: usleep and _exit are async-signal-safe.
            unsafe { libc::usleep(50_000) };
            n.wakeup(1);
            // SAFETY: as above.
            unsafe { libc::_exit(0) };
        }
        assert!(n.wait(Some(Duration::from_secs(10))));
        assert_eq!(n.get(), 0);
        // SAFETY: waits for the child made above.
        unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) };
    }

    #[test]
    fn many_counters_share_pages_and_give_them_back() {
        let kept: Vec<_> = (0..200).map(|i| SharedAtomic32::new(i).unwrap()).collect();
        for (i, n) in kept.iter().enumerate() {
            assert_eq!(n.get() as usize, i);
        }
        for _ in 0..100_000 {
            let n = SharedAtomic64::new(1).unwrap();
            assert_eq!(n.get(), 1);
        }
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        assert!(
            maps.lines().count() < 500,
            "pages of dropped counters stay mapped"
        );
    }
}
