//! One blocking call's waits: deadline, outcomes, and protection against false alarms.

use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::errno;
use crate::fds::{self, State};
pub(crate) use crate::policy::AsideOutcome;
use crate::policy::{AsideWork, Interest, Policy, SleepOutcome, WaitOutcome};

/// False alarms in a row that are taken for normal; from then on each costs a short sleep,
/// so that a descriptor whose readiness can't be told by waiting doesn't spin.
const FALSE_ALARMS: u32 = 2;
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// A point in time, or never.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// After this time; one too far away to be told is never.
    pub(crate) fn after(time: Option<Duration>) -> Self {
        Self(time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// After the socket's time-out for this direction (`SO_RCVTIMEO` or `SO_SNDTIMEO`).
    pub(crate) fn of_socket(fd: RawFd, option: i32) -> Self {
        if fds::has_no_timeout(fd, option) {
            return Self(None);
        }
        let mut value = libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        };
        let mut length = size_of::<libc::timeval>() as libc::socklen_t;
        // SAFETY: value and length describe a writable timeval.
        let result = errno::preserve(|| unsafe {
            libc::getsockopt(
                fd,
                libc::SOL_SOCKET,
                option,
                (&raw mut value).cast(),
                &raw mut length,
            )
        });
        if result != 0 {
            return Self(None);
        }
        if value.tv_sec == 0 && value.tv_usec == 0 {
            fds::set_no_timeout(fd, option);
            return Self(None);
        }
        let seconds = u64::try_from(value.tv_sec).unwrap_or(0);
        let micros = u64::try_from(value.tv_usec).unwrap_or(0);
        Self::after(Some(
            Duration::from_secs(seconds).saturating_add(Duration::from_micros(micros)),
        ))
    }

    /// What is left: `None` for ever, zero when it has passed.
    pub(crate) fn left(self) -> Option<Duration> {
        self.0
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Whether it has passed.
    pub(crate) fn has_passed(self) -> bool {
        self.0.is_some_and(|at| Instant::now() >= at)
    }
}

/// Calls the policy's wait; a panic in it is a refused wait.
pub(crate) fn wait_fd(
    policy: &Policy,
    fd: RawFd,
    interest: Interest,
    left: Option<Duration>,
) -> WaitOutcome {
    let state = fds::known(fd);
    if is_taken(policy, fd, state, interest) {
        return WaitOutcome::Taken;
    }
    let is_same = state.was_waited_for();
    fds::wait_begins(fd, interest);
    let ended = catch_unwind(|| (policy.wait_fd)(fd, interest, left, is_same))
        .unwrap_or(WaitOutcome::Refused);
    fds::wait_ends(fd, interest);
    if !is_same && matches!(ended, WaitOutcome::Ready | WaitOutcome::TimedOut) {
        fds::set_waited_for(fd);
    }
    ended
}

/// Is another coroutine inside a wait for this direction of the stream, so that the call must fail with `EBUSY`? Many may wait for
/// a listener's connections.
#[inline]
pub(crate) fn is_taken(policy: &Policy, fd: RawFd, state: State, interest: Interest) -> bool {
    state.is_awaited(interest) && is_others(policy, fd, interest)
}

#[cold]
fn is_others(policy: &Policy, fd: RawFd, interest: Interest) -> bool {
    errno::preserve(|| {
        if fds::socket_option(fd, libc::SO_ACCEPTCONN) == Some(1) {
            return false;
        }
        let is_taken = catch_unwind(|| (policy.is_taken)(fd, interest)).unwrap_or(false);
        if !is_taken {
            // Whoever began to wait has gone without an end.
            fds::wait_ends(fd, interest);
        }
        is_taken
    })
}

/// Calls the policy's wait for many; a panic in it is a refused wait.
pub(crate) fn wait_many(
    policy: &Policy,
    list: &mut [libc::pollfd],
    left: Option<Duration>,
) -> WaitOutcome {
    let mut watched = list.iter().filter(|entry| entry.fd >= 0);
    let is_same = watched.all(|entry| fds::was_waited_for(entry.fd));
    let ended = catch_unwind(AssertUnwindSafe(|| (policy.wait_many)(list, left, is_same)))
        .unwrap_or(WaitOutcome::Refused);
    if !is_same && matches!(ended, WaitOutcome::Ready | WaitOutcome::TimedOut) {
        for entry in list.iter().filter(|entry| entry.fd >= 0) {
            fds::set_waited_for(entry.fd);
        }
    }
    ended
}

/// Calls the policy's sleep; a panic in it is a refused sleep.
pub(crate) fn sleep(policy: &Policy, time: Duration) -> SleepOutcome {
    catch_unwind(|| (policy.sleep)(time)).unwrap_or(SleepOutcome::Refused)
}

/// Calls the policy's wait for a child; a panic in it is a refused wait.
pub(crate) fn child(policy: &Policy, pid: i32, ended: &mut dyn FnMut() -> bool) -> WaitOutcome {
    catch_unwind(AssertUnwindSafe(|| (policy.child)(pid, ended))).unwrap_or(WaitOutcome::Refused)
}

/// Calls the policy for work on another thread; a panic in it is refused work.
pub(crate) fn aside(policy: &Policy, work: AsideWork) -> AsideOutcome {
    catch_unwind(AssertUnwindSafe(|| (policy.aside)(work))).unwrap_or(AsideOutcome::Refused)
}

/// Sleeps a little after a false alarm. `None`: go on.
pub(crate) fn pause(policy: &Policy, alarms: u32, deadline: Deadline) -> Option<WaitOutcome> {
    if alarms < FALSE_ALARMS {
        return None;
    }
    let shift = (alarms - FALSE_ALARMS).min(4);
    let pause = (Duration::from_millis(1) * (1 << shift)).min(LONGEST_PAUSE);
    let pause = deadline.left().map_or(pause, |left| left.min(pause));
    match sleep(policy, pause) {
        SleepOutcome::Done | SleepOutcome::Interrupted(_) => None,
        SleepOutcome::Cancelled(_) => Some(WaitOutcome::Cancelled),
        SleepOutcome::Refused => Some(WaitOutcome::Refused),
    }
}

/// The waits of one call on one descriptor.
pub(crate) struct Wait<'a> {
    policy: &'a Policy,
    fd: RawFd,
    interest: Interest,
    /// When the call gives up.
    pub(crate) deadline: Deadline,
    alarms: u32,
}

impl<'a> Wait<'a> {
    /// A call that has found that it would block.
    pub(crate) fn new(
        policy: &'a Policy,
        fd: RawFd,
        interest: Interest,
        deadline: Deadline,
    ) -> Self {
        Self {
            policy,
            fd,
            interest,
            deadline,
            alarms: 0,
        }
    }

    /// Waits once more.
    pub(crate) fn again(&mut self) -> WaitOutcome {
        if let Some(ended) = pause(self.policy, self.alarms, self.deadline) {
            return ended;
        }
        self.alarms = self.alarms.saturating_add(1);
        let left = self.deadline.left();
        if left == Some(Duration::ZERO) {
            return WaitOutcome::TimedOut;
        }
        wait_fd(self.policy, self.fd, self.interest, left)
    }

    /// The last wait was worth it.
    pub(crate) fn progressed(&mut self) {
        self.alarms = 0;
    }
}

/// Whether the last call failed because it would have blocked.
pub(crate) fn would_block() -> bool {
    matches!(errno::get(), libc::EAGAIN)
}

/// The errno of a wait that ended without readiness.
pub(crate) fn error_of(outcome: WaitOutcome) -> i32 {
    match outcome {
        WaitOutcome::Cancelled => libc::ECANCELED,
        WaitOutcome::Closed => libc::EBADF,
        WaitOutcome::Taken => libc::EBUSY,
        WaitOutcome::Ready | WaitOutcome::TimedOut | WaitOutcome::Refused => libc::EAGAIN,
    }
}

/// A call that transfers once: `attempt` without blocking, wait while it would block, try
/// again. `blocking` is the original call for the case that the wait is refused.
/// `deadline` is asked for when the call has to wait at all.
pub(crate) fn until_done(
    policy: &Policy,
    fd: RawFd,
    interest: Interest,
    deadline: impl FnOnce() -> Deadline,
    mut attempt: impl FnMut() -> isize,
    blocking: impl FnOnce() -> isize,
) -> isize {
    let before = errno::get();
    let result = attempt();
    if result >= 0 || !would_block() {
        return result;
    }
    let mut wait = Wait::new(policy, fd, interest, deadline());
    loop {
        match wait.again() {
            WaitOutcome::Ready => {}
            WaitOutcome::Refused => {
                errno::set(before);
                return blocking();
            }
            ended => return errno::fail(error_of(ended)),
        }
        let result = attempt();
        if result >= 0 {
            errno::set(before);
            return result;
        }
        if !would_block() {
            return result;
        }
    }
}

/// A call that goes on until all bytes are transferred (or, for reads, the stream
/// ends). `attempt(done)` transfers what follows the first `done` bytes without blocking.
/// As in the kernel, an error after a part was transferred returns the part, and the
/// error is left for the next call.
pub(crate) struct Whole<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) fd: RawFd,
    pub(crate) interest: Interest,
    /// The time-out starts anew with every part (local sockets), not once per call.
    pub(crate) renew: bool,
}

impl Whole<'_> {
    /// Runs it. `total` is asked once the kernel has accepted the arguments. See
    /// [`until_done`] for `deadline`; `blocking(done)` transfers what is left.
    pub(crate) fn run(
        self,
        total: impl FnOnce() -> usize,
        deadline: impl Fn() -> Deadline,
        mut attempt: impl FnMut(usize) -> isize,
        blocking: impl FnOnce(usize) -> isize,
    ) -> isize {
        let before = errno::get();
        let first = attempt(0);
        if first < 0 && !would_block() {
            return first;
        }
        let mut done = usize::try_from(first).unwrap_or(0);
        let total = total();
        if done >= total && first >= 0 {
            return first;
        }
        if first == 0 && self.interest.is_read() {
            return first;
        }
        let mut wait = Wait::new(self.policy, self.fd, self.interest, deadline());
        let partial = |done: usize, error: i32| {
            if done > 0 {
                errno::set(before);
                done as isize
            } else {
                errno::fail(error)
            }
        };
        loop {
            match self.readiness() {
                Readiness::Failed if done > 0 => return partial(done, 0),
                Readiness::No => match wait.again() {
                    WaitOutcome::Ready => continue,
                    WaitOutcome::Refused => {
                        errno::set(before);
                        let rest = blocking(done);
                        return if rest >= 0 {
                            done as isize + rest
                        } else {
                            partial(done, errno::get())
                        };
                    }
                    ended => return partial(done, error_of(ended)),
                },
                Readiness::Failed | Readiness::Yes => {}
            }
            let result = attempt(done);
            if result < 0 {
                if !would_block() {
                    return partial(done, errno::get());
                }
                match wait.again() {
                    WaitOutcome::Ready | WaitOutcome::Refused => continue,
                    ended => return partial(done, error_of(ended)),
                }
            }
            done += result as usize;
            if done >= total || (result == 0 && self.interest.is_read()) {
                errno::set(before);
                return done as isize;
            }
            wait.progressed();
            if self.renew {
                wait.deadline = deadline();
            }
        }
    }

    fn readiness(&self) -> Readiness {
        let events = if self.interest.is_read() {
            libc::POLLIN
        } else {
            libc::POLLOUT
        };
        let mut entry = libc::pollfd {
            fd: self.fd,
            events,
            revents: 0,
        };
        // SAFETY: one valid entry, no waiting.
        let found = errno::preserve(|| unsafe { libc::poll(&raw mut entry, 1, 0) });
        if found <= 0 {
            Readiness::No
        } else if entry.revents & (libc::POLLERR | libc::POLLNVAL) != 0 {
            Readiness::Failed
        } else {
            Readiness::Yes
        }
    }
}

enum Readiness {
    Yes,
    No,
    Failed,
}
