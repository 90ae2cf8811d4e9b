//! `Highper\Console\Output`

use super::progress::{self, Bar};
use super::terminal::{self, Hidden, complain};
use super::{style_of_errors, style_of_output};
use highper_app::console::style::Colour;
use highper_app::console::table::Table;
use highper_zend::{Array, Call, Class, ClassRef, Done, Flags, Iteration, Registry, Throw, Value};
use std::io::IsTerminal;

pub(super) static OUTPUT: ClassRef = ClassRef::new("Highper\\Console\\Output");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Console\\Output")
            .doc("What a command says and asks: injected, or made anywhere. Colours are for terminals, unless NO_COLOR is set; FORCE_COLOR wants them in any case.")
            .handle(&OUTPUT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .method("public function write(string $text): static", "Writes to standard output, as it is.", |call| {
                put(call.bytes(0)?);
                call.ret_this()
            })
            .method("public function line(string $text = ''): static", "A line on standard output.", |call| line(call, None))
            .method("public function info(string $text): static", "A line in green on standard output.", |call| line(call, Some(Colour::Green)))
            .method("public function warn(string $text): static", "A line in yellow on standard output.", |call| line(call, Some(Colour::Yellow)))
            .method("public function error(string $text): static", "A line in red on standard error.", |call| {
                progress::clear();
                let text = call.str(0)?;
                complain(&format!("{}\n", style_of_errors().paint(Colour::Red, &text.to_string_lossy())));
                call.ret_this()
            })
            .method(
                "public function table(array $header, iterable $rows): static",
                "A table on standard output: as wide as the terminal at most, columns of numbers to the right.\n\n\
                 @param list<string> $header Names of the columns; [] for none, or for the keys of the first row.\n\
                 @param iterable<array> $rows Cells, in the order of the columns.",
                table,
            )
            .method(
                "public function progress(int $max = 0, string $label = ''): \\Highper\\Console\\Progress",
                "A bar on standard error that says how far something is. Where that is no terminal, a line for each tenth.\n\n\
                 @param int $max How many steps there are; 0 where nobody knows.",
                |call| {
                    let max = u64::try_from(call.opt_long(0, 0)?)
                        .map_err(|_| Throw::argument_value(0, "must not be negative"))?;
                    call.ret(progress::object(max, call.opt_text(1, "")?)?)
                },
            )
            .method(
                "public function each(iterable $items, \\Closure $do, string $label = ''): int",
                "Calls $do with each value and its key, below a progress bar. How many there were.\n\n\
                 @param \\Closure(mixed, mixed): mixed $do",
                each,
            )
            .method(
                "public function ask(string $question, ?string $default = null): string",
                "Asks for a line. An empty one is the default.\n\n@throws \\Error Nobody is there to answer, and there is no default.",
                |call| {
                    let question = call.text(0)?.to_owned();
                    let default = call.opt_str(1)?.map(|text| text.to_string_lossy().into_owned());
                    let hint = default.as_deref().map(|text| format!(" [{text}]"));
                    let answer = ask(&question, &hint.unwrap_or_default(), default.clone(), false, |text| Ok(text.to_owned()))?;
                    call.ret_str(answer)
                },
            )
            .method(
                "public function secret(string $question): string",
                "Asks for a line that does not show while it is typed.\n\n@throws \\Error Nobody is there to answer.",
                |call| {
                    let question = call.text(0)?.to_owned();
                    let answer = ask(&question, "", None, true, |text| Ok(text.to_owned()))?;
                    call.ret_str(answer)
                },
            )
            .method(
                "public function confirm(string $question, bool $default = false): bool",
                "Asks for yes or no. Where nobody is there to answer it is the default.",
                |call| {
                    let default = call.opt_bool(1, false)?;
                    let question = call.text(0)?.to_owned();
                    let (hint, word) = if default { (" [Y/n]", "yes") } else { (" [y/N]", "no") };
                    let answer = ask(&question, hint, Some(word.to_owned()), false, |text| match &*text.to_lowercase() {
                        "y" | "yes" => Ok(true),
                        "n" | "no" => Ok(false),
                        _ => Err("Please answer yes or no.".to_owned()),
                    })?;
                    call.ret_bool(answer)
                },
            )
            .method(
                "public function choice(string $question, array $choices, ?string $default = null): string",
                "Asks for one of several: by its text, or its number from 1.\n\n\
                 @param list<string> $choices\n@throws \\Error Nobody is there to answer, and there is no default.",
                choice,
            )
            .method("public function isTerminal(): bool", "Is standard output a terminal?", |call| {
                call.ret_bool(std::io::stdout().is_terminal())
            })
            .method("public function width(): int", "Columns of the terminal; 80 where there is none.", |call| {
                call.ret(terminal::columns_or_usual())
            }),
    );
}

/// To standard output, by way of PHP's buffers.
fn put(bytes: &[u8]) {
    progress::clear();
    crate::run::print(bytes);
}

fn line(call: &mut Call, colour: Option<Colour>) -> Done {
    let text = call.opt_bytes(0, b"")?;
    let mut all = match colour {
        Some(colour) => {
            let text = String::from_utf8_lossy(text);
            style_of_output().paint(colour, &text).as_bytes().to_vec()
        }
        None => text.to_vec(),
    };
    all.push(b'\n');
    put(&all);
    call.ret_this()
}

/// A cell as it is shown.
fn cell(value: &Value) -> Result<String, Throw> {
    let value = value.deref();
    if let Some(yes) = value.as_bool() {
        return Ok(if yes { "yes" } else { "no" }.to_owned());
    }
    if value.is_array() {
        return Err(Throw::type_error(
            "Highper\\Console\\Output::table(): a cell must be a text or a number, array given",
        ));
    }
    Ok(value.to_str()?.to_string_lossy().into_owned())
}

fn table(call: &mut Call) -> Done {
    let mut header: Vec<String> = call
        .array(0)?
        .values()
        .map(cell)
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    walk(call.iterable(1)?, |_, row| {
        let Some(row) = row.as_array() else {
            return Err(Throw::type_error(format!(
                "Highper\\Console\\Output::table(): a row must be an array of cells, {} given",
                row.type_name()
            )));
        };
        if rows.is_empty() && header.is_empty() && !row.is_list() {
            let keys = row
                .iter()
                .map(|(key, _)| String::from_utf8_lossy(&key.to_bytes()).into_owned());
            header = keys.collect();
        }
        rows.push(row.values().map(cell).collect::<Result<Vec<_>, _>>()?);
        Ok(())
    })?;
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let room = std::io::stdout()
        .is_terminal()
        .then(terminal::columns)
        .flatten();
    put(Table::new(&header, rows)
        .boxed(room, style_of_output())
        .as_bytes());
    call.ret_this()
}

/// Goes through an array or an object.
fn walk(
    items: &Value,
    mut each: impl FnMut(&Value, &Value) -> Result<(), Throw>,
) -> Result<(), Throw> {
    if let Some(array) = items.as_array() {
        for (key, value) in array {
            each(&key.to_value(), value.deref())?;
        }
        return Ok(());
    }
    let Some(object) = items.as_object() else {
        return Ok(());
    };
    let mut iteration = Iteration::new(object)?;
    while let Some((key, value)) = iteration.next()? {
        each(&key, value.deref())?;
    }
    Ok(())
}

fn each(call: &mut Call) -> Done {
    let items = call.iterable(0)?.clone();
    let todo = call.callable(1)?;
    let max = match (items.as_array(), items.as_object()) {
        (Some(array), _) => array.len() as u64,
        (_, Some(object)) if object.has_method("count") => {
            let count = object.call("count", &[]).into_result()?;
            count
                .as_long()
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0)
        }
        _ => 0,
    };
    let bar = Bar::new(max, call.opt_text(2, "")?);
    let mut count = 0;
    walk(&items, |key, value| {
        let (takes, _) = todo.num_params();
        let args = [value.clone(), key.clone()];
        let args = match takes {
            0 | 1 => &args[..1],
            _ => &args[..],
        };
        todo.call(args).into_result()?;
        count += 1;
        bar.advance(1);
        Ok(())
    })?;
    bar.finish();
    call.ret_long(count)
}

/// Asks until the answer is one.
fn ask<T>(
    question: &str,
    hint: &str,
    default: Option<String>,
    is_hidden: bool,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Throw> {
    let nobody = || {
        Throw::error(format!(
            "nobody is there to answer '{question}': standard input is no terminal; give it as an option or an argument"
        ))
    };
    if !super::input::is_interactive() {
        let default = default.ok_or_else(nobody)?;
        return read(&default).map_err(Throw::error);
    }
    loop {
        progress::clear();
        let style = style_of_errors();
        complain(&format!("{}{hint}: ", style.paint(Colour::Cyan, question)));
        let hidden = is_hidden.then(Hidden::new);
        let line = terminal::read_line();
        drop(hidden);
        let Some(line) = line? else {
            complain("\n");
            return Err(nobody());
        };
        let given = match (line.trim(), &default) {
            ("", Some(default)) => default.clone(),
            ("", None) => continue,
            (text, _) if !is_hidden => text.to_owned(),
            _ => line,
        };
        match read(&given) {
            Ok(answer) => return Ok(answer),
            Err(why) => complain(&format!("{}\n", style.paint(Colour::Red, &why))),
        }
    }
}

fn choice(call: &mut Call) -> Done {
    let question = call.text(0)?.to_owned();
    let texts = |list: &Array| -> Result<Vec<String>, Throw> { list.values().map(cell).collect() };
    let choices = texts(call.array(1)?)?;
    if choices.is_empty() {
        return Err(Throw::argument_value(1, "must not be empty"));
    }
    let default = call
        .opt_str(2)?
        .map(|text| text.to_string_lossy().into_owned());
    if let Some(default) = default
        .as_ref()
        .filter(|default| !choices.contains(default))
    {
        return Err(Throw::argument_value(
            2,
            format!("must be one of the choices, '{default}' given"),
        ));
    }
    if super::input::is_interactive() {
        progress::clear();
        for (at, choice) in choices.iter().enumerate() {
            complain(&format!("  {}) {choice}\n", at + 1));
        }
    }
    let hint = default.as_deref().map(|text| format!(" [{text}]"));
    let answer = ask(
        &question,
        &hint.unwrap_or_default(),
        default.clone(),
        false,
        |text| {
            let by_number = text
                .parse::<usize>()
                .ok()
                .and_then(|n| choices.get(n.checked_sub(1)?));
            let by_text = choices.iter().find(|choice| **choice == *text);
            by_text.or(by_number).cloned().ok_or_else(|| {
                format!(
                    "Please choose a number from 1 to {}, or one of {}.",
                    choices.len(),
                    choices.join(", ")
                )
            })
        },
    )?;
    call.ret_str(answer)
}
