//! `Highper\Console\Input`

use super::terminal;
use highper_app::console::{Given, Signature, Words};
use highper_app::listen::nearest;
use highper_zend::{Array, Call, Class, ClassRef, Done, Flags, Registry, Throw, Value};
use std::cell::RefCell;
use std::rc::Rc;

pub(super) static INPUT: ClassRef = ClassRef::new("Highper\\Console\\Input");

/// What the command line gave.
pub(super) struct Line {
    pub(super) signature: Signature,
    pub(super) given: Words,
    pub(super) words: Vec<String>,
    /// Is nobody to be asked?
    pub(super) is_quiet: bool,
}

thread_local! {
    static LINE: RefCell<Option<Rc<Line>>> = const { RefCell::new(None) };
}

/// A command begins.
pub(super) fn enter(line: Line) {
    LINE.set(Some(Rc::new(line)));
}

/// May anybody be asked?
pub(super) fn is_interactive() -> bool {
    let is_quiet = LINE.with_borrow(|line| line.as_ref().is_some_and(|line| line.is_quiet));
    !is_quiet && terminal::is_interactive()
}

fn line() -> Result<Rc<Line>, Throw> {
    let line = LINE.with_borrow(Clone::clone);
    line.ok_or_else(|| Throw::error("Highper\\Console\\Input: no command runs here"))
}

fn value(given: &Given) -> Value {
    match given {
        Given::Absent => Value::null(),
        Given::Flag(on) => Value::bool(*on),
        Given::One(word) => Value::from(&**word),
        Given::Many(all) => {
            let mut list = Array::new();
            for word in all {
                list.push(&**word);
            }
            list.into()
        }
    }
}

fn find(call: &mut Call, what: &str, names: &[&str], given: &[Given]) -> Done {
    let name = call.text(0)?;
    match names.iter().position(|known| *known == name) {
        Some(at) => call.ret(given.get(at).map_or(Value::null(), value)),
        None => {
            let near = nearest(name, names).map(|near| format!("; did you mean '{near}'?"));
            let near = near.unwrap_or_default();
            Err(Throw::argument_value(
                0,
                format!("must be an {what} of the command, '{name}' given{near}"),
            ))
        }
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.on_request_shutdown(|| drop(LINE.take()));
    registry.class(
        Class::new("Highper\\Console\\Input")
            .doc("The command line of the command that runs, as words; its parameters have them converted.")
            .handle(&INPUT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .method("public function command(): string", "The command's name.", |call| call.ret_str(&*line()?.signature.name))
            .method("public function words(): array", "All words behind the name.\n\n@return list<string>", |call| {
                let mut list = Array::new();
                for word in &line()?.words {
                    list.push(&**word);
                }
                call.ret(list)
            })
            .method("public function argument(string $name): string|array|null", "What was given for an argument; null for nothing.", |call| {
                let line = line()?;
                let names: Vec<&str> = line.signature.arguments.iter().map(|a| &*a.name).collect();
                find(call, "argument", &names, &line.given.arguments)
            })
            .method("public function option(string $name): string|array|bool|null", "What was given for an option, named without dashes; null for nothing.", |call| {
                let line = line()?;
                let names: Vec<&str> = line.signature.options.iter().map(|o| &*o.name).collect();
                find(call, "option", &names, &line.given.options)
            })
            .method("public function isInteractive(): bool", "Is standard input a terminal, and --no-interaction not given?", |call| {
                call.ret_bool(is_interactive())
            }),
    );
}
