//! Commands of the application: `php server.php NAME …` runs one in a coroutine, beside no server.

pub(crate) mod check;
pub(crate) mod complete;
mod failure;
mod input;
mod output;
mod progress;
pub(crate) mod ps;
pub(crate) mod routes;
pub(crate) mod signature;
mod terminal;
pub(crate) mod top;
pub(crate) mod tree;

use crate::app::App;
use crate::exception::cancelled::{CANCELLED, is_cancelled};
use crate::failure::start_line;
use crate::part::{self, Command, Parts};
use crate::route::Handler;
use crate::run::{Stop, say};
use crate::{beside, db, scope, worker};
use highper_app::console::style::Style;
use highper_app::console::{Signature, list};
use highper_app::listen::{self, CommandLine};
use highper_engine::scheduler;
use highper_runtime::cancel::{self, Thrown};
use highper_runtime::{coroutine, exit, pass_over, signals, task};
use highper_zend::reflect::{Class, Function};
use highper_zend::{Object, Registry, Throw, Value, find_class};
use signature::{Plan, Wrong};
use std::cell::Cell;
use std::io::IsTerminal;
use std::rc::Rc;

/// The exit code of a command line that can't be understood.
pub(crate) const USAGE: i32 = 2;
/// That of a command that has failed.
const FAILED: i32 = 1;

/// Signals that end a command where it waits.
const SIGNALS: [i32; 2] = [2, 15];

/// Thrown into all coroutines of a command that is to end.
const INTERRUPTED: Thrown = Thrown {
    name: "interrupted",
    make: || Throw::new(&CANCELLED, "the command was interrupted", 0),
};

thread_local! {
    /// The signal that has ended the command; 0 while none has.
    static CAME: Cell<i32> = const { Cell::new(0) };
}

pub(crate) fn declare(registry: &mut Registry) {
    input::declare(registry);
    output::declare(registry);
    progress::declare(registry);
}

/// What reads the command line, for who asks the container.
pub(crate) fn input() -> Result<Object, Throw> {
    input::INPUT.instantiate()
}

/// What a command says, for who asks the container.
pub(crate) fn output() -> Result<Object, Throw> {
    output::OUTPUT.instantiate()
}

/// Colours of standard output.
pub(crate) fn style_of_output() -> Style {
    Style::of(std::io::stdout().is_terminal(), variable)
}

/// Colours of standard error.
pub(crate) fn style_of_errors() -> Style {
    Style::of(std::io::stderr().is_terminal(), variable)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Makes the application ready for code without a server, as a task worker's start does.
fn commands(app: &Rc<App>) -> Result<Vec<Command>, Stop> {
    prepared(app).map_err(in_a_line)
}

/// What is wrong with the application itself needs no trace.
fn in_a_line(why: Stop) -> Stop {
    match why {
        Stop::Throw(throw @ (Throw::Exit | Throw::Bailout)) => Stop::Throw(throw),
        Stop::Throw(throw) => Stop::Line(start_line(throw)),
        line => line,
    }
}

fn prepared(app: &Rc<App>) -> Result<Vec<Command>, Stop> {
    ready(app)?;
    let mut commands = beside::parts(app)?.commands;
    commands.extend(own(app, &commands).map_err(Stop::Throw)?);
    Ok(commands)
}

/// Commands that come with what is configured; the application's own go before them.
fn own(app: &App, others: &[Command]) -> Result<Vec<Command>, Throw> {
    let mut parts = Parts::default();
    if db::is_configured(app) {
        for name in db::COMMANDS {
            if let Some(class) = find_class(name)? {
                part::read(class.into(), &mut parts)?;
            }
        }
    }
    let is_new = |command: &Command| others.iter().all(|other| other.name != command.name);
    Ok(parts.commands.into_iter().filter(is_new).collect())
}

/// Settings and configuration are good, and the application is the one that is served.
fn ready(app: &Rc<App>) -> Result<(), Stop> {
    if let Some(mistake) = app.mistakes.borrow().first() {
        return Err(mistake.into());
    }
    app.is_console.set(true);
    crate::run::apply(app);
    crate::incoming::serve(Some(Rc::clone(app)));
    app.make_world()?;
    worker::prepare(app, 1)
}

/// `list`
pub(crate) fn show_all(app: &Rc<App>) -> Result<i32, Stop> {
    let commands = commands(app)?;
    match commands.is_empty() {
        true => say(
            "The application has no commands: give a class below a scanned folder #[Command('name')].",
        ),
        false => say(listed(&commands, style_of_output()).trim_matches('\n')),
    }
    Ok(0)
}

fn listed(commands: &[Command], style: Style) -> String {
    let row = |command: &Command| {
        let description = match &*command.aliases {
            [] => command.description.clone(),
            aliases => format!("[{}] {}", aliases.join("|"), command.description),
        };
        (command.name.clone(), description)
    };
    let shown = commands.iter().filter(|command| !command.is_hidden);
    list(&shown.map(row).collect::<Vec<_>>(), style)
}

/// `help`, `help NAME`
pub(crate) fn help(app: &Rc<App>, line: &CommandLine, script: &str) -> Result<i32, Stop> {
    let Some(name) = &line.command else {
        let mut text = listen::help(script);
        // What is wrong with the application keeps nobody from the help.
        if let Ok(commands) = commands(app) {
            text.push_str(&listed(&commands, style_of_output()));
        }
        say(text.trim_end());
        return Ok(0);
    };
    let all = commands(app)?;
    match find(&all, name) {
        Ok(command) => {
            let plan = plan(app, command).map_err(in_a_line)?;
            say(plan.signature.help(script, style_of_output()).trim_end());
            Ok(0)
        }
        Err(_) if listen::is_action(name) => {
            say(listen::help(script).trim_end());
            Ok(0)
        }
        Err(why) => Ok(misused(&why)),
    }
}

fn find<'c>(all: &'c [Command], name: &str) -> Result<&'c Command, String> {
    if listen::is_action(name) {
        return Err(format!(
            "'{name}' is a command of the server itself: leave 'run' out"
        ));
    }
    all.iter()
        .find(|command| command.names().any(|known| known == name))
        .ok_or_else(|| {
            let mut known: Vec<&str> = listen::actions().collect();
            known.extend(all.iter().flat_map(Command::names));
            listen::unknown("command", name, &known).to_string()
        })
}

/// Says what is wrong with a command line.
pub(crate) fn misused(why: &str) -> i32 {
    eprintln!("highper: {why}");
    USAGE
}

/// What a command calls.
fn function(command: &Command) -> Result<Option<Function>, Throw> {
    Ok(match &command.handler {
        Handler::Closure(callable) => Function::of(callable),
        Handler::Method(class, method) => {
            let class = find_class(class)?.map(Class::from);
            class.and_then(|class| class.method(method))
        }
    })
}

/// Reads what a command takes, and looks whether the container can give the rest.
fn plan(app: &App, command: &Command) -> Result<Plan, Stop> {
    let Some(function) = function(command).map_err(Stop::Throw)? else {
        let what = part::describe(&command.handler);
        return Err(format!(
            "the command {} at {}: there is no {what}",
            command.name, command.at
        )
        .into());
    };
    let plan = signature::read(&function, command);
    let plan = plan.map_err(Stop::Throw)?;
    let own = |_: &Function, number: usize| plan.is_given(number);
    match part::check(app, &command.handler, &own) {
        Err(throw @ (Throw::Exit | Throw::Bailout)) => Err(Stop::Throw(throw)),
        Err(throw) => {
            let (name, at) = (&command.name, &command.at);
            Err(format!("the command {name} at {at}: {}", start_line(throw)).into())
        }
        Ok(()) => Ok(plan),
    }
}

/// Runs the command that the line names. The exit code is what it returns.
pub(crate) fn run(app: &Rc<App>, line: &CommandLine, script: &str) -> Result<i32, Stop> {
    let all = commands(app)?;
    let name = line.command.as_deref().unwrap_or_default();
    let command = match find(&all, name) {
        Ok(command) => command.clone(),
        Err(why) => return Ok(misused(&why)),
    };
    let plan = plan(app, &command).map_err(in_a_line)?;
    let words = match plan.signature.read(&line.words) {
        Ok(words) => words,
        Err(why) => return Ok(misused(&wrong(&plan.signature, &why.to_string(), script))),
    };
    if highper_engine::is_running() {
        return Err("run() was called inside a coroutine; call it at the end of the script".into());
    }
    input::enter(input::Line {
        signature: plan.signature.clone(),
        given: words.clone(),
        words: line.words.clone(),
        is_quiet: line.is_quiet,
    });
    let script = script.to_owned();
    let app = Rc::clone(app);
    in_loop(move || {
        let values = match plan.values(&app, &words) {
            Ok(values) => values,
            Err(Wrong::Usage(why)) => {
                return Ok(misused(&wrong(&plan.signature, &why, &script)));
            }
            Err(Wrong::Throw(throw)) => return ended(&command.name, Err(throw)),
        };
        let returned = task::scope(scope::ENDED, || {
            let callable = part::callable(&app, &command.handler)?;
            callable.call(&values).into_result()
        });
        ended(&command.name, returned)
    })
    .map_err(Stop::Throw)
}

fn wrong(signature: &Signature, why: &str, script: &str) -> String {
    let name = &signature.name;
    format!("{name}: {why}\n\nphp {script} help {name} says what it takes")
}

/// Runs something in a coroutine of a loop of its own, until all that it began is over.
fn in_loop(body: impl FnOnce() -> Result<i32, Throw> + 'static) -> Result<i32, Throw> {
    let outcome = Rc::new(Cell::new(None));
    let slot = Rc::clone(&outcome);
    CAME.set(0);
    let watch = signals::interrupts(&SIGNALS, |signal| {
        CAME.set(signal);
        cancel::throw_into_all(INTERRUPTED);
    });
    if let Err(error) = &watch {
        eprintln!("highper: signals end the command at once, they can't be watched: {error}");
    }
    pass_over(|thrown| CAME.get() != 0 && thrown.as_object().is_some_and(is_cancelled));
    let failed = Rc::clone(&outcome);
    coroutine::run_loop(move || {
        signals::attach();
        let spawned = coroutine::try_spawn(move || match body() {
            Err(Throw::Bailout) => Err(Throw::Bailout),
            done => {
                slot.set(Some(done));
                Ok(())
            }
        });
        if let Err(error) = spawned {
            failed.set(Some(Err(Throw::error(error.to_string()))));
        }
    })?;
    drop(watch);
    // Without an outcome it was a deadlock, which was reported.
    outcome.take().unwrap_or(Ok(FAILED))
}

/// The same for what looks at the application only: nothing that this began goes on behind it.
fn aside(body: impl FnOnce() -> Result<i32, Stop> + 'static) -> Result<i32, Stop> {
    let done = in_loop(move || {
        let done = body();
        let came = CAME.replace(SIGNALS[0]);
        cancel::throw_into_all(INTERRUPTED);
        scheduler::stop_loop();
        match done {
            Ok(code) => Ok(code),
            Err(Stop::Throw(_)) if came != 0 => Ok(128 + came),
            Err(Stop::Throw(throw)) => Err(throw),
            Err(Stop::Line(why)) => Err(Throw::error(why)),
        }
    });
    done.map_err(Stop::Throw).map_err(in_a_line)
}

/// The exit code of a command that is over; what it threw is shown.
fn ended(name: &str, returned: Result<Value, Throw>) -> Result<i32, Throw> {
    let throw = match returned {
        Ok(value) => {
            return Ok(match (value.as_long(), value.as_bool()) {
                (Some(code), _) => i32::try_from(code)
                    .ok()
                    .filter(|c| (0..256).contains(c))
                    .unwrap_or(255),
                (_, Some(false)) => FAILED,
                _ => 0,
            });
        }
        Err(Throw::Bailout) => return Err(Throw::Bailout),
        Err(throw) => throw,
    };
    if let Some(text) = exit::of(&throw) {
        if let Some(text) = text.as_str() {
            crate::run::print(text.as_bytes());
        }
        return Ok(exit::status(&throw));
    }
    let Some(value) = throw.into_object() else {
        return Ok(FAILED);
    };
    let Some(object) = value.as_object() else {
        return Ok(FAILED);
    };
    if CAME.get() != 0 && is_cancelled(object) {
        eprintln!("highper: {name} was interrupted");
        return Ok(128 + CAME.get());
    }
    failure::show(object);
    Ok(FAILED)
}
