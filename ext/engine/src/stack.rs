//! Native stacks: slabs of equal slots, grown by segments, handed out last in, first out.
//!
//! A slot, from low to high addresses: guard, C stack (growing down), the virtual
//! machine's first page. The guard is a page that the kernel marks without a
//! mapping of its own where it can (`MADV_GUARD_INSTALL`, Linux 6.13), else one
//! that `mprotect` closes, which costs two mappings a stack.

use corosensei::stack::{Stack as NativeStack, StackPointer};
use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;

/// Address space of one stack unless `c_stack_size` says otherwise, as Swoole's.
pub const DEFAULT_SIZE: usize = 2 * 1024 * 1024;
/// The smallest stack that still runs PHP.
pub const MIN_SIZE: usize = 16 * 1024;
/// The largest that the setting takes.
pub const MAX_SIZE: usize = 16 * 1024 * 1024;

const PAGE: usize = 4096;
const MADV_GUARD_INSTALL: libc::c_int = 102;
/// Slots of the first segment of a class; each further one doubles, to the cap.
const FIRST_SEGMENT: usize = 8;
const SEGMENT_BYTES_CAP: usize = 64 * 1024 * 1024;
/// Stacks above which the memory below the shallow part is given back on release, and records above which a
/// stack is not kept.
pub(crate) const KEEP_WARM: usize = 256;
const WARM_BYTES: usize = 32 * 1024;

/// How the page below a stack is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// A marker in the page table; no mapping of its own.
    Marker,
    /// A closed page: two mappings per stack, so `vm.max_map_count` limits how many.
    Protected,
}

/// Why a stack could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StackError {
    /// The kernel gave no address space: errno.
    Map(i32),
    /// The guard could not be set: errno; most often `vm.max_map_count` is reached.
    Guard(i32),
}

impl std::fmt::Display for StackError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Map(errno) => write!(
                f,
                "no memory for a coroutine's stack (errno {errno}): lower c_stack_size or raise the memory limit of the process"
            ),
            Self::Guard(errno) => write!(
                f,
                "no guard page for a coroutine's stack (errno {errno}): raise vm.max_map_count (two mappings per coroutine), or run Linux 6.13 or newer, which needs none"
            ),
        }
    }
}

impl std::error::Error for StackError {}

/// A slot in use. Giving it back is [`Stacks::release`]; dropping it leaks the slot.
pub(crate) struct Slot {
    low: usize,
    size: u32,
    reserved: u32,
}

// SAFETY: base and limit bound memory that the slab maps for as long as the process lives.
unsafe impl NativeStack for Slot {
    #[inline(always)]
    fn base(&self) -> StackPointer {
        let base = self.low + self.size as usize - self.reserved as usize;
        NonZeroUsize::new(base).expect("a mapping is never at address zero")
    }

    fn limit(&self) -> StackPointer {
        NonZeroUsize::new(self.low).expect("a mapping is never at address zero")
    }
}

impl Slot {
    /// The page at the top, for the virtual machine.
    pub(crate) fn page(&self) -> *mut u8 {
        (self.low + self.size as usize - self.reserved as usize) as *mut u8
    }

    /// Its whole size.
    pub(crate) fn size(&self) -> usize {
        self.size as usize
    }

    /// The lowest address: the guard's.
    pub(crate) fn low(&self) -> usize {
        self.low
    }

    /// The lowest usable address.
    pub(crate) fn usable_low(&self) -> usize {
        self.low + PAGE
    }

    /// The address below which the C stack starts.
    pub(crate) fn top(&self) -> usize {
        self.low + self.size as usize - self.reserved as usize
    }
}

struct Class {
    size: usize,
    free: Vec<usize>,
    next: usize,
    end: usize,
    segment: usize,
}

/// The stacks of one thread, by size class.
pub(crate) struct Stacks {
    classes: RefCell<Vec<Class>>,
    size: Cell<usize>,
    guard: Cell<Option<Guard>>,
    in_use: Cell<usize>,
}

impl Stacks {
    pub(crate) const fn new() -> Self {
        Self {
            classes: RefCell::new(Vec::new()),
            size: Cell::new(DEFAULT_SIZE),
            guard: Cell::new(None),
            in_use: Cell::new(0),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.size.get()
    }

    /// Sets the size of stacks to come, rounded up to pages and kept in its bounds.
    pub(crate) fn set_size(&self, bytes: usize) {
        let size = bytes.clamp(MIN_SIZE, MAX_SIZE);
        self.size.set(size.next_multiple_of(PAGE));
    }

    pub(crate) fn force_guard(&self, guard: Guard) {
        self.guard.set(Some(guard));
    }

    /// The kind of guard in use, once the first stack was made.
    pub(crate) fn guard(&self) -> Option<Guard> {
        self.guard.get()
    }

    #[inline]
    pub(crate) fn acquire(&self, reserved: usize) -> Result<Slot, StackError> {
        let size = self.size.get();
        let mut classes = self.classes.borrow_mut();
        let index = match classes.iter().position(|c| c.size == size) {
            Some(index) => index,
            None => {
                classes.push(Class {
                    size,
                    free: Vec::new(),
                    next: 0,
                    end: 0,
                    segment: 0,
                });
                classes.len() - 1
            }
        };
        let class = &mut classes[index];
        let low = match class.free.pop() {
            Some(low) => low,
            None => {
                if class.next == class.end {
                    Self::grow(class)?;
                }
                let low = class.next;
                self.install_guard(low)?;
                class.next += size;
                crate::valgrind::register_stack(low + PAGE, low + size - reserved);
                low
            }
        };
        self.in_use.set(self.in_use.get() + 1);
        Ok(Slot {
            low,
            size: size as u32,
            reserved: reserved as u32,
        })
    }

    pub(crate) fn release(&self, slot: Slot) {
        let size = slot.size as usize;
        self.in_use.set(self.in_use.get() - 1);
        let mut classes = self.classes.borrow_mut();
        if let Some(class) = classes.iter_mut().find(|c| c.size == size) {
            if class.free.len() >= KEEP_WARM && size > WARM_BYTES {
                let from = slot.low + PAGE;
                let bytes = size - WARM_BYTES - PAGE;
                // SAFETY: the range lies inside a slot that nobody uses any more.
                unsafe { libc::madvise(from as *mut libc::c_void, bytes, libc::MADV_DONTNEED) };
            }
            class.free.push(slot.low);
        }
    }

    fn grow(class: &mut Class) -> Result<(), StackError> {
        let cap = (SEGMENT_BYTES_CAP / class.size).max(1);
        let mut slots = if class.segment == 0 {
            FIRST_SEGMENT.min(cap)
        } else {
            (class.segment * 2).min(cap)
        };
        loop {
            let bytes = slots * class.size;
            // SAFETY: a fresh anonymous mapping, no address asked for.
            let map = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    bytes,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK,
                    -1,
                    0,
                )
            };
            if map != libc::MAP_FAILED {
                // SAFETY: advice on the mapping just made; huge pages would make each stack 2 MiB resident.
                unsafe { libc::madvise(map, bytes, libc::MADV_NOHUGEPAGE) };
                class.next = map as usize;
                class.end = map as usize + bytes;
                class.segment = slots;
                return Ok(());
            }
            if slots == 1 {
                return Err(StackError::Map(errno()));
            }
            slots /= 2;
        }
    }

    fn install_guard(&self, low: usize) -> Result<(), StackError> {
        let at = low as *mut libc::c_void;
        if self.guard.get() != Some(Guard::Protected) {
            // SAFETY: the first page of a slot that has not been handed out yet.
            let marked = unsafe { libc::madvise(at, PAGE, MADV_GUARD_INSTALL) } == 0;
            if marked && (self.guard.get().is_some() || is_closed(low)) {
                self.guard.set(Some(Guard::Marker));
                return Ok(());
            }
            self.guard.set(Some(Guard::Protected));
        }
        // SAFETY: as above.
        if unsafe { libc::mprotect(at, PAGE, libc::PROT_NONE) } != 0 {
            return Err(StackError::Guard(errno()));
        }
        Ok(())
    }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Whether the page at `low` cannot be read. Emulators (qemu-user) take every advice and follow none.
fn is_closed(low: usize) -> bool {
    let no_time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel compares a word of a page of ours, and waits not at all, or it fails with EFAULT.
    let result = unsafe {
        let wait = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
        libc::syscall(libc::SYS_futex, low, wait, 1, &raw const no_time)
    };
    result != 0 && errno() == libc::EFAULT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused_last_in_first_out() {
        let stacks = Stacks::new();
        stacks.set_size(64 * 1024);
        let a = stacks.acquire(1024).unwrap();
        let low = a.low;
        stacks.release(a);
        assert_eq!(stacks.acquire(1024).unwrap().low, low);
    }

    #[test]
    fn a_guard_that_guards_nothing_is_seen() {
        let stacks = Stacks::new();
        let slot = stacks.acquire(0).unwrap();
        assert!(is_closed(slot.low));
        assert!(!is_closed(slot.usable_low()));
    }

    #[test]
    fn protected_guards_work_where_markers_do_not() {
        let stacks = Stacks::new();
        stacks.force_guard(Guard::Protected);
        let slot = stacks.acquire(0).unwrap();
        assert_eq!(stacks.guard(), Some(Guard::Protected));
        assert_eq!(slot.usable_low(), slot.low + PAGE);
    }

    #[test]
    fn sizes_are_bounded() {
        let stacks = Stacks::new();
        stacks.set_size(1);
        assert_eq!(stacks.size(), MIN_SIZE);
        stacks.set_size(usize::MAX);
        assert_eq!(stacks.size(), MAX_SIZE);
    }
}
