//! Conditional requests (RFC 9110, section 13).

use super::Request;
use crate::date;

/// What conditions are compared with.
#[derive(Debug)]
pub(super) struct Validators {
    pub(super) etag: String,
    /// Seconds since 1970.
    pub(super) modified: u64,
}

/// The status that ends the request early, in the order of 13.2.2.
pub(super) fn check(request: &Request<'_>, validators: &Validators) -> Option<u16> {
    let etag = validators.etag.as_bytes();
    if let Some(tags) = request.if_match {
        if !matches(tags, etag, true) {
            return Some(412);
        }
    } else if let Some(since) = request.if_unmodified_since.and_then(date::parse)
        && validators.modified > since
    {
        return Some(412);
    }
    if let Some(tags) = request.if_none_match {
        return matches(tags, etag, false).then_some(304);
    }
    let since = request.if_modified_since.and_then(date::parse)?;
    (validators.modified <= since).then_some(304)
}

/// Whether `If-Range` allows a range: there is none, or its strong tag or exact date fits.
pub(super) fn range_applies(request: &Request<'_>, validators: &Validators) -> bool {
    let Some(value) = request.if_range.map(<[u8]>::trim_ascii) else {
        return true;
    };
    if value.starts_with(b"\"") || value.starts_with(b"W/") {
        return value == validators.etag.as_bytes() && !value.starts_with(b"W/");
    }
    date::parse(value) == Some(validators.modified)
}

/// Whether a list of entity tags names this one. A malformed list names nothing from there on.
fn matches(list: &[u8], etag: &[u8], strong: bool) -> bool {
    let mut rest = list.trim_ascii();
    if rest == b"*" {
        return true;
    }
    let opaque = |tag: &[u8]| -> (bool, usize) {
        if tag.starts_with(b"W/") {
            (true, 2)
        } else {
            (false, 0)
        }
    };
    let (own_weak, own_start) = opaque(etag);
    loop {
        let blank = rest
            .iter()
            .take_while(|byte| matches!(byte, b',' | b' ' | b'\t'))
            .count();
        rest = &rest[blank..];
        let (weak, start) = opaque(rest);
        let Some(inner) = rest[start..].strip_prefix(b"\"") else {
            return false;
        };
        let Some(end) = memchr::memchr(b'"', inner) else {
            return false;
        };
        let tag = &rest[start..start + end + 2];
        if tag == &etag[own_start..] && !(strong && (weak || own_weak)) {
            return true;
        }
        rest = &rest[start + end + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags() {
        for (list, etag, strong, weak) in [
            ("*", "\"a\"", true, true),
            ("\"a\"", "\"a\"", true, true),
            ("\"x\" , W/\"y,\", \"a\"", "\"a\"", true, true),
            ("W/\"a\"", "\"a\"", false, true),
            ("\"a\"", "W/\"a\"", false, true),
            ("\"b\"", "\"a\"", false, false),
            ("a", "\"a\"", false, false),
            ("\"a", "\"a\"", false, false),
            ("", "\"a\"", false, false),
            ("W/", "\"a\"", false, false),
            ("*, \"b\"", "\"a\"", false, false),
        ] {
            assert_eq!(
                matches(list.as_bytes(), etag.as_bytes(), true),
                strong,
                "{list} {etag}"
            );
            assert_eq!(
                matches(list.as_bytes(), etag.as_bytes(), false),
                weak,
                "{list} {etag}"
            );
        }
    }
}
