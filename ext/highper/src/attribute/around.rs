//! `Highper\Attribute\Around`

use highper_zend::{Array, Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Around")
            .doc("Runs aspects around the method: classes that implement Highper\\Aspect, from the container. Without arguments those attributes beside it that are aspects themselves.")
            .attribute(Target::METHOD | Target::REPEATABLE)
            .property(
                "public readonly array $aspects",
                "The classes, outermost first.",
            )
            .method(
                "public function __construct(string ...$aspects)",
                "",
                |call| {
                    let mut aspects = Array::new();
                    for (at, aspect) in call.rest(0).iter().enumerate() {
                        match aspect.is_string() {
                            true => aspects.push(aspect),
                            false => return Err(Throw::argument_type(at, "must be the name of a class")),
                        };
                    }
                    call.this_object()?.set("aspects", aspects)
                },
            ),
    );
}
