//! Addresses of resources: `http` and `https` (RFC 3986, RFC 9110, section 4.2).

use std::fmt::Write;

/// Where a resource is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url {
    /// `https://host:port/path?query`, without user, fragment, and the port that goes without saying.
    text: String,
    is_secure: bool,
    host: String,
    port: u16,
    /// Where the path begins.
    path: usize,
    /// `user:password`
    user: Option<Vec<u8>>,
}

/// A character that a path or query has as it is; the others are escaped.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}

fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _written = write!(out, "%{byte:02X}");
        }
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    out
}

/// The scheme in front of a text, if it has one.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_good.then_some(scheme)
}

/// A path without `.` and `..`: RFC 3986, section 5.2.4.
fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut parts = path.split('/').skip(1).peekable();
    while let Some(part) = parts.next() {
        let is_last = parts.peek().is_none();
        match part {
            "." if is_last => out.push(""),
            "." => {}
            ".." => {
                out.pop();
                if is_last {
                    out.push("");
                }
            }
            part => out.push(part),
        }
    }
    format!("/{}", out.join("/"))
}

fn host_of(text: &str, whole: &str) -> Result<String, String> {
    if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return match inner.parse::<std::net::Ipv6Addr>() {
            Ok(address) => Ok(address.to_string()),
            Err(_) => Err(format!(
                "'{whole}' has no IPv6 address between its brackets"
            )),
        };
    }
    if text.is_empty() {
        return Err(format!("'{whole}' has no host: write https://host/path"));
    }
    if !text.is_ascii() {
        return Err(format!(
            "the host of '{whole}' has characters beyond ASCII: write it as idn_to_ascii() gives it"
        ));
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    match text.bytes().all(good) {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(format!(
            "the host of '{whole}' has characters that no host has"
        )),
    }
}

impl Url {
    /// Reads an address; characters that may not stand in a path or query are escaped.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let shown = shown(text);
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(format!(
                "'{}' has control characters",
                shown.escape_default()
            ));
        }
        let is_secure = match scheme(text) {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => true,
            Some(scheme) if scheme.eq_ignore_ascii_case("http") => false,
            Some(scheme) if text[scheme.len()..].starts_with("://") => {
                return Err(format!(
                    "'{shown}' is of the scheme {scheme}; http and https are spoken here"
                ));
            }
            _ => {
                return Err(format!(
                    "'{shown}' is no whole address: write https://host/path, or give the client a base"
                ));
            }
        };
        let rest = &text[if is_secure { 6 } else { 5 }..];
        let rest = rest
            .strip_prefix("//")
            .ok_or_else(|| format!("'{shown}' has no // behind its scheme"))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(unescape(user)), authority),
            None => (None, authority),
        };
        let colon = authority
            .rfind(':')
            .filter(|at| !authority[*at..].contains(']'));
        let (host, port) = match colon {
            Some(at) => (&authority[..at], &authority[at + 1..]),
            None => (authority, ""),
        };
        let own = if is_secure { 443 } else { 80 };
        let port = match port {
            "" => own,
            digits => digits
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| format!("'{shown}' has a port that is not from 1 to 65535"))?,
        };
        let host = host_of(host, &shown)?;
        let mut out = String::with_capacity(text.len() + 8);
        out.push_str(if is_secure { "https://" } else { "http://" });
        match host.contains(':') {
            true => {
                let _written = write!(out, "[{host}]");
            }
            false => out.push_str(&host),
        }
        if port != own {
            let _written = write!(out, ":{port}");
        }
        let path = out.len();
        let rest = rest.split('#').next().unwrap_or_default();
        if !rest.starts_with('/') {
            out.push('/');
        }
        escape(rest, &mut out);
        Ok(Self {
            text: out,
            is_secure,
            host,
            port,
            path,
            user,
        })
    }

    /// Where a reference found here leads: RFC 3986, section 5.2.
    ///
    /// # Errors
    /// As [`Url::parse`].
    pub fn join(&self, reference: &str) -> Result<Self, String> {
        let reference = reference.trim_matches([' ', '\t', '\r', '\n']);
        if scheme(reference).is_some() {
            return Self::parse(reference);
        }
        let own = if self.is_secure { "https" } else { "http" };
        if reference.starts_with("//") {
            return Self::parse(&format!("{own}:{reference}"));
        }
        let (origin, target) = self.text.split_at(self.path);
        let (path, _) = target.split_once('?').unwrap_or((target, ""));
        let (new, query) = match reference.find(['?', '#']) {
            Some(at) => reference.split_at(at),
            None => (reference, ""),
        };
        let joined = if new.is_empty() {
            match query.starts_with('?') {
                true => path.to_owned(),
                false => target.to_owned(),
            }
        } else if new.starts_with('/') {
            without_dots(new)
        } else {
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            without_dots(&format!("{folder}{new}"))
        };
        Self::parse(&format!("{origin}{joined}{query}"))
    }

    /// Adds to its query; `more` is escaped already.
    pub fn add_query(&mut self, more: &str) {
        if !more.is_empty() {
            let has_query = self.target().contains('?');
            self.text.push(if has_query { '&' } else { '?' });
            self.text.push_str(more);
        }
    }

    /// All of it, without user and fragment.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port: `https://host`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.text[..self.path]
    }

    /// Host and port as a request names them.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.text[if self.is_secure { 8 } else { 7 }..self.path]
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.text[self.path..]
    }

    /// Without its query, which may hold secrets: for messages.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.text.split('?').next().unwrap_or_default()
    }

    /// Is it by TLS?
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The host's name or address, an address of IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `user:password` as it was written in front of the host.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.user.as_deref()
    }
}

/// An address as messages show it: without user and query.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match (text.find("://"), text.rfind('@')) {
        (Some(start), Some(at)) if at > start => {
            format!("{}{}", &text[..start + 3], &text[at + 1..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let url = Url::parse("HTTPS://us%65r:p%40ss@Example.ORG:443/a b?q=ü#x").unwrap();
        assert_eq!(url.as_str(), "https://example.org/a%20b?q=%C3%BC");
        assert_eq!(
            (url.host(), url.port(), url.is_secure()),
            ("example.org", 443, true)
        );
        assert_eq!(
            (url.origin(), url.authority()),
            ("https://example.org", "example.org")
        );
        assert_eq!(url.target(), "/a%20b?q=%C3%BC");
        assert_eq!(url.user(), Some(&b"user:p@ss"[..]));
        assert_eq!(url.shown(), "https://example.org/a%20b");
        let six = Url::parse("http://[::1]:8080?x=%zz").unwrap();
        assert_eq!(
            (six.host(), six.port(), six.authority()),
            ("::1", 8080, "[::1]:8080")
        );
        assert_eq!(six.target(), "/?x=%zz");
    }

    #[test]
    fn wrong_ones_say_what_is_wrong() {
        for (text, why) in [
            ("/a", "no whole address"),
            ("ftp://x/", "of the scheme ftp"),
            ("http:///x", "no host"),
            ("http://x:0/", "port"),
            ("http://x:66000/", "port"),
            ("http://bücher.de/", "idn_to_ascii"),
            ("http://a b/", "characters that no host has"),
            ("http://[::g]/", "IPv6"),
            ("http:x", "no //"),
            ("http://x/\r\nHost: y", "control characters"),
        ] {
            let error = Url::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(
            !Url::parse("http://u:secret@h:0/?key=secret")
                .unwrap_err()
                .contains("secret")
        );
    }

    #[test]
    fn references() {
        let base = Url::parse("http://a/b/c/d?q").unwrap();
        for (reference, wanted) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d?q"),
            ("", "http://a/b/c/d?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("https://z/x", "https://z/x"),
            ("g;x=1/../y", "http://a/b/c/y"),
        ] {
            assert_eq!(
                base.join(reference).unwrap().as_str(),
                wanted,
                "{reference}"
            );
        }
        assert!(base.join("javascript:alert(1)").is_err());
    }

    #[test]
    fn queries_are_added() {
        let mut url = Url::parse("http://a").unwrap();
        url.add_query("x=1");
        url.add_query("");
        url.add_query("y=2");
        assert_eq!(url.as_str(), "http://a/?x=1&y=2");
    }
}
