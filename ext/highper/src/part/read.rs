//! The attributes `#[Command]`, `#[Cron]` and `#[Process]` of a class and its methods.

use super::{Command, Cron, Parts, Process};
use crate::annotation::{self, Place, made};
use crate::console::signature;
use crate::route::Handler;
use highper_schedule::Expression;
use highper_zend::reflect::{Class, Function};
use highper_zend::{Object, Throw, Value, call_function};

/// Reads a class; true where it has such a part.
///
/// # Errors
/// Attributes with wrong arguments, or a class that can't do what its attribute says, with the place.
pub(crate) fn read(class: Class, parts: &mut Parts) -> Result<bool, Throw> {
    let before = (
        parts.crons.len(),
        parts.processes.len(),
        parts.commands.len(),
    );
    let place = Place::Class(class);
    for attribute in &class.attributes() {
        let own = annotation::own(attribute);
        let Some(name @ ("command" | "process")) = own.as_deref() else {
            continue;
        };
        let object = made(attribute, place)?;
        let wrong = |why: &str| place.wrong(&attribute.name(), why);
        if !class.is_instantiable() {
            return Err(wrong("the class can't be instantiated"));
        }
        let names: &[&str] = match name {
            "command" => &["handle", "run", "__invoke"],
            _ => &["handle", "__invoke"],
        };
        let method = names.iter().find_map(|name| class.method(name));
        let Some(method) = method.filter(Function::is_public) else {
            return Err(wrong(match name {
                "command" => {
                    "the class needs a public method handle(), run() or __invoke(): its parameters are arguments and options, or injected"
                }
                _ => "the class needs a public method handle(), whose parameters are injected",
            }));
        };
        let handler = Handler::Method(class.name().to_owned(), method.name());
        let at = at(&method);
        let text = |name: &str| text(&object, name);
        if name == "command" {
            let command = Command {
                name: text("name")?,
                aliases: aliases(&object)?,
                description: text("description")?,
                is_hidden: object.get("hidden")?.as_bool() == Some(true),
                handler,
                at,
            };
            // What no command line can give is told when the server starts, not when somebody needs the command.
            signature::read(&method, &command)?;
            parts.commands.push(command);
        } else {
            let count = object.get("count")?.as_long().unwrap_or(1);
            parts.processes.push(Process {
                name: text("name")?,
                count: usize::try_from(count).unwrap_or(1),
                handler,
                at,
            });
        }
    }
    for method in class.methods() {
        crons(class, &method, parts)?;
    }
    let after = (
        parts.crons.len(),
        parts.processes.len(),
        parts.commands.len(),
    );
    Ok(before != after)
}

fn crons(class: Class, method: &Function, parts: &mut Parts) -> Result<(), Throw> {
    let place = Place::Function(method);
    let mut first = true;
    for attribute in &method.attributes() {
        if annotation::own(attribute).as_deref() != Some("cron") {
            continue;
        }
        let object = made(attribute, place)?;
        let wrong = |why: &str| place.wrong(&attribute.name(), why);
        if !method.is_public() || method.is_static() || method.is_abstract() {
            return Err(wrong(
                "the method must be public, neither static nor abstract",
            ));
        }
        if !class.is_instantiable() {
            return Err(wrong("the class can't be instantiated"));
        }
        let zone = object.get("timezone")?.as_str().map(str::to_owned);
        let expression = text(&object, "expression")?;
        expression_of(&expression, zone.as_deref()).map_err(|why| wrong(&why))?;
        let mut name = format!("{}::{}", class.name(), method.name());
        if !std::mem::take(&mut first) {
            name = format!("{name} {expression}");
        }
        parts.crons.push(Cron {
            expression,
            zone,
            overlap: object.get("overlap")?.as_bool().unwrap_or(true),
            name,
            handler: Handler::Method(class.name().to_owned(), method.name()),
            at: at(method),
        });
    }
    Ok(())
}

/// An expression in its zone, or in PHP's own.
///
/// # Errors
/// What is wrong with either.
pub(crate) fn expression_of(text: &str, zone: Option<&str>) -> Result<Expression, String> {
    let own = match zone {
        Some(_) => None,
        None => call_function("date_default_timezone_get", &[])
            .into_result()
            .ok(),
    };
    let zone = zone
        .or_else(|| own.as_ref().and_then(Value::as_str))
        .unwrap_or("UTC");
    Expression::parse(text, zone)
}

fn at(method: &Function) -> String {
    match method.location() {
        Some((file, line)) => format!("{file}:{line}"),
        None => String::new(),
    }
}

fn aliases(object: &Object) -> Result<Vec<String>, Throw> {
    let list = object.get("aliases")?;
    let list = list.as_array().into_iter().flat_map(|list| list.values());
    Ok(list
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect())
}

fn text(object: &Object, name: &str) -> Result<String, Throw> {
    Ok(object.get(name)?.to_str()?.to_string_lossy().into_owned())
}
