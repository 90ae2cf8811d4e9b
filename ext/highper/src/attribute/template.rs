//! `Highper\Attribute\Template`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Template")
            .doc("The view of what the handler returns: an array of its variables. A Response goes out as it is.")
            .attribute(Target::METHOD | Target::FUNCTION)
            .property("public readonly string $name", "The view: notes/index.")
            .method("public function __construct(string $name)", "", |call| {
                let name = call.bytes(0)?;
                if name.is_empty() {
                    return Err(Throw::argument_value(0, "must not be empty"));
                }
                call.this_object()?.set("name", name)
            }),
    );
}
