//! The record of one coroutine, and the table of all.

use crate::account::Account;
use crate::stack::Slot;
use crate::vm;
use crate::wait::{Kind, Token, Wake};
use std::any::{Any, TypeId};
use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};

pub(crate) type Native = corosensei::Coroutine<(), (), (), Slot>;
/// What a new coroutine runs: takes the body out of the frame that made it, and runs it.
pub(crate) type Start = (
    unsafe fn(*mut std::ffi::c_void) -> Ending,
    *mut std::ffi::c_void,
);

pub(crate) type Yielder = corosensei::Yielder<(), ()>;

/// Where a coroutine stands. One owner moves it from state to state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum State {
    /// Its record is in the pool.
    Free,
    /// Made, not yet run.
    New,
    /// On the processor, or below one that it resumed.
    Running,
    /// Woken, in the ready queue.
    Ready,
    /// In a wait.
    Waiting,
    /// Its body is over.
    Done,
}

/// How a coroutine's body ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It returned.
    Returned,
    /// An exception or an `exit` that nobody caught; the body has reported it.
    Thrown,
    /// A fatal error jumped out of it: the virtual machine is damaged.
    Fatal,
}

/// Everything that one coroutine owns.
///
/// Records are pooled and never freed while their thread lives, so a stale
/// [`Token`] may look at one at any time. The record of a coroutine that ended in
/// order keeps its stack, on which the base frames wait for the next body.
pub(crate) struct Record {
    pub(crate) id: Cell<u64>,
    pub(crate) parent: Cell<u64>,
    pub(crate) state: Cell<State>,
    pub(crate) kind: Cell<Kind>,
    /// Is a wait on that a token may end?
    pub(crate) armed: Cell<bool>,
    pub(crate) cancelled: Cell<bool>,
    /// Its next wait is to be cancelled.
    pub(crate) doomed: Cell<bool>,
    pub(crate) sequence: Cell<u32>,
    pub(crate) woken: Cell<Option<Wake>>,
    /// The lowest address of its stack, where the guard is.
    pub(crate) stack_low: Cell<usize>,
    /// Bytes of its stack.
    pub(crate) stack_size: Cell<usize>,
    /// The body that the base of its stack runs next.
    pub(crate) start: Cell<Option<Start>>,
    /// Is the body over?
    pub(crate) over: Cell<bool>,
    pub(crate) created: Cell<u64>,
    pub(crate) deadline: Cell<Option<u64>>,
    pub(crate) yielder: Cell<*const Yielder>,
    pub(crate) native: UnsafeCell<Option<Native>>,
    pub(crate) vm: UnsafeCell<vm::State>,
    pub(crate) ending: Cell<Ending>,
    pub(crate) joiners: RefCell<Vec<Token>>,
    pub(crate) locals: RefCell<Vec<(TypeId, Box<dyn Any>)>>,
    pub(crate) waker: RefCell<Option<std::sync::Arc<crate::future::CoroutineWaker>>>,
    pub(crate) switches: Cell<u64>,
    /// When it last gave the processor away, to the loop's turn.
    pub(crate) parked: Cell<u64>,
    /// What it spends its time on, where that is counted.
    pub(crate) account: OnceCell<Box<Account>>,
}

impl Record {
    pub(crate) fn boxed() -> Box<Self> {
        Box::new(Self {
            id: Cell::new(0),
            parent: Cell::new(0),
            state: Cell::new(State::Free),
            kind: Cell::new(Kind::None),
            armed: Cell::new(false),
            cancelled: Cell::new(false),
            doomed: Cell::new(false),
            sequence: Cell::new(0),
            woken: Cell::new(None),
            stack_low: Cell::new(0),
            stack_size: Cell::new(0),
            start: Cell::new(None),
            over: Cell::new(false),
            created: Cell::new(0),
            deadline: Cell::new(None),
            yielder: Cell::new(std::ptr::null()),
            native: UnsafeCell::new(None),
            vm: UnsafeCell::new(vm::State::new()),
            ending: Cell::new(Ending::Returned),
            joiners: RefCell::new(Vec::new()),
            locals: RefCell::new(Vec::new()),
            waker: RefCell::new(None),
            switches: Cell::new(0),
            parked: Cell::new(0),
            account: OnceCell::new(),
        })
    }

    /// Moves from one of `from` to `to`; anything else is a defect of the engine.
    #[inline(always)]
    pub(crate) fn step(&self, from: &[State], to: State) {
        if !from.contains(&self.state.get()) {
            self.refuse_step(to);
        }
        self.state.set(to);
    }

    #[cold]
    fn refuse_step(&self, to: State) -> ! {
        let (id, now) = (self.id.get(), self.state.get());
        panic!("coroutine {id} goes from {now:?} to {to:?}")
    }
}

/// From ids to records: pages of 512, the newest at hand, older ones by number.
pub(crate) struct Table {
    newest: Option<Box<Page>>,
    newest_number: u64,
    older: std::collections::BTreeMap<u64, Box<Page>>,
    live: usize,
    peak: usize,
}

struct Page {
    records: [*mut Record; PAGE as usize],
    used: usize,
}

impl Page {
    fn boxed() -> Box<Self> {
        Box::new(Self {
            records: [std::ptr::null_mut(); PAGE as usize],
            used: 0,
        })
    }
}

const PAGE: u64 = 512;

impl Table {
    pub(crate) const fn new() -> Self {
        Self {
            newest: None,
            newest_number: 0,
            older: std::collections::BTreeMap::new(),
            live: 0,
            peak: 0,
        }
    }

    /// Ids only grow, so an insertion goes to the newest page or opens the next.
    #[inline]
    pub(crate) fn insert(&mut self, id: u64, record: *mut Record) {
        if self.newest.is_none() || id / PAGE != self.newest_number {
            self.turn_page(id / PAGE);
        }
        let page = self.newest.as_mut().expect("the page was just turned");
        page.records[(id % PAGE) as usize] = record;
        page.used += 1;
        self.live += 1;
        self.peak = self.peak.max(self.live);
    }

    #[cold]
    fn turn_page(&mut self, number: u64) {
        let old = self.newest.take();
        self.newest = match old {
            Some(page) if page.used == 0 => Some(page),
            Some(page) => {
                self.older.insert(self.newest_number, page);
                Some(Page::boxed())
            }
            None => Some(Page::boxed()),
        };
        self.newest_number = number;
    }

    #[inline]
    pub(crate) fn remove(&mut self, id: u64) {
        let number = id / PAGE;
        self.live -= 1;
        if number == self.newest_number {
            let page = self.newest.as_mut().expect("an id in use has a page");
            page.records[(id % PAGE) as usize] = std::ptr::null_mut();
            page.used -= 1;
        } else if let Some(page) = self.older.get_mut(&number) {
            page.records[(id % PAGE) as usize] = std::ptr::null_mut();
            page.used -= 1;
            if page.used == 0 {
                self.older.remove(&number);
            }
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<&Record> {
        let number = id / PAGE;
        let page = if number == self.newest_number {
            self.newest.as_ref()?
        } else {
            self.older.get(&number)?
        };
        // SAFETY: records are never freed while the thread lives; null when there is none.
        unsafe { page.records[(id % PAGE) as usize].as_ref() }
    }

    pub(crate) fn live(&self) -> usize {
        self.live
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        let newest = self.newest.as_ref().map(|page| (&self.newest_number, page));
        let mut ids = Vec::with_capacity(self.live);
        for (number, page) in self.older.iter().chain(newest) {
            for (at, record) in page.records.iter().enumerate() {
                if !record.is_null() {
                    ids.push(number * PAGE + at as u64);
                }
            }
        }
        ids
    }
}
