//! `check`: everything that a start does, but listening and `onStart()`.

use super::{aside, plan, ready};
use crate::app::App;
use crate::container::check::Check;
use crate::container::need::callable_needs;
use crate::failure::start_line;
use crate::part;
use crate::route::Handler;
use crate::run::{self, Stop, say};
use highper_app::listen::CommandLine;
use std::rc::Rc;

/// Says what was looked at; the exit code is 1 with the first thing that is wrong.
pub(crate) fn check(app: &Rc<App>, line: &CommandLine) -> Result<i32, Stop> {
    let (known, line) = (Rc::clone(app), line.clone());
    aside(move || all(&known, &line).map(|()| 0))
}

fn all(app: &Rc<App>, line: &CommandLine) -> Result<(), Stop> {
    let addresses = run::addresses(app, line)?;
    run::secured(app)?;
    ready(app)?;
    let parts = crate::beside::parts(app)?;
    app.compile()?;
    app.check()?;
    let mut check = Check::apart(app);
    for hook in &*app.on_start.borrow() {
        for slot in &*callable_needs(hook).map_err(Stop::Throw)? {
            check.asked(&slot.need).map_err(|throw| {
                let hook = part::describe(&Handler::Closure(hook.clone()));
                Stop::Line(format!("onStart() with the {hook}: {}", start_line(throw)))
            })?;
        }
    }
    for cron in &parts.crons {
        part::check(app, &cron.handler, &|_, _| false).map_err(Stop::Throw)?;
    }
    for process in &parts.processes {
        part::check(app, &process.handler, &|_, _| false).map_err(Stop::Throw)?;
    }
    for command in &parts.commands {
        plan(app, command)?;
    }
    let count = |what: &str, number: usize| match number {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    };
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let processes = parts.processes.iter().map(|process| process.count).sum();
    say(&format!(
        "good: {}, {}, {} by the clock, {}; environment {}, to listen on {}",
        count("route", app.routes.borrow().len()),
        count("command", parts.commands.len()),
        count("job", parts.crons.len()),
        match processes {
            1 => "1 process".to_owned(),
            n => format!("{n} processes"),
        },
        app.env.borrow().name(),
        addresses.join(" and ")
    ));
    Ok(())
}
