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
            .property(
                "public readonly ?string $name",
                "What the route is called in addresses that are made: `Application::url()`.",
            )
            .method(
                "public function __construct(string $path = '', ?string $name = null)",
                "",
                super::route,
            ),
    );
}
