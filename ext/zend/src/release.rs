//! How values are released: at once, later, or never.
//!
//! A destructor does I/O, so the last reference to an array or object must not
//! go in the driver, outside a coroutine. The engine says with [`set_defer`]
//! where that is; such values wait in a queue until [`drain`].
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::raw;
use crate::value::{ARRAY, COLLECTABLE, STRING, Value};

/// PHP runs on one thread, and every drop of a value asks: plain statics cost no look-up.
static DEFER: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());
static AFTER_SHUTDOWN: AtomicBool = AtomicBool::new(false);

/// May anything wait? Asked at each turn of the loop.
static WAITING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static QUEUE: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Installs the question "must a last release wait here?".
pub fn set_defer(ask: fn() -> bool) {
    DEFER.store(ask as *mut (), Ordering::Relaxed);
}

/// From now on drops are no-ops: PHP has freed, or will free, its whole heap.
/// Set at the end of the request's shutdown, unset at the start of the next.
pub fn after_shutdown(over: bool) {
    AFTER_SHUTDOWN.store(over, Ordering::Relaxed);
}

/// Is PHP's heap gone?
#[inline]
pub fn is_after_shutdown() -> bool {
    AFTER_SHUTDOWN.load(Ordering::Relaxed)
}

/// How many values wait to be released.
#[inline]
pub fn pending() -> usize {
    match WAITING.load(Ordering::Relaxed) {
        true => QUEUE.with_borrow(Vec::len),
        false => 0,
    }
}

/// Releases what waits, including what is queued meanwhile. Destructors run
/// here: call it in a coroutine.
pub fn drain() -> usize {
    let mut released = 0;
    while let Some(value) = QUEUE.with_borrow_mut(Vec::pop) {
        released_now(value);
        released += 1;
    }
    WAITING.store(false, Ordering::Relaxed);
    released
}

fn released_now(value: Value) {
    let mut value = std::mem::ManuallyDrop::new(value);
    if !is_after_shutdown() {
        // SAFETY: the value is counted, and nobody drops it again.
        unsafe { release_at_once(&mut value) };
    }
}

/// # Safety
/// `value` is counted, alive, and not used afterwards.
unsafe fn release_at_once(value: &mut Value) {
    // SAFETY: the caller's promise.
    unsafe {
        let counted = value.payload.counted;
        (*counted).refcount -= 1;
        if (*counted).refcount == 0 {
            raw::hz_release_last(counted);
        } else if value.info & COLLECTABLE != 0 {
            raw::hz_possible_root(counted);
        }
    }
}

#[inline]
pub(crate) fn release(value: &mut Value) {
    if is_after_shutdown() {
        return;
    }
    if value.kind_number() >= ARRAY {
        // SAFETY: the value is counted and alive.
        let last = unsafe { (*value.payload.counted).refcount == 1 };
        if last && must_wait(value) {
            return;
        }
    }
    debug_assert!(value.kind_number() >= STRING);
    // SAFETY: called by Drop, once.
    unsafe { release_at_once(value) };
}

#[cold]
fn queue(value: &mut Value) -> bool {
    let waiting = std::mem::take(value);
    let mut waiting = Some(waiting);
    let queued = QUEUE.try_with(|queue| {
        if let Ok(mut queue) = queue.try_borrow_mut() {
            queue.extend(waiting.take());
            WAITING.store(true, Ordering::Relaxed);
            true
        } else {
            false
        }
    });
    if let Some(back) = waiting {
        std::mem::forget(std::mem::replace(value, back));
    }
    queued.unwrap_or(false)
}

fn must_wait(value: &mut Value) -> bool {
    let ask = DEFER.load(Ordering::Relaxed);
    if ask.is_null() {
        return false;
    }
    // SAFETY: only `set_defer` stores there, a function of this type.
    let ask = unsafe { std::mem::transmute::<*mut (), fn() -> bool>(ask) };
    // SAFETY: the value is counted and alive.
    ask() && unsafe { raw::hz_may_defer(value.payload.counted) != 0 } && queue(value)
}

/// Forgets what waits: PHP frees its heap by itself.
pub(crate) fn forget_all() {
    QUEUE.with_borrow_mut(|queue| queue.drain(..).for_each(std::mem::forget));
}
