//! `Highper\Tcp\Client`

use super::connection;
use super::exception::{misused, thrown};
use super::options::{address, seconds};
use crate::gauges::{self, Group};
use crate::http_client::pool;
use highper_engine as engine;
use highper_wire::{Client, Frame, Limits, Settings};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Registry, Throw, Trace, Value, error};
use std::cell::OnceCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

static CLIENT: ClassRef = ClassRef::new("Highper\\Tcp\\Client");

/// Bytes of a packet where nothing is said.
const PACKET: u64 = 2 * 1024 * 1024;

static SHOWN: Group = Group {
    label: "server",
    figures: gauges::connections!("highper_tcp_client", "of TCP clients"),
};

#[derive(Default)]
struct State(OnceCell<Rc<Client>>);

impl Trace for State {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Tcp\\Client")
            .doc("A server that speaks in packets by TCP, with a pool of connections. Coroutines share it.")
            .handle(&CLIENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(string $address, ?string $eof = null, ?string $length = null, ?float $timeout = 5.0, \
                 float $connect_timeout = 1.0, int|array $pool = 16, int|string $max_packet = '2M', bool|string $tls = false, bool $verify = true)",
                "A client; connections are made when they are needed.\n\n\
                 @param string $address host:port, or unix:/path of a local socket.\n\
                 @param string|null $eof What follows each packet, a line end for example.\n\
                 @param string|null $length The number of its bytes stands in front of each packet, by a letter of pack(): N for 32 bits in \
                 network order. With neither, what comes at a time is a packet.\n\
                 @param float|null $timeout Seconds for a call; null for no limit.\n\
                 @param float $connect_timeout Seconds to make a connection.\n\
                 @param int|array<string, int|float|null> $pool Connections at most, or max, min, wait, queue, idle, lifetime.\n\
                 @param int|string $max_packet Bytes of a packet at most.\n\
                 @param bool|string $tls Speaks TLS; a file names the authorities that are trusted.\n\
                 @param bool $verify By TLS, must the server have a certificate of an authority that is trusted?\n\
                 @throws \\Highper\\Tcp\\ClientException A setting is wrong.",
                construct,
            )
            .method(
                "public function ask(string $packet): string",
                "Sends a packet and waits for the one that answers it, on a connection of the pool.\n\n@throws \\Highper\\Tcp\\ClientException",
                |call| {
                    let packet = call.str(0)?;
                    let client = Rc::clone(client(call)?);
                    let answer = client.ask(&packet).map_err(|error| thrown(&error))?;
                    call.ret(answer)
                },
            )
            .method(
                "public function connect(): \\Highper\\Tcp\\Connection",
                "A connection of one's own, until it is released, closed or let go.\n\n@throws \\Highper\\Tcp\\ClientException",
                |call| {
                    let client = Rc::clone(client(call)?);
                    let made = client.connect(place).map_err(|error| thrown(&error))?;
                    let object = connection::object(made)?;
                    call.ret(object)
                },
            )
            .method(
                "public function stats(): array",
                "The pool: max, idle, taken, waiting, made, ended, waits, refused.",
                |call| {
                    let client = client(call)?;
                    let out = crate::pool::figures(client.settings().pool.max, &client.counts());
                    call.ret(out)
                },
            )
            .method("public function disconnect(): void", "Closes the connections that nobody uses.", |call| {
                client(call)?.disconnect();
                Ok(())
            }),
    );
}

fn client(call: &Call) -> Result<&Rc<Client>, Throw> {
    let client = call.this::<State>()?.0.get();
    client.ok_or_else(|| misused("this client was never made: its constructor was not called"))
}

/// File and line of the code that runs.
fn place() -> String {
    match error::location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => String::new(),
    }
}

fn construct(call: &mut Call) -> Done {
    let text = call.text(0)?;
    let (host, port) = match text.strip_prefix("unix:") {
        Some(path) => (path.trim_start_matches("//").to_owned(), None),
        None => address(text).map(|(host, port)| (host, Some(port)))?,
    };
    let frame = match (call.opt_bytes_or_null(1)?, call.opt_bytes_or_null(2)?) {
        (None, None) => Frame::None,
        (Some(mark), None) => Frame::mark(mark).map_err(misused)?,
        (None, Some([letter])) => Frame::length(*letter).map_err(misused)?,
        (None, Some(_)) => {
            return Err(misused(
                "length must be one letter of pack(), N for example",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(misused(
                "packets have an eof behind them or a length in front: give either",
            ));
        }
    };
    let max_packet = match call.opt_value(6) {
        None => PACKET,
        Some(value) => {
            let given = match value.as_long() {
                Some(number) => u64::try_from(number).ok(),
                None => value.as_str().and_then(highper_app::env::size),
            };
            given
                .filter(|size| (1..=1 << 31).contains(size))
                .ok_or_else(|| {
                    misused(format!(
                        "max_packet must be a size from 1 to 2G, {} given",
                        value.describe()
                    ))
                })?
        }
    };
    let mut limits = Limits {
        max: 16,
        ..Limits::default()
    };
    if let Some(value) = call.opt_value(5) {
        if value.as_long().is_some_and(|max| max < 1) {
            return Err(Throw::argument_value(5, "must be greater than 0"));
        }
        limits = pool(value, limits).map_err(misused)?;
    }
    let tls = call.opt_value(7);
    let ca = tls.and_then(Value::as_str).map(PathBuf::from);
    let is_tls = ca.is_some() || tls.is_some_and(Value::to_bool);
    let made = Client::new(Settings {
        host,
        port,
        frame,
        max_packet: usize::try_from(max_packet).unwrap_or(usize::MAX),
        timeout: seconds(call, 3, Some(Duration::from_secs(5)))?,
        connect_timeout: seconds(call, 4, None)?.unwrap_or(Duration::from_secs(1)),
        pool: limits,
        tls: match is_tls {
            true => Some(call.opt_bool(8, true)?),
            false => None,
        },
        ca,
    });
    gauges::show(&SHOWN, &made.place(), &made, |client| {
        gauges::of_pool(&client.counts())
    });
    if engine::can_suspend() {
        made.warm();
    }
    match call.this::<State>()?.0.set(made) {
        Ok(()) => Ok(()),
        Err(_) => Err(misused("this client was made before")),
    }
}
