//! The Highper face: framework classes in PHP's namespace `Highper`.
#![forbid(unsafe_code)]

use highper_zend::{Access, Ini, Registry};

/// Declares everything that the module `highper` has.
pub fn declare(registry: &mut Registry) {
    registry
        .constant(
            "Highper\\VERSION",
            env!("CARGO_PKG_VERSION"),
            "The version of Highper.",
        )
        .setting(Ini::bool(
            "highper.swoole",
            true,
            Access::System,
            "Provides the namespace `Swoole`.",
        ));
}
