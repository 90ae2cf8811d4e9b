//! File descriptors and the timer clock of one thread: an epoll inside tokio's.
//!
//! One edge-triggered registration per descriptor, with reader and writer
//! waiters, or with a handler that takes the events of descriptors it owns.
//! Each entry has a generation, so that an event of a descriptor that was closed
//! and whose number is in use again finds nobody.

use crate::clock;
use crate::wait::{self, Kind, Token, Wake};
use std::cell::{Cell, RefCell};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;

mod busy;
mod epoll;

use epoll::control;

/// What a descriptor is ready for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readiness {
    /// Reading does not block (data, a connection, the peer's end, an error).
    pub read: bool,
    /// Writing does not block.
    pub write: bool,
    /// The peer has closed its side, or both.
    pub hangup: bool,
}

/// In which direction to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// Until reading does not block.
    Read,
    /// Until writing does not block.
    Write,
}

impl Interest {
    fn events(self) -> i32 {
        // Room to write is not told to those who read: a socket has it nearly always.
        libc::EPOLLET
            | match self {
                Self::Read => libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLRDHUP,
                Self::Write => libc::EPOLLOUT,
            }
    }
}

/// Takes the events of descriptors that a service owns, on the driver's stack.
pub trait Handler {
    /// A descriptor registered with `key` became ready. Edge-triggered: use it up.
    fn ready(&self, key: u64, readiness: Readiness);
    /// A timer set with [`crate::scheduler::at_handler`] fired.
    fn timer(&self, key: u64);
}

/// One entry is one file descriptor's number.
#[derive(Default)]
struct Entry {
    generation: u32,
    registered: bool,
    /// Index of the handler plus one and its key, when a service owns the descriptor.
    handler: u32,
    key: u64,
    /// What the kernel was asked to tell, where no service owns it.
    events: i32,
    /// What it told last, for the one waiter that this woke.
    found: i32,
    /// All that came was read, and nothing has been told since.
    is_drained: bool,
    /// It was told of an end, an error or urgent data, which no later event repeats.
    has_ended: bool,
    waiters: Vec<(Token, Interest)>,
}

/// A descriptor of our own, held so that it closes with the loop.
struct Own {
    epoll: Rc<OwnedFd>,
    timer: OwnedFd,
}

pub(crate) struct Reactor {
    own: RefCell<Option<Own>>,
    entries: RefCell<Vec<Entry>>,
    handlers: RefCell<Vec<Rc<dyn Handler>>>,
    armed: Cell<u64>,
    now: Cell<u64>,
    descriptors: Cell<usize>,
    waiting: Cell<usize>,
    busy: busy::Busy,
    /// How many loops have ended.
    ended: Cell<u64>,
}

const TIMER_KEY: u64 = u64::MAX;
/// What no later event repeats.
const ENDS: i32 = libc::EPOLLPRI | libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR;
/// Events taken from the kernel at a time.
pub(crate) const BATCH: usize = 256;

impl Reactor {
    pub(crate) const fn new() -> Self {
        Self {
            own: RefCell::new(None),
            entries: RefCell::new(Vec::new()),
            handlers: RefCell::new(Vec::new()),
            armed: Cell::new(u64::MAX),
            now: Cell::new(0),
            descriptors: Cell::new(0),
            waiting: Cell::new(0),
            busy: busy::Busy::new(),
            ended: Cell::new(0),
        }
    }

    /// Makes the epoll and the timer descriptor, after a fork and before a loop.
    pub(crate) fn open(&self) -> std::io::Result<Rc<OwnedFd>> {
        crate::overflow::install();
        if let Some(own) = self.own.borrow().as_ref() {
            return Ok(Rc::clone(&own.epoll));
        }
        // SAFETY: plain system calls; the results are checked below.
        let (epoll, timer) = unsafe {
            (
                libc::epoll_create1(libc::EPOLL_CLOEXEC),
                libc::timerfd_create(
                    libc::CLOCK_MONOTONIC,
                    libc::TFD_CLOEXEC | libc::TFD_NONBLOCK,
                ),
            )
        };
        if epoll < 0 || timer < 0 {
            return Err(std::io::Error::last_os_error());
        }
        // SAFETY: both were just opened and belong to nobody else.
        let (epoll, timer) = unsafe { (OwnedFd::from_raw_fd(epoll), OwnedFd::from_raw_fd(timer)) };
        let own = Own {
            epoll: Rc::new(epoll),
            timer,
        };
        let (epoll, timer) = (own.epoll.as_raw_fd(), own.timer.as_raw_fd());
        let shared = Rc::clone(&own.epoll);
        control(
            epoll,
            libc::EPOLL_CTL_ADD,
            timer,
            (libc::EPOLLIN | libc::EPOLLET) as u32,
            TIMER_KEY,
        )?;
        *self.own.borrow_mut() = Some(own);
        self.armed.set(u64::MAX);
        self.now.set(clock::now());
        Ok(shared)
    }

    /// Forgets every descriptor; those that services own stay open, theirs to close.
    pub(crate) fn close(&self) {
        *self.own.borrow_mut() = None;
        self.entries.borrow_mut().clear();
        self.handlers.borrow_mut().clear();
        self.ended.set(self.ended.get() + 1);
        self.descriptors.set(0);
        self.waiting.set(0);
        self.armed.set(u64::MAX);
    }

    pub(crate) fn descriptors(&self) -> usize {
        self.descriptors.get()
    }

    /// How many coroutines wait for a descriptor.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.get()
    }

    /// When the loop last turned, 0 for never.
    #[inline]
    pub(crate) fn turn_time(&self) -> u64 {
        self.now.get()
    }

    /// The time as of the loop's last turn.
    pub(crate) fn coarse_now(&self) -> u64 {
        let now = self.now.get();
        if now == 0 { clock::now() } else { now }
    }

    pub(crate) fn add_handler(&self, handler: Rc<dyn Handler>) -> u32 {
        let mut handlers = self.handlers.borrow_mut();
        handlers.push(handler);
        handlers.len() as u32
    }

    pub(crate) fn handler(&self, index: u32) -> Option<Rc<dyn Handler>> {
        self.handlers
            .borrow()
            .get((index as usize).checked_sub(1)?)
            .cloned()
    }

    fn epoll(&self) -> Option<RawFd> {
        self.own.borrow().as_ref().map(|own| own.epoll.as_raw_fd())
    }

    /// Gives the events of a descriptor to a handler, under a key of its choice.
    pub(crate) fn register(
        &self,
        fd: RawFd,
        handler: u32,
        key: u64,
        events: i32,
    ) -> std::io::Result<()> {
        let epoll = self.epoll().ok_or_else(not_running)?;
        let mut entries = self.entries.borrow_mut();
        let entry = entry_of(&mut entries, fd)?;
        entry.generation = entry.generation.wrapping_add(1);
        let events = events as u32;
        control(
            epoll,
            libc::EPOLL_CTL_ADD,
            fd,
            events,
            pack(fd, entry.generation),
        )?;
        entry.handler = handler;
        entry.key = key;
        entry.registered = true;
        self.descriptors.set(self.descriptors.get() + 1);
        Ok(())
    }

    /// Gives the events of a registered descriptor to another handler. What is ready now is told once more.
    fn hand_over(&self, fd: RawFd, handler: u32, key: u64) -> std::io::Result<()> {
        let epoll = self.epoll().ok_or_else(not_running)?;
        let mut entries = self.entries.borrow_mut();
        let entry = entry_of(&mut entries, fd)?;
        if !entry.registered || entry.handler == 0 {
            return Err(std::io::Error::from_raw_os_error(libc::ENOENT));
        }
        let events = (libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET) as u32;
        control(
            epoll,
            libc::EPOLL_CTL_MOD,
            fd,
            events,
            pack(fd, entry.generation),
        )?;
        entry.handler = handler;
        entry.key = key;
        Ok(())
    }

    /// To be called before a descriptor is closed (or replaced by dup2): waiters wake with [`Wake::Closed`].
    pub(crate) fn closing(&self, fd: RawFd, remove: bool) {
        let waiters = {
            let mut entries = self.entries.borrow_mut();
            let Some(entry) = entries.get_mut(fd as usize) else {
                return;
            };
            if !entry.registered {
                return;
            }
            if remove && let Some(epoll) = self.epoll() {
                // A duplicate may keep the file open: then only this ends the events.
                let _gone_already = control(epoll, libc::EPOLL_CTL_DEL, fd, 0, 0);
            }
            entry.registered = false;
            entry.handler = 0;
            entry.found = 0;
            entry.generation = entry.generation.wrapping_add(1);
            self.descriptors.set(self.descriptors.get() - 1);
            std::mem::take(&mut entry.waiters)
        };
        for (token, _) in waiters {
            token.wake(Wake::Closed);
        }
    }

    fn watch(
        &self,
        fd: RawFd,
        token: Token,
        interest: Interest,
        is_same: bool,
    ) -> std::io::Result<()> {
        let epoll = self.epoll().ok_or_else(not_running)?;
        let mut entries = self.entries.borrow_mut();
        let entry = entry_of(&mut entries, fd)?;
        entry.found = 0;
        if interest == Interest::Read {
            self.busy.hope();
        }
        let events = if entry.handler != 0 {
            Interest::Read.events() | Interest::Write.events()
        } else {
            let others = entry.waiters.iter().map(|(_, other)| other.events());
            others.fold(interest.events(), |all, more| all | more)
        };
        // An edge that comes after the caller has looked is kept by the kernel until it is taken.
        if is_same && entry.registered && entry.handler == 0 && entry.events == events {
            entry.waiters.push((token, interest));
            return Ok(());
        }
        // Modifying re-arms the edge, and tells when the number was closed behind our back.
        let known = entry.registered
            && control(
                epoll,
                libc::EPOLL_CTL_MOD,
                fd,
                events as u32,
                pack(fd, entry.generation),
            )
            .is_ok();
        if !known {
            let stale = std::mem::take(&mut entry.waiters);
            entry.generation = entry.generation.wrapping_add(1);
            entry.handler = 0;
            entry.is_drained = false;
            entry.has_ended = false;
            entry.events = interest.events();
            control(
                epoll,
                libc::EPOLL_CTL_ADD,
                fd,
                interest.events() as u32,
                pack(fd, entry.generation),
            )?;
            if !entry.registered {
                entry.registered = true;
                self.descriptors.set(self.descriptors.get() + 1);
            }
            entry.waiters.push((token, interest));
            drop(entries);
            for (token, _) in stale {
                token.wake(Wake::Closed);
            }
            return Ok(());
        }
        entry.events = events;
        entry.waiters.push((token, interest));
        Ok(())
    }

    fn watches(&self, fd: RawFd, token: Token) -> bool {
        let entries = self.entries.borrow();
        let entry = entries.get(fd as usize);
        entry.is_some_and(|entry| entry.waiters.iter().any(|(t, _)| *t == token))
    }

    fn unwatch(&self, fd: RawFd, token: Token) {
        let mut entries = self.entries.borrow_mut();
        if let Some(entry) = entries.get_mut(fd as usize) {
            entry.waiters.retain(|(t, _)| *t != token);
        }
    }

    /// Sets the kernel's timer when a moment comes before the one it is set to.
    #[inline]
    pub(crate) fn arm_timer(&self, next: Option<u64>) {
        if let Some(next) = next
            && next < self.armed.get()
        {
            self.set_timer(next);
        }
    }

    /// The kernel's timer fired: sets it to the next moment.
    pub(crate) fn rearm_timer(&self, next: Option<u64>) {
        self.armed.set(u64::MAX);
        self.arm_timer(next);
    }

    fn set_timer(&self, when: u64) {
        let own = self.own.borrow();
        let Some(own) = own.as_ref() else { return };
        self.armed.set(when);
        let when = when.max(1);
        let spec = libc::itimerspec {
            it_interval: libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: libc::timespec {
                tv_sec: (when / 1_000_000_000) as i64,
                tv_nsec: (when % 1_000_000_000) as i64,
            },
        };
        // SAFETY: a timer descriptor of ours and a local structure.
        unsafe {
            libc::timerfd_settime(
                own.timer.as_raw_fd(),
                libc::TFD_TIMER_ABSTIME,
                &raw const spec,
                std::ptr::null_mut(),
            )
        };
    }

    /// Takes what is ready (or waits until something is) and tells its waiters and handlers. Returns
    /// how many events came, and whether the timer fired.
    ///
    /// `awake` is called before that, when it has waited: handlers may run for long.
    #[inline(always)]
    pub(crate) fn poll(&self, waits: bool, awake: impl FnOnce()) -> (usize, bool) {
        let Some(epoll) = self.epoll() else {
            return (0, false);
        };
        let mut events: [MaybeUninit<libc::epoll_event>; BATCH] =
            [const { MaybeUninit::uninit() }; BATCH];
        let mut take = |timeout| epoll::wait(epoll, &mut events, timeout);
        let mut n = 0;
        if waits {
            let time = self.busy.time(self.waiting.get());
            if time > 0 {
                n = self.poll_busily(time, &mut take);
            }
        }
        if n == 0 {
            n = take(if waits { -1 } else { 0 });
        }
        self.now.set(clock::now());
        if waits {
            awake();
        }
        let mut timer = false;
        for event in &events[..n.max(0) as usize] {
            // SAFETY: the kernel wrote the first n events.
            let event = unsafe { event.assume_init_ref() };
            let (bits, data) = (event.events as i32, event.u64);
            if data == TIMER_KEY {
                timer = true;
                continue;
            }
            let readiness = Readiness {
                read: bits & (libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR)
                    != 0,
                write: bits & (libc::EPOLLOUT | libc::EPOLLHUP | libc::EPOLLERR) != 0,
                hangup: bits & (libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR) != 0,
            };
            self.deliver(data, bits, readiness);
        }
        (n.max(0) as usize, timer)
    }

    /// Looks again and again for so many nanoseconds, or until there is something.
    #[inline(never)]
    fn poll_busily(&self, time: u64, take: &mut impl FnMut(i32) -> i32) -> i32 {
        let begin = clock::now();
        loop {
            let n = take(0);
            if n != 0 || clock::now() - begin > time {
                self.busy.polled(n != 0);
                return n;
            }
        }
    }

    fn deliver(&self, data: u64, bits: i32, readiness: Readiness) {
        let (fd, generation) = ((data & 0xffff_ffff) as usize, (data >> 32) as u32);
        let mut entries = self.entries.borrow_mut();
        let Some(entry) = entries.get_mut(fd) else {
            return;
        };
        if !entry.registered || entry.generation != generation {
            return;
        }
        if entry.handler != 0 {
            let (handler, key) = (entry.handler, entry.key);
            drop(entries);
            if let Some(handler) = self.handler(handler) {
                handler.ready(key, readiness);
            }
            return;
        }
        let hits = |interest: Interest| match interest {
            Interest::Read => readiness.read,
            Interest::Write => readiness.write,
        };
        entry.found = bits;
        entry.is_drained = false;
        entry.has_ended |= bits & ENDS != 0;
        if let [(token, interest)] = entry.waiters[..] {
            if hits(interest) {
                entry.waiters.clear();
                drop(entries);
                token.wake(Wake::Ready);
            }
            return;
        }
        let mut woken: Vec<Token> = Vec::new();
        entry.waiters.retain(|(token, interest)| {
            let hit = hits(*interest);
            if hit {
                woken.push(*token);
            }
            !hit
        });
        if woken.len() > 1 {
            entry.found = 0;
        }
        drop(entries);
        for token in woken {
            token.wake(Wake::Ready);
        }
    }
}

fn entry_of(entries: &mut Vec<Entry>, fd: RawFd) -> std::io::Result<&mut Entry> {
    let index = usize::try_from(fd).map_err(|_| std::io::Error::from_raw_os_error(libc::EBADF))?;
    if index >= entries.len() {
        entries.resize_with((index + 1).next_power_of_two(), Entry::default);
    }
    Ok(&mut entries[index])
}

fn pack(fd: RawFd, generation: u32) -> u64 {
    u64::from(generation) << 32 | fd as u64
}

fn not_running() -> std::io::Error {
    std::io::Error::other("no event loop runs on this thread")
}

/// Who waits for which descriptor: coroutine, descriptor, direction. Goes through all descriptors.
#[must_use]
pub fn waiters() -> Vec<(u64, RawFd, Interest)> {
    crate::scheduler::with(|s| {
        let entries = s.reactor.entries.borrow();
        let each = entries.iter().enumerate().flat_map(|(fd, entry)| {
            let waiting = entry.waiters.iter().filter(|(token, _)| token.is_waiting());
            waiting.map(move |(token, interest)| (token.coroutine(), fd as RawFd, *interest))
        });
        each.collect()
    })
}

/// Waits until a descriptor is ready, inside a coroutine.
///
/// Ready at once for what epoll does not take (regular files).
///
/// # Errors
/// The system's error when the descriptor can't be watched.
pub fn wait_fd(fd: RawFd, interest: Interest, deadline: Option<u64>) -> std::io::Result<Wake> {
    wait_unready(fd, interest, deadline, false)
}

/// As [`wait_fd`], for a descriptor that the caller has just found not to be ready. `is_same` says
/// that it was waited for before and is certain to be the same file since: then the kernel need not be told again.
///
/// # Errors
/// As there.
pub fn wait_unready(
    fd: RawFd,
    interest: Interest,
    deadline: Option<u64>,
    is_same: bool,
) -> std::io::Result<Wake> {
    let s = crate::scheduler::get();
    let token = wait::begin(Kind::Descriptor);
    if let Err(error) = s.reactor.watch(fd, token, interest, is_same) {
        wait::disarm(token);
        return match error.raw_os_error() {
            Some(libc::EPERM) => Ok(Wake::Ready),
            _ => Err(error),
        };
    }
    s.reactor.waiting.set(s.reactor.waiting.get() + 1);
    let reason = wait::park(deadline);
    s.reactor
        .waiting
        .set(s.reactor.waiting.get().saturating_sub(1));
    if reason != Wake::Ready && reason != Wake::Closed {
        s.reactor.unwatch(fd, token);
    }
    Ok(reason)
}

/// What the last event of a descriptor said (`EPOLLIN` and so on), where it woke one coroutine alone
/// and nobody has begun to wait since; 0 otherwise.
#[must_use]
pub fn found(fd: RawFd) -> i32 {
    let s = crate::scheduler::get();
    let entries = s.reactor.entries.borrow();
    let entry = entries.get(usize::try_from(fd).unwrap_or(usize::MAX));
    entry.map_or(0, |entry| entry.found)
}

/// A stream socket gave less than was asked for: there is nothing more until the kernel tells of it.
#[inline]
pub fn set_drained(fd: RawFd) {
    let s = crate::scheduler::get();
    let mut entries = s.reactor.entries.borrow_mut();
    let Some(entry) = entries.get_mut(usize::try_from(fd).unwrap_or(usize::MAX)) else {
        return;
    };
    // Only where it tells at all, and nothing waits that it has told already.
    entry.is_drained = entry.registered
        && entry.handler == 0
        && entry.events & libc::EPOLLIN != 0
        && !entry.has_ended;
}

/// Is nothing there to read, by what was read and told last? False where it is not known.
#[must_use]
pub fn is_drained(fd: RawFd) -> bool {
    let s = crate::scheduler::get();
    let entries = s.reactor.entries.borrow();
    let entry = entries.get(usize::try_from(fd).unwrap_or(usize::MAX));
    entry.is_some_and(|entry| entry.is_drained && entry.registered)
}

/// How long this thread's loop polls before it sleeps, in nanoseconds, where a single coroutine waits
/// for something to read and that has paid lately; 0 for never.
pub fn set_busy_poll(nanoseconds: u64) {
    crate::scheduler::get().reactor.busy.set_limit(nanoseconds);
}

/// Looks whether a descriptor is ready, without waiting.
///
/// # Errors
/// `EBADF` when it is not open.
pub fn look(fd: RawFd, read: bool, write: bool) -> std::io::Result<Readiness> {
    let mut entry = libc::pollfd {
        fd,
        events: 0,
        revents: 0,
    };
    if read {
        entry.events |= libc::POLLIN | libc::POLLRDHUP;
    }
    if write {
        entry.events |= libc::POLLOUT;
    }
    // SAFETY: one valid entry, no waiting.
    if unsafe { libc::poll(&raw mut entry, 1, 0) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    let found = |events: i16| entry.revents & events != 0;
    if found(libc::POLLNVAL) {
        return Err(std::io::Error::from_raw_os_error(libc::EBADF));
    }
    let broken = found(libc::POLLERR | libc::POLLHUP);
    Ok(Readiness {
        read: broken || found(libc::POLLIN | libc::POLLRDHUP),
        write: broken || found(libc::POLLOUT),
        hangup: broken || found(libc::POLLRDHUP),
    })
}

/// Waits until one of several descriptors is ready. The caller looks which (poll with no time-out).
///
/// # Errors
/// The system's error when one can't be watched.
pub fn wait_any(set: &[(RawFd, Interest)], deadline: Option<u64>) -> std::io::Result<Wake> {
    wait_any_unready(set, deadline, false, &mut |_| {})
}

/// As [`wait_any`], with what [`wait_unready`] says of `is_same`, for all of them. `closed` is told those that were closed or
/// replaced meanwhile.
///
/// # Errors
/// As there.
pub fn wait_any_unready(
    set: &[(RawFd, Interest)],
    deadline: Option<u64>,
    is_same: bool,
    closed: &mut dyn FnMut(RawFd),
) -> std::io::Result<Wake> {
    let s = crate::scheduler::get();
    let token = wait::begin(Kind::Descriptor);
    let unwatch = |upto: usize| {
        for (fd, _) in &set[..upto] {
            s.reactor.unwatch(*fd, token);
        }
    };
    for (index, &(fd, interest)) in set.iter().enumerate() {
        if let Err(error) = s.reactor.watch(fd, token, interest, is_same) {
            wait::disarm(token);
            unwatch(index);
            return match error.raw_os_error() {
                Some(libc::EPERM) => Ok(Wake::Ready),
                _ => Err(error),
            };
        }
    }
    s.reactor.waiting.set(s.reactor.waiting.get() + 1);
    let reason = wait::park(deadline);
    s.reactor
        .waiting
        .set(s.reactor.waiting.get().saturating_sub(1));
    if reason == Wake::Closed {
        for (fd, _) in set.iter().filter(|(fd, _)| !s.reactor.watches(*fd, token)) {
            closed(*fd);
        }
    }
    unwatch(set.len());
    Ok(reason)
}

/// Makes ready for waits before a loop runs: for coroutines that start first and are driven later.
///
/// # Errors
/// The system's error when it refuses the descriptors.
pub fn prepare() -> std::io::Result<()> {
    crate::scheduler::with(|s| s.reactor.open().map(drop))
}

/// Forgets what [`prepare`] or a loop has made; for the child of a fork, whose parent's loop is not its own.
pub fn abandon() {
    crate::scheduler::with(|s| s.reactor.close());
}

/// How many loops of this thread have ended: what was registered belongs to the one that has this number.
#[must_use]
pub fn loop_number() -> u64 {
    crate::scheduler::get().reactor.ended.get()
}

/// Registers a service's handler with this thread's loop; its index is for [`register`].
pub fn add_handler(handler: Rc<dyn Handler>) -> u32 {
    crate::scheduler::with(|s| s.reactor.add_handler(handler))
}

/// Gives the events of a descriptor to a handler, under a key of the service's choice.
///
/// # Errors
/// The system's error, or that no loop runs.
pub fn register(fd: RawFd, handler: u32, key: u64) -> std::io::Result<()> {
    let events = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET;
    crate::scheduler::with(|s| s.reactor.register(fd, handler, key, events))
}

/// Gives the events of a descriptor that is registered with a handler to another one. What is ready now is told once more.
///
/// # Errors
/// The system's error, `ENOENT` when it is not registered, or that no loop runs.
pub fn hand_over(fd: RawFd, handler: u32, key: u64) -> std::io::Result<()> {
    crate::scheduler::with(|s| s.reactor.hand_over(fd, handler, key))
}

/// As [`register`], for a listening socket that several processes share: one of them is woken.
///
/// # Errors
/// As there.
pub fn register_listener(fd: RawFd, handler: u32, key: u64) -> std::io::Result<()> {
    let events = libc::EPOLLIN | libc::EPOLLET | libc::EPOLLEXCLUSIVE;
    crate::scheduler::with(|s| s.reactor.register(fd, handler, key, events))
}

/// To be called before a descriptor is closed, so that its waiters wake.
pub fn closing(fd: RawFd) {
    crate::scheduler::get().reactor.closing(fd, true);
}

/// Ends the waits for a descriptor as if it were closed; it stays open.
pub fn evict(fd: RawFd) {
    let waiters = crate::scheduler::with(|s| {
        let mut entries = s.reactor.entries.borrow_mut();
        let entry = entries.get_mut(usize::try_from(fd).unwrap_or(usize::MAX));
        entry.map_or_else(Vec::new, |entry| std::mem::take(&mut entry.waiters))
    });
    for (token, _) in waiters {
        token.wake(Wake::Closed);
    }
}

/// As [`closing`], for a descriptor without duplicates: the kernel forgets it by itself.
pub fn closing_last(fd: RawFd) {
    crate::scheduler::get().reactor.closing(fd, false);
}

/// The time as of the loop's last turn: free of a system call, at most one turn old.
#[must_use]
pub fn coarse_now() -> u64 {
    crate::scheduler::with(|s| s.reactor.coarse_now())
}
