//! A counter that is cheap to read: the processor's where it runs evenly, else the system's clock.
//!
//! A reading of the clock costs some 30 ns, which is as long as a switch of coroutines takes.

use crate::clock;
use std::sync::OnceLock;

/// Where both clocks stood when the counter was first asked for.
struct Start {
    ticks: u64,
    nanoseconds: u64,
    is_clock: bool,
}

static START: OnceLock<Start> = OnceLock::new();

/// What the rate is measured over at least, in nanoseconds.
const SPAN: u64 = 200_000;

fn start() -> &'static Start {
    START.get_or_init(|| {
        let is_clock = !counter::is_even();
        Start {
            nanoseconds: clock::now(),
            ticks: if is_clock { 0 } else { counter::read() },
            is_clock,
        }
    })
}

/// Begins to count, so that the rate is known when it is asked for.
pub(crate) fn begin() {
    start();
}

/// The counter now.
#[inline]
pub(crate) fn now() -> u64 {
    match START.get() {
        Some(start) if !start.is_clock => counter::read(),
        _ => clock::now(),
    }
}

/// How many nanoseconds so many ticks take.
pub(crate) fn nanoseconds(ticks: u64) -> u64 {
    let start = start();
    if start.is_clock {
        return ticks;
    }
    let (mut all, mut passed);
    loop {
        all = counter::read().saturating_sub(start.ticks);
        passed = clock::now().saturating_sub(start.nanoseconds);
        if passed >= SPAN && all > 0 {
            break;
        }
        std::hint::spin_loop();
    }
    let exact = u128::from(ticks) * u128::from(passed) / u128::from(all);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

#[cfg(target_arch = "x86_64")]
mod counter {
    use std::arch::x86_64::{__cpuid, _rdtsc};

    /// Does it run at one rate, whatever the processor does ("invariant TSC")?
    pub(super) fn is_even() -> bool {
        const EXTENDED: u32 = 0x8000_0000;
        const POWER: u32 = 0x8000_0007;
        const INVARIANT: u32 = 1 << 8;
        __cpuid(EXTENDED).eax >= POWER && __cpuid(POWER).edx & INVARIANT != 0
    }

    #[inline]
    pub(super) fn read() -> u64 {
        // SAFETY: every x86-64 processor has the instruction, and Linux allows it.
        unsafe { _rdtsc() }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod counter {
    pub(super) fn is_even() -> bool {
        false
    }

    pub(super) fn read() -> u64 {
        crate::clock::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_worth_what_the_clock_says() {
        begin();
        let (ticks, before) = (now(), clock::now());
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (ticks, passed) = (now() - ticks, clock::now() - before);
        let counted = nanoseconds(ticks);
        assert!(
            counted.abs_diff(passed) < passed / 50,
            "{counted} ns counted, {passed} ns passed"
        );
    }
}
