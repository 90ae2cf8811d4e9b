//! `Highper\Attribute\Tagged`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Tagged")
            .doc("The objects of all classes that have a tag, as a list.")
            .attribute(Target::PARAMETER | Target::PROPERTY)
            .property("public readonly string $tag", "The name of the tag.")
            .method("public function __construct(string $tag)", "", |call| {
                call.this_object()?.set("tag", call.str(0)?)
            }),
    );
}
