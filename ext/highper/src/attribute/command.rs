//! `Highper\Attribute\Command`

use super::process::is_name;
use highper_app::listen;
use highper_zend::{Array, Class, Registry, Target, Throw, Value};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Command")
            .doc("`php server.php NAME` calls the method handle() of the class. Its parameters are arguments and options of the command line, or injected.")
            .attribute(Target::CLASS)
            .property("public readonly string $name", "Such as 'notes:import'.")
            .property("public readonly string $description", "One line for the list of commands.")
            .property("public readonly array $aliases", "Other names, such as ['import'].")
            .property("public readonly bool $hidden", "Is it left out of the list?")
            .method(
                "public function __construct(string $name, string $description = '', array $aliases = [], bool $hidden = false)",
                "",
                |call| {
                    let name = call.text(0)?;
                    may_be_called(name)?;
                    let none = Array::new();
                    let given = match call.num_args() {
                        3.. => call.array(2)?,
                        _ => &none,
                    };
                    let aliases = aliases(given, name, 2)?;
                    let this = call.this_object()?;
                    this.set("aliases", aliases.iter().map(|alias| Value::from(&**alias)).collect::<Array>())?;
                    this.set("hidden", call.opt_bool(3, false)?)?;
                    this.set("name", call.str(0)?)?;
                    this.set("description", call.opt_bytes(1, b"")?)
                },
            ),
    );
}

/// Other names of a command, the argument with this number.
///
/// # Errors
/// One that can be no name, or is given twice.
pub(crate) fn aliases(given: &Array, name: &str, number: usize) -> Result<Vec<String>, Throw> {
    let mut all: Vec<String> = Vec::with_capacity(given.len());
    for alias in given.values() {
        let wrong = |why: String| Err(Throw::argument_value(number, why));
        let Some(alias) = alias.as_str() else {
            return wrong(format!(
                "must be a list of names, {} given",
                alias.type_name()
            ));
        };
        if !is_name(alias) || listen::is_action(alias) {
            return wrong(format!(
                "must have names of 1 to 40 letters, digits, '-', '_', '.' or ':' that are no commands of the server itself, '{alias}' given"
            ));
        }
        if alias == name || all.iter().any(|known| known == alias) {
            return wrong(format!("has the name '{alias}' once too often"));
        }
        all.push(alias.to_owned());
    }
    Ok(all)
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
