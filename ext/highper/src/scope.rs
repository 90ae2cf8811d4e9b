//! `Highper\scope`, `async`, `await` and `timeout`: work in parallel that ends where it began.

use crate::awaitable::{self, AWAITABLE};
use crate::exception::cancelled::{CANCELLED, late};
use highper_engine::{self as engine, clock};
use highper_runtime::cancel::Thrown;
use highper_runtime::task::{self, Refused};
use highper_runtime::{limit, run_loop, spawn_body};
use highper_zend::{
    Array, Call, Callable, Done, Function, Iteration, Object, Registry, Throw, Value, find_class,
};
use std::cell::RefCell;
use std::rc::Rc;

/// Thrown into the other tasks of a scope, and its body, when one has failed.
pub(crate) const ENDED: Thrown = Thrown {
    name: "scope ended",
    make: || {
        Throw::new(
            &CANCELLED,
            "the scope has ended: another task of it failed, or its time is over",
            0,
        )
    },
};

/// Thrown where a coroutine waits past its time limit.
pub(crate) const LATE: Thrown = Thrown {
    name: "deadline",
    make: late,
};

pub(crate) fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function Highper\\scope(callable $body, ?float $timeout = null): mixed",
            "Runs $body and waits for all tasks that it started by async(): none outlives the scope.\n\n\
             Returns what $body returned; awaitables in it, and in arrays in it, are replaced by their results.\n\
             The first task that fails ends the scope: the others are cancelled (their `finally` blocks run),\n\
             and the scope throws what that task threw. Outside of any coroutine it runs a loop of its own.\n\n\
             @param callable(): mixed $body Runs in the calling coroutine.\n\
             @param float|null $timeout Seconds for all of it; null for no limit but that of the surrounding code.\n\
             @throws \\Highper\\DeadlineException When the time is over; in a request it is answered with 504.",
            scope,
        ))
        .function(Function::new(
            "function Highper\\async(callable $task, mixed ...$args): \\Highper\\Awaitable",
            "Starts $task in a coroutine of its own, at once, until it first waits.\n\n\
             Inside a scope it belongs to the scope. Outside it runs on its own; what it throws and nobody awaits\n\
             is reported as an uncaught exception. Its deadline is that of the code that started it.\n\n\
             @param callable(mixed...): mixed $task\n\
             @param mixed ...$args Handed to it.\n\
             @throws \\Highper\\CancelledException When the scope is ending.",
            start,
        ))
        .function(Function::new(
            "function Highper\\await(iterable|\\Highper\\Awaitable $awaitables, ?float $timeout = null): mixed",
            "Waits for one task, or for several, and returns what they returned: under their keys for several.\n\n\
             The first in order that failed throws here what it threw. What is no awaitable among several stays\n\
             as it is.\n\n\
             @param iterable|\\Highper\\Awaitable $awaitables\n\
             @param float|null $timeout Seconds; null for no limit. Past it the tasks go on.\n\
             @throws \\Highper\\DeadlineException When the time is over.",
            wait,
        ))
        .function(Function::new(
            "function Highper\\timeout(float $seconds, callable $body): mixed",
            "Runs $body, which has so many seconds; what it waits for then ends with an exception.\n\n\
             `finally` blocks have a second more for waits of their own. Tasks that it starts have the same deadline.\n\n\
             @param float $seconds More than 0.\n\
             @param callable(): mixed $body Runs in the calling coroutine. Returns what it returns.\n\
             @throws \\Highper\\DeadlineException When the time is over.",
            timeout,
        ));
}

/// Seconds that a caller gives, as a moment. Null is no limit.
pub(crate) fn moment(call: &Call, arg: usize) -> Result<Option<u64>, Throw> {
    match call.opt_double_or_null(arg)? {
        None => Ok(None),
        Some(seconds) if seconds > 0.0 => Ok(clock::after_seconds(seconds)),
        Some(_) => Err(Throw::argument_value(
            arg,
            "must be greater than 0 seconds, or null for no limit",
        )),
    }
}

/// In a coroutine that may wait here.
pub(crate) fn can_wait(function: &str) -> Result<(), Throw> {
    if engine::current().is_none() {
        return Err(Throw::error(format!(
            "{function}() waits for a task, which only coroutines can: call it inside Highper\\scope()"
        )));
    }
    if engine::can_suspend() {
        return Ok(());
    }
    Err(Throw::error(format!(
        "{function}() can't wait here: PHP is inside code that must not be interrupted"
    )))
}

fn scope(call: &mut Call) -> Done {
    let body = call.callable(0)?;
    let until = moment(call, 1)?;
    if engine::current().is_some() {
        can_wait("Highper\\scope")?;
        return call.ret(run(&body, until)?);
    }
    // A plain script: a loop for this scope alone.
    let slot = Rc::new(RefCell::new(None));
    let outcome = Rc::clone(&slot);
    run_loop(move || {
        let inner = Rc::clone(&outcome);
        let spawned = spawn_body(move || match run(&body, until) {
            Err(Throw::Bailout) => Err(Throw::Bailout),
            result => {
                inner.replace(Some(result));
                Ok(())
            }
        });
        if let Err(throw) = spawned {
            outcome.replace(Some(Err(throw)));
        }
    })?;
    match slot.take() {
        Some(result) => call.ret(result?),
        // Only a deadlock, which was reported, leaves the loop before the scope is over.
        None => Err(Throw::error(
            "the scope never ended: its tasks wait for one another",
        )),
    }
}

/// Runs `body` in the running coroutine, which has so many seconds for it.
pub(crate) fn limited(
    seconds: f64,
    body: impl FnOnce() -> Result<Value, Throw>,
) -> Result<Value, Throw> {
    limit::within(clock::after_seconds(seconds), LATE, body)
}

fn run(body: &Callable, until: Option<u64>) -> Result<Value, Throw> {
    limit::within(until, LATE, || {
        task::scope(ENDED, || {
            let value = body.call(&[]).into_result()?;
            resolve(&value, None)
        })
    })
}

/// The value with its awaitables replaced by their results.
pub(crate) fn resolve(value: &Value, until: Option<u64>) -> Result<Value, Throw> {
    if let Some(object) = value.as_object()
        && object.is_instance_of(AWAITABLE.get())
    {
        return awaitable::result(object, until);
    }
    let Some(array) = value.as_array() else {
        return Ok(value.clone());
    };
    if !holds_awaitables(array) {
        return Ok(value.clone());
    }
    let mut out = Array::with_capacity(array.len());
    for (key, value) in array.iter() {
        out.set_key(key, resolve(value, until)?);
    }
    Ok(out.into())
}

fn holds_awaitables(array: &Array) -> bool {
    array
        .values()
        .any(|value| match (value.as_object(), value.as_array()) {
            (Some(object), _) => object.is_instance_of(AWAITABLE.get()),
            (_, Some(array)) => holds_awaitables(array),
            _ => false,
        })
}

fn start(call: &mut Call) -> Done {
    let callable = call.callable(0)?;
    let args = call.rest(1).to_vec();
    if engine::current().is_none() && !engine::is_running() {
        return Err(Throw::error(
            "Highper\\async() starts a coroutine, and no loop runs here: call it inside Highper\\scope()",
        ));
    }
    match task::start(callable, args, ENDED) {
        Ok(task) => call.ret(awaitable::of(task)?),
        Err(Refused::Spawn(error)) => Err(Throw::error(error.to_string())),
        Err(Refused::Ending(thrown)) => Err((thrown.make)()),
    }
}

fn wait(call: &mut Call) -> Done {
    let until = moment(call, 1)?;
    can_wait("Highper\\await")?;
    let given = call.value(0)?.clone();
    if given.as_array().is_some() {
        // A copy that nobody changes while it waits.
        return call.ret(resolve(&given, until)?);
    }
    match given.as_object() {
        Some(object) if object.is_instance_of(AWAITABLE.get()) => {
            call.ret(awaitable::result(object, until)?)
        }
        Some(object) if is_traversable(object)? => {
            let mut out = Array::new();
            let mut all = Iteration::new(object)?;
            while let Some((key, value)) = all.next()? {
                let value = resolve(&value, until)?;
                match (key.as_long(), key.to_str()) {
                    (Some(index), _) => out.set_index(index, value),
                    (None, Ok(name)) => out.set_symbol(name.as_bytes(), value),
                    (None, Err(_)) => out.push(value),
                };
            }
            call.ret(out)
        }
        _ => Err(Throw::argument_type(
            0,
            format!(
                "must be of type Highper\\Awaitable|iterable, {} given",
                given.type_name()
            ),
        )),
    }
}

fn is_traversable(object: &Object) -> Result<bool, Throw> {
    Ok(find_class("Traversable")?.is_some_and(|class| object.is_instance_of(class)))
}

fn timeout(call: &mut Call) -> Done {
    let until = moment(call, 0)?;
    let body = call.callable(1)?;
    can_wait("Highper\\timeout")?;
    call.ret(limit::within(until, LATE, || body.call(&[]).into_result())?)
}
