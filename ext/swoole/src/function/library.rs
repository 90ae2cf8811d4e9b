//! Options of the library part of the API: `swoole_library_*`.

use highper_zend::{Array, Function, Registry};
use std::cell::RefCell;

thread_local! {
    static OPTIONS: RefCell<Option<Array>> = const { RefCell::new(None) };
}

/// Declares the functions.
pub fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_library_set_options(array $options): void",
            "Replaces all options.",
            |call| {
                replace(Some(call.array(0)?.clone()));
                Ok(())
            },
        ))
        .function(Function::new(
            "function swoole_library_get_options(): array",
            "All options.",
            |call| call.ret(all()),
        ))
        .function(Function::new(
            "function swoole_library_set_option(string $key, mixed $value): void",
            "Sets an option.",
            |call| {
                let mut options = all();
                options.set_symbol(call.bytes(0)?, call.value(1)?.clone());
                replace(Some(options));
                Ok(())
            },
        ))
        .function(Function::new(
            "function swoole_library_get_option(string $key): mixed",
            "An option; null when it is not set.",
            |call| {
                let value = all().get_symbol(call.bytes(0)?).cloned();
                call.ret(value)
            },
        ))
        .function(Function::new(
            "function swoole_init_default_remote_object_server(): void",
            "Does nothing: remote objects are not supported, and the classes that would ask for the server are missing.",
            |_| Ok(()),
        ))
        .on_request_shutdown(|| replace(None));
}

fn all() -> Array {
    OPTIONS.with_borrow(Clone::clone).unwrap_or_default()
}

fn replace(options: Option<Array>) {
    let old = OPTIONS.with_borrow_mut(|slot| std::mem::replace(slot, options));
    drop(old);
}
