//! New coroutines, and the stacks that they run on.

use super::{Scheduler, SpawnError, current_record, end_of_body, get, switch_in};
use crate::coroutine::{Ending, Native, Record, Start, State};
use crate::wait::Kind;
use std::ffi::c_void;

/// Takes the body out of the frame of [`spawn`], which waits below, and runs it.
unsafe fn run_body<F: FnOnce() -> Ending>(body: *mut c_void) -> Ending {
    // SAFETY: `spawn` hands in an F that it never drops; it is taken out exactly once, here.
    let body = unsafe { body.cast::<F>().read() };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
    let ending = result.unwrap_or(Ending::Fatal);
    if ending != Ending::Fatal {
        end_of_body();
    }
    ending
}

/// The base of every stack, under the guard: one body after the other, until there is none or one was fatal.
unsafe extern "C" fn run_bodies(record: *mut c_void) {
    // SAFETY: records are never freed while the thread lives.
    let record: &'static Record = unsafe { &*record.cast::<Record>() };
    while let Some((run, body)) = record.start.take() {
        // SAFETY: `spawn` set both, of one type.
        let ending = unsafe { run(body) };
        record.ending.set(ending);
        if ending == Ending::Fatal {
            return;
        }
        record.over.set(true);
        // SAFETY: the yielder lives at the base of this stack.
        unsafe { (*record.yielder.get()).suspend(()) };
    }
}

/// A record with a stack of its own that nothing ran on yet.
#[cold]
fn furnish(s: &'static Scheduler) -> Result<&'static Record, SpawnError> {
    let ops = s.vm.get();
    let slot = s
        .stacks
        .acquire(ops.page_bytes)
        .map_err(SpawnError::Stack)?;
    let pooled = s.pool.borrow_mut().pop();
    let record: &'static Record = pooled.unwrap_or_else(|| Box::leak(Record::boxed()));
    record.stack_low.set(slot.low());
    record.stack_size.set(slot.size());
    // SAFETY: page, limit and base lie in the slot just acquired; the state is this record's own.
    unsafe {
        (ops.init)(
            (*record.vm.get()).as_ptr(),
            slot.page().cast(),
            ops.page_bytes,
            slot.usable_low() as *mut c_void,
            slot.top() as *mut c_void,
        );
    }
    let native = Native::with_stack(slot, move |yielder, ()| {
        record.yielder.set(yielder);
        // SAFETY: run_bodies takes this record.
        let failed =
            unsafe { (ops.guard)(run_bodies, std::ptr::from_ref(record).cast_mut().cast()) };
        if failed != 0 {
            record.ending.set(Ending::Fatal);
        }
        if record.ending.get() == Ending::Fatal {
            // The virtual machine's memory is not to be touched again.
            std::mem::forget(std::mem::take(&mut *record.locals.borrow_mut()));
        }
        record.over.set(true);
    });
    // SAFETY: nobody else looks at a free record's native side.
    unsafe { *record.native.get() = Some(native) };
    Ok(record)
}

/// Makes a coroutine and runs it at once, until it first suspends or ends.
///
/// The body runs on a stack of its own. It must report its own errors; what it
/// owns is leaked when a fatal error jumps out of it.
///
/// # Errors
/// [`SpawnError`] when there are too many, or no stack can be had.
#[inline(always)]
pub fn spawn<F>(body: F) -> Result<u64, SpawnError>
where
    F: FnOnce() -> Ending + 'static,
{
    let s = get();
    // The body is taken out on the new stack: below, while this frame waits.
    let mut body = std::mem::ManuallyDrop::new(body);
    let made = make(s, (run_body::<F>, (&raw mut body).cast()));
    match made {
        Ok(record) => {
            let id = record.id.get();
            switch_in(s, record);
            Ok(id)
        }
        Err(error) => {
            // SAFETY: nobody took it.
            unsafe { std::mem::ManuallyDrop::drop(&mut body) };
            Err(error)
        }
    }
}

#[inline(never)]
fn make(s: &'static Scheduler, start: Start) -> Result<&'static Record, SpawnError> {
    if s.table.borrow().live() >= s.max.get() {
        return Err(SpawnError::Limit(s.max.get()));
    }
    let warm = s.warm.borrow_mut().pop();
    let record = match warm {
        Some(record) => {
            // SAFETY: its coroutine ended in order, on the stack that it keeps.
            unsafe { (s.vm.get().renew)((*record.vm.get()).as_ptr()) };
            record
        }
        None => furnish(s)?,
    };
    record.step(&[State::Free], State::New);
    let id = s.next_id.get();
    s.next_id.set(id + 1);
    record.id.set(id);
    match current_record() {
        Some(parent) => {
            record.parent.set(parent.id.get());
            record.deadline.set(parent.deadline.get());
        }
        None => {
            record.parent.set(0);
            record.deadline.set(None);
        }
    }
    record.cancelled.set(false);
    record.doomed.set(false);
    record.armed.set(false);
    record.woken.set(None);
    record.kind.set(Kind::None);
    record.created.set(s.reactor.coarse_now());
    record.switches.set(0);
    record.over.set(false);
    record.start.set(Some(start));
    s.table
        .borrow_mut()
        .insert(id, std::ptr::from_ref(record).cast_mut());
    Ok(record)
}

/// Takes the stack of a record whose coroutine is over.
#[cold]
pub(super) fn strip(s: &'static Scheduler, record: &'static Record) {
    // SAFETY: nobody else looks at a free record's native side.
    let native = unsafe { (*record.native.get()).take() };
    if let Some(mut native) = native {
        if !native.done() {
            // Without a body the base comes back.
            native.resume(());
        }
        s.stacks.release(native.into_stack());
    }
    s.pool.borrow_mut().push(record);
}
