//! The proxy that a client goes through.

use crate::Url;

/// What a proxy speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaks {
    /// HTTP: asked for what is not by TLS, and for a tunnel otherwise.
    Http,
    /// SOCKS5, which looks names up itself.
    Socks5,
}

/// A proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// What it speaks.
    pub speaks: Speaks,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What it wants to know of us; empty for nothing.
    pub user: Vec<u8>,
    /// The same.
    pub password: Vec<u8>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}

impl Proxy {
    /// `http://user:password@host:3128`, `socks5://host:1080`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("a proxy is written http://host:3128 or socks5://host:1080")?;
        let (speaks, port) = match scheme {
            "http" => (Speaks::Http, 3128),
            "socks5" | "socks5h" => (Speaks::Socks5, 1080),
            other => {
                return Err(format!(
                    "a proxy of the scheme '{other}' is not known: write http://host:3128 or socks5://host:1080"
                ));
            }
        };
        // The rules for hosts are the same; the port that goes without saying is not.
        let url = Url::parse(&format!("http://{rest}"))?;
        let host = rest.rsplit('@').next().unwrap_or(rest);
        let host = host.split('/').next().unwrap_or(host);
        let has_port = host.rsplit(']').next().unwrap_or(host).contains(':');
        let (user, password) = match url.user() {
            Some(user) => match user.iter().position(|byte| *byte == b':') {
                Some(at) => (user[..at].to_vec(), user[at + 1..].to_vec()),
                None => (user.to_vec(), Vec::new()),
            },
            None => (Vec::new(), Vec::new()),
        };
        Ok(Self {
            speaks,
            host: url.host().to_owned(),
            port: if has_port { url.port() } else { port },
            user,
            password,
        })
    }

    /// The value of `Proxy-Authorization`; none without a user.
    #[must_use]
    pub fn authorization(&self) -> Option<Vec<u8>> {
        if self.user.is_empty() {
            return None;
        }
        let login = [&self.user[..], b":", &self.password].concat();
        Some(format!("Basic {}", highper_tls::base64(&login)).into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let proxy = Proxy::parse("http://u:p%3a@proxy").unwrap();
        assert_eq!(
            (&*proxy.host, proxy.port, proxy.speaks),
            ("proxy", 3128, Speaks::Http)
        );
        assert_eq!((&*proxy.user, &*proxy.password), (&b"u"[..], &b"p:"[..]));
        let proxy = Proxy::parse("socks5://[::1]").unwrap();
        assert_eq!(
            (&*proxy.host, proxy.port, proxy.speaks),
            ("::1", 1080, Speaks::Socks5)
        );
        assert_eq!(proxy.authorization(), None);
        assert_eq!(Proxy::parse("http://h:80").unwrap().port, 80);
        assert!(Proxy::parse("ftp://x").is_err() && Proxy::parse("x:1").is_err());
        assert!(!format!("{:?}", Proxy::parse("http://u:secret@h").unwrap()).contains("secret"));
    }
}
