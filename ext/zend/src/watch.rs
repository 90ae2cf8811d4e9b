//! Objects whose end somebody wants to hear of.

use crate::object::Object;
use crate::raw::zend_object;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// What tells an object from others while it is alive.
pub type Identity = usize;

static GONE: OnceLock<fn(Identity)> = OnceLock::new();

unsafe extern "C" {
    fn hp_watch(object: *mut zend_object, gone: extern "C" fn(*const zend_object));
    fn hp_watch_forget();
}

extern "C" fn gone(object: *const zend_object) {
    if let Some(call) = GONE.get()
        && !crate::release::is_after_shutdown()
    {
        // A panic has been reported, and the object goes all the same.
        let _ = catch_unwind(AssertUnwindSafe(|| call(object as usize)));
    }
}

/// The object's identity.
#[must_use]
pub fn identity(object: &Object) -> Identity {
    object.as_ptr() as usize
}

/// Calls back when the object has gone; one function for all objects. Once for each.
pub fn watch(object: &Object, call: fn(Identity)) {
    // The first one is everybody's.
    let _ = GONE.set(call);
    // SAFETY: a live object; told of its end by the engine's weak references.
    unsafe { hp_watch(object.as_ptr(), gone) };
}

/// Forgets all objects. Call at RSHUTDOWN.
pub fn forget() {
    // SAFETY: the objects that are left are alive.
    unsafe { hp_watch_forget() };
}
