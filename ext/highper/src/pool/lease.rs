//! An object that is out until its coroutine ends.

use super::Store;
use highper_engine::{self as engine, scheduler};
use highper_pool::Ticket;
use highper_zend::Object;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// An object that is out.
pub(super) struct Lease {
    store: Rc<Store>,
    ticket: Cell<Option<Ticket>>,
    object: RefCell<Option<Object>>,
}

/// What a coroutine has; it goes back at its end.
#[derive(Default)]
struct Kept(RefCell<Vec<Rc<Lease>>>);

impl Drop for Kept {
    fn drop(&mut self) {
        for lease in self.0.take() {
            lease.give_back();
        }
    }
}

impl Lease {
    /// The object goes back. False when it did before.
    pub(super) fn give_back(&self) -> bool {
        let (Some(ticket), Some(object)) = (self.ticket.take(), self.object.take()) else {
            return false;
        };
        let own = self.store.out.borrow_mut().remove(&object.id());
        self.store.pool.give_back(ticket, object);
        drop(own);
        true
    }
}

/// Notes an object that goes out.
pub(super) fn keep(store: &Rc<Store>, ticket: Ticket, object: Object) {
    let number = object.id();
    let lease = Rc::new(Lease {
        store: Rc::clone(store),
        ticket: Cell::new(Some(ticket)),
        object: RefCell::new(Some(object)),
    });
    store.out.borrow_mut().insert(number, Rc::clone(&lease));
    // Outside of coroutines it is out until somebody puts it back.
    if let Some(id) = engine::current() {
        scheduler::set_local_of(id, Kept::default);
        scheduler::local::<Kept, _>(id, |kept| {
            let mut kept = kept.0.borrow_mut();
            kept.retain(|lease| lease.object.borrow().is_some());
            kept.push(lease);
        });
    }
}
