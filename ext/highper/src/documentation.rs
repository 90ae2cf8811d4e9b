//! `Highper\documentation`: what classes and functions say of themselves.

use highper_zend::{Array, Call, Done, Function, Registry, documentation};

pub(crate) fn declare(registry: &mut Registry) {
    registry.function(Function::new(
        "function Highper\\documentation(): array",
        "What the extension's classes, methods, properties, constants and functions say of themselves, for editors and tools:\n\
         before PHP 8.4 reflection has no comments of an extension. The stubs are written from it.\n\n\
         @return array<string, string> By `Class`, `Class::method()`, `Class::$property`, `Class::CONSTANT`, `function()`, `CONSTANT`.",
        |call: &mut Call| -> Done {
            let mut all = Array::new();
            for (name, text) in documentation::all() {
                all.set(name, text);
            }
            call.ret(all)
        },
    ));
}
