//! The rest of a scattered buffer after a part of it was transferred.

use libc::iovec;

/// Segments handed to the kernel in one continuation.
pub(crate) const WINDOW: usize = 16;

/// The sum of all lengths.
pub(crate) fn total(segments: &[iovec]) -> usize {
    segments
        .iter()
        .fold(0, |sum, segment| sum.saturating_add(segment.iov_len))
}

/// Writes up to [`WINDOW`] segments into `window` that follow the first `skip` bytes of
/// `segments`, and returns how many they are.
pub(crate) fn rest(segments: &[iovec], mut skip: usize, window: &mut [iovec; WINDOW]) -> usize {
    let mut count = 0;
    for segment in segments {
        if skip >= segment.iov_len {
            skip -= segment.iov_len;
            continue;
        }
        let Some(slot) = window.get_mut(count) else {
            break;
        };
        slot.iov_base = segment.iov_base.wrapping_byte_add(skip);
        slot.iov_len = segment.iov_len - skip;
        skip = 0;
        count += 1;
    }
    count
}

/// A window without segments.
pub(crate) const fn empty() -> [iovec; WINDOW] {
    [iovec {
        iov_base: std::ptr::null_mut(),
        iov_len: 0,
    }; WINDOW]
}

/// The caller's segments as a slice.
///
/// # Safety
/// The kernel must have accepted `segments` and `count` before, so that they are readable.
pub(crate) unsafe fn slice<'a>(segments: *const iovec, count: usize) -> &'a [iovec] {
    if segments.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: the caller vouches for `count` readable elements.
    unsafe { std::slice::from_raw_parts(segments, count) }
}

/// The segments of the caller's message.
///
/// # Safety
/// The kernel must have accepted the message before.
pub(crate) unsafe fn of_message<'a>(message: *const libc::msghdr) -> &'a [iovec] {
    // musl counts in an int, glibc in a size_t.
    #[allow(clippy::unnecessary_cast)]
    // SAFETY: the kernel has read the header and its segments.
    unsafe {
        slice((*message).msg_iov, (*message).msg_iovlen as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(base: usize, len: usize) -> iovec {
        iovec {
            iov_base: base as *mut _,
            iov_len: len,
        }
    }

    #[test]
    fn skips_whole_and_part_segments() {
        let all = [segment(100, 4), segment(200, 0), segment(300, 6)];
        let mut window = empty();
        assert_eq!(total(&all), 10);
        assert_eq!(rest(&all, 0, &mut window), 2);
        assert_eq!((window[1].iov_base as usize, window[1].iov_len), (300, 6));
        assert_eq!(rest(&all, 3, &mut window), 2);
        assert_eq!((window[0].iov_base as usize, window[0].iov_len), (103, 1));
        assert_eq!(rest(&all, 7, &mut window), 1);
        assert_eq!((window[0].iov_base as usize, window[0].iov_len), (303, 3));
        assert_eq!(rest(&all, 10, &mut window), 0);
    }

    #[test]
    fn window_is_bounded() {
        let all: Vec<iovec> = (0..40).map(|at| segment(1000 + at, 1)).collect();
        assert_eq!(rest(&all, 5, &mut empty()), WINDOW);
    }
}
