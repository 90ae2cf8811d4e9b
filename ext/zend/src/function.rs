//! Functions: declaration, and the trampoline from Zend to a safe handler.
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::call::{Call, Done};
use crate::raw::{self, ACC_VARIADIC, Frame, Zif, zend_execute_data};
use crate::throw::Throw;
use crate::value::Value;

/// What handles a call: a function item or a closure that captures nothing.
pub trait Handler: Fn(&mut Call) -> Done + Copy + 'static {}
impl<F: Fn(&mut Call) -> Done + Copy + 'static> Handler for F {}

/// The C function that runs a handler.
pub(crate) fn zif<F: Handler>(handler: F) -> Zif {
    trampoline::<F, false>(handler)
}

fn trampoline<F: Handler, const OPEN: bool>(handler: F) -> Zif {
    const {
        assert!(
            size_of::<F>() == 0,
            "a handler is a function or a closure that captures nothing"
        );
    }
    // The type says which function it is; its value is empty.
    let _ = handler;
    enter::<F, OPEN>
}

/// `OPEN`: more arguments than declared are no mistake.
unsafe extern "C" fn enter<F: Handler, const OPEN: bool>(
    frame: *mut zend_execute_data,
    ret: *mut Value,
) {
    // SAFETY: the engine passes a live frame and a return slot.
    let bailout = unsafe {
        let head = frame.cast::<Frame>();
        let func = &*(*head).func;
        let args = (*head).this.extra;
        let takes_more = OPEN || func.flags & ACC_VARIADIC != 0;
        if args < func.required || (args > func.num_args && !takes_more) {
            raw::hz_wrong_count(frame);
            return;
        }
        let mut call = Call::new(frame, ret);
        // SAFETY: F has no size: there is nothing to read.
        let handler = std::ptr::NonNull::<F>::dangling().read();
        match catch_unwind(AssertUnwindSafe(|| handler(&mut call))) {
            Ok(Ok(())) => false,
            Ok(Err(thrown)) => raise(ret, thrown),
            Err(panic) => raise(ret, internal_error(&panic)),
        }
    };
    if bailout {
        // SAFETY: nothing is owned in this frame any more.
        unsafe { raw::hz_bailout() };
    }
}

#[cold]
unsafe fn raise(ret: *mut Value, thrown: Throw) -> bool {
    // SAFETY: the engine's return slot; what a failed call returned is dropped.
    unsafe { *ret = Value::null() };
    thrown.raise()
}

#[cold]
fn internal_error(panic: &Box<dyn std::any::Any + Send>) -> Throw {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Throw::error(format!(
        "internal error in highper: {text}; please report it"
    ))
}

/// The declaration of a function: `Function::new("function swoole_version(): string", "doc", handler)`.
pub struct Function {
    pub(crate) signature: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) handler: Zif,
}

impl Function {
    /// A function by its signature; namespaces as in `function Co\run(callable $fn, mixed ...$args): bool`.
    pub fn new<F: Handler>(signature: &'static str, doc: &'static str, handler: F) -> Self {
        Self {
            signature,
            doc,
            handler: zif(handler),
        }
    }
    /// As [`Self::new`], for one that takes more arguments than it declares ([`Call::rest`]).
    pub fn open<F: Handler>(signature: &'static str, doc: &'static str, handler: F) -> Self {
        Self {
            signature,
            doc,
            handler: trampoline::<F, true>(handler),
        }
    }
}
