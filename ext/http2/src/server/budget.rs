//! How much of what costs the other side nothing is put up with.

use crate::error::{Code, Error};

const SECOND: u64 = 1_000_000_000;

/// So many at once, and so many a second.
#[derive(Debug)]
struct Bucket {
    left: u32,
    burst: u32,
    rate: u32,
    since: u64,
}

impl Bucket {
    const fn new(burst: u32, rate: u32) -> Self {
        Self {
            left: burst,
            burst,
            rate,
            since: 0,
        }
    }

    fn take(&mut self, now: u64) -> bool {
        if self.left == 0 {
            let passed = now.saturating_sub(self.since);
            let more = passed / (SECOND / u64::from(self.rate));
            self.left = u32::try_from(more).unwrap_or(u32::MAX).min(self.burst);
            if self.left == 0 {
                return false;
            }
            self.since = now;
        } else if self.left == self.burst {
            self.since = now;
        }
        self.left -= 1;
        true
    }
}

/// The budget of one connection.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) now: u64,
    resets: Bucket,
    control: Bucket,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            now: 0,
            resets: Bucket::new(200, 50),
            control: Bucket::new(2000, 500),
        }
    }

    /// A stream ended without its response, by the client's doing: the "rapid reset" of CVE-2023-44487, and the resets
    /// that a client makes its server send.
    pub(super) fn reset(&mut self) -> Result<(), Error> {
        match self.resets.take(self.now) {
            true => Ok(()),
            false => Err(Error::new(
                Code::ENHANCE_YOUR_CALM,
                "too many streams were begun and given up",
            )),
        }
    }

    /// A frame that moves nothing on: PING, SETTINGS, PRIORITY, empty DATA, a window that grows by next to nothing.
    pub(super) fn control(&mut self) -> Result<(), Error> {
        match self.control.take(self.now) {
            true => Ok(()),
            false => Err(Error::new(
                Code::ENHANCE_YOUR_CALM,
                "too many frames that move nothing on",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_with_time() {
        let mut bucket = Bucket::new(3, 10);
        let taken = |bucket: &mut Bucket, now| (0..10).filter(|_| bucket.take(now)).count();
        assert_eq!(taken(&mut bucket, SECOND), 3);
        assert_eq!(taken(&mut bucket, SECOND), 0);
        assert_eq!(taken(&mut bucket, SECOND + SECOND / 10), 1);
        assert_eq!(taken(&mut bucket, 9 * SECOND), 3);
    }
}
