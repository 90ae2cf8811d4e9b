//! The Swoole face: classes and functions in PHP's namespace `Swoole`.
#![forbid(unsafe_code)]

pub mod http;
pub mod server;

use highper_zend::{Access, ClassRef, Function, Ini, Registry, Throw};

static EXCEPTION: ClassRef = ClassRef::new("Swoole\\Exception");

/// A `Swoole\Exception`.
pub(crate) fn exception(message: impl Into<String>, code: i64) -> Throw {
    Throw::new(&EXCEPTION, message, code)
}

/// The version of Swoole whose API this is.
pub const VERSION: &str = "6.2.2";

/// Declares everything that the module `swoole` has.
pub fn declare(registry: &mut Registry) {
    registry.class(
        highper_zend::Class::new("Swoole\\Exception")
            .extends("Exception")
            .handle(&EXCEPTION),
    );
    server::declare(registry);
    http::declare(registry);
    registry
        .constant(
            "SWOOLE_VERSION",
            VERSION,
            "The version of Swoole whose API this is.",
        )
        .constant(
            "SWOOLE_VERSION_ID",
            60202,
            "The same as a number: 60202 is 6.2.2.",
        )
        .constant("SWOOLE_MAJOR_VERSION", 6, "Its first part.")
        .constant("SWOOLE_MINOR_VERSION", 2, "Its second part.")
        .constant("SWOOLE_RELEASE_VERSION", 2, "Its third part.")
        .constant("SWOOLE_EXTRA_VERSION", "", "A suffix such as `dev`.")
        .function(Function::new(
            "function swoole_version(): string",
            "The version of Swoole whose API this is.",
            |call| call.ret_str(VERSION),
        ))
        .setting(Ini::bool(
            "swoole.use_shortname",
            true,
            Access::System,
            "Short names: `go()`, `Co`.",
        ));
}
