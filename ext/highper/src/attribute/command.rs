//! `Highper\Attribute\Command`

use super::process::is_name;
use highper_app::listen;
use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Command")
            .doc("`php server.php NAME` calls the method handle() of the class. Its parameters are arguments and options of the command line, or injected.")
            .attribute(Target::CLASS)
            .property("public readonly string $name", "Such as 'notes:import'.")
            .property("public readonly string $description", "One line for the list of commands.")
            .method(
                "public function __construct(string $name, string $description = '')",
                "",
                |call| {
                    may_be_called(call.text(0)?)?;
                    let this = call.this_object()?;
                    this.set("name", call.str(0)?)?;
                    this.set("description", call.opt_bytes(1, b"")?)
                },
            ),
    );
}

/// Is this a name for a command, and none of our own?
pub(crate) fn may_be_called(name: &str) -> Result<(), Throw> {
    if !is_name(name) {
        return Err(Throw::argument_value(
            0,
            format!("must have 1 to 40 letters, digits, '-', '_', '.' or ':', '{name}' given"),
        ));
    }
    if listen::is_action(name) {
        return Err(Throw::argument_value(
            0,
            format!("must be another one: '{name}' is a command of the server itself"),
        ));
    }
    Ok(())
}
