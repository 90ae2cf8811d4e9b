//! Byte classes of RFC 9110 section 5.6 and RFC 3986 section 3.2.2.

const TOKEN: u8 = 1;
const REG_NAME: u8 = 2;
const CONTROL: u8 = 4;

static CLASS: [u8; 256] = build();

const fn build() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        let alnum = b.is_ascii_alphanumeric();
        if alnum || contains(b"!#$%&'*+-.^_`|~", b) {
            table[i] |= TOKEN;
        }
        if alnum || contains(b"-._~!$&'()*+,;=", b) {
            table[i] |= REG_NAME;
        }
        if (b < 0x20 && b != b'\t') || b == 0x7f {
            table[i] |= CONTROL;
        }
        i += 1;
    }
    table
}

const fn contains(set: &[u8], b: u8) -> bool {
    let mut i = 0;
    while i < set.len() {
        if set[i] == b {
            return true;
        }
        i += 1;
    }
    false
}

#[inline]
pub(crate) fn is_tchar(b: u8) -> bool {
    CLASS[b as usize] & TOKEN != 0
}

#[inline]
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&b| is_tchar(b))
}

#[inline]
pub(crate) fn is_control(b: u8) -> bool {
    CLASS[b as usize] & CONTROL != 0
}

/// Whether a value holds no control byte but HTAB. Written without an early
/// exit so that it becomes vector code.
#[inline]
pub(crate) fn is_value(bytes: &[u8]) -> bool {
    let mut bad = false;
    for &b in bytes {
        bad |= (b < 0x20 && b != b'\t') || b == 0x7f;
    }
    !bad
}

/// Whether `bytes` is `uri-host [":" port]` with a non-empty host.
pub(crate) fn is_host(bytes: &[u8]) -> bool {
    let port = match bytes.first() {
        Some(b'[') => match memchr::memchr(b']', bytes) {
            Some(end) if is_ip_literal(&bytes[1..end]) => &bytes[end + 1..],
            _ => return false,
        },
        _ => {
            // A port has five digits at most: the colon is looked for there, the rest in one go.
            let tail = bytes.len().saturating_sub(6);
            let colon = bytes[tail..].iter().rposition(|&b| b == b':');
            let mut end = colon.map_or(bytes.len(), |at| tail + at);
            let all = bytes[..end]
                .iter()
                .fold(REG_NAME, |all, &b| all & CLASS[b as usize]);
            if all == 0 {
                end = bytes
                    .iter()
                    .position(|&b| CLASS[b as usize] & REG_NAME == 0)
                    .unwrap_or(bytes.len());
            }
            if end == 0 || bytes.get(end) == Some(&b'%') {
                end = match escaped_name(bytes) {
                    Some(end) => end,
                    None => return false,
                };
            }
            &bytes[end..]
        }
    };
    let [b':', digits @ ..] = port else {
        return port.is_empty();
    };
    digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit)
}

/// Where a name with percent escapes ends, if it is one.
#[cold]
fn escaped_name(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    while let Some(&b) = bytes.get(end) {
        if b == b'%' {
            let digits = bytes.get(end + 1..end + 3)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            end += 3;
        } else if CLASS[b as usize] & REG_NAME != 0 {
            end += 1;
        } else {
            break;
        }
    }
    (end > 0).then_some(end)
}

/// IPv6 address, or IPvFuture; the address itself is left to who resolves it.
fn is_ip_literal(bytes: &[u8]) -> bool {
    match bytes {
        [b'v' | b'V', rest @ ..] => {
            rest.contains(&b'.')
                && rest
                    .iter()
                    .all(|&b| b == b':' || CLASS[b as usize] & REG_NAME != 0)
        }
        _ => std::str::from_utf8(bytes).is_ok_and(|s| s.parse::<std::net::Ipv6Addr>().is_ok()),
    }
}

/// `name` equals the lower-case `want`, whatever its case. Only right when
/// `name` is a token and `want` consists of letters, digits and `-`.
#[inline(always)]
pub(crate) fn same<const N: usize>(name: &[u8], want: &[u8; N]) -> bool {
    match <&[u8; N]>::try_from(name) {
        Ok(name) => {
            let mut diff = 0;
            for i in 0..N {
                diff |= (name[i] | 0x20) ^ want[i];
            }
            diff == 0
        }
        Err(_) => false,
    }
}

/// Strips SP and HTAB from both ends (OWS).
#[inline]
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Reads a plain decimal number; no sign, no space, no overflow.
#[inline]
pub(crate) fn decimal(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    let mut n: u64 = 0;
    for &b in bytes {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in [
            "localhost",
            "localhost:8080",
            "a.b-c_d.example",
            "[::1]",
            "[::1]:80",
            "1.2.3.4:",
            "xn--bcher-kva.example",
            "a%41b",
            "[v1.x:y]",
        ] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a b",
            "a/b",
            "a@b",
            "a:b",
            "a:123456",
            "[::1",
            "[::1]x",
            "[]",
            "[g]",
            "a%4",
            "a%zz",
            "a,b:80:80",
            "b\u{fc}cher",
            "a\\b",
            "a?b",
            "a#b",
            "[1.2.3.4]",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn decimals() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for bad in [
            "",
            "18446744073709551616",
            "+1",
            "-1",
            "1 ",
            " 1",
            "0x1",
            "1,1",
            "1.0",
            "1e3",
        ] {
            assert_eq!(decimal(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn names() {
        assert!(same(b"HoSt", b"host"));
        assert!(same(b"CONTENT-LENGTH", b"content-length"));
        assert!(!same(b"content_length", b"content-length"));
        assert!(!same(b"hosts", b"host"));
    }
}
