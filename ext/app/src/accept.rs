//! Content negotiation by the `Accept` header (RFC 9110, 12.5.1).

/// The form of an error's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `text/html`
    Html,
    /// `application/problem+json`
    Problem,
    /// The same body as `application/json`, for a client that takes only that.
    Json,
}

impl ErrorFormat {
    /// The `Content-Type` header.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Problem => "application/problem+json",
            Self::Json => "application/json",
        }
    }
}

/// The best form for an error: what the client likes most; `application/problem+json` when it
/// does not care, says nothing or takes none of them (an error is answered in any case).
#[must_use]
pub fn error_format(accept: Option<&[u8]>) -> ErrorFormat {
    if matches!(accept, None | Some(b"*/*")) {
        return ErrorFormat::Problem;
    }
    let offers = ["application/problem+json", "application/json", "text/html"];
    match negotiate(accept, &offers) {
        Some(1) => ErrorFormat::Json,
        Some(2) => ErrorFormat::Html,
        _ => ErrorFormat::Problem,
    }
}

/// Which of `offers` (media types such as `text/html`) the client likes most; of equals, the one
/// that its header names most exactly, then the first. `None` when it takes none of them.
/// Several `Accept` lines are to be joined with a comma. A header that is missing or has no
/// readable range takes everything. Parameters other than `q` are not compared.
#[must_use]
pub fn negotiate(accept: Option<&[u8]>, offers: &[&str]) -> Option<usize> {
    let header = accept.unwrap_or(b"*/*");
    if !header.split(|b| *b == b',').any(|r| range(r).is_some()) {
        return if offers.is_empty() { None } else { Some(0) };
    }
    let mut best: Option<((u16, u8), usize)> = None;
    for (i, offer) in offers.iter().enumerate() {
        // The most exact range decides the quality of an offer.
        let fit = header
            .split(|b| *b == b',')
            .filter_map(range)
            .filter_map(|(kind, q)| Some((exactness(kind, offer.as_bytes())?, q)))
            .max();
        let Some((exact, q)) = fit.filter(|(_, q)| *q > 0) else {
            continue;
        };
        if best.is_none_or(|(b, _)| (q, exact) > b) {
            best = Some(((q, exact), i));
        }
    }
    best.map(|(_, i)| i)
}

/// A media range and its quality in thousandths; `None` for what is no range.
fn range(text: &[u8]) -> Option<(&[u8], u16)> {
    let mut parts = text.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let kind = parts.next().filter(|k| k.contains(&b'/'))?;
    let mut quality = 1000;
    for part in parts {
        if let [b'q' | b'Q', b'=', value @ ..] = part {
            quality = q(value)?;
        }
    }
    Some((kind, quality))
}

/// `0`, `1`, `0.5`: at most three digits after the point.
fn q(value: &[u8]) -> Option<u16> {
    let (whole, digits) = match value {
        [w @ (b'0' | b'1')] => (*w, &[][..]),
        [w @ (b'0' | b'1'), b'.', digits @ ..] if digits.len() <= 3 => (*w, digits),
        _ => return None,
    };
    let mut n = u16::from(whole - b'0');
    for i in 0..3 {
        let digit = *digits.get(i).unwrap_or(&b'0');
        n = n * 10 + u16::from(char::from(digit).to_digit(10)? as u8);
    }
    (n <= 1000).then_some(n)
}

/// 3 the type itself, 2 `type/*`, 1 `*/*`.
fn exactness(range: &[u8], offer: &[u8]) -> Option<u8> {
    if range.eq_ignore_ascii_case(offer) {
        return Some(3);
    }
    if range == b"*/*" {
        return Some(1);
    }
    let family = range.strip_suffix(b"*").filter(|f| f.ends_with(b"/"))?;
    (offer.len() > family.len() && offer[..family.len()].eq_ignore_ascii_case(family)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors() {
        use ErrorFormat::*;
        for (accept, want) in [
            ("*/*", Problem),
            ("", Problem),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Html,
            ),
            ("application/json", Json),
            ("application/json, */*;q=0.1", Json),
            ("application/problem+json, application/json", Problem),
            ("application/*", Problem),
            ("text/*;q=0.5, application/json;q=0.4", Html),
            ("TEXT/HTML;Q=0.5", Html),
            ("text/html;q=0, */*", Problem),
            ("image/png", Problem),
            ("text/html;q=0.3;level=1, application/json;q=0.31", Json),
            ("text/html;q=2", Problem),
            ("garbage", Problem),
        ] {
            assert_eq!(error_format(Some(accept.as_bytes())), want, "{accept}");
        }
        assert_eq!(error_format(None), Problem);
    }

    #[test]
    fn offers() {
        let offers = ["text/html", "application/json"];
        for (accept, want) in [
            ("*/*", Some(0)),
            ("application/json", Some(1)),
            ("text/html;q=0.999, application/json;q=1.000", Some(1)),
            ("image/png", None),
            ("text/html;q=0", None),
            ("text/*;q=0.2, text/html;q=0, */*;q=0.1", Some(1)),
            ("*/*;q=0", None),
            ("text/html;q=0.1234, application/json;q=0.1", Some(1)),
            ("text/html;q=x", Some(0)),
        ] {
            assert_eq!(
                negotiate(Some(accept.as_bytes()), &offers),
                want,
                "{accept}"
            );
        }
        assert_eq!(negotiate(None, &[]), None);
        assert_eq!(negotiate(Some(b"\xff/\xff;q=\xff,,;"), &offers), Some(0));
    }
}
