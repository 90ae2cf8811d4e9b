//! The names of header fields that most requests have, as strings that are made once.

use highper_zend::Known;

const TEXTS: [&str; 32] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-type",
    "content-length",
    "cookie",
    "referer",
    "origin",
    "cache-control",
    "authorization",
    "if-none-match",
    "if-modified-since",
    "upgrade-insecure-requests",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-real-ip",
    "x-request-id",
    "sec-fetch-site",
    "sec-fetch-mode",
    "sec-fetch-dest",
    "sec-fetch-user",
    "sec-ch-ua",
    "pragma",
    "priority",
    "dnt",
    "te",
    "range",
    "x-requested-with",
    "upgrade",
];

static NAMES: [Known; 32] = {
    let mut names = [const { Known::new("") }; 32];
    let mut at = 0;
    while at < TEXTS.len() {
        names[at] = Known::new(TEXTS[at]);
        at += 1;
    }
    names
};

/// Found by search: no two of the names share a place.
const FACTOR: u32 = 0xc2cd789b;

const fn place(name: &[u8]) -> usize {
    let first = (name[0] | 0x20) as u32;
    let inner = (name[name.len() * 3 / 4] | 0x20) as u32;
    let last = (name[name.len() - 1] | 0x20) as u32;
    let key = first | inner << 8 | last << 16 | (name.len() as u32) << 24;
    (key.wrapping_mul(FACTOR) >> 25) as usize
}

const NONE: u8 = u8::MAX;

static PLACES: [u8; 128] = {
    let mut places = [NONE; 128];
    let mut at = 0;
    while at < TEXTS.len() {
        let place = place(TEXTS[at].as_bytes());
        assert!(places[place] == NONE, "two names share a place");
        places[place] = at as u8;
        at += 1;
    }
    places
};

/// The number (below 64) and the string of a name in lower case, if it is known.
#[inline]
pub(super) fn find(name: &[u8]) -> Option<(usize, &'static Known)> {
    if name.is_empty() {
        return None;
    }
    let number = usize::from(PLACES[place(name)]);
    let known = NAMES.get(number)?;
    same(known.text().as_bytes(), name).then_some((number, known))
}

/// Equal but for the case of `name`, a token.
#[inline]
fn same(text: &[u8], name: &[u8]) -> bool {
    if text.len() != name.len() {
        return false;
    }
    // A token's byte with this bit set is a letter in lower case, or what it was.
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes) | 0x2020_2020_2020_2020;
    match (text.last_chunk(), name.last_chunk()) {
        (Some(a), Some(b)) => {
            let (a_words, _) = text.as_chunks::<8>();
            let (b_words, _) = name.as_chunks::<8>();
            let rest = word(a) ^ word(b);
            let pairs = a_words.iter().zip(b_words);
            pairs.fold(rest, |other, (a, b)| other | word(a) ^ word(b)) == 0
        }
        _ => text.iter().zip(name).all(|(a, b)| *a == *b | 0x20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_found_in_any_case() {
        for (number, known) in NAMES.iter().enumerate() {
            for name in [known.text().to_owned(), known.text().to_uppercase()] {
                assert_eq!(find(name.as_bytes()).map(|f| f.0), Some(number), "{name}");
            }
        }
        for other in [
            "",
            "h",
            "hosts",
            "x-real-iq",
            "user_agent",
            "accept\0encoding",
        ] {
            assert!(find(other.as_bytes()).is_none(), "{other}");
        }
    }
}
