//! `Highper\Attribute\Option`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Option")
            .doc("A parameter of a command that the command line gives by its name: `--limit=10`. A bool is on by `--name` and off by `--no-name`; an array takes each that is given.")
            .attribute(Target::PARAMETER)
            .property("public readonly string $description", "For the command's help.")
            .property("public readonly ?string $short", "One letter: 'l' for `-l 10`.")
            .property("public readonly ?string $name", "Its name on the command line; null for the parameter's, with dashes for capitals.")
            .method(
                "public function __construct(string $description = '', ?string $short = null, ?string $name = null)",
                "",
                |call| {
                    let short = call.opt_str(1)?;
                    let is_letter = short.as_ref().is_none_or(|s| matches!(s.as_bytes(), [b] if b.is_ascii_alphabetic()));
                    if !is_letter {
                        return Err(Throw::argument_value(1, "must be one letter"));
                    }
                    let this = call.this_object()?;
                    this.set("description", call.opt_bytes(0, b"")?)?;
                    this.set("short", short)?;
                    this.set("name", call.opt_str(2)?)
                },
            ),
    );
}
