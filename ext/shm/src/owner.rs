//! Who holds something in shared memory: numbers of processes, and whether those still live.

use std::io;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a living process is believed that does not fit what is noted of the holder: in so much
/// time it has noted its own.
const DOUBT: Duration = Duration::from_secs(2);

/// This process's number and the time it started; 0 until they are asked for, and again in the
/// child of a fork. The number costs a system call otherwise, at each lock.
static PID: AtomicU32 = AtomicU32::new(0);
static STARTED: AtomicU32 = AtomicU32::new(0);
static FORKS: Once = Once::new();

extern "C" fn forked() {
    PID.store(0, Ordering::Relaxed);
    STARTED.store(0, Ordering::Relaxed);
}

/// The number of this process; never 0.
#[inline]
pub(crate) fn pid() -> u32 {
    match PID.load(Ordering::Relaxed) {
        0 => ask_pid(),
        pid => pid,
    }
}

#[cold]
fn ask_pid() -> u32 {
    FORKS.call_once(|| {
        // SAFETY: the handler stores two atomics and nothing else.
        let failed = unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        assert_eq!(failed, 0, "no memory for a handler of forks");
    });
    let pid = std::process::id();
    PID.store(pid, Ordering::Relaxed);
    pid
}

/// When this process started, in the kernel's ticks, cut to 32 bits; 0 when `/proc` does not tell.
#[inline]
pub(crate) fn started() -> u32 {
    match STARTED.load(Ordering::Relaxed) {
        0 => ask_started(),
        started => started,
    }
}

#[cold]
fn ask_started() -> u32 {
    let started = status(pid()).map_or(0, |(_, started)| started);
    STARTED.store(started, Ordering::Relaxed);
    started
}

/// State and start of a process, out of `/proc/PID/stat` (proc(5)).
fn status(pid: u32) -> Option<(u8, u32)> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything, parentheses too.
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let mut fields = text.get(end + 2..)?.split(|byte| *byte == b' ');
    let state = *fields.next()?.first()?;
    let started: u64 = std::str::from_utf8(fields.nth(18)?).ok()?.parse().ok()?;
    // 0 is for unknown.
    Some((state, (started as u32).max(1)))
}

/// Looks at one holder until it lets go, or turns out to be gone.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Who does not fit the noted start, and since when. A holder notes its start just after it took
    /// hold, and may be off the processor between the two: one look alone proves nothing.
    doubted: Option<(u32, u64, Instant)>,
}

impl Watch {
    /// Is the process `pid`, which started at `started` (0: unknown), gone? `holding` changes
    /// whenever the holder does.
    ///
    /// Gone is also one that was killed and not yet collected by its parent, and one whose number
    /// belongs to another process by now.
    pub(crate) fn is_gone(&mut self, pid: u32, started: u32, holding: u64) -> bool {
        let Ok(number) = i32::try_from(pid) else {
            return true;
        };
        // SAFETY: signal 0 only asks.
        if unsafe { libc::kill(number, 0) } < 0
            && io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
        {
            return true;
        }
        match status(pid) {
            Some((b'Z' | b'X' | b'x', _)) => true,
            Some((_, real)) if started != 0 && real != started => match self.doubted {
                Some((same, held, since)) if (same, held) == (pid, holding) => {
                    since.elapsed() >= DOUBT
                }
                _ => {
                    self.doubted = Some((pid, holding, Instant::now()));
                    false
                }
            },
            _ => {
                self.doubted = None;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_is_not_gone_and_a_killed_one_is_even_before_it_is_collected() {
        let mut watch = Watch::default();
        for _ in 0..3 {
            assert!(!watch.is_gone(pid(), started(), 1));
        }
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        assert!(!watch.is_gone(child.id(), 0, 2));
        child.kill().unwrap();
        let begin = std::time::Instant::now();
        while !watch.is_gone(child.id(), 0, 2) {
            assert!(begin.elapsed().as_secs() < 10);
        }
        child.wait().unwrap();
        assert!(watch.is_gone(child.id(), 0, 2));
    }

    #[test]
    fn a_number_that_another_process_has_by_now_is_gone_after_a_while() {
        let mut watch = Watch::default();
        let other = started().wrapping_add(1);
        assert!(!watch.is_gone(pid(), other, 7));
        assert!(!watch.is_gone(pid(), other, 8));
        assert!(!watch.is_gone(pid(), other, 8));
        // SAFETY: touches no memory.
        unsafe { libc::usleep(2_050_000) };
        assert!(!watch.is_gone(pid(), started(), 8));
        assert!(!watch.is_gone(pid(), other, 9));
        // SAFETY: as above.
        unsafe { libc::usleep(2_050_000) };
        assert!(watch.is_gone(pid(), other, 9));
    }
}
