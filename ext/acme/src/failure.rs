//! Why there is no certificate, and what to do.

use crate::Challenge;
use instant_acme::{Error, Problem};
use std::fmt;
use std::time::Duration;

/// Why an order did not go through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What was wrong, and what to do.
    pub text: String,
    /// Not before this time has passed, says the authority.
    pub retry_after: Option<Duration>,
    /// Nobody answered: the name has not failed.
    pub is_away: bool,
    /// The process is to end.
    pub is_cancelled: bool,
    /// The authority does not know the account.
    pub(crate) is_stranger: bool,
}

const PREFIX: &str = "urn:ietf:params:acme:error:";

impl Failure {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            retry_after: None,
            is_away: false,
            is_cancelled: false,
            is_stranger: false,
        }
    }

    pub(crate) fn cancelled() -> Self {
        Self {
            is_cancelled: true,
            ..Self::new("the process ends")
        }
    }

    /// A file or folder that can't be used.
    pub(crate) fn of_store(folder: &std::path::Path, error: &std::io::Error) -> Self {
        let advice = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                "make room there"
            }
            _ => "let the server's user write there, or set tls.auto.folder",
        };
        Self::new(format!(
            "certificates can't be kept in {}: {error}; {advice}",
            folder.display()
        ))
    }

    /// What the authority, or the way to it, said. `proof` is how the name was to be proven.
    pub(crate) fn of(error: &Error, proof: Option<(&str, Challenge)>) -> Self {
        match error {
            Error::Api(problem) => Self::of_problem(problem, proof),
            Error::Other(other) => match other.downcast_ref::<highper_fetch::Error>() {
                Some(error) if error.kind == highper_fetch::Kind::Cancelled => Self::cancelled(),
                Some(error) => Self {
                    is_away: true,
                    ..Self::new(format!("the authority can't be reached: {error}"))
                },
                None => Self::new(format!("the authority's answer can't be used: {other}")),
            },
            error => Self::new(format!("the authority's answer can't be used: {error}")),
        }
    }

    pub(crate) fn of_problem(problem: &Problem, proof: Option<(&str, Challenge)>) -> Self {
        let kind = problem.r#type.as_deref().unwrap_or_default();
        let kind = kind.strip_prefix(PREFIX).unwrap_or(kind);
        let mut said = problem.detail.clone().unwrap_or_default();
        for part in &problem.subproblems {
            said.push_str("; ");
            said.push_str(part.detail.as_deref().unwrap_or_default());
        }
        let said = match said.is_empty() {
            true => format!("the authority refuses ({kind})"),
            false => format!("the authority says: {said} ({kind})"),
        };
        let text = match advice(kind, proof) {
            Some(advice) => format!("{said}; {advice}"),
            None => said,
        };
        Self {
            is_away: matches!(problem.status, Some(500..)) || kind == "serverInternal",
            is_stranger: kind == "accountDoesNotExist",
            ..Self::new(text)
        }
    }
}

/// What to do.
fn advice(kind: &str, proof: Option<(&str, Challenge)>) -> Option<String> {
    let (name, port) = match proof {
        Some((name, Challenge::Http)) => (name, 80),
        Some((name, Challenge::TlsAlpn)) => (name, 443),
        None => ("the name", 80),
    };
    Some(match kind {
        "dns" => format!("let an A or AAAA record of {name} point to this server"),
        "connection" => format!(
            "port {port} of {name} must be reachable from the internet and lead to this server: look at its DNS records, the firewall, and what forwards the port"
        ),
        "unauthorized" | "incorrectResponse" => format!(
            "somebody else answers at port {port} of {name}: its DNS records must point to this server alone, and whatever stands in front must hand the request on"
        ),
        "tls" => format!("something in front of this server answers TLS for {name}: use the challenge http-01"),
        "caa" => format!("a CAA record of {name} forbids this authority: change it"),
        "rateLimited" => "the authority's limit is reached, nothing is asked before it says so; for trials set tls.auto.directory to 'letsencrypt-staging'".to_owned(),
        "externalAccountRequired" => "this authority wants an account of its own kind: set tls.auto.binding".to_owned(),
        "userActionRequired" => "its terms have changed: agree to them at the address that it names".to_owned(),
        "invalidContact" | "unsupportedContact" => "set tls.auto.email to an address that exists".to_owned(),
        "rejectedIdentifier" | "unsupportedIdentifier" | "malformed" => {
            "look at tls.auto.names".to_owned()
        }
        _ => return None,
    })
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}
