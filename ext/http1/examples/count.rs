//! Serves N hello-world requests from memory, for counting instructions:
//!
//! ```text
//! for n in 10000 20000; do valgrind --tool=callgrind --callgrind-out-file=/dev/null count $n; done
//! ```
//!
//! The difference of the two totals, divided by the difference of the runs, is
//! what parse, decide and encode cost per request. A second argument chooses
//! the request: `h2load` (default), `host`, `browser` or `post`.

use highper_http1::{After, Conn, Event, Head, Limits, Stamp};
use std::hint::black_box;
use std::process::ExitCode;

const HOST: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:9501\r\n\r\n";
const H2LOAD: &[u8] = b"GET /?a=1 HTTP/1.1\r\nHost: 127.0.0.1:9501\r\n\
    User-Agent: h2load nghttp2/1.52.0\r\nAccept: */*\r\n\r\n";
const BROWSER: &[u8] = b"GET /notes?page=2 HTTP/1.1\r\nHost: www.example.org\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
    Connection: keep-alive\r\nCookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
    Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Site: none\r\nPriority: u=0, i\r\n\r\n";
const POST: &[u8] =
    b"POST /notes HTTP/1.1\r\nHost: 127.0.0.1:9501\r\nContent-Type: application/json\r\n\
    Content-Length: 15\r\n\r\n{\"title\":\"abc\"}";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let rounds: u64 = args
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let input = match args.next().as_deref() {
        None | Some("h2load") => H2LOAD,
        Some("host") => HOST,
        Some("browser") => BROWSER,
        Some("post") => POST,
        Some(other) => {
            eprintln!("unknown request {other}: use h2load, host, browser or post");
            return ExitCode::from(2);
        }
    };
    let limits = Limits::default();
    let mut stamp = Stamp::new(Some("highper")).expect("a plain name");
    let (mut conn, mut head, mut out) = (Conn::new(), Head::new(), Vec::with_capacity(4096));
    let mut bytes = 0;
    for round in 0..rounds {
        stamp.set(1_700_000_000 + (round >> 40));
        let mut rest = black_box(input);
        let step = conn.feed(rest, &mut head, &limits);
        assert_eq!(step.event, Event::Head);
        rest = &rest[step.used..];
        while head.has_body() {
            let step = conn.feed(rest, &mut head, &limits);
            rest = &rest[step.used..];
            if step.event == Event::End {
                break;
            }
        }
        black_box((head.path(input), head.query(input)));
        let mut response = conn
            .respond(&mut out, &stamp, 200)
            .expect("a request waits");
        response
            .header(b"Content-Type", b"text/html; charset=utf-8")
            .expect("a plain field");
        assert_eq!(response.full(b"hello world"), Ok(After::KeepAlive));
        bytes += black_box(&out).len();
        out.clear();
    }
    println!(
        "{rounds} requests, {bytes} bytes, {} bytes per connection",
        size_of::<Conn>()
    );
    ExitCode::SUCCESS
}
