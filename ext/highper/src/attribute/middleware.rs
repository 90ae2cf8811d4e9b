//! `Highper\Attribute\Middleware`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Middleware")
            .doc("What handles a request before and after its handler, the first is outermost: names of classes, or objects such as new RateLimit('10/s').")
            .attribute(Target::CLASS | Target::METHOD | Target::FUNCTION | Target::REPEATABLE)
            .property("public readonly array $classes", "Names and objects.")
            .method("public function __construct(string|object ...$classes)", "", |call| {
                let mut classes = highper_zend::Array::new();
                for (at, value) in call.rest(0).iter().enumerate() {
                    if !value.is_string() && !value.is_object() {
                        return Err(Throw::argument_type(at, format!("must be a class or an object, {} given", value.type_name())));
                    }
                    classes.push(value);
                }
                if classes.is_empty() {
                    return Err(Throw::argument_value(0, "must be given: a class or an object"));
                }
                call.this_object()?.set("classes", classes)
            }),
    );
}
