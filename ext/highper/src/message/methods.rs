//! `Application::tcp()` and `udp()`

use super::Port;
use crate::application::of;
use crate::route::place;
use crate::websocket::bytes;
use highper_app::listen::Address;
use highper_message::{Door, Frames, Key};
use highper_zend::{Call, Callable, Class, Throw, Value};
use std::rc::Rc;
use std::time::Duration;

const TCP: &str = "public function tcp(string $address, string $framing = 'line', \\Closure|string $key = 'word', string $prefix = '', int|string $maxMessage = '1M', float $idle = 0, bool $tls = false, bool $errors = true): static";
const TCP_DOC: &str = "A port for messages on streams: routes for the method TCP answer them, `#[Tcp('/stock/{item}')]` or `map(['TCP'], …)`, by the same \
         filters and handlers as requests. Those of a connection are answered one after the other.\n\n\
         @param string $address Such as '127.0.0.1:7000', ':7000', 'unix:/run/app.sock'.\n\
         @param string $framing How messages and answers are told apart: 'line', 'nul', or a length before each: 'u16', 'u32', 'u16le', 'u32le'.\n\
         @param \\Closure|string $key What path a message is for: 'word' is its first word, and the body what follows; 'json:do' the field `do` of the JSON \
         object that it is, and the body all of it. A closure gets the message and returns the path, or the path and the body; null for none.\n\
         @param string $prefix What all these paths begin with.\n\
         @param int|string $maxMessage Bytes of a message, and of an answer, at most.\n\
         @param float $idle Seconds of silence after which a connection is closed; 0 for never.\n\
         @param bool $tls Is TLS spoken, with the certificate of the setting `tls`?\n\
         @param bool $errors Is a message that can't be answered answered with a problem as JSON?";

const UDP: &str = "public function udp(string $address, \\Closure|string $key = 'word', string $prefix = '', bool $errors = false): static";
const UDP_DOC: &str = "A port for datagrams: routes for the method UDP answer them, `#[Udp('/measure/{name}')]` or `map(['UDP'], …)`. What a handler returns goes back to the \
         sender, nothing where it returns nothing.\n\n\
         @param string $address Such as '127.0.0.1:7000'.\n\
         @param \\Closure|string $key As of tcp().\n\
         @param string $prefix What all paths begin with.\n\
         @param bool $errors Are senders told what is wrong? Anybody can write anybody's address on a datagram.";

/// Adds the methods.
pub(crate) fn methods(class: Class) -> Class {
    class
        .method(TCP, TCP_DOC, |call| {
            let wrong =
                |why: String| Throw::value_error(format!("Highper\\Application::tcp(): {why}"));
            let frames = Frames::parse(call.opt_text(1, "line")?)
                .map_err(|why| Throw::argument_value(1, why))?;
            let usual = Value::string("1M");
            let limit = bytes("maxMessage", call.opt_value(4).unwrap_or(&usual)).map_err(wrong)?;
            let idle = call.opt_double(5, 0.0)?;
            if !(0.0..=31_536_000.0).contains(&idle) {
                return Err(Throw::argument_value(
                    5,
                    "must be between 0 and 31536000 seconds",
                ));
            }
            let mut port = port(call, 2, 3)?;
            port.door.frames = frames;
            port.door.limit = limit;
            port.door.errors = call.opt_bool(7, true)?;
            port.limit = limit;
            port.idle = (idle > 0.0).then(|| Duration::from_secs_f64(idle));
            port.is_secure = call.opt_bool(6, false)?;
            add(call, port)
        })
        .method(UDP, UDP_DOC, |call| {
            let mut port = port(call, 1, 2)?;
            port.is_datagram = true;
            port.door.errors = call.opt_bool(3, false)?;
            add(call, port)
        })
}

fn add(call: &mut Call, port: Port) -> Result<(), Throw> {
    let app = Rc::clone(of(call)?);
    let mut ports = app.ports.borrow_mut();
    let same = ports.iter().find(|other| {
        let is_any = matches!(port.address, Address::Tcp(_, 0));
        !is_any && other.address == port.address && other.is_datagram == port.is_datagram
    });
    if let Some(other) = same {
        return Err(Throw::value_error(format!(
            "{} is listened on already, see {}",
            port.name(),
            other.at
        )));
    }
    ports.push(port);
    drop(ports);
    call.ret_this()
}

/// What both have: the address, and the arguments for the key and the prefix.
fn port(call: &Call, key_at: usize, prefix_at: usize) -> Result<Port, Throw> {
    let address =
        Address::parse(call.text(0)?).map_err(|why| Throw::argument_value(0, why.to_string()))?;
    let usual = Value::string("word");
    let given = call.opt_value(key_at).unwrap_or(&usual);
    let (key, closure) = match given.as_str() {
        Some(name) => {
            let key = Key::parse(name).map_err(|why| Throw::argument_value(key_at, why))?;
            (key, None)
        }
        None => (
            Key::Asked,
            Some(Callable::new(given).map_err(|why| {
                Throw::argument_value(key_at, format!("must be a Closure or a text: {why}"))
            })?),
        ),
    };
    let prefix = call.opt_text(prefix_at, "")?;
    Ok(Port {
        address,
        is_datagram: false,
        door: Door {
            frames: Frames::default(),
            key,
            prefix: match prefix.trim_matches('/') {
                "" => String::new(),
                prefix => format!("/{prefix}"),
            },
            errors: false,
            limit: 1 << 20,
        },
        key: closure,
        limit: 1 << 20,
        idle: None,
        is_secure: false,
        at: place(),
    })
}
