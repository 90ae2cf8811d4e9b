//! `Highper\WebSocket\Message`

use crate::exception::http_exception::decode_json;
use highper_rooms::Message;
use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::Cell;

static MESSAGE: ClassRef = ClassRef::new("Highper\\WebSocket\\Message");

#[derive(Default)]
struct State {
    /// A server has said it: what is wrong with it is not the fault of a request.
    is_servers: Cell<bool>,
}

impl Trace for State {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\Message")
            .doc("A message of a client, for handlers that want to know whether it is text; or one of a server.")
            .handle(&MESSAGE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES)
            .state::<State>()
            .property("public readonly string $data", "What it says; text is UTF-8.")
            .property("public readonly bool $isBinary", "Is it binary, or text?")
            .method(
                "public function __construct(string $data, bool $isBinary = false)",
                "A message, for tests.",
                |call| {
                    let this = call.this_object()?;
                    this.set("data", call.str(0)?)?;
                    this.set("isBinary", call.opt_bool(1, false)?)
                },
            )
            .method(
                "public function json(): mixed",
                "What it says as JSON: objects become arrays.\n\n@throws \\Highper\\Http\\BadRequest It is none, and of a client.\n\
                 @throws \\Highper\\WebSocket\\ClientProtocolException It is none, and of a server.",
                |call| {
                    let data = call.this_object()?.get("data")?;
                    let read = decode_json(data.as_bytes().unwrap_or_default());
                    match read {
                        Err(Throw::Bailout) => Err(Throw::Bailout),
                        Err(_) if call.this::<State>()?.is_servers.get() => Err(
                            crate::websocket_client::no_json("the server's message is no JSON"),
                        ),
                        read => call.ret(read?),
                    }
                },
            ),
    );
}

/// A message for PHP.
pub(super) fn object(message: &Message) -> Result<Object, Throw> {
    made(&message.payload, message.is_binary)
}

/// A message of a server for PHP.
pub(crate) fn of_server(payload: &[u8], is_binary: bool) -> Result<Object, Throw> {
    let object = made(payload, is_binary)?;
    if let Some(state) = object.state::<State>() {
        state.is_servers.set(true);
    }
    Ok(object)
}

fn made(payload: &[u8], is_binary: bool) -> Result<Object, Throw> {
    let args = [Value::string(payload), Value::bool(is_binary)];
    let made = MESSAGE.get().new_object(&args).into_result()?;
    made.into_object()
        .map_err(|_| Throw::error("a message is no object"))
}
