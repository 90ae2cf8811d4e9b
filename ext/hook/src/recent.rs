//! Small files that were opened a moment ago: they are in memory, so they are read without asking.
//!
//! Reading without waiting (`RWF_NOWAIT`) costs a tenth more than reading does, for files of a few bytes. A program
//! that reads such a file again and again pays it once a second.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Larger files are asked about each time, in bytes: there it does not count.
const SMALL: i64 = 256 * 1024;
const PLACES: usize = 1024;

static FILES: [AtomicU64; PLACES] = [const { AtomicU64::new(0) }; PLACES];
static SECONDS: [AtomicU32; PLACES] = [const { AtomicU32::new(0) }; PLACES];

/// A file is opened: was it, too, in this second or the one before? Two files that fall together, or two
/// threads that race, are remembered wrong at worst: then a read waits for the disk as it would without hooks.
pub(crate) fn opened(about: &libc::stat) -> bool {
    if about.st_size > SMALL {
        return false;
    }
    let key = about.st_ino.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ about.st_dev;
    let place = (key >> 54) as usize % PLACES;
    let now = seconds();
    let known = FILES[place].swap(key, Ordering::Relaxed) == key;
    let before = SECONDS[place].swap(now, Ordering::Relaxed);
    known && now.wrapping_sub(before) <= 1
}

fn seconds() -> u32 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes to the stack.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) };
    time.tv_sec as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_are_known_for_a_moment() {
        // SAFETY: plain data; all zeros are a valid value.
        let mut about: libc::stat = unsafe { std::mem::zeroed() };
        about.st_ino = 4_711;
        about.st_size = 10;
        assert!(!opened(&about));
        assert!(opened(&about));
        about.st_ino = 4_712;
        assert!(!opened(&about));
        about.st_size = SMALL + 1;
        assert!(!opened(&about));
        assert!(!opened(&about));
    }
}
