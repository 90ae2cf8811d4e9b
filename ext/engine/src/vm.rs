//! What a language's virtual machine keeps in globals and a coroutine has to own.
//!
//! The engine switches native stacks; whoever runs on them (the Zend engine, or
//! nothing at all in the engine's own tests) hands in a table of C functions that
//! swap its own state at the same moments.

use std::ffi::{c_int, c_void};

/// The functions by which a virtual machine follows a switch of coroutines.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Ops {
    /// Bytes of one state; at most [`STATE_BYTES`].
    pub state_bytes: usize,
    /// Bytes that `init` wants at the top of each native stack.
    pub page_bytes: usize,
    /// Prepares the state of the thread's own stack.
    pub init_main: unsafe extern "C" fn(state: *mut c_void),
    /// Prepares the state of a new coroutine: state, page, its bytes, stack limit, stack base.
    pub init: unsafe extern "C" fn(*mut c_void, *mut c_void, usize, *mut c_void, *mut c_void),
    /// Makes the state of a coroutine whose end was in order that of a new one on the same stack, inside the
    /// same `guard`.
    pub renew: unsafe extern "C" fn(state: *mut c_void),
    /// Saves the running state to `from`, loads `to`; `dead` when `from` is over: 1 after a fatal
    /// error, 2 when its end was in order.
    pub switch: unsafe extern "C" fn(from: *mut c_void, to: *mut c_void, dead: c_int),
    /// Runs on the coroutine's own stack when its body is over.
    pub finish: unsafe extern "C" fn(state: *mut c_void),
    /// Frees what a state holds, after the last switch away.
    pub destroy: unsafe extern "C" fn(state: *mut c_void),
    /// Runs `body(arg)`; 1 when a fatal error jumped out of it. What the running state is when `body` comes
    /// back is not its business: it stays as it is.
    pub guard:
        unsafe extern "C" fn(body: unsafe extern "C" fn(*mut c_void), arg: *mut c_void) -> c_int,
}

/// Room for a virtual machine's state in each coroutine's record.
pub const STATE_BYTES: usize = 512;

/// One state, owned by a coroutine's record.
#[repr(C, align(16))]
pub struct State([u8; STATE_BYTES]);

impl State {
    pub(crate) const fn new() -> Self {
        Self([0; STATE_BYTES])
    }

    pub(crate) fn as_ptr(&mut self) -> *mut c_void {
        self.0.as_mut_ptr().cast()
    }
}

unsafe extern "C" fn nop1(_: *mut c_void) {}
unsafe extern "C" fn nop_init(
    _: *mut c_void,
    _: *mut c_void,
    _: usize,
    _: *mut c_void,
    _: *mut c_void,
) {
}
unsafe extern "C" fn nop_switch(_: *mut c_void, _: *mut c_void, _: c_int) {}
unsafe extern "C" fn plain_guard(
    body: unsafe extern "C" fn(*mut c_void),
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the caller hands in a body that takes exactly this argument.
    unsafe { body(arg) };
    0
}

/// No virtual machine: native code only.
pub const NONE: Ops = Ops {
    state_bytes: 0,
    page_bytes: 0,
    init_main: nop1,
    init: nop_init,
    renew: nop1,
    switch: nop_switch,
    finish: nop1,
    destroy: nop1,
    guard: plain_guard,
};

/// Installs the table for this thread. Call once, before the first coroutine.
///
/// # Panics
/// When a state needs more than [`STATE_BYTES`].
pub fn install(ops: Ops) {
    assert!(
        ops.state_bytes <= STATE_BYTES,
        "a VM state of {} bytes is too big",
        ops.state_bytes
    );
    crate::scheduler::with(|s| s.vm.set(ops));
}

/// The type of [`Ops::switch`].
pub type Switch = unsafe extern "C" fn(from: *mut c_void, to: *mut c_void, dead: c_int);
/// The type of [`Ops::finish`].
pub type Finish = unsafe extern "C" fn(state: *mut c_void);

/// Exchanges the functions that follow switches and ends, from the next switch on. Costs nothing where it is not called.
pub fn exchange(switch: Switch, finish: Finish) {
    crate::scheduler::with(|s| {
        let ops = s.vm.get();
        // Who counts what coroutines spend their time on goes on doing so.
        let switch = crate::account::exchange(switch).unwrap_or(switch);
        s.vm.set(Ops {
            switch,
            finish,
            ..ops
        });
    });
}
