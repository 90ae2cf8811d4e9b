//! What is known of each descriptor: its kind, and whether it is in non-blocking mode.
//!
//! Two bytes per descriptor in segments of a page that are mapped when first needed, so
//! that a look-up is two loads and never allocates from the heap. Knowledge is dropped
//! when the descriptor is closed or replaced.

use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU16, Ordering};

use crate::errno;
use crate::policy::{Families, Interest};
use crate::recent;

const SEGMENT: usize = 2048;
const SEGMENTS: usize = 512;

static TABLE: [AtomicPtr<AtomicU16>; SEGMENTS] =
    [const { AtomicPtr::new(ptr::null_mut()) }; SEGMENTS];

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Unknown,
    Tcp,
    Udp,
    UnixStream,
    UnixDatagram,
    OtherSocket,
    Pipe,
    /// A pipe or FIFO that knows no `RWF_NOWAIT`.
    PlainPipe,
    Regular,
    /// Terminals, eventfds and other devices: reads and writes pass through.
    Other,
    /// A file whose reads pass through: it is small and was read a moment ago, or nobody can say what of it is in memory.
    Memory,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Unknown,
        Self::Tcp,
        Self::Udp,
        Self::UnixStream,
        Self::UnixDatagram,
        Self::OtherSocket,
        Self::Pipe,
        Self::PlainPipe,
        Self::Regular,
        Self::Other,
        Self::Memory,
    ];

    /// The kind of a socket made with these arguments.
    fn of_socket(domain: i32, kind: i32) -> Self {
        match (domain, kind) {
            (libc::AF_INET | libc::AF_INET6, libc::SOCK_STREAM) => Self::Tcp,
            (libc::AF_INET | libc::AF_INET6, _) => Self::Udp,
            (libc::AF_UNIX, libc::SOCK_STREAM) => Self::UnixStream,
            (libc::AF_UNIX, _) => Self::UnixDatagram,
            _ => Self::OtherSocket,
        }
    }

    /// The family that decides about calls on such a descriptor; none for the others.
    pub(crate) fn family(self) -> Families {
        match self {
            Self::Tcp => Families::TCP,
            Self::Udp => Families::UDP,
            Self::UnixStream => Families::UNIX,
            Self::UnixDatagram => Families::UDG,
            Self::Pipe | Self::PlainPipe => Families::PIPE,
            _ => Families::NONE,
        }
    }

    /// A byte stream: sends go on until all is sent.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::UnixStream)
    }

    /// Bytes without borders between messages: of two readers, neither gets what it can use.
    pub(crate) fn is_bytes(self) -> bool {
        self.is_stream() || matches!(self, Self::Pipe | Self::PlainPipe)
    }

    /// A socket of any kind.
    pub(crate) fn is_socket(self) -> bool {
        matches!(
            self,
            Self::Tcp | Self::Udp | Self::UnixStream | Self::UnixDatagram | Self::OtherSocket
        )
    }
}

/// What is known of `O_NONBLOCK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Unknown,
    Blocking,
    NonBlocking,
    /// Another descriptor shares the flag and may change it: ask each time.
    Shared,
}

/// What is known of one descriptor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u16);

const KIND: u16 = 0x0f;
const MODE: u16 = 0x30;
/// There is known to be no `SO_RCVTIMEO`.
const NO_RECEIVE_TIMEOUT: u16 = 0x40;
/// There is known to be no `SO_SNDTIMEO`.
const NO_SEND_TIMEOUT: u16 = 0x80;
/// It was waited for, and has been the same file since.
const WAITED_FOR: u16 = 0x100;
/// A stream for which a coroutine is inside a wait to read.
const HAS_READER: u16 = 0x200;
/// A stream for which a coroutine is inside a wait to write.
const HAS_WRITER: u16 = 0x400;

/// Of files, which have no time-outs: the same bits say whose its locks on ranges are.
const LOCKS: u16 = 0xc0;

/// Whose the locks on ranges of a descriptor's file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Locks {
    /// Nobody asked for one yet.
    Unused,
    /// The process's, whichever descriptor they were asked for by.
    OfProcess,
    /// The open file description's.
    OfDescription,
}

impl State {
    const UNKNOWN: Self = Self(0);

    fn new(kind: Kind, mode: Mode) -> Self {
        Self(kind as u16 | (mode as u16) << 4)
    }

    /// What the descriptor refers to.
    pub(crate) fn kind(self) -> Kind {
        Kind::ALL
            .get(usize::from(self.0 & KIND))
            .copied()
            .unwrap_or(Kind::Unknown)
    }

    fn mode(self) -> Mode {
        match (self.0 & MODE) >> 4 {
            0 => Mode::Unknown,
            1 => Mode::Blocking,
            2 => Mode::NonBlocking,
            _ => Mode::Shared,
        }
    }

    /// Was it waited for, and is it certain to be the same file since?
    pub(crate) fn was_waited_for(self) -> bool {
        self.0 & WAITED_FOR != 0
    }

    /// Is a coroutine inside a wait for one of these directions?
    #[inline]
    pub(crate) fn is_awaited(self, interest: Interest) -> bool {
        self.0 & waits(interest) != 0
    }

    fn with_mode(self, mode: Mode) -> Self {
        Self(self.0 & !MODE | (mode as u16) << 4)
    }
}

fn waits(interest: Interest) -> u16 {
    let read = if interest.is_read() { HAS_READER } else { 0 };
    read | if interest.is_write() { HAS_WRITER } else { 0 }
}

fn mode_of(non_blocking: bool) -> Mode {
    if non_blocking {
        Mode::NonBlocking
    } else {
        Mode::Blocking
    }
}

/// The descriptor's element; `None` past the table's end, or when unmapped and not `create`.
#[inline]
fn cell(fd: RawFd, create: bool) -> Option<&'static AtomicU16> {
    let index = usize::try_from(fd).ok()?;
    let slot = TABLE.get(index / SEGMENT)?;
    let mut segment = slot.load(Ordering::Acquire);
    if segment.is_null() {
        if !create {
            return None;
        }
        segment = map_segment(slot)?;
    }
    // SAFETY: a segment has SEGMENT elements, is zeroed memory (a valid AtomicU16) and is
    // never unmapped once published.
    Some(unsafe { &*segment.add(index % SEGMENT) })
}

#[cold]
fn map_segment(slot: &AtomicPtr<AtomicU16>) -> Option<*mut AtomicU16> {
    // SAFETY: an anonymous private mapping at an address of the kernel's choice.
    let fresh = errno::preserve(|| unsafe {
        libc::mmap(
            ptr::null_mut(),
            SEGMENT * size_of::<AtomicU16>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    });
    if fresh == libc::MAP_FAILED {
        return None;
    }
    let fresh = fresh.cast::<AtomicU16>();
    match slot.compare_exchange(ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => Some(fresh),
        Err(winner) => {
            // SAFETY: `fresh` was mapped above and was never published.
            unsafe { libc::munmap(fresh.cast(), SEGMENT * size_of::<AtomicU16>()) };
            Some(winner)
        }
    }
}

/// Drops what is known of `fd`. For closes that no hook sees: those of the embedding
/// extension itself, if foreign code may have used the descriptor before.
pub fn forget(fd: RawFd) {
    if let Some(cell) = cell(fd, false) {
        cell.store(State::UNKNOWN.0, Ordering::Release);
    }
}

/// Drops what is known of `fd`, which is about to be closed. True where that was a file, for which nobody can wait.
#[inline]
pub(crate) fn forget_file(fd: RawFd) -> bool {
    let Some(cell) = cell(fd, false) else {
        return false;
    };
    let kind = cell.load(Ordering::Relaxed) & KIND;
    let is_file = kind == Kind::Regular as u16 || kind == Kind::Memory as u16;
    if is_file {
        cell.store(State::UNKNOWN.0, Ordering::Release);
    }
    is_file
}

/// The descriptors from `first` to `last`, both included, of which something is known.
pub(crate) fn known_in(first: u32, last: u32) -> impl Iterator<Item = RawFd> {
    let segments = (0..SEGMENTS).filter(|&at| !TABLE[at].load(Ordering::Acquire).is_null());
    let all = segments.flat_map(|at| at * SEGMENT..(at + 1) * SEGMENT);
    all.filter(move |&fd| fd >= first as usize && fd <= last as usize)
        .map(|fd| fd as RawFd)
        .filter(|&fd| cell(fd, false).is_some_and(|cell| cell.load(Ordering::Acquire) != 0))
}

/// Is it known to be something whose reads pass through? The shortest way to say so.
#[inline]
pub(crate) fn never_waits(fd: RawFd) -> bool {
    // The last two of the kinds.
    cell(fd, false).is_some_and(|cell| cell.load(Ordering::Relaxed) & KIND >= Kind::Other as u16)
}

/// What `fd` is; asks the kernel the first time. Preserves errno.
#[inline]
pub(crate) fn lookup(fd: RawFd) -> State {
    let state = cell(fd, false).map_or(State::UNKNOWN, |cell| State(cell.load(Ordering::Acquire)));
    if state.kind() == Kind::Unknown {
        classify(fd)
    } else {
        state
    }
}

#[cold]
fn classify(fd: RawFd) -> State {
    errno::preserve(|| {
        let Some(kind) = kind_from_kernel(fd) else {
            return State::UNKNOWN;
        };
        // SAFETY: F_GETFL takes no argument and changes nothing.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        let mode = if flags < 0 {
            Mode::Unknown
        } else {
            mode_of(flags & libc::O_NONBLOCK != 0)
        };
        let Some(cell) = cell(fd, true) else {
            return State::new(kind, mode);
        };
        let before = State(cell.load(Ordering::Acquire));
        let mode = if before.mode() == Mode::Shared {
            Mode::Shared
        } else {
            mode
        };
        let state = State::new(kind, mode);
        // Fails only if another thread said something about the descriptor meanwhile; it
        // knows better, and the next look-up will use it.
        let _ = cell.compare_exchange(before.0, state.0, Ordering::AcqRel, Ordering::Acquire);
        state
    })
}

fn kind_from_kernel(fd: RawFd) -> Option<Kind> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` has room for the answer.
    if unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: fstat succeeded and has filled it in.
    let stat = unsafe { stat.assume_init() };
    Some(match stat.st_mode & libc::S_IFMT {
        libc::S_IFSOCK => {
            let domain = socket_option(fd, libc::SO_DOMAIN)?;
            Kind::of_socket(domain, socket_option(fd, libc::SO_TYPE)?)
        }
        libc::S_IFIFO => Kind::Pipe,
        libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK => Kind::Regular,
        _ => Kind::Other,
    })
}

/// An integer option of level `SOL_SOCKET`.
pub(crate) fn socket_option(fd: RawFd, option: i32) -> Option<i32> {
    let mut value: i32 = 0;
    let mut length = size_of::<i32>() as libc::socklen_t;
    // SAFETY: value and length describe a writable i32.
    let result = unsafe {
        libc::getsockopt(
            fd,
            libc::SOL_SOCKET,
            option,
            (&raw mut value).cast(),
            &raw mut length,
        )
    };
    (result == 0).then_some(value)
}

/// Whether `fd` is in non-blocking mode; asks the kernel if it is not known for certain.
#[inline]
pub(crate) fn is_non_blocking(fd: RawFd, state: State) -> bool {
    match state.mode() {
        Mode::Blocking => false,
        Mode::NonBlocking => true,
        Mode::Unknown | Mode::Shared => {
            // SAFETY: F_GETFL takes no argument and changes nothing.
            let flags = errno::preserve(|| unsafe { libc::fcntl(fd, libc::F_GETFL) });
            flags < 0 || flags & libc::O_NONBLOCK != 0
        }
    }
}

/// A socket was made by `socket` or `socketpair` with these arguments.
pub(crate) fn made_socket(fd: RawFd, domain: i32, kind: i32) {
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let mode = mode_of(kind & libc::SOCK_NONBLOCK != 0);
    store(fd, State::new(Kind::of_socket(domain, kind & !flags), mode));
}

/// A pipe's end was made with these flags.
pub(crate) fn made_pipe(fd: RawFd, flags: i32) {
    store(
        fd,
        State::new(Kind::Pipe, mode_of(flags & libc::O_NONBLOCK != 0)),
    );
}

/// The kernel has said that `fd` refers to a regular file, whose mode says nothing.
#[inline]
pub(crate) fn described(fd: RawFd, about: &libc::stat) {
    if !lookup_known(fd) && !crate::vfork::in_child() {
        describe(fd, about);
    }
}

#[inline(never)]
fn describe(fd: RawFd, about: &libc::stat) {
    let kind = match recent::opened(about) {
        true => Kind::Memory,
        false => Kind::Regular,
    };
    store(fd, State::new(kind, Mode::Blocking));
}

fn lookup_known(fd: RawFd) -> bool {
    cell(fd, false).is_some_and(|cell| cell.load(Ordering::Acquire) != 0)
}

/// This file's system knows no `RWF_NOWAIT`: reads block.
pub(crate) fn set_plain_file(fd: RawFd) {
    update(fd, |state| State(state.0 & !KIND | Kind::Memory as u16));
}

/// `fd` was accepted from `listener` with these flags.
pub(crate) fn accepted(fd: RawFd, listener: RawFd, flags: i32) {
    let kind = lookup(listener).kind();
    store(
        fd,
        State::new(kind, mode_of(flags & libc::SOCK_NONBLOCK != 0)),
    );
}

fn store(fd: RawFd, state: State) {
    if let Some(cell) = cell(fd, true) {
        cell.store(state.0, Ordering::Release);
    }
}

fn update(fd: RawFd, change: impl Fn(State) -> State) {
    if let Some(cell) = cell(fd, false) {
        // The closure always returns a value, so this can't fail.
        let _ = cell.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
            Some(change(State(bits)).0)
        });
    }
}

/// The mode was set through this descriptor.
pub(crate) fn set_non_blocking(fd: RawFd, on: bool) {
    update(fd, |state| match state.mode() {
        Mode::Shared => state,
        _ if state.kind() == Kind::Unknown => state,
        _ => state.with_mode(mode_of(on)),
    });
}

/// `copy` now refers to what `original` refers to, so both share their mode.
pub(crate) fn duplicated(original: RawFd, copy: RawFd) {
    if let Some(cell) = cell(original, true) {
        let before = State(cell.fetch_or(Mode::Shared as u16 * 16, Ordering::AcqRel));
        let kept = match is_file(before) {
            true => before.0 & LOCKS,
            false => {
                // Time-outs may be set through either of the two as well.
                cell.fetch_and(!(NO_RECEIVE_TIMEOUT | NO_SEND_TIMEOUT), Ordering::AcqRel);
                0
            }
        };
        store(
            copy,
            State(State::new(before.kind(), Mode::Shared).0 | kept),
        );
    }
}

/// A file, or another thing that can't be waited for.
fn is_file(state: State) -> bool {
    matches!(state.kind(), Kind::Regular | Kind::Other | Kind::Memory)
}

/// Whose the locks on ranges of this descriptor's file are.
pub(crate) fn locks(fd: RawFd) -> Locks {
    let state = lookup(fd);
    if !is_file(state) {
        return Locks::OfProcess;
    }
    match (state.0 & LOCKS) >> 6 {
        0 => Locks::Unused,
        1 => Locks::OfProcess,
        _ => Locks::OfDescription,
    }
}

/// They are from now on until it is closed. Gives back what they are.
pub(crate) fn set_locks(fd: RawFd, locks: Locks) -> Locks {
    update(fd, |state| match is_file(state) {
        true => State(state.0 & !LOCKS | (locks as u16) << 6),
        false => state,
    });
    self::locks(fd)
}

/// This pipe knows no `RWF_NOWAIT`.
pub(crate) fn set_plain_pipe(fd: RawFd) {
    update(fd, |state| State(state.0 & !KIND | Kind::PlainPipe as u16));
}

/// Was it waited for, and is it certain to be the same file since?
pub(crate) fn was_waited_for(fd: RawFd) -> bool {
    known(fd).was_waited_for()
}

/// A wait for it has ended. Whatever closes or replaces it takes that back. Kept of streams only: for the
/// others a call may say that it would block where the kernel tells of no change that would end that.
pub(crate) fn set_waited_for(fd: RawFd) {
    update(fd, |state| match state.kind().is_stream() {
        true => State(state.0 | WAITED_FOR),
        false => state,
    });
}

/// What is known of it so far, without a question to the kernel.
#[inline]
pub(crate) fn known(fd: RawFd) -> State {
    cell(fd, false).map_or(State::UNKNOWN, |cell| State(cell.load(Ordering::Acquire)))
}

/// The running coroutine begins to wait for it. Kept of streams and pipes only: the others may be waited for by many.
pub(crate) fn wait_begins(fd: RawFd, interest: Interest) {
    if let Some(cell) = cell(fd, false)
        && State(cell.load(Ordering::Acquire)).kind().is_bytes()
    {
        cell.fetch_or(waits(interest), Ordering::AcqRel);
    }
}

/// The counterpart of [`wait_begins`].
pub(crate) fn wait_ends(fd: RawFd, interest: Interest) {
    if let Some(cell) = cell(fd, false)
        && State(cell.load(Ordering::Acquire)).is_awaited(interest)
    {
        cell.fetch_and(!waits(interest), Ordering::AcqRel);
    }
}

/// The next wait is not for a change.
pub(crate) fn forget_wait(fd: RawFd) {
    update(fd, |state| State(state.0 & !WAITED_FOR));
}

/// Whether the socket is known to have no time-out for this direction.
pub(crate) fn has_no_timeout(fd: RawFd, option: i32) -> bool {
    cell(fd, false).is_some_and(|cell| cell.load(Ordering::Acquire) & timeout_bit(option) != 0)
}

/// The kernel said that there is no time-out for this direction.
pub(crate) fn set_no_timeout(fd: RawFd, option: i32) {
    update(fd, |state| match (state.kind(), state.mode()) {
        (Kind::Unknown, _) | (_, Mode::Shared) => state,
        _ => State(state.0 | timeout_bit(option)),
    });
}

/// A time-out may have been set.
pub(crate) fn timeouts_changed(fd: RawFd) {
    update(fd, |state| {
        State(state.0 & !(NO_RECEIVE_TIMEOUT | NO_SEND_TIMEOUT))
    });
}

fn timeout_bit(option: i32) -> u16 {
    if option == libc::SO_RCVTIMEO {
        NO_RECEIVE_TIMEOUT
    } else {
        NO_SEND_TIMEOUT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> [RawFd; 2] {
        let mut fds = [0; 2];
        // SAFETY: room for two descriptors.
        let made =
            unsafe { libc::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0, fds.as_mut_ptr()) };
        assert_eq!(made, 0);
        fds
    }

    fn close(fd: RawFd) {
        // SAFETY: a descriptor that the test made.
        unsafe { libc::close(fd) };
        forget(fd);
    }

    #[test]
    fn classifies_and_forgets() {
        let [a, b] = pair();
        forget(a);
        assert_eq!(lookup(a).kind(), Kind::UnixStream);
        assert!(!is_non_blocking(a, lookup(a)));
        set_non_blocking(a, true);
        assert!(is_non_blocking(a, lookup(a)));
        forget(a);
        assert!(!is_non_blocking(a, lookup(a)));
        close(a);
        close(b);
        assert_eq!(lookup(-1).kind(), Kind::Unknown);
    }

    #[test]
    fn a_copy_shares_the_mode() {
        let [a, b] = pair();
        forget(a);
        lookup(a);
        set_no_timeout(a, libc::SO_RCVTIMEO);
        assert!(has_no_timeout(a, libc::SO_RCVTIMEO));
        assert!(!has_no_timeout(a, libc::SO_SNDTIMEO));
        // SAFETY: valid descriptors of this test.
        let copy = unsafe { libc::dup(a) };
        duplicated(a, copy);
        assert!(!has_no_timeout(a, libc::SO_RCVTIMEO));
        assert_eq!(lookup(copy).kind(), Kind::UnixStream);
        // SAFETY: as above; the hook is not told.
        unsafe { libc::fcntl(copy, libc::F_SETFL, libc::O_NONBLOCK) };
        assert!(is_non_blocking(a, lookup(a)));
        for fd in [a, b, copy] {
            close(fd);
        }
    }

    #[test]
    fn a_wait_is_remembered_until_the_number_is_another_file() {
        let [a, b] = pair();
        forget(a);
        set_waited_for(a);
        assert!(!was_waited_for(a));
        lookup(a);
        set_waited_for(a);
        set_non_blocking(a, true);
        assert!(was_waited_for(a));
        made_socket(a, libc::AF_UNIX, libc::SOCK_STREAM);
        assert!(!was_waited_for(a));
        set_waited_for(a);
        duplicated(b, a);
        assert!(!was_waited_for(a));
        set_waited_for(a);
        close(a);
        assert!(!was_waited_for(a));
        close(b);
    }

    #[test]
    fn a_wait_under_way_is_known_of_streams_until_it_ends_or_the_number_is_another_file() {
        let [a, b] = pair();
        forget(a);
        wait_begins(a, Interest::READ);
        assert!(!known(a).is_awaited(Interest::READ));
        lookup(a);
        wait_begins(a, Interest::READ);
        assert!(known(a).is_awaited(Interest::READ));
        assert!(known(a).is_awaited(Interest::BOTH));
        assert!(!known(a).is_awaited(Interest::WRITE));
        wait_begins(a, Interest::WRITE);
        wait_ends(a, Interest::READ);
        assert!(known(a).is_awaited(Interest::WRITE));
        assert!(!known(a).is_awaited(Interest::READ));
        assert_eq!(lookup(a).kind(), Kind::UnixStream);
        made_socket(a, libc::AF_UNIX, libc::SOCK_STREAM);
        assert!(!known(a).is_awaited(Interest::BOTH));
        made_socket(a, libc::AF_UNIX, libc::SOCK_DGRAM);
        wait_begins(a, Interest::READ);
        assert!(!known(a).is_awaited(Interest::BOTH));
        close(a);
        close(b);
    }

    #[test]
    fn locks_are_kept_until_it_is_closed() {
        // SAFETY: a constant path.
        let fd = unsafe { libc::open(c"/proc/self/exe".as_ptr(), libc::O_RDONLY) };
        forget(fd);
        assert_eq!(locks(fd), Locks::Unused);
        assert_eq!(set_locks(fd, Locks::OfDescription), Locks::OfDescription);
        assert_eq!(lookup(fd).kind(), Kind::Regular);
        // SAFETY: a valid descriptor.
        let copy = unsafe { libc::dup(fd) };
        duplicated(fd, copy);
        assert_eq!(locks(copy), Locks::OfDescription);
        assert_eq!(locks(fd), Locks::OfDescription);
        close(fd);
        close(copy);
        assert_eq!(locks(-1), Locks::OfProcess);
    }

    #[test]
    fn huge_descriptors_are_merely_unknown() {
        made_pipe(5_000_000, 0);
        assert_eq!(lookup(5_000_000).kind(), Kind::Unknown);
        made_pipe(1_048_575, libc::O_NONBLOCK);
        assert_eq!(lookup(1_048_575).kind(), Kind::Pipe);
        forget(1_048_575);
    }
}
