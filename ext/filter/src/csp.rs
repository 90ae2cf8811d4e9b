//! Where a page may load things from (CSP Level 3), with nonces for what stands in the page itself.

use crate::notes::Notes;
use crate::token::is_value;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::cell::RefCell;

/// What stands for the nonce in a directive.
const PLACE: &str = "'nonce'";

/// Adds the policy.
#[derive(Clone, Debug)]
pub struct ContentSecurityPolicy {
    name: &'static str,
    /// The policy in parts, between which the nonce goes.
    parts: Vec<String>,
}

impl ContentSecurityPolicy {
    /// With these directives and their sources; `'nonce'` among them stands for a nonce of each answer's own.
    ///
    /// # Errors
    /// What is wrong with a directive.
    pub fn new(directives: &[(String, String)], report_only: bool) -> Result<Self, String> {
        if directives.is_empty() {
            return Err("must not be empty".into());
        }
        let mut policy = String::new();
        for (name, sources) in directives {
            let is_name =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !is_name {
                return Err(format!(
                    "must have directives as keys, such as 'script-src'; '{}' given",
                    name.escape_default()
                ));
            }
            if sources.contains([';', ',']) || !is_value(sources.as_bytes()) {
                return Err(format!(
                    "must have sources without ';' and ',' for {name}, '{}' given",
                    sources.escape_default()
                ));
            }
            if !policy.is_empty() {
                policy.push_str("; ");
            }
            policy.push_str(name);
            if !sources.is_empty() {
                policy.push(' ');
                policy.push_str(sources);
            }
        }
        Ok(Self {
            name: match report_only {
                true => "Content-Security-Policy-Report-Only",
                false => "Content-Security-Policy",
            },
            parts: policy.split(PLACE).map(str::to_owned).collect(),
        })
    }

    pub(crate) fn enter(&self, notes: &mut Notes) {
        if let [whole] = &*self.parts {
            return notes.add(self.name, whole.as_bytes());
        }
        let nonce = notes.nonce.get_or_insert_with(nonce).clone();
        let mut parts: Vec<&[u8]> = Vec::with_capacity(self.parts.len() * 4);
        for (number, part) in self.parts.iter().enumerate() {
            if number > 0 {
                parts.extend_from_slice(&[b"'nonce-", nonce.as_bytes(), b"'"]);
            }
            parts.push(part.as_bytes());
        }
        notes.add_parts(self.name, &parts);
    }
}

/// 128 bits that nobody can guess.
fn nonce() -> Box<str> {
    // The system is asked for several at once.
    const STOCK: usize = 16 * 32;
    thread_local! {
        static READY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    READY.with_borrow_mut(|ready| {
        if ready.len() < 16 {
            ready.resize(STOCK, 0);
            if SystemRandom::new().fill(ready).is_err() {
                // Without a nonce nothing inline runs: that is the safe side.
                ready.clear();
                return "".into();
            }
        }
        let taken = ready.split_off(ready.len() - 16);
        STANDARD.encode(taken).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn policy(directives: &[(&str, &str)]) -> Result<ContentSecurityPolicy, String> {
        let directives: Vec<_> = directives
            .iter()
            .map(|(n, s)| (n.to_string(), s.to_string()))
            .collect();
        ContentSecurityPolicy::new(&directives, false)
    }

    #[test]
    fn policies() {
        let mut notes = Notes::default();
        policy(&[("default-src", "'self'"), ("upgrade-insecure-requests", "")])
            .unwrap()
            .enter(&mut notes);
        assert_eq!(
            notes.lines(),
            b"Content-Security-Policy: default-src 'self'; upgrade-insecure-requests\r\n"
        );
        assert!(notes.nonce.is_none());
        let report = ContentSecurityPolicy::new(&[("img-src".into(), "*".into())], true).unwrap();
        notes.clear();
        report.enter(&mut notes);
        assert_eq!(
            notes.lines(),
            b"Content-Security-Policy-Report-Only: img-src *\r\n"
        );
    }

    #[test]
    fn each_answer_has_its_nonce() {
        let csp = policy(&[("script-src", "'self' 'nonce'"), ("style-src", "'nonce'")]).unwrap();
        let mut seen = HashSet::new();
        for _ in 0..100 {
            let mut notes = Notes::default();
            csp.enter(&mut notes);
            let nonce = notes.nonce.clone().unwrap();
            assert_eq!(nonce.len(), 24);
            let line = format!(
                "Content-Security-Policy: script-src 'self' 'nonce-{nonce}'; style-src 'nonce-{nonce}'\r\n"
            );
            assert_eq!(notes.lines(), line.as_bytes());
            assert!(seen.insert(nonce));
        }
    }

    #[test]
    fn wrong_directives() {
        assert!(policy(&[]).is_err());
        assert!(
            policy(&[("script src", "x")])
                .unwrap_err()
                .contains("script src")
        );
        assert!(
            policy(&[("script-src", "a; b")])
                .unwrap_err()
                .contains("a; b")
        );
        assert!(policy(&[("script-src", "a\r\nB: c")]).is_err());
    }
}
