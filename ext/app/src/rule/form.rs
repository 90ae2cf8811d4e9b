//! Forms of text: addresses, URLs, UUIDs.

/// An e-mail address as WHATWG's HTML has it for its input field, with these limits more: no empty part between dots, a
/// domain of at least two labels, 64 bytes before the `@` and 254 in all (RFC 5321, 4.5.3.1). Domains outside of ASCII
/// come in their encoded form.
#[must_use]
pub fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_atom = |part: &str| {
        let good = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b);
        !part.is_empty() && part.bytes().all(good)
    };
    text.len() <= 254
        && local.len() <= 64
        && local.split('.').all(is_atom)
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// A label of a host name (RFC 1123, 2.1).
fn is_label(label: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(good)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// An absolute URL with a host, and one of these schemes (RFC 3986, 3). Characters that no URL may have in any part,
/// spaces and controls above all, are refused; those outside of ASCII are let through.
#[must_use]
pub fn url(text: &str, schemes: &[String]) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    if !schemes
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme))
    {
        return false;
    }
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || "<>\"\\^`{|}".contains(c);
    if rest.contains(is_bad) {
        return false;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    if let Some(inner) = host.strip_prefix('[') {
        let Some((address, port)) = inner.split_once(']') else {
            return false;
        };
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return address.parse::<std::net::Ipv6Addr>().is_ok() && is_port;
    }
    let (name, good_port) = match host.split_once(':') {
        Some((name, port)) => (name, is_port(port)),
        None => (host, true),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_part = |label: &str| match label.is_ascii() {
        true => is_label(&label.replace('_', "a")),
        false => label.chars().all(|c| c.is_alphanumeric() || c == '-'),
    };
    good_port && name.len() <= 253 && name.split('.').all(is_part)
}

fn is_port(port: &str) -> bool {
    port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok()
}

/// A UUID in its usual form (RFC 9562, 4), in any letter case; of a version, its version and variant bits too.
#[must_use]
pub fn uuid(text: &str, version: Option<u8>) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return false;
    }
    let is_form = bytes.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let is_version = version.is_none_or(|version| {
        char::from(bytes[14]).to_digit(16) == Some(version.into())
            && matches!(bytes[19].to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b')
    });
    is_form && is_version
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails() {
        for good in [
            "a@b.cd",
            "first.last+tag@sub.example.org",
            "x_y~z@xn--mnchen-3ya.de",
            "o'hara@example.ie",
        ] {
            assert!(email(good), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@b.cd",
            "a@",
            "a@b",
            "a@@b.cd",
            "a b@c.de",
            "a@b..cd",
            ".a@b.cd",
            "a.@b.cd",
            "a..b@c.de",
            "a@-b.cd",
            "a@b-.cd",
            "a@b.cd ",
            "a@b.cd\n",
            "ä@b.cd",
            "\"a b\"@c.de",
            &long,
        ] {
            assert!(!email(bad), "{bad}");
        }
    }

    #[test]
    fn urls() {
        let web = ["http".to_owned(), "https".to_owned()];
        for good in [
            "http://a",
            "https://example.org/path?q=1#x",
            "HTTP://user:pw@example.org:8080",
            "http://[::1]:80/",
            "https://münchen.de/ß",
            "http://127.0.0.1",
            "http://a_b.example.org./",
        ] {
            assert!(url(good, &web), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "ftp://a",
            "javascript:alert(1)",
            "http://",
            "http:///path",
            "http://a b",
            "http://a:99999",
            "http://a:x",
            "http://a..b",
            "http://-a",
            "http://[::1",
            "http://[x]/",
            "http://a/\n",
            "http://a/<b>",
            "http://:80",
        ] {
            assert!(!url(bad, &web), "{bad}");
        }
        assert!(url("ftp://a", &["ftp".to_owned()]));
    }

    #[test]
    fn uuids() {
        let four = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
        assert!(uuid(four, None) && uuid(four, Some(4)) && uuid(&four.to_uppercase(), None));
        assert!(uuid("00000000-0000-0000-0000-000000000000", None));
        assert!(!uuid(four, Some(7)) && !uuid("f81d4fae-7dec-41d0-c765-00a0c91e6bf6", Some(4)));
        for bad in [
            "",
            "f81d4fae7dec41d0a76500a0c91e6bf6",
            "{f81d4fae-7dec-41d0-a765-00a0c91e6bf}",
            "g81d4fae-7dec-41d0-a765-00a0c91e6bf6",
        ] {
            assert!(!uuid(bad, None), "{bad}");
        }
    }
}
