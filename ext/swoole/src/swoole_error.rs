//! `Swoole\Error`: what is thrown for mistakes in a program.

use highper_zend::{Class, ClassRef, Outcome, Registry, Throw, Value, error};

/// The class.
pub static ERROR: ClassRef = ClassRef::new("Swoole\\Error");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Error")
            .doc("A mistake in a program, such as waiting outside of any coroutine.")
            .handle(&ERROR)
            .extends("Error"),
    );
}

/// Ends the script as an uncaught `Swoole\Error` does; nothing catches it, as in Swoole.
pub fn fatal(message: &str, code: i32) -> Throw {
    let object = match ERROR
        .get()
        .new_object(&[Value::string(message), Value::long(code.into())])
    {
        Outcome::Value(value) => value.into_object().ok(),
        _ => None,
    };
    let Some(object) = object else {
        return error::fatal(message);
    };
    let (file, line) = object.exception_location();
    let text = format!(
        "Uncaught Swoole\\Error: {message} in {file}:{line}\nStack trace:\n{}\n  thrown",
        object.exception_trace()
    );
    error::raise_plain(error::Level::Error, text)
        .err()
        .unwrap_or(Throw::Bailout)
}
