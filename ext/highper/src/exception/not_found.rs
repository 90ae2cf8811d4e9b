//! `Highper\Http\NotFound`

use super::http_exception::construct;
use highper_zend::{Class, Registry};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\NotFound")
            .doc("Answered with 404; the message is shown to the client.")
            .extends("Highper\\Http\\HttpException")
            .method(
                "public function __construct(string $message = 'Not found', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let message = call.opt_bytes(0, b"Not found")?;
                    let headers = call.opt_array(1)?;
                    construct(call.this_object()?, 404, message, headers, call.opt_value(2))
                },
            ),
    );
}
