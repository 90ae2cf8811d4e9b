//! `Highper\Redis\Message`

use highper_redis::Message;
use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Value};

static MESSAGE: ClassRef = ClassRef::new("Highper\\Redis\\Message");

pub(super) fn object(message: Message) -> Result<Object, Throw> {
    let object = MESSAGE.instantiate()?;
    object.set_slot(0, Value::string(message.channel));
    object.set_slot(1, Value::string(message.payload));
    object.set_slot(2, message.pattern.map(Value::string));
    Ok(object)
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Redis\\Message")
            .doc("What somebody has published.")
            .handle(&MESSAGE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .deny_create()
            .property("public readonly string $channel", "The channel.")
            .property("public readonly string $payload", "What was published.")
            .property(
                "public readonly ?string $pattern",
                "The pattern of psubscribe() that the channel fits.",
            ),
    );
}
