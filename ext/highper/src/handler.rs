//! What is run of an object that stands for a piece of work: its method `handle`, or itself where it can be called.

use highper_zend::{Array, Callable, Object, Throw};

/// The method that does the work of a job, a command, a process.
///
/// # Errors
/// There is none, or it can't be called from outside.
pub(crate) fn of(object: &Object) -> Result<Callable, Throw> {
    let class = object.class_name();
    let Some(name) = ["handle", "__invoke"]
        .into_iter()
        .find(|name| object.has_method(name))
    else {
        return Err(Throw::error(format!(
            "{class} has no method handle(): what it does goes there, its parameters are injected"
        )));
    };
    let mut pair = Array::new();
    pair.push(object).push(name);
    Callable::new(&pair.into()).map_err(|why| Throw::error(format!("{class}::{name}(): {why}")))
}
