//! Finding where a token, a target or a value ends, sixteen bytes at a time.

use crate::class::is_tchar;
use crate::head::{Field, Span};
use crate::window::{self, BYTES, Window};

/// The first place from `at` on with a byte below 0x20 or DEL, or the end.
#[inline(always)]
fn control(text: &[u8], mut at: usize) -> usize {
    // Most values end within three windows.
    for _ in 0..3 {
        let Some(window) = window::at(text, at) else {
            return control_short(text, at);
        };
        let hits = window.at_most_or_del(0x1f);
        if hits != 0 {
            return at + hits.trailing_zeros() as usize;
        }
        if window.shift > 0 {
            return text.len();
        }
        at += BYTES;
    }
    control_long(text, at)
}

#[cold]
fn control_short(text: &[u8], at: usize) -> usize {
    let end = text[at..].iter().position(|&b| b < 0x20 || b == 0x7f);
    end.map_or(text.len(), |n| at + n)
}

fn control_long(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<32>()) {
        // No early exit, so that it becomes vector code.
        let mut hit = false;
        for &b in chunk {
            hit |= b < 0x20 || b == 0x7f;
        }
        if hit {
            break;
        }
        at += 32;
    }
    while at < text.len() && text[at] >= 0x20 && text[at] != 0x7f {
        at += 1;
    }
    at
}

/// A request target: what it holds and where it ends.
pub(crate) struct Target {
    /// The first place that is no visible byte (VCHAR or obs-text).
    pub(crate) end: usize,
    /// The place of the first `?` or `#`, or `end`.
    pub(crate) mark: usize,
    /// Is there a `#`?
    pub(crate) fragment: bool,
    pub(crate) ascii: bool,
}

/// The request target at `at`, in one pass.
#[inline(always)]
pub(crate) fn target(text: &[u8], start: usize) -> Target {
    let (mut at, mut mark, mut fragment, mut high) = (start, usize::MAX, 0, 0);
    loop {
        let Some(window) = window::at(text, at) else {
            return target_short(text, start);
        };
        let end = window.at_most_or_del(0x20);
        // What comes before the end counts; all of it when there is none.
        let inside = end.wrapping_sub(1) & !end;
        let hashes = window.equal(b'#') & inside;
        let marks = window.equal(b'?') & inside | hashes;
        fragment |= hashes;
        high |= window.high() & inside;
        if marks != 0 && mark == usize::MAX {
            mark = at + marks.trailing_zeros() as usize;
        }
        let end = match end {
            0 if window.shift > 0 => text.len(),
            0 => {
                at += BYTES;
                continue;
            }
            end => at + end.trailing_zeros() as usize,
        };
        return Target {
            end,
            mark: mark.min(end),
            fragment: fragment != 0,
            ascii: high == 0,
        };
    }
}

/// As [`target`], for a target that ends where whole windows can still be looked at; else None.
#[inline(always)]
pub(crate) fn target_within(buf: &[u8], start: usize) -> Option<Target> {
    let (mut at, mut mark, mut fragment, mut high) = (start, usize::MAX, 0, 0);
    loop {
        let window = Window::new(buf.get(at..)?.first_chunk()?, 0);
        let end = window.at_most_or_del(0x20);
        let inside = end.wrapping_sub(1) & !end;
        let hashes = window.equal(b'#') & inside;
        let marks = window.equal(b'?') & inside | hashes;
        fragment |= hashes;
        high |= window.high() & inside;
        if marks != 0 && mark == usize::MAX {
            mark = at + marks.trailing_zeros() as usize;
        }
        if end != 0 {
            let end = at + end.trailing_zeros() as usize;
            return Some(Target {
                end,
                mark: mark.min(end),
                fragment: fragment != 0,
                ascii: high == 0,
            });
        }
        at += BYTES;
    }
}

/// The first control byte or DEL from `at` on, where whole windows can be looked at; else None.
#[inline(always)]
pub(crate) fn control_within(buf: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let window = Window::new(buf.get(at..)?.first_chunk()?, 0);
        let hits = window.at_most_or_del(0x1f);
        if hits != 0 {
            return Some(at + hits.trailing_zeros() as usize);
        }
        at += BYTES;
    }
}

#[cold]
fn target_short(text: &[u8], at: usize) -> Target {
    let rest = &text[at..];
    let end = rest.iter().position(|&b| b <= 0x20 || b == 0x7f);
    let rest = &rest[..end.unwrap_or(rest.len())];
    let mark = rest.iter().position(|&b| b == b'?' || b == b'#');
    Target {
        end: at + rest.len(),
        mark: at + mark.unwrap_or(rest.len()),
        fragment: rest.contains(&b'#'),
        ascii: rest.is_ascii(),
    }
}

/// The first place from `at` on that is no token byte, if there is one.
#[inline(always)]
pub(crate) fn token(text: &[u8], mut at: usize) -> Option<usize> {
    while is_tchar(*text.get(at)?) {
        at += 1;
    }
    Some(at)
}

/// The same for a field name, which is mostly letters.
#[inline(always)]
fn name(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(window) = window::at(text, at) {
        let other = window.no_name();
        if other != 0 {
            at += other.trailing_zeros() as usize;
            if text.get(at) == Some(&b':') {
                return Some(at);
            }
            break;
        }
        if window.shift > 0 {
            return None;
        }
        at += BYTES;
    }
    token(text, at)
}

/// The field line at `at`, and where the next one begins. None if the line is
/// incomplete or malformed.
#[inline(always)]
pub(crate) fn field(text: &[u8], at: usize) -> Option<(Field, usize)> {
    let colon = name(text, at)?;
    if text[colon] != b':' || colon == at {
        return None;
    }
    let mut start = colon + 1;
    while let b' ' | b'\t' = *text.get(start)? {
        start += 1;
    }
    let mut stop = control(text, start);
    while text.get(stop) == Some(&b'\t') {
        stop = control(text, stop + 1);
    }
    let [b'\r', b'\n'] = *text.get(stop..stop + 2)? else {
        return None;
    };
    let mut end = stop;
    while end > start && matches!(text[end - 1], b' ' | b'\t') {
        end -= 1;
    }
    let name = Span {
        start: at as u16,
        end: colon as u16,
    };
    let value = Span {
        start: start as u16,
        end: end as u16,
    };
    Some((Field { name, value }, stop + 2))
}

/// Whether `text[start..end]` is a host of letters, digits, `-` and `.`, with a port or without, as
/// almost all are, and short. False says nothing.
#[inline(always)]
pub(crate) fn is_plain_host(text: &[u8], start: usize, end: usize) -> bool {
    let length = end - start;
    let Some(window) = window::at(text, start) else {
        return false;
    };
    if length == 0 || length > window.len() {
        return false;
    }
    let inside = u32::MAX >> (32 - length as u32);
    if window.no_plain_host() & inside != 0 {
        return false;
    }
    let colons = window.equal(b':') & inside;
    if colons == 0 {
        return true;
    }
    // One colon, not at the front, and at most five digits behind it.
    let colon = colons.trailing_zeros();
    let behind = inside & !(u32::MAX >> (31 - colon));
    colon > 0 && length as u32 - colon <= 6 && window.no_digit() & behind == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_bytes_find_the_same() {
        // Each byte at each place, with obs-text and each other control byte around it.
        for byte in 0..=255u8 {
            for place in 0..70 {
                for rest in [b'a', 0x80, 0xa0, 0xff, b'~', b'!'] {
                    let mut text = [rest; 75];
                    text[place] = byte;
                    text[73] = b'\r';
                    let want = text.iter().position(|&b| b < 0x20 || b == 0x7f).unwrap();
                    assert_eq!(control(&text, 0), want, "{byte:x} at {place} in {rest:x}");
                    assert_eq!(control(&text[..place], 0), place);
                }
            }
        }
    }

    #[test]
    fn targets() {
        for byte in 0..=255u8 {
            for place in 0..20 {
                for rest in [b'a', 0x80, 0xff, b'?', b'#', b'~', b'!', b'@', b'>'] {
                    let mut text = [rest; 24];
                    text[place] = byte;
                    text[21] = b' ';
                    for cut in [24, 22, 17, 5] {
                        let text = &text[..cut];
                        let end = text.iter().position(|&b| b <= 0x20 || b == 0x7f);
                        let end = end.unwrap_or(cut);
                        let mark = text[..end].iter().position(|b| b"?#".contains(b));
                        let got = target(text, 0);
                        assert_eq!(got.end, end, "{byte:x} at {place} in {rest:x}");
                        assert_eq!(
                            got.mark,
                            mark.unwrap_or(end),
                            "{byte:x} at {place} in {rest:x}"
                        );
                        assert_eq!(
                            got.ascii,
                            text[..end].is_ascii(),
                            "{byte:x} at {place} in {rest:x}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn names() {
        for byte in 0..=255u8 {
            for place in 0..20 {
                let mut text = [b'q'; 24];
                text[place] = byte;
                text[22] = b':';
                let want = text.iter().position(|&b| !is_tchar(b)).unwrap();
                assert_eq!(name(&text, 0), Some(want), "{byte:x} at {place}");
            }
        }
        assert_eq!(name(b"abc", 0), None);
        assert_eq!(name(b"abcdefghijklmnopqrst", 0), None);
    }

    #[test]
    fn plain_hosts() {
        let text = |host: &str, behind: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n{behind}");
        for behind in ["", "Accept: text/html, */*\r\n\r\n"] {
            for host in ["a", "localhost", "a.b-c.d:80", "127.0.0.1:65535", "x:"] {
                let text = text(host, behind);
                assert!(
                    is_plain_host(text.as_bytes(), 22, 22 + host.len()),
                    "{host}"
                );
            }
            for host in [
                "", ":80", "a:123456", "a:8x", "a:1:2", "a_b", "a/b", "[::1]", "a%41",
            ] {
                let text = text(host, behind);
                assert!(
                    !is_plain_host(text.as_bytes(), 22, 22 + host.len()),
                    "{host}"
                );
            }
        }
    }

    #[test]
    fn fields() {
        let line = b"Name:\t a b\tc \t\r\nNext";
        let (field, next) = field(line, 0).unwrap();
        assert_eq!(
            (field.name.of(line), field.value.of(line)),
            (&b"Name"[..], &b"a b\tc"[..])
        );
        assert_eq!(&line[next..], b"Next");
        for bad in [
            "",
            "A",
            "A:",
            "A: b",
            "A: b\r",
            "A: b\n",
            ": b\r\n",
            "A : b\r\n",
            "A: b\rc\r\n",
        ] {
            assert!(super::field(bad.as_bytes(), 0).is_none(), "{bad:?}");
        }
        let empty = b"A: \t \r\n";
        let (field, _) = super::field(empty, 0).unwrap();
        assert!(field.value.is_empty());
    }
}
