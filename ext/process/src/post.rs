//! Messages between the processes of a server: its workers, task workers and manager.
//!
//! Every process of a server inherits all mailboxes, so they outlive the processes that read
//! them: what waits for a worker that is killed is read by its successor. A mailbox is a pair of
//! Unix sockets; a message is a datagram, and what is too large for one lies in a memory file
//! that the datagram carries. Nothing here waits: a full mailbox says `WouldBlock`.

mod mailbox;
mod parcel;
pub mod relay;
mod sessions;

pub(crate) use parcel::HEAD;
pub use parcel::{Head, Kind, Message, Parcel};
pub use relay::Lane;
pub use sessions::{Note, Progress, Sessions};

use crate::sys;
use highper_shm::{ScoreBoard, SharedArray};
use mailbox::Mailbox;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

/// [`Head::place`] of the manager, and of whoever is no worker.
pub const MANAGER: u32 = u32::MAX;

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Whoever has this worker id when it is read.
    Worker(usize),
    /// The first task worker that has time.
    AnyTask,
    /// The process in this slot of the score board: for answers, which nobody else can use.
    Place(u32),
    /// The manager.
    Manager,
}

/// What is counted of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tasks {
    /// Handed over and not begun.
    pub waiting: u64,
    /// Ever handed over.
    pub total: u64,
}

const ROUND: usize = 0;
const WAITING: usize = 1;
const TOTAL: usize = 2;

/// The mailboxes of a server, and what its processes know of each other.
pub struct Post {
    workers: usize,
    tasks: usize,
    /// By worker id, then the one for any task worker, the manager's, and those of the slots.
    boxes: Vec<Mailbox>,
    total: usize,
    pids: SharedArray<AtomicI32>,
    /// Per id: tasks that are waiting in its mailbox.
    queued: SharedArray<AtomicU64>,
    /// Per id: callbacks that are running.
    running: SharedArray<AtomicU64>,
    counters: SharedArray<AtomicU64>,
    sessions: Sessions,
    /// Per slot: events of the front that its process has begun, and ended, and how many coroutines it has.
    lanes: SharedArray<[AtomicU64; 3]>,
    has_front: bool,
    board: Arc<ScoreBoard>,
}

impl Post {
    /// For so many workers, task workers and user processes, with a place for each slot of the
    /// score board. Each mailbox has room for so many bytes. `front`: is there a process in front, too?
    ///
    /// # Errors
    /// The system's error: too many descriptors, no memory.
    pub fn new(
        workers: usize,
        tasks: usize,
        users: usize,
        board: &Arc<ScoreBoard>,
        room: Option<usize>,
        front: bool,
    ) -> io::Result<Self> {
        let total = workers + tasks + users + usize::from(front);
        let boxes = (0..total + 2 + board.slots().len()).map(|_| Mailbox::new(room));
        Ok(Self {
            workers,
            tasks,
            boxes: boxes.collect::<io::Result<_>>()?,
            total,
            pids: SharedArray::new(total)?,
            queued: SharedArray::new(total)?,
            running: SharedArray::new(total)?,
            counters: SharedArray::new(3)?,
            sessions: Sessions::new()?,
            lanes: SharedArray::new(board.slots().len())?,
            has_front: front,
            board: Arc::clone(board),
        })
    }

    /// Workers that serve connections; their ids are the first.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Task workers; their ids follow.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tasks
    }

    /// All processes with an id, but for the one in front.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total - usize::from(self.has_front)
    }

    /// The id of the process in front, if there is one.
    #[must_use]
    pub fn front(&self) -> Option<usize> {
        self.has_front.then(|| self.total - 1)
    }

    /// Tells the process in front that a worker has gone. It looks by itself, too: one that finds no room is no loss.
    pub(crate) fn nudge_front(&self) {
        let Some(front) = self.front() else { return };
        let mut head = Head::new(Kind::Relay);
        (head.code, head.number) = (relay::NUDGE, -1);
        if let Ok(parcel) = Parcel::new(head, b"") {
            let _no_room = self.try_send(Address::Worker(front), &parcel);
        }
    }

    /// What the process in a slot has done of the events that the front gave it.
    #[must_use]
    pub fn lane(&self, place: u32) -> Option<Lane<'_>> {
        self.lanes.get(place as usize).map(Lane)
    }

    /// What each process is doing.
    #[must_use]
    pub fn board(&self) -> &ScoreBoard {
        &self.board
    }

    /// The connections of all processes.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// The process that has this id; 0 when it was never started, `None` for no id.
    #[must_use]
    pub fn pid(&self, id: usize) -> Option<i32> {
        self.pids.get(id).map(|pid| pid.load(Ordering::Relaxed))
    }

    /// In a process that was just forked, and in the manager: who has an id now.
    pub(crate) fn set_pid(&self, id: usize, pid: i32) {
        self.pids[id].store(pid, Ordering::Relaxed);
        self.running[id].store(0, Ordering::Relaxed);
    }

    fn mailbox(&self, address: Address) -> io::Result<&Mailbox> {
        let at = match address {
            Address::Worker(id) if id < self.total => id,
            Address::AnyTask => self.total,
            Address::Manager | Address::Place(MANAGER) => self.total + 1,
            Address::Place(slot) => self.total + 2 + slot as usize,
            Address::Worker(_) => usize::MAX,
        };
        self.boxes
            .get(at)
            .ok_or_else(|| io::Error::from_raw_os_error(libc::ENXIO))
    }

    /// The number of a mailbox, for tables.
    #[must_use]
    pub fn index(&self, address: Address) -> usize {
        match address {
            Address::Worker(id) => id,
            Address::AnyTask => self.total,
            Address::Manager | Address::Place(MANAGER) => self.total + 1,
            Address::Place(slot) => self.total + 2 + slot as usize,
        }
    }

    /// The descriptor that becomes readable when a message comes.
    ///
    /// # Errors
    /// `ENXIO` for an address that there is not; so do the others.
    pub fn reader(&self, address: Address) -> io::Result<BorrowedFd<'_>> {
        self.mailbox(address).map(Mailbox::reader)
    }

    /// The descriptor that becomes writable when there is room again.
    ///
    /// # Errors
    /// As [`reader`](Self::reader).
    pub fn writer(&self, address: Address) -> io::Result<BorrowedFd<'_>> {
        self.mailbox(address).map(Mailbox::writer)
    }

    /// Sends, if there is room.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; the system's error.
    pub fn try_send(&self, address: Address, parcel: &Parcel<'_>) -> io::Result<()> {
        self.mailbox(address)?.try_send(parcel)
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; `InvalidData` for what is no message, which is lost then.
    pub fn try_receive(&self, address: Address) -> io::Result<Message> {
        self.mailbox(address)?.try_receive()
    }

    /// Blocks until there may be room, at most so long; false when the time is over.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait_writable(&self, address: Address, time: Duration) -> io::Result<bool> {
        sys::poll_one(self.writer(address)?, libc::POLLOUT, time)
    }

    /// Blocks until a message may be there, at most so long; false when the time is over.
    ///
    /// # Errors
    /// The system's error.
    pub fn wait_readable(&self, address: Address, time: Duration) -> io::Result<bool> {
        sys::poll_one(self.reader(address)?, libc::POLLIN, time)
    }

    /// Throws away what a process left unread that had this slot before.
    pub(crate) fn clear(&self, slot: usize) {
        // What it has begun is still to be asked by the process in front, which counts from there.
        if let Some(lane) = self.lane(slot as u32) {
            lane.set_coroutines(0);
        }
        let address = Address::Place(slot as u32);
        while !matches!(self.try_receive(address), Err(e) if e.kind() != io::ErrorKind::InvalidData)
        {
        }
    }

    /// A task worker for the next task (counted from 0): one that has nothing to do, else the next
    /// in turn; and whether it has nothing to do.
    #[must_use]
    pub fn next_task_worker(&self) -> (usize, bool) {
        let count = self.tasks.max(1);
        let mut chosen = 0;
        for _ in 0..=count {
            let turn = self.counters[ROUND].fetch_add(1, Ordering::Relaxed);
            chosen = (turn % count as u64) as usize;
            if self.is_idle(self.workers + chosen) {
                return (chosen, true);
            }
        }
        (chosen, false)
    }

    /// Has the process with this id neither a callback running nor a task waiting?
    #[must_use]
    pub fn is_idle(&self, id: usize) -> bool {
        let zero = |list: &SharedArray<AtomicU64>| {
            list.get(id).is_some_and(|n| n.load(Ordering::Relaxed) == 0)
        };
        zero(&self.running) && zero(&self.queued)
    }

    /// Does the process with this id run a callback?
    #[must_use]
    pub fn is_busy(&self, id: usize) -> bool {
        self.running
            .get(id)
            .is_some_and(|n| n.load(Ordering::Relaxed) > 0)
    }

    /// Task workers that have nothing to do.
    #[must_use]
    pub fn idle_task_workers(&self) -> usize {
        (self.workers..self.workers + self.tasks)
            .filter(|id| self.is_idle(*id))
            .count()
    }

    /// A callback begins in the process with this id.
    pub fn begin(&self, id: usize) {
        self.running[id].fetch_add(1, Ordering::Relaxed);
    }

    /// It is over.
    pub fn end(&self, id: usize) {
        less(&self.running[id]);
    }

    /// A task is handed over: to one task worker's id, or to any.
    pub fn task_sent(&self, id: Option<usize>) {
        if let Some(queued) = id.and_then(|id| self.queued.get(id)) {
            queued.fetch_add(1, Ordering::Relaxed);
        }
        self.counters[WAITING].fetch_add(1, Ordering::Relaxed);
        self.counters[TOTAL].fetch_add(1, Ordering::Relaxed);
    }

    /// It could not be.
    pub fn task_refused(&self, id: Option<usize>) {
        self.task_begun(id);
        less(&self.counters[TOTAL]);
    }

    /// It has begun.
    pub fn task_begun(&self, id: Option<usize>) {
        if let Some(queued) = id.and_then(|id| self.queued.get(id)) {
            less(queued);
        }
        less(&self.counters[WAITING]);
    }

    /// What was counted.
    #[must_use]
    pub fn task_figures(&self) -> Tasks {
        Tasks {
            waiting: self.counters[WAITING].load(Ordering::Relaxed),
            total: self.counters[TOTAL].load(Ordering::Relaxed),
        }
    }
}

fn less(counter: &AtomicU64) {
    // An error: it was 0, after a process was killed between two steps.
    let _zero = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(workers: usize, tasks: usize, users: usize, slots: usize) -> Post {
        let board = Arc::new(ScoreBoard::new(slots, 0).unwrap());
        Post::new(workers, tasks, users, &board, None, false).unwrap()
    }

    fn head(kind: Kind, number: i64) -> Head {
        Head {
            number,
            ..Head::new(kind)
        }
    }

    #[test]
    fn messages_of_any_size_arrive_whole_and_in_order() {
        let post = post(1, 1, 0, 4);
        let to = Address::Worker(1);
        for (number, size) in [0, 1, 60_000, 70_000, 10_000_000].into_iter().enumerate() {
            let body: Vec<u8> = (0..size).map(|i| (i * 7) as u8).collect();
            let sent = head(Kind::Task, number as i64);
            post.try_send(to, &Parcel::new(sent, &body).unwrap())
                .unwrap();
            let got = post.try_receive(to).unwrap();
            assert_eq!(got.head, sent);
            assert!(got.body == body, "{size} bytes differ");
        }
        assert_eq!(
            post.try_receive(to).unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );
    }

    #[test]
    fn a_full_mailbox_says_so_and_loses_nothing() {
        let post = post(1, 0, 0, 2);
        let to = Address::Worker(0);
        let mut sent = 0;
        loop {
            let parcel = Parcel::new(head(Kind::Pipe, sent), &[1; 4096]).unwrap();
            match post.try_send(to, &parcel) {
                Ok(()) => sent += 1,
                Err(e) => {
                    assert_eq!(e.kind(), io::ErrorKind::WouldBlock);
                    break;
                }
            }
        }
        assert!(!post.wait_writable(to, Duration::from_millis(1)).unwrap());
        for number in 0..sent {
            assert_eq!(post.try_receive(to).unwrap().head.number, number);
        }
        assert!(post.wait_writable(to, Duration::from_secs(1)).unwrap());
    }

    #[test]
    fn places_and_ids_are_apart_and_unknown_ones_refused() {
        let post = post(2, 1, 1, 3);
        let parcel = Parcel::new(head(Kind::Finish, 5), b"x").unwrap();
        post.try_send(Address::Place(2), &parcel).unwrap();
        assert!(post.try_receive(Address::Worker(2)).is_err());
        assert_eq!(post.try_receive(Address::Place(2)).unwrap().body, b"x");
        post.try_send(Address::Place(2), &parcel).unwrap();
        post.clear(2);
        assert!(post.try_receive(Address::Place(2)).is_err());
        for wrong in [Address::Worker(4), Address::Place(3)] {
            assert_eq!(
                post.try_send(wrong, &parcel).unwrap_err().raw_os_error(),
                Some(libc::ENXIO)
            );
        }
        post.try_send(Address::Place(MANAGER), &parcel).unwrap();
        assert_eq!(post.try_receive(Address::Manager).unwrap().head.number, 5);
    }

    #[test]
    fn a_task_goes_to_who_is_idle_else_in_turn() {
        let post = post(1, 3, 0, 2);
        post.begin(1);
        post.task_sent(Some(2));
        assert_eq!(post.next_task_worker(), (2, true));
        post.begin(3);
        let (one, idle) = post.next_task_worker();
        assert!(!idle);
        assert_ne!(post.next_task_worker().0, one);
        assert_eq!(post.idle_task_workers(), 0);
        post.task_begun(Some(2));
        assert_eq!(post.next_task_worker(), (1, true));
        assert_eq!(
            post.task_figures(),
            Tasks {
                waiting: 0,
                total: 1
            }
        );
        post.task_begun(Some(2));
        assert_eq!(post.task_figures().waiting, 0);
    }
}
