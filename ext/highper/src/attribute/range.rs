//! `Highper\Attribute\Range`

use highper_zend::{Class, Registry, Target, Throw, Value};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Range")
            .doc("A number between two bounds, which belong to it.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property("public readonly int|float|null $min", "The least.")
            .property("public readonly int|float|null $max", "The greatest.")
            .property("public readonly ?string $message", "What is said instead; {min} and the like stand for parameters.")
            .method(
                "public function __construct(int|float|null $min = null, int|float|null $max = null, ?string $message = null)",
                "",
                |call| {
                    let bound = |at| call.opt_value(at).cloned().unwrap_or_default();
                    let (min, max) = (bound(0), bound(1));
                    for (at, value) in [&min, &max].into_iter().enumerate() {
                        if !value.is_null() && value.as_long().is_none() && value.as_double().is_none() {
                            return Err(Throw::argument_type(at, format!("must be a number, {} given", value.type_name())));
                        }
                    }
                    let number = |value: &Value| (!value.is_null()).then(|| value.to_double());
                    match (number(&min), number(&max)) {
                        (Some(min), Some(max)) if min > max => {
                            return Err(Throw::argument_value(1, "must not be less than the minimum"));
                        }
                        (None, None) => {
                            return Err(Throw::argument_value(0, "must be given, or $max"));
                        }
                        _ => {}
                    }
                    let this = call.this_object()?;
                    this.set("min", min)?;
                    this.set("max", max)?;
                    this.set("message", call.opt_str(2)?)
                },
            ),
    );
}
