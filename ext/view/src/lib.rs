//! Views, as far as they need no PHP: templates by minijinja, their folder, how values are escaped, and limits.
//!
//! The values of a render live elsewhere. They come in as [`Value`]s, which may be objects that answer when they are asked.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod escape;

pub use error::ViewError;
pub use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
pub use minijinja::{Error, ErrorKind, State, Value};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, path_loader};
use std::fs;
use std::path::{Path, PathBuf};

/// Instructions that a render may take when nothing is said: a third of a second or so.
pub const FUEL: u64 = 10_000_000;
/// Folders deeper than this are a circle of links.
const DEEPEST: usize = 32;

/// What templates are and may do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where they are.
    pub folder: PathBuf,
    /// Are they read again when they have changed? Costs a look at each file for each render.
    pub reload: bool,
    /// How many instructions a render may take; `None` for no limit.
    pub fuel: Option<u64>,
    /// Is it an error to print what is not there?
    pub strict: bool,
}

/// The templates of a folder.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
    options: Options,
}

/// How what a template prints is escaped, by its name: `.txt`, `.md` and `.csv` not at all, all else as HTML. A `.jinja`,
/// `.j2` or `.twig` at the end does not count.
fn escaping(name: &str) -> AutoEscape {
    let name = [".jinja", ".j2", ".twig"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("txt" | "md" | "csv") => AutoEscape::None,
        Some("json" | "js" | "yml" | "yaml") => AutoEscape::Json,
        _ => AutoEscape::Html,
    }
}

impl Templates {
    /// Of a folder; nothing is read before it is asked for.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut environment = Environment::new();
        environment.set_loader(path_loader(&options.folder));
        environment.set_auto_reload(options.reload);
        environment.set_fuel(options.fuel);
        environment.set_auto_escape_callback(escaping);
        environment.set_formatter(escape::format);
        // What is written in a block's line of its own leaves no empty line.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
        environment.set_undefined_behavior(match options.strict {
            true => UndefinedBehavior::SemiStrict,
            false => UndefinedBehavior::Chainable,
        });
        environment.add_filter("e", escape::escaped);
        environment.add_filter("raw", |text: String| Value::from_safe_string(text));
        Self {
            environment,
            options,
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    /// A function of templates.
    pub fn function(
        &mut self,
        name: &str,
        call: impl Fn(&[Value]) -> Result<Value, Error> + Send + Sync + 'static,
    ) {
        self.environment
            .add_function(name.to_owned(), move |args: Rest<ValueOrKwargs>| {
                call(&args.into_values())
            });
    }

    /// A filter of templates; what it is applied to is the first argument.
    pub fn filter(
        &mut self,
        name: &str,
        call: impl Fn(&[Value]) -> Result<Value, Error> + Send + Sync + 'static,
    ) {
        self.environment
            .add_filter(name.to_owned(), move |args: Rest<ValueOrKwargs>| {
                call(&args.into_values())
            });
    }

    /// Is there such a file?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        !name.is_empty()
            && !name
                .split('/')
                .any(|part| part.starts_with('.') || part.contains('\\') || part.is_empty())
            && self.options.folder.join(name).is_file()
    }

    /// Compiles every template whose name ends like one of `kinds`, so that what is wrong with one is known at the start.
    /// Gives how many there are.
    ///
    /// # Errors
    /// The first that is wrong, with its line.
    pub fn compile(&self, kinds: &[&str]) -> Result<usize, ViewError> {
        let mut names = Vec::new();
        list(&self.options.folder, "", 0, &mut names)?;
        names.retain(|name| kinds.iter().any(|kind| name.ends_with(kind)));
        names.sort();
        for name in &names {
            let found = self.environment.get_template(name);
            found.map_err(|error| ViewError::new(&error, &self.options.folder, name))?;
        }
        Ok(names.len())
    }

    /// Renders a template.
    ///
    /// # Errors
    /// What is wrong, in which template and line.
    pub fn render(&self, name: &str, context: Value) -> Result<String, ViewError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(context))
            .map_err(|error| ViewError::new(&error, &self.options.folder, name))
    }
}

fn list(
    folder: &Path,
    below: &str,
    depth: usize,
    names: &mut Vec<String>,
) -> Result<(), ViewError> {
    let entries = fs::read_dir(folder).map_err(|error| ViewError::folder(folder, &error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
            continue;
        };
        let name = match below {
            "" => name.to_owned(),
            below => format!("{below}/{name}"),
        };
        if entry.path().is_dir() {
            if depth < DEEPEST {
                list(&entry.path(), &name, depth + 1, names)?;
            }
        } else {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
