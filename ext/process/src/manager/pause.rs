//! Taking no new connections while those that there are go on, and taking them again: for who takes a server out of its balancer.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Manager;
use crate::hooks::Level;

/// Are new connections taken?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// They are.
    No,
    /// They are until then; readiness says no already.
    At(Instant),
    /// They are not.
    Yes,
}

impl Manager<'_> {
    /// Begins to take none.
    pub(super) fn pause(&mut self) {
        if self.stopping.is_some() || self.pause != Pause::No {
            return;
        }
        self.board.counters().paused.store(1, Ordering::Relaxed);
        let now = Instant::now();
        self.pause = Pause::At(now + self.options.pause_delay);
        if !self.options.pause_delay.is_zero() {
            let text = format!(
                "pausing: readiness says no, and new connections are refused in {} s",
                self.options.pause_delay.as_secs_f64()
            );
            self.hooks.log(Level::Warning, &text);
        }
        self.advance_pause(now);
    }

    /// Refuses them when it is time.
    pub(super) fn advance_pause(&mut self, now: Instant) {
        let Pause::At(at) = self.pause else { return };
        if now < at || self.stopping.is_some() {
            return;
        }
        self.pause = Pause::Yes;
        let result = self.hooks.paused(true);
        self.log_failure("paused", result);
        self.notifier.paused();
        self.hooks.log(
            Level::Warning,
            "paused: new connections are refused, those that there are go on",
        );
    }

    /// Takes them again.
    pub(super) fn resume(&mut self) {
        let before = std::mem::replace(&mut self.pause, Pause::No);
        if before == Pause::No || self.stopping.is_some() {
            return;
        }
        if before == Pause::Yes {
            let result = self.hooks.paused(false);
            self.log_failure("paused", result);
        }
        self.board.counters().paused.store(0, Ordering::Relaxed);
        self.notifier.ready(self.options.worker_num);
        self.hooks
            .log(Level::Warning, "resumed: new connections are taken again");
    }
}
