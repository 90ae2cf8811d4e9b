//! Whatever a client sends: filters end, and what they note can be sent.

use crate::fake::{Peer, with};
use crate::jwt::{Algorithm, Options, Verifier};
use crate::proxies::Fields;
use crate::*;

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

const PIECES: [&str; 36] = [
    "for=",
    "\"",
    "[",
    "]",
    "::1",
    ":80",
    ",",
    ";",
    "=",
    "proto=https",
    "host=",
    "192.0.2.7",
    "10.0.0.1",
    "unknown",
    "00-",
    "4bf92f3577b34da6a3ce929d0e0e4736",
    "-00f067aa0ba902b7-01",
    "W/",
    "*",
    "Bearer ",
    "Basic ",
    "YTpi",
    ".",
    "eyJhbGciOiJIUzI1NiJ9",
    "e30",
    "https://a.example",
    "https://",
    "null",
    " ",
    "\t",
    "é",
    "%00",
    "X-A, X-B",
    "\\",
    "65535",
    "😀",
];
const NAMES: [&str; 14] = [
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "Authorization",
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
    "If-None-Match",
    "traceparent",
    "tracestate",
    "X-Request-Id",
    "Accept-Language",
];

fn filters() -> Vec<Filter> {
    let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let cors = |origins: &[&str]| cors::Options {
        origins: texts(origins),
        methods: texts(&["GET"]),
        headers: texts(&["*"]),
        expose: vec![],
        credentials: false,
        max_age: 1,
    };
    let proxies = |fields| TrustedProxies::new(&texts(&["private", "unix"]), fields).unwrap();
    let tokens = Options {
        keys: vec![(String::new(), "x".repeat(32))],
        algorithm: Algorithm::Hs256,
        issuer: None,
        audience: None,
        leeway: 0,
        must_end: false,
    };
    vec![
        Filter::Proxies(proxies(Fields::XForwarded)),
        Filter::Proxies(proxies(Fields::Forwarded)),
        Filter::Cors(Cors::new(&cors(&["*"])).unwrap()),
        Filter::Cors(Cors::new(&cors(&["https://a.example", "https://*.b.example"])).unwrap()),
        Filter::Id(RequestId { trusts: true }),
        Filter::Trace(TraceContext { samples: true }),
        Filter::Rate(
            RateLimit::new(
                "9/s",
                &texts(&["ip", "user", "route", "header:X-Request-Id"]),
                None,
                None,
            )
            .unwrap(),
        ),
        Filter::Basic(BasicAuth::new(&[("a".into(), "b".into())], "x").unwrap()),
        Filter::Bearer(BearerAuth::new(Verifier::new(tokens).unwrap(), "x", true).unwrap()),
        Filter::Tag(false),
        Filter::Cache(ResponseCache::new(9, texts(&["Accept-Language"]), vec![]).unwrap()),
    ]
}

#[test]
fn nothing_of_a_request_breaks_out_of_a_field() {
    let filters = filters();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..4000 {
        let method = ["GET", "OPTIONS", "HEAD"][random.below(3)];
        let mut text = format!("{method} /x HTTP/1.1\nHost: h");
        for _ in 0..random.below(8) {
            let value: String = (0..random.below(9))
                .map(|_| PIECES[random.below(PIECES.len())])
                .collect();
            text.push_str(&format!("\n{}: {value}", NAMES[random.below(NAMES.len())]));
        }
        let peer = Peer((round % 2 == 0).then(|| [10, 0, 0, 1].into()), false);
        with(&text, &peer, |seen| {
            let mut notes = Notes::default();
            for filter in &filters {
                let _answer = filter.enter(seen, &mut notes);
            }
            let lines = notes.lines();
            assert!(lines.is_empty() || lines.ends_with(b"\r\n"), "{text}");
            let count = lines.split(|b| *b == b'\n').count() - 1;
            assert_eq!(notes.fields().count(), count, "{text}");
            for (name, value) in notes.fields() {
                assert!(token::is_token(name), "{text}");
                assert!(
                    !value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)),
                    "{text}"
                );
            }
            if let Some(host) = &notes.host {
                assert!(!host.contains(['/', '"', ' ', '\t', ',']), "{text}");
            }
            // The one name and password that is right is among the pieces.
            let right = text.contains("asic YTpi");
            assert!(notes.user.is_none() || right, "{text}");
        });
    }
}
