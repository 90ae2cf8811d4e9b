//! `Highper\Http\Conflict`

use super::http_exception::construct;
use highper_zend::{Class, Registry};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\Conflict")
            .doc("Answered with 409; the message is shown to the client.")
            .extends("Highper\\Http\\HttpException")
            .method(
                "public function __construct(string $message = 'Conflict', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let message = call.opt_bytes(0, b"Conflict")?;
                    let headers = call.opt_array(1)?;
                    construct(call.this_object()?, 409, message, headers, call.opt_value(2))
                },
            ),
    );
}
