//! `Highper\Attribute\Timeout`

use crate::aspect::invocation::Point;
use crate::scope;
use highper_zend::{Call, Class, Done, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Timeout")
            .doc("Gives the method so many seconds: past them, what it waits for ends with a Highper\\DeadlineException.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .property("public readonly float $seconds", "More than 0.")
            .method("public function __construct(float $seconds)", "", |call| {
                let seconds = call.double(0)?;
                if seconds.is_nan() || seconds <= 0.0 {
                    return Err(Throw::argument_value(0, "must be greater than 0"));
                }
                call.this_object()?.set("seconds", seconds)
            })
            .method("public function around(\\Highper\\Invocation $call): mixed", "Runs the method.", around),
    );
}

fn around(call: &mut Call) -> Done {
    let seconds = call.this_object()?.get("seconds")?.to_double();
    let point = Point::of(call)?;
    if highper_engine::current().is_none() {
        return Err(Throw::error(format!(
            "{}() has a time limit, which only coroutines can keep: call it inside Highper\\scope()",
            point.name()?
        )));
    }
    let value = scope::limited(seconds, || point.proceed())?;
    call.ret(value)
}
