//! `Highper\Attribute\Breaker`

use crate::aspect::invocation::Point;
use crate::exception::cancelled::is_cancelled;
use crate::exception::service_unavailable::unavailable;
use highper_app::breaker::Breaker as Machine;
use highper_engine::clock;
use highper_zend::{Call, Class, Done, Registry, Target, Throw, Trace};
use std::cell::RefCell;
use std::time::Duration;

#[derive(Default)]
struct Breaker(RefCell<Option<Machine>>);

impl Trace for Breaker {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Breaker")
            .doc("Leaves a method alone that has thrown several times in a row: calls fail at once with a Highper\\Http\\ServiceUnavailable (503), until one may try again. Each worker counts for itself.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .state::<Breaker>()
            .property("public readonly int $failures", "How many failures in a row open it.")
            .property("public readonly float $reset", "Seconds until one call tries again.")
            .method(
                "public function __construct(int $failures = 5, float $reset = 30)",
                "",
                |call| {
                    let failures = call.opt_long(0, 5)?;
                    let Some(most) = u32::try_from(failures).ok().filter(|most| *most > 0) else {
                        return Err(Throw::argument_value(0, "must be at least 1"));
                    };
                    let reset = call.opt_double(1, 30.0)?;
                    if !(0.001..=86_400.0).contains(&reset) {
                        return Err(Throw::argument_value(1, "must be between 0.001 and 86400 seconds"));
                    }
                    let this = call.this_object()?;
                    this.set("failures", failures)?;
                    this.set("reset", reset)?;
                    let machine = Machine::new(most, Duration::from_secs_f64(reset));
                    call.this::<Breaker>()?.0.replace(Some(machine));
                    Ok(())
                },
            )
            .method("public function around(\\Highper\\Invocation $call): mixed", "Runs the method, or throws.", around),
    );
}

fn around(call: &mut Call) -> Done {
    let state = call.this::<Breaker>()?;
    let point = Point::of(call)?;
    let entered = state
        .0
        .borrow_mut()
        .as_mut()
        .map(|machine| machine.enter(clock::now()));
    match entered {
        Some(Ok(())) => {}
        Some(Err(rest)) => {
            let why = format!(
                "{}() has failed too often and is left alone for a while",
                point.name()?
            );
            return Err(unavailable(&why, Some(rest)));
        }
        None => return Err(Throw::error("this attribute was not constructed")),
    }
    let result = point.proceed();
    if let Some(machine) = &mut *state.0.borrow_mut() {
        let now = clock::now();
        match &result {
            Ok(_) => machine.succeeded(),
            Err(Throw::Object(thrown)) if thrown.as_object().is_some_and(is_gone) => {
                machine.gone(now)
            }
            Err(Throw::Exit | Throw::Bailout) => machine.gone(now),
            Err(_) => drop(machine.failed(now)),
        }
    }
    call.ret(result?)
}

/// Somebody has ended the call; a time limit that passed is a failure all the same.
fn is_gone(thrown: &highper_zend::Object) -> bool {
    is_cancelled(thrown) && thrown.class_name() != "Highper\\DeadlineException"
}
