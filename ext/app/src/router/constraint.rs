//! The regular expression behind `{name:…}`, with plain recognisers for the common ones.

use regex_lite::Regex;

/// Decides whether a whole, decoded parameter value is acceptable.
#[derive(Debug)]
pub(super) struct Constraint {
    source: Box<str>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Digits,
    Lower,
    Letters,
    Alphanumeric,
    Word,
    Slug,
    Regex(Regex),
}

impl Constraint {
    /// Compiles `source` (syntax of the regex-lite crate, anchored at both ends).
    pub(super) fn new(source: &str) -> Result<Self, String> {
        let kind = match source {
            r"\d+" | "[0-9]+" => Kind::Digits,
            "[a-z]+" => Kind::Lower,
            "[a-zA-Z]+" | "[A-Za-z]+" => Kind::Letters,
            "[a-zA-Z0-9]+" | "[A-Za-z0-9]+" => Kind::Alphanumeric,
            r"\w+" => Kind::Word,
            "[a-z0-9-]+" => Kind::Slug,
            _ => Kind::Regex(Regex::new(&format!("^(?:{source})$")).map_err(|e| {
                format!("the constraint {source:?} is not a valid regular expression: {e}")
            })?),
        };
        Ok(Self {
            source: source.into(),
            kind,
        })
    }

    /// The text between `:` and `}`.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// True when all of `value` matches.
    pub(super) fn accepts(&self, value: &str) -> bool {
        let all = |f: fn(&u8) -> bool| !value.is_empty() && value.as_bytes().iter().all(f);
        match &self.kind {
            Kind::Digits => all(u8::is_ascii_digit),
            Kind::Lower => all(u8::is_ascii_lowercase),
            Kind::Letters => all(u8::is_ascii_alphabetic),
            Kind::Alphanumeric => all(u8::is_ascii_alphanumeric),
            Kind::Word => all(|b| b.is_ascii_alphanumeric() || *b == b'_'),
            Kind::Slug => all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-'),
            Kind::Regex(r) => r.is_match(value),
        }
    }
}
