//! Extensions that keep what a call works on in globals: SOAP, IMAP. A coroutine that waits inside such a call takes
//! them along.

use crate::registry::Registry;

unsafe extern "C" {
    fn hp_modules_cover();
    fn hp_modules_end();
}

/// Covers their functions once all extensions are there, before any script is compiled.
pub fn declare(registry: &mut Registry) {
    registry
        .on_request_start(|| {
            // SAFETY: at RINIT, every extension is registered; it looks after being called once.
            unsafe { hp_modules_cover() };
        })
        .on_shutdown(|| {
            // SAFETY: at MSHUTDOWN, no function is called any more.
            unsafe { hp_modules_end() };
        });
}
