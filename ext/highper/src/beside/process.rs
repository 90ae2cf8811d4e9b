//! A process of the application: its code, and what becomes of its end.

use super::{Beside, begin, context};
use crate::app::App;
use crate::part::{self, Process};
use crate::run::Stop;
use highper_engine::{self as engine, Wake, clock};
use highper_log::{Level, Value as Field};
use highper_runtime::exit;
use highper_runtime::serve::Worker;
use highper_zend::{Throw, Value};
use std::rc::Rc;

/// Begins one. `number` is its number among all processes beside the workers, and among those of its name.
pub(super) fn start(
    app: &Rc<App>,
    worker: &Rc<Worker>,
    process: Process,
    (number, own): (usize, usize),
    beside: &Rc<Beside>,
) -> Result<(), Stop> {
    context::enter(&process.name, own);
    part::check(app, &process.handler, &|_, _| false).map_err(Stop::Throw)?;
    let (own, worker, beside) = (Rc::clone(app), Rc::clone(worker), Rc::clone(beside));
    begin(app, move || {
        let app = own;
        let pause = beside.failures.pause(number);
        if !pause.is_zero()
            && engine::sleep(u64::try_from(pause.as_nanos()).unwrap_or(0)) != Wake::Ready
        {
            return Ok(());
        }
        let began = clock::now();
        let done = part::callable(&app, &process.handler).and_then(|callable| {
            app.container
                .call(&app, &callable, None, None, &process.name)
        });
        context::done();
        if worker.is_draining() {
            beside.failures.forget(number);
            return bailout(done);
        }
        beside
            .failures
            .ended(number, clock::now().saturating_sub(began));
        let next = beside.failures.pause(number).as_secs_f64();
        tell(&app, &process.name, &done, next);
        worker.drain();
        bailout(done)
    });
    Ok(())
}

fn bailout(done: Result<Value, Throw>) -> Result<(), Throw> {
    match done {
        Err(Throw::Bailout) => Err(Throw::Bailout),
        _ => Ok(()),
    }
}

fn tell(app: &App, name: &str, done: &Result<Value, Throw>, next: f64) {
    let again = format!("it starts again in {next} s");
    let thrown = match done {
        Ok(_) => {
            let text = format!("the process {name} has returned; {again}");
            return app.log(Level::Notice, &text, &[], None);
        }
        Err(throw) if exit::of(throw).is_some() => {
            let text = format!("the process {name} has called exit(); {again}");
            return app.log(Level::Notice, &text, &[], None);
        }
        Err(Throw::Bailout) => {
            let text = format!(
                "the process {name} failed: a fatal error: {}; {again}",
                crate::failure::last_error()
            );
            return app.log(Level::Error, &text, &[], None);
        }
        Err(throw) => throw,
    };
    let Throw::Object(value) = thrown else {
        let text = format!("the process {name} failed: {}; {again}", thrown.message());
        return app.log(Level::Error, &text, &[], None);
    };
    let Some(object) = value.as_object() else {
        return;
    };
    let (file, line) = object.exception_location();
    let text = format!(
        "the process {name} failed: {}: {}; {again}",
        object.class_name(),
        object.exception_message().to_string_lossy()
    );
    let (at, trace) = (format!("{file}:{line}"), object.exception_trace());
    let context: [(&[u8], Field<'_>); 2] = [
        (b"at", Field::Str(at.as_bytes())),
        (b"trace", Field::Str(trace.as_bytes())),
    ];
    app.log(Level::Error, &text, &context, None);
}
