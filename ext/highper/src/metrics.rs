//! What an application counts: its answers by route and status, its own figures; shown to Prometheus without PHP.

pub(crate) mod object;

use crate::app::App;
use crate::gauges;
use crate::send;
use crate::websocket;
use highper_engine::{clock, scheduler};
use highper_filter::Notes;
use highper_http::Exchange;
use highper_metrics::{Board, Figure, Kind, Place, Type};
use highper_runtime::serve;
use highper_shm::State;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::{Rc, Weak};
use std::sync::atomic::Ordering::Relaxed;

/// Nanoseconds between two looks at the loop.
const LOOK: u64 = 1_000_000_000;
/// The numbers of figures on the board.
const COROUTINES: usize = 0;
const LAG: usize = 1;
/// Processes for which there is room beside the workers: those that drain, those that are not workers.
const MORE: usize = 16;

/// The counts of an application.
#[derive(Default)]
pub(crate) struct Metrics {
    /// Where they are shown.
    path: RefCell<Option<String>>,
    board: OnceCell<Rc<Board>>,
    /// Where a worker counts.
    place: OnceCell<Place>,
    /// Where others do, and who became a worker did before.
    early: OnceCell<Place>,
    /// Numbers of series hold for one place.
    age: Cell<u32>,
    table: Cell<u64>,
    /// Methods and patterns, in the order of the endpoints.
    routes: OnceCell<Vec<(String, String)>>,
    /// What the application's own ones say, by name; and the kind that each has.
    own: RefCell<HashMap<String, (Kind, String)>>,
    /// What was counted of WebSocket so far, and where it is on the board.
    seen: Cell<highper_rooms::Figures>,
    sockets: OnceCell<[Option<usize>; 6]>,
    /// Where series are on the board.
    series: RefCell<HashMap<String, usize>>,
}

impl Metrics {
    /// Shows them below a path, and counts answers.
    pub(crate) fn show(&self, path: String) {
        self.path.replace(Some(path));
    }

    /// Where they are shown.
    pub(crate) fn path(&self) -> Option<String> {
        self.path.borrow().clone()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.path.borrow().is_some()
    }

    /// Makes room for so many workers, before they are forked.
    ///
    /// # Errors
    /// There is no memory.
    pub(crate) fn make(&self, workers: usize) -> Result<(), String> {
        if self.board.get().is_none() {
            let made = Board::new(workers * 2 + MORE)
                .map_err(|e| format!("there is no memory for metrics: {e}"))?;
            self.board.get_or_init(|| Rc::new(made));
        }
        Ok(())
    }

    /// Where this process counts: the last place where it is no worker.
    fn place(&self) -> Option<&Place> {
        if let Some(place) = self.place.get() {
            return Some(place);
        }
        self.make(1).ok()?;
        let board = self.board.get()?;
        Some(
            self.early
                .get_or_init(|| Place::new(board, board.last(), self.table.get().max(1))),
        )
    }

    /// This process is a worker from now on.
    fn settle(&self, number: usize) {
        if let Some(board) = self.board.get()
            && self.place.get().is_none()
        {
            self.place
                .get_or_init(|| Place::new(board, number, self.table.get().max(1)));
            self.series.borrow_mut().clear();
            self.age.set(self.age.get() + 1);
        }
    }

    /// Says what a figure of ours means.
    pub(crate) fn known(&self, kind: Kind, name: &str, help: &str) {
        let mut own = self.own.borrow_mut();
        own.entry(name.to_owned())
            .or_insert((kind, help.to_owned()));
    }

    /// Sets a gauge of a process that is no worker, or adds to a counter of its.
    pub(crate) fn note(&self, kind: Kind, name: &str, labels: &[(String, String)], value: f64) {
        if let (true, Some(place)) = (self.is_on(), self.place())
            && let Some(series) = place.series(kind, &highper_metrics::series(name, labels))
        {
            match kind {
                Kind::Gauge => place.put(series, value),
                _ => place.add(series, value),
            }
        }
    }

    /// Notes what the worker's clients and pools do.
    fn clients(&self) {
        if let Some(place) = self.place.get() {
            gauges::note(self, place);
        }
    }

    /// Notes what has happened to connections that speak WebSocket.
    fn sockets(&self, app: &App) {
        let (Some(place), Some(now)) = (self.place.get(), websocket::figures(app)) else {
            return;
        };
        let before = self.seen.replace(now);
        let known = self.sockets.get_or_init(|| {
            let counter = |name: &str, help: &str| {
                let mut own = self.own.borrow_mut();
                own.entry(name.to_owned())
                    .or_insert((Kind::Counter, help.to_owned()));
                place.series(Kind::Counter, name)
            };
            let gauge = |name: &str, help: &str| {
                let mut own = self.own.borrow_mut();
                own.entry(name.to_owned())
                    .or_insert((Kind::Gauge, help.to_owned()));
                place.series(Kind::Gauge, name)
            };
            [
                gauge(
                    "highper_websocket_connections",
                    "WebSocket connections that are open.",
                ),
                gauge(
                    "highper_events_connections",
                    "Streams of events of rooms that are open.",
                ),
                counter(
                    "highper_websocket_received_total",
                    "Messages that WebSocket clients have sent.",
                ),
                counter(
                    "highper_websocket_sent_total",
                    "Messages to WebSocket clients, one for each.",
                ),
                counter(
                    "highper_websocket_dropped_total",
                    "Messages that were left out because a client was too slow.",
                ),
                counter(
                    "highper_websocket_closed_slow_total",
                    "WebSocket connections that were closed because the client was too slow.",
                ),
            ]
        });
        let [open, listening, counters @ ..] = known;
        for (series, count) in [(open, now.open), (listening, now.listening)] {
            if let Some(series) = series {
                place.put(*series, count as f64);
            }
        }
        let grown = [
            now.received - before.received,
            now.sent - before.sent,
            now.dropped - before.dropped,
            now.closed - before.closed,
        ];
        for (series, by) in counters.iter().zip(grown) {
            if let (Some(series), 1..) = (series, by) {
                place.add(*series, by as f64);
            }
        }
    }

    /// One answer of a route, by its number from 1; 0 for what no route is for.
    #[inline]
    fn count(&self, route: usize, exchange: &Exchange) {
        if let Some(place) = self.place.get() {
            let spent = clock::now().saturating_sub(exchange.request().started());
            place.count(route, exchange.status(), spent);
        }
    }
}

/// A worker has compiled its routes: it counts from now on.
pub(crate) fn begin(app: &Rc<App>) {
    let metrics = &app.metrics;
    if !metrics.is_on() {
        return;
    }
    let routes: Vec<(String, String)> = {
        let labels = app.compiled().map(|compiled| compiled.labels());
        let labels = labels.into_iter().flatten();
        labels
            .map(|(methods, pattern)| (methods.to_owned(), pattern.to_owned()))
            .collect()
    };
    let mut hasher = DefaultHasher::new();
    routes.hash(&mut hasher);
    metrics.table.set(hasher.finish().max(1));
    let _first = metrics.routes.set(routes);
    let number = serve::worker().map_or(0, |worker| worker.context().place() as usize);
    if metrics.make(1).is_ok() {
        metrics.settle(number);
        look(Rc::downgrade(app), clock::now());
    }
}

/// Notes the figures of this process, again and again; `due` is when it should have.
fn look(app: Weak<App>, due: u64) {
    let Some(strong) = app.upgrade() else {
        return;
    };
    let Some(place) = strong.metrics.place.get() else {
        return;
    };
    let now = clock::now();
    place.set(COROUTINES, scheduler::stats().live as u64);
    place.set(LAG, now.saturating_sub(due));
    strong.metrics.sockets(&strong);
    strong.metrics.clients();
    let next = now + LOOK;
    scheduler::at(next, false, move || look(app, next));
}

/// A request was answered.
pub(crate) fn answered(app: &App, exchange: &Exchange) {
    let running = highper_engine::current();
    let endpoint = running.and_then(|id| app.running.endpoint(id, exchange));
    app.metrics
        .count(endpoint.map_or(0, |number| number + 1), exchange);
}

/// Answers with the figures, where the request asks for them.
pub(crate) fn page(app: &App, exchange: &Exchange, notes: &Notes) -> bool {
    let path = app.metrics.path.borrow();
    let Some(path) = &*path else {
        return false;
    };
    let is_it = {
        let request = exchange.request();
        let bytes = request.bytes();
        matches!(request.head().method_name(&bytes), b"GET" | b"HEAD")
            && request.head().path(&bytes) == path.as_bytes()
    };
    if is_it {
        let headers = [
            ("Content-Type", "text/plain; version=0.0.4; charset=utf-8"),
            ("Cache-Control", "no-store"),
        ];
        send::bare(exchange, 200, &headers, &text(app), notes);
    }
    is_it
}

/// All of it, of all processes.
pub(crate) fn text(app: &App) -> String {
    let metrics = &app.metrics;
    let Some(place) = metrics.place() else {
        return String::new();
    };
    place.set(COROUTINES, scheduler::stats().live as u64);
    metrics.sockets(app);
    metrics.clients();
    let board = place.board();
    let own = metrics.own.borrow();
    let help = |name: &str| {
        own.get(name)
            .map_or_else(String::new, |(_, help)| help.clone())
    };
    let routes = metrics.routes.get().map_or(&[][..], Vec::as_slice);
    board.text(metrics.table.get().max(1), routes, &figures(board), &help)
}

fn figures(board: &Board) -> Vec<Figure<'static>> {
    let mut all = Vec::new();
    let mut figure = |name, help, kind, value| {
        all.push(Figure {
            name,
            help,
            kind,
            value,
        });
    };
    let gauge = Type::Gauge;
    figure(
        "highper_coroutines",
        "Coroutines alive, as of the last second.",
        gauge,
        board.figure(COROUTINES).0 as f64,
    );
    figure(
        "highper_loop_lag_seconds",
        "How late the latest of the loops ran a timer in the last second.",
        gauge,
        board.figure(LAG).1 as f64 / 1e9,
    );
    let Some(worker) = serve::worker() else {
        return all;
    };
    let score = worker.context().board();
    let alive = |state: State| matches!(state, State::Ready | State::Draining);
    let (mut workers, mut connections, mut memory) = (0_u64, 0, 0);
    for slot in score.slots().iter().filter(|slot| alive(slot.state())) {
        workers += 1;
        connections += slot.connections();
        memory += slot.rss();
    }
    figure(
        "highper_workers",
        "Processes that serve.",
        gauge,
        workers as f64,
    );
    figure(
        "highper_connections",
        "Connections that are open.",
        gauge,
        connections as f64,
    );
    figure(
        "highper_memory_bytes",
        "Resident memory of the workers.",
        gauge,
        memory as f64,
    );
    let (received, sent) = score.total_traffic();
    let counters = score.counters();
    for (name, help, value) in [
        (
            "highper_received_bytes_total",
            "Bytes that clients have sent.",
            received,
        ),
        (
            "highper_sent_bytes_total",
            "Bytes that clients were sent.",
            sent,
        ),
        (
            "highper_worker_crashes_total",
            "Workers that ended without being asked.",
            counters.crashed.load(Relaxed),
        ),
        (
            "highper_worker_recycles_total",
            "Workers replaced because of a limit.",
            counters.recycled.load(Relaxed),
        ),
        (
            "highper_reloads_total",
            "Reloads that went through.",
            counters.reloads.load(Relaxed),
        ),
        (
            "highper_failed_reloads_total",
            "Reloads that were given up.",
            counters.failed_reloads.load(Relaxed),
        ),
    ] {
        figure(name, help, Type::Counter, value as f64);
    }
    all
}
