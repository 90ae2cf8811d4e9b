//! Byte ranges (RFC 9110, section 14).

/// What a `Range` header selects. Ranges are pairs of the first and the last byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    Whole,
    One(u64, u64),
    Several(Vec<(u64, u64)>),
    /// Nothing: 416.
    None,
}

/// Selects from `size` bytes. Another unit than bytes selects the whole file; a malformed header
/// nothing; more than `limit` ranges, or together more bytes than the file has, the whole file.
pub(super) fn select(header: &[u8], size: u64, limit: usize) -> Selection {
    let header = header.trim_ascii();
    let Some(equals) = memchr::memchr(b'=', header) else {
        return Selection::Whole;
    };
    if !header[..equals].trim_ascii().eq_ignore_ascii_case(b"bytes") {
        return Selection::Whole;
    }
    let mut ranges = Vec::new();
    let mut count = 0;
    let mut total = 0_u64;
    for member in header[equals + 1..].split(|byte| *byte == b',') {
        let member = member.trim_ascii();
        if member.is_empty() {
            continue;
        }
        count += 1;
        if count > limit {
            return Selection::Whole;
        }
        let Some(range) = resolve(member, size) else {
            return Selection::None;
        };
        if let Some((first, last)) = range {
            total = total.saturating_add(last - first + 1);
            ranges.push((first, last));
        }
    }
    match ranges[..] {
        [] => Selection::None,
        _ if total > size => Selection::Whole,
        [(first, last)] => Selection::One(first, last),
        _ => Selection::Several(ranges),
    }
}

/// Nothing for a malformed range, nothing inside for one that selects no byte.
fn resolve(member: &[u8], size: u64) -> Option<Option<(u64, u64)>> {
    let dash = memchr::memchr(b'-', member)?;
    let (first, last) = (member[..dash].trim_ascii(), member[dash + 1..].trim_ascii());
    if first.is_empty() {
        let length = number(last)?.min(size);
        return Some((length > 0).then(|| (size - length, size - 1)));
    }
    let first = number(first)?;
    let last = if last.is_empty() {
        u64::MAX
    } else {
        number(last)?
    };
    if last < first {
        return None;
    }
    Some((first < size).then(|| (first, last.min(size - 1))))
}

/// Digits as a number; more than fits is the largest.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(sum.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections() {
        use Selection::{None, One, Several, Whole};
        for (header, expected) in [
            ("bytes=0-0", One(0, 0)),
            ("Bytes = 2-5", One(2, 5)),
            ("bytes=90-", One(90, 99)),
            ("bytes=90-1000", One(90, 99)),
            ("bytes=-5", One(95, 99)),
            ("bytes=-1000", One(0, 99)),
            ("bytes=0-99999999999999999999999", One(0, 99)),
            (
                "bytes=0-1, 5-6 ,,-1",
                Several(vec![(0, 1), (5, 6), (99, 99)]),
            ),
            ("bytes=0-1,200-300", One(0, 1)),
            ("bytes=100-", None),
            ("bytes=-0", None),
            ("bytes=5-2", None),
            ("bytes=", None),
            ("bytes=,", None),
            ("bytes=a-b", None),
            ("bytes=1", None),
            ("bytes=-", None),
            ("bytes=--1", None),
            ("bytes=1-2x", None),
            ("bytes=99999999999999999999999-", None),
            ("lines=1-2", Whole),
            ("bytes", Whole),
            ("bytes=0-,0-", Whole),
            ("bytes=0-0,1-1,2-2,3-3,4-4", Whole),
        ] {
            assert_eq!(select(header.as_bytes(), 100, 4), expected, "{header}");
        }
        assert_eq!(select(b"bytes=0-", 0, 4), None);
        assert_eq!(select(b"bytes=-1", 0, 4), None);
    }
}
