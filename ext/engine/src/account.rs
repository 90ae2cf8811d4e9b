//! What coroutines spend their time on, and which of them runs since when.
//!
//! Off it costs nothing: what is done at a switch lies in the function that follows switches
//! ([`crate::vm::Ops::switch`]), which is exchanged for another one while it is on.

use crate::coroutine::{Record, State};
use crate::scheduler::{self, Scheduler};
use crate::{ticks, vm};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

type Switch = unsafe extern "C" fn(*mut c_void, *mut c_void, c_int);

thread_local! {
    /// The function in whose place ours is.
    static PLAIN: Cell<Option<Switch>> = const { Cell::new(None) };
    /// Who asked for it: a switch of its own for each.
    static WANTED: Cell<u8> = const { Cell::new(0) };
}

/// The coroutine that runs, 0 for none, and the tick at which it began to. One thread runs PHP.
static RUNNING: AtomicU64 = AtomicU64::new(0);
static SINCE: AtomicU64 = AtomicU64::new(0);

/// Who wants the accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// The program, which asks for [`spent`].
    Program = 1,
    /// Who watches for coroutines that hold the loop.
    Watcher = 2,
}

/// The account of one coroutine, in ticks.
#[derive(Default)]
pub(crate) struct Account {
    /// Whose it is: records serve one coroutine after the other.
    id: Cell<u64>,
    /// The last switch to or from it.
    since: Cell<u64>,
    /// When it was woken, if it was since then.
    woken: Cell<u64>,
    /// It resumed another one, and goes on when that has stopped.
    is_below: Cell<bool>,
    on_cpu: Cell<u64>,
    waiting: Cell<u64>,
    ready: Cell<u64>,
}

impl Account {
    /// Begins anew for another coroutine.
    fn belongs_to(&self, id: u64, now: u64) {
        if self.id.replace(id) != id {
            self.since.set(now);
            self.woken.set(0);
            self.is_below.set(false);
            self.on_cpu.set(0);
            self.waiting.set(0);
            self.ready.set(0);
        }
    }

    fn leaves(&self, state: State, is_over: bool, now: u64) {
        add(&self.on_cpu, now.saturating_sub(self.since.get()));
        self.since.set(now);
        self.is_below.set(state == State::Running && !is_over);
        self.woken.set(if state == State::Ready { now } else { 0 });
    }

    fn comes(&self, now: u64) {
        let (since, woken) = (self.since.get(), self.woken.get());
        if self.is_below.replace(false) {
            add(&self.ready, now.saturating_sub(since));
        } else if woken != 0 {
            add(&self.waiting, woken.saturating_sub(since));
            add(&self.ready, now.saturating_sub(woken));
        } else {
            add(&self.waiting, now.saturating_sub(since));
        }
        self.woken.set(0);
        self.since.set(now);
    }
}

fn add(sum: &Cell<u64>, ticks: u64) {
    sum.set(sum.get().saturating_add(ticks));
}

/// What a coroutine has spent its time on so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spent {
    /// On the processor, with what its thread did meanwhile outside of the program.
    pub on_cpu: Duration,
    /// In waits.
    pub waiting: Duration,
    /// Woken, or below one that it resumed: others had the processor.
    pub ready: Duration,
}

/// Switches the accounts of this thread's coroutines on or off, for one of those that read them. Those that are on
/// their way count from now on.
pub fn keep(reader: Reader, on: bool) {
    let before = WANTED.get();
    let after = match on {
        true => before | reader as u8,
        false => before & !(reader as u8),
    };
    WANTED.set(after);
    scheduler::with(|s| match (before, after) {
        (0, 0) => {}
        (0, _) => begin(s),
        (_, 0) => end(s),
        _ => {}
    });
}

/// Are they kept for this reader?
#[must_use]
pub fn is_kept(reader: Reader) -> bool {
    WANTED.get() & reader as u8 != 0
}

fn begin(s: &Scheduler) {
    ticks::begin();
    let ops = s.vm.get();
    PLAIN.set(Some(ops.switch));
    s.vm.set(vm::Ops {
        switch: follow,
        ..ops
    });
    s.accounts.set(true);
    let now = ticks::now();
    match scheduler::current_record() {
        Some(record) => {
            account(record, now);
            runs(record.id.get(), now);
        }
        None => runs(0, now),
    }
}

fn end(s: &Scheduler) {
    if let Some(plain) = PLAIN.take() {
        s.vm.set(vm::Ops {
            switch: plain,
            ..s.vm.get()
        });
    }
    s.accounts.set(false);
    runs(0, 0);
}

/// The virtual machine has another function that follows switches: [`follow`] calls that one from now on, and stays
/// where it is. `None` where it is not in use.
pub(crate) fn exchange(plain: Switch) -> Option<Switch> {
    PLAIN.get()?;
    PLAIN.set(Some(plain));
    Some(follow)
}

fn runs(id: u64, now: u64) {
    RUNNING.store(id, Relaxed);
    SINCE.store(now, Relaxed);
}

/// The account of a record's coroutine.
fn account(record: &Record, now: u64) -> &Account {
    let account = record.account.get_or_init(Box::default);
    account.belongs_to(record.id.get(), now);
    account
}

/// In the place of the function that follows switches.
unsafe extern "C" fn follow(from: *mut c_void, to: *mut c_void, dead: c_int) {
    let now = ticks::now();
    if let Some(record) = record_of(from) {
        account(record, now).leaves(record.state.get(), dead != 0, now);
    }
    let id = match record_of(to) {
        Some(record) => {
            account(record, now).comes(now);
            record.id.get()
        }
        None => 0,
    };
    runs(id, now);
    if let Some(plain) = PLAIN.get() {
        // SAFETY: the function that the virtual machine gave, with what the scheduler gave it.
        unsafe { plain(from, to, dead) };
    }
}

/// The record that a state belongs to; `None` for the thread's own.
fn record_of(state: *mut c_void) -> Option<&'static Record> {
    if scheduler::with(|s| s.is_main(state)) {
        return None;
    }
    let record = state.wrapping_byte_sub(std::mem::offset_of!(Record, vm));
    // SAFETY: every state but the thread's own is that of a record, and records are never freed while the thread lives.
    unsafe { record.cast::<Record>().as_ref() }
}

/// A waiting coroutine has become ready.
#[cold]
pub(crate) fn woken(record: &Record) {
    if let Some(account) = record.account.get() {
        account.woken.set(ticks::now());
    }
}

/// What a coroutine has spent its time on; `None` when there is no such one, or the program does not have the
/// accounts kept.
#[must_use]
pub fn spent(id: u64) -> Option<Spent> {
    if !is_kept(Reader::Program) {
        return None;
    }
    scheduler::with(|s| {
        let table = s.table.borrow();
        let record = table.get(id)?;
        let now = ticks::now();
        let account = account(record, now);
        let (mut on_cpu, mut waiting, mut ready) = (
            account.on_cpu.get(),
            account.waiting.get(),
            account.ready.get(),
        );
        let (since, woken) = (account.since.get(), account.woken.get());
        let open = now.saturating_sub(since);
        match record.state.get() {
            State::Running if account.is_below.get() => ready += open,
            State::Running => on_cpu += open,
            State::Ready if woken != 0 => {
                waiting += woken.saturating_sub(since);
                ready += now.saturating_sub(woken);
            }
            _ => waiting += open,
        }
        let duration = |ticks| Duration::from_nanos(ticks::nanoseconds(ticks));
        Some(Spent {
            on_cpu: duration(on_cpu),
            waiting: duration(waiting),
            ready: duration(ready),
        })
    })
}

/// Which coroutine runs, and since which tick. From any thread.
pub(crate) fn running() -> Option<(u64, u64)> {
    let (id, since) = (RUNNING.load(Relaxed), SINCE.load(Relaxed));
    (id != 0).then_some((id, since))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{End, Ending, clock};
    use std::rc::Rc;

    fn burn(nanoseconds: u64) {
        let begun = clock::now();
        while clock::now() - begun < nanoseconds {}
    }

    #[test]
    fn time_goes_to_computing_waiting_and_being_ready() {
        const MS: u64 = 1_000_000;
        keep(Reader::Program, true);
        let seen = Rc::new(Cell::new(None));
        let slot = Rc::clone(&seen);
        let begin = move || {
            crate::spawn(move || {
                burn(20 * MS);
                crate::sleep(30 * MS);
                let id = crate::current().unwrap();
                slot.set(spent(id));
                Ending::Returned
            })
            .unwrap();
            // It is ready after 30 ms, and waits for this one.
            crate::spawn(|| {
                burn(60 * MS);
                Ending::Returned
            })
            .unwrap();
        };
        assert_eq!(crate::run(begin, || false).unwrap(), End::Finished);
        let spent = seen.get().unwrap();
        let near = |is: Duration, wanted: u128| {
            let is = is.as_millis();
            assert!(
                is + 1 >= wanted && is < wanted + 15,
                "{is} ms, not {wanted}"
            );
        };
        near(spent.on_cpu, 20);
        near(spent.waiting + spent.ready, 60);
        assert_eq!(super::spent(1), None, "it is over");
        keep(Reader::Program, false);
    }

    #[test]
    fn one_that_resumes_another_is_ready_meanwhile() {
        const MS: u64 = 1_000_000;
        keep(Reader::Program, true);
        let seen = Rc::new(Cell::new(None));
        let slot = Rc::clone(&seen);
        let begin = move || {
            crate::spawn(move || {
                crate::spawn(|| {
                    burn(20 * MS);
                    Ending::Returned
                })
                .unwrap();
                slot.set(spent(crate::current().unwrap()));
                Ending::Returned
            })
            .unwrap();
        };
        assert_eq!(crate::run(begin, || false).unwrap(), End::Finished);
        let spent = seen.get().unwrap();
        assert!(spent.ready.as_millis() >= 19, "{spent:?}");
        assert!(spent.on_cpu.as_millis() < 10, "{spent:?}");
        assert_eq!(spent.waiting, Duration::ZERO);
        keep(Reader::Program, false);
    }
}
