//! `Highper\Http\Unprocessable`

use super::http_exception::construct;
use highper_zend::{Array, Class, ClassRef, Registry, Throw, Value};

pub(crate) static UNPROCESSABLE: ClassRef = ClassRef::new("Highper\\Http\\Unprocessable");
const MESSAGE: &str = "The input is not valid";

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\Unprocessable")
            .doc("Answered with 422 and the errors of each field.")
            .handle(&UNPROCESSABLE)
            .extends("Highper\\Http\\HttpException")
            .property("protected array $errors = []", "Field names and their errors.")
            .method(
                "public function __construct(array $errors = [], string $message = 'The input is not valid', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let message = call.opt_bytes(1, MESSAGE.as_bytes())?;
                    let headers = call.opt_array(2)?;
                    let this = call.this_object()?;
                    construct(this, 422, message, headers, call.opt_value(3))?;
                    match call.opt_array(0)? {
                        Some(errors) => this.set("errors", errors),
                        None => Ok(()),
                    }
                },
            )
            .method("public function getErrors(): array", "Field names and their errors.", |call| {
                call.ret(call.this_object()?.get("errors")?)
            }),
    );
}

/// Such an exception, to be thrown from Rust.
pub(crate) fn unprocessable(errors: Array) -> Throw {
    match UNPROCESSABLE
        .get()
        .new_object(&[Value::from(errors)])
        .into_result()
    {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}
