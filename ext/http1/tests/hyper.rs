//! The same bytes before this codec and before hyper's server: where they
//! disagree, `DIFFERENCES.md` must explain it.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "support/driver.rs"]
mod driver;
#[allow(dead_code)]
#[path = "support/random.rs"]
mod random;
#[path = "support/shapes.rs"]
mod shapes;

use bytes::Bytes;
use driver::{End, drive_with};
use highper_http1::Limits;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use random::{Random, mutated};
use shapes::{ACCEPTED, REFUSED};
use std::collections::BTreeMap;
use std::convert::Infallible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What one server made of the bytes.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Served requests: method, path and query, body.
    served: Vec<String>,
    /// The status of the refusal that ended the connection.
    refused: Option<u16>,
    /// A body broke off: refused after its head was taken.
    broken: bool,
}

fn note(method: &str, path: &str, query: Option<&str>, body: &[u8]) -> String {
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{method} {path}{query} {}", body.escape_ascii())
}

async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // A body that breaks off is no request served: its connection ends with
    // this status, which no codec gives.
    let Ok(body) = body.collect().await else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = hyper::StatusCode::IM_A_TEAPOT;
        return Ok(response);
    };
    let seen = note(
        head.method.as_str(),
        head.uri.path(),
        head.uri.query(),
        &body.to_bytes(),
    );
    Ok(Response::new(Full::from(seen)))
}

async fn ask_hyper(input: &[u8]) -> Outcome {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    // The pipe holds the whole input and the whole output: no second task.
    client.write_all(input).await.unwrap();
    client.shutdown().await.unwrap();
    // The error of a refused request shows in its response.
    let _ = http1::Builder::new()
        .half_close(true)
        .serve_connection(TokioIo::new(server), service_fn(echo))
        .await;
    let mut output = Vec::new();
    client.read_to_end(&mut output).await.unwrap();
    read_responses(&output)
}

fn ask_own(input: &[u8]) -> (Outcome, End) {
    let seen = drive_with(input, &[], &Limits::default(), |request| {
        let latin = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
        let utf8 = |text: &str| String::from_utf8(latin(text)).unwrap();
        let query = request.query.as_deref().map(utf8);
        note(
            &request.method,
            &utf8(&request.path),
            query.as_deref(),
            &request.body,
        )
        .into_bytes()
    });
    (read_responses(&seen.output), seen.end)
}

/// Reads a transcript of responses with Content-Length.
fn read_responses(mut output: &[u8]) -> Outcome {
    let mut outcome = Outcome {
        served: Vec::new(),
        refused: None,
        broken: false,
    };
    while !output.is_empty() {
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut response = httparse::Response::new(&mut fields);
        let head = response.parse(output).unwrap().unwrap();
        let status = response.code.unwrap();
        let length = response
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |h| {
                std::str::from_utf8(h.value).unwrap().parse().unwrap()
            });
        // HEAD has a length and no body: what follows is a response or nothing.
        let rest = &output[head..];
        let body = if rest.len() < length || rest.starts_with(b"HTTP/1.1 ") {
            &[][..]
        } else {
            &rest[..length]
        };
        output = &rest[body.len()..];
        match status {
            100 => {}
            200 => outcome
                .served
                .push(String::from_utf8(body.to_vec()).unwrap()),
            // Broken off: see `echo`.
            418 => outcome.broken = true,
            status => outcome.refused = Some(status),
        }
    }
    outcome
}

/// Names the disagreement, if there is one: what this codec decided, then
/// what hyper did.
fn disagreement(input: &[u8], own: &Outcome, end: End, hyper: &Outcome) -> Option<String> {
    let verdict = match end {
        End::Refused(error) => format!("{error:?}"),
        End::Eof(eof) => format!("{eof:?}"),
        End::Closed => "Closed".into(),
    };
    let common = own.served.len().min(hyper.served.len());
    if own.served[..common] != hyper.served[..common] {
        return Some(format!("{verdict}: hyper reads another request"));
    }
    if hyper.served.len() > common {
        return Some(format!("{verdict}: hyper serves it"));
    }
    if own.served.len() > common {
        return Some(match hyper.refused {
            Some(status) => format!("served: hyper answers {status}"),
            None => "served: hyper closes".into(),
        });
    }
    match (own.refused, hyper.refused) {
        (a, b) if a == b => None,
        (Some(_), None) if hyper.broken => None,
        (Some(own), Some(hyper)) => Some(format!("{own}: hyper answers {hyper}")),
        (Some(_), None) => Some(format!("{verdict}: hyper closes")),
        (None, _) if input.is_empty() => None,
        (None, Some(status)) => Some(format!("{verdict}: hyper answers {status}")),
        (None, None) => None,
    }
}

/// The disagreements that `DIFFERENCES.md` explains: the first column of its
/// table.
fn explained() -> Vec<&'static str> {
    include_str!("../DIFFERENCES.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(key, _)| key)
        .collect()
}

/// What mutations find seldom, so that each row of the table is shown.
const RARE: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: \xe7, close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: \xe7, close\r\n\r\nGET / x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: +5\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\r\n",
    b"\r\n\r\n\r\n\r\n\r\nGET / HT",
];

#[test]
fn hyper_agrees_or_the_table_says_why() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let templates: Vec<&[u8]> = REFUSED
        .iter()
        .map(|s| s.1)
        .chain(ACCEPTED.iter().map(|s| s.1))
        .collect();
    let mut inputs: Vec<Vec<u8>> = templates.iter().chain(RARE).map(|t| t.to_vec()).collect();
    let rounds = std::env::var("HIGHPER_HTTP1_ROUNDS").map_or(4000, |n| n.parse().unwrap());
    let mut random = Random::new(11);
    inputs.extend((0..rounds).map(|_| mutated(&mut random, &templates)));

    let explained = explained();
    let mut unexplained: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut agreed = 0;
    for input in &inputs {
        let (own, end) = ask_own(input);
        let hyper = runtime.block_on(ask_hyper(input));
        match disagreement(input, &own, end, &hyper) {
            None => agreed += 1,
            Some(key) => {
                *found.entry(key.clone()).or_default() += 1;
                if !explained.contains(&key.as_str()) {
                    let example = format!(
                        "{}\n      own {own:?}\n    hyper {hyper:?}",
                        input.escape_ascii()
                    );
                    unexplained.entry(key).or_insert((0, example)).0 += 1;
                }
            }
        }
    }
    println!(
        "{} inputs, {agreed} agreed, differences: {found:#?}",
        inputs.len()
    );
    assert!(
        agreed > inputs.len() / 4,
        "only {agreed} of {} agree",
        inputs.len()
    );
    for (key, (count, example)) in &unexplained {
        println!("{key}  ×{count}\n    {example}");
    }
    let stale: Vec<_> = explained
        .iter()
        .filter(|row| !found.contains_key(**row))
        .collect();
    assert!(
        stale.is_empty(),
        "rows of the table that no input shows: {stale:?}"
    );
    assert!(
        unexplained.is_empty(),
        "{} kinds of disagreement are not in DIFFERENCES.md",
        unexplained.len()
    );
}
