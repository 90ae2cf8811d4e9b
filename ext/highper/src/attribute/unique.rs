//! `Highper\Attribute\Unique`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Unique")
            .doc("A value that nobody has yet. A method is asked with it and returns something true where there is one already.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property("public readonly array|string $exists", "[class, method], the object comes from the container; or the name of a function.")
            .property("public readonly ?string $message", "What is said instead; {min} and the like stand for parameters.")
            .method(
                "public function __construct(array|string $exists, ?string $message = null)",
                "",
                |call| {
                    let this = call.this_object()?;
                    this.set("exists", call.value(0)?.clone())?;
                    this.set("message", call.opt_str(1)?)
                },
            ),
    );
}
