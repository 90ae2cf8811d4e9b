//! `Highper\Attribute\Uuid`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Uuid")
            .doc("A UUID as text.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property(
                "public readonly ?int $version",
                "Its version, 1 to 8; any where it is null.",
            )
            .property(
                "public readonly ?string $message",
                "What is said instead; {min} and the like stand for parameters.",
            )
            .method(
                "public function __construct(?int $version = null, ?string $message = null)",
                "",
                |call| {
                    let version = call.opt_long_or_null(0)?;
                    if version.is_some_and(|version| !(1..=8).contains(&version)) {
                        return Err(Throw::argument_value(0, "must be between 1 and 8"));
                    }
                    let this = call.this_object()?;
                    this.set("version", version)?;
                    this.set("message", call.opt_str(1)?)
                },
            ),
    );
}
