//! What is shown of databases among the metrics.

use crate::metrics::Metrics;
use highper_db::{Account, Source};
use highper_metrics::{Kind, Place, series};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

/// Name, kind and meaning of each, in the order of [`values`].
const FIGURES: [(&str, Kind, &str); 6] = [
    (
        "highper_db_connections_idle",
        Kind::Gauge,
        "Connections to databases that nobody uses.",
    ),
    (
        "highper_db_connections_taken",
        Kind::Gauge,
        "Connections to databases in use.",
    ),
    (
        "highper_db_waiting",
        Kind::Gauge,
        "Coroutines that wait for a connection to a database.",
    ),
    (
        "highper_db_statements_total",
        Kind::Counter,
        "Statements for databases.",
    ),
    (
        "highper_db_waits_total",
        Kind::Counter,
        "How often somebody had to wait for a connection to a database.",
    ),
    (
        "highper_db_refused_total",
        Kind::Counter,
        "How often there was no connection to a database in time.",
    ),
];

/// A database of the configuration.
struct Shown {
    name: String,
    source: Weak<Source>,
    series: OnceCell<[Option<usize>; 6]>,
    /// Of the counters, what was noted.
    noted: Cell<[u64; 6]>,
}

thread_local! {
    static SHOWN: RefCell<Vec<Shown>> = const { RefCell::new(Vec::new()) };
}

/// A database of the configuration was opened.
pub(super) fn opened(name: &str, source: &Rc<Source>) {
    SHOWN.with_borrow_mut(|all| {
        all.retain(|shown| shown.source.strong_count() > 0);
        all.push(Shown {
            name: name.to_owned(),
            source: Rc::downgrade(source),
            series: OnceCell::new(),
            noted: Cell::default(),
        });
    });
}

fn values(account: &Account) -> [u64; 6] {
    let counts = account.counts;
    [
        counts.idle as u64,
        counts.taken as u64,
        counts.waiting as u64,
        account.statements,
        counts.waits,
        counts.refused,
    ]
}

/// Notes the figures of this worker's databases.
pub(crate) fn note(metrics: &Metrics, place: &Place) {
    SHOWN.with_borrow(|all| {
        for shown in all {
            let Some(source) = shown.source.upgrade() else {
                continue;
            };
            let series = shown.series.get_or_init(|| {
                let labels = [("database".to_owned(), shown.name.clone())];
                FIGURES.map(|(name, kind, help)| {
                    metrics.known(kind, name, help);
                    place.series(kind, &series(name, &labels))
                })
            });
            let now = values(&source.account());
            let before = shown.noted.replace(now);
            for (at, (_, kind, _)) in FIGURES.iter().enumerate() {
                match (series[at], kind) {
                    (None, _) => {}
                    (Some(series), Kind::Gauge) => place.put(series, now[at] as f64),
                    (Some(series), _) => {
                        place.add(series, now[at].saturating_sub(before[at]) as f64);
                    }
                }
            }
        }
    });
}
