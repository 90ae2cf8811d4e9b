//! `Highper\WebSocket\Message`

use crate::exception::http_exception::decode_json;
use highper_rooms::Message;
use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Value};

static MESSAGE: ClassRef = ClassRef::new("Highper\\WebSocket\\Message");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\WebSocket\\Message")
            .doc("A message of a client, for handlers that want to know whether it is text.")
            .handle(&MESSAGE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES)
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
                "What it says as JSON: objects become arrays.\n\n@throws \\Highper\\Http\\BadRequest It is none.",
                |call| {
                    let data = call.this_object()?.get("data")?;
                    call.ret(decode_json(data.as_bytes().unwrap_or_default())?)
                },
            ),
    );
}

/// A message for PHP.
pub(super) fn object(message: &Message) -> Result<Object, Throw> {
    let args = [
        Value::string(&message.payload),
        Value::bool(message.is_binary),
    ];
    let made = MESSAGE.get().new_object(&args).into_result()?;
    made.into_object()
        .map_err(|_| Throw::error("a message is no object"))
}
