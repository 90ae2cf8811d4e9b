//! The Swoole face: classes and functions in PHP's namespace `Swoole`.
#![forbid(unsafe_code)]

pub mod async_client;
pub mod atomic;
mod blocking;
pub mod client;
pub mod constant;
pub mod constants;
pub mod coroutine;
mod curl;
pub mod error_code;
pub mod event;
pub mod exit_exception;
pub mod function;
pub mod http;
pub mod http2;
pub mod library;
pub mod lock;
pub mod name_resolver;
pub mod process;
pub mod redis;
pub mod runtime;
pub mod server;
pub mod swoole_error;
pub mod swoole_exception;
pub mod table;
pub mod timer;
pub mod websocket;

use highper_zend::{Access, Function, Ini, Registry, Throw, error, ini};

/// A `Swoole\Exception`.
pub(crate) fn exception(message: impl Into<String>, code: i64) -> Throw {
    Throw::new(&swoole_exception::EXCEPTION, message, code)
}

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
    registry
        .setting(Ini::bool(
            "swoole.display_errors",
            true,
            Access::All,
            "Warnings of the Swoole classes.",
        ))
        .setting(Ini::bool(
            "swoole.enable_preemptive_scheduler",
            false,
            Access::All,
            "Coroutines that compute give the processor away after 10 ms.",
        ));
    error::ask_before_warning(|| ini::bool("swoole.display_errors"));
    let shortname = ini::configured("swoole.use_shortname", true);
    registry.constant("SWOOLE_USE_SHORTNAME", shortname, "Are there short names?");
    constant::declare(registry);
    constants::declare(registry);
    swoole_exception::declare(registry);
    swoole_error::declare(registry);
    exit_exception::declare(registry);
    function::declare(registry);
    coroutine::declare(registry, shortname);
    timer::declare(registry);
    event::declare(registry);
    runtime::declare(registry);
    curl::declare(registry);
    atomic::declare(registry);
    blocking::declare(registry);
    lock::declare(registry);
    table::declare(registry);
    process::declare(registry);
    client::declare(registry);
    async_client::declare(registry);
    server::declare(registry);
    http::declare(registry);
    name_resolver::declare(registry);
    http2::declare(registry);
    library::declare(registry, shortname);
    websocket::declare(registry);
    redis::declare(registry);
}
