//! Where the values of a stream come from.

use crate::awaitable::{self, AWAITABLE};
use crate::{generator, scope};
use highper_zend::{Array, Callable, Iteration, Object, Throw, Value, find_class};

/// What is read.
pub(super) enum Source {
    /// With what happens to it next.
    Generator(Object, Step),
    /// With the number of the next value.
    List(Vec<Value>, usize),
    Other(Iteration),
}

/// How a generator goes on.
pub(super) enum Step {
    Start,
    Send(Value),
    Throw(Value),
}

impl Source {
    /// Of what was given; a closure is called with the arguments.
    ///
    /// # Errors
    /// What the closure throws, or that its result can't be read.
    pub(super) fn of(given: Value, arguments: &[Value]) -> Result<Self, Throw> {
        let is_closure = given
            .as_object()
            .is_some_and(|object| object.class_name() == "Closure");
        let given = match is_closure {
            true => {
                let closure = Callable::new(&given).map_err(Throw::error)?;
                closure.call(arguments).into_result()?
            }
            false => given,
        };
        if let Some(array) = given.as_array() {
            return Ok(Self::List(array.values().cloned().collect(), 0));
        }
        if let Some(generator) = generator::of(&given) {
            return Ok(Self::Generator(generator, Step::Start));
        }
        match given.as_object() {
            Some(object)
                if find_class("Traversable")?.is_some_and(|class| object.is_instance_of(class)) =>
            {
                Iteration::new(object).map(Self::Other)
            }
            _ => Err(Throw::type_error(format!(
                "the closure of a stream must be a generator, or return an array or another iterable, {} returned",
                given.type_name()
            ))),
        }
    }

    /// The next value. Awaitables are awaited, and their results go back to the generator.
    ///
    /// # Errors
    /// What the source throws.
    pub(super) fn next(&mut self) -> Result<Option<Value>, Throw> {
        let (object, step) = match self {
            Self::Generator(object, step) => (object, step),
            Self::List(values, at) => {
                let value = values.get_mut(*at).map(std::mem::take);
                *at += 1;
                return value.map(|value| scope::resolve(&value, None)).transpose();
            }
            Self::Other(all) => return Ok(all.next()?.map(|(_, value)| value)),
        };
        loop {
            let advanced = match std::mem::replace(step, Step::Send(Value::null())) {
                Step::Start => object.call("current", &[]),
                Step::Send(value) => object.call("send", &[value]),
                Step::Throw(thrown) => object.call("throw", &[thrown]),
            };
            let yielded = advanced.into_result()?;
            if yielded.is_null() && !object.call("valid", &[]).into_result()?.to_bool() {
                return Ok(None);
            }
            let result = match yielded.as_object() {
                Some(awaited) if awaited.is_instance_of(AWAITABLE.get()) => {
                    awaitable::result(awaited, None)
                }
                None if yielded.as_array().is_some_and(holds_awaitables) => {
                    scope::resolve(&yielded, None)
                }
                _ => return Ok(Some(yielded)),
            };
            *step = match result {
                Ok(value) => Step::Send(value),
                Err(throw @ (Throw::Exit | Throw::Bailout)) => return Err(throw),
                Err(throw) => match throw.into_object() {
                    Some(thrown) => Step::Throw(thrown),
                    None => return Err(Throw::error("internal error: nothing was thrown")),
                },
            };
        }
    }
}

fn holds_awaitables(array: &Array) -> bool {
    let is_one = |value: &Value| {
        let object = value.as_object();
        object.is_some_and(|object| object.is_instance_of(AWAITABLE.get()))
    };
    array.values().any(is_one)
}
