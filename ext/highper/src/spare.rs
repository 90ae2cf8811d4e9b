//! What finished requests leave for the next ones, so that these allocate nothing: objects that
//! nobody else holds, header lines, buffers of bodies.

use crate::incoming::Incoming;
use crate::response::data::{Body, Data, Kind};
use highper_filter::Notes;
use highper_zend::Object;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// So many of each kind are kept.
const MOST: usize = 64;
/// Bigger buffers are given back to the system.
const HEAVY: usize = 64 * 1024;

/// The stock of a worker.
#[derive(Default)]
pub(crate) struct Spare {
    pub(crate) requests: Stock<Object>,
    pub(crate) responses: Stock<Object>,
    pub(crate) incoming: Stock<Rc<Incoming>>,
    pub(crate) notes: Stock<Box<Notes>>,
    data: Stock<Rc<Data>>,
    buffers: Stock<Rc<Vec<u8>>>,
}

/// Things of one kind.
pub(crate) struct Stock<T> {
    /// The one that came last: requests that don't overlap need no more.
    last: Cell<Option<T>>,
    others: RefCell<Vec<T>>,
}

impl<T> Default for Stock<T> {
    fn default() -> Self {
        Self {
            last: Cell::new(None),
            others: RefCell::default(),
        }
    }
}

impl<T> Stock<T> {
    /// Takes one out.
    #[inline]
    pub(crate) fn take(&self) -> Option<T> {
        self.last.take().or_else(|| self.others.borrow_mut().pop())
    }

    /// Puts one in; what is too much is dropped.
    #[inline]
    pub(crate) fn put(&self, thing: T) {
        if let Some(before) = self.last.replace(Some(thing)) {
            self.more(before);
        }
    }

    #[cold]
    fn more(&self, thing: T) {
        let mut others = self.others.borrow_mut();
        if others.len() < MOST {
            others.push(thing);
            return;
        }
        drop(others);
        drop(thing);
    }

    /// Drops all.
    pub(crate) fn clear(&self) {
        let others = self.others.take();
        drop((self.last.take(), others));
    }
}

impl Spare {
    /// Notes of a request.
    pub(crate) fn notes(&self) -> Box<Notes> {
        match self.notes.take() {
            Some(mut notes) => {
                notes.clear();
                notes
            }
            None => Box::default(),
        }
    }

    /// A new response's data.
    #[inline]
    pub(crate) fn data(&self, status: u16, kind: Option<Kind>, body: Body) -> Rc<Data> {
        if let Some(mut data) = self.data.take()
            && let Some(empty) = Rc::get_mut(&mut data)
        {
            empty.begin(status, kind, body);
            return data;
        }
        Rc::new(Data::new(status, kind, body))
    }

    /// Takes the data of a response that was sent.
    #[inline]
    pub(crate) fn keep(&self, mut data: Rc<Data>) {
        let Some(own) = Rc::get_mut(&mut data) else {
            return;
        };
        if let Body::Bytes(mut bytes) = own.clear()
            && let Some(buffer) = Rc::get_mut(&mut bytes)
            && buffer.capacity() <= HEAVY
        {
            buffer.clear();
            self.buffers.put(bytes);
        }
        if own.weight() <= HEAVY {
            self.data.put(data);
        }
    }

    /// A buffer for a body, empty, that nobody else holds.
    #[inline]
    pub(crate) fn buffer(&self) -> Rc<Vec<u8>> {
        self.buffers
            .take()
            .unwrap_or_else(|| Rc::new(Vec::with_capacity(256)))
    }

    /// Drops what holds PHP's values or the application: the worker ends.
    pub(crate) fn clear(&self) {
        self.incoming.clear();
        self.requests.clear();
        self.responses.clear();
    }
}
