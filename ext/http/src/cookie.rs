//! The `Cookie` header in, `Set-Cookie` headers out, both as Swoole 6.2.2 does it.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr;

use crate::date;
use crate::query::{self, Input, Key, List, Parsed};

/// Parses a `Cookie` header (`treat_data(PARSE_COOKIE)` in Swoole's `thirdparty/php/main/SAPI.h`).
///
/// Values are percent-decoded, `+` stays; names are not decoded but follow the naming rules of
/// [`query`] (dots become `_`, brackets nest). The first cookie of a name wins (RFC 6265: the
/// more specific path comes first). Pairs without a name are dropped.
///
/// As in Swoole "the same name" means the name as sent: `a.b=1; a.b=2` gives 2, because the
/// first was stored as `a_b`.
pub fn parse<'a>(header: &'a [u8], options: &query::Options) -> Parsed<'a> {
    let mut parsed = Parsed::default();
    let mut rest = query::until_nul(header);
    let mut count = 0;
    while !rest.is_empty() {
        let (pair, next) = match memchr(b';', rest) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, &rest[rest.len()..]),
        };
        rest = next;
        let spaces = pair
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r'))
            .count();
        let pair = &pair[spaces..];
        let (name, value) = match memchr(b'=', pair) {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &pair[pair.len()..]),
        };
        if name.is_empty() {
            continue;
        }
        count += 1;
        if count > options.max_vars {
            parsed.exceeded = true;
            break;
        }
        if query::is_plain(name) {
            parsed
                .list
                .set_first(Key::new(name), || Input::Text(query::decode_raw(value)));
        } else if parsed.list.get(name).is_none() {
            let value = Input::Text(query::decode_raw(value));
            query::register(
                &mut parsed.list,
                Cow::Borrowed(name),
                value,
                options.max_depth,
            );
        }
    }
    parsed
}

/// The value of one cookie without building a tree: the first of that exact name, decoded.
pub fn find<'a>(header: &'a [u8], name: &[u8]) -> Option<Cow<'a, [u8]>> {
    header.split(|byte| *byte == b';').find_map(|pair| {
        let pair = pair.trim_ascii_start();
        let value = pair.strip_prefix(name)?.strip_prefix(b"=")?;
        Some(query::decode_raw(value))
    })
}

/// A flat view of [`parse`]: top-level texts only.
pub fn pairs<'p>(list: &'p List<'_>) -> impl Iterator<Item = (&'p Key<'p>, &'p [u8])> {
    list.iter()
        .filter_map(|(key, value)| value.as_text().map(|text| (key, text)))
}

/// The parameters of a `Set-Cookie` header, named as in `Swoole\Http\Response::cookie()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetCookie<'a> {
    /// The name; must not be empty.
    pub name: &'a [u8],
    /// The value; an empty one deletes the cookie.
    pub value: &'a [u8],
    /// Seconds since 1970 when it ends; 0 or less: with the browser session.
    pub expires: i64,
    /// The `path` attribute; empty: none.
    pub path: &'a [u8],
    /// The `domain` attribute; empty: none.
    pub domain: &'a [u8],
    /// Whether to send `secure`.
    pub secure: bool,
    /// Whether to send `HttpOnly`.
    pub http_only: bool,
    /// The `SameSite` attribute; empty: none.
    pub same_site: &'a [u8],
    /// The `Priority` attribute; empty: none.
    pub priority: &'a [u8],
    /// Whether to send `Partitioned`.
    pub partitioned: bool,
    /// Whether the value goes out as it is (`rawcookie()`) and not url-encoded (`cookie()`).
    pub raw: bool,
}

/// Why a cookie cannot be sent. The texts of the first five are Swoole's warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieError {
    /// The name is empty.
    EmptyName,
    /// The name has a forbidden character.
    Name,
    /// The raw value has one.
    Value,
    /// The path or the domain has one.
    Option(&'static str),
    /// `expires` lies after the year 9999.
    Expires,
    /// SameSite or Priority has a `;` or a control character. Swoole sends these; a header could
    /// be forged with them, so they are refused here.
    Attribute(&'static str),
}

const ILLEGAL: &str = r#"",", ";", " ", "\t", "\r", "\n", "\013", or "\014""#;

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CookieError::EmptyName => f.write_str("The name cannot be empty"),
            CookieError::Name => write!(f, "The name cannot contain \"=\", {ILLEGAL}"),
            CookieError::Value => write!(f, "The value cannot contain {ILLEGAL}"),
            CookieError::Option(name) => write!(f, "The {name} option cannot contain {ILLEGAL}"),
            CookieError::Expires => f.write_str("The expires cannot have a year greater than 9999"),
            CookieError::Attribute(name) => {
                write!(
                    f,
                    "The {name} option cannot contain \";\" or control characters"
                )
            }
        }
    }
}

impl std::error::Error for CookieError {}

/// Characters that Swoole refuses, and NUL, at which its check would end early.
fn illegal(byte: &u8) -> bool {
    matches!(
        byte,
        b',' | b';' | b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c | 0
    )
}

impl SetCookie<'_> {
    /// Writes the value of the `Set-Cookie` header to `out`; nothing is written on an error.
    ///
    /// `now` is the present time in seconds since 1970, for `Max-Age`.
    ///
    /// # Errors
    /// [`CookieError`] says which parameter cannot be sent.
    pub fn write(&self, now: i64, out: &mut Vec<u8>) -> Result<(), CookieError> {
        self.check()?;
        out.reserve(self.name.len() + self.value.len() + self.path.len() + self.domain.len() + 120);
        out.extend_from_slice(self.name);
        out.push(b'=');
        if self.value.is_empty() {
            out.extend_from_slice(b"deleted; expires=");
            write_date(1, out);
            out.extend_from_slice(b"; Max-Age=0");
        } else {
            if self.raw {
                out.extend_from_slice(self.value);
            } else {
                encode(self.value, out);
            }
            if self.expires > 0 {
                out.extend_from_slice(b"; expires=");
                write_date(self.expires as u64, out);
                let age = self.expires.saturating_sub(now).max(0);
                out.extend_from_slice(b"; Max-Age=");
                out.extend_from_slice(age.to_string().as_bytes());
            }
        }
        for (label, value) in [(&b"; path="[..], self.path), (b"; domain=", self.domain)] {
            attribute(label, value, out);
        }
        if self.secure {
            out.extend_from_slice(b"; secure");
        }
        if self.http_only {
            out.extend_from_slice(b"; HttpOnly");
        }
        for (label, value) in [
            (&b"; SameSite="[..], self.same_site),
            (b"; Priority=", self.priority),
        ] {
            attribute(label, value, out);
        }
        if self.partitioned {
            out.extend_from_slice(b"; Partitioned");
        }
        Ok(())
    }

    fn check(&self) -> Result<(), CookieError> {
        if self.name.is_empty() {
            return Err(CookieError::EmptyName);
        }
        if self.name.iter().any(|byte| *byte == b'=' || illegal(byte)) {
            return Err(CookieError::Name);
        }
        if self.raw && self.value.iter().any(illegal) {
            return Err(CookieError::Value);
        }
        if !self.value.is_empty() && self.expires > 253_402_300_799 {
            return Err(CookieError::Expires);
        }
        for (name, value) in [("path", self.path), ("domain", self.domain)] {
            if value.iter().any(illegal) {
                return Err(CookieError::Option(name));
            }
        }
        for (name, value) in [("samesite", self.same_site), ("priority", self.priority)] {
            if value
                .iter()
                .any(|byte| *byte == b';' || byte.is_ascii_control())
            {
                return Err(CookieError::Attribute(name));
            }
        }
        Ok(())
    }
}

fn attribute(label: &[u8], value: &[u8], out: &mut Vec<u8>) {
    if !value.is_empty() {
        out.extend_from_slice(label);
        out.extend_from_slice(value);
    }
}

/// PHP's `date("D, d-M-Y H:i:s T")` in GMT.
fn write_date(seconds: u64, out: &mut Vec<u8>) {
    let mut text = date::format(seconds);
    text[7] = b'-';
    text[11] = b'-';
    out.extend_from_slice(&text);
}

/// PHP's `urlencode()`: letters, digits and `-_.` stay, a space becomes `+`.
pub fn encode(text: &[u8], out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(&[
                b'%',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(header: &str, name: &str) -> Option<String> {
        let parsed = parse(header.as_bytes(), &query::Options::default());
        let value = parsed.list.get(name.as_bytes())?.as_text()?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    fn built(cookie: SetCookie<'_>) -> Result<String, CookieError> {
        let mut out = Vec::new();
        let result = cookie.write(1_000, &mut out);
        assert!(result.is_ok() || out.is_empty());
        result.map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn parses_pairs() {
        let header = "a=1; b=x%20y+z;c; =no;  ; d.e=2; a=3; f[g]=h; n=a=b";
        assert_eq!(text(header, "a").as_deref(), Some("1"));
        assert_eq!(text(header, "b").as_deref(), Some("x y+z"));
        assert_eq!(text(header, "c").as_deref(), Some(""));
        assert_eq!(text(header, "d_e").as_deref(), Some("2"));
        assert_eq!(text(header, "n").as_deref(), Some("a=b"));
        let parsed = parse(header.as_bytes(), &query::Options::default()).list;
        assert_eq!(parsed.len(), 6);
        assert_eq!(pairs(&parsed).count(), 5);
        assert_eq!(text("a.b=1; a.b=2", "a_b").as_deref(), Some("2"));
        assert_eq!(text("%61=1", "%61").as_deref(), Some("1"));
        assert_eq!(text("_.Host-x=1; ..Host-y=1", "__Host-y"), None);
    }

    #[test]
    fn finds_one() {
        assert_eq!(find(b"xa=0; a=%41; a=2", b"a").as_deref(), Some(&b"A"[..]));
        assert_eq!(find(b"xa=0", b"a"), None);
        assert_eq!(find(b"a", b"a"), None);
    }

    #[test]
    fn too_many_are_cut() {
        let options = query::Options {
            max_vars: 2,
            ..query::Options::default()
        };
        let parsed = parse(b"a=1; b=2; c=3", &options);
        assert!(parsed.exceeded);
        assert_eq!(parsed.list.len(), 2);
    }

    #[test]
    fn builds_everything() {
        let cookie = SetCookie {
            name: b"id",
            value: "a b~\u{fc};".as_bytes(),
            expires: 784_111_777,
            path: b"/x",
            domain: b"example.org",
            secure: true,
            http_only: true,
            same_site: b"Lax",
            priority: b"High",
            partitioned: true,
            raw: false,
        };
        assert_eq!(
            built(cookie).unwrap(),
            "id=a+b%7E%C3%BC%3B; expires=Sun, 06-Nov-1994 08:49:37 GMT; Max-Age=784110777; path=/x; \
             domain=example.org; secure; HttpOnly; SameSite=Lax; Priority=High; Partitioned"
        );
    }

    #[test]
    fn an_empty_value_deletes() {
        let cookie = SetCookie {
            name: b"id",
            expires: 99,
            path: b"/",
            ..SetCookie::default()
        };
        assert_eq!(
            built(cookie).unwrap(),
            "id=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0; path=/"
        );
    }

    #[test]
    fn expires_in_the_past_has_no_age() {
        let cookie = SetCookie {
            name: b"id",
            value: b"1",
            expires: 999,
            ..SetCookie::default()
        };
        assert_eq!(
            built(cookie).unwrap(),
            "id=1; expires=Thu, 01-Jan-1970 00:16:39 GMT; Max-Age=0"
        );
        let cookie = SetCookie {
            expires: -5,
            ..cookie
        };
        assert_eq!(built(cookie).unwrap(), "id=1");
    }

    #[test]
    fn raw_values_stay_and_are_checked() {
        let cookie = SetCookie {
            name: b"id",
            value: b"a+b%20\"x\"",
            raw: true,
            ..SetCookie::default()
        };
        assert_eq!(built(cookie).unwrap(), "id=a+b%20\"x\"");
        for value in [&b"a b"[..], b"a;b", b"a,b", b"a\r\nX: y", b"a\0b"] {
            let bad = SetCookie { value, ..cookie };
            assert_eq!(built(bad), Err(CookieError::Value));
        }
    }

    #[test]
    fn refuses_what_would_break_the_header() {
        let good = SetCookie {
            name: b"id",
            value: b"1",
            ..SetCookie::default()
        };
        assert_eq!(
            built(SetCookie { name: b"", ..good }),
            Err(CookieError::EmptyName)
        );
        assert_eq!(
            built(SetCookie {
                name: b"a=b",
                ..good
            }),
            Err(CookieError::Name)
        );
        assert_eq!(
            built(SetCookie {
                name: b"a\0;b",
                ..good
            }),
            Err(CookieError::Name)
        );
        assert_eq!(
            built(SetCookie {
                path: b"/;x",
                ..good
            }),
            Err(CookieError::Option("path"))
        );
        assert_eq!(
            built(SetCookie {
                domain: b"a b",
                ..good
            }),
            Err(CookieError::Option("domain"))
        );
        assert_eq!(
            built(SetCookie {
                expires: 253_402_300_800,
                ..good
            }),
            Err(CookieError::Expires)
        );
        assert!(
            built(SetCookie {
                expires: 253_402_300_799,
                ..good
            })
            .is_ok()
        );
        for same_site in [&b"Lax; path=/"[..], b"Lax\r\nX: y"] {
            let bad = SetCookie { same_site, ..good };
            assert_eq!(built(bad), Err(CookieError::Attribute("samesite")));
        }
    }

    #[test]
    fn says_what_swoole_says() {
        assert_eq!(
            CookieError::Name.to_string(),
            r#"The name cannot contain "=", ",", ";", " ", "\t", "\r", "\n", "\013", or "\014""#
        );
        assert_eq!(
            CookieError::Option("path").to_string(),
            r#"The path option cannot contain ",", ";", " ", "\t", "\r", "\n", "\013", or "\014""#
        );
    }
}
