//! `Highper\Attribute\Length`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Length")
            .doc("Characters of a text, or entries of a list.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property("public readonly ?int $min", "At least so many.")
            .property("public readonly ?int $max", "At most so many.")
            .property("public readonly ?string $message", "What is said instead; {min} and the like stand for parameters.")
            .method(
                "public function __construct(?int $min = null, ?int $max = null, ?string $message = null)",
                "",
                |call| {
                    let (min, max) = (call.opt_long_or_null(0)?, call.opt_long_or_null(1)?);
                    if min.is_some_and(|min| min < 0) {
                        return Err(Throw::argument_value(0, "must not be negative"));
                    }
                    if max.is_some_and(|max| max < min.unwrap_or(0)) {
                        return Err(Throw::argument_value(1, "must not be less than the minimum"));
                    }
                    if min.is_none() && max.is_none() {
                        return Err(Throw::argument_value(0, "must be given, or $max"));
                    }
                    let this = call.this_object()?;
                    this.set("min", min)?;
                    this.set("max", max)?;
                    this.set("message", call.opt_str(2)?)
                },
            ),
    );
}
