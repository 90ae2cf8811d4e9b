//! [`Watcher`]: when to look, and what has settled.

use crate::events::{Events, reason};
use crate::files::{Pass, Place, Snapshot, differences};
use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What is watched, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folders and files.
    pub places: Vec<Place>,
    /// Files by their names.
    pub files: Vec<PathBuf>,
    /// Looks from time to time, without inotify: for file systems that tell nothing, such as shares and mounts of a virtual
    /// machine. Default false.
    pub polling: bool,
    /// How often it looks then. Default 250 ms; a pass that takes longer than a twentieth of it is made less often.
    pub every: Duration,
    /// Nothing must happen for so long before a change is told of. Default 20 ms.
    pub quiet: Duration,
    /// A change is told of after this time, whatever goes on. Default 2 s.
    pub longest: Duration,
    /// While there is such a file somebody changes many files; nothing is told of until it is gone. Default none.
    pub busy: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            files: Vec::new(),
            polling: false,
            every: Duration::from_millis(250),
            quiet: Duration::from_millis(20),
            longest: Duration::from_secs(2),
            busy: None,
        }
    }
}

/// Something has happened: since when, and when last.
#[derive(Clone, Copy, Debug)]
struct Unrest {
    since: Instant,
    last: Instant,
}

/// Watches files. See the crate's page.
#[derive(Debug)]
pub struct Watcher {
    options: Options,
    events: Option<Events>,
    known: Snapshot,
    unrest: Option<Unrest>,
    /// What has changed and was not told of yet.
    changed: BTreeSet<PathBuf>,
    next: Instant,
    took: Duration,
    warning: Option<String>,
}

impl Watcher {
    /// Watches from now on.
    #[must_use]
    pub fn new(options: Options, now: Instant) -> Self {
        let mut made = Self {
            events: None,
            known: Snapshot::new(),
            unrest: None,
            changed: BTreeSet::new(),
            next: now,
            took: Duration::ZERO,
            warning: None,
            options,
        };
        if !made.options.polling {
            match Events::new() {
                Ok(events) => made.events = Some(events),
                Err(error) => made.fall_back(&reason(error)),
            }
        }
        made.known = made.pass(now);
        made
    }

    fn fall_back(&mut self, why: &str) {
        self.events = None;
        self.warning.get_or_insert_with(|| {
            format!(
                "files are looked at every {} ms: {why}",
                self.options.every.as_millis()
            )
        });
    }

    /// Why it looks from time to time although it was not told to; once.
    pub fn warning(&mut self) -> Option<String> {
        self.warning.take()
    }

    /// Is inotify at work?
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.events.is_some()
    }

    /// How many files are watched.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known.len()
    }

    /// Readable when something has happened; none where it looks from time to time.
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().map(|events| events.fd.as_fd())
    }

    /// How long nobody need [`look`](Self::look) unless the descriptor is readable.
    #[must_use]
    pub fn patience(&self, now: Instant) -> Option<Duration> {
        let at = match (&self.unrest, self.events.is_some()) {
            (Some(unrest), _) => Some(unrest.last + self.options.quiet),
            (None, false) => Some(self.next),
            (None, true) => None,
        };
        at.map(|at| at.saturating_duration_since(now))
    }

    /// The files that have changed, are new or gone, once it has become quiet. Mostly none.
    pub fn look(&mut self, now: Instant) -> Vec<PathBuf> {
        let told = self.events.as_mut().is_some_and(Events::take);
        if told {
            self.stir(now);
        }
        if self.events.is_none() && self.unrest.is_none() && now >= self.next && self.compare(now) {
            self.stir(now);
        }
        let Some(unrest) = self.unrest else {
            return Vec::new();
        };
        let is_late = now >= unrest.since + self.options.longest;
        if now < unrest.last + self.options.quiet && !is_late {
            return Vec::new();
        }
        let is_busy = self.options.busy.as_ref().is_some_and(|file| file.exists());
        let goes_on = match self.events.is_some() {
            true => {
                self.compare(now);
                false
            }
            false => self.compare(now),
        };
        if (is_busy || goes_on) && !is_late {
            self.stir(now);
            return Vec::new();
        }
        self.unrest = None;
        std::mem::take(&mut self.changed).into_iter().collect()
    }

    fn stir(&mut self, now: Instant) {
        let since = self.unrest.map_or(now, |unrest| unrest.since);
        self.unrest = Some(Unrest { since, last: now });
    }

    /// Looks at all files; has any changed since the last time?
    fn compare(&mut self, now: Instant) -> bool {
        let files = self.pass(now);
        let changed = differences(&self.known, &files);
        self.known = files;
        let any = !changed.is_empty();
        self.changed.extend(changed);
        any
    }

    fn pass(&mut self, now: Instant) -> Snapshot {
        let begun = Instant::now();
        let mut failed = None;
        let events = &mut self.events;
        let mut folder = |path: &std::path::Path, filter: &crate::names::Filter| {
            if let Some(events) = events
                && failed.is_none()
            {
                failed = events.add(path, filter).err();
            }
        };
        let files = Pass::over(&self.options.places, &self.options.files, &mut folder);
        if let Some(error) = failed {
            self.fall_back(&reason(error));
        }
        self.took = begun.elapsed();
        self.next = now + self.options.every.max(self.took * 20);
        files
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
