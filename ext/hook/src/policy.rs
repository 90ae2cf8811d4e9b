//! What the embedding extension decides: whether a call may suspend, and how to wait.

use std::any::Any;
use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

use crate::offload::{FileWork, OffloadOutcome};
use crate::resolve::{Query, ResolveOutcome};

/// A set of call families that may suspend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Families(u32);

impl Families {
    /// No family.
    pub const NONE: Self = Self(0);
    /// `sleep`, `usleep`, `nanosleep`, `clock_nanosleep`.
    pub const SLEEP: Self = Self(1);
    /// Stream sockets of the internet families. TLS libraries read and write through them.
    pub const TCP: Self = Self(1 << 1);
    /// Datagram and raw sockets of the internet families.
    pub const UDP: Self = Self(1 << 2);
    /// Stream sockets of the local family.
    pub const UNIX: Self = Self(1 << 3);
    /// Datagram and sequential-packet sockets of the local family.
    pub const UDG: Self = Self(1 << 4);
    /// Pipes and FIFOs.
    pub const PIPE: Self = Self(1 << 5);
    /// `poll` of several descriptors or of one that belongs to no other family, `select`.
    pub const POLL: Self = Self(1 << 6);
    /// Reads of descriptors 0 to 2; without it they pass through, as writes to them always do.
    pub const STDIO: Self = Self(1 << 7);
    /// Files: reads of what is not in memory, `flock`, `fsync`, `fdatasync`.
    pub const FILE: Self = Self(1 << 8);
    /// Every family.
    pub const ALL: Self = Self(0x1ff);

    /// The set with these bits. Bits without a meaning are dropped.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The bits of this set.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The families that are in either set.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The families of this set that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every family of `other` is in this set. False for an empty `other`.
    pub const fn has(self, other: Self) -> bool {
        other.0 != 0 && self.0 & other.0 == other.0
    }
}

/// What a wait on one descriptor waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest(u8);

impl Interest {
    /// Readable, at its end, or failed.
    pub const READ: Self = Self(1);
    /// Writable or failed.
    pub const WRITE: Self = Self(2);
    /// Either of both.
    pub const BOTH: Self = Self(3);

    /// Whether the wait ends when the descriptor becomes readable.
    pub const fn is_read(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the wait ends when the descriptor becomes writable.
    pub const fn is_write(self) -> bool {
        self.0 & 2 != 0
    }
}

/// Why a wait on descriptors ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// Probably ready. The call asks the kernel again, so a false alarm is harmless.
    Ready,
    /// The time given has passed.
    TimedOut,
    /// The waiting coroutine was cancelled: the call fails with `ECANCELED`.
    Cancelled,
    /// The descriptor was closed in the meantime: the call fails with `EBADF`.
    Closed,
    /// Another coroutine is inside a wait for the same direction of this stream: the call fails with `EBUSY`.
    Taken,
    /// It can't be waited for (the kernel's epoll refuses it, no memory): the call blocks.
    Refused,
}

/// How a sleep ended. Durations are what was left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SleepOutcome {
    /// The whole time has passed.
    Done,
    /// A signal ended it: `EINTR`.
    Interrupted(Duration),
    /// The sleeping coroutine was cancelled: `ECANCELED`.
    Cancelled(Duration),
    /// The policy can't sleep here: the call blocks.
    Refused,
}

/// Work for another thread.
pub type AsideWork = Box<dyn FnOnce() -> Box<dyn Any + Send> + Send>;

/// How work on another thread ended.
pub enum AsideOutcome {
    /// With this.
    Done(Box<dyn Any + Send>),
    /// The waiting coroutine was cancelled: `ECANCELED`. The work goes on.
    Cancelled,
    /// It could not be begun: the call blocks.
    Refused,
}

/// The decisions that hooked calls ask for.
///
/// `can_suspend`, `flags` and `fd_closed` run on any thread and must neither block nor
/// call back into PHP. The waits run only where `can_suspend` has just returned true.
/// A wait may abandon the calling stack for ever: the hooked call holds nothing then.
pub struct Policy {
    /// Whether the caller may be suspended here and now. Asked first by every hooked call
    /// that may block, so it should cost a few nanoseconds.
    pub can_suspend: fn() -> bool,
    /// The families that are switched on. Asked after `can_suspend`.
    pub flags: fn() -> Families,
    /// Sleeps for the given time; zero means give way to others once.
    pub sleep: fn(Duration) -> SleepOutcome,
    /// Waits until the descriptor is ready, at most for the given time (`None`: for ever).
    /// Readiness that arises between two waits on a descriptor must not be lost.
    ///
    /// The flag says that it was waited for before, has been the same file since, and was
    /// found not to be ready just now: what was registered for that wait still holds.
    pub wait_fd: fn(RawFd, Interest, Option<Duration>, bool) -> WaitOutcome,
    /// A call on a stream finds that a coroutine was inside a wait for one of these directions when it was made. Is that
    /// one another, and is the call to be refused? Then the policy has told the caller's own code so, and the call fails with `EBUSY`.
    pub is_taken: fn(RawFd, Interest) -> bool,
    /// What the wait for the descriptor that has just ended found, as events of `poll`;
    /// 0 when that can't be told, or others were woken as well.
    pub found: fn(RawFd) -> i16,
    /// A TCP socket gave less than was asked for: nothing is left until an event tells otherwise.
    pub drained: fn(RawFd),
    /// Whether that still holds, so that a look at the descriptor can be left out.
    pub is_drained: fn(RawFd) -> bool,
    /// Waits until one of the descriptors is ready for its `events`, at most for the given
    /// time. Entries with a negative descriptor are ignored; an empty list waits for the
    /// time alone. `revents` is filled in by the hooked call, but for `POLLNVAL` of those that
    /// were closed or replaced meanwhile. The flag is that of `wait_fd`, for all of them.
    pub wait_many: fn(&mut [libc::pollfd], Option<Duration>, bool) -> WaitOutcome,
    /// Asks the query on another thread, and waits for its answer.
    pub resolve: fn(Query) -> ResolveOutcome,
    /// Does the work on another thread, and waits for its end.
    pub offload: fn(FileWork) -> OffloadOutcome,
    /// Waits until `ended`, which looks without waiting, says that a child has: this one, or any for a number below 1.
    /// Nobody else is to collect this one meanwhile.
    pub child: fn(pid: i32, ended: &mut dyn FnMut() -> bool) -> WaitOutcome,
    /// Does any work on another thread, and waits for what it gives.
    pub aside: fn(AsideWork) -> AsideOutcome,
    /// The descriptor is about to be closed or replaced: wake those who wait for it.
    /// Called before the kernel is, on every thread, inside and outside coroutines.
    pub fd_closed: fn(RawFd),
    /// Runs in the child of a `fork` made by foreign code, before that code goes on.
    pub forked: fn(),
}

/// Points to a word that is null while nobody can be suspended; null where that isn't known.
static GATE: AtomicPtr<AtomicPtr<c_void>> = AtomicPtr::new(ptr::null_mut());
/// The word for several threads with loops: they are asked each time.
static OPEN: AtomicPtr<c_void> = AtomicPtr::new(ptr::dangling_mut());

/// Says which word is null whenever no caller can be suspended, so that calls made then need not
/// ask `can_suspend`. With a second, different word all calls ask again.
pub fn set_gate(word: &'static AtomicPtr<c_void>) {
    let word = ptr::from_ref(word).cast_mut();
    let before = GATE.compare_exchange(ptr::null_mut(), word, Ordering::AcqRel, Ordering::Acquire);
    if before.is_err_and(|before| before != word) {
        GATE.store(ptr::from_ref(&OPEN).cast_mut(), Ordering::Release);
    }
}

/// Is it certain that the caller can't be suspended? The shortest way to say so.
#[inline(always)]
pub(crate) fn is_outside() -> bool {
    // SAFETY: the pointer is null or came from a &'static in `set_gate`.
    let gate = unsafe { GATE.load(Ordering::Acquire).as_ref() };
    gate.is_some_and(|word| word.load(Ordering::Relaxed).is_null())
}

static POLICY: AtomicPtr<Policy> = AtomicPtr::new(ptr::null_mut());

/// Installs the policy; it replaces the one from before. Takes effect with the next call.
pub fn install(policy: &'static Policy) {
    POLICY.store(ptr::from_ref(policy).cast_mut(), Ordering::Release);
}

/// Takes the policy away: from now on hooked calls are the original calls.
pub fn uninstall() {
    POLICY.store(ptr::null_mut(), Ordering::Release);
}

/// The installed policy, whether or not the caller may suspend.
#[inline]
pub(crate) fn installed() -> Option<&'static Policy> {
    // SAFETY: the pointer is null or came from a &'static Policy in `install`.
    unsafe { POLICY.load(Ordering::Acquire).as_ref() }
}

/// The policy if the caller may suspend now: the first question of every hooked call.
#[inline]
pub(crate) fn active() -> Option<&'static Policy> {
    if is_outside() {
        return None;
    }
    let policy = installed()?;
    if !(policy.can_suspend)() {
        return None;
    }
    if crate::vfork::in_child() || Bypass::is_on() {
        return None;
    }
    Some(policy)
}

/// The policy if the caller may suspend now and the families are switched on.
#[inline]
pub(crate) fn active_for(families: Families) -> Option<&'static Policy> {
    active().filter(|policy| (policy.flags)().has(families))
}

thread_local! {
    static BYPASS: Cell<u32> = const { Cell::new(0) };
}

/// While one is alive, hooked calls of this thread are the original calls, and closing a
/// descriptor is not announced. Must not be held across a switch of coroutines.
pub struct Bypass(PhantomData<*const ()>);

impl Bypass {
    /// Starts a stretch without hooks on this thread. They nest.
    #[must_use]
    pub fn new() -> Self {
        BYPASS.with(|depth| depth.set(depth.get().saturating_add(1)));
        Self(PhantomData)
    }

    /// Whether hooked calls of this thread are the original calls at present.
    #[inline]
    pub(crate) fn is_on() -> bool {
        BYPASS.with(|depth| depth.get() != 0)
    }
}

impl Default for Bypass {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Bypass {
    fn drop(&mut self) {
        BYPASS.with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

/// Announces that `fd` is about to be closed, and forgets what is known of it.
pub(crate) fn announce_close(fd: RawFd) {
    if fd < 0 || crate::fds::forget_file(fd) {
        return;
    }
    crate::fds::forget(fd);
    if let Some(policy) = installed()
        && !Bypass::is_on()
    {
        let _bypass = Bypass::new();
        crate::errno::preserve(|| (policy.fd_closed)(fd));
    }
}
