//! Paths from route names.

use super::Router;
use super::pattern::Piece;
use std::fmt;

/// Why no URL can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlError(String);

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UrlError {}

impl Router {
    /// The path of a named route, values percent-encoded; values that are no parameter of the
    /// pattern become the query. Optional parts appear when their parameter is given.
    ///
    /// # Errors
    /// An unknown name, a missing or empty parameter, a value that the constraint refuses.
    pub fn url(&self, name: &str, values: &[(&str, &str)]) -> Result<String, UrlError> {
        let Some(route) = self.names.get(name).map(|n| &self.routes[*n as usize]) else {
            return Err(UrlError(format!("no route is named {name:?}")));
        };
        let value = |param: &str| values.iter().find(|(n, _)| *n == param).map(|(_, v)| *v);
        let given = |piece: &Piece| match piece {
            Piece::Text(_) => true,
            Piece::Param(n, _) | Piece::Rest(n) => value(n).is_some(),
        };
        // The longest variant that is given whole; the shortest names what is missing.
        let pieces = route
            .variants
            .iter()
            .rev()
            .find(|v| v.iter().all(given))
            .unwrap_or(&route.variants[0]);
        let mut url = String::new();
        for piece in pieces {
            let fail = |n: &str, why: String| {
                UrlError(format!("route {name:?} ({}): {n} {why}", route.pattern))
            };
            match piece {
                Piece::Text(text) => encode(&mut url, text, b"/"),
                Piece::Param(n, constraint) => {
                    let v = value(n).ok_or_else(|| fail(n, "is missing".into()))?;
                    if v.is_empty() {
                        return Err(fail(n, "must not be empty".into()));
                    }
                    if let Some(c) = constraint.as_ref().filter(|c| !c.accepts(v)) {
                        return Err(fail(n, format!("must match {}, {v:?} given", c.source())));
                    }
                    encode(&mut url, v.as_bytes(), b"");
                }
                Piece::Rest(n) => {
                    let v = value(n).ok_or_else(|| fail(n, "is missing".into()))?;
                    if v.is_empty() {
                        return Err(fail(n, "must not be empty".into()));
                    }
                    encode(&mut url, v.as_bytes(), b"/");
                }
            }
        }
        let mut mark = '?';
        for (n, v) in values
            .iter()
            .filter(|(n, _)| !route.names.iter().any(|p| &**p == *n))
        {
            url.push(mark);
            encode(&mut url, n.as_bytes(), b"[]");
            url.push('=');
            encode(&mut url, v.as_bytes(), b"");
            mark = '&';
        }
        Ok(url)
    }
}

/// Appends `text`; all but RFC 3986's unreserved characters and `keep` is percent-encoded.
fn encode(url: &mut String, text: &[u8], keep: &[u8]) {
    for byte in text {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) || keep.contains(byte) {
            url.push(char::from(*byte));
        } else {
            url.push('%');
            for nibble in [byte >> 4, byte & 15] {
                url.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
}
