//! `Highper\Attribute\WebSocket`

use highper_zend::{Class, Registry, Target, Value};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\WebSocket")
            .doc(
                "The class speaks WebSocket below a path: its public methods open(), message(), close() and error() are called for its\n\
                 connections, their parameters injected.",
            )
            .attribute(Target::CLASS)
            .property("public readonly string $path", "Such as '/rooms/{room}'.")
            .property("public readonly ?string $name", "What the route is called in addresses that are made.")
            .property("public readonly int|string $queue", "Bytes that may wait for a client that takes less than it is sent: 262144, '256K'.")
            .property("public readonly string $slow", "What becomes of such a client: 'drop-oldest' leaves out the oldest messages, 'keep-last' all but the last of each room, 'close' closes.")
            .property("public readonly int|string $maxMessage", "Bytes of a message at most, unpacked; a longer one closes the connection with 1009.")
            .property("public readonly float $ping", "Seconds of silence after which a client is sent a ping; after as many again without an answer it is taken for gone. 0 for never.")
            .property("public readonly bool $compress", "Are messages compressed (permessage-deflate) for clients that can?")
            .property("public readonly array $protocols", "Subprotocols that the server speaks, the best first.")
            .property("public readonly array $origins", "From which pages browsers may connect: 'https://example.com', '*' for all; none for those of the same host.")
            .property("public readonly int $connections", "Connections of a worker at most, others get 503; 0 for any number.")
            .method(
                "public function __construct(string $path, ?string $name = null, int|string $queue = '256K', string $slow = 'drop-oldest', int|string $maxMessage = '1M', float $ping = 30.0, bool $compress = false, array $protocols = [], array $origins = [], int $connections = 0)",
                "",
                |call| {
                    let this = call.this_object()?;
                    let or = |arg: usize, default: Value| call.opt_value(arg).cloned().unwrap_or(default);
                    this.set("path", call.str(0)?)?;
                    this.set("name", call.opt_str(1)?)?;
                    this.set("queue", or(2, Value::string("256K")))?;
                    this.set("slow", call.opt_bytes(3, b"drop-oldest")?)?;
                    this.set("maxMessage", or(4, Value::string("1M")))?;
                    this.set("ping", call.opt_double(5, 30.0)?)?;
                    this.set("compress", call.opt_bool(6, false)?)?;
                    this.set("protocols", or(7, Value::empty_array()))?;
                    this.set("origins", or(8, Value::empty_array()))?;
                    this.set("connections", call.opt_long(9, 0)?)
                },
            ),
    );
}
