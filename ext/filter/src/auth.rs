//! Who has signed in: Basic (RFC 7617) and Bearer (RFC 6750).

use crate::jwt::Verifier;
use crate::notes::Notes;
use crate::{Answer, Seen};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::time::{SystemTime, UNIX_EPOCH};

/// What follows the scheme in `Authorization`; `None` where there is no such field or another scheme.
fn credentials<'a>(seen: &Seen<'a>, scheme: &str) -> Option<&'a [u8]> {
    let value = seen.field(b"authorization")?;
    let (given, rest) = value.split_at_checked(scheme.len())?;
    let fits = given.eq_ignore_ascii_case(scheme.as_bytes()) && rest.first() == Some(&b' ');
    fits.then(|| rest.trim_ascii())
}

/// A realm as it stands in quotes.
fn realm(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text
            .bytes()
            .all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\');
    fits.then(|| text.to_owned()).ok_or_else(|| {
        format!(
            "must be a text without quotes, '{}' given",
            text.escape_default()
        )
    })
}

/// Names and passwords.
#[derive(Clone, Debug)]
pub struct BasicAuth {
    challenge: String,
    /// Names, and the SHA-256 of their passwords.
    users: Vec<(String, Vec<u8>)>,
}

impl BasicAuth {
    /// Of these users. A password may be given as `sha256:` and its hash in hexadecimal digits.
    ///
    /// # Errors
    /// The number of the option that is wrong, counted from 0, and what it must be.
    pub fn new(users: &[(String, String)], realm_: &str) -> Result<Self, (usize, String)> {
        if users.is_empty() {
            return Err((0, "must not be empty".into()));
        }
        let user = |(name, password): &(String, String)| {
            if name.is_empty() || name.contains(':') {
                return Err(format!(
                    "must have names without ':', '{}' given",
                    name.escape_default()
                ));
            }
            let hash = match password.strip_prefix("sha256:") {
                Some(hex) => unhex(hex).ok_or_else(|| {
                    format!("must have 64 hexadecimal digits behind 'sha256:' for {name}")
                })?,
                None if password.is_empty() => {
                    return Err(format!("must have a password for {name}"));
                }
                None => digest(&SHA256, password.as_bytes()).as_ref().to_vec(),
            };
            Ok((name.clone(), hash))
        };
        let users = users
            .iter()
            .map(user)
            .collect::<Result<_, _>>()
            .map_err(|why| (0, why))?;
        let realm = realm(realm_).map_err(|why| (1, why))?;
        Ok(Self {
            challenge: format!("Basic realm=\"{realm}\", charset=\"UTF-8\""),
            users,
        })
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) -> Option<Answer> {
        let given = credentials(seen, "Basic").and_then(|text| STANDARD.decode(text).ok());
        let pair = given.as_deref().and_then(|pair| {
            let at = pair.iter().position(|b| *b == b':')?;
            Some((&pair[..at], digest(&SHA256, &pair[at + 1..])))
        });
        if let Some((name, hash)) = pair {
            // All are compared, each in the same time, so that nothing is told by how long it takes.
            let mut found = None;
            for (known, wanted) in &self.users {
                let same = same(hash.as_ref(), wanted);
                if same && known.as_bytes() == name {
                    found = Some(known);
                }
            }
            if let Some(name) = found {
                notes.user = Some(name.as_str().into());
                return None;
            }
        }
        notes.add("WWW-Authenticate", self.challenge.as_bytes());
        Some(Answer::Problem(401, None))
    }
}

/// Are they the same? Takes as long where they are not.
fn same(a: &[u8], b: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    hmac::verify(&key, a, hmac::sign(&key, b).as_ref()).is_ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..32)
        .map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok())
        .collect()
}

/// Tokens.
#[derive(Clone, Debug)]
pub struct BearerAuth {
    verifier: Verifier,
    realm: String,
    is_optional: bool,
}

impl BearerAuth {
    /// Tokens that this verifier accepts. `is_optional`: who has none goes on as nobody.
    ///
    /// # Errors
    /// What the realm must be.
    pub fn new(verifier: Verifier, realm_: &str, is_optional: bool) -> Result<Self, String> {
        Ok(Self {
            verifier,
            realm: realm(realm_)?,
            is_optional,
        })
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) -> Option<Answer> {
        let Some(token) = credentials(seen, "Bearer") else {
            if self.is_optional && seen.field(b"authorization").is_none() {
                return None;
            }
            notes.add_parts(
                "WWW-Authenticate",
                &[b"Bearer realm=\"", self.realm.as_bytes(), b"\""],
            );
            return Some(Answer::Problem(401, None));
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        match self.verifier.verify(token, now.as_secs()) {
            Ok(claims) => {
                notes.user = claims
                    .get("sub")
                    .and_then(|sub| sub.as_str())
                    .map(Into::into);
                notes.claims = Some(claims);
                None
            }
            Err(why) => {
                let parts: [&[u8]; 5] = [
                    b"Bearer realm=\"",
                    self.realm.as_bytes(),
                    b"\", error=\"invalid_token\", error_description=\"",
                    why.as_bytes(),
                    b"\"",
                ];
                notes.add_parts("WWW-Authenticate", &parts);
                Some(Answer::Problem(401, Some(why.into())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{local, with};

    fn basic(users: &[(&str, &str)]) -> Result<BasicAuth, (usize, String)> {
        let users: Vec<_> = users
            .iter()
            .map(|(n, p)| (n.to_string(), p.to_string()))
            .collect();
        BasicAuth::new(&users, "here")
    }

    #[test]
    fn names_and_passwords() {
        let filter = basic(&[
            ("ann", "secret:x"),
            (
                "bob",
                "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
            ),
        ])
        .unwrap();
        let enter = |field: &str| {
            with(
                &format!("GET / HTTP/1.1\nHost: h{field}"),
                &local(),
                |seen| {
                    let mut notes = Notes::default();
                    let answer = filter.enter(seen, &mut notes);
                    (
                        answer.is_none(),
                        notes.user.clone().map(String::from),
                        String::from_utf8_lossy(notes.lines()).into_owned(),
                    )
                },
            )
        };
        let send = |pair: &str| enter(&format!("\nAuthorization: basic {}", STANDARD.encode(pair)));
        assert_eq!(
            send("ann:secret:x"),
            (true, Some("ann".into()), String::new())
        );
        assert_eq!(send("bob:secret").1, Some("bob".into()));
        for wrong in ["ann:secret", "ann", "bob:secret:x", ":secret:x", "", "ann:"] {
            assert!(!send(wrong).0, "{wrong}");
        }
        assert_eq!(
            enter(""),
            (
                false,
                None,
                "WWW-Authenticate: Basic realm=\"here\", charset=\"UTF-8\"\r\n".into()
            )
        );
        assert!(
            !enter("\nAuthorization: Basic !").0
                && !enter("\nAuthorization: Basic").0
                && !enter("\nAuthorization: Bearer x").0
        );
        assert_eq!(basic(&[]).unwrap_err().0, 0);
        assert_eq!(basic(&[("a:b", "x")]).unwrap_err().0, 0);
        assert_eq!(basic(&[("a", "")]).unwrap_err().0, 0);
        assert_eq!(basic(&[("a", "sha256:zz")]).unwrap_err().0, 0);
        assert_eq!(
            BasicAuth::new(&[("a".into(), "b".into())], "x\"y")
                .unwrap_err()
                .0,
            1
        );
    }
}
