//! The Highper face: framework classes in PHP's namespace `Highper`.
#![forbid(unsafe_code)]

use std::path::Path;

use highper_zend::{Access, Call, Done, Function, Ini, Registry, Throw, stub};

/// Declares everything that the module `highper` has.
pub fn declare(registry: &mut Registry) {
    registry
        .constant(
            "Highper\\VERSION",
            env!("CARGO_PKG_VERSION"),
            "The version of Highper.",
        )
        .function(Function::new(
            "function Highper\\stubs(string $directory): int",
            "Writes PHP stubs of all that this extension declares, for IDEs and static analysers. A developer's tool.\n\n\
             @param string $directory Is made when it is missing.\n@return int How many files were written.",
            stubs,
        ))
        .setting(Ini::bool(
            "highper.swoole",
            true,
            Access::System,
            "Provides the namespace `Swoole`.",
        ));
}

fn stubs(call: &mut Call) -> Done {
    let directory = call.text(0)?;
    let count = stub::write(Path::new(directory))
        .map_err(|error| Throw::exception(format!("cannot write stubs to {directory}: {error}")))?;
    call.ret(count)
}
