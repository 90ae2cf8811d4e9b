//! Questions to other processes, and who waits for the answers.

use highper_engine::wait::{self, Kind, Token};
use highper_engine::{Wake, scheduler};
use highper_process::post::{Address, Message};
use highper_runtime::post::Here;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};

thread_local! {
    static ALL: RefCell<BTreeMap<i64, Rc<Pending>>> = const { RefCell::new(BTreeMap::new()) };
    /// What was read while something else was waited for, outside of coroutines.
    static PUT_ASIDE: RefCell<VecDeque<Message>> = const { RefCell::new(VecDeque::new()) };
}

/// Some questions whose answers are waited for together.
pub(super) struct Pending {
    numbers: RefCell<Vec<Option<i64>>>,
    answers: RefCell<Vec<Option<Message>>>,
    left: Cell<usize>,
    token: Cell<Option<Token>>,
}

impl Pending {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            numbers: RefCell::default(),
            answers: RefCell::default(),
            left: Cell::new(0),
            token: Cell::new(None),
        })
    }

    /// Expects an answer to a question of this number; `None`: to one that could not be sent.
    pub(super) fn expect(self: &Rc<Self>, number: Option<i64>) {
        self.numbers.borrow_mut().push(number);
        self.answers.borrow_mut().push(None);
        if let Some(number) = number {
            self.left.set(self.left.get() + 1);
            ALL.with_borrow_mut(|all| all.insert(number, Rc::clone(self)));
        }
    }

    /// A question could not be sent after all.
    pub(super) fn give_up(&self, number: i64) {
        if ALL.with_borrow_mut(|all| all.remove(&number)).is_some() {
            self.left.set(self.left.get() - 1);
            for known in self.numbers.borrow_mut().iter_mut() {
                if *known == Some(number) {
                    *known = None;
                }
            }
        }
    }

    /// Which questions, by position, were not sent.
    pub(super) fn refused(&self) -> Vec<bool> {
        self.numbers.borrow().iter().map(Option::is_none).collect()
    }

    /// How many questions were sent.
    pub(super) fn sent(&self) -> usize {
        self.numbers.borrow().iter().flatten().count()
    }

    /// Waits for all answers, in a coroutine.
    pub(super) fn wait(&self, deadline: Option<u64>) -> Wake {
        if self.left.get() == 0 {
            return Wake::Ready;
        }
        self.token.set(Some(wait::begin(Kind::Sync)));
        let reason = wait::park(deadline);
        self.token.set(None);
        reason
    }

    /// Waits for all answers without a coroutine: nothing else goes on meanwhile. True when all came.
    pub(super) fn block(&self, here: &Rc<Here>, time: Option<Duration>) -> bool {
        let address = Address::Place(here.place());
        let end = time.map(|time| Instant::now() + time);
        while self.left.get() > 0 {
            match here.post().try_receive(address) {
                Ok(message) => {
                    if let Err(message) = arrived(message) {
                        if PUT_ASIDE.with_borrow(VecDeque::is_empty) {
                            scheduler::at(0, false, super::messages::take_put_aside);
                        }
                        PUT_ASIDE.with_borrow_mut(|all| all.push_back(message));
                    }
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    let left = end.map_or(Duration::from_secs(60), |end| {
                        end.saturating_duration_since(Instant::now())
                    });
                    if left.is_zero() || here.post().wait_readable(address, left).is_err() {
                        return false;
                    }
                }
                Err(e) if e.kind() == ErrorKind::InvalidData => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Expects nothing more; what has come, in the order of the questions.
    pub(super) fn finish(&self) -> Vec<Option<Message>> {
        ALL.with_borrow_mut(|all| {
            for number in self.numbers.borrow().iter().flatten() {
                all.remove(number);
            }
        });
        self.answers.take()
    }
}

/// The next message that was put aside.
pub(super) fn put_aside() -> Option<Message> {
    PUT_ASIDE.with_borrow_mut(VecDeque::pop_front)
}

/// Gives an answer to who waits for it; back, when nobody does.
pub(super) fn arrived(message: Message) -> Result<(), Message> {
    let number = message.head.number;
    let Some(pending) = ALL.with_borrow_mut(|all| all.remove(&number)) else {
        return Err(message);
    };
    let at = pending
        .numbers
        .borrow()
        .iter()
        .position(|known| *known == Some(number));
    if let Some(at) = at {
        pending.answers.borrow_mut()[at] = Some(message);
        pending.left.set(pending.left.get() - 1);
    }
    if pending.left.get() == 0
        && let Some(token) = pending.token.take()
    {
        token.wake_now(Wake::Ready);
    }
    Ok(())
}
