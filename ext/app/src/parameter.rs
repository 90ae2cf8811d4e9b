//! Conversion of text from a path or a query to the type that a handler declares.

use std::fmt;

/// Where the text came from, which decides the status of a mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A path that means nothing: 404.
    Path,
    /// A query that is wrong: 400.
    Query,
}

/// The type to convert to.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'k> {
    /// `i64`
    Int,
    /// `f64`, finite
    Float,
    /// `bool`
    Bool,
    /// Any text.
    String,
    /// A backed enum of strings: the text must be one of these backing values.
    Strings(&'k [&'k str]),
    /// A backed enum of integers.
    Ints(&'k [i64]),
}

/// A converted value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'t> {
    /// From [`Kind::Int`].
    Int(i64),
    /// From [`Kind::Float`].
    Float(f64),
    /// From [`Kind::Bool`].
    Bool(bool),
    /// From [`Kind::String`].
    String(&'t str),
    /// From an enum: which of the backing values.
    Case(usize),
}

/// A mismatch; its text is meant for the client: "id must be an integer, 'abc' given".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterError {
    /// 404 for the path, 400 for the query.
    pub status: u16,
    /// The parameter's name.
    pub name: String,
    /// The whole sentence.
    pub message: String,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ParameterError {}

impl ParameterError {
    fn new(source: Source, name: &str, what: &str) -> Self {
        let status = match source {
            Source::Path => 404,
            Source::Query => 400,
        };
        Self {
            status,
            name: name.into(),
            message: format!("{name} {what}"),
        }
    }

    /// A parameter without a default that the request does not have: "page is missing".
    #[must_use]
    pub fn missing(source: Source, name: &str) -> Self {
        Self::new(source, name, "is missing")
    }

    /// A value that something else than the types here refuses: "id must be a UUID".
    #[must_use]
    pub fn other(source: Source, name: &str, what: &str) -> Self {
        Self::new(source, name, what)
    }

    /// An array where one value is wanted (`?page[]=1`): "page must be an integer, an array given".
    #[must_use]
    pub fn array(source: Source, name: &str, kind: Kind<'_>) -> Self {
        Self::new(
            source,
            name,
            &format!("must be {}, an array given", wanted(kind)),
        )
    }
}

/// Converts `text` (decoded already).
///
/// # Errors
/// A text that is not of the type. It is shown up to 40 characters, control characters escaped.
pub fn convert<'t>(
    source: Source,
    name: &str,
    text: &'t str,
    kind: Kind<'_>,
) -> Result<Value<'t>, ParameterError> {
    let value = match kind {
        Kind::Int => int(text).map(Value::Int),
        Kind::Float => float(text).map(Value::Float),
        Kind::Bool => bool(text).map(Value::Bool),
        Kind::String => Some(Value::String(text)),
        Kind::Strings(cases) => cases.iter().position(|c| *c == text).map(Value::Case),
        Kind::Ints(cases) => int(text)
            .and_then(|n| cases.iter().position(|c| *c == n))
            .map(Value::Case),
    };
    value.ok_or_else(|| {
        let what = match kind {
            Kind::Int if is_decimal(text) => {
                format!("an integer from {} to {}", i64::MIN, i64::MAX)
            }
            _ => wanted(kind),
        };
        ParameterError::new(
            source,
            name,
            &format!("must be {what}, '{}' given", shown(text)),
        )
    })
}

fn wanted(kind: Kind<'_>) -> String {
    match kind {
        Kind::Int => "an integer".into(),
        Kind::Float => "a number".into(),
        Kind::Bool => "one of 1, 0, true, false, on, off, yes, no".into(),
        Kind::String => "a text".into(),
        Kind::Strings(cases) => format!("one of {}", cases.join(", ")),
        Kind::Ints(cases) => {
            let cases: Vec<_> = cases.iter().map(ToString::to_string).collect();
            format!("one of {}", cases.join(", "))
        }
    }
}

fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(40) {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    if text.chars().nth(40).is_some() {
        out.push('…');
    }
    out
}

fn is_decimal(text: &str) -> bool {
    match text.strip_prefix('-').unwrap_or(text).as_bytes() {
        [b'0'] => text.len() == 1,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// A strict decimal, as PHP has it for array keys: no `+`, no leading zero, no `-0`, no space;
/// `None` outside of 64 bits too.
#[must_use]
pub fn int(text: &str) -> Option<i64> {
    if is_decimal(text) {
        text.parse().ok()
    } else {
        None
    }
}

/// Digits with at most one point and an exponent, as PHP's numeric strings without spaces;
/// never infinite, never NaN.
#[must_use]
pub fn float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    if numeric {
        text.parse().ok().filter(|n: &f64| n.is_finite())
    } else {
        None
    }
}

/// `1`, `true`, `on`, `yes`; `0`, `false`, `off`, `no`; in any case.
#[must_use]
pub fn bool(text: &str) -> Option<bool> {
    let any = |list: [&str; 4]| list.iter().any(|w| text.eq_ignore_ascii_case(w));
    if any(["1", "true", "on", "yes"]) {
        Some(true)
    } else if any(["0", "false", "off", "no"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good() {
        for (text, kind, want) in [
            ("0", Kind::Int, Value::Int(0)),
            ("-12", Kind::Int, Value::Int(-12)),
            ("9223372036854775807", Kind::Int, Value::Int(i64::MAX)),
            ("-9223372036854775808", Kind::Int, Value::Int(i64::MIN)),
            ("1.5", Kind::Float, Value::Float(1.5)),
            ("-.5e-1", Kind::Float, Value::Float(-0.05)),
            ("3", Kind::Float, Value::Float(3.0)),
            ("YES", Kind::Bool, Value::Bool(true)),
            ("0", Kind::Bool, Value::Bool(false)),
            ("", Kind::String, Value::String("")),
            ("b", Kind::Strings(&["a", "b"]), Value::Case(1)),
            ("7", Kind::Ints(&[5, 7]), Value::Case(1)),
        ] {
            assert_eq!(convert(Source::Query, "x", text, kind), Ok(want), "{text}");
        }
    }

    #[test]
    fn bad() {
        for (text, kind, want) in [
            ("abc", Kind::Int, "id must be an integer, 'abc' given"),
            ("", Kind::Int, "id must be an integer, '' given"),
            ("007", Kind::Int, "id must be an integer, '007' given"),
            ("-0", Kind::Int, "id must be an integer, '-0' given"),
            ("+5", Kind::Int, "id must be an integer, '+5' given"),
            (" 5", Kind::Int, "id must be an integer, ' 5' given"),
            ("5.0", Kind::Int, "id must be an integer, '5.0' given"),
            (
                "9223372036854775808",
                Kind::Int,
                "id must be an integer from -9223372036854775808 to 9223372036854775807, '9223372036854775808' given",
            ),
            ("nan", Kind::Float, "id must be a number, 'nan' given"),
            ("inf", Kind::Float, "id must be a number, 'inf' given"),
            ("1e999", Kind::Float, "id must be a number, '1e999' given"),
            (".", Kind::Float, "id must be a number, '.' given"),
            ("+1", Kind::Float, "id must be a number, '+1' given"),
            (
                "maybe",
                Kind::Bool,
                "id must be one of 1, 0, true, false, on, off, yes, no, 'maybe' given",
            ),
            (
                "A",
                Kind::Strings(&["a", "b"]),
                "id must be one of a, b, 'A' given",
            ),
            (
                "6",
                Kind::Ints(&[5, 7]),
                "id must be one of 5, 7, '6' given",
            ),
            ("a\nb", Kind::Int, "id must be an integer, 'a\\nb' given"),
        ] {
            let e = convert(Source::Path, "id", text, kind).unwrap_err();
            assert_eq!((e.status, e.message.as_str()), (404, want));
        }
        let e = convert(Source::Query, "q", &"x".repeat(99), Kind::Int).unwrap_err();
        assert_eq!(
            (e.status, e.message),
            (
                400,
                format!("q must be an integer, '{}…' given", "x".repeat(40))
            )
        );
        assert_eq!(
            ParameterError::missing(Source::Query, "q").to_string(),
            "q is missing"
        );
        assert_eq!(
            ParameterError::array(Source::Query, "q", Kind::Int).to_string(),
            "q must be an integer, an array given"
        );
    }
}
