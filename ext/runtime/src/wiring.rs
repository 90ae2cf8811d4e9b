//! The one place where the engine meets the Zend engine's C functions.
#![allow(unsafe_code, reason = "tables of C functions and their states")]

use highper_engine::{scheduler, vm};
use highper_zend::error::SuspendedFrame;
use highper_zend::{release, vm as zend};
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Wires everything up. Call once, at MINIT.
pub fn install() {
    // SAFETY: the shim only reports sizes.
    let (state_bytes, page_bytes) = unsafe { (zend::hp_vm_size(), zend::hp_vm_page_bytes()) };
    vm::install(vm::Ops {
        state_bytes,
        page_bytes,
        init_main: zend::hp_vm_init_main,
        init: zend::hp_vm_init,
        renew: zend::hp_vm_renew,
        switch: zend::hp_vm_switch,
        finish: zend::hp_vm_finish,
        destroy: zend::hp_vm_destroy,
        guard: zend::hp_vm_guard,
    });
    // Destructors do I/O: in the driver, outside coroutines, the last reference waits.
    release::set_defer(|| highper_engine::is_running() && highper_engine::current().is_none());
    scheduler::after_turn(release_deferred);
    highper_engine::overflow::describe_by(zend::describe_running);
    crate::exit::install();
    crate::autoload::install();
    crate::closing::install();
    crate::collect::install();
    crate::lease::install();
    crate::preempt::install();
    highper_zend::superglobals::install();
}

static SETS: AtomicBool = AtomicBool::new(false);
static ISOLATES: AtomicBool = AtomicBool::new(false);

/// Has PHP's globals follow the requests, from the next switch on.
pub(crate) fn follow_sets() {
    SETS.store(true, Ordering::Relaxed);
    exchange();
}

/// Some properties of shared objects are each coroutine's own from now on: they follow the switches, too.
pub(crate) fn isolate() {
    ISOLATES.store(true, Ordering::Relaxed);
    exchange();
}

/// There are no such properties any more.
pub(crate) fn isolation_ended() {
    ISOLATES.store(false, Ordering::Relaxed);
    exchange();
}

/// The functions that do what is wanted of a switch, and no more.
fn exchange() {
    let (plain, finish): (vm::Switch, vm::Finish) = if SETS.load(Ordering::Relaxed) {
        (
            highper_zend::superglobals::hp_vm_switch_sets,
            highper_zend::superglobals::hp_vm_finish_sets,
        )
    } else {
        (zend::hp_vm_switch, zend::hp_vm_finish)
    };
    let switch: vm::Switch = if ISOLATES.load(Ordering::Relaxed) {
        // SAFETY: it is called for the same states, by the function that takes its place.
        unsafe { highper_zend::pdo::hp_isolate_over(plain) };
        highper_zend::pdo::hp_isolate_switch
    } else {
        plain
    };
    vm::exchange(switch, finish);
}

/// Is there an [`ON_TURN`]? Asked at each turn, where a thread-local costs a call.
static HAS_ON_TURN: AtomicBool = AtomicBool::new(false);

thread_local! {
    static ON_TURN: Cell<Option<fn()>> = const { Cell::new(None) };
}

/// Calls back on the driver's stack at each turn of the loop, once its coroutines have run; `None`
/// ends that.
pub fn on_turn(call: Option<fn()>) {
    HAS_ON_TURN.store(call.is_some(), Ordering::Relaxed);
    ON_TURN.set(call);
}

fn release_deferred() {
    if HAS_ON_TURN.load(Ordering::Relaxed)
        && let Some(call) = ON_TURN.get()
    {
        call();
    }
    if release::pending() == 0 {
        return;
    }
    if !crate::callback::are_in_coroutines() {
        release::drain();
        return;
    }
    let spawned = crate::coroutine::spawn_body(|| {
        release::drain();
        Ok(())
    });
    if spawned.is_err() {
        // No coroutine to be had: better here than never.
        release::drain();
    }
}

/// The frame at which a coroutine stopped; `None` for the running one and for those that are gone.
pub(crate) fn frame_of(id: u64) -> Option<SuspendedFrame> {
    let info = highper_engine::info(id)?;
    if highper_engine::current() == Some(id) {
        return None;
    }
    // SAFETY: the state belongs to a live coroutine that does not run, and nothing switches before the caller is done.
    Some(unsafe { zend::suspended_frame(info.vm) })
}

/// Bytes of PHP's own stack that a coroutine uses; `None` when there is no such one.
#[must_use]
pub fn stack_usage(id: u64) -> Option<usize> {
    let info = highper_engine::info(id)?;
    let state = if highper_engine::current() == Some(id) {
        std::ptr::null_mut()
    } else {
        info.vm
    };
    // SAFETY: null asks for the running stack, else the state belongs to a live coroutine.
    Some(unsafe { zend::hp_vm_usage(state) })
}

/// Lets go of everything that holds PHP values. Call at RSHUTDOWN.
pub fn request_shutdown() {
    highper_zend::superglobals::disable();
    crate::timer::forget_all();
    crate::autoload::forget();
    crate::callback::forget();
    crate::preempt::forget();
    crate::detector::forget();
    crate::resolver::forget();
    crate::signals::forget();
    crate::children::forget();
    scheduler::set_turn_hooks(scheduler::TurnHooks::NONE);
    highper_zend::lease::forget();
    highper_engine::driver::forget();
}

/// Runs `call` in the child of every fork to come, whoever forks. It may only touch atomics.
pub(crate) fn in_forked_children(call: fn()) {
    static CALL: OnceLock<fn()> = OnceLock::new();
    extern "C" fn child() {
        if let Some(call) = CALL.get() {
            call();
        }
    }
    if CALL.set(call).is_ok() {
        // SAFETY: the handler is code of this library, which PHP keeps loaded while it runs scripts.
        unsafe { libc::pthread_atfork(None, None, Some(child)) };
    }
}
