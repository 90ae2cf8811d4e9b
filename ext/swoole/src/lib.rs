//! The Swoole face: classes and functions in PHP's namespace `Swoole`.
#![forbid(unsafe_code)]

use highper_zend::{Access, Function, Ini, Registry};

/// The version of Swoole whose API this is.
pub const VERSION: &str = "6.2.2";

/// Declares everything that the module `swoole` has.
pub fn declare(registry: &mut Registry) {
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
