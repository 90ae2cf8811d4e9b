//! `Highper\Attribute\Each`

use highper_zend::{Array, Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Each")
            .doc("What the entries of an array are: a type or class by its name, and rules.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property("public readonly array $rules", "A name of a type, rules.")
            .method("public function __construct(mixed ...$rules)", "", |call| {
                let rules: Array = call.rest(0).iter().cloned().collect();
                if rules.is_empty() {
                    return Err(Throw::argument_value(0, "must be given"));
                }
                call.this_object()?.set("rules", rules)
            }),
    );
}
