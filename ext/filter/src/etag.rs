//! Entity tags (RFC 9110, 8.8.3 and 13.1.2): who has an answer already is told so.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The tag of a body.
#[must_use]
pub fn of(body: &[u8], weak: bool) -> String {
    let hash = digest(&SHA256, body);
    let text = URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
    match weak {
        true => format!("W/\"{text}\""),
        false => format!("\"{text}\""),
    }
}

/// Does a client that sends this `If-None-Match` have what this tag stands for? Weak tags count too.
#[must_use]
pub fn matches(if_none_match: &[u8], tag: &[u8]) -> bool {
    let bare = |tag: &'_ [u8]| -> usize { if tag.starts_with(b"W/") { 2 } else { 0 } };
    let wanted = &tag[bare(tag)..];
    let mut rest = if_none_match.trim_ascii();
    if rest == b"*" {
        return true;
    }
    while !rest.is_empty() {
        let start = bare(rest);
        if rest.get(start) != Some(&b'"') {
            return false;
        }
        let Some(length) = rest[start + 1..].iter().position(|b| *b == b'"') else {
            return false;
        };
        let end = start + length + 2;
        if rest[start..end] == *wanted {
            return true;
        }
        rest = rest[end..].trim_ascii_start();
        rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(of(b"x", false), of(b"x", false));
        assert_ne!(of(b"x", false), of(b"y", false));
        assert_eq!(of(b"x", true), format!("W/{}", of(b"x", false)));
        for (field, tag, same) in [
            ("\"a\"", "\"a\"", true),
            ("W/\"a\"", "\"a\"", true),
            ("\"a\"", "W/\"a\"", true),
            ("\"b\", W/\"a\"", "\"a\"", true),
            ("\"b\",\"a,c\" , \"a\"", "\"a\"", true),
            ("*", "\"a\"", true),
            ("\"a,\"", "\"a\"", false),
            ("\"b\"", "\"a\"", false),
            ("a", "\"a\"", false),
            ("\"a", "\"a\"", false),
            ("", "\"a\"", false),
            ("W/", "\"a\"", false),
        ] {
            assert_eq!(
                matches(field.as_bytes(), tag.as_bytes()),
                same,
                "{field} {tag}"
            );
        }
    }
}
