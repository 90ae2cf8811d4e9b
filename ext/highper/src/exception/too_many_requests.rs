//! `Highper\Http\TooManyRequests`

use super::http_exception::construct;
use highper_zend::{Class, Registry};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\TooManyRequests")
            .doc("Answered with 429; the message is shown to the client.")
            .extends("Highper\\Http\\HttpException")
            .method(
                "public function __construct(string $message = 'Too many requests', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let message = call.opt_bytes(0, b"Too many requests")?;
                    let headers = call.opt_array(1)?;
                    construct(call.this_object()?, 429, message, headers, call.opt_value(2))
                },
            ),
    );
}
