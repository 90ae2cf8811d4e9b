//! What is shown of Redis among the metrics.

use crate::metrics::Metrics;
use highper_metrics::{Kind, Place, series};
use highper_redis::{Account, Client};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

/// Name, kind and meaning of each, in the order of [`values`].
const FIGURES: [(&str, Kind, &str); 4] = [
    (
        "highper_redis_connections",
        Kind::Gauge,
        "Connections to Redis: shared ones, and those that one coroutine has for itself.",
    ),
    (
        "highper_redis_waiting",
        Kind::Gauge,
        "Coroutines that wait for a connection to Redis.",
    ),
    (
        "highper_redis_commands_total",
        Kind::Counter,
        "Commands for Redis.",
    ),
    (
        "highper_redis_refused_total",
        Kind::Counter,
        "How often there was no connection to Redis in time.",
    ),
];

/// A client of the configuration.
struct Shown {
    name: String,
    client: Weak<Client>,
    series: OnceCell<[Option<usize>; 4]>,
    /// Of the counters, what was noted.
    noted: Cell<[u64; 4]>,
}

thread_local! {
    static SHOWN: RefCell<Vec<Shown>> = const { RefCell::new(Vec::new()) };
}

/// A client of the configuration was opened.
pub(super) fn opened(name: &str, client: &Rc<Client>) {
    SHOWN.with_borrow_mut(|all| {
        all.retain(|shown| shown.client.strong_count() > 0);
        all.push(Shown {
            name: name.to_owned(),
            client: Rc::downgrade(client),
            series: OnceCell::new(),
            noted: Cell::default(),
        });
    });
}

fn values(account: &Account) -> [u64; 4] {
    let counts = account.counts;
    [
        account.shared.0 + (counts.idle + counts.taken) as u64,
        counts.waiting as u64,
        account.commands,
        counts.refused,
    ]
}

/// Notes the figures of this worker's clients.
pub(crate) fn note(metrics: &Metrics, place: &Place) {
    SHOWN.with_borrow(|all| {
        for shown in all {
            let Some(client) = shown.client.upgrade() else {
                continue;
            };
            let series = shown.series.get_or_init(|| {
                let labels = [("redis".to_owned(), shown.name.clone())];
                FIGURES.map(|(name, kind, help)| {
                    metrics.known(kind, name, help);
                    place.series(kind, &series(name, &labels))
                })
            });
            let now = values(&client.account());
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
