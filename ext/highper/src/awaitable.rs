//! `Highper\Awaitable`: the result of a task, to come.

use crate::exception::cancelled::{CANCELLED, cancelled, late};
use crate::scope;
use highper_engine::{self as engine, Wake};
use highper_runtime::cancel::Thrown;
use highper_runtime::task::{Awaited, Task};
use highper_zend::{
    Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
};
use std::cell::RefCell;
use std::rc::Rc;

pub(crate) static AWAITABLE: ClassRef = ClassRef::new("Highper\\Awaitable");

/// By `Awaitable::cancel()`.
const CANCELLED_TASK: Thrown = Thrown {
    name: "task cancelled",
    make: || Throw::new(&CANCELLED, "the task was cancelled", 0),
};

#[derive(Default)]
struct Awaitable(RefCell<Option<Rc<Task>>>);

impl Trace for Awaitable {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(task) = self.0.try_borrow()
            && let Some(task) = &*task
        {
            task.trace(tracer);
        }
    }
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Awaitable")
            .doc("The result of a task that async() started. Any number of coroutines may await it, also after its end.")
            .handle(&AWAITABLE)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Awaitable>()
            .deny_create()
            .method(
                "public function await(?float $timeout = null): mixed",
                "Waits for the task's end: returns what it returned, throws what it threw.\n\n\
                 @param float|null $timeout Seconds; null for no limit. Past it the task goes on.\n\
                 @throws \\Highper\\DeadlineException When the time is over.\n\
                 @throws \\Highper\\CancelledException When the task was cancelled.",
                |call| {
                    let until = scope::moment(call, 0)?;
                    scope::can_wait("Highper\\Awaitable::await")?;
                    let value = result(call.this_object()?, until)?;
                    call.ret(value)
                },
            )
            .method("public function isDone(): bool", "Is the task over, one way or the other?", |call| {
                call.ret_bool(task(call.this_object()?)?.is_over())
            })
            .method(
                "public function cancel(): bool",
                "Ends the task: a CancelledException is thrown where it waits, or at its next wait. False when it was over.",
                cancel,
            ),
    );
}

fn task(object: &Object) -> Result<Rc<Task>, Throw> {
    let task = object
        .state::<Awaitable>()
        .and_then(|state| state.0.borrow().clone());
    task.ok_or_else(|| Throw::error("this awaitable belongs to no task"))
}

pub(crate) fn of(task: Rc<Task>) -> Result<Value, Throw> {
    let object = AWAITABLE.instantiate()?;
    if let Some(state) = object.state::<Awaitable>() {
        state.0.replace(Some(task));
    }
    Ok(object.into())
}

/// What the task of an awaitable returned; waits for it.
pub(crate) fn result(object: &Object, until: Option<u64>) -> Result<Value, Throw> {
    let task = task(object)?;
    if !task.is_over() && Some(task.id()) == engine::current() {
        return Err(Throw::error(
            "a task can't await itself: it would wait for ever",
        ));
    }
    match task.wait(until) {
        Ok(Awaited::Value(value)) => Ok(value),
        Ok(Awaited::Thrown(exception)) => Err(Throw::Object(exception)),
        Ok(Awaited::Nothing) => Err(Throw::new(&CANCELLED, "the task ended without a result", 0)),
        Err(Wake::Timeout) => Err(late()),
        Err(_) => Err(cancelled()),
    }
}

fn cancel(call: &mut Call) -> Done {
    call.ret_bool(task(call.this_object()?)?.cancel(CANCELLED_TASK))
}
