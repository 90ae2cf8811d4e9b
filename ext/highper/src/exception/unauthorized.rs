//! `Highper\Http\Unauthorized`

use super::http_exception::construct;
use highper_zend::{Class, Registry};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\Unauthorized")
            .doc("Answered with 401; the message is shown to the client.")
            .extends("Highper\\Http\\HttpException")
            .method(
                "public function __construct(string $message = 'Unauthorized', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let message = call.opt_bytes(0, b"Unauthorized")?;
                    let headers = call.opt_array(1)?;
                    construct(call.this_object()?, 401, message, headers, call.opt_value(2))
                },
            ),
    );
}
