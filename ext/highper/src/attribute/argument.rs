//! `Highper\Attribute\Argument`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Argument")
            .doc("A parameter of a command that the command line gives by its place. One without a default must be given; an array takes all that follow.")
            .attribute(Target::PARAMETER)
            .property("public readonly string $description", "For the command's help.")
            .property("public readonly ?string $name", "How the help calls it; null for the parameter's name.")
            .method(
                "public function __construct(string $description = '', ?string $name = null)",
                "",
                |call| {
                    let this = call.this_object()?;
                    this.set("description", call.opt_bytes(0, b"")?)?;
                    this.set("name", call.opt_str(1)?)
                },
            ),
    );
}
