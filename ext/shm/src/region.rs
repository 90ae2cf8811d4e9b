//! Anonymous shared mappings.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicI64, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering,
};

/// Bytes at the start of every region that hold the allocator's position.
const HEADER: usize = 64;

/// Types that may live in memory shared between processes.
///
/// # Safety
/// All-zero bytes must be a valid value, every field must be an atomic (or an
/// array of such), and the type must hold no pointer and need no drop.
pub unsafe trait Shared: Sync {}

macro_rules! shared {
    ($($name:ty),*) => {$(
        // SAFETY: an atomic integer is valid as zero, holds no pointer, needs no drop.
        unsafe impl Shared for $name {}
    )*};
}
shared!(
    AtomicBool,
    AtomicU8,
    AtomicU16,
    AtomicU32,
    AtomicU64,
    AtomicUsize,
    AtomicI32,
    AtomicI64
);

// SAFETY: an array of shared values has the properties of its elements.
unsafe impl<T: Shared, const N: usize> Shared for [T; N] {}

/// A zeroed mapping that stays common to this process and all it forks.
///
/// Allocation moves a position forward and never frees a part: the position
/// lies in the region itself, so processes may allocate from one region at
/// the same time. Dropping the region unmaps it in this process only.
#[derive(Debug)]
pub struct Region {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping is reached through atomics or raw pointers only.
unsafe impl Send for Region {}
// SAFETY: as above; the allocator's position is an atomic.
unsafe impl Sync for Region {}

impl Region {
    /// Maps at least `len` usable bytes (rounded up to whole pages).
    ///
    /// # Errors
    /// `InvalidInput` when `len` is 0 or does not fit; otherwise what mmap
    /// says (most often out of memory).
    pub fn new(len: usize) -> io::Result<Self> {
        let page = page_size();
        let total = len
            .checked_add(HEADER + page - 1)
            .map(|n| n / page * page)
            .filter(|n| len > 0 && isize::try_from(*n).is_ok())
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("a shared region cannot have {len} bytes"),
                )
            })?;
        // SAFETY: a fresh anonymous mapping touches no existing memory.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                total,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(address.cast::<u8>())
            .ok_or_else(|| io::Error::other("mmap returned a null address"))?;
        Ok(Self { base, len: total })
    }

    /// Bytes that can be allocated in all.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.len - HEADER
    }

    /// Bytes allocated so far, padding included.
    #[must_use]
    pub fn used(&self) -> usize {
        usize::try_from(self.position().load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    fn position(&self) -> &AtomicU64 {
        // SAFETY: the first 64 bytes are the header, page aligned, and live as long as self.
        unsafe { self.base.cast::<AtomicU64>().as_ref() }
    }

    /// Takes `size` zeroed bytes aligned to `align` (a power of two up to the
    /// page size). None when the region is full. Never freed before the
    /// region.
    #[must_use]
    pub fn alloc(&self, size: usize, align: usize) -> Option<NonNull<u8>> {
        if !align.is_power_of_two() || align > page_size() {
            return None;
        }
        let position = self.position();
        let mut used = position.load(Ordering::Relaxed);
        loop {
            let start = usize::try_from(used)
                .ok()?
                .checked_add(HEADER + align - 1)?
                & !(align - 1);
            let end = start.checked_add(size)?;
            if end > self.len {
                return None;
            }
            match position.compare_exchange_weak(
                used,
                (end - HEADER) as u64,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                // SAFETY: start..end lies inside the mapping, checked above.
                Ok(_) => return Some(unsafe { self.base.add(start) }),
                Err(seen) => used = seen,
            }
        }
    }

    /// Allocates one zeroed `T`. None when the region is full.
    #[must_use]
    pub fn place<T: Shared>(&self) -> Option<NonNull<T>> {
        self.alloc(size_of::<T>(), align_of::<T>())
            .map(NonNull::cast)
    }

    /// Allocates `count` zeroed `T`s in a row. None when the region is full.
    #[must_use]
    pub fn place_slice<T: Shared>(&self, count: usize) -> Option<NonNull<[T]>> {
        let size = size_of::<T>().checked_mul(count)?;
        let first = self.alloc(size, align_of::<T>())?.cast::<T>();
        Some(NonNull::slice_from_raw_parts(first, count))
    }
}

/// Some shared values in a row, in a region of their own; all zero at first.
#[derive(Debug)]
pub struct SharedArray<T: Shared> {
    items: NonNull<[T]>,
    region: Region,
}

// SAFETY: shared values in a mapping that lives as long as the array.
unsafe impl<T: Shared> Send for SharedArray<T> {}
// SAFETY: as above.
unsafe impl<T: Shared> Sync for SharedArray<T> {}

impl<T: Shared> SharedArray<T> {
    /// `len` of them, at least one.
    ///
    /// # Errors
    /// As [`Region::new`]; `OutOfMemory` when so many have no address.
    pub fn new(len: usize) -> io::Result<Self> {
        let bytes = size_of::<T>()
            .checked_mul(len)
            .and_then(|bytes| bytes.checked_add(align_of::<T>()))
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let region = Region::new(bytes)?;
        let items = region
            .place_slice(len)
            .ok_or_else(|| io::Error::other("a fresh shared region has no room"))?;
        Ok(Self { items, region })
    }

    /// Bytes of its mapping.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.region.capacity()
    }
}

impl<T: Shared> std::ops::Deref for SharedArray<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: allocated in new() from the region that self owns; zeroed.
        unsafe { self.items.as_ref() }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in new() with this address and length.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

fn page_size() -> usize {
    // SAFETY: sysconf reads a constant.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_aligned_apart_and_bounded() {
        let region = Region::new(1000).unwrap();
        let a = region.alloc(3, 1).unwrap();
        let b = region.place::<AtomicU64>().unwrap();
        let c = region.alloc(10, 64).unwrap();
        assert!(b.as_ptr() as usize >= a.as_ptr() as usize + 3);
        assert_eq!(b.as_ptr() as usize % 8, 0);
        assert_eq!(c.as_ptr() as usize % 64, 0);
        assert!(region.alloc(region.capacity(), 1).is_none());
        assert!(region.alloc(8, 3).is_none());
        assert!(region.alloc(usize::MAX, 1).is_none());
        assert!(region.alloc(region.capacity() - region.used(), 1).is_some());
        assert!(region.alloc(1, 1).is_none());
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(Region::new(0).is_err());
        assert!(Region::new(usize::MAX).is_err());
        assert!(Region::new(usize::MAX / 4).is_err());
    }
}
