//! `Highper\Udp\Client`

use super::exception::{misused, thrown};
use super::options::{address, seconds};
use highper_wire::Udp;
use highper_zend::{Call, Class, ClassRef, Done, Flags, Registry, Throw, Trace};
use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

static CLIENT: ClassRef = ClassRef::new("Highper\\Udp\\Client");

#[derive(Default)]
struct State(OnceCell<Rc<Udp>>);

impl Trace for State {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Udp\\Client")
            .doc("Datagrams to one server, and those that it sends back. One coroutine may receive at a time.")
            .handle(&CLIENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .method(
                "public function __construct(string $address, ?float $timeout = 5.0)",
                "Looks the server up.\n\n\
                 @param string $address host:port\n\
                 @param float|null $timeout Seconds to wait for a datagram; null for no limit.\n\
                 @throws \\Highper\\Tcp\\ClientException",
                construct,
            )
            .method(
                "public function send(string $datagram): void",
                "Sends a datagram; nobody knows whether it arrives.\n\n@throws \\Highper\\Tcp\\ClientException",
                |call| {
                    let datagram = call.str(0)?;
                    client(call)?.send(&datagram).map_err(|error| thrown(&error))
                },
            )
            .method(
                "public function receive(?float $timeout = null): string",
                "Waits for a datagram of the server.\n\n\
                 @param float|null $timeout Seconds; null for the client's.\n\
                 @throws \\Highper\\Tcp\\ClientTimeoutException None came in time.",
                |call| {
                    let timeout = seconds(call, 0, None)?;
                    let datagram = client(call)?.receive(timeout).map_err(|error| thrown(&error))?;
                    call.ret(datagram)
                },
            )
            .method(
                "public function ask(string $datagram): string",
                "Sends a datagram and waits for the next one that comes.\n\n@throws \\Highper\\Tcp\\ClientException",
                |call| {
                    let datagram = call.str(0)?;
                    let client = client(call)?;
                    let answer = client.send(&datagram).and_then(|()| client.receive(None));
                    let answer = answer.map_err(|error| thrown(&error))?;
                    call.ret(answer)
                },
            ),
    );
}

fn client(call: &Call) -> Result<Rc<Udp>, Throw> {
    let client = call.this::<State>()?.0.get().cloned();
    client.ok_or_else(|| misused("this client was never made: its constructor was not called"))
}

fn construct(call: &mut Call) -> Done {
    let (host, port) = address(call.text(0)?)?;
    let timeout = seconds(call, 1, Some(Duration::from_secs(5)))?;
    let made = Udp::connect(&host, port, timeout).map_err(|error| thrown(&error))?;
    match call.this::<State>()?.0.set(Rc::new(made)) {
        Ok(()) => Ok(()),
        Err(_) => Err(misused("this client was made before")),
    }
}
