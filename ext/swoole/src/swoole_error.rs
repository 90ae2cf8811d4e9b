//! `Swoole\Error`: what is thrown for mistakes in a program.

use crate::error_code;
use highper_runtime::failure;
use highper_runtime::lease::{self, Refused};
use highper_zend::{Class, ClassRef, Outcome, Registry, Throw, Value, error, find_class};

/// The class.
pub static ERROR: ClassRef = ClassRef::new("Swoole\\Error");

/// Declares it.
pub fn declare(registry: &mut Registry) {
    lease::refuse_with(refused);
    registry.class(
        Class::new("Swoole\\Error")
            .doc("A mistake in a program, such as waiting outside of any coroutine.")
            .handle(&ERROR)
            .extends("Error"),
    );
}

/// A connection that another coroutine is using: cURL's in Swoole's words, which leave the backtrace to the report, and that of
/// PDO for PostgreSQL as what its programs catch.
fn refused(refused: &Refused) -> Throw {
    if refused.driver.as_deref() == Some("pgsql")
        && let Ok(Some(class)) = find_class("PDOException")
    {
        let message = format!("SQLSTATE[HY000]: General error: 7 {refused}");
        return Throw::of(class, message, error_code::CO_HAS_BEEN_BOUND.into());
    }
    if !refused.called.starts_with("curl_") || refused.socket.is_some() {
        return Throw::new(
            &ERROR,
            refused.to_string(),
            error_code::CO_HAS_BEEN_BOUND.into(),
        );
    }
    let Refused { owner, trace, .. } = refused;
    let message =
        format!("This cURL handle is currently executing in coroutine#{owner}, cannot be operated");
    let throw = Throw::new(&ERROR, message, error_code::CO_HAS_BEEN_BOUND.into());
    let Some(object) = throw.into_object() else {
        return Throw::Pending;
    };
    let text = format!(
        "\n [Coroutine-{owner}] Stack trace:\n {}\n{trace}",
        "-".repeat(67)
    );
    if let Some(object) = object.as_object() {
        failure::tell_after(object.id(), text);
    }
    Throw::Object(object)
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
