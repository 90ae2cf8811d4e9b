//! The connection driver over real sockets.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use highper_engine::{self as engine, Ending, scheduler};
use highper_http::{Body, Exchange, Server, Service, Settings};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

struct Echo;

fn text(exchange: &Exchange, body: &[u8]) {
    exchange
        .respond(
            200,
            None,
            |r| r.header(b"Content-Type", b"text/plain"),
            body,
        )
        .unwrap();
}

impl Service for Echo {
    fn request(&self, exchange: Rc<Exchange>) {
        let path = exchange
            .request()
            .head()
            .path(&exchange.request().bytes())
            .to_vec();
        match path.as_slice() {
            b"/sleep" => {
                engine::spawn(move || {
                    engine::sleep(20_000_000);
                    text(&exchange, b"slept");
                    Ending::Returned
                })
                .unwrap();
            }
            b"/never" => {
                engine::spawn(move || {
                    engine::sleep(60_000_000_000);
                    drop(exchange);
                    Ending::Returned
                })
                .unwrap();
            }
            b"/stream" => {
                exchange.start(200, None, None, |_| Ok(())).unwrap();
                for piece in ["one ", "two ", "three"] {
                    exchange.write(piece.as_bytes()).unwrap();
                }
                exchange.finish().unwrap();
            }
            b"/big" => {
                exchange
                    .respond_shared(200, None, |_| Ok(()), vec![b'x'; 8 << 20])
                    .unwrap();
            }
            b"/stop" => {
                text(&exchange, b"bye");
                scheduler::defer_to_driver(scheduler::stop_loop);
            }
            _ => {
                let kind = match exchange.request().body() {
                    Body::Empty => "empty",
                    Body::Memory(_) => "memory",
                    Body::File(..) => "file",
                    Body::Stream(_) => "stream",
                    Body::Form(form) => {
                        assert_eq!(form.temp.paths().len(), 1);
                        "form"
                    }
                };
                let length = exchange.request().with_body(<[u8]>::len).unwrap();
                let path = String::from_utf8(path).unwrap();
                text(&exchange, format!("{path} {kind} {length}").as_bytes());
            }
        }
    }
}

fn serve(settings: Settings, talk: impl FnOnce(SocketAddr) + Send + 'static) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (done, wait) = mpsc::channel::<()>();
    let client = std::thread::spawn(move || {
        let _done = done;
        talk(address);
        let mut last = TcpStream::connect(address).unwrap();
        last.write_all(b"GET /stop HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut rest = Vec::new();
        last.read_to_end(&mut rest).unwrap();
    });
    engine::run(
        move || {
            let server = Server::new(settings, Rc::new(Echo)).unwrap();
            server.listen(listener.into()).unwrap();
        },
        || false,
    )
    .unwrap();
    client.join().unwrap();
    drop(wait);
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    stream
}

/// Everything that comes until the server closes.
fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address);
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn keep_alive_pipelining_and_close() {
    serve(Settings::default(), |address| {
        let answer = ask(
            address,
            b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /sleep HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        );
        let order: Vec<usize> = ["/a empty 0", "slept", "/b empty 0"]
            .iter()
            .map(|w| answer.find(w).unwrap())
            .collect();
        assert!(order.is_sorted(), "{answer}");
    });
}

#[test]
fn bodies_in_memory_in_files_and_as_forms() {
    let settings = Settings {
        body_memory: 1000,
        ..Settings::default()
    };
    serve(settings, |address| {
        let mut request = b"POST /m HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".to_vec();
        request.extend_from_slice(
            b"POST /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        );
        for _ in 0..300 {
            request.extend_from_slice(b"a\r\n0123456789\r\n");
        }
        request.extend_from_slice(b"0\r\n\r\n");
        let form = b"--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhello\r\n--B--\r\n";
        request.extend_from_slice(
            format!("POST /u HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: {}\r\n\r\n", form.len()).as_bytes(),
        );
        request.extend_from_slice(form);
        let answer = ask(address, &request);
        for words in ["/m memory 3", "/f file 3000", "/u form 0"] {
            assert!(answer.contains(words), "{words}: {answer}");
        }
    });
}

#[test]
fn a_client_that_waits_for_100_continue_gets_it() {
    serve(Settings::default(), |address| {
        let mut stream = connect(address);
        stream.write_all(b"POST /m HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n").unwrap();
        let mut first = [0; 25];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"abc").unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("/m memory 3"));
    });
}

#[test]
fn streams_and_big_bodies_reach_slow_readers_whole() {
    serve(Settings::default(), |address| {
        let answer = ask(
            address,
            b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        );
        assert!(
            answer.ends_with("4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"),
            "{answer}"
        );
        let mut stream = connect(address);
        stream
            .write_all(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut total = 0;
        let mut buffer = vec![0; 100_000];
        loop {
            let n = stream.read(&mut buffer).unwrap();
            if n == 0 {
                break;
            }
            total += n;
            std::thread::sleep(Duration::from_micros(200));
        }
        assert!(total > 8 << 20);
    });
}

#[test]
fn slow_and_malformed_clients_are_answered_and_closed() {
    let settings = Settings {
        header_timeout: Duration::from_millis(100),
        idle_timeout: Duration::from_millis(100),
        body_timeout: Duration::from_millis(100),
        request_timeout: Some(Duration::from_millis(100)),
        ..Settings::default()
    };
    serve(settings, |address| {
        assert!(ask(address, b"GET / HTTP/1.1\r\nHo").starts_with("HTTP/1.1 408"));
        assert!(
            ask(
                address,
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"
            )
            .starts_with("HTTP/1.1 408")
        );
        assert!(
            ask(address, b"GET /never HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 504")
        );
        assert!(ask(address, b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n").starts_with("HTTP/1.1 400"));
        assert_eq!(ask(address, b""), "");
    });
}

#[test]
fn half_closed_clients_are_still_answered() {
    serve(Settings::default(), |address| {
        let mut stream = connect(address);
        stream
            .write_all(b"GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("slept"), "{answer}");
    });
}
