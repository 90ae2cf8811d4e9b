//! `Highper\Attribute\Limit`

use crate::aspect::invocation::Point;
use crate::exception::cancelled::cancelled;
use crate::exception::service_unavailable::unavailable;
use highper_engine::sync::Semaphore;
use highper_engine::{self as engine, Wake, clock};
use highper_zend::{Call, Class, Done, Registry, Target, Throw, Trace};
use std::cell::OnceCell;
use std::rc::Rc;

#[derive(Default)]
struct Limit(OnceCell<Rc<Semaphore>>);

impl Trace for Limit {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Limit")
            .doc("Lets so many calls of the method run at a time in a worker; the others wait their turn.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .state::<Limit>()
            .property("public readonly int $concurrency", "How many run at a time.")
            .property("public readonly ?float $wait", "Seconds that a call waits at most; then it fails with a Highper\\Http\\ServiceUnavailable (503). Null for no limit, 0 for no waiting.")
            .method(
                "public function __construct(int $concurrency, ?float $wait = null)",
                "",
                |call| {
                    let concurrency = call.long(0)?;
                    let Some(permits) = usize::try_from(concurrency).ok().filter(|n| *n > 0) else {
                        return Err(Throw::argument_value(0, "must be at least 1"));
                    };
                    let wait = call.opt_double_or_null(1)?;
                    if wait.is_some_and(|wait| wait.is_nan() || wait < 0.0) {
                        return Err(Throw::argument_value(1, "must be 0 seconds or more, or null for no limit"));
                    }
                    let this = call.this_object()?;
                    this.set("concurrency", concurrency)?;
                    this.set("wait", wait)?;
                    let _first = call.this::<Limit>()?.0.set(Rc::new(Semaphore::new(permits)));
                    Ok(())
                },
            )
            .method("public function around(\\Highper\\Invocation $call): mixed", "Runs the method when its turn has come.", around),
    );
}

fn around(call: &mut Call) -> Done {
    let Some(semaphore) = call.this::<Limit>()?.0.get().cloned() else {
        return Err(Throw::error("this attribute was not constructed"));
    };
    let point = Point::of(call)?;
    if !semaphore.try_acquire() {
        let wait = call.this_object()?.get("wait")?;
        let busy = |why: &str| -> Result<Throw, Throw> {
            Ok(unavailable(&format!("{}() {why}", point.name()?), None))
        };
        if !engine::can_suspend() || wait.as_double() == Some(0.0) {
            return Err(busy("runs as often at a time as it may")?);
        }
        let until = wait.as_double().and_then(clock::after_seconds);
        match semaphore.acquire(until) {
            Ok(()) => {}
            Err(Wake::Timeout) => {
                highper_runtime::cancel::resumed()?;
                return Err(busy("did not get its turn in time")?);
            }
            Err(_) => return Err(cancelled()),
        }
    }
    let result = point.proceed();
    semaphore.release_later();
    call.ret(result?)
}
