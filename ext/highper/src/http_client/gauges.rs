//! What is shown of HTTP clients among the metrics.

use crate::metrics::Metrics;
use highper_fetch::Client;
use highper_metrics::{Kind, Place, series};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

/// Name, kind and meaning of each, in the order of [`values`].
const FIGURES: [(&str, Kind, &str); 6] = [
    (
        "highper_http_client_connections_idle",
        Kind::Gauge,
        "Connections of HTTP clients that nobody uses.",
    ),
    (
        "highper_http_client_connections_taken",
        Kind::Gauge,
        "Connections of HTTP clients in use.",
    ),
    (
        "highper_http_client_waiting",
        Kind::Gauge,
        "Coroutines that wait for a connection of an HTTP client.",
    ),
    (
        "highper_http_client_requests_total",
        Kind::Counter,
        "Requests of HTTP clients.",
    ),
    (
        "highper_http_client_failed_total",
        Kind::Counter,
        "Requests of HTTP clients that got no answer.",
    ),
    (
        "highper_http_client_retries_total",
        Kind::Counter,
        "Repetitions of requests of HTTP clients.",
    ),
];

/// A client of the configuration.
struct Shown {
    name: String,
    client: Weak<Client>,
    series: OnceCell<[Option<usize>; 6]>,
    /// Of the counters, what was noted.
    noted: Cell<[u64; 6]>,
}

thread_local! {
    static SHOWN: RefCell<Vec<Shown>> = const { RefCell::new(Vec::new()) };
}

/// A client of the configuration was made.
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

fn values(client: &Client) -> [u64; 6] {
    let counts = client.counts();
    let mut now = [0, 0, 0, counts.requests, counts.failed, counts.retries];
    for account in client.accounts() {
        now[0] += account.counts.idle as u64;
        now[1] += account.counts.taken as u64 + u64::from(account.is_two);
        now[2] += account.counts.waiting as u64;
    }
    now
}

/// Notes the figures of this worker's clients.
pub(crate) fn note(metrics: &Metrics, place: &Place) {
    SHOWN.with_borrow(|all| {
        for shown in all {
            let Some(client) = shown.client.upgrade() else {
                continue;
            };
            let series = shown.series.get_or_init(|| {
                let labels = [("client".to_owned(), shown.name.clone())];
                FIGURES.map(|(name, kind, help)| {
                    metrics.known(kind, name, help);
                    place.series(kind, &series(name, &labels))
                })
            });
            let now = values(&client);
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
