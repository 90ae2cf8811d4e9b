//! `Highper\Attribute\Status`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Status")
            .doc("The status of the answer that is made of a returned value.")
            .attribute(Target::METHOD | Target::FUNCTION)
            .property("public readonly int $status", "200 to 599.")
            .method("public function __construct(int $status)", "", |call| {
                let status = call.long(0)?;
                if !(200..=599).contains(&status) {
                    return Err(highper_zend::Throw::argument_value(
                        0,
                        "must be between 200 and 599",
                    ));
                }
                call.this_object()?.set("status", status)
            }),
    );
}
