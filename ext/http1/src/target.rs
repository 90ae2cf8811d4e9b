//! The four forms of a request target (RFC 9112 section 3.2).

use crate::head::{Head, Span};
use crate::scan::Target;
use crate::{Error, Limits, Method, class};

/// Fills path, query and authority of `head`, whose method and target are set. `found`: what the
/// scanner saw of the target.
#[inline(always)]
pub(crate) fn split(
    buf: &[u8],
    head: &mut Head,
    found: &Target,
    limits: &Limits,
) -> Result<(), Error> {
    head.authority = Span::default();
    let span = head.target;
    let target = span.of(buf);
    if head.method == Method::Connect {
        return connect(target, head, limits);
    }
    match target[0] {
        b'/' => marked(span, found.mark as u16, found.fragment, head),
        b'*' if target.len() == 1 && head.method == Method::Options => {
            head.path = span;
            head.has_query = false;
            Ok(())
        }
        _ => absolute(target, head),
    }
}

/// The same for a target that is known to begin with a slash, of a method other than CONNECT.
#[inline(always)]
pub(crate) fn origin(head: &mut Head, found: &Target) -> Result<(), Error> {
    head.authority = Span::default();
    marked(head.target, found.mark as u16, found.fragment, head)
}

fn path(bytes: &[u8], start: u16, head: &mut Head) -> Result<(), Error> {
    let mark = bytes.iter().position(|&b| b == b'?' || b == b'#');
    let mark = mark.unwrap_or(bytes.len());
    let span = Span {
        start,
        end: start + bytes.len() as u16,
    };
    marked(span, start + mark as u16, bytes.contains(&b'#'), head)
}

/// Path and query of a target, by where the query begins.
#[inline(always)]
fn marked(target: Span, mark: u16, fragment: bool, head: &mut Head) -> Result<(), Error> {
    // A fragment is for the client alone: a target with one is malformed.
    if fragment {
        return Err(Error::Target);
    }
    head.path = Span {
        start: target.start,
        end: mark,
    };
    head.has_query = mark < target.end;
    if head.has_query {
        head.query = Span {
            start: mark + 1,
            end: target.end,
        };
    }
    Ok(())
}

fn absolute(target: &[u8], head: &mut Head) -> Result<(), Error> {
    let scheme = if target
        .get(..7)
        .is_some_and(|s| s.eq_ignore_ascii_case(b"http://"))
    {
        7
    } else if target
        .get(..8)
        .is_some_and(|s| s.eq_ignore_ascii_case(b"https://"))
    {
        8
    } else {
        return Err(Error::Target);
    };
    let rest = &target[scheme..];
    let end = rest
        .iter()
        .position(|b| matches!(b, b'/' | b'?' | b'#'))
        .unwrap_or(rest.len());
    if !class::is_host(&rest[..end]) {
        return Err(Error::Target);
    }
    let start = head.target.start + scheme as u16;
    head.authority = Span {
        start,
        end: start + end as u16,
    };
    path(&rest[end..], start + end as u16, head)
}

fn connect(target: &[u8], head: &mut Head, limits: &Limits) -> Result<(), Error> {
    if !limits.allow_connect {
        return Err(Error::Connect);
    }
    let colon = memchr::memrchr(b':', target).ok_or(Error::Target)?;
    if !class::is_host(target) || target.len() == colon + 1 || target.last() == Some(&b']') {
        return Err(Error::Target);
    }
    head.authority = head.target;
    head.path = Span::default();
    head.has_query = false;
    Ok(())
}
