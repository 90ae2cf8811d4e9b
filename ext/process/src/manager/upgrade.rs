//! Another program in the place of this one: the manager's side.

use std::time::{Duration, Instant};

use super::{Manager, Pause};
use crate::hooks::Level;
use crate::upgrade::Program;

/// What the program may take before its workers are forked.
const BEFORE: Duration = Duration::from_secs(30);

impl Manager<'_> {
    /// Begins to hand over to a new program.
    pub(super) fn want_upgrade(&mut self) {
        if self.upgrade.is_some() {
            return self
                .hooks
                .log(Level::Warning, "an upgrade is under way already");
        }
        if self.stopping.is_some() {
            return;
        }
        if !self.settled {
            self.queued_upgrade = true;
            return;
        }
        let begun = self.begin_upgrade();
        if let Err(why) = begun {
            self.upgrade_failed(&why);
        }
    }

    fn begin_upgrade(&mut self) -> Result<(), String> {
        if self.pid == 1 {
            return Err("the server is the first process of a container, which ends with it: replace the container".to_owned());
        }
        if self.pause != Pause::No {
            return Err("the server is paused: resume it first".to_owned());
        }
        let sockets = self.hooks.sockets();
        if sockets.is_empty() {
            return Err("it has no sockets to hand over".to_owned());
        }
        let program: &Program = self.program.as_ref().map_err(Clone::clone)?;
        let pid_file = self.pid_file.as_ref().and_then(crate::pidfile::PidFile::fd);
        let patience = BEFORE + self.options.start_timeout;
        let started = program.start(&sockets, pid_file, patience);
        let upgrade = started.map_err(|error| format!("it can't be started: {error}"))?;
        self.notifier.reloading();
        self.info("upgrade: a new program starts");
        self.upgrade = Some(upgrade);
        Ok(())
    }

    fn upgrade_failed(&mut self, why: &str) {
        // What it has printed has several lines at times.
        let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
        self.hooks.log(
            Level::Error,
            &format!("upgrade failed, this program serves on: {why}"),
        );
        self.failed_upgrades = (self.failed_upgrades.0 + 1, why);
        self.notifier.ready(self.options.worker_num);
    }

    /// Looks what became of it.
    pub(super) fn advance_upgrade(&mut self, now: Instant) {
        if self.settled && std::mem::take(&mut self.queued_upgrade) {
            self.want_upgrade();
        }
        let Some(upgrade) = &mut self.upgrade else {
            return;
        };
        if self.stopping.is_some() {
            upgrade.end();
            self.upgrade = None;
            return;
        }
        match upgrade.look(now) {
            None => {}
            Some(Err(why)) => {
                self.upgrade = None;
                self.upgrade_failed(&why);
            }
            Some(Ok(pid)) => {
                self.upgrade = None;
                self.is_replaced = true;
                self.notifier.replaced(pid);
                self.hooks.handed_over();
                self.info(&format!("upgrade: process {pid} serves from now on"));
                self.shut_down(false, 0);
            }
        }
    }

    /// What there is to say in the status.
    pub(super) fn upgrades(&self) -> String {
        match &self.failed_upgrades {
            (0, _) => String::new(),
            (count, why) => format!(
                "{}{count}, the last: {why}\n",
                crate::control::FAILED_UPGRADES
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_what_the_guarantees_say() {
        let limit = BEFORE + crate::Options::default().start_timeout;
        assert_eq!(limit, Duration::from_secs(90));
    }
}
