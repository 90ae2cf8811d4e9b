//! `Highper\Attribute\Tcp`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Tcp")
            .doc(
                "The method answers messages for a path that come by a port of Application::tcp().",
            )
            .attribute(Target::METHOD | Target::REPEATABLE)
            .property(
                "public readonly string $path",
                "The path after the controller's prefix; {name} is a parameter.",
            )
            .property("public readonly ?string $name", "What the route is called.")
            .method(
                "public function __construct(string $path = '', ?string $name = null)",
                "",
                super::route,
            ),
    );
}
