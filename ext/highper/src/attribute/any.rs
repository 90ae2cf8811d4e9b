//! `Highper\Attribute\Any`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Any")
            .doc("The method answers any method requests for a path.")
            .attribute(Target::METHOD | Target::REPEATABLE)
            .property(
                "public readonly string $path",
                "The path after the controller's prefix; {name} is a parameter.",
            )
            .method(
                "public function __construct(string $path = '')",
                "",
                |call| call.this_object()?.set("path", call.opt_bytes(0, b"")?),
            ),
    );
}
