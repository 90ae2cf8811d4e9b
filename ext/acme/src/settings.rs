//! What is to be kept, and by whom it is signed.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// Its certificates for trials, which nobody trusts; its limits are higher.
pub const LETS_ENCRYPT_STAGING: &str = "https://acme-staging-v02.api.letsencrypt.org/directory";

/// How an authority sees that a name is served here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Challenge {
    /// A file at port 80: RFC 8555, section 8.3.
    Http,
    /// A certificate at port 443: RFC 8737.
    TlsAlpn,
}

/// An account with the authority that the one for ACME belongs to (RFC 8555, section 7.3.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its key's name.
    pub id: String,
    /// Its key.
    pub key: Vec<u8>,
}

impl Binding {
    /// `key` is in base64url (RFC 4648, section 5), as authorities hand it out. `None`: it is not.
    #[must_use]
    pub fn new(id: String, key: &str) -> Option<Self> {
        use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
        let key = BASE64_URL_SAFE_NO_PAD
            .decode(key.trim_end_matches('='))
            .ok()?;
        (!key.is_empty()).then_some(Self { id, key })
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Binding({})", self.id)
    }
}

/// What a [`crate::Keeper`] is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Where the authority's directory is: an address with `https`.
    pub directory: String,
    /// A certificate for each of these.
    pub names: Vec<String>,
    /// Whom the authority writes to.
    pub email: Option<String>,
    /// Where accounts and certificates are kept.
    pub folder: PathBuf,
    /// How names are proven: the first, then the next when one has failed.
    pub challenges: Vec<Challenge>,
    /// An account elsewhere, which some authorities ask for.
    pub binding: Option<Binding>,
    /// Who has signed the authority's own certificate, PEM; the system's authorities otherwise.
    pub ca: Option<PathBuf>,
    /// The pause after a first failure; it grows from one to the next.
    pub retry: Duration,
}

/// Is this a name that an authority signs by one of our challenges? Wildcards need one by DNS.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && name.split('.').all(label) && name.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_hosts() {
        for name in ["shop.example", "a", "xn--bcher-kva.example", "1.example"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "*.example",
            "a..b",
            "-a.b",
            "a-.b",
            "../x",
            "10.0.0.1",
            "a b",
            "bücher.example",
            ".a",
            "a.",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
