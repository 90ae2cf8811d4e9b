//! `Swoole\Server\Event` and `Swoole\Server\Packet`: what callbacks get with `event_object`.

use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Value};

static EVENT: ClassRef = ClassRef::new("Swoole\\Server\\Event");
static PACKET: ClassRef = ClassRef::new("Swoole\\Server\\Packet");

/// Declares them.
pub(super) fn declare(registry: &mut Registry) {
    registry
        .class(
            Class::new("Swoole\\Server\\Event")
                .doc("What happened on a connection: with the setting `event_object`.")
                .handle(&EVENT)
                .property(
                    "public $reactor_id = 0",
                    "The worker that holds the connection; -1 where the server closes it.",
                )
                .property("public $fd = 0", "The connection's number.")
                .property(
                    "public $dispatch_time = 0.0",
                    "When it happened, seconds since 1970.",
                )
                .property("public $data = null", "What was received."),
        )
        .class(
            Class::new("Swoole\\Server\\Packet")
                .doc("A datagram: with the setting `event_object`.")
                .handle(&PACKET)
                .flags(Flags::DYNAMIC_PROPERTIES)
                .property(
                    "public $server_socket = 0",
                    "The descriptor that it came to.",
                )
                .property("public $server_port = 0", "The port that it came to.")
                .property(
                    "public $dispatch_time = 0.0",
                    "When it came, seconds since 1970.",
                )
                .property("public $address = null", "The sender's address.")
                .property("public $port = 0", "The sender's port."),
        );
}

/// An event of a connection.
pub(super) fn event(
    fd: i64,
    reactor: i64,
    time: f64,
    data: Option<Value>,
) -> Result<Object, Throw> {
    let event = EVENT.instantiate()?;
    event.set_slot(0, reactor);
    event.set_slot(1, fd);
    event.set_slot(2, time);
    if let Some(data) = data {
        event.set_slot(3, data);
    }
    Ok(event)
}

/// A datagram, and where it came from.
pub(super) fn packet(info: &Info, data: Value) -> Result<Object, Throw> {
    let packet = PACKET.instantiate()?;
    packet.set_slot(0, i64::from(info.socket));
    packet.set_slot(1, i64::from(info.server_port));
    packet.set_slot(2, info.time);
    packet.set_slot(3, Value::string(&info.address));
    packet.set_slot(4, i64::from(info.port));
    packet.set("data", data)?;
    Ok(packet)
}

/// Where a datagram came from, and where to.
pub(super) struct Info {
    pub(super) socket: i32,
    pub(super) server_port: u16,
    pub(super) time: f64,
    pub(super) address: Vec<u8>,
    pub(super) port: u16,
    /// A local socket has none.
    pub(super) has_port: bool,
}
