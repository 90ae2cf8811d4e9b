//! The Zend engine's state at a switch of coroutines, as a table of C functions.
//!
//! The coroutine engine takes this table (`highper_engine::vm::Ops` has the same
//! layout of functions) and knows nothing else of PHP.

use std::ffi::{c_int, c_void};

unsafe extern "C" {
    /// Bytes of one state.
    pub fn hp_vm_size() -> usize;
    /// Bytes of the first VM stack page.
    pub fn hp_vm_page_bytes() -> usize;
    /// Prepares the state of the thread's own stack.
    pub fn hp_vm_init_main(vm: *mut c_void);
    /// Prepares the state of a new coroutine.
    pub fn hp_vm_init(
        vm: *mut c_void,
        page: *mut c_void,
        bytes: usize,
        limit: *mut c_void,
        base: *mut c_void,
    );
    /// Saves the running state to the first, loads the second.
    pub fn hp_vm_switch(from: *mut c_void, to: *mut c_void, dead: c_int);
    /// Runs on the coroutine's stack at its end: drops what it left open.
    pub fn hp_vm_finish(vm: *mut c_void);
    /// Frees what a state holds after its coroutine's end.
    pub fn hp_vm_destroy(vm: *mut c_void);
    /// Runs a body under `zend_try`; 1 when a fatal error ended it.
    pub fn hp_vm_guard(body: unsafe extern "C" fn(*mut c_void), arg: *mut c_void) -> c_int;
}
