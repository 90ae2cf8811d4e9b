//! What an application has beside its routes: commands, jobs by the clock, processes of its own.

mod check;
mod kept;
mod methods;
mod read;

use crate::app::App;
use crate::route::Handler;
pub(crate) use check::check;
use highper_zend::{Array, Callable, Throw, Value};
pub(crate) use kept::{from_json, to_json};
pub(crate) use methods::methods;
pub(crate) use read::{expression_of, read};

/// A method or closure that runs when its time has come.
#[derive(Clone)]
pub(crate) struct Cron {
    pub(crate) expression: String,
    /// PHP's own zone where none is named.
    pub(crate) zone: Option<String>,
    /// May it run beside itself?
    pub(crate) overlap: bool,
    pub(crate) name: String,
    pub(crate) handler: Handler,
    /// `file:line`
    pub(crate) at: String,
}

/// Processes beside the workers.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) count: usize,
    pub(crate) handler: Handler,
    pub(crate) at: String,
}

/// Something that the command line can run.
#[derive(Clone)]
pub(crate) struct Command {
    pub(crate) name: String,
    /// Its other names.
    pub(crate) aliases: Vec<String>,
    pub(crate) description: String,
    /// Is it left out of the list?
    pub(crate) is_hidden: bool,
    pub(crate) handler: Handler,
    pub(crate) at: String,
}

impl Command {
    /// Its name and its other names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.aliases.iter().map(|alias| &**alias))
    }
}

/// All of them.
#[derive(Clone, Default)]
pub(crate) struct Parts {
    pub(crate) crons: Vec<Cron>,
    pub(crate) processes: Vec<Process>,
    pub(crate) commands: Vec<Command>,
}

impl Parts {
    /// Those of another list behind these.
    pub(crate) fn extend(&mut self, other: Self) {
        self.crons.extend(other.crons);
        self.processes.extend(other.processes);
        self.commands.extend(other.commands);
    }

    /// Two may not have one name.
    ///
    /// # Errors
    /// The names and the places.
    pub(crate) fn are_distinct(&self) -> Result<(), String> {
        let twice = |what: &str, all: Vec<(&str, &str)>| {
            for (at, (name, place)) in all.iter().enumerate() {
                if let Some((_, other)) = all[..at].iter().find(|(known, _)| known == name) {
                    return Err(format!(
                        "there are two {what} '{name}': at {other} and at {place}; give one another name"
                    ));
                }
            }
            Ok(())
        };
        let commands = self
            .commands
            .iter()
            .flat_map(|c| c.names().map(|name| (name, &*c.at)));
        twice("commands", commands.collect())?;
        let processes = self.processes.iter().map(|p| (&*p.name, &*p.at));
        twice("processes", processes.collect())
    }
}

/// What runs: the closure, or the method of the one object that the container has of its class.
///
/// # Errors
/// The object can't be made, or has no such method.
pub(crate) fn callable(app: &App, handler: &Handler) -> Result<Callable, Throw> {
    match handler {
        Handler::Closure(callable) => Ok(callable.clone()),
        Handler::Method(class, method) => {
            let object = app.shared(class)?;
            let mut pair = Array::new();
            pair.push(object).push(&**method);
            Callable::new(&Value::from(pair))
                .map_err(|why| Throw::error(format!("{class}::{method}(): {why}")))
        }
    }
}

/// How it is called in the log.
pub(crate) fn describe(handler: &Handler) -> String {
    match handler {
        Handler::Closure(callable) => match callable.position() {
            Some((file, line)) => format!("closure at {file}:{line}"),
            None => "closure".to_owned(),
        },
        Handler::Method(class, method) => format!("{class}::{method}()"),
    }
}
