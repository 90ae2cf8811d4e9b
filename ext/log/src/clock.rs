//! Wall clock time as text, in UTC; the part down to the second is kept for the next record.

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// Year, month (1 to 12), day of a day since 1970 (Hinnant's civil_from_days).
pub(crate) fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (
        yoe + era * 400 + u64::from(month <= 2),
        month,
        doy - (153 * mp + 2) / 5 + 1,
    )
}

/// Seconds since 1970 and nanoseconds; a clock before 1970 counts as 1970.
pub(crate) fn unix(time: SystemTime) -> (u64, u32) {
    time.duration_since(UNIX_EPOCH)
        .map_or((0, 0), |d| (d.as_secs(), d.subsec_nanos()))
}

fn digits(out: &mut [u8], mut n: u64) {
    for slot in out.iter_mut().rev() {
        *slot = b'0' + (n % 10) as u8;
        n /= 10;
    }
}

/// The texts of one second.
#[derive(Debug)]
pub(crate) struct Clock {
    second: u64,
    iso: [u8; 19],
    common: [u8; 28],
}

impl Default for Clock {
    fn default() -> Self {
        let mut clock = Self {
            second: 1,
            iso: [0; 19],
            common: [0; 28],
        };
        clock.set(0);
        clock
    }
}

impl Clock {
    fn set(&mut self, second: u64) {
        if second == self.second {
            return;
        }
        self.second = second;
        let (year, month, day) = civil(second / 86_400);
        let of_day = second % 86_400;
        let time = [of_day / 3_600, of_day / 60 % 60, of_day % 60];
        self.iso = *b"0000-00-00T00:00:00";
        digits(&mut self.iso[..4], year);
        digits(&mut self.iso[5..7], month);
        digits(&mut self.iso[8..10], day);
        self.common = *b"[00/Jan/0000:00:00:00 +0000]";
        digits(&mut self.common[1..3], day);
        let name = (month as usize - 1) * 3;
        self.common[4..7].copy_from_slice(&MONTHS[name..name + 3]);
        digits(&mut self.common[8..12], year);
        for (i, n) in time.into_iter().enumerate() {
            digits(&mut self.iso[11 + i * 3..13 + i * 3], n);
            digits(&mut self.common[13 + i * 3..15 + i * 3], n);
        }
    }

    /// `2026-11-20T10:33:00.123456Z`
    pub(crate) fn iso(&mut self, out: &mut Vec<u8>, time: SystemTime) {
        let (second, nanos) = unix(time);
        self.set(second);
        out.extend_from_slice(&self.iso);
        let mut fraction = *b".000000Z";
        digits(&mut fraction[1..7], u64::from(nanos / 1_000));
        out.extend_from_slice(&fraction);
    }

    /// `2026-11-20 10:33:00.123`
    pub(crate) fn text(&mut self, out: &mut Vec<u8>, time: SystemTime) {
        let (second, nanos) = unix(time);
        self.set(second);
        out.extend_from_slice(&self.iso[..10]);
        out.push(b' ');
        out.extend_from_slice(&self.iso[11..]);
        let mut fraction = *b".000";
        digits(&mut fraction[1..], u64::from(nanos / 1_000_000));
        out.extend_from_slice(&fraction);
    }

    /// `[20/Nov/2026:10:33:00 +0000]`
    pub(crate) fn common(&mut self, out: &mut Vec<u8>, time: SystemTime) {
        self.set(unix(time).0);
        out.extend_from_slice(&self.common);
    }
}

/// A time as `2026-11-20 10:33:00`, in UTC, for logs of another shape than [`crate::Logger`]'s.
#[must_use]
pub fn utc(time: SystemTime) -> String {
    let mut clock = Clock::default();
    clock.set(unix(time).0);
    String::from_utf8_lossy(&clock.iso).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn texts() {
        let mut clock = Clock::default();
        // Checked with `date -u -d @N`.
        for (secs, iso, common) in [
            (0, "1970-01-01T00:00:00", "[01/Jan/1970:00:00:00 +0000]"),
            (
                951_782_400,
                "2000-02-29T00:00:00",
                "[29/Feb/2000:00:00:00 +0000]",
            ),
            (
                1_709_251_199,
                "2024-02-29T23:59:59",
                "[29/Feb/2024:23:59:59 +0000]",
            ),
            (
                1_735_689_600,
                "2025-01-01T00:00:00",
                "[01/Jan/2025:00:00:00 +0000]",
            ),
            (
                4_107_542_399,
                "2100-02-28T23:59:59",
                "[28/Feb/2100:23:59:59 +0000]",
            ),
        ] {
            let time = UNIX_EPOCH + Duration::new(secs, 7_089_000);
            let mut out = vec![];
            clock.iso(&mut out, time);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{iso}.007089Z"));
            let mut out = vec![];
            clock.common(&mut out, time);
            assert_eq!(String::from_utf8(out).unwrap(), common);
            let mut out = vec![];
            clock.text(&mut out, time);
            assert_eq!(
                String::from_utf8(out).unwrap(),
                format!("{}.007", iso.replace('T', " "))
            );
        }
    }
}
