//! `Highper\Attribute\In`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\In")
            .doc("One of some values.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property("public readonly array $values", "The values; types count.")
            .property(
                "public readonly ?string $message",
                "What is said instead; {min} and the like stand for parameters.",
            )
            .method(
                "public function __construct(array $values, ?string $message = null)",
                "",
                |call| {
                    let values = call.array(0)?;
                    if values.is_empty() {
                        return Err(Throw::argument_value(0, "must not be empty"));
                    }
                    let this = call.this_object()?;
                    this.set("values", values)?;
                    this.set("message", call.opt_str(1)?)
                },
            ),
    );
}
