//! `Highper\Attribute\Header`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Header")
            .doc("The parameter is read from a header and converted to its type.")
            .attribute(Target::PARAMETER)
            .property(
                "public readonly ?string $name",
                "Its name in the request; the parameter's own where it is null.",
            )
            .method(
                "public function __construct(?string $name = null)",
                "",
                |call| call.this_object()?.set("name", call.opt_str(0)?),
            ),
    );
}
