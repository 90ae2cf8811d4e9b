//! `Highper\Attribute\Inject`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Inject")
            .doc("The container fills the property by its type, before the constructor runs; or takes another name than the type of a parameter or property.")
            .attribute(Target::PARAMETER | Target::PROPERTY)
            .property(
                "public readonly ?string $name",
                "A class or another name that is bound; the type where it is null.",
            )
            .method(
                "public function __construct(?string $name = null)",
                "",
                |call| call.this_object()?.set("name", call.opt_str(0)?),
            ),
    );
}
