//! `Highper\Attribute\Required`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Required")
            .doc("A value that must be there although its type may be null or it has a default; an empty text is none.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property("public readonly ?string $message", "What is said instead; {min} and the like stand for parameters.")
            .method(
                "public function __construct(?string $message = null)",
                "",
                |call| {
 let this = call.this_object()?;
 this.set("message", call.opt_str(0)?)
},
            ),
    );
}
