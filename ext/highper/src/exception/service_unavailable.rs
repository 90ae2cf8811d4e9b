//! `Highper\Http\ServiceUnavailable`

use super::http_exception::construct;
use highper_zend::{Class, Registry};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\ServiceUnavailable")
            .doc("Answered with 503; the message is shown to the client.")
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
