//! Cross-origin requests, as the Fetch standard has them.

use crate::notes::Notes;
use crate::token::{entries, is_token, is_value};
use crate::{Answer, Seen};
use highper_http1::Method;

/// Which origins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origins {
    Any,
    Some(Vec<Pattern>),
}

/// What requests of any origin are told.
const ANYBODY: &str = "Access-Control-Allow-Origin: *\r\n";
const MAY_SIGN_IN: &str = "Access-Control-Allow-Credentials: true\r\n";
/// Caches must not give one origin's answer to another.
const VARIES: &str = "Vary: Origin\r\n";

/// `https://app.example` or `https://*.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    before: String,
    /// What follows the `*`.
    after: Option<String>,
    /// What an origin that is written just so is told.
    lines: String,
}

impl Pattern {
    fn fits(&self, origin: &[u8]) -> bool {
        let same = |a: &[u8], b: &str| a.eq_ignore_ascii_case(b.as_bytes());
        let Some(after) = &self.after else {
            return same(origin, &self.before);
        };
        let (start, end) = (self.before.len(), after.len());
        if origin.len() <= start + end {
            return false;
        }
        let (front, rest) = origin.split_at(start);
        let (middle, back) = rest.split_at(rest.len() - end);
        same(front, &self.before)
            && same(back, after)
            && middle
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b))
    }
}

/// What an application wants.
#[derive(Clone, Debug)]
pub struct Options {
    /// Origins: `https://app.example`, `https://*.example`, or `*` for all.
    pub origins: Vec<String>,
    /// Methods that a preflight allows.
    pub methods: Vec<String>,
    /// Request fields that a preflight allows; `*` for those that it asks for.
    pub headers: Vec<String>,
    /// Fields of the answer that scripts may read.
    pub expose: Vec<String>,
    /// May requests carry cookies?
    pub credentials: bool,
    /// How long browsers may remember a preflight: seconds.
    pub max_age: u64,
}

/// Answers preflights, and says who may read the others' answers.
#[derive(Clone, Debug)]
pub struct Cors {
    origins: Origins,
    /// What a preflight is told in any case: methods, and how long it holds.
    fixed: String,
    /// `None`: whatever is asked for.
    headers: Option<String>,
    expose: Option<String>,
    credentials: bool,
}

impl Cors {
    /// With these options.
    ///
    /// # Errors
    /// The number of the option that is wrong, counted from 0, and what it must be.
    pub fn new(options: &Options) -> Result<Self, (usize, String)> {
        let origins = if options.origins.iter().any(|o| o == "*") {
            if options.credentials {
                return Err((
                    0,
                    "must name the origins where credentials are allowed, '*' given".into(),
                ));
            }
            Origins::Any
        } else if options.origins.is_empty() {
            return Err((0, "must not be empty".into()));
        } else {
            let all = options
                .origins
                .iter()
                .map(|text| origin(text, options.credentials));
            Origins::Some(all.collect::<Result<_, _>>().map_err(|why| (0, why))?)
        };
        if options.methods.is_empty() {
            return Err((1, "must not be empty".into()));
        }
        let methods: Vec<String> = options
            .methods
            .iter()
            .map(|m| m.to_ascii_uppercase())
            .collect();
        Ok(Self {
            origins,
            fixed: format!(
                "Access-Control-Allow-Methods: {}\r\nAccess-Control-Max-Age: {}\r\n",
                tokens(&methods).map_err(|why| (1, why))?,
                options.max_age
            ),
            headers: match options.headers.iter().any(|h| h == "*") {
                true => None,
                false => Some(tokens(&options.headers).map_err(|why| (2, why))?),
            },
            expose: match options.expose.is_empty() {
                true => None,
                false => Some(tokens(&options.expose).map_err(|why| (3, why))?),
            },
            credentials: options.credentials,
        })
    }

    /// Is it a browser's question whether it may send a request?
    #[must_use]
    pub fn is_preflight(seen: &Seen<'_>) -> bool {
        seen.head.method() == Method::Options
            && seen.field(b"access-control-request-method").is_some()
            && seen.field(b"origin").is_some()
    }

    pub(crate) fn enter(&self, seen: &Seen<'_>, notes: &mut Notes) -> Option<Answer> {
        if Self::is_preflight(seen) {
            self.preflight(seen, notes);
            return Some(Answer::Bare(204));
        }
        self.origin(seen.field(b"origin"), notes);
        if let Some(expose) = &self.expose
            && seen.field(b"origin").is_some()
        {
            notes.add("Access-Control-Expose-Headers", expose.as_bytes());
        }
        None
    }

    /// Says who may read; false for an origin that may not.
    fn origin(&self, origin: Option<&[u8]>, notes: &mut Notes) -> bool {
        let all = match &self.origins {
            Origins::Some(all) => all,
            Origins::Any => {
                if origin.is_some() {
                    notes.add_lines(ANYBODY.as_bytes());
                }
                return origin.is_some();
            }
        };
        // As it is written mostly: browsers send it in lower case.
        let same = |one: &&Pattern| one.after.is_none() && Some(one.before.as_bytes()) == origin;
        if let Some(one) = all.iter().find(same) {
            notes.add_lines(one.lines.as_bytes());
            return true;
        }
        let allowed = origin.filter(|o| is_value(o) && all.iter().any(|one| one.fits(o)));
        if let Some(origin) = allowed {
            notes.add("Access-Control-Allow-Origin", origin);
            if self.credentials {
                notes.add_lines(MAY_SIGN_IN.as_bytes());
            }
        }
        notes.add_lines(VARIES.as_bytes());
        allowed.is_some()
    }

    /// Notes what an OPTIONS request is told that names a method. False where it is no preflight: it says no origin.
    pub fn preflight(&self, seen: &Seen<'_>, notes: &mut Notes) -> bool {
        let origin = seen.field(b"origin");
        if origin.is_some() && self.origin(origin, notes) {
            self.allow(seen, notes);
        }
        origin.is_some()
    }

    /// What an origin may send that may read.
    fn allow(&self, seen: &Seen<'_>, notes: &mut Notes) {
        notes.add_lines(self.fixed.as_bytes());
        match &self.headers {
            Some(headers) if headers.is_empty() => {}
            Some(headers) => notes.add("Access-Control-Allow-Headers", headers.as_bytes()),
            None => {
                if let Some(asked) = seen.field(b"access-control-request-headers")
                    && entries(asked).all(is_token)
                {
                    notes.add("Access-Control-Allow-Headers", asked);
                }
                notes.add_lines(b"Vary: Access-Control-Request-Headers\r\n");
            }
        }
    }
}

fn origin(text: &str, credentials: bool) -> Result<Pattern, String> {
    let wrong =
        || format!("must be origins as https://app.example or https://*.example, '{text}' given");
    if text == "null" {
        return Err(wrong());
    }
    let (scheme, host) = text.split_once("://").ok_or_else(wrong)?;
    let is_host = !host.is_empty()
        && !host.contains(['/', '?', '#', '@', ' ', ','])
        && is_value(host.as_bytes());
    if !is_host
        || !scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    {
        return Err(wrong());
    }
    match text.split_once('*') {
        None => Ok(Pattern {
            before: text.into(),
            after: None,
            lines: format!(
                "Access-Control-Allow-Origin: {text}\r\n{}{VARIES}",
                if credentials { MAY_SIGN_IN } else { "" }
            ),
        }),
        // `https://*example.com` would let https://evilexample.com in, and `*.com` everybody.
        Some((before, after))
            if before.ends_with("://")
                && after.starts_with('.')
                && after.len() > 1
                && !after.contains('*') =>
        {
            Ok(Pattern {
                before: before.into(),
                after: Some(after.into()),
                lines: String::new(),
            })
        }
        Some(_) => Err(wrong()),
    }
}

fn tokens(list: &[String]) -> Result<String, String> {
    if let Some(wrong) = list.iter().find(|name| !is_token(name.as_bytes())) {
        return Err(format!(
            "must be a list of names, '{}' given",
            wrong.escape_default()
        ));
    }
    Ok(list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Filter;
    use crate::fake::run;

    fn options(origins: &[&str]) -> Options {
        Options {
            origins: origins.iter().map(ToString::to_string).collect(),
            methods: vec!["get".into(), "PUT".into()],
            headers: vec!["*".into()],
            expose: Vec::new(),
            credentials: false,
            max_age: 600,
        }
    }

    const PREFLIGHT: &str = "OPTIONS /x HTTP/1.1\nHost: h\nOrigin: https://a.example\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: x-a, content-type";

    #[test]
    fn everybody() {
        let cors = Filter::Cors(Cors::new(&options(&["*"])).unwrap());
        let (lines, answer) = run(&cors, PREFLIGHT);
        assert_eq!(answer, Some(204));
        assert_eq!(
            lines,
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, PUT\r\nAccess-Control-Max-Age: 600\r\n\
             Access-Control-Allow-Headers: x-a, content-type\r\nVary: Access-Control-Request-Headers\r\n"
        );
        let plain = "GET /x HTTP/1.1\nHost: h";
        assert_eq!(run(&cors, plain), (String::new(), None));
        let crossing = "GET /x HTTP/1.1\nHost: h\nOrigin: null";
        assert_eq!(run(&cors, crossing).0, "Access-Control-Allow-Origin: *\r\n");
        // OPTIONS of somebody who is no browser.
        let other = "OPTIONS /x HTTP/1.1\nHost: h\nOrigin: https://a.example";
        assert_eq!(run(&cors, other).1, None);
    }

    #[test]
    fn some() {
        let some = Options {
            credentials: true,
            expose: vec!["X-Total".into()],
            headers: vec!["X-A".into()],
            ..options(&["https://a.example", "http://*.b.example:8080"])
        };
        let cors = Filter::Cors(Cors::new(&some).unwrap());
        let from = |origin: &str| {
            run(
                &cors,
                &format!("GET /x HTTP/1.1\nHost: h\nOrigin: {origin}"),
            )
            .0
        };
        assert_eq!(
            from("https://A.example"),
            "Access-Control-Allow-Origin: https://A.example\r\nAccess-Control-Allow-Credentials: true\r\n\
             Vary: Origin\r\nAccess-Control-Expose-Headers: X-Total\r\n"
        );
        assert!(
            from("http://x.y.b.example:8080").contains("Allow-Origin: http://x.y.b.example:8080")
        );
        for outside in [
            "https://a.example.evil",
            "https://a.example:444",
            "http://a.example",
            "null",
            "http://.b.example:8080",
            "http://evil/.b.example:8080",
            "http://b.example:8080",
        ] {
            assert!(!from(outside).contains("Allow-Origin"), "{outside}");
        }
        assert_eq!(run(&cors, "GET /x HTTP/1.1\nHost: h").0, "Vary: Origin\r\n");
        let (lines, answer) = run(&cors, &PREFLIGHT.replace("a.example", "c.example"));
        assert_eq!((lines.as_str(), answer), ("Vary: Origin\r\n", Some(204)));
        assert!(run(&cors, PREFLIGHT).0.contains("Allow-Headers: X-A\r\n"));
    }

    #[test]
    fn wrong_options() {
        let wrong = |options: Options| Cors::new(&options).unwrap_err();
        assert_eq!(
            wrong(Options {
                credentials: true,
                ..options(&["*"])
            })
            .0,
            0
        );
        for text in [
            "app.example",
            "https://",
            "https://a/",
            "https://*a.example",
            "https://*",
            "https://*.*.a",
            "null",
        ] {
            assert_eq!(wrong(options(&[text])).0, 0, "{text}");
        }
        assert_eq!(
            wrong(Options {
                methods: vec!["G T".into()],
                ..options(&["*"])
            })
            .0,
            1
        );
        assert_eq!(
            wrong(Options {
                methods: vec![],
                ..options(&["*"])
            })
            .0,
            1
        );
        assert_eq!(
            wrong(Options {
                headers: vec!["a:b".into()],
                ..options(&["*"])
            })
            .0,
            2
        );
        assert_eq!(
            wrong(Options {
                expose: vec!["\n".into()],
                ..options(&["*"])
            })
            .0,
            3
        );
    }

    #[test]
    fn asked_fields_that_are_none_are_not_sent_back() {
        let cors = Filter::Cors(Cors::new(&options(&["*"])).unwrap());
        let (lines, _) = run(&cors, &PREFLIGHT.replace("x-a,", "x a: b,"));
        assert!(!lines.contains("Allow-Headers"));
    }
}
