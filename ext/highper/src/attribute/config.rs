//! `Highper\Attribute\Config`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Config")
            .doc("A value of the configuration, config/*.php, converted to the type of the parameter or property.")
            .attribute(Target::PARAMETER | Target::PROPERTY)
            .property(
                "public readonly string $path",
                "As in 'db.host': the file, and the keys below it.",
            )
            .method(
                "public function __construct(string $path)",
                "",
                |call| call.this_object()?.set("path", call.str(0)?),
            ),
    );
}
