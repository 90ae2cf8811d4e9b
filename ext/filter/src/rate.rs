//! How many requests somebody may make: token buckets.

use crate::limits::Taken;
use crate::notes::Notes;
use crate::token::is_token;
use crate::{Answer, Seen};
use std::cell::{Cell, RefCell};
use std::net::IpAddr;

const SECOND: u64 = 1_000_000_000;

/// Whose requests are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
enum By {
    /// Those of an address; of an IPv6 address its /64 network.
    Ip,
    /// Those of who has signed in; where nobody has, of an address.
    User,
    /// Those of a route.
    Route,
    /// Those with the same value of a field.
    Header(String),
}

/// A limit.
#[derive(Debug)]
pub struct RateLimit {
    /// Requests in a window, for the fields of the answer.
    count: u64,
    window: u64,
    interval: u64,
    burst: u64,
    by: Vec<By>,
    /// Which limit it is, for all workers the same.
    scope: Cell<u64>,
    is_named: bool,
    /// The fields up to what is left.
    limit: String,
    /// The same where nothing is left, up to when that changes.
    none_left: String,
    /// What was said last to one who had nothing left: in a flood it is the same for a second.
    refusal: RefCell<Refusal>,
}

/// The fields of a refusal.
#[derive(Debug, Default)]
struct Refusal {
    /// In how many seconds all is there again, and in how many one token.
    when: (u64, u64),
    lines: Vec<u8>,
}

impl Refusal {
    #[cold]
    fn made(&mut self, none_left: &str, when: (u64, u64)) {
        let mut notes = Notes::default();
        notes.add_lines(none_left.as_bytes());
        notes.end_number(when.0);
        notes.add_number("Retry-After", when.1);
        self.lines.clear();
        self.lines.extend_from_slice(notes.lines());
        self.when = when;
    }
}

/// A hash that all workers have alike.
#[must_use]
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let wide = u128::from(hash ^ word) * u128::from(FACTOR);
        (wide as u64) ^ (wide >> 64) as u64
    };
    let (whole, rest) = bytes.as_chunks::<8>();
    let mut hash = mix(seed ^ 0x2545_f491_4f6c_dd1d, bytes.len() as u64);
    for chunk in whole {
        hash = mix(hash, u64::from_le_bytes(*chunk));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(hash, u64::from_le_bytes(last)), FACTOR)
}

/// `10/s`, `100/min`, `5/10s`, `1000/hour`: how many, and in how many nanoseconds.
///
/// # Errors
/// What it must look like.
pub fn parse(rate: &str) -> Result<(u64, u64), String> {
    let wrong = || {
        format!(
            "must be a rate such as '10/s', '100/min', '1000/h' or '5/10s', '{}' given",
            rate.escape_default()
        )
    };
    let (count, window) = rate.split_once('/').ok_or_else(wrong)?;
    let count: u64 = count.trim().parse().map_err(|_| wrong())?;
    let window = window.trim();
    let digits = window.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = window.split_at(digits);
    let number: u64 = match number {
        "" => 1,
        number => number.parse().map_err(|_| wrong())?,
    };
    let unit = match unit.trim() {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86400,
        _ => return Err(wrong()),
    };
    let window = number
        .checked_mul(unit * SECOND)
        .filter(|w| *w > 0 && *w <= 366 * 86400 * SECOND);
    match (count, window) {
        (1..=1_000_000_000, Some(window)) => Ok((count, window)),
        _ => Err(wrong()),
    }
}

impl RateLimit {
    /// A limit of this rate. `by`: `ip`, `user`, `route`, `header:NAME`, each of which divides those that are counted
    /// together; none: all requests. `burst`: as many at once; the rate's number where it is `None`.
    ///
    /// # Errors
    /// The number of the option that is wrong, counted from 0, and what it must be.
    pub fn new(
        rate: &str,
        by: &[String],
        burst: Option<u64>,
        name: Option<&str>,
    ) -> Result<Self, (usize, String)> {
        let (count, window) = parse(rate).map_err(|why| (0, why))?;
        let by = by.iter().map(|text| match text.split_once(':') {
            None if text == "ip" => Ok(By::Ip),
            None if text == "user" => Ok(By::User),
            None if text == "route" => Ok(By::Route),
            Some(("header", name)) if is_token(name.as_bytes()) => Ok(By::Header(name.to_owned())),
            _ => Err((
                1,
                format!(
                    "must be of 'ip', 'user', 'route' and 'header:NAME', '{}' given",
                    text.escape_default()
                ),
            )),
        });
        let by = by.collect::<Result<_, _>>()?;
        if burst == Some(0) {
            return Err((2, "must be greater than 0".into()));
        }
        if name == Some("") {
            return Err((3, "must not be empty".into()));
        }
        let limit = format!(
            "RateLimit-Limit: {}\r\nRateLimit-Remaining: ",
            burst.unwrap_or(count)
        );
        Ok(Self {
            refusal: RefCell::default(),
            none_left: format!("{limit}0\r\nRateLimit-Reset: "),
            limit,
            count,
            window,
            interval: window / count,
            burst: burst.unwrap_or(count),
            by,
            scope: Cell::new(hash(count ^ window, name.unwrap_or_default().as_bytes())),
            is_named: name.is_some(),
        })
    }

    /// Says where it was written, which tells it from others; one with a name is the same wherever it is written.
    pub fn place(&self, place: &str) {
        if !self.is_named {
            self.scope
                .set(hash(self.count ^ self.window, place.as_bytes()));
        }
    }

    fn key(&self, seen: &Seen<'_>, notes: &Notes) -> u64 {
        let begin = self.scope.get() ^ seen.world.limits.seed();
        self.by.iter().fold(begin, |key, by| match by {
            By::Ip => by_ip(key, seen, notes),
            By::Route => hash(
                hash(key, seen.head.method_name(seen.bytes)),
                seen.route.as_bytes(),
            ),
            By::User => match &notes.user {
                Some(user) => hash(key, user.as_bytes()),
                None => by_ip(key, seen, notes),
            },
            By::Header(name) => match seen.field(name.as_bytes()) {
                Some(value) => hash(key, value),
                None => by_ip(key, seen, notes),
            },
        })
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) -> Option<Answer> {
        let key = self.key(seen, notes);
        let seconds = |nanos: u64| nanos.div_ceil(SECOND);
        match seen
            .world
            .limits
            .take(key, self.interval, self.burst, seen.now)
        {
            Taken::Yes { left, full_in } => {
                notes.add_lines(self.limit.as_bytes());
                notes.end_number(left);
                notes.add_number("RateLimit-Reset", seconds(full_in));
                None
            }
            Taken::No { wait, full_in } => {
                let when = (seconds(full_in), seconds(wait).max(1));
                let mut refusal = self.refusal.borrow_mut();
                if refusal.when != when {
                    refusal.made(&self.none_left, when);
                }
                notes.add_lines(&refusal.lines);
                Some(Answer::Problem(429, None))
            }
        }
    }
}

fn by_ip(key: u64, seen: &Seen<'_>, notes: &Notes) -> u64 {
    match seen.client(notes).map(crate::address::plain) {
        Some(IpAddr::V4(v4)) => hash(key, &v4.octets()),
        // A customer has a /64 at least: all of its addresses are one client.
        Some(IpAddr::V6(v6)) => hash(key, &v6.octets()[..8]),
        None => hash(key, b"unix"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Peer, with};

    fn limit(rate: &str, by: &[&str]) -> RateLimit {
        let by: Vec<String> = by.iter().map(ToString::to_string).collect();
        RateLimit::new(rate, &by, None, None).unwrap()
    }

    #[test]
    fn rates() {
        assert_eq!(parse("10/s"), Ok((10, SECOND)));
        assert_eq!(parse("100 / min"), Ok((100, 60 * SECOND)));
        assert_eq!(parse("5/10s"), Ok((5, 10 * SECOND)));
        assert_eq!(parse("1/day"), Ok((1, 86400 * SECOND)));
        for wrong in [
            "",
            "10",
            "10/",
            "0/s",
            "-1/s",
            "1/0s",
            "x/s",
            "1/fortnight",
            "1/999999999999d",
            "1.5/s",
        ] {
            assert!(
                parse(wrong).unwrap_err().contains(&format!("'{wrong}'")),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_answer_says_what_is_left() {
        let limit = limit("2/10s", &["ip"]);
        with("GET / HTTP/1.1\nHost: h", &crate::fake::local(), |seen| {
            let enter = || {
                let mut notes = Notes::default();
                let answer = limit.enter(seen, &mut notes);
                (
                    answer.as_ref().map(crate::fake::status),
                    String::from_utf8_lossy(notes.lines()).into_owned(),
                )
            };
            assert_eq!(
                enter(),
                (
                    None,
                    "RateLimit-Limit: 2\r\nRateLimit-Remaining: 1\r\nRateLimit-Reset: 5\r\n".into()
                )
            );
            assert_eq!(enter().0, None);
            let (answer, lines) = enter();
            assert_eq!(answer, Some(429));
            assert!(
                lines.ends_with(
                    "RateLimit-Remaining: 0\r\nRateLimit-Reset: 10\r\nRetry-After: 5\r\n"
                ),
                "{lines}"
            );
        });
    }

    #[test]
    fn whose_requests_count_together() {
        let peer = |text: &str| Peer(Some(text.parse().unwrap()), false);
        let key = |limit: &RateLimit, peer: &Peer, head: &str| {
            with(&format!("GET / HTTP/1.1\nHost: h{head}"), peer, |seen| {
                limit.key(seen, &Notes::default())
            })
        };
        let (a, b) = (peer("192.0.2.1"), peer("192.0.2.2"));
        let ip = limit("1/s", &["ip"]);
        assert_ne!(key(&ip, &a, ""), key(&ip, &b, ""));
        assert_eq!(
            key(&ip, &peer("2001:db8::1"), ""),
            key(&ip, &peer("2001:db8::2"), "")
        );
        assert_ne!(
            key(&ip, &peer("2001:db8::1"), ""),
            key(&ip, &peer("2001:db8:0:1::1"), "")
        );
        assert_eq!(key(&ip, &peer("::ffff:192.0.2.1"), ""), key(&ip, &a, ""));
        let all = limit("1/s", &[]);
        assert_eq!(key(&all, &a, ""), key(&all, &b, ""));
        let header = limit("1/s", &["header:X-Key"]);
        assert_eq!(
            key(&header, &a, "\nX-Key: 1"),
            key(&header, &b, "\nx-key: 1")
        );
        assert_ne!(
            key(&header, &a, "\nX-Key: 1"),
            key(&header, &a, "\nX-Key: 2")
        );
        assert_ne!(key(&header, &a, ""), key(&header, &b, ""));
        let (one, two) = (limit("1/s", &[]), limit("1/s", &[]));
        one.place("a.php:1");
        two.place("a.php:2");
        assert_ne!(key(&one, &a, ""), key(&two, &a, ""));
        let named = || RateLimit::new("1/s", &[], None, Some("login")).unwrap();
        let (one, two) = (named(), named());
        two.place("a.php:2");
        assert_eq!(key(&one, &a, ""), key(&two, &a, ""));
    }

    #[test]
    fn wrong_options() {
        let new = |by: &str, burst, name| {
            RateLimit::new("1/s", &[by.to_owned()], burst, name)
                .unwrap_err()
                .0
        };
        assert_eq!(new("session", None, None), 1);
        assert_eq!(new("header:", None, None), 1);
        assert_eq!(new("ip", Some(0), None), 2);
        assert_eq!(new("ip", None, Some("")), 3);
        assert_eq!(RateLimit::new("x", &[], None, None).unwrap_err().0, 0);
    }
}
