//! `Highper\Attribute\Controller`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Controller")
            .doc("A class whose methods answer requests.")
            .attribute(Target::CLASS)
            .property(
                "public readonly string $prefix",
                "What the paths of its routes begin with.",
            )
            .method(
                "public function __construct(string $prefix = '')",
                "",
                |call| call.this_object()?.set("prefix", call.opt_bytes(0, b"")?),
            ),
    );
}
