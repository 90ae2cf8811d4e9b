//! `Highper\Http\ServiceUnavailable`

use super::http_exception::construct;
use highper_zend::{Array, Class, ClassRef, Registry, Throw, Value};
use std::time::Duration;

static SERVICE_UNAVAILABLE: ClassRef = ClassRef::new("Highper\\Http\\ServiceUnavailable");
static RUNTIME: ClassRef = ClassRef::new("RuntimeException");

/// Such an exception, whose message is for everybody; what it comes from says why, and may say more.
pub(crate) fn unavailable(why: &str, retry_after: Option<Duration>) -> Throw {
    let mut headers = Array::new();
    if let Some(rest) = retry_after {
        headers.set("Retry-After", format!("{}", rest.as_secs_f64().ceil()));
    }
    let made = RUNTIME
        .get()
        .new_object(&[Value::string(why)])
        .into_result()
        .and_then(|cause| {
            let message = Value::string("Service unavailable");
            let args = [message, headers.into(), cause];
            SERVICE_UNAVAILABLE.get().new_object(&args).into_result()
        });
    match made {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\ServiceUnavailable")
            .doc("Answered with 503; the message is shown to the client.")
            .handle(&SERVICE_UNAVAILABLE)
            .extends("Highper\\Http\\HttpException")
            .method(
                "public function __construct(string $message = 'Service unavailable', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let message = call.opt_bytes(0, b"Service unavailable")?;
                    let headers = call.opt_array(1)?;
                    construct(call.this_object()?, 503, message, headers, call.opt_value(2))
                },
            ),
    );
}
