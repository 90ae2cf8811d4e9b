//! Rules that values must keep, without PHP: lengths, ranges, forms of text.

mod form;

pub use form::{email, url, uuid};
use std::borrow::Cow;
use std::fmt::Write;

/// A value as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub enum Given<'v> {
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text; its bytes need not be UTF-8.
    Text(&'v [u8]),
    /// An array with so many entries.
    List(u64),
    /// Something else: a boolean, an object.
    Other,
}

/// A bound of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Compared exactly with integers.
    Int(i64),
    /// Compared as a float.
    Float(f64),
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Characters of a text, entries of an array.
    Length(Option<u64>, Option<u64>),
    /// A number from the first to the second.
    Range(Option<Number>, Option<Number>),
    /// [`email`]
    Email,
    /// [`url`] with one of these schemes.
    Url(Vec<String>),
    /// [`uuid`], of this version where one is given.
    Uuid(Option<u8>),
}

/// A rule that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule's name, for translations: `length`, `range.min`, …
    pub rule: Cow<'static, str>,
    /// What the message speaks of, as text.
    pub parameters: Vec<(&'static str, String)>,
    /// The message: `must have 1 to 200 characters`.
    pub message: String,
}

impl Violation {
    /// A violation without parameters.
    #[must_use]
    pub fn plain(rule: &'static str, message: &str) -> Self {
        Self {
            rule: rule.into(),
            parameters: Vec::new(),
            message: message.into(),
        }
    }

    /// The same with a message of one's own, in which `{min}` and the like stand for parameters.
    #[must_use]
    pub fn say(mut self, message: &str) -> Self {
        self.message = fill(message, &self.parameters);
        self
    }
}

/// Puts parameters in the place of their names in braces.
#[must_use]
pub fn fill(message: &str, parameters: &[(&'static str, String)]) -> String {
    let mut text = message.to_owned();
    for (name, value) in parameters {
        text = text.replace(&format!("{{{name}}}"), value);
    }
    text
}

impl Number {
    fn text(self) -> String {
        match self {
            Self::Int(n) => n.to_string(),
            Self::Float(n) => n.to_string(),
        }
    }

    /// Is a value on the wrong side of it?
    fn beyond(self, value: Given<'_>, above: bool) -> bool {
        match (value, self) {
            (Given::Int(value), Self::Int(bound)) if above => value > bound,
            (Given::Int(value), Self::Int(bound)) => value < bound,
            (Given::Int(value), Self::Float(bound)) => outside(value as f64, bound, above),
            (Given::Float(value), Self::Int(bound)) => outside(value, bound as f64, above),
            (Given::Float(value), Self::Float(bound)) => outside(value, bound, above),
            _ => true,
        }
    }
}

/// A NaN is outside of every range.
fn outside(value: f64, bound: f64, above: bool) -> bool {
    match value.partial_cmp(&bound) {
        None => true,
        Some(order) if above => order.is_gt(),
        Some(order) => order.is_lt(),
    }
}

impl Rule {
    /// Does a value keep the rule?
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, value: Given<'_>) -> Result<(), Violation> {
        match self {
            Self::Length(min, max) => length(*min, *max, value),
            Self::Range(min, max) => range(*min, *max, value),
            Self::Email => text(value, email, "email", "must be an e-mail address"),
            Self::Url(schemes) => text(value, |t| url(t, schemes), "url", "must be a URL"),
            Self::Uuid(version) => text(value, |t| uuid(t, *version), "uuid", "must be a UUID"),
        }
    }
}

fn text(
    value: Given<'_>,
    is_good: impl Fn(&str) -> bool,
    rule: &'static str,
    message: &str,
) -> Result<(), Violation> {
    match value {
        Given::Text(bytes) if std::str::from_utf8(bytes).is_ok_and(is_good) => Ok(()),
        _ => Err(Violation::plain(rule, message)),
    }
}

fn length(min: Option<u64>, max: Option<u64>, value: Given<'_>) -> Result<(), Violation> {
    let (count, unit) = match value {
        Given::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (characters(text, max), "character"),
            Err(_) => return Err(Violation::plain("utf8", "must be valid UTF-8")),
        },
        Given::List(count) => (count, "entry"),
        _ => return Err(Violation::plain("length.type", "must be a text or a list")),
    };
    if min.is_none_or(|min| count >= min) && max.is_none_or(|max| count <= max) {
        return Ok(());
    }
    let units = |n: u64| match (unit, n) {
        (_, 1) => unit.to_owned(),
        ("entry", _) => "entries".to_owned(),
        _ => format!("{unit}s"),
    };
    let mut parameters = Vec::new();
    let mut name = |name: &'static str, n: Option<u64>| {
        parameters.extend(n.map(|n| (name, n.to_string())));
    };
    name("min", min);
    name("max", max);
    let mut message = String::from("must have ");
    let (rule, n) = match (min, max) {
        (Some(min), Some(max)) if min == max => {
            ("length.exact", format!("exactly {min} {}", units(max)))
        }
        (Some(min), Some(max)) => ("length", format!("{min} to {max} {}", units(max))),
        (Some(min), None) => ("length.min", format!("at least {min} {}", units(min))),
        (None, Some(max)) => ("length.max", format!("at most {max} {}", units(max))),
        (None, None) => return Ok(()),
    };
    let _infallible = write!(message, "{n}");
    Err(Violation {
        rule: rule.into(),
        parameters,
        message,
    })
}

/// Characters of a text; counting ends where it is too long anyhow.
fn characters(text: &str, max: Option<u64>) -> u64 {
    let limit = max.and_then(|max| usize::try_from(max).ok());
    match limit {
        // No text has more characters than bytes.
        Some(limit) if text.len() <= limit && text.is_ascii() => text.len() as u64,
        Some(limit) => text.chars().take(limit.saturating_add(1)).count() as u64,
        None => text.chars().count() as u64,
    }
}

fn range(min: Option<Number>, max: Option<Number>, value: Given<'_>) -> Result<(), Violation> {
    if !matches!(value, Given::Int(_) | Given::Float(_)) {
        return Err(Violation::plain("range.type", "must be a number"));
    }
    let low = min.is_some_and(|min| min.beyond(value, false));
    let high = max.is_some_and(|max| max.beyond(value, true));
    if !low && !high {
        return Ok(());
    }
    let (rule, message) = match (min, max) {
        (Some(min), Some(max)) => (
            "range",
            format!("must be from {} to {}", min.text(), max.text()),
        ),
        (Some(min), None) => ("range.min", format!("must be at least {}", min.text())),
        (_, Some(max)) => ("range.max", format!("must be at most {}", max.text())),
        (None, None) => return Ok(()),
    };
    let bounds = [("min", min), ("max", max)];
    let given = bounds
        .into_iter()
        .filter_map(|(name, n)| Some((name, n?.text())));
    Err(Violation {
        rule: rule.into(),
        parameters: given.collect(),
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rule: &Rule, value: Given<'_>) -> Option<String> {
        rule.check(value).err().map(|violation| violation.message)
    }

    #[test]
    fn lengths() {
        let rule = Rule::Length(Some(1), Some(3));
        for good in ["a", "äöü", "日本語"] {
            assert_eq!(said(&rule, Given::Text(good.as_bytes())), None, "{good}");
        }
        for bad in ["", "abcd", "äöüß"] {
            let message = said(&rule, Given::Text(bad.as_bytes()));
            assert_eq!(
                message.as_deref(),
                Some("must have 1 to 3 characters"),
                "{bad}"
            );
        }
        assert_eq!(
            said(&rule, Given::Text(b"\xff")).as_deref(),
            Some("must be valid UTF-8")
        );
        assert_eq!(
            said(&rule, Given::List(4)).as_deref(),
            Some("must have 1 to 3 entries")
        );
        assert_eq!(
            said(&rule, Given::Int(2)).as_deref(),
            Some("must be a text or a list")
        );
        let of = |min, max| said(&Rule::Length(min, max), Given::Text(b"ab"));
        assert_eq!(
            of(Some(3), None).as_deref(),
            Some("must have at least 3 characters")
        );
        assert_eq!(
            of(None, Some(1)).as_deref(),
            Some("must have at most 1 character")
        );
        assert_eq!(
            of(Some(1), Some(1)).as_deref(),
            Some("must have exactly 1 character")
        );
        assert_eq!(of(None, None), None);
    }

    #[test]
    fn ranges() {
        let rule = Rule::Range(Some(Number::Int(1)), Some(Number::Int(10)));
        for good in [Given::Int(1), Given::Int(10), Given::Float(9.5)] {
            assert_eq!(said(&rule, good), None);
        }
        for bad in [
            Given::Int(0),
            Given::Int(11),
            Given::Float(10.01),
            Given::Float(f64::NAN),
        ] {
            assert_eq!(said(&rule, bad).as_deref(), Some("must be from 1 to 10"));
        }
        assert_eq!(
            said(&rule, Given::Text(b"5")).as_deref(),
            Some("must be a number")
        );
        let half = Rule::Range(Some(Number::Float(0.5)), None);
        assert_eq!(
            said(&half, Given::Int(0)).as_deref(),
            Some("must be at least 0.5")
        );
        let exact = Rule::Range(None, Some(Number::Int(i64::MAX - 1)));
        assert_eq!(
            said(&exact, Given::Int(i64::MAX)).as_deref(),
            Some("must be at most 9223372036854775806")
        );
    }

    #[test]
    fn own_words() {
        let violation = Rule::Length(Some(2), Some(4)).check(Given::Text(b"a"));
        let violation = violation.unwrap_err().say("{min} bis {max}, {other}");
        assert_eq!(violation.message, "2 bis 4, {other}");
        assert_eq!(violation.rule, "length");
    }
}
