//! A server without a language behind it: `hello PORT`. For measuring the service alone.

use highper_http::{Exchange, Server, Service, Settings};
use std::rc::Rc;

struct Hello;

impl Service for Hello {
    fn request(&self, exchange: Rc<Exchange>) {
        let sent = exchange.respond(
            200,
            None,
            |r| r.header(b"Content-Type", b"text/plain"),
            b"Hello, world!\n",
        );
        if let Err(error) = sent {
            eprintln!("{error}");
        }
    }
}

fn main() {
    let port: u16 = std::env::args()
        .nth(1)
        .and_then(|p| p.parse().ok())
        .unwrap_or(9502);
    let end = highper_engine::run(
        move || {
            let listener = std::net::TcpListener::bind(("127.0.0.1", port)).expect("a free port");
            let server = Server::new(Settings::default(), Rc::new(Hello)).expect("no Server field");
            server.listen(listener.into()).expect("a loop");
        },
        || false,
    );
    println!("{:?}", end.expect("a loop"));
}
