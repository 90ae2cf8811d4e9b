//! Every shape by which two readers could frame a request differently, and
//! every other malformed request, with the status that answers it.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "support/driver.rs"]
mod driver;
#[path = "support/shapes.rs"]
mod shapes;

use driver::{End, drive};
use highper_http1::{Eof, Limits};
use shapes::{ACCEPTED, REFUSED};

#[test]
fn refused_shapes() {
    for (name, input, error) in REFUSED {
        let seen = drive(input, &[], &Limits::default());
        assert_eq!(seen.end, End::Refused(*error), "{name}");
        let status = format!("HTTP/1.1 {} ", error.status());
        let output = String::from_utf8(seen.output).unwrap();
        let last = output.find(&status).expect(name);
        assert!(output[last..].contains("Connection: close\r\n"), "{name}");
    }
}

#[test]
fn accepted_shapes() {
    for (name, input, requests, body) in ACCEPTED {
        let seen = drive(input, &[], &Limits::default());
        assert_eq!(seen.requests.len(), *requests, "{name}: {:?}", seen.end);
        assert!(seen.requests.iter().all(|r| r.complete), "{name}");
        assert!(
            matches!(seen.end, End::Closed | End::Eof(Eof::Clean)),
            "{name}: {:?}",
            seen.end
        );
        assert_eq!(&seen.requests[0].body, body, "{name}");
    }
}

#[test]
fn limits_have_their_own_statuses() {
    let limits = Limits {
        head_bytes: 200,
        fields: 3,
        target_bytes: 50,
        body_bytes: 10,
        ..Limits::default()
    };
    let status = |input: &str| drive(input.as_bytes(), &[], &limits).status();
    let long = "x".repeat(300);
    assert_eq!(
        status(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", &long[..49])),
        None
    );
    assert_eq!(
        status(&format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", &long[..50])),
        Some(414)
    );
    assert_eq!(status(&format!("GET /{long}")), Some(414), "before its end");
    assert_eq!(
        status(&format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}")),
        Some(431)
    );
    assert_eq!(
        status(&format!("GET / HTTP/1.1\r\nHost: a\r\nA: {long}\r\n\r\n")),
        Some(431)
    );
    assert_eq!(
        status("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n"),
        None
    );
    assert_eq!(
        status("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"),
        Some(431)
    );
    assert_eq!(
        status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"),
        Some(413)
    );
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(&format!("{chunked}b\r\n")), Some(413));
    assert_eq!(
        status(&format!("{chunked}6\r\n123456\r\n5\r\n")),
        Some(413),
        "all chunks together"
    );
}

#[test]
fn trailers_are_limited_together() {
    let limits = Limits {
        trailer_bytes: 22,
        ..Limits::default()
    };
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let over = format!("{chunked}A: 345678\r\nB: 34567\r\n\r\n");
    assert_eq!(drive(over.as_bytes(), &[], &limits).status(), Some(431));
    let fits = format!("{chunked}A: 34567\r\nB: 34567\r\n\r\n");
    let seen = drive(fits.as_bytes(), &[], &limits);
    assert_eq!(seen.requests[0].trailers.len(), 2, "{:?}", seen.end);
}

#[test]
fn head_of_exactly_the_limit_is_taken() {
    let limits = Limits {
        head_bytes: 100,
        ..Limits::default()
    };
    let head = |n: usize| {
        let fixed = "GET / HTTP/1.1\r\nHost: a\r\nA: \r\n\r\n".len();
        format!(
            "GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n",
            "x".repeat(n - fixed)
        )
    };
    assert_eq!(drive(head(100).as_bytes(), &[], &limits).status(), None);
    assert_eq!(
        drive(head(101).as_bytes(), &[], &limits).status(),
        Some(431)
    );
}

#[test]
fn connect_only_when_allowed() {
    let input = b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n";
    assert_eq!(drive(input, &[], &Limits::default()).status(), Some(501));
    let limits = Limits {
        allow_connect: true,
        ..Limits::default()
    };
    let seen = drive(input, &[], &limits);
    assert_eq!(
        seen.requests[0].authority.as_deref(),
        Some("example.org:443")
    );
    let bad = b"CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(drive(bad, &[], &limits).status(), Some(400));
}

#[test]
fn host_only_where_wanted() {
    let input = b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n";
    assert_eq!(drive(input, &[], &Limits::default()).status(), Some(400));
    let limits = Limits {
        require_host: false,
        ..Limits::default()
    };
    let seen = drive(input, &[], &limits);
    assert_eq!((seen.requests.len(), seen.status()), (2, None));
    let two = b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n";
    assert_eq!(drive(two, &[], &limits).status(), Some(400));
}
