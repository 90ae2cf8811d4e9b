//! What each worker is doing, written by the worker and read by its manager.
//!
//! A slot has one writer at a time per field, so counters are plain loads and
//! stores on atomics: no bus lock per request. Lines of running requests stay
//! in the slot when the worker is killed; the manager reads them then.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering, fence};

use crate::region::{Region, Shared};

/// Longest part of a request line that is kept, in bytes.
pub const LINE_MAX: usize = 232;
/// Longest script path that is kept, in bytes.
pub const SCRIPT_MAX: usize = 512;

const LINE_WORDS: usize = LINE_MAX / 8;
const SCRIPT_WORDS: usize = SCRIPT_MAX / 8;

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum State {
    /// No process uses the slot.
    Free = 0,
    /// Forked, not yet ready to serve.
    Starting = 1,
    /// Serves requests.
    Ready = 2,
    /// Finishes what it has and takes nothing new.
    Draining = 3,
    /// The process ended; the manager has not yet released the slot.
    Exited = 4,
}

impl State {
    fn from_u32(n: u32) -> Self {
        match n {
            1 => Self::Starting,
            2 => Self::Ready,
            3 => Self::Draining,
            4 => Self::Exited,
            _ => Self::Free,
        }
    }

    /// Lower-case name, for status and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Exited => "exited",
        }
    }
}

/// Why a worker asks to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Reason {
    /// It served as many requests as it should.
    Requests = 1,
    /// It is old enough.
    Age = 2,
    /// It uses too much memory.
    Memory = 3,
    /// A fatal error left its PHP state unusable.
    Fatal = 4,
    /// The application asked for it.
    Asked = 5,
}

impl Reason {
    fn from_u32(n: u32) -> Option<Self> {
        Some(match n {
            1 => Self::Requests,
            2 => Self::Age,
            3 => Self::Memory,
            4 => Self::Fatal,
            5 => Self::Asked,
            _ => return None,
        })
    }

    /// What to say in a log: "max_request reached" and so on.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Requests => "max_request reached",
            Self::Age => "max_age reached",
            Self::Memory => "memory_limit reached",
            Self::Fatal => "fatal error",
            Self::Asked => "asked by the application",
        }
    }
}

/// What a worker may ask of its manager through the board (a worker under
/// another user cannot signal a manager that is root).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Command {
    /// End the server gracefully.
    Shutdown = 1,
    /// Replace all workers.
    Reload = 2,
    /// Replace the task workers.
    ReloadTasks = 4,
}

/// Totals of the server's life, kept by the manager.
#[repr(C, align(64))]
#[derive(Debug, Default)]
pub struct Counters {
    /// Processes forked.
    pub spawned: AtomicU64,
    /// Processes that ended without being asked, by a signal or a code other than 0.
    pub crashed: AtomicU64,
    /// Processes replaced by limits (requests, age, memory, fatal errors).
    pub recycled: AtomicU64,
    /// Reloads that went through.
    pub reloads: AtomicU64,
    /// Reloads that were given up, the old generation serving on.
    pub failed_reloads: AtomicU64,
    /// Processes that had to be killed as they did not end in time.
    pub killed: AtomicU64,
    /// Requests served by processes that are gone.
    pub past_requests: AtomicU64,
    /// Bytes that they received.
    pub past_received: AtomicU64,
    /// Bytes that they sent.
    pub past_sent: AtomicU64,
    /// 1 while the server takes no new connections, or is about to take none.
    pub paused: AtomicU64,
    /// Connections that they accepted.
    pub past_accepted: AtomicU64,
}

// SAFETY: atomics only.
unsafe impl Shared for Counters {}

#[repr(C, align(64))]
struct Header {
    counters: Counters,
    started: AtomicU64,
    command: AtomicU32,
    script_len: AtomicU32,
    script: [AtomicU64; SCRIPT_WORDS],
}

// SAFETY: atomics only.
unsafe impl Shared for Header {}

/// The line of one running request: 256 bytes.
#[repr(C, align(64))]
struct Record {
    /// Odd while the line is being written.
    sequence: AtomicU32,
    /// Length + 1; 0 when no request runs here.
    length: AtomicU32,
    began: AtomicU64,
    _spare: AtomicU64,
    words: [AtomicU64; LINE_WORDS],
}

// SAFETY: atomics only.
unsafe impl Shared for Record {}

/// A request that was running when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The request line, cut at [`LINE_MAX`] bytes, control characters shown
    /// as `?`.
    pub line: String,
    /// When it began, in [`monotonic`] nanoseconds.
    pub began: u64,
}

/// One worker's place on the board. Fields of the worker are written by that
/// worker only, the others by the manager only.
#[repr(C, align(64))]
pub struct Slot {
    // Written by the manager.
    pid: AtomicI32,
    id: AtomicU32,
    kind: AtomicU32,
    generation: AtomicU32,
    started: AtomicU64,
    rss: AtomicU64,
    // Written rarely, by both.
    state: AtomicU32,
    reason: AtomicU32,
    // Written per request by the worker: its own cache line.
    hot: Hot,
}

#[repr(C, align(64))]
struct Hot {
    requests: AtomicU64,
    connections: AtomicU64,
    in_flight: AtomicU64,
    heartbeat: AtomicU64,
    /// 1 + index of the record begun last.
    last: AtomicU32,
    /// Records ever used by this process: those beyond were never touched.
    used: AtomicU32,
    received: AtomicU64,
    sent: AtomicU64,
    accepted: AtomicU64,
}

// SAFETY: atomics only.
unsafe impl Shared for Slot {}
// SAFETY: atomics only.
unsafe impl Shared for Hot {}

impl Slot {
    /// Process id; 0 when free.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// Notes the process id; both sides of the fork may.
    pub fn set_pid(&self, pid: i32) {
        self.pid.store(pid, Ordering::Release);
    }

    /// Worker id, counted from 0; task workers follow the others.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Relaxed)
    }

    /// 0 for a worker, 1 for a task worker.
    #[must_use]
    pub fn kind(&self) -> u32 {
        self.kind.load(Ordering::Relaxed)
    }

    /// Generation that the process belongs to, counted from 1.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }

    /// When the process was forked, in [`monotonic`] nanoseconds.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// State now.
    #[must_use]
    pub fn state(&self) -> State {
        State::from_u32(self.state.load(Ordering::Acquire))
    }

    /// Moves to another state.
    pub fn set_state(&self, state: State) {
        self.state.store(state as u32, Ordering::Release);
    }

    /// Starting to Ready; false if the worker was told to drain before.
    pub fn make_ready(&self) -> bool {
        self.state
            .compare_exchange(
                State::Starting as u32,
                State::Ready as u32,
                Ordering::AcqRel,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Why the worker wants to be replaced, if it does.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        Reason::from_u32(self.reason.load(Ordering::Acquire))
    }

    /// Asks for a replacement; true for the first asking.
    pub fn want_recycle(&self, reason: Reason) -> bool {
        self.reason
            .compare_exchange(0, reason as u32, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Resident memory in bytes, as the manager measured it last.
    #[must_use]
    pub fn rss(&self) -> u64 {
        self.rss.load(Ordering::Relaxed)
    }

    /// Notes the resident memory.
    pub fn set_rss(&self, bytes: u64) {
        self.rss.store(bytes, Ordering::Relaxed);
    }

    /// Requests finished by this process.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.hot.requests.load(Ordering::Relaxed)
    }

    /// Bytes that its process has received and sent.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        (
            self.hot.received.load(Ordering::Relaxed),
            self.hot.sent.load(Ordering::Relaxed),
        )
    }

    /// Sets what its process has received and sent. Called by the process itself.
    #[inline]
    pub fn set_traffic(&self, (received, sent): (u64, u64)) {
        self.hot.received.store(received, Ordering::Relaxed);
        self.hot.sent.store(sent, Ordering::Relaxed);
    }

    /// Requests running now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.hot.in_flight.load(Ordering::Relaxed)
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.hot.connections.load(Ordering::Relaxed)
    }

    /// Connections that its process has accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.hot.accepted.load(Ordering::Relaxed)
    }

    /// One more connection. Only the worker itself may call this.
    #[inline]
    pub fn connection_opened(&self) {
        bump(&self.hot.connections, 1);
        bump(&self.hot.accepted, 1);
    }

    /// One connection less. Only the worker itself may call this.
    #[inline]
    pub fn connection_closed(&self) {
        let n = self.hot.connections.load(Ordering::Relaxed);
        self.hot
            .connections
            .store(n.saturating_sub(1), Ordering::Relaxed);
    }

    /// When the worker's loop last turned, in [`monotonic`] nanoseconds; 0
    /// when it never said.
    #[must_use]
    pub fn heartbeat(&self) -> u64 {
        self.hot.heartbeat.load(Ordering::Relaxed)
    }

    /// Says that the loop turns.
    #[inline]
    pub fn beat(&self, now: u64) {
        self.hot.heartbeat.store(now, Ordering::Relaxed);
    }
}

#[inline]
fn bump(counter: &AtomicU64, n: u64) -> u64 {
    // One writer: a load and a store are enough and cost no bus lock.
    let next = counter.load(Ordering::Relaxed).wrapping_add(n);
    counter.store(next, Ordering::Relaxed);
    next
}

/// All slots of a server, in memory shared by its processes.
pub struct ScoreBoard {
    header: NonNull<Header>,
    slots: NonNull<[Slot]>,
    records: NonNull<[Record]>,
    records_per_slot: usize,
    _region: Region,
}

// SAFETY: all that is shared is atomics in a mapping that the board owns.
unsafe impl Send for ScoreBoard {}
// SAFETY: as above.
unsafe impl Sync for ScoreBoard {}

impl ScoreBoard {
    /// A board of `slots` workers; each remembers up to `records` running
    /// requests (256 bytes each; 0 turns the lines off).
    ///
    /// # Errors
    /// When there are no slots or the system refuses the memory.
    pub fn new(slots: usize, records: usize) -> io::Result<Self> {
        let full = || io::Error::new(io::ErrorKind::OutOfMemory, "the score board does not fit");
        let records = records.min(usize::from(u16::MAX) - 1);
        let count = slots.checked_mul(records).ok_or_else(full)?;
        let size = [
            Some(size_of::<Header>() + 256),
            size_of::<Slot>().checked_mul(slots.max(1)),
            size_of::<Record>().checked_mul(count),
        ]
        .into_iter()
        .try_fold(0usize, |sum, n| sum.checked_add(n?))
        .ok_or_else(full)?;
        if slots == 0 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a score board needs at least one slot",
            ));
        }
        let region = Region::new(size)?;
        let header = region.place::<Header>().ok_or_else(full)?;
        let slots = region.place_slice::<Slot>(slots).ok_or_else(full)?;
        let record_list = region.place_slice::<Record>(count).ok_or_else(full)?;
        let board = Self {
            header,
            slots,
            records: record_list,
            records_per_slot: records,
            _region: region,
        };
        board.header().started.store(monotonic(), Ordering::Relaxed);
        Ok(board)
    }

    fn header(&self) -> &Header {
        // SAFETY: allocated in new() from the region that self owns; zeroed atomics.
        unsafe { self.header.as_ref() }
    }

    /// All slots.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        // SAFETY: as in header().
        unsafe { self.slots.as_ref() }
    }

    /// The records that the slot's process has used.
    fn used_records(&self, slot: usize) -> &[Record] {
        let used = self.slots()[slot].hot.used.load(Ordering::Acquire) as usize;
        let all = self.records(slot);
        &all[..used.min(all.len())]
    }

    fn records(&self, slot: usize) -> &[Record] {
        // SAFETY: as in header().
        let all = unsafe { self.records.as_ref() };
        let first = slot * self.records_per_slot;
        all.get(first..first + self.records_per_slot)
            .unwrap_or_default()
    }

    /// Totals.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.header().counters
    }

    /// When the board was made, in [`monotonic`] nanoseconds.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.header().started.load(Ordering::Relaxed)
    }

    /// Notes the script that the server runs, cut at [`SCRIPT_MAX`] bytes.
    pub fn set_script(&self, path: &[u8]) {
        let path = &path[..path.len().min(SCRIPT_MAX)];
        let header = self.header();
        header.script_len.store(0, Ordering::Release);
        store_bytes(&header.script, path);
        header
            .script_len
            .store(path.len() as u32, Ordering::Release);
    }

    /// The script that the server runs; empty when never noted.
    #[must_use]
    pub fn script(&self) -> String {
        let header = self.header();
        let len = header.script_len.load(Ordering::Acquire) as usize;
        readable(&load_bytes(&header.script, len.min(SCRIPT_MAX)))
    }

    /// Leaves a command for the manager (who must be woken by other means).
    pub fn ask(&self, command: Command) {
        self.header()
            .command
            .fetch_or(command as u32, Ordering::AcqRel);
    }

    /// Takes all commands left, Shutdown first.
    pub fn take_commands(&self) -> impl Iterator<Item = Command> + use<> {
        let bits = self.header().command.swap(0, Ordering::AcqRel);
        [Command::Shutdown, Command::Reload, Command::ReloadTasks]
            .into_iter()
            .filter(move |c| bits & *c as u32 != 0)
    }

    /// Takes a free slot for a process that is about to be forked. None when
    /// all are in use. Only the manager may call this.
    #[must_use]
    pub fn claim(&self, id: u32, kind: u32, generation: u32) -> Option<usize> {
        let index = self.slots().iter().position(|s| s.state() == State::Free)?;
        let slot = &self.slots()[index];
        slot.pid.store(0, Ordering::Relaxed);
        slot.id.store(id, Ordering::Relaxed);
        slot.kind.store(kind, Ordering::Relaxed);
        slot.generation.store(generation, Ordering::Relaxed);
        slot.started.store(monotonic(), Ordering::Relaxed);
        slot.rss.store(0, Ordering::Relaxed);
        slot.reason.store(0, Ordering::Relaxed);
        slot.hot.requests.store(0, Ordering::Relaxed);
        slot.hot.received.store(0, Ordering::Relaxed);
        slot.hot.sent.store(0, Ordering::Relaxed);
        slot.hot.accepted.store(0, Ordering::Relaxed);
        slot.hot.connections.store(0, Ordering::Relaxed);
        slot.hot.in_flight.store(0, Ordering::Relaxed);
        slot.hot.heartbeat.store(0, Ordering::Relaxed);
        slot.hot.last.store(0, Ordering::Relaxed);
        for record in self.used_records(index) {
            record.length.store(0, Ordering::Relaxed);
            record.sequence.store(0, Ordering::Relaxed);
        }
        slot.hot.used.store(0, Ordering::Relaxed);
        slot.set_state(State::Starting);
        Some(index)
    }

    /// Gives a slot back once its process is gone and has been reported.
    pub fn release(&self, index: usize) {
        if let Some(slot) = self.slots().get(index) {
            bump(&self.counters().past_requests, slot.requests());
            let (received, sent) = slot.traffic();
            bump(&self.counters().past_received, received);
            bump(&self.counters().past_sent, sent);
            bump(&self.counters().past_accepted, slot.accepted());
            slot.pid.store(0, Ordering::Relaxed);
            slot.set_state(State::Free);
        }
    }

    /// Requests served by all processes, past and present.
    #[must_use]
    pub fn total_requests(&self) -> u64 {
        let live: u64 = self
            .slots()
            .iter()
            .filter(|s| s.state() != State::Free)
            .map(Slot::requests)
            .sum();
        live + self.counters().past_requests.load(Ordering::Relaxed)
    }

    /// Connections accepted by all processes, past and present.
    #[must_use]
    pub fn total_accepted(&self) -> u64 {
        let live = self.slots().iter().filter(|s| s.state() != State::Free);
        let past = self.counters().past_accepted.load(Ordering::Relaxed);
        live.map(Slot::accepted).sum::<u64>() + past
    }

    /// Bytes received and sent by all processes, past and present.
    #[must_use]
    pub fn total_traffic(&self) -> (u64, u64) {
        let past = self.counters();
        let past = (
            past.past_received.load(Ordering::Relaxed),
            past.past_sent.load(Ordering::Relaxed),
        );
        let live = self.slots().iter().filter(|s| s.state() != State::Free);
        live.map(Slot::traffic)
            .fold(past, |all, one| (all.0 + one.0, all.1 + one.1))
    }

    /// The requests that run in a slot, oldest first. Of a process that was
    /// killed while it wrote a line, the line is what had been written.
    #[must_use]
    pub fn running(&self, index: usize) -> Vec<Request> {
        let mut list: Vec<Request> = self
            .used_records(index)
            .iter()
            .filter_map(read_record)
            .collect();
        list.sort_by_key(|r| r.began);
        list
    }

    /// The request begun last in a slot, finished or not.
    #[must_use]
    pub fn last_request(&self, index: usize) -> Option<Request> {
        let last = self.slots().get(index)?.hot.last.load(Ordering::Acquire) as usize;
        let record = self.records(index).get(last.checked_sub(1)?)?;
        let len = record.words.len() * 8;
        let bytes = load_bytes(&record.words, len);
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(len);
        Some(Request {
            line: readable(&bytes[..end]),
            began: record.began.load(Ordering::Relaxed),
        })
    }

    /// The worker's own books of records for its slot.
    #[must_use]
    pub fn tickets(&self) -> Tickets {
        Tickets {
            free: (0..self.records_per_slot as u16).rev().collect(),
        }
    }

    /// A request has come: it is counted. Only the worker of the slot may call this.
    #[inline]
    pub fn come(&self, index: usize) -> Ticket {
        bump(&self.slots()[index].hot.in_flight, 1);
        Ticket::UNRECORDED
    }

    /// A request that has come enters PHP: keeps the first [`LINE_MAX`] bytes of `line`. Only
    /// the worker of the slot may call this. `now` is in [`monotonic`]
    /// nanoseconds (the loop's own clock is precise enough).
    #[inline]
    pub fn begin(&self, index: usize, tickets: &mut Tickets, line: &[u8], now: u64) -> Ticket {
        let slot = &self.slots()[index];
        let Some(number) = tickets.free.pop() else {
            return Ticket::UNRECORDED;
        };
        let record = &self.records(index)[usize::from(number)];
        let line = &line[..line.len().min(LINE_MAX)];
        let sequence = record.sequence.load(Ordering::Relaxed);
        record
            .sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        record
            .length
            .store(line.len() as u32 + 1, Ordering::Relaxed);
        record.began.store(now, Ordering::Relaxed);
        store_bytes(&record.words, line);
        record
            .sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
        slot.hot
            .last
            .store(u32::from(number) + 1, Ordering::Relaxed);
        if u32::from(number) >= slot.hot.used.load(Ordering::Relaxed) {
            slot.hot
                .used
                .store(u32::from(number) + 1, Ordering::Release);
        }
        Ticket(number)
    }

    /// A request ends; returns how many the process has finished. `traffic`: bytes that the process has
    /// received and sent so far.
    #[inline]
    pub fn end(
        &self,
        index: usize,
        tickets: &mut Tickets,
        ticket: Ticket,
        traffic: (u64, u64),
    ) -> u64 {
        if ticket != Ticket::UNRECORDED {
            self.records(index)[usize::from(ticket.0)]
                .length
                .store(0, Ordering::Release);
            tickets.free.push(ticket.0);
        }
        self.end_unrecorded(index, traffic)
    }

    /// As [`ScoreBoard::end`], for [`Ticket::UNRECORDED`].
    #[inline]
    pub fn end_unrecorded(&self, index: usize, traffic: (u64, u64)) -> u64 {
        let slot = &self.slots()[index];
        slot.set_traffic(traffic);
        let running = slot.hot.in_flight.load(Ordering::Relaxed);
        slot.hot
            .in_flight
            .store(running.saturating_sub(1), Ordering::Relaxed);
        bump(&slot.hot.requests, 1)
    }
}

/// A running request's place in the records; give it back with
/// [`ScoreBoard::end`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a request that never ends keeps its record"]
pub struct Ticket(u16);

impl Ticket {
    /// Of a request that has not entered PHP, or for which there was no record left.
    pub const UNRECORDED: Self = Self(u16::MAX);

    /// The ticket as a number, for a record that can't hold it.
    #[must_use]
    pub const fn into_number(self) -> u16 {
        self.0
    }

    /// The ticket of a number from [`Ticket::into_number`]; use each once.
    pub fn from_number(number: u16) -> Self {
        Self(number)
    }
}

/// Which records of a slot are free: the worker's private knowledge.
#[derive(Debug)]
pub struct Tickets {
    free: Vec<u16>,
}

fn read_record(record: &Record) -> Option<Request> {
    for attempt in 0..4 {
        let before = record.sequence.load(Ordering::Acquire);
        let length = record.length.load(Ordering::Acquire) as usize;
        if length == 0 {
            return None;
        }
        let bytes = load_bytes(&record.words, (length - 1).min(LINE_MAX));
        let began = record.began.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let after = record.sequence.load(Ordering::Relaxed);
        // A writer that was killed leaves the number odd for ever: take what is there.
        if attempt == 3 || (before == after && before.is_multiple_of(2)) {
            return Some(Request {
                line: readable(&bytes),
                began,
            });
        }
    }
    None
}

/// Stores the bytes word by word and, if there is room, a zero behind them.
#[inline]
fn store_bytes(words: &[AtomicU64], bytes: &[u8]) {
    let (whole, rest) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*chunk), Ordering::Relaxed);
    }
    if let Some(word) = words.get(whole.len()) {
        let last = match bytes.last_chunk::<8>() {
            _ if rest.is_empty() => 0,
            // The last eight bytes overlap what was stored: no copy of an unknown length.
            Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
            None => rest
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        word.store(u64::from_ne_bytes(last.to_le_bytes()), Ordering::Relaxed);
    }
}

fn load_bytes(words: &[AtomicU64], len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words
        .iter()
        .take(len.div_ceil(8))
        .flat_map(|w| w.load(Ordering::Relaxed).to_ne_bytes())
        .collect();
    bytes.truncate(len);
    bytes
}

/// What a client sent goes into logs and terminals: no control characters.
fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// Nanoseconds of CLOCK_MONOTONIC: comparable between processes.
#[must_use]
pub fn monotonic() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes one timespec on the stack; the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests;
