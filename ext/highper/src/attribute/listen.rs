//! `Highper\Attribute\Listen`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Listen")
            .doc("The method listens for events; for classes that scan() finds.")
            .attribute(Target::METHOD | Target::REPEATABLE)
            .property("public readonly ?string $event", "The class or interface of the events; null for the type of the method's parameter.")
            .property("public readonly int $priority", "Higher ones are called first.")
            .property("public readonly bool $async", "In a coroutine of its own; what it throws is logged.")
            .method(
                "public function __construct(?string $event = null, int $priority = 0, bool $async = false)",
                "",
                |call| {
                    let this = call.this_object()?;
                    this.set("event", call.opt_str(0)?)?;
                    this.set("priority", call.opt_long(1, 0)?)?;
                    this.set("async", call.opt_bool(2, false)?)
                },
            ),
    );
}
