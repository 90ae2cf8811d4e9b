//! `Highper\Attribute\When`

use highper_zend::{Array, Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\When")
            .doc("Rules that hold where the field beside it has a value.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property(
                "public readonly string $field",
                "The name of the other field.",
            )
            .property("public readonly mixed $is", "Its value.")
            .property("public readonly array $rules", "The rules.")
            .method(
                "public function __construct(string $field, mixed $is, object ...$rules)",
                "",
                |call| {
                    let rules: Array = call.rest(2).iter().cloned().collect();
                    if rules.is_empty() {
                        return Err(Throw::argument_value(2, "must be given"));
                    }
                    let this = call.this_object()?;
                    this.set("field", call.str(0)?)?;
                    this.set("is", call.value(1)?.clone())?;
                    this.set("rules", rules)
                },
            ),
    );
}
