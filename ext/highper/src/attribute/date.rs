//! `Highper\Attribute\Date`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Date")
            .doc("The form of a date, for parameters of the type DateTimeImmutable and the like.")
            .attribute(Target::PARAMETER | Target::PROPERTY)
            .property(
                "public readonly string $format",
                "As for DateTimeImmutable::createFromFormat(): 'd.m.Y'.",
            )
            .method("public function __construct(string $format)", "", |call| {
                let format = call.str(0)?;
                if format.is_empty() {
                    return Err(Throw::argument_value(0, "must not be empty"));
                }
                call.this_object()?.set("format", format)
            }),
    );
}
