//! `Highper\Attribute\Retry`

use crate::aspect::invocation::Point;
use crate::exception::cancelled::{cancelled, is_cancelled};
use highper_engine::{self as engine, Wake, scheduler};
use highper_zend::{
    Array, Call, Class, ClassHandle, Done, Registry, Target, Throw, Trace, Value, find_class,
};
use std::cell::OnceCell;
use std::time::Duration;

/// The longest pause between two tries.
const LONGEST: f64 = 3600.0;

struct Settings {
    times: i64,
    delay: f64,
    factor: f64,
    on: Vec<ClassHandle>,
}

#[derive(Default)]
struct Retry(OnceCell<Settings>);

impl Trace for Retry {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Retry")
            .doc("Calls the method again when it throws.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .state::<Retry>()
            .property("public readonly int $times", "How often it is called at most, the first time included.")
            .property("public readonly int|float $delay", "Seconds before the second call; other coroutines run meanwhile.")
            .property("public readonly array|string $on", "Which exceptions make it try again: classes, or interfaces. The end of a wait (CancelledException) never does.")
            .property("public readonly int|float $factor", "Each further pause is so many times as long as the one before.")
            .method(
                "public function __construct(int $times = 3, int|float $delay = 0, array|string $on = 'Throwable', int|float $factor = 2)",
                "",
                construct,
            )
            .method("public function around(\\Highper\\Invocation $call): mixed", "Runs the method until it does not throw.", around),
    );
}

fn construct(call: &mut Call) -> Done {
    let number = |call: &Call, arg: usize, default: f64| -> Result<f64, Throw> {
        match call.opt_value(arg) {
            None => Ok(default),
            Some(_) => Ok(call.number(arg)?.to_double()),
        }
    };
    let times = call.opt_long(0, 3)?;
    if times < 1 {
        return Err(Throw::argument_value(0, "must be at least 1"));
    }
    let delay = number(call, 1, 0.0)?;
    if !(0.0..=LONGEST).contains(&delay) {
        return Err(Throw::argument_value(
            1,
            "must be between 0 and 3600 seconds",
        ));
    }
    let factor = number(call, 3, 2.0)?;
    if !(1.0..=100.0).contains(&factor) {
        return Err(Throw::argument_value(3, "must be between 1 and 100"));
    }
    let given = call
        .opt_value(2)
        .cloned()
        .unwrap_or_else(|| Value::string("Throwable"));
    let mut names = Array::new();
    match given.as_array() {
        Some(list) => names = list.clone(),
        None => {
            names.push(&given);
        }
    }
    let mut on = Vec::with_capacity(names.len());
    for name in names.values() {
        let found = match name.as_str() {
            Some(name) => find_class(name)?,
            None => None,
        };
        match found {
            Some(class) => on.push(class),
            None => {
                let given = match name.as_str() {
                    Some(text) => text,
                    None => name.type_name(),
                };
                let what = format!("must name exceptions; there is no class {given}");
                return Err(Throw::argument_value(2, what));
            }
        }
    }
    let this = call.this_object()?;
    this.set("times", times)?;
    this.set(
        "delay",
        call.opt_value(1).cloned().unwrap_or(Value::long(0)),
    )?;
    this.set("on", given)?;
    this.set(
        "factor",
        call.opt_value(3).cloned().unwrap_or(Value::long(2)),
    )?;
    let settings = Settings {
        times,
        delay,
        factor,
        on,
    };
    let _first = call.this::<Retry>()?.0.set(settings);
    Ok(())
}

fn around(call: &mut Call) -> Done {
    let Some(settings) = call.this::<Retry>()?.0.get() else {
        return Err(Throw::error("this attribute was not constructed"));
    };
    let point = Point::of(call)?;
    let mut delay = settings.delay;
    for time in 1.. {
        let thrown = match point.proceed() {
            Ok(value) => return call.ret(value),
            Err(Throw::Object(thrown)) if time < settings.times => thrown,
            Err(other) => return Err(other),
        };
        let again = thrown.as_object().is_some_and(|object| {
            !is_cancelled(object)
                && settings
                    .on
                    .iter()
                    .any(|class| object.is_instance_of(*class))
        });
        if !again {
            return Err(Throw::Object(thrown));
        }
        drop(thrown);
        pause(delay)?;
        delay = (delay * settings.factor).min(LONGEST);
    }
    Ok(())
}

#[allow(
    clippy::disallowed_methods,
    reason = "where nothing can wait, nothing else could run meanwhile"
)]
fn pause(seconds: f64) -> Result<(), Throw> {
    if seconds <= 0.0 {
        return Ok(());
    }
    if !engine::can_suspend() {
        std::thread::sleep(Duration::from_secs_f64(seconds));
        return Ok(());
    }
    scheduler::clear_cancelled();
    match engine::sleep((seconds * 1e9) as u64) {
        Wake::Cancelled => Err(cancelled()),
        _ => highper_runtime::cancel::resumed(),
    }
}
