//! From which pages browsers may connect: RFC 6455, section 10.2.

/// The pages that may.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Origins {
    /// Those of the same host.
    #[default]
    Same,
    /// All.
    Any,
    /// Those of these origins: `https://example.com`.
    These(Vec<String>),
}

impl Origins {
    /// Of a list: none for the same host, `*` for all.
    ///
    /// # Errors
    /// What is no origin, and what one is.
    pub fn parse(list: &[String]) -> Result<Self, String> {
        if list.is_empty() {
            return Ok(Self::Same);
        }
        if list.iter().any(|one| one == "*") {
            return Ok(Self::Any);
        }
        for one in list {
            let is_one = parts(one)
                .is_some_and(|(_, host)| !host.is_empty() && !host.contains(['/', '?', '#', '@']));
            if !is_one {
                return Err(format!(
                    "origins must be such as 'https://example.com', or '*' for all, '{}' given",
                    one.escape_debug()
                ));
            }
        }
        Ok(Self::These(
            list.iter().map(|one| one.to_ascii_lowercase()).collect(),
        ))
    }

    /// May this one? A client that names none is no browser. `host`: what the request says of itself.
    #[must_use]
    pub fn allows(&self, origin: Option<&[u8]>, host: Option<&[u8]>) -> bool {
        let Some(origin) = origin else {
            return true;
        };
        let Ok(origin) = std::str::from_utf8(origin) else {
            return *self == Self::Any;
        };
        let origin = origin.to_ascii_lowercase();
        match self {
            Self::Any => true,
            Self::These(list) => list.contains(&origin),
            Self::Same => {
                let host = host.and_then(|host| std::str::from_utf8(host).ok());
                match (parts(&origin), host) {
                    (Some((scheme, own)), Some(host)) => {
                        plain(scheme, own) == plain(scheme, &host.to_ascii_lowercase())
                    }
                    _ => false,
                }
            }
        }
    }
}

/// Scheme and host with port.
fn parts(origin: &str) -> Option<(&str, &str)> {
    let (scheme, host) = origin.split_once("://")?;
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https").then_some((scheme, host))
}

/// Without the port that goes without saying.
fn plain<'a>(scheme: &str, host: &'a str) -> &'a str {
    let usual = if scheme == "https" { ":443" } else { ":80" };
    host.strip_suffix(usual).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &[&str]) -> Origins {
        let list: Vec<String> = list.iter().map(|s| (*s).to_owned()).collect();
        Origins::parse(&list).unwrap()
    }

    #[test]
    fn the_same_host_unless_others_are_named() {
        let same = of(&[]);
        for (origin, host, wanted) in [
            (Some("https://example.com"), "example.com", true),
            (Some("https://example.com"), "Example.com:443", true),
            (Some("http://example.com:80"), "example.com", true),
            (Some("http://localhost:5173"), "localhost:9501", false),
            (Some("https://evil.com"), "example.com", false),
            (Some("https://example.com.evil.com"), "example.com", false),
            (Some("null"), "example.com", false),
            (Some(""), "", false),
            (None, "example.com", true),
        ] {
            let allowed = same.allows(origin.map(str::as_bytes), Some(host.as_bytes()));
            assert_eq!(allowed, wanted, "{origin:?} at {host}");
        }
        assert!(!same.allows(Some(b"http://\xff"), Some(b"x")));
        let these = of(&["https://A.com", "http://b.com:8080"]);
        assert!(these.allows(Some(b"https://a.com"), None));
        assert!(!these.allows(Some(b"http://a.com"), Some(b"a.com")));
        assert!(of(&["*"]).allows(Some(b"null"), None));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for wrong in [
            "example.com",
            "https://",
            "https://a.com/",
            "ftp://a.com",
            "https://u@a.com",
        ] {
            assert!(Origins::parse(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
