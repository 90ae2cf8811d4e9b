//! `Swoole\Http2\Response`: a response, or a piece of one.

use highper_zend::{Class, ClassRef, Flags, Registry};

/// The class.
pub static RESPONSE: ClassRef = ClassRef::new("Swoole\\Http2\\Response");

/// Slots of the declared properties, in order.
pub(crate) const STREAM: usize = 0;
pub(crate) const CODE: usize = 1;
pub(crate) const STATUS: usize = 2;
pub(crate) const PIPELINE: usize = 3;
pub(crate) const HEADERS: usize = 4;
pub(crate) const SET_COOKIES: usize = 5;
pub(crate) const COOKIES: usize = 6;
pub(crate) const DATA: usize = 7;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Http2\\Response")
            .doc("A response to Coroutine\\Http2\\Client.")
            .handle(&RESPONSE)
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_clone()
            .deny_unset()
            .property("public $streamId = 0", "What send() returned.")
            .property(
                "public $errCode = 0",
                "Why the server gave the stream up: SWOOLE_HTTP2_ERROR_*.",
            )
            .property(
                "public $statusCode = 0",
                "The status; negative (SWOOLE_HTTP_CLIENT_ESTATUS_*) when the server gave it up.",
            )
            .property("public $pipeline = false", "More of it follows.")
            .property("public $headers", "The headers, by their names.")
            .property(
                "public $set_cookie_headers",
                "The Set-Cookie headers as they came.",
            )
            .property("public $cookies", "The cookies that they set.")
            .property("public $data", "The body."),
    );
}
