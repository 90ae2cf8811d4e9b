//! Creating, switching and ending coroutines: the part that runs on every request.
//!
//! One scheduler per thread. [`spawn`] runs the new coroutine at once, on top of
//! the caller; after its first suspension it lives in the ready queue, which the
//! driver ([`crate::driver`]) empties.

mod current;
mod locals;
mod program;
mod spawning;

pub use current::running;
pub use locals::{has_locals, local, set_local, set_local_of};
pub use program::{TurnHooks, abandon, is_abandoned, is_joined, set_turn_hooks, turn_hooks, turns};
pub use spawning::spawn;

use crate::coroutine::{Ending, Record, State, Table};
use crate::reactor::Reactor;
use crate::stack::{Guard, KEEP_WARM, StackError, Stacks};
use crate::timer::{Target, TimerId, Timers};
use crate::wait::{self, Kind, Token, Wake};
use crate::{account, clock, vm};
use current::Current;
use spawning::strip;
use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::VecDeque;
use std::ffi::c_void;

pub(crate) struct Scheduler {
    pub(crate) current: Current,
    main_vm: UnsafeCell<vm::State>,
    main_ready: Cell<bool>,
    /// Records without a stack.
    pool: RefCell<Vec<&'static Record>>,
    /// Records whose stack, of the size now set, waits for the next body.
    warm: RefCell<Vec<&'static Record>>,
    pub(crate) table: RefCell<Table>,
    pub(crate) ready: RefCell<VecDeque<*const Record>>,
    /// Those whose slice was over: they come after everybody else.
    pub(crate) preempted: RefCell<VecDeque<*const Record>>,
    pub(crate) stacks: Stacks,
    pub(crate) timers: RefCell<Timers>,
    pub(crate) reactor: Reactor,
    next_id: Cell<u64>,
    max: Cell<usize>,
    /// Greater than zero while suspending is forbidden.
    held: Cell<u32>,
    pub(crate) fatal: Cell<bool>,
    pub(crate) futures: Cell<usize>,
    pub(crate) keep_alive: Cell<usize>,
    pub(crate) running: Cell<bool>,
    pub(crate) stopping: Cell<bool>,
    /// Is the driver (or a coroutine under it) on the processor?
    pub(crate) polling: Cell<bool>,
    pub(crate) deferred: RefCell<VecDeque<Box<dyn FnOnce()>>>,
    pub(crate) after_turn: Cell<Option<fn()>>,
    /// Called at the end of every turn, before every look at the events, and before the loop ends.
    pub(crate) turn_hooks: Cell<TurnHooks>,
    /// Is there a clock that ends time slices?
    pub(crate) slices: Cell<bool>,
    /// Turns of the loop since it began.
    pub(crate) turns: Cell<u64>,
    /// The program is to end: nothing goes on but what ends it.
    pub(crate) abandoned: Cell<bool>,
    /// Coroutines that a fatal error ended and nobody was told of yet.
    pub(crate) fatal_ids: RefCell<Vec<u64>>,
    /// Is it counted what coroutines spend their time on?
    pub(crate) accounts: Cell<bool>,
    /// How a virtual machine follows the switches.
    pub(crate) vm: Cell<vm::Ops>,
    /// This process was forked inside a coroutine: what to do at that coroutine's end.
    foreign: Cell<Option<fn()>>,
}

impl Scheduler {
    pub(crate) fn new() -> Self {
        Self {
            current: Current::new(),
            main_vm: UnsafeCell::new(vm::State::new()),
            main_ready: Cell::new(false),
            pool: RefCell::new(Vec::new()),
            warm: RefCell::new(Vec::new()),
            table: RefCell::new(Table::new()),
            ready: RefCell::new(VecDeque::new()),
            preempted: RefCell::new(VecDeque::new()),
            stacks: Stacks::new(),
            timers: RefCell::new(Timers::new()),
            reactor: Reactor::new(),
            next_id: Cell::new(1),
            max: Cell::new(DEFAULT_MAX),
            held: Cell::new(0),
            fatal: Cell::new(false),
            futures: Cell::new(0),
            keep_alive: Cell::new(0),
            running: Cell::new(false),
            stopping: Cell::new(false),
            polling: Cell::new(false),
            deferred: RefCell::new(VecDeque::new()),
            after_turn: Cell::new(None),
            turn_hooks: Cell::new(TurnHooks::NONE),
            slices: Cell::new(false),
            turns: Cell::new(0),
            abandoned: Cell::new(false),
            fatal_ids: RefCell::new(Vec::new()),
            accounts: Cell::new(false),
            vm: Cell::new(vm::NONE),
            foreign: Cell::new(None),
        }
    }
}

impl Scheduler {
    /// Is this the state of the thread's own stack?
    pub(crate) fn is_main(&self, state: *mut c_void) -> bool {
        self.main_vm.get().cast() == state
    }
}

/// How many coroutines one thread may have at a time unless set otherwise (Swoole's `max_coroutine`).
pub const DEFAULT_MAX: usize = 100_000;

/// Why a coroutine could not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpawnError {
    /// As many as `max_coroutine` allows are alive.
    Limit(usize),
    /// No stack.
    Stack(StackError),
}

impl std::fmt::Display for SpawnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Limit(max) => {
                write!(
                    f,
                    "exceed max number of coroutine {max}: raise max_coroutine, or let some end first"
                )
            }
            Self::Stack(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SpawnError {}

#[inline]
pub(crate) fn with<R>(f: impl FnOnce(&Scheduler) -> R) -> R {
    f(crate::local::scheduler())
}

/// The scheduler outlives every coroutine of its thread, so a plain reference may cross switches.
#[inline]
pub(crate) fn get() -> &'static Scheduler {
    crate::local::scheduler()
}

#[inline]
pub(crate) fn current_record() -> Option<&'static Record> {
    // SAFETY: records are never freed while the thread lives; null outside coroutines.
    with(|s| unsafe { s.current.get().as_ref() })
}

/// The running coroutine's id; ids start at 1 and only grow.
#[must_use]
pub fn current() -> Option<u64> {
    current_record().map(|r| r.id.get())
}

/// May the running code be suspended here? Every wait asks this first.
#[must_use]
#[inline]
pub fn can_suspend() -> bool {
    with(|s| !s.current.get().is_null() && s.held.get() == 0)
}

/// Forbids suspension while it lives.
#[derive(Debug)]
pub struct Hold(());

/// Forbids suspension until the guard is dropped: for code that would break if others ran meanwhile.
#[must_use]
pub fn hold() -> Hold {
    with(|s| s.held.set(s.held.get() + 1));
    Hold(())
}

impl Drop for Hold {
    fn drop(&mut self) {
        with(|s| s.held.set(s.held.get() - 1));
    }
}

/// What goes may run code that leaves something new.
#[cold]
#[inline(never)]
fn drop_locals(record: &Record) {
    while !record.locals.borrow().is_empty() {
        let locals = std::mem::take(&mut *record.locals.borrow_mut());
        drop(locals);
    }
}

/// Under the body's guard: lets go of what the coroutine owned, closes what it left open.
fn end_of_body() {
    let Some(record) = current_record() else {
        return;
    };
    if !record.locals.borrow().is_empty() {
        drop_locals(record);
    }
    let ops = with(|s| s.vm.get());
    // SAFETY: the state belongs to this record, which is running.
    unsafe { (ops.finish)((*record.vm.get()).as_ptr()) };
}

/// Gives the processor to a coroutine that is new or was taken from a queue.
///
/// Inlined into its callers: a return after a switch of stacks is one that the processor predicts wrongly.
#[inline(always)]
pub(crate) fn switch_in(s: &'static Scheduler, record: &'static Record) {
    record.step(&[State::New, State::Ready, State::Waiting], State::Running);
    let ops = s.vm.get();
    let previous = s.current.get();
    // SAFETY: the previous context is either a running record or this thread's own stack.
    let previous_vm = unsafe {
        match previous.as_ref() {
            Some(record) => (*record.vm.get()).as_ptr(),
            None => {
                let state = (*s.main_vm.get()).as_ptr();
                if !s.main_ready.replace(true) {
                    (ops.init_main)(state);
                }
                state
            }
        }
    };
    // SAFETY: as above, and the record is suspended or new.
    let own_vm = unsafe { (*record.vm.get()).as_ptr() };
    // SAFETY: both states are valid and `previous_vm` is the running one.
    unsafe { (ops.switch)(previous_vm, own_vm, 0) };
    s.current.set(record);
    // SAFETY: only the resumer touches a record's native side while it is suspended.
    let native = unsafe { (*record.native.get()).as_mut() };
    native.expect("a live coroutine has a stack").resume(());
    let over = record.over.get();
    s.current.set(previous);
    let dead = match over {
        false => 0,
        true if record.ending.get() == Ending::Fatal => 1,
        true => 2,
    };
    // SAFETY: the coroutine's state is the running one, the previous was saved above. The function may be
    // another one by now.
    unsafe { (s.vm.get().switch)(own_vm, previous_vm, dead) };
    if over {
        finish(s, record);
    } else {
        record.parked.set(s.reactor.turn_time());
    }
}

#[inline(never)]
fn finish(s: &'static Scheduler, record: &'static Record) {
    record.step(&[State::Running], State::Done);
    let fatal = record.ending.get() == Ending::Fatal;
    // SAFETY: the coroutine was switched away from for the last time.
    unsafe { (s.vm.get().destroy)((*record.vm.get()).as_ptr()) };
    let id = record.id.get();
    s.table.borrow_mut().remove(id);
    let joiners = if record.joiners.borrow().is_empty() {
        Vec::new()
    } else {
        record.joiners.take()
    };
    if record.waker.borrow().is_some() {
        record.waker.take();
    }
    record.id.set(0);
    record.state.set(State::Free);
    let keeps =
        !fatal && record.stack_size.get() == s.stacks.size() && s.warm.borrow().len() < KEEP_WARM;
    if keeps {
        s.warm.borrow_mut().push(record);
    } else {
        strip(s, record);
    }
    if fatal {
        s.fatal.set(true);
        s.fatal_ids.borrow_mut().push(id);
    }
    if let Some(end) = s.foreign.get() {
        end();
    }
    if !joiners.is_empty() {
        program::tell_joiners(s, joiners);
    }
}

/// Gives the processor away; the caller has set the state and who will wake it.
#[inline(always)]
pub(crate) fn switch_out(record: &Record) {
    record.switches.set(record.switches.get() + 1);
    // SAFETY: the yielder lives at the base of this coroutine's stack, which runs this.
    unsafe { (*record.yielder.get()).suspend(()) };
}

pub(crate) fn wake(token: Token, reason: Wake) -> bool {
    // SAFETY: records are never freed while the thread lives.
    let record: &'static Record = unsafe { &*token.record };
    if record.id.get() != token.id
        || record.sequence.get() != token.sequence
        || !record.armed.replace(false)
    {
        return false;
    }
    record.woken.set(Some(reason));
    if record.state.get() == State::Waiting {
        record.state.set(State::Ready);
        let polling = with(|s| {
            s.ready.borrow_mut().push_back(record);
            if s.accounts.get() {
                account::woken(record);
            }
            s.polling.get()
        });
        if !polling {
            crate::future::wake_driver();
        }
    }
    true
}

/// As [`wake`], but runs the coroutine at once, on top of the caller.
pub(crate) fn wake_now(token: Token, reason: Wake) -> bool {
    // SAFETY: records are never freed while the thread lives.
    let record: &'static Record = unsafe { &*token.record };
    if record.id.get() != token.id
        || record.sequence.get() != token.sequence
        || !record.armed.replace(false)
    {
        return false;
    }
    record.woken.set(Some(reason));
    if record.state.get() == State::Waiting {
        switch_in(get(), record);
    }
    true
}

pub(crate) fn timer_for(token: Token, when: u64) -> TimerId {
    let s = get();
    let id = s
        .timers
        .borrow_mut()
        .insert(when, Target::Wake(token), true);
    s.reactor.arm_timer(Some(when));
    id
}

/// Clears a timer; true when it had not fired yet.
pub fn clear_timer(id: TimerId) -> bool {
    with(|s| s.timers.borrow_mut().remove(id)).is_some()
}

/// Calls back once at a moment (nanoseconds of [`clock::now`]), on the driver's stack.
///
/// `counts`: does it keep the loop alive while it is pending?
pub fn at(when: u64, counts: bool, call: impl FnOnce() + 'static) -> TimerId {
    let s = get();
    let id = s
        .timers
        .borrow_mut()
        .insert(when, Target::Call(Box::new(call)), counts);
    s.reactor.arm_timer(Some(when));
    id
}

/// Calls a function with a key once at a moment, on the driver's stack; costs no allocation.
pub fn at_plain(when: u64, counts: bool, call: fn(u64), key: u64) -> TimerId {
    let s = get();
    let id = s
        .timers
        .borrow_mut()
        .insert(when, Target::Plain(call, key), counts);
    s.reactor.arm_timer(Some(when));
    id
}

/// Calls a registered handler's [`crate::reactor::Handler::timer`] once at a moment; does not keep the loop alive.
pub fn at_handler(when: u64, handler: u32, key: u64) -> TimerId {
    let s = get();
    let id = s
        .timers
        .borrow_mut()
        .insert(when, Target::Handler(handler, key), false);
    s.reactor.arm_timer(Some(when));
    id
}

/// Lets every other coroutine that is ready run first.
pub fn yield_now() {
    if !can_suspend() {
        return;
    }
    let token = wait::begin(Kind::Turn);
    let record = current_record().expect("can_suspend said so");
    record.state.set(State::Waiting);
    token.wake(Wake::Ready);
    switch_out(record);
    record.woken.set(None);
    record.kind.set(Kind::None);
}

/// Suspends the running coroutine until [`resume`]d (or cancelled). An earlier cancellation is forgotten.
///
/// # Panics
/// Outside a coroutine: ask [`can_suspend`] first.
#[inline]
pub fn suspend() -> Wake {
    let record = current_record().expect("a wait begins inside a coroutine");
    record.cancelled.set(false);
    if record.doomed.get() {
        let _token = wait::begin(Kind::Yield);
        return wait::park(None);
    }
    record.sequence.set(record.sequence.get().wrapping_add(1));
    record.armed.set(true);
    record.kind.set(Kind::Yield);
    record.state.set(State::Waiting);
    switch_out(record);
    record.kind.set(Kind::None);
    record.woken.take().unwrap_or(Wake::Ready)
}

/// Runs a coroutine that suspended itself by [`suspend`], now, on top of the caller.
///
/// False when there is none of that id or it waits for something else.
#[inline]
pub fn resume(id: u64) -> bool {
    let s = get();
    let record = match s.table.borrow().get(id) {
        Some(record) => std::ptr::from_ref(record),
        None => return false,
    };
    // SAFETY: records are never freed while the thread lives.
    let record: &'static Record = unsafe { &*record };
    if record.state.get() != State::Waiting || record.kind.get() != Kind::Yield {
        return false;
    }
    record.armed.set(false);
    switch_in(s, record);
    true
}

/// Why a coroutine could not be cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CancelError {
    /// There is none of that id.
    NotFound,
    /// It is not in a wait, or in one that can't be cut short.
    NotCancellable,
}

/// Ends a coroutine's wait with [`Wake::Cancelled`] and lets it run (now, when it yielded).
///
/// # Errors
/// [`CancelError`] when there is nothing to cancel.
pub fn cancel(id: u64) -> Result<(), CancelError> {
    cancel_wait(id, false)
}

/// As [`cancel`], and runs the coroutine at once, on top of the caller, whatever it waited for.
///
/// # Errors
/// As there.
pub fn cancel_now(id: u64) -> Result<(), CancelError> {
    cancel_wait(id, true)
}

fn cancel_wait(id: u64, now: bool) -> Result<(), CancelError> {
    let s = get();
    let record = match s.table.borrow().get(id) {
        Some(record) => std::ptr::from_ref(record),
        None => return Err(CancelError::NotFound),
    };
    // SAFETY: records are never freed while the thread lives.
    let record: &'static Record = unsafe { &*record };
    if record.state.get() != State::Waiting
        || !record.armed.get()
        || record.kind.get() == Kind::Turn
    {
        return Err(CancelError::NotCancellable);
    }
    record.cancelled.set(true);
    record.armed.set(false);
    record.woken.set(Some(Wake::Cancelled));
    if now || record.kind.get() == Kind::Yield {
        switch_in(s, record);
    } else {
        record.state.set(State::Ready);
        s.ready.borrow_mut().push_back(record);
        if s.accounts.get() {
            account::woken(record);
        }
    }
    Ok(())
}

/// Cancels a coroutine's wait, or its next one when it is not waiting now.
pub fn doom(id: u64) {
    if cancel(id) == Err(CancelError::NotCancellable) {
        with(|s| {
            if let Some(record) = s.table.borrow().get(id) {
                // One that was cancelled and did not run yet has its wait cancelled, not the next as well.
                let is_told = record.state.get() == State::Ready
                    && record.woken.get() == Some(Wake::Cancelled);
                record.doomed.set(!is_told);
            }
        });
    }
}

/// Takes [`doom`] back, where it has not come to a wait yet.
pub fn spare(id: u64) {
    with(|s| {
        if let Some(record) = s.table.borrow().get(id) {
            record.doomed.set(false);
        }
    });
}

/// Sets the deadline of another coroutine.
pub fn set_deadline_of(id: u64, deadline: Option<u64>) {
    with(|s| {
        if let Some(record) = s.table.borrow().get(id) {
            record.deadline.set(deadline);
        }
    });
}

/// The running coroutine's deadline, inherited by its children.
#[must_use]
pub fn deadline() -> Option<u64> {
    current_record().and_then(|r| r.deadline.get())
}

/// Sets the running coroutine's deadline; returns the one before.
pub fn set_deadline(deadline: Option<u64>) -> Option<u64> {
    current_record().and_then(|r| r.deadline.replace(deadline))
}

/// Was the running coroutine's last wait cancelled? Reading clears nothing.
#[must_use]
pub fn is_cancelled() -> bool {
    current_record().is_some_and(|r| r.cancelled.get())
}

/// Forgets a cancellation before the next wait.
pub fn clear_cancelled() {
    if let Some(record) = current_record() {
        record.cancelled.set(false);
    }
}

/// Waits until all of these have ended. Ids of none count as ended.
///
/// # Errors
/// The reason when the wait ended otherwise.
pub fn join(ids: &[u64], deadline: Option<u64>) -> Result<(), Wake> {
    for &id in ids {
        let token = wait::begin(Kind::Join);
        let waits = with(|s| match s.table.borrow().get(id) {
            Some(record) => {
                record.joiners.borrow_mut().push(token);
                true
            }
            None => false,
        });
        if !waits {
            wait::disarm(token);
            continue;
        }
        match wait::park(deadline) {
            Wake::Ready => {}
            other => return Err(other),
        }
    }
    Ok(())
}

/// Sleeps; cut short only by cancelling.
pub fn sleep(nanoseconds: u64) -> Wake {
    let _token = wait::begin(Kind::Sleep);
    match wait::park(Some(clock::now().saturating_add(nanoseconds))) {
        Wake::Timeout => Wake::Ready,
        other => other,
    }
}

/// What can be told of a coroutine.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Its id.
    pub id: u64,
    /// The coroutine that made it; 0 for none.
    pub parent: u64,
    /// Where it stands.
    pub state: State,
    /// What it waits for.
    pub kind: Kind,
    /// When it was made, nanoseconds of [`clock::now`] (to the loop's last turn).
    pub created: u64,
    /// How often it gave the processor away.
    pub switches: u64,
    /// When it did so last, nanoseconds of [`clock::now`], to the loop's turn; `None` where that is not known.
    pub parked: Option<u64>,
    /// The virtual machine's state, for a backtrace.
    pub vm: *mut c_void,
}

/// Looks a coroutine up.
#[must_use]
pub fn info(id: u64) -> Option<Info> {
    with(|s| {
        s.table.borrow().get(id).map(|r| Info {
            id,
            parent: r.parent.get(),
            state: r.state.get(),
            kind: r.kind.get(),
            created: r.created.get(),
            switches: r.switches.get(),
            parked: (r.switches.get() > 0 && r.parked.get() > 0).then(|| r.parked.get()),
            vm: r.vm.get().cast(),
        })
    })
}

/// The ids of all that are alive, in order.
#[must_use]
pub fn list() -> Vec<u64> {
    with(|s| s.table.borrow().ids())
}

/// Figures of this thread's scheduler.
#[derive(Clone, Copy, Debug)]
pub struct Stats {
    /// Coroutines alive.
    pub live: usize,
    /// The most that were ever alive at once.
    pub peak: usize,
    /// The last id given.
    pub last_id: u64,
    /// Descriptors in the reactor.
    pub descriptors: usize,
    /// Timers pending that keep the loop alive.
    pub timers: usize,
    /// Bytes of address space of each new stack.
    pub stack_size: usize,
    /// How stacks are guarded, once there is one.
    pub guard: Option<Guard>,
}

/// The figures now.
#[must_use]
pub fn stats() -> Stats {
    with(|s| Stats {
        live: s.table.borrow().live(),
        peak: s.table.borrow().peak(),
        last_id: s.next_id.get() - 1,
        descriptors: s.reactor.descriptors(),
        timers: s.timers.borrow().counting(),
        stack_size: s.stacks.size(),
        guard: s.stacks.guard(),
    })
}

/// Sets the most coroutines that may be alive at once.
pub fn set_max(max: usize) {
    with(|s| s.max.set(max.max(1)));
}

/// The most coroutines that may be alive at once.
#[must_use]
pub fn max() -> usize {
    with(|s| s.max.get())
}

/// Sets the address space of stacks to come, in bytes.
pub fn set_stack_size(bytes: usize) {
    let s = get();
    s.stacks.set_size(bytes);
    let (keep, strange): (Vec<_>, Vec<_>) = s
        .warm
        .take()
        .into_iter()
        .partition(|record| record.stack_size.get() == s.stacks.size());
    *s.warm.borrow_mut() = keep;
    for record in strange {
        strip(s, record);
    }
}

/// Uses this kind of guard from now on.
pub fn force_guard(guard: Guard) {
    with(|s| s.stacks.force_guard(guard));
}

/// Did a fatal error end a coroutine of this thread?
#[must_use]
pub fn had_fatal() -> bool {
    with(|s| s.fatal.get())
}

/// The coroutines that a fatal error ended since this was last asked.
#[must_use]
pub fn take_fatal() -> Vec<u64> {
    with(|s| std::mem::take(&mut *s.fatal_ids.borrow_mut()))
}

/// The coroutine whose guard page holds an address, if it is the running one's.
#[must_use]
pub fn overflowed(address: usize) -> Option<u64> {
    let record = current_record()?;
    let low = record.stack_low.get();
    // The page above the guard counts too: a big frame may reach over it.
    (address >= low.saturating_sub(4096) && address < low + 2 * 4096).then(|| record.id.get())
}

/// Runs a closure on the driver's stack as soon as no coroutine runs.
pub fn defer_to_driver(call: impl FnOnce() + 'static) {
    with(|s| s.deferred.borrow_mut().push_back(Box::new(call)));
}

/// Calls back on the driver's stack whenever the ready queue was emptied.
pub fn after_turn(call: fn()) {
    with(|s| s.after_turn.set(Some(call)));
}

/// In the child of a fork, whoever forked: where that was inside a coroutine, nothing waits any more, for the loop and
/// its descriptors are the parent's, and `end` is called when the coroutine is over.
pub fn forked_inside(end: fn()) {
    with(|s| {
        if !s.current.get().is_null() && s.foreign.replace(Some(end)).is_none() {
            s.held.set(s.held.get() + 1);
        }
    });
}

/// Was this process forked inside a coroutine? Then the loop is its parent's.
#[must_use]
pub fn is_foreign() -> bool {
    with(|s| s.foreign.get().is_some())
}

/// For the child of a fork: forgets the parent's loop, its timers and what was to run in it.
///
/// The parent's coroutines stay where they stopped for ever: nothing wakes or counts them.
/// Call it where no coroutine and no loop runs.
pub fn forked() {
    with(|s| {
        // What they hold is the parent's to let go.
        std::mem::forget(s.timers.take());
        std::mem::forget(s.ready.take());
        std::mem::forget(s.preempted.take());
        std::mem::forget(s.deferred.take());
        std::mem::forget(s.table.replace(Table::new()));
        s.keep_alive.set(0);
        s.futures.set(0);
        s.stopping.set(false);
        s.turn_hooks.set(TurnHooks::NONE);
        crate::driver::forked();
        crate::preempt::forked();
        crate::detector::forked();
        s.reactor.close();
    });
}

/// Keeps the loop running although nothing waits: for servers. Balanced by [`release_loop`].
pub fn retain_loop() {
    with(|s| s.keep_alive.set(s.keep_alive.get() + 1));
}

/// The counterpart of [`retain_loop`].
pub fn release_loop() {
    with(|s| s.keep_alive.set(s.keep_alive.get().saturating_sub(1)));
}

/// Ends the loop at its next turn, whatever still waits.
pub fn stop_loop() {
    with(|s| s.stopping.set(true));
}

/// Is a loop running on this thread?
#[must_use]
pub fn is_running() -> bool {
    with(|s| s.running.get())
}
