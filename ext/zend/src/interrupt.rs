//! Interruptions of running PHP code at its safe points (loops, calls), as PHP's own time limit uses them.

use std::cell::Cell;
use std::ffi::c_int;

unsafe extern "C" {
    fn hp_interrupt_install(is_due: extern "C" fn() -> c_int, give_way: extern "C" fn());
    fn hp_interrupt_raise();
}

thread_local! {
    static IS_DUE: Cell<fn() -> bool> = const { Cell::new(|| false) };
    static GIVE_WAY: Cell<fn()> = const { Cell::new(|| {}) };
}

extern "C" fn is_due() -> c_int {
    c_int::from((IS_DUE.get())())
}

extern "C" fn give_way() {
    (GIVE_WAY.get())();
}

/// Call at MINIT. At the next safe point after each [`raise`], `is_due` is asked; where it says yes, and nothing but PHP code lies
/// between the coroutine's beginning and that point, `give_way` is called. It may switch coroutines.
pub fn install(due: fn() -> bool, give: fn()) {
    IS_DUE.set(due);
    GIVE_WAY.set(give);
    // SAFETY: the functions live as long as the library, which PHP keeps loaded while it runs scripts.
    unsafe { hp_interrupt_install(is_due, give_way) };
}

/// Interrupts PHP code; from any thread.
pub fn raise() {
    // SAFETY: stores an atomic flag.
    unsafe { hp_interrupt_raise() };
}
