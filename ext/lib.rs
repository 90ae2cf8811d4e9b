//! The module entry: what the extension consists of, on one page.
use highper_zend::module::{self, Entry, Plan};

/// What PHP calls when it loads the extension.
#[unsafe(no_mangle)]
pub extern "C" fn get_module() -> *mut Entry {
    module::entry(Plan {
        version: env!("CARGO_PKG_VERSION"),
        swoole_version: highper_swoole::VERSION,
        highper: |registry| {
            highper_runtime::install();
            registry.on_request_shutdown(highper_runtime::request_shutdown);
            highper_zend::modules::declare(registry);
            highper_runtime::hooks::declare(registry);
            highper_runtime::pdo::declare(registry);
            highper_runtime::superglobals::declare(registry);
            highper_face::declare(registry);
        },
        swoole: highper_swoole::declare,
    })
}
