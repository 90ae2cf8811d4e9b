//! `Highper\Attribute\Middleware`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Middleware")
            .doc("Classes that handle a request before and after its handler, the first is outermost.")
            .attribute(Target::CLASS | Target::METHOD | Target::REPEATABLE)
            .property("public readonly array $classes", "Their names.")
            .method("public function __construct(string ...$classes)", "", |call| {
                let mut classes = highper_zend::Array::new();
                for at in 0..call.num_args() {
                    classes.push(call.str(at)?);
                }
                call.this_object()?.set("classes", classes)
            }),
    );
}
