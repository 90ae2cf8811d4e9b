//! The hooks: libc's blocking calls, made waits of the running coroutine.
//!
//! Nothing is patched until a loop starts or the hooks are switched on by hand.
//! `highper.hooks=Off` keeps everything as it is in stock PHP.

use crate::{cancel, children, closing, wiring};
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Wake, clock};
use highper_hook::{
    AsideOutcome, AsideWork, Families, FileWork, Interest as Wanted, OffloadOutcome, Policy, Query,
    ResolveOutcome, SleepOutcome, Summary, WaitOutcome, install, patch, refresh, report, set_gate,
    uninstall, unpatch,
};
use highper_zend::{Access, Ini, Registry, ini, vm};
use std::cell::{Cell, RefCell};
use std::os::fd::RawFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// The bits by which the coroutine API names what is hooked (`SWOOLE_HOOK_*`).
pub mod flag {
    /// `tcp://` streams.
    pub const TCP: u32 = 1 << 1;
    /// `udp://` streams.
    pub const UDP: u32 = 1 << 2;
    /// `unix://` streams.
    pub const UNIX: u32 = 1 << 3;
    /// `udg://` streams.
    pub const UDG: u32 = 1 << 4;
    /// `ssl://` streams.
    pub const SSL: u32 = 1 << 5;
    /// `tls://` streams.
    pub const TLS: u32 = 1 << 6;
    /// `stream_select()` and its like.
    pub const STREAM_FUNCTION: u32 = 1 << 7;
    /// Plain files: reading what is not in memory, `flock()`, `fsync()`; pipes that are opened as files.
    pub const FILE: u32 = 1 << 8;
    /// `sleep()`, `usleep()`, `time_nanosleep()`, `time_sleep_until()`.
    pub const SLEEP: u32 = 1 << 9;
    /// `proc_open()` and its pipes.
    pub const PROC: u32 = 1 << 10;
    /// cURL.
    pub const CURL: u32 = 1 << 11;
    /// cURL, by its other name.
    pub const NATIVE_CURL: u32 = 1 << 12;
    /// `shell_exec()`, `exec()` and their like.
    pub const BLOCKING_FUNCTION: u32 = 1 << 13;
    /// The extension sockets.
    pub const SOCKETS: u32 = 1 << 14;
    /// Reading from standard input.
    pub const STDIO: u32 = 1 << 15;
    /// PDO for PostgreSQL.
    pub const PDO_PGSQL: u32 = 1 << 16;
    /// PDO for ODBC.
    pub const PDO_ODBC: u32 = 1 << 17;
    /// PDO for Oracle.
    pub const PDO_ORACLE: u32 = 1 << 18;
    /// PDO for SQLite: works on files, so nothing suspends.
    pub const PDO_SQLITE: u32 = 1 << 19;
    /// PDO for Firebird.
    pub const PDO_FIREBIRD: u32 = 1 << 20;
    /// The network functions.
    pub const NET_FUNCTION: u32 = 1 << 21;
    /// The extension mongodb.
    pub const MONGODB: u32 = 1 << 22;
    /// All that is on unless said otherwise (`SWOOLE_HOOK_ALL`): not `MONGODB`, and of the two cURL only the native one.
    pub const ALL: u32 = 0x7fff_ffff & !MONGODB & !CURL;
}

/// Clients of servers that are reached by TCP or by a local socket.
const CLIENTS: u32 = flag::SOCKETS
    | flag::PDO_PGSQL
    | flag::PDO_ODBC
    | flag::PDO_ORACLE
    | flag::PDO_FIREBIRD
    | flag::MONGODB
    | flag::CURL
    | flag::NATIVE_CURL;

/// Which flags switch a family on: any of them. libc sees descriptors, not PHP's functions.
const MAP: [(Families, u32); 9] = [
    (Families::SLEEP, flag::SLEEP),
    (
        Families::TCP,
        flag::TCP | flag::SSL | flag::TLS | flag::NET_FUNCTION | CLIENTS,
    ),
    (
        Families::UDP,
        flag::UDP | flag::NET_FUNCTION | flag::SOCKETS,
    ),
    (Families::UNIX, flag::UNIX | CLIENTS),
    (Families::UDG, flag::UDG | flag::SOCKETS),
    (
        Families::PIPE,
        flag::PROC | flag::BLOCKING_FUNCTION | flag::FILE,
    ),
    (Families::POLL, flag::STREAM_FUNCTION | CLIENTS),
    (Families::STDIO, flag::STDIO),
    (Families::FILE, flag::FILE),
];

/// The families that a set of flags switches on.
#[must_use]
pub const fn families(flags: u32) -> Families {
    let mut families = Families::NONE;
    let mut at = 0;
    while at < MAP.len() {
        if flags & MAP[at].1 != 0 {
            families = families.with(MAP[at].0);
        }
        at += 1;
    }
    families
}

/// Nobody has said yet what is to be hooked.
const UNSET: u32 = u32::MAX;

static FLAGS: AtomicU32 = AtomicU32::new(UNSET);
static FAMILIES: AtomicU32 = AtomicU32::new(0);
static IS_PATCHED: AtomicBool = AtomicBool::new(false);
/// Was it patched before a fork, for the children?
static IS_PREPARED: AtomicBool = AtomicBool::new(false);
/// False in the child of a fork: the loop that it inherited is its parent's.
static IS_OURS: AtomicBool = AtomicBool::new(false);
/// For tests: every hooked call gives way first, so that suspension happens wherever it may (`HIGHPER_YIELD=1`).
static YIELDS: AtomicBool = AtomicBool::new(false);

/// Whether functions of PHP's are replaced, too, where a flag says so.
static REPLACES: AtomicBool = AtomicBool::new(true);
/// How many coroutines have every wait suspend, whatever the flags say.
static FORCED: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Which ones, and how deep each is in it.
    static FORCING: RefCell<Vec<(u64, u32)>> = const { RefCell::new(Vec::new()) };
}

/// Who is told when the flags change.
static CHANGED: OnceLock<fn(u32)> = OnceLock::new();

/// `SWOOLE_ERROR_CO_CANCELED`
const CANCELLED: i32 = 10017;
/// `SWOOLE_ERROR_CO_HAS_BEEN_BOUND`
const BOUND: i32 = 10002;

thread_local! {
    /// The coroutine whose hooked call was cancelled last.
    static LAST_CANCELLED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Has a hooked call of the running coroutine been cancelled since this was asked last?
pub fn take_cancelled() -> bool {
    let own = engine::current();
    let is_own = own.is_some() && LAST_CANCELLED.get() == own;
    if is_own {
        LAST_CANCELLED.set(None);
    }
    is_own
}

/// The running coroutine was cancelled in a hooked call.
fn cancelled() {
    LAST_CANCELLED.set(engine::current());
    crate::failure::set_last_error(CANCELLED);
    cancel::raise(cancel::resumed());
}

static POLICY: Policy = Policy {
    can_suspend,
    flags: || {
        if FORCED.load(Ordering::Relaxed) != 0 && is_forced() {
            return Families::ALL;
        }
        Families::from_bits(FAMILIES.load(Ordering::Relaxed))
    },
    sleep,
    wait_fd,
    is_taken,
    found: |fd| reactor::found(fd) as i16,
    drained: reactor::set_drained,
    is_drained: reactor::is_drained,
    wait_many,
    resolve,
    offload,
    child,
    aside,
    fd_closed,
    forked,
};

/// Declares the setting `highper.hooks` and what `php --ri highper` says of the hooks.
pub fn declare(registry: &mut Registry) {
    registry
        .setting(Ini::bool(
            "highper.hooks",
            true,
            Access::System,
            "Makes blocking calls of PHP's extensions and their libraries waits of the coroutine.",
        ))
        .setting(Ini::new(
            "highper.busy_poll",
            "50",
            Access::System,
            "For how many microseconds a loop polls before it sleeps, where a single coroutine waits for an answer and that has paid lately; 0 for never.",
        ))
        .info("Hooks", describe)
        .on_request_start(|| {
            if is_allowed() {
                crate::lease::cover();
            }
        })
        .on_request_shutdown(|| {
            FLAGS.store(UNSET, Ordering::Relaxed);
            FAMILIES.store(0, Ordering::Relaxed);
            REPLACES.store(true, Ordering::Relaxed);
            FORCED.store(0, Ordering::Relaxed);
            FORCING.take();
            changed(0);
        })
        .on_shutdown(shutdown);
}

/// Are the hooks allowed at all (`highper.hooks`)?
#[must_use]
pub fn is_allowed() -> bool {
    ini::bool("highper.hooks")
}

/// Sets which calls suspend ([`flag`]); 0 for none. Takes effect with the next call.
/// False where `highper.hooks` is off: the flags are kept, and nothing is hooked.
pub fn enable(flags: u32) -> bool {
    FLAGS.store(flags & !(1 << 31), Ordering::Relaxed);
    if !is_allowed() {
        return false;
    }
    FAMILIES.store(families(flags).bits(), Ordering::Relaxed);
    changed(if REPLACES.load(Ordering::Relaxed) {
        flags
    } else {
        0
    });
    if flags != 0 {
        highper_zend::interpose::awake();
        attach();
    }
    true
}

/// Tells what is replaced from now on.
fn changed(flags: u32) {
    if let Some(tell) = CHANGED.get() {
        tell(flags);
    }
}

/// For functions of PHP's that do something else in a coroutine while one of these flags is set: here and now?
#[must_use]
pub fn replaces(flags: u32) -> bool {
    let set = FLAGS.load(Ordering::Relaxed);
    set != UNSET
        && set & flags != 0
        && REPLACES.load(Ordering::Relaxed)
        && is_allowed()
        && engine::current().is_some()
}

/// From now on every wait of the running coroutine suspends, whatever the flags say; until it is off. Nests.
pub fn force(on: bool) {
    let Some(id) = engine::current().filter(|_| is_allowed()) else {
        return;
    };
    if on {
        attach();
    }
    let count = FORCING.with_borrow_mut(|all| {
        let at = all.iter().position(|(known, _)| *known == id);
        match (at, on) {
            (Some(at), true) => all[at].1 += 1,
            (None, true) => all.push((id, 1)),
            (Some(at), false) => {
                all[at].1 -= 1;
                if all[at].1 == 0 {
                    all.swap_remove(at);
                }
            }
            (None, false) => {}
        }
        all.len()
    });
    FORCED.store(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
}

#[cold]
fn is_forced() -> bool {
    let Some(id) = engine::current() else {
        return false;
    };
    FORCING.with_borrow(|all| all.iter().any(|(known, _)| *known == id))
}

/// Returns when so many bytes that follow a file's position are in memory. A thread reads them, in any case.
pub fn fetch(fd: RawFd, length: usize) {
    if let Some(work) = FileWork::next_of(fd, length) {
        // Cancelled or not: the read itself says what there is.
        let _read_says = offload(work);
    }
}

/// Functions stay PHP's own: only libc's calls are hooked. Until the end of the request.
pub fn keep_functions() {
    REPLACES.store(false, Ordering::Relaxed);
    changed(0);
}

/// Calls this with the flags by which functions are replaced, when they change. The first one stays.
pub fn on_change(tell: fn(u32)) {
    let _first = CHANGED.set(tell);
}

/// The flags that are set: 0 before the first loop, unless set by hand.
#[must_use]
pub fn flags() -> u32 {
    match FLAGS.load(Ordering::Relaxed) {
        UNSET => 0,
        flags => flags,
    }
}

/// A loop starts on this thread: without a word about flags, all are on from here.
pub(crate) fn loop_starts() {
    if !engine::is_running() {
        IS_OURS.store(true, Ordering::Relaxed);
    }
    let microseconds = u64::try_from(ini::long("highper.busy_poll")).unwrap_or(0);
    reactor::set_busy_poll(microseconds.min(1_000) * 1_000);
    enable(match FLAGS.load(Ordering::Relaxed) {
        UNSET => flag::ALL,
        flags => flags,
    });
}

/// Patches what is loaded.
fn attach() {
    if !engine::is_running() {
        IS_OURS.store(true, Ordering::Relaxed);
    }
    if IS_PATCHED.swap(true, Ordering::AcqRel) {
        refresh();
        return;
    }
    YIELDS.store(
        std::env::var_os("HIGHPER_YIELD").is_some_and(|set| set == "1"),
        Ordering::Relaxed,
    );
    wiring::in_forked_children(forked);
    set_gate(engine::scheduler::running());
    install(&POLICY);
    match IS_PREPARED.load(Ordering::Acquire) {
        true => refresh(),
        false => drop(patch()),
    }
}

/// Patches what is loaded before workers are forked, each of which would have to do it by itself: nothing is hooked in this process.
pub(crate) fn prepare() {
    if is_allowed() && FLAGS.load(Ordering::Relaxed) != 0 && !IS_PREPARED.load(Ordering::Acquire) {
        patch();
        IS_PREPARED.store(true, Ordering::Release);
    }
}

/// PHP ends: every slot leads to libc again.
fn shutdown() {
    uninstall();
    highper_zend::interpose::end();
    let is_prepared = IS_PREPARED.swap(false, Ordering::AcqRel);
    if IS_PATCHED.swap(false, Ordering::AcqRel) || is_prepared {
        unpatch();
    }
}

/// For `php --ri highper`. Before the first loop nothing is patched, so it is done for the count.
fn describe() -> String {
    if !is_allowed() {
        return "off".to_owned();
    }
    let summary = if IS_PATCHED.load(Ordering::Acquire) {
        let objects = report();
        Summary {
            objects: objects.len(),
            slots: objects.iter().map(|object| object.calls.len()).sum(),
            refused: 0,
        }
    } else {
        let summary = patch();
        unpatch();
        summary
    };
    let Summary {
        objects,
        slots,
        refused,
    } = summary;
    match refused {
        0 => format!("on, {slots} slots in {objects} objects"),
        _ => format!("on, {slots} slots in {objects} objects, {refused} refused"),
    }
}

fn can_suspend() -> bool {
    let can = engine::can_suspend()
        && IS_OURS.load(Ordering::Relaxed)
        && !highper_zend::error::is_logging();
    if can && YIELDS.load(Ordering::Relaxed) {
        engine::yield_now();
    }
    can
}

/// Runs in the child of every fork, between libc's and the caller's next instruction.
fn forked() {
    IS_OURS.store(false, Ordering::Relaxed);
    engine::scheduler::forked_inside(vm::end_process);
}

fn sleep(time: Duration) -> SleepOutcome {
    if time.is_zero() {
        engine::yield_now();
        return SleepOutcome::Done;
    }
    let end = clock::after(time);
    let left = || Duration::from_nanos(end.saturating_sub(clock::now()));
    let until = within(Some(end));
    match engine::sleep(until.unwrap_or(end).saturating_sub(clock::now())) {
        Wake::Cancelled => {
            cancelled();
            SleepOutcome::Cancelled(left())
        }
        Wake::Ready | Wake::Timeout | Wake::Closed if until != Some(end) => {
            cancel::raise(cancel::late());
            SleepOutcome::Cancelled(left())
        }
        Wake::Ready | Wake::Timeout | Wake::Closed => SleepOutcome::Done,
    }
}

/// Lets others run, by a wait that is over at once. False when it was cancelled.
pub fn give_way() -> bool {
    let is_cancelled = engine::sleep(0) == Wake::Cancelled;
    if is_cancelled {
        cancelled();
    }
    !is_cancelled
}

/// A call's own deadline, or the coroutine's where that is earlier.
fn within(own: Option<u64>) -> Option<u64> {
    match (own, engine::scheduler::deadline()) {
        (Some(own), Some(limit)) => Some(own.min(limit)),
        (own, limit) => own.or(limit),
    }
}

/// `own` is the call's own deadline, `until` the one that was waited for.
fn outcome(result: std::io::Result<Wake>, own: Option<u64>, until: Option<u64>) -> WaitOutcome {
    match result {
        Ok(Wake::Ready) => WaitOutcome::Ready,
        Ok(Wake::Timeout) if own != until => {
            cancel::raise(cancel::late());
            WaitOutcome::Cancelled
        }
        Ok(Wake::Timeout) => WaitOutcome::TimedOut,
        Ok(Wake::Cancelled) => {
            cancelled();
            WaitOutcome::Cancelled
        }
        Ok(Wake::Closed) => WaitOutcome::Closed,
        Err(_) => WaitOutcome::Refused,
    }
}

fn wait_fd(fd: RawFd, wanted: Wanted, timeout: Option<Duration>, is_same: bool) -> WaitOutcome {
    let own = timeout.map(clock::after);
    let until = within(own);
    closing::enter_as(fd, wanted.is_read(), wanted.is_write());
    let ended = match (wanted.is_read(), wanted.is_write()) {
        (true, true) => {
            let both = [(fd, Interest::Read), (fd, Interest::Write)];
            reactor::wait_any_unready(&both, until, is_same, &mut |_| {})
        }
        (false, true) => reactor::wait_unready(fd, Interest::Write, until, is_same),
        _ => reactor::wait_unready(fd, Interest::Read, until, is_same),
    };
    closing::leave_as(fd);
    let ended = outcome(ended, own, until);
    // A library that gives up here has not read its answer: nobody is to take it for that of the next question.
    if ended == WaitOutcome::Cancelled && highper_zend::lease::is_dialogue() {
        engine::descriptor::hang_up(fd);
    }
    ended
}

/// Two coroutines at once would take each other's bytes: the second one is told so, by an exception that is pending when
/// the C code has returned.
fn is_taken(fd: RawFd, wanted: Wanted) -> bool {
    let (read, write) = (wanted.is_read(), wanted.is_write());
    let Some((owner, reads, writes)) = closing::waiting(fd, read, write) else {
        return false;
    };
    crate::failure::set_last_error(BOUND);
    cancel::raise(crate::lease::bound(fd, owner, reads, writes));
    true
}

/// Entries that fit on the stack; more are rare, and worth an allocation.
const FEW: usize = 256;
/// How often a descriptor is looked at that waits for what the loop can't tell: urgent data.
const LOOK: Duration = Duration::from_millis(10);

fn wait_many(
    entries: &mut [libc::pollfd],
    timeout: Option<Duration>,
    is_same: bool,
) -> WaitOutcome {
    const READ: i16 = libc::POLLIN | libc::POLLRDNORM | libc::POLLRDBAND | libc::POLLRDHUP;
    const WRITE: i16 = libc::POLLOUT | libc::POLLWRNORM | libc::POLLWRBAND;
    let mut set = Set::new();
    let mut is_urgent = false;
    for entry in entries.iter().filter(|entry| entry.fd >= 0) {
        let (read, write) = (entry.events & READ != 0, entry.events & WRITE != 0);
        if write {
            set.add(entry.fd, Interest::Write);
        }
        if read || !write {
            // Hang-up and errors, which need no event, come as readable.
            set.add(entry.fd, Interest::Read);
        }
        is_urgent |= !read && !write && entry.events & libc::POLLPRI != 0;
    }
    let limit = match timeout {
        Some(time) if is_urgent => Some(time.min(LOOK)),
        None if is_urgent => Some(LOOK),
        time => time,
    };
    let own = limit.map(clock::after);
    let until = within(own);
    for entry in entries.iter().filter(|entry| entry.fd >= 0) {
        closing::enter(entry.fd);
    }
    let mut closed = |fd| {
        for entry in entries.iter_mut().filter(|entry| entry.fd == fd) {
            entry.revents = libc::POLLNVAL;
        }
    };
    let ended = reactor::wait_any_unready(set.list(), until, is_same, &mut closed);
    for entry in entries.iter().filter(|entry| entry.fd >= 0) {
        closing::leave(entry.fd);
    }
    // It may leave for good from here on.
    drop(set);
    match outcome(ended, own, until) {
        WaitOutcome::TimedOut if limit != timeout => WaitOutcome::Ready,
        ended => ended,
    }
}

/// What is waited for; on the stack as long as it is short.
struct Set {
    few: [(RawFd, Interest); FEW],
    count: usize,
    many: Vec<(RawFd, Interest)>,
}

impl Set {
    fn new() -> Self {
        Self {
            few: [(-1, Interest::Read); FEW],
            count: 0,
            many: Vec::new(),
        }
    }

    fn add(&mut self, fd: RawFd, interest: Interest) {
        if self.count < FEW {
            self.few[self.count] = (fd, interest);
            self.count += 1;
            return;
        }
        if self.many.is_empty() {
            self.many.extend_from_slice(&self.few);
        }
        self.many.push((fd, interest));
    }

    fn list(&self) -> &[(RawFd, Interest)] {
        if self.many.is_empty() {
            &self.few[..self.count]
        } else {
            &self.many
        }
    }
}

/// libc looks names up without a word to the loop: it does so on a thread.
fn resolve(query: Query) -> ResolveOutcome {
    let until = within(None);
    match engine::offload_until(move || query.ask(), until) {
        Ok(answer) => ResolveOutcome::Done(answer),
        Err(Wake::Timeout) => {
            cancel::raise(cancel::late());
            ResolveOutcome::Cancelled
        }
        Err(_) => {
            cancelled();
            ResolveOutcome::Cancelled
        }
    }
}

/// Disks are waited for on a thread.
fn offload(work: FileWork) -> OffloadOutcome {
    closing::enter(work.fd());
    let done = engine::offload_until(move || work.run(), within(None));
    closing::leave(work.fd());
    match done {
        Ok(outcome) => outcome,
        Err(Wake::Timeout) => {
            cancel::raise(cancel::late());
            OffloadOutcome::Cancelled
        }
        Err(Wake::Closed) => OffloadOutcome::Refused,
        Err(_) => {
            cancelled();
            OffloadOutcome::Cancelled
        }
    }
}

/// libc asks name servers, and whatever else waits without a descriptor that the loop could watch.
fn aside(work: AsideWork) -> AsideOutcome {
    match engine::offload_until(work, within(None)) {
        Ok(done) => AsideOutcome::Done(done),
        Err(Wake::Timeout) => {
            cancel::raise(cancel::late());
            AsideOutcome::Cancelled
        }
        Err(Wake::Closed) => AsideOutcome::Refused,
        Err(_) => {
            cancelled();
            AsideOutcome::Cancelled
        }
    }
}

fn child(pid: i32, ended: &mut dyn FnMut() -> bool) -> WaitOutcome {
    let until = within(None);
    outcome(children::look_until(pid, ended, until), None, until)
}

fn fd_closed(fd: RawFd) {
    // In a forked child this would take the descriptor out of the parent's loop.
    if IS_OURS.load(Ordering::Relaxed) {
        reactor::closing(fd);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_switches_every_family_on_and_nothing_none() {
        assert_eq!(flag::ALL, 2_143_287_295);
        assert_eq!(families(flag::ALL), Families::ALL);
        assert_eq!(families(0), Families::NONE);
    }

    #[test]
    fn a_flag_switches_its_own_families_on() {
        assert_eq!(families(flag::SLEEP), Families::SLEEP);
        assert_eq!(families(flag::TLS), Families::TCP);
        assert_eq!(families(flag::UNIX), Families::UNIX);
        assert_eq!(families(flag::PROC), Families::PIPE);
        assert_eq!(families(flag::STREAM_FUNCTION), Families::POLL);
        let client = Families::TCP.with(Families::UNIX).with(Families::POLL);
        assert_eq!(families(flag::NATIVE_CURL), client);
        assert_eq!(families(1 << 30), Families::NONE);
    }

    #[test]
    fn a_coroutines_deadline_bounds_the_waits_of_hooked_calls() {
        let begin = || {
            let spawned = engine::spawn(|| {
                assert_eq!((within(None), within(Some(7))), (None, Some(7)));
                engine::scheduler::set_deadline(Some(50));
                assert_eq!((within(None), within(Some(7))), (Some(50), Some(7)));
                assert_eq!(within(Some(70)), Some(50));
                engine::Ending::Returned
            });
            spawned.expect("a stack");
        };
        assert_eq!(
            engine::run(begin, || false).expect("a loop"),
            engine::End::Finished
        );
    }

    #[test]
    fn a_long_list_is_kept_whole_and_in_order() {
        let mut set = Set::new();
        for fd in 0..600 {
            set.add(fd, Interest::Read);
        }
        let fds: Vec<_> = set.list().iter().map(|(fd, _)| *fd).collect();
        assert_eq!(fds, (0..600).collect::<Vec<_>>());
    }
}
