//! Handlers that are generators: each awaitable that they yield is awaited, and its result is what `yield` gives.

use crate::awaitable::{self, AWAITABLE};
use crate::scope;
use highper_zend::{Object, Throw, Value};

/// Generators in generators deeper than this are a recursion without an end.
const DEEPEST: usize = 256;

/// The generator that a handler returned.
pub(crate) fn of(value: &Value) -> Option<Object> {
    let object = value.as_object()?;
    (object.class_name() == "Generator").then(|| object.clone())
}

/// Runs a generator to its end and gives what it returns. A yielded generator runs in the same way; arrays of awaitables
/// become arrays of results; what else is yielded comes back as it is. What an awaitable throws is thrown at the `yield`.
///
/// # Errors
/// What the generator does not catch.
pub(crate) fn run(generator: Object) -> Result<Value, Throw> {
    let mut stack = vec![generator];
    // What the innermost one does next: it goes on with a value, or something is thrown into it.
    let mut step = Step::Start;
    while let Some(top) = stack.last() {
        let advanced = match step {
            Step::Start => top.call("current", &[]),
            Step::Send(value) => top.call("send", &[value]),
            Step::Throw(thrown) => top.call("throw", &[thrown]),
        };
        let yielded = match advanced.into_result() {
            Ok(yielded) => yielded,
            Err(throw) => {
                stack.pop();
                step = into(throw, stack.is_empty())?;
                continue;
            }
        };
        if !top.call("valid", &[]).into_result()?.to_bool() {
            let returned = top.call("getReturn", &[]).into_result()?;
            stack.pop();
            if stack.is_empty() {
                return Ok(returned);
            }
            step = Step::Send(returned);
            continue;
        }
        if let Some(inner) = of(&yielded) {
            if stack.len() >= DEEPEST {
                let why = format!("generators are nested deeper than {DEEPEST}");
                step = into(Throw::error(why), false)?;
                continue;
            }
            stack.push(inner);
            step = Step::Start;
            continue;
        }
        let result = match yielded.as_object() {
            Some(object) if object.is_instance_of(AWAITABLE.get()) => {
                awaitable::result(object, None)
            }
            _ => scope::resolve(&yielded, None),
        };
        step = match result {
            Ok(value) => Step::Send(value),
            Err(throw) => into(throw, false)?,
        };
    }
    Ok(Value::null())
}

enum Step {
    Start,
    Send(Value),
    Throw(Value),
}

/// An exception for the generator that waits; where there is none, or it can't be caught, it goes on.
fn into(throw: Throw, is_last: bool) -> Result<Step, Throw> {
    if is_last || matches!(throw, Throw::Exit | Throw::Bailout) {
        return Err(throw);
    }
    match throw.into_object() {
        Some(thrown) => Ok(Step::Throw(thrown)),
        None => Err(Throw::error("internal error: nothing was thrown")),
    }
}
