//! Which language a client gets: `Accept-Language` (RFC 9110, section 12.5.4), by lookup (RFC 4647, section 3.4).

/// The languages of an `Accept-Language`, the most wanted first; those with `q=0` are left out.
fn wanted(header: &str) -> Vec<&str> {
    let mut all: Vec<(&str, u16)> = header
        .split(',')
        .take(32)
        .filter_map(|part| {
            let mut parts = part.split(';');
            let range = parts.next()?.trim();
            let quality = parts
                .find_map(|p| {
                    p.trim()
                        .strip_prefix("q=")
                        .or_else(|| p.trim().strip_prefix("Q="))
                })
                .map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
            let quality = (quality.clamp(0.0, 1.0) * 1000.0) as u16;
            (!range.is_empty() && quality > 0).then_some((range, quality))
        })
        .collect();
    // Among equals the first is meant.
    all.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
    all.into_iter().map(|(range, _)| range).collect()
}

/// Are these the same locale, `de_CH` and `de-ch`?
#[must_use]
pub fn is_same(a: &str, b: &str) -> bool {
    let fold = |byte: u8| match byte {
        b'_' => b'-',
        byte => byte.to_ascii_lowercase(),
    };
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(a, b)| fold(a) == fold(b))
}

/// The locale and the wider ones that stand in for it: `zh-Hant-TW`, `zh-Hant`, `zh`.
pub fn wider(locale: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(locale), |longer| {
        longer.rfind(['-', '_']).map(|at| &longer[..at])
    })
}

/// The first of `available` that a client wants; `None` where it wants none of them.
#[must_use]
pub fn negotiate<'a>(header: &str, available: &[&'a str]) -> Option<&'a str> {
    for range in wanted(header) {
        if range == "*" {
            return available.first().copied();
        }
        let exact =
            wider(range).find_map(|shorter| available.iter().find(|known| is_same(known, shorter)));
        // A client that wants `de` can read `de-CH`.
        let narrower = || {
            available
                .iter()
                .find(|known| wider(known).any(|shorter| is_same(shorter, range)))
        };
        if let Some(found) = exact.or_else(narrower) {
            return Some(found);
        }
    }
    None
}

/// Can it be the name of a locale? It becomes a part of a path.
#[must_use]
pub fn is_locale(name: &str) -> bool {
    (2..=35).contains(&name.len())
        && name.as_bytes()[0].is_ascii_alphabetic()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["en", "de", "pt_BR", "zh-Hant"];

    #[test]
    fn takes_what_is_wanted_most() {
        assert_eq!(negotiate("de", KNOWN), Some("de"));
        assert_eq!(negotiate("fr, de;q=0.5, en;q=0.7", KNOWN), Some("en"));
        assert_eq!(negotiate("fr, *;q=0.1", KNOWN), Some("en"));
        assert_eq!(negotiate("fr", KNOWN), None);
        assert_eq!(negotiate("", KNOWN), None);
        assert_eq!(negotiate("de;q=0, en", KNOWN), Some("en"));
        assert_eq!(negotiate("de;q=x, en;q=0.1", KNOWN), Some("en"));
    }

    #[test]
    fn regions_fall_back() {
        assert_eq!(negotiate("de-CH, en;q=0.9", KNOWN), Some("de"));
        assert_eq!(negotiate("PT-br", KNOWN), Some("pt_BR"));
        assert_eq!(negotiate("zh-Hant-TW", KNOWN), Some("zh-Hant"));
        assert_eq!(negotiate("pt", KNOWN), Some("pt_BR"));
        assert_eq!(negotiate("pt, en;q=0.5", KNOWN), Some("pt_BR"));
        assert_eq!(
            wider("zh-Hant-TW").collect::<Vec<_>>(),
            ["zh-Hant-TW", "zh-Hant", "zh"]
        );
    }

    #[test]
    fn knows_names_of_locales() {
        for good in ["en", "de_CH", "zh-Hant-TW", "es-419"] {
            assert!(is_locale(good), "{good}");
        }
        for bad in ["", "e", "../etc", "en/x", "en.", "1en", "en\0"] {
            assert!(!is_locale(bad), "{bad}");
        }
    }
}
