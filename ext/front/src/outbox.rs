//! What is for one mailbox: gathered into messages, sent in order, and kept while there is no room.

use crate::frame::Frame;
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Ending, Wake, scheduler};
use highper_process::post::{Address, Head, Parcel, Post};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::rc::{Rc, Weak};
use std::sync::Arc;

/// Bytes of a message; a frame that is longer has one of its own.
const MESSAGE: usize = 56 * 1024;
/// Bytes that wait at which others should.
const FULL: usize = 2 << 20;
/// Between two tries, where the mailbox itself has room and the system has not.
const RETRY: u64 = 1_000_000;

/// Some frames.
struct Message {
    bytes: Vec<u8>,
    /// Events that were put in, up to and with these.
    events: u64,
}

/// The frames for one mailbox.
pub struct Outbox {
    post: Arc<Post>,
    address: Address,
    head: Head,
    /// Are messages with events kept until these have begun?
    keeps: bool,
    open: RefCell<Vec<u8>>,
    queue: RefCell<VecDeque<Message>>,
    kept: RefCell<VecDeque<Message>>,
    waiting: Cell<usize>,
    events: Cell<u64>,
    is_due: Cell<bool>,
    is_sending: Cell<bool>,
    is_closed: Cell<bool>,
    /// Were the events taken back that had not begun?
    is_recalled: Cell<bool>,
    /// Was somebody told that it is full?
    was_full: Cell<bool>,
    on_room: RefCell<Option<Rc<dyn Fn()>>>,
    me: Weak<Self>,
}

impl Outbox {
    /// For a mailbox; `head` is that of each message.
    #[must_use]
    pub fn new(post: &Arc<Post>, address: Address, head: Head, keeps: bool) -> Rc<Self> {
        Rc::new_cyclic(|me| Self {
            post: Arc::clone(post),
            address,
            head,
            keeps,
            open: RefCell::default(),
            queue: RefCell::default(),
            kept: RefCell::default(),
            waiting: Cell::new(0),
            events: Cell::new(0),
            is_due: Cell::new(false),
            is_sending: Cell::new(false),
            is_closed: Cell::new(false),
            is_recalled: Cell::new(false),
            was_full: Cell::new(false),
            on_room: RefCell::default(),
            me: Weak::clone(me),
        })
    }

    /// Calls back, on the driver's stack, when all is sent after some of it had to wait, or somebody was told that it is full.
    pub fn on_room(&self, call: Rc<dyn Fn()>) {
        self.on_room.replace(Some(call));
    }

    /// Puts a frame in; it leaves by [`flush`](Self::flush).
    pub fn put(&self, frame: &Frame<'_>) {
        if self.is_closed.get() {
            return;
        }
        let mut open = self.open.borrow_mut();
        if !open.is_empty() && open.len() + frame.body.len() > MESSAGE {
            self.seal(&mut open);
        }
        frame.write(&mut open);
        if frame.kind.is_event() {
            self.events.set(self.events.get() + 1);
        }
    }

    fn seal(&self, open: &mut Vec<u8>) {
        if open.is_empty() {
            return;
        }
        let bytes = std::mem::take(open);
        self.waiting.set(self.waiting.get() + bytes.len());
        let events = self.events.get();
        self.queue.borrow_mut().push_back(Message { bytes, events });
    }

    /// Events that were put in.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.get()
    }

    /// Does so much wait that others should?
    #[must_use]
    pub fn is_full(&self) -> bool {
        let full = self.waiting.get() + self.open.borrow().len() >= FULL;
        if full {
            self.was_full.set(true);
        }
        full
    }

    /// Sends at the end of the loop's turn.
    pub fn flush_soon(&self, how: impl Fn() + 'static) {
        if !self.is_due.replace(true) {
            scheduler::defer_to_driver(how);
        }
    }

    /// Sends what there is room for; the rest follows by itself. True when nothing waits any more.
    pub fn flush(&self) -> bool {
        self.is_due.set(false);
        self.seal(&mut self.open.borrow_mut());
        if self.is_sending.get() {
            return false;
        }
        if self.send() {
            if self.was_full.replace(false) {
                self.tell_room();
            }
            return true;
        }
        let Some(me) = self.me.upgrade() else {
            return false;
        };
        self.is_sending.set(true);
        let spawned = engine::spawn(move || {
            me.send_on();
            Ending::Returned
        });
        if spawned.is_err() {
            // Too many coroutines: by the clock.
            let me = self.me.clone();
            scheduler::at(highper_engine::clock::now() + RETRY, false, move || {
                if let Some(me) = me.upgrade() {
                    me.is_sending.set(false);
                    me.flush();
                }
            });
        }
        false
    }

    /// Tells of room where nothing of this process is under way.
    fn tell_room(&self) {
        if let Some(call) = self.on_room.borrow().clone() {
            scheduler::defer_to_driver(move || call());
        }
    }

    /// Sends what there is room for.
    fn send(&self) -> bool {
        loop {
            let sent = {
                let queue = self.queue.borrow();
                let Some(message) = queue.front() else {
                    return true;
                };
                let parcel = Parcel::new(self.head, &message.bytes);
                parcel.and_then(|parcel| self.post.try_send(self.address, &parcel))
            };
            if sent.is_err() {
                // No room, or no memory or descriptors for a large one: later.
                return false;
            }
            let message = self.queue.borrow_mut().pop_front();
            let Some(mut message) = message else {
                return true;
            };
            self.waiting.set(self.waiting.get() - message.bytes.len());
            if self.keeps && !self.is_recalled.get() {
                self.keep(message);
            } else if self.open.borrow().capacity() == 0 && message.bytes.capacity() <= 2 * MESSAGE
            {
                message.bytes.clear();
                self.open.replace(message.bytes);
            }
        }
    }

    /// In a coroutine: waits for room until all is sent.
    fn send_on(&self) {
        let mut woken = false;
        while !self.is_closed.get() && !self.send() {
            let Ok(fd) = self.post.writer(self.address).map(|fd| fd.as_raw_fd()) else {
                break;
            };
            let reason = match std::mem::replace(&mut woken, true) {
                false => reactor::wait_fd(fd, Interest::Write, None).unwrap_or(Wake::Closed),
                true => {
                    woken = false;
                    engine::sleep(RETRY)
                }
            };
            if reason == Wake::Closed {
                let _later = engine::sleep(RETRY);
            }
        }
        self.is_sending.set(false);
        self.was_full.set(false);
        self.tell_room();
    }

    /// Tries again where no loop runs any more: true when all is sent.
    pub fn retry(&self) -> bool {
        self.is_sending.set(false);
        self.send()
    }

    fn keep(&self, message: Message) {
        let mut kept = self.kept.borrow_mut();
        let last = kept.back().map_or(0, |last| last.events);
        if message.events > last {
            kept.push_back(message);
        }
    }

    /// So many events have begun: what they came with is kept no longer.
    pub fn begun(&self, events: u64) {
        let mut kept = self.kept.borrow_mut();
        while kept.front().is_some_and(|first| first.events <= events) {
            kept.pop_front();
        }
    }

    /// The reader is gone, of whose events so many have begun. Returns the others, in order, as frames.
    #[must_use]
    pub fn close(&self, begun: u64) -> Vec<u8> {
        self.is_closed.set(true);
        let mut open = self.open.take();
        self.seal(&mut open);
        let queued = self.queue.take();
        self.waiting.set(0);
        match self.is_recalled.get() {
            true => Vec::new(),
            false => self.left(begun, queued),
        }
    }

    /// The reader takes no more events than have begun. Returns the others, in order, as frames; what else there is goes out.
    #[must_use]
    pub fn recall(&self, begun: u64) -> Vec<u8> {
        // What is not sent yet reaches the reader, too, which leaves it alone.
        self.flush();
        let queued: VecDeque<Message> = self
            .queue
            .borrow()
            .iter()
            .map(|message| Message {
                bytes: message.bytes.clone(),
                events: message.events,
            })
            .collect();
        self.is_recalled.set(true);
        self.left(begun, queued)
    }

    /// The events that had not begun.
    fn left(&self, begun: u64, queued: VecDeque<Message>) -> Vec<u8> {
        self.begun(begun);
        let kept = self.kept.take();
        let mut messages = kept.into_iter().chain(queued).peekable();
        let mut left = Vec::new();
        let Some(first) = messages.peek() else {
            return left;
        };
        let count = |bytes: &[u8]| {
            crate::frame::all(bytes)
                .filter(|f| f.kind.is_event())
                .count() as u64
        };
        // The first event of the first message, counted from 0.
        let mut at = first.events - count(&first.bytes);
        for message in messages {
            for frame in crate::frame::all(&message.bytes) {
                if frame.kind.is_event() {
                    if at >= begun {
                        frame.write(&mut left);
                    }
                    at += 1;
                }
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Kind, all};
    use highper_process::ScoreBoard;
    use highper_process::post::Kind as Between;

    fn outbox() -> (Arc<Post>, Rc<Outbox>) {
        let board = Arc::new(ScoreBoard::new(2, 0).unwrap());
        let post = Arc::new(Post::new(1, 0, 0, &board, None, true).unwrap());
        let to = Address::Place(0);
        let outbox = Outbox::new(&post, to, Head::new(Between::Relay), true);
        (post, outbox)
    }

    fn packet(outbox: &Outbox, text: &[u8]) {
        outbox.put(&Frame::new(Kind::Receive, 1).with(text));
    }

    fn texts(bytes: &[u8]) -> Vec<&[u8]> {
        all(bytes).map(|frame| frame.body).collect()
    }

    #[test]
    fn events_that_had_not_begun_are_left_in_order() {
        let (post, outbox) = outbox();
        packet(&outbox, b"one");
        packet(&outbox, b"two");
        assert!(outbox.flush());
        outbox.put(&Frame::new(Kind::Data, 2).with(b"no event"));
        packet(&outbox, b"three");
        assert!(outbox.flush());
        packet(&outbox, b"four");
        let first = post.try_receive(Address::Place(0)).unwrap();
        assert_eq!(texts(&first.body), [&b"one"[..], b"two"]);
        assert_eq!(outbox.events(), 4);
        let left = outbox.close(1);
        assert_eq!(texts(&left), [&b"two"[..], b"three", b"four"]);
        packet(&outbox, b"too late");
        assert_eq!(outbox.close(4), b"");
    }

    #[test]
    fn what_was_taken_back_is_not_left_once_more() {
        let (_post, outbox) = outbox();
        for text in [&b"one"[..], b"two", b"three"] {
            packet(&outbox, text);
            assert!(outbox.flush());
        }
        outbox.begun(1);
        let left = outbox.recall(2);
        assert_eq!(texts(&left), [b"three"]);
        outbox.put(&Frame::new(Kind::Forget, 9));
        assert!(outbox.flush());
        assert_eq!(outbox.close(2), b"");
    }

    #[test]
    fn long_frames_go_alone() {
        let (post, outbox) = outbox();
        packet(&outbox, b"short");
        packet(&outbox, &[7; 3 << 20]);
        assert!(outbox.is_full());
        assert!(outbox.flush());
        for length in [5, 3 << 20] {
            let message = post.try_receive(Address::Place(0)).unwrap();
            assert_eq!(texts(&message.body)[0].len(), length);
        }
    }
}
