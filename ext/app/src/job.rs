//! A job on its way to a process that works on jobs, and what comes back of one that failed.
//!
//! A message's body is the length of a head (four bytes, little endian), the head as JSON, and the
//! job itself as whoever sent it has packed it.

use serde_json::{Value, json};

/// Whoever sent the job waits for what comes of it: a flag of its message.
pub const REPLY: u32 = 1 << 16;
/// The job failed: a flag of the answer.
pub const FAILED: u32 = 1 << 17;
/// The bits of a message's flags that count failed attempts.
const ATTEMPTS: u32 = 0xffff;

/// How often a job has failed before, by its message's flags.
#[must_use]
pub fn attempts(flags: u32) -> u32 {
    flags & ATTEMPTS
}

/// What is said of an attempt that took too long.
#[must_use]
pub fn too_long(seconds: f64) -> String {
    format!("it took longer than {seconds} s")
}

/// The flags of the message for its next attempt.
#[must_use]
pub fn next_attempt(flags: u32) -> u32 {
    (flags & !ATTEMPTS) | (attempts(flags) + 1).min(ATTEMPTS)
}

/// How a job is to be treated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// Attempts after the first one that failed, 0 to 1000.
    pub retries: u32,
    /// Seconds that one attempt may take; `None` for no limit.
    pub timeout: Option<f64>,
    /// Seconds before the second attempt; each further one waits twice as long.
    pub backoff: f64,
}

impl Terms {
    /// The pause before the next attempt after so many that failed, in seconds, at most a minute.
    #[must_use]
    pub fn pause(&self, failed: u32) -> f64 {
        (self.backoff * f64::from(1u32 << failed.saturating_sub(1).min(16))).clamp(0.0, 60.0)
    }
}

/// The head of a job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Head {
    /// Its class.
    pub class: String,
    /// How it is packed.
    pub packed: String,
    /// How it is to be treated.
    pub terms: Terms,
    /// After this moment (seconds since 1970) nobody wants it any more.
    pub until: Option<f64>,
}

impl Head {
    /// The body of the message, with the packed job behind the head.
    #[must_use]
    pub fn join(&self, job: &[u8]) -> Vec<u8> {
        let head = json!({
            "class": self.class, "packed": self.packed, "retries": self.terms.retries,
            "timeout": self.terms.timeout, "backoff": self.terms.backoff, "until": self.until,
        })
        .to_string();
        let length = u32::try_from(head.len()).unwrap_or(u32::MAX);
        [&length.to_le_bytes()[..], head.as_bytes(), job].concat()
    }

    /// The head of a message's body, and the packed job.
    #[must_use]
    pub fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (length, rest) = body.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (head, job) = rest.split_at_checked(length)?;
        let head: Value = serde_json::from_slice(head).ok()?;
        let text = |name: &str| head.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| head.get(name).and_then(Value::as_f64);
        let terms = Terms {
            retries: u32::try_from(head.get("retries")?.as_u64()?).ok()?,
            timeout: number("timeout"),
            backoff: number("backoff")?,
        };
        let head = Self {
            class: text("class")?,
            packed: text("packed")?,
            terms,
            until: number("until"),
        };
        Some((head, job))
    }
}

/// What is told of a job that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Why: `exception`, `fatal`, `exit`, `killed` or `timeout`.
    pub reason: String,
    /// The class of what it threw; empty where it threw nothing.
    pub class: String,
    /// In words.
    pub message: String,
    /// Where, `file:line`; empty where that is not known.
    pub at: String,
    /// The stack trace, as PHP writes it.
    pub trace: String,
}

impl Failure {
    /// One without an exception.
    #[must_use]
    pub fn because(reason: &str, message: impl Into<String>) -> Self {
        Self {
            reason: reason.to_owned(),
            message: message.into(),
            ..Self::default()
        }
    }

    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        json!({
            "reason": self.reason, "class": self.class, "message": self.message, "at": self.at, "trace": self.trace,
        })
        .to_string()
        .into_bytes()
    }

    /// From bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let all: Value = serde_json::from_slice(bytes).ok()?;
        let text = |name: &str| all.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            reason: text("reason")?,
            class: text("class")?,
            message: text("message")?,
            at: text("at")?,
            trace: text("trace")?,
        })
    }

    /// One line: `DomainException: no such note at /app/src/Thumbnail.php:12`
    #[must_use]
    pub fn line(&self) -> String {
        let class = match self.class.is_empty() {
            true => String::new(),
            false => format!("{}: ", self.class),
        };
        let at = match self.at.is_empty() {
            true => String::new(),
            false => format!(" at {}", self.at),
        };
        format!("{class}{}{at}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_comes_back_as_it_was() {
        let head = Head {
            class: "App\\Thumbnail".into(),
            packed: "php".into(),
            terms: Terms {
                retries: 3,
                timeout: Some(2.5),
                backoff: 0.1,
            },
            until: None,
        };
        let body = head.join(b"O:13:\"x\"\0\xff");
        assert_eq!(Head::split(&body), Some((head, &b"O:13:\"x\"\0\xff"[..])));
    }

    #[test]
    fn what_is_no_job_is_refused() {
        let good = Head::default().join(b"job");
        for cut in 0..good.len() - 3 {
            assert_eq!(Head::split(&good[..cut]), None, "{cut} bytes");
        }
        assert_eq!(Head::split(&[255; 64]), None);
        assert_eq!(Head::split(b"\x02\0\0\0{}"), None);
        assert_eq!(Failure::from_bytes(b"{}"), None);
    }

    #[test]
    fn attempts_are_counted_beside_the_flags() {
        let mut flags = REPLY;
        for count in 0..3 {
            assert_eq!(attempts(flags), count);
            flags = next_attempt(flags);
            assert_eq!(flags & REPLY, REPLY);
        }
        assert_eq!(next_attempt(0xffff), 0xffff);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let terms = Terms {
            backoff: 0.5,
            ..Terms::default()
        };
        assert_eq!([1, 2, 3, 9].map(|n| terms.pause(n)), [0.5, 1.0, 2.0, 60.0]);
        assert_eq!(terms.pause(u32::MAX), 60.0);
        assert_eq!(Terms::default().pause(5), 0.0);
    }

    #[test]
    fn a_failure_is_one_line() {
        let failure = Failure {
            class: "DomainException".into(),
            at: "/app/a.php:3".into(),
            ..Failure::because("exception", "no note")
        };
        assert_eq!(failure.line(), "DomainException: no note at /app/a.php:3");
        assert_eq!(Failure::from_bytes(&failure.to_bytes()), Some(failure));
        assert_eq!(Failure::because("killed", "gone").line(), "gone");
    }
}
