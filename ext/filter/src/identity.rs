//! Which request it is, and which trace it belongs to (W3C Trace Context).

use crate::Seen;
use crate::notes::Notes;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// Gives a request an id, or takes the client's.
#[derive(Clone, Copy, Debug)]
pub struct RequestId {
    /// Is the client's own taken?
    pub trusts: bool,
}

/// May an id of a client be taken as it is: a short plain word?
#[must_use]
pub fn is_plain(id: &[u8]) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(b);
    (1..=128).contains(&id.len()) && id.iter().all(plain)
}

impl RequestId {
    pub(crate) fn enter(self, seen: &Seen<'_>, notes: &mut Notes) {
        let given = seen
            .field(b"x-request-id")
            .filter(|id| self.trusts && is_plain(id));
        notes.id = Some(match given.and_then(|id| std::str::from_utf8(id).ok()) {
            Some(id) => id.into(),
            None => hex(&random::<16>()),
        });
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        // Ids need not be secret, only different.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let now = now.unwrap_or_default().as_nanos().to_le_bytes();
        bytes.iter_mut().zip(now).for_each(|(b, n)| *b = n);
    }
    bytes
}

fn hex(bytes: &[u8]) -> Box<str> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 15)].into());
    }
    text.into()
}

/// A trace that a request belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace: Box<str>,
    /// The span of this request: 16 digits.
    pub span: Box<str>,
    /// The span of who called; `None` where the trace begins here.
    pub parent: Option<Box<str>>,
    /// Is it recorded?
    pub is_sampled: bool,
    /// `tracestate` as it came, to be handed on.
    pub state: Option<Box<str>>,
}

impl Trace {
    /// Reads `traceparent`; `None` for what is none, as the standard wants it: a new trace begins then.
    #[must_use]
    pub fn parse(parent: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(parent).ok()?;
        let is_hex = |part: &str, length: usize| {
            part.len() == length
                && part
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let mut parts = text.splitn(5, '-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_zero = |part: &str| part.bytes().all(|b| b == b'0');
        let fits = is_hex(version, 2)
            && version != "ff"
            && is_hex(trace, 32)
            && !is_zero(trace)
            && is_hex(span, 16)
            && !is_zero(span)
            && is_hex(flags, 2)
            // Later versions may go on behind these four.
            && (version != "00" || parts.next().is_none());
        fits.then(|| Self {
            trace: trace.into(),
            span: "".into(),
            parent: Some(span.into()),
            is_sampled: u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1),
            state: None,
        })
    }

    /// What is sent to others that are asked for this request's sake.
    #[must_use]
    pub fn header(&self) -> String {
        format!(
            "00-{}-{}-0{}",
            self.trace,
            self.span,
            u8::from(self.is_sampled)
        )
    }
}

/// Takes part in a trace, or begins one.
#[derive(Clone, Copy, Debug)]
pub struct TraceContext {
    /// Is a trace that begins here recorded?
    pub samples: bool,
}

impl TraceContext {
    pub(crate) fn enter(self, seen: &Seen<'_>, notes: &mut Notes) {
        let parents = seen
            .head
            .fields(seen.bytes)
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"traceparent"));
        let known = match parents.map(|(_, value)| value).collect::<Vec<_>>()[..] {
            [one] => Trace::parse(one),
            _ => None,
        };
        let trace = match known {
            Some(known) => Trace {
                span: hex(&random::<8>()),
                state: seen
                    .field(b"tracestate")
                    .filter(|state| state.len() <= 512)
                    .and_then(|state| std::str::from_utf8(state).ok())
                    .map(Into::into),
                ..known
            },
            None => Trace {
                trace: hex(&random::<16>()),
                span: hex(&random::<8>()),
                parent: None,
                is_sampled: self.samples,
                state: None,
            },
        };
        notes.add("traceresponse", trace.header().as_bytes());
        notes.trace = Some(trace);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{local, with};

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn parents() {
        let trace = Trace::parse(PARENT.as_bytes()).unwrap();
        assert_eq!(&*trace.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent.as_deref(), Some("00f067aa0ba902b7"));
        assert!(trace.is_sampled);
        assert!(Trace::parse(format!("01{}-what", &PARENT[2..]).as_bytes()).is_some());
        assert!(
            !Trace::parse(format!("{}2", &PARENT[..54]).as_bytes())
                .unwrap()
                .is_sampled
        );
        for wrong in [
            "",
            "00",
            &PARENT[..54],
            &format!("{PARENT}-x"),
            &PARENT.to_uppercase(),
            &format!("ff{}", &PARENT[2..]),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            assert_eq!(Trace::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_trace_goes_on_or_begins() {
        let enter = |head: &str| {
            with(
                &format!("GET / HTTP/1.1\nHost: h{head}"),
                &local(),
                |seen| {
                    let mut notes = Notes::default();
                    TraceContext { samples: false }.enter(seen, &mut notes);
                    notes.trace.clone().unwrap()
                },
            )
        };
        let on = enter(&format!("\ntraceparent: {PARENT}\ntracestate: a=b"));
        assert_eq!(
            (&*on.trace, on.state.as_deref()),
            ("4bf92f3577b34da6a3ce929d0e0e4736", Some("a=b"))
        );
        assert!(
            on.header()
                .starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-")
                && on.header().ends_with("-01")
        );
        assert_ne!(on.span, on.parent.clone().unwrap());
        let (new, other) = (
            enter(""),
            enter(&format!("\ntraceparent: {PARENT}\ntraceparent: {PARENT}")),
        );
        assert_ne!(new.trace, other.trace);
        assert_eq!(
            (new.trace.len(), new.span.len(), new.parent, new.is_sampled),
            (32, 16, None, false)
        );
        assert_ne!(&*other.trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn ids() {
        let enter = |trusts, head: &str| {
            with(
                &format!("GET / HTTP/1.1\nHost: h{head}"),
                &local(),
                |seen| {
                    let mut notes = Notes::default();
                    RequestId { trusts }.enter(seen, &mut notes);
                    notes.id.clone().unwrap()
                },
            )
        };
        assert_eq!(&*enter(true, "\nX-Request-Id: abc-1"), "abc-1");
        assert_eq!(enter(false, "\nX-Request-Id: abc-1").len(), 32);
        assert_eq!(enter(true, "\nX-Request-Id: a b").len(), 32);
        assert_ne!(enter(true, ""), enter(true, ""));
    }
}
