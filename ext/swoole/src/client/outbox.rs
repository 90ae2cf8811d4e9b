//! What waits to be sent by a client whose calls do not wait: a coroutine of its own sends it.

use highper_net::{Error, Socket as NetSocket};
use highper_zend::Str;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::PathBuf;

/// Bytes that may wait, where the setting socket_buffer_size says nothing else.
const LIMIT: usize = 2 * 1024 * 1024;

/// One thing to be sent.
pub enum Item {
    /// Bytes.
    Bytes(Str),
    /// A file, from an offset on, so many bytes (0: all).
    File(PathBuf, u64, u64),
}

/// The queue.
#[derive(Default)]
pub struct Outbox {
    items: RefCell<VecDeque<Item>>,
    bytes: Cell<usize>,
    limit: Cell<Option<usize>>,
    /// A coroutine sends.
    pub sending: Cell<bool>,
    /// It was told that the queue is full.
    pub full: Cell<bool>,
}

impl Outbox {
    pub fn set_limit(&self, limit: usize) {
        self.limit.set(Some(limit));
    }

    fn limit(&self) -> usize {
        self.limit.get().unwrap_or(LIMIT)
    }

    /// Adds to it. False when too much waits already.
    pub fn push(&self, item: Item) -> bool {
        let size = match &item {
            Item::Bytes(bytes) => bytes.len(),
            Item::File(..) => 0,
        };
        if self.bytes.get() > 0 && self.bytes.get() + size > self.limit() {
            return false;
        }
        self.bytes.set(self.bytes.get() + size);
        self.items.borrow_mut().push_back(item);
        true
    }

    /// Does so much wait that the program should know?
    pub fn is_high(&self) -> bool {
        self.bytes.get() >= self.limit() / 5 * 4
    }

    /// Sends until nothing is left.
    pub fn drain(&self, socket: &NetSocket) -> Result<(), Error> {
        loop {
            let item = self.items.borrow_mut().pop_front();
            let Some(item) = item else { return Ok(()) };
            match item {
                Item::Bytes(bytes) => {
                    let sent = socket.send_all(&bytes, -1.0)?;
                    self.bytes.set(self.bytes.get().saturating_sub(bytes.len()));
                    if let Some(error) = sent.error {
                        return Err(error);
                    }
                }
                Item::File(path, offset, length) => socket.send_file(&path, offset, length)?,
            }
        }
    }

    /// Forgets all.
    pub fn clear(&self) {
        let items = self.items.take();
        self.bytes.set(0);
        self.full.set(false);
        drop(items);
    }
}
