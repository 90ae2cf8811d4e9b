//! Which kind of body a request has, by its `Content-Type`.

use std::fmt;

use crate::mime;

/// A multipart boundary that RFC 2046 (5.1.1) allows: 1 to 70 characters, not ending in a space.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    bytes: [u8; 70],
    length: u8,
}

impl Boundary {
    /// Checks a boundary.
    ///
    /// # Errors
    /// [`FormError::BadBoundary`] if the RFC does not allow it.
    pub fn new(text: &[u8]) -> Result<Self, FormError> {
        let fits = (1..=70).contains(&text.len())
            && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b' '..=b'/' | b':' | b'=' | b'?' | b'_'))
            && !text.iter().any(|byte| matches!(byte, b'!' | b'"' | b'#' | b'$' | b'%' | b'&' | b'*'))
            && text[text.len() - 1] != b' ';
        if !fits {
            return Err(FormError::BadBoundary(
                String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned(),
            ));
        }
        let mut bytes = [0; 70];
        bytes[..text.len()].copy_from_slice(text);
        Ok(Self {
            bytes,
            length: text.len() as u8,
        })
    }

    /// Its bytes, without the two hyphens that come before it in a body.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl fmt::Debug for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Boundary({:?})",
            String::from_utf8_lossy(self.as_bytes())
        )
    }
}

/// How a body is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `application/x-www-form-urlencoded`: give it to [`crate::query::parse`].
    UrlEncoded,
    /// `multipart/form-data`: give it to [`crate::multipart::Parser`].
    Multipart(Boundary),
    /// `application/json` and `…+json`.
    Json,
    /// Anything else, or no `Content-Type`.
    Other,
}

/// Why a `Content-Type` cannot be used; the answer is 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormError {
    /// `multipart/form-data` without a `boundary` parameter.
    NoBoundary,
    /// Two `boundary` parameters: parsers would disagree on the parts.
    TwoBoundaries,
    /// A boundary that RFC 2046 does not allow.
    BadBoundary(String),
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormError::NoBoundary => f.write_str(
                "the multipart/form-data body has no boundary parameter in Content-Type; add one",
            ),
            FormError::TwoBoundaries => {
                f.write_str("Content-Type has more than one boundary parameter; send one")
            }
            FormError::BadBoundary(text) => write!(
                f,
                "the multipart boundary {text:?} is not allowed; use 1 to 70 letters, digits or characters of '()+_,-./:=? and no space at its end"
            ),
        }
    }
}

impl std::error::Error for FormError {}

impl Kind {
    /// Reads a `Content-Type` header.
    ///
    /// # Errors
    /// [`FormError`] for multipart bodies whose boundary is missing, doubled or not allowed.
    pub fn of(content_type: &[u8]) -> Result<Self, FormError> {
        let essence = mime::essence(content_type);
        if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Ok(Kind::UrlEncoded);
        }
        if essence.eq_ignore_ascii_case(b"multipart/form-data") {
            return boundary(content_type).map(Kind::Multipart);
        }
        let json = essence.eq_ignore_ascii_case(b"application/json")
            || essence.len() > 5 && essence[essence.len() - 5..].eq_ignore_ascii_case(b"+json");
        Ok(if json { Kind::Json } else { Kind::Other })
    }
}

fn boundary(content_type: &[u8]) -> Result<Boundary, FormError> {
    let mut found = None;
    for (name, value) in Parameters::of(content_type) {
        if name.eq_ignore_ascii_case(b"boundary") {
            if found.is_some() {
                return Err(FormError::TwoBoundaries);
            }
            found = Some(Boundary::new(&value)?);
        }
    }
    found.ok_or(FormError::NoBoundary)
}

/// The parameters of a header value: `; name=token` and `; name="quoted \" string"`.
///
/// In quoted strings a backslash escapes a quote and a backslash and nothing else, as in PHP and
/// browsers: `filename="C:\dir\x"` keeps its backslashes. A quote that is not closed ends with
/// the header. Parameters without `=` are skipped.
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    rest: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// The parameters after the first `;` of a value.
    pub fn of(value: &'a [u8]) -> Self {
        let start = memchr::memchr(b';', value).unwrap_or(value.len());
        Self {
            rest: &value[start..],
        }
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = (&'a [u8], std::borrow::Cow<'a, [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let blank = self
                .rest
                .iter()
                .take_while(|byte| matches!(byte, b';' | b' ' | b'\t'))
                .count();
            self.rest = &self.rest[blank..];
            if self.rest.is_empty() {
                return None;
            }
            let end = memchr::memchr2(b'=', b';', self.rest).unwrap_or(self.rest.len());
            let name = self.rest[..end].trim_ascii();
            if self.rest.get(end) != Some(&b'=') {
                self.rest = &self.rest[end..];
                continue;
            }
            self.rest = self.rest[end + 1..].trim_ascii_start();
            if self.rest.first() == Some(&b'"') {
                return Some((name, self.quoted()));
            }
            let end = memchr::memchr(b';', self.rest).unwrap_or(self.rest.len());
            let value = self.rest[..end].trim_ascii_end();
            self.rest = &self.rest[end..];
            return Some((name, value.into()));
        }
    }
}

impl<'a> Parameters<'a> {
    fn quoted(&mut self) -> std::borrow::Cow<'a, [u8]> {
        let text = &self.rest[1..];
        let mut escapes = false;
        let mut at = 0;
        while at < text.len() && text[at] != b'"' {
            if text[at] == b'\\' && matches!(text.get(at + 1), Some(b'"' | b'\\')) {
                escapes = true;
                at += 1;
            }
            at += 1;
        }
        let end = at.min(text.len());
        let value = &text[..end];
        // Whatever stands between the closing quote and the next ';' belongs to nothing.
        let after = &text[(end + 1).min(text.len())..];
        let next = memchr::memchr(b';', after).unwrap_or(after.len());
        self.rest = &after[next..];
        if !escapes {
            return value.into();
        }
        let mut out = Vec::with_capacity(value.len());
        let mut at = 0;
        while at < value.len() {
            if value[at] == b'\\' && matches!(value.get(at + 1), Some(b'"' | b'\\')) {
                at += 1;
            }
            out.push(value[at]);
            at += 1;
        }
        out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(value: &str) -> Vec<(String, String)> {
        Parameters::of(value.as_bytes())
            .map(|(name, value)| {
                (
                    String::from_utf8_lossy(name).into_owned(),
                    String::from_utf8_lossy(&value).into_owned(),
                )
            })
            .collect()
    }

    #[test]
    fn kinds() {
        assert_eq!(
            Kind::of(b"application/x-www-form-urlencoded; charset=UTF-8"),
            Ok(Kind::UrlEncoded)
        );
        assert_eq!(Kind::of(b" Application/JSON"), Ok(Kind::Json));
        assert_eq!(Kind::of(b"application/vnd.api+json"), Ok(Kind::Json));
        assert_eq!(
            Kind::of(b"application/x-www-form-urlencodedx"),
            Ok(Kind::Other)
        );
        assert_eq!(Kind::of(b"+json"), Ok(Kind::Other));
        assert_eq!(Kind::of(b""), Ok(Kind::Other));
    }

    #[test]
    fn boundaries() {
        let boundary = |value: &str| match Kind::of(value.as_bytes()) {
            Ok(Kind::Multipart(boundary)) => {
                Ok(String::from_utf8_lossy(boundary.as_bytes()).into_owned())
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        assert_eq!(
            boundary("multipart/form-data; boundary=----WebKitFormBoundaryX"),
            Ok("----WebKitFormBoundaryX".into())
        );
        assert_eq!(
            boundary("Multipart/Form-Data;charset=x; BOUNDARY=\"a b=c\"; x=y"),
            Ok("a b=c".into())
        );
        assert_eq!(
            boundary("multipart/form-data; boundary=a=b/c:d;"),
            Ok("a=b/c:d".into())
        );
        assert_eq!(boundary("multipart/form-data"), Err(FormError::NoBoundary));
        assert_eq!(
            boundary("multipart/form-data; boundary"),
            Err(FormError::NoBoundary)
        );
        assert_eq!(
            boundary("multipart/form-data; boundary=a; boundary=a"),
            Err(FormError::TwoBoundaries)
        );
        for bad in ["", "\"\"", "\"a \"", "a\tb", "a%b", "a\"b", &"x".repeat(71)] {
            let result = boundary(&format!("multipart/form-data; boundary={bad}"));
            assert!(matches!(result, Err(FormError::BadBoundary(_))), "{bad}");
        }
        assert!(boundary(&format!("multipart/form-data; boundary={}", "x".repeat(70))).is_ok());
    }

    #[test]
    fn parameters_with_quotes() {
        let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
        assert_eq!(
            parameters(r#"form-data; name="a;b\"c"; filename="C:\dir\\x.txt" junk; flag; n = v ;"#),
            [
                pair("name", "a;b\"c"),
                pair("filename", r"C:\dir\x.txt"),
                pair("n", "v")
            ]
        );
        assert_eq!(parameters("x; name=\"open"), [pair("name", "open")]);
        assert_eq!(parameters("x; name=\"open\\"), [pair("name", "open\\")]);
        assert_eq!(parameters("x; name=\"open\\\""), [pair("name", "open\"")]);
        assert_eq!(parameters("x; name=\""), [pair("name", "")]);
        assert_eq!(parameters("x"), []);
    }
}
