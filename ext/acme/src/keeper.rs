//! Looks after the certificates of one server.

use crate::settings::Settings;
use crate::store::{Lock, Store};
use crate::{Failure, http, order, pause};
use highper_engine::{self as engine, Wake};
use instant_acme::Account;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest sleep: somebody may set the clock, and another server of the same folder may have been quicker.
const SLEEP: Duration = Duration::from_secs(60);
/// A look at whether somebody else still orders.
const OTHERS: Duration = Duration::from_secs(5);

/// What there is to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News<'n> {
    /// A certificate was there already: its name, and when it ends (seconds since 1970).
    Found(&'n str, i64),
    /// A certificate was ordered, and is there: its name, and when it ends.
    Ordered(&'n str, i64),
    /// An order failed: its name, why, and how long nothing is tried.
    Failed(&'n str, &'n Failure, Duration),
    /// Another process orders for this folder.
    Waiting,
}

struct Certificate {
    name: String,
    /// Until when the one that is there is valid; seconds since 1970.
    until: Option<i64>,
    /// When it is to be looked after.
    due: i64,
    failures: u32,
}

/// Looks after the certificates of one server.
pub struct Keeper {
    settings: Settings,
    store: Store,
    account: Option<Account>,
    all: Vec<Certificate>,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

fn sleep(time: Duration) -> bool {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    engine::sleep(nanoseconds) == Wake::Ready
}

impl Keeper {
    /// For these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let all = settings.names.iter().map(|name| Certificate {
            name: name.to_ascii_lowercase(),
            until: None,
            due: 0,
            failures: 0,
        });
        Self {
            store: Store::of(&settings.folder, &settings.directory),
            account: None,
            all: all.collect(),
            settings,
        }
    }

    /// Runs until the coroutine is cancelled.
    ///
    /// # Errors
    /// What no waiting mends: settings of the client.
    pub fn run(mut self, tell: &mut dyn FnMut(&News<'_>)) -> Result<(), String> {
        http::open(self.settings.ca.clone())?;
        let Some(_lock) = self.enter(tell) else {
            return Ok(());
        };
        for number in 0..self.all.len() {
            self.look(number);
            let one = &self.all[number];
            if let Some(until) = one.until {
                tell(&News::Found(&one.name, until));
            }
        }
        loop {
            for number in 0..self.all.len() {
                if self.all[number].due <= now() && !self.renew(number, tell) {
                    return Ok(());
                }
            }
            let next = self.all.iter().map(|one| one.due).min().unwrap_or(i64::MAX);
            let left = u64::try_from(next.saturating_sub(now()))
                .unwrap_or(0)
                .max(1);
            if !sleep(Duration::from_secs(left).min(SLEEP)) {
                return Ok(());
            }
        }
    }

    /// Waits until the folder can be used, and is ours. `None`: the process ends.
    fn enter(&self, tell: &mut dyn FnMut(&News<'_>)) -> Option<Lock> {
        let mut failures = 0;
        let mut has_told = false;
        loop {
            let locked = self.store.make().and_then(|()| self.store.lock());
            match locked {
                Ok(Some(lock)) => match self.store.tidy() {
                    Ok(()) => return Some(lock),
                    Err(error) => failures += self.unusable(&error, failures, tell)?,
                },
                Ok(None) => {
                    if !std::mem::replace(&mut has_told, true) {
                        tell(&News::Waiting);
                    }
                    if !sleep(OTHERS) {
                        return None;
                    }
                }
                Err(error) => failures += self.unusable(&error, failures, tell)?,
            }
        }
    }

    fn unusable(
        &self,
        error: &std::io::Error,
        failures: u32,
        tell: &mut dyn FnMut(&News<'_>),
    ) -> Option<u32> {
        let failure = Failure {
            is_away: true,
            ..Failure::of_store(self.store.folder(), error)
        };
        let pause = pause::after(&failure, failures + 1, self.settings.retry, pause::chance());
        tell(&News::Failed(&self.all.first()?.name, &failure, pause));
        sleep(pause).then_some(1)
    }

    /// Reads what is there, and says when it is to be renewed.
    fn look(&mut self, number: usize) {
        let one = &mut self.all[number];
        let text = std::fs::read(self.store.certificate(&one.name)).unwrap_or_default();
        match highper_tls::validity(&text) {
            Some(validity) => {
                // Somebody else may have renewed it; it is due once.
                if one.until != Some(validity.1) {
                    one.until = Some(validity.1);
                    one.due = pause::renewal(validity, pause::chance());
                }
            }
            None => {
                one.until = None;
                one.due = 0;
            }
        }
    }

    /// False: the process ends.
    fn renew(&mut self, number: usize, tell: &mut dyn FnMut(&News<'_>)) -> bool {
        let ordered = self.order(number);
        let one = &mut self.all[number];
        match ordered {
            Ok(()) => {
                one.failures = 0;
                one.until = None;
                self.look(number);
                let one = &mut self.all[number];
                // One that ends at once, or a clock that is wrong, is no reason to ask without a pause.
                let pause = i64::try_from(self.settings.retry.as_secs()).unwrap_or(i64::MAX);
                one.due = one.due.max(now().saturating_add(pause));
                tell(&News::Ordered(&one.name, one.until.unwrap_or(0)));
                true
            }
            Err(failure) if failure.is_cancelled => false,
            Err(failure) => {
                if failure.is_stranger || failure.is_away {
                    self.account = None;
                }
                one.failures = one.failures.saturating_add(1);
                let pause =
                    pause::after(&failure, one.failures, self.settings.retry, pause::chance());
                one.due =
                    now().saturating_add(i64::try_from(pause.as_secs().max(1)).unwrap_or(i64::MAX));
                tell(&News::Failed(&one.name, &failure, pause));
                true
            }
        }
    }

    fn order(&mut self, number: usize) -> Result<(), Failure> {
        let Self {
            settings,
            store,
            account,
            all,
        } = self;
        let one = &all[number];
        let failed = |error: std::io::Error| Failure::of_store(store.folder(), &error);
        store
            .make()
            .and_then(|()| store.try_out())
            .map_err(failed)?;
        let account = match account {
            Some(account) => account,
            none => none.insert(order::account(settings, store)?),
        };
        let text = match order::order(account, settings, store, &one.name, one.failures) {
            Err(failure) if failure.is_stranger => {
                // A new one is made the next time.
                store.forget_account().map_err(failed)?;
                return Err(failure);
            }
            other => other?,
        };
        if highper_tls::validity(text.as_bytes()).is_none() {
            return Err(Failure::new(
                "what the authority has signed is no certificate",
            ));
        }
        store.save_certificate(&one.name, &text).map_err(failed)
    }
}
