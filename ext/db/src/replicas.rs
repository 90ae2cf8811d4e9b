//! Replicas: which of them answers, and whose reads belong to the primary.

use crate::error::Kind;
use crate::{Dialect, Error, Outcome, Param, Source, Statement};
use highper_engine::{self as engine, Ending, clock};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

/// One that could not be reached is left alone for so long, in nanoseconds.
const LEFT_ALONE: u64 = 1_000_000_000;
/// How often it is asked how far it is behind, in nanoseconds.
const ASKED: u64 = 1_000_000_000;
/// A coroutine's ancestors are looked at this far.
const ANCESTORS: usize = 64;
/// More notes than this are looked through for old ones.
const NOTES: usize = 1024;

/// A server that has what the primary has, a little later.
struct Replica {
    source: Rc<Source>,
    weight: u32,
    /// Nothing is asked of it before.
    down_until: Cell<u64>,
    /// How far it was behind when it was last asked, in seconds; nothing while that is unknown.
    behind: Cell<Option<f64>>,
    asked: Cell<u64>,
    is_asking: Cell<bool>,
    /// What it has got in its turn: see [`Replicas::pick`].
    credit: Cell<i64>,
}

/// All of them.
pub(crate) struct Replicas {
    all: Vec<Rc<Replica>>,
    /// How long a coroutine's own reads go to the primary after it has written, in nanoseconds.
    sticky: u64,
    /// How far one may be behind, in seconds.
    lag: Option<f64>,
    /// By coroutine: when it wrote last, and when one wrote that it, or one of those, has made.
    wrote: RefCell<HashMap<u64, (u64, u64)>>,
    reads: Cell<u64>,
    fallbacks: Cell<u64>,
}

/// What is to be known of a replica.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Where it is, without its password.
    pub place: String,
    /// May it be asked now?
    pub is_up: bool,
    /// How far it was behind, in seconds, where that is known.
    pub behind: Option<f64>,
    /// Statements so far.
    pub statements: u64,
    /// Its pool's numbers.
    pub counts: crate::Counts,
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The running coroutine, and those that it was made by.
fn family() -> impl Iterator<Item = u64> {
    let mut at = engine::current();
    std::iter::from_fn(move || {
        let id = at?;
        at = engine::info(id)
            .map(|info| info.parent)
            .filter(|id| *id != 0);
        Some(id)
    })
    .take(ANCESTORS)
    .chain(std::iter::once(0).filter(|_| engine::current().is_none()))
}

impl Replica {
    fn is_up(&self, now: u64, lag: Option<f64>) -> bool {
        self.down_until.get() <= now
            && match (lag, self.behind.get()) {
                (None, _) => true,
                (Some(most), Some(behind)) => behind <= most,
                // It has not said yet: until then the primary answers.
                (Some(_), None) => false,
            }
    }

    fn is_gone(&self) {
        self.down_until.set(clock::now() + LEFT_ALONE);
        self.behind.set(None);
        self.asked.set(0);
    }

    /// Asks how far it is behind, beside what runs.
    fn ask_in_time(self: &Rc<Self>, now: u64) {
        if now.saturating_sub(self.asked.get()) < ASKED
            || self.down_until.get() > now
            || self.is_asking.replace(true)
        {
            return;
        }
        self.asked.set(now.max(1));
        let own = Rc::clone(self);
        let ask = move || {
            match own.ask() {
                Ok(behind) => own.behind.set(Some(behind)),
                Err(error) if error.kind == Kind::Connection => own.is_gone(),
                // It does not follow anybody, or may not say.
                Err(_) => own.behind.set(None),
            }
            own.is_asking.set(false);
            Ending::Returned
        };
        if engine::is_running() {
            let _started = engine::spawn(ask);
        } else {
            ask();
        }
    }

    fn ask(&self) -> Result<f64, Error> {
        let run = |sql: &str| {
            let statement = self.source.statement(sql)?;
            self.source.run_here(&statement, &[])
        };
        if self.source.dialect() == Dialect::Postgres {
            let found = run(
                // One that has received something and receives no more does not follow, as up to date as it may look.
                "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 \
                 WHEN pg_last_wal_receive_lsn() IS NOT NULL AND NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN NULL \
                 WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
                 ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END::float8",
            )?;
            return match found.rows.cell(0, 0) {
                Some(crate::Cell::Float(seconds)) => Ok(seconds),
                Some(crate::Cell::Int(seconds)) => Ok(seconds as f64),
                _ => Err(Error::usage("a replica does not say how far it is behind")),
            };
        }
        let found = match run("SHOW REPLICA STATUS") {
            Err(error) if error.kind == Kind::Statement => run("SHOW SLAVE STATUS")?,
            found => found?,
        };
        let columns = found.rows.columns();
        let at = columns.iter().position(|column| {
            matches!(
                &*column.name,
                "Seconds_Behind_Source" | "Seconds_Behind_Master"
            )
        });
        let cell = at.and_then(|at| found.rows.cell(0, at));
        match cell {
            Some(crate::Cell::Int(seconds)) => Ok(seconds as f64),
            Some(crate::Cell::Text(text)) => std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| {
                    Error::usage("a replica says something else than how far it is behind")
                }),
            // It does not follow at present.
            _ => Err(Error::usage("a replica does not follow")),
        }
    }
}

impl Replicas {
    pub(crate) fn new(
        sources: Vec<(Rc<Source>, u32)>,
        sticky: Duration,
        lag: Option<Duration>,
    ) -> Self {
        let replica = |(source, weight)| {
            Rc::new(Replica {
                source,
                weight,
                down_until: Cell::new(0),
                behind: Cell::new(None),
                asked: Cell::new(0),
                is_asking: Cell::new(false),
                credit: Cell::new(0),
            })
        };
        Self {
            all: sources.into_iter().map(replica).collect(),
            sticky: nanos(sticky),
            lag: lag.map(|lag| lag.as_secs_f64()),
            wrote: RefCell::default(),
            reads: Cell::new(0),
            fallbacks: Cell::new(0),
        }
    }

    /// The running coroutine has changed something: it wants to see that, and so do those that it was made by.
    pub(crate) fn wrote(&self) {
        if self.sticky == 0 {
            return;
        }
        let now = clock::now();
        let is_old = |at: u64| now.saturating_sub(at) >= self.sticky;
        let mut wrote = self.wrote.borrow_mut();
        if wrote.len() > NOTES {
            wrote.retain(|_, (own, child)| !is_old(*own) || !is_old(*child));
        }
        for (distance, id) in family().enumerate() {
            let note = wrote.entry(id).or_default();
            match distance {
                0 => note.0 = now,
                _ => note.1 = now,
            }
        }
    }

    /// Has the running coroutine written, or one that it has made, or one that it was made by?
    fn has_written(&self) -> bool {
        let wrote = self.wrote.borrow();
        if wrote.is_empty() {
            return false;
        }
        let now = clock::now();
        let is_new = |at: u64| at != 0 && now.saturating_sub(at) < self.sticky;
        family().enumerate().any(|(distance, id)| {
            let note = wrote.get(&id);
            note.is_some_and(|(own, child)| is_new(*own) || (distance == 0 && is_new(*child)))
        })
    }

    /// The next one in turn, by weight; none where the primary has to answer.
    fn pick(&self) -> Option<&Rc<Replica>> {
        if self.has_written() {
            return None;
        }
        let now = clock::now();
        let mut sum = 0;
        let mut best: Option<&Rc<Replica>> = None;
        for replica in &self.all {
            if self.lag.is_some() {
                replica.ask_in_time(now);
            }
            if !replica.is_up(now, self.lag) {
                continue;
            }
            // Smooth: whoever has waited longest for its share.
            let weight = i64::from(replica.weight);
            sum += weight;
            replica.credit.set(replica.credit.get() + weight);
            if best.is_none_or(|best| replica.credit.get() > best.credit.get()) {
                best = Some(replica);
            }
        }
        if let Some(best) = best {
            best.credit.set(best.credit.get() - sum);
        }
        best
    }

    /// The source whose replica may answer.
    pub(crate) fn source(&self) -> Option<Rc<Source>> {
        self.pick().map(|replica| Rc::clone(&replica.source))
    }

    /// Runs what only reads; none where the primary has to do it.
    pub(crate) fn run(
        &self,
        statement: &Statement,
        params: &[Param<'_>],
    ) -> Option<Result<Outcome, Error>> {
        for _ in 0..self.all.len() {
            let replica = Rc::clone(self.pick()?);
            match replica.source.run_here(statement, params) {
                // It only reads, so that another one may be asked the same.
                Err(error) if error.kind == Kind::Connection => {
                    replica.is_gone();
                    self.fallbacks.set(self.fallbacks.get() + 1);
                }
                done => {
                    self.reads.set(self.reads.get() + 1);
                    return Some(done);
                }
            }
        }
        None
    }

    /// How they are.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        let now = clock::now();
        let standing = |replica: &Rc<Replica>| {
            let account = replica.source.account();
            Standing {
                place: account.place,
                is_up: replica.is_up(now, self.lag),
                behind: replica.behind.get(),
                statements: account.statements,
                counts: account.counts,
            }
        };
        self.all.iter().map(standing).collect()
    }

    /// Lets go of all connections that nobody uses.
    pub(crate) fn disconnect(&self) {
        self.all
            .iter()
            .for_each(|replica| replica.source.disconnect());
    }
}
