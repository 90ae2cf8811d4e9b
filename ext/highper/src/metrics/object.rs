//! `Highper\Metrics` and what it hands out: the application's own figures.

use super::Metrics;
use crate::app::App;
use crate::incoming;
use highper_metrics::{Kind, is_label, is_name, series};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Registry, Throw, Trace, Value};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

static COUNTER: ClassRef = ClassRef::new("Highper\\Metrics\\Counter");
static GAUGE: ClassRef = ClassRef::new("Highper\\Metrics\\Gauge");
static HISTOGRAM: ClassRef = ClassRef::new("Highper\\Metrics\\Histogram");

struct Metric {
    app: Rc<App>,
    name: String,
    kind: Kind,
    /// Where it is without labels, at an age of the places.
    plain: Cell<Option<(u32, usize)>>,
}

#[derive(Default)]
struct State(OnceCell<Metric>);

impl Trace for State {}

pub(crate) fn declare(registry: &mut Registry) {
    let handed = |class: Class| {
        class
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
    };
    registry
        .class(
            Class::new("Highper\\Metrics")
                .doc("Figures of the application's own, for Prometheus: of all workers, shown by $app->metrics().")
                .flags(Flags::FINAL)
                .deny_create()
                .method(
                    "public static function counter(string $name, string $help = ''): \\Highper\\Metrics\\Counter",
                    "A figure that only grows; its name should end in _total.",
                    |call| make(call, Kind::Counter, &COUNTER),
                )
                .method(
                    "public static function gauge(string $name, string $help = ''): \\Highper\\Metrics\\Gauge",
                    "A figure that goes up and down. Those of all workers are added.",
                    |call| make(call, Kind::Gauge, &GAUGE),
                )
                .method(
                    "public static function histogram(string $name, string $help = ''): \\Highper\\Metrics\\Histogram",
                    "Values by their size: buckets from 0.5 ms to 10 s, made for seconds.",
                    |call| make(call, Kind::Histogram, &HISTOGRAM),
                )
                .method("public static function text(): string", "All figures as Prometheus reads them.", |call| {
                    let app = app()?;
                    call.ret_str(super::text(&app))
                }),
        )
        .class(
            handed(Class::new("Highper\\Metrics\\Counter").doc("A figure that only grows.").handle(&COUNTER)).method(
                "public function add(int|float $by = 1, array $labels = []): void",
                "Adds, for these labels.",
                |call| {
                    let by = match call.opt_value(0) {
                        None => 1.0,
                        Some(_) => call.number(0)?.to_double(),
                    };
                    if !(by.is_finite() && by >= 0.0) {
                        return Err(Throw::argument_value(0, "must be 0 or more: a counter only grows"));
                    }
                    with(call, 1, |metrics, at| if let Some(place) = metrics.place() { place.add(at, by) })
                },
            ),
        )
        .class(
            handed(Class::new("Highper\\Metrics\\Gauge").doc("A figure that goes up and down.").handle(&GAUGE))
                .method("public function set(int|float $value, array $labels = []): void", "This worker's value.", |call| {
                    let value = call.number(0)?.to_double();
                    with(call, 1, |metrics, at| if let Some(place) = metrics.place() { place.put(at, value) })
                })
                .method("public function add(int|float $by = 1, array $labels = []): void", "Adds to this worker's value; less than 0 takes away.", |call| {
                    let by = match call.opt_value(0) {
                        None => 1.0,
                        Some(_) => call.number(0)?.to_double(),
                    };
                    with(call, 1, |metrics, at| if let Some(place) = metrics.place() { place.add(at, by) })
                }),
        )
        .class(
            handed(Class::new("Highper\\Metrics\\Histogram").doc("Values by their size.").handle(&HISTOGRAM)).method(
                "public function observe(int|float $value, array $labels = []): void",
                "One value.",
                |call| {
                    let value = call.number(0)?.to_double();
                    if value.is_nan() {
                        return Err(Throw::argument_value(0, "must be a number"));
                    }
                    with(call, 1, |metrics, at| if let Some(place) = metrics.place() { place.observe(at, value) })
                },
            ),
        );
}

fn app() -> Result<Rc<App>, Throw> {
    incoming::app().ok_or_else(|| Throw::error("metrics belong to an application: create it first"))
}

fn make(call: &mut Call, kind: Kind, class: &ClassRef) -> Done {
    let app = app()?;
    let name = call.text(0)?;
    if !is_name(name) || name.starts_with("highper_") {
        return Err(Throw::argument_value(
            0,
            format!(
                "must be a name of letters, digits, '_' and ':' that does not begin with highper_, '{name}' given"
            ),
        ));
    }
    let help = call.opt_text(1, "")?;
    {
        let mut own = app.metrics.own.borrow_mut();
        match own.get_mut(name) {
            Some((known, _)) if *known != kind => {
                return Err(Throw::argument_value(
                    0,
                    format!("is a {} already", describe(*known)),
                ));
            }
            Some((_, known)) if known.is_empty() => *known = help.to_owned(),
            Some(_) => {}
            None => drop(own.insert(name.to_owned(), (kind, help.to_owned()))),
        }
    }
    let object = class.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let metric = Metric {
            app: Rc::clone(&app),
            name: name.to_owned(),
            kind,
            plain: Cell::new(None),
        };
        let _first = state.0.set(metric);
    }
    call.ret(Value::from(object))
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    }
}

/// Does something to the series of these labels.
fn with(call: &mut Call, arg: usize, what: impl FnOnce(&Metrics, usize)) -> Done {
    let Some(metric) = call.this::<State>()?.0.get() else {
        return Err(Throw::error("this metric belongs to no application"));
    };
    let metrics = &metric.app.metrics;
    let labels = call.opt_array(arg)?.filter(|labels| !labels.is_empty());
    let age = metrics.age.get();
    let at = match (labels, metric.plain.get()) {
        (None, Some((then, at))) if then == age => at,
        (None, _) => {
            let at = find(metric, &metric.name)?;
            metric.plain.set(Some((age, at)));
            at
        }
        (Some(labels), _) => {
            let mut all = Vec::with_capacity(labels.len());
            for (key, value) in labels {
                let key = String::from_utf8_lossy(&key.to_bytes()).into_owned();
                if !is_label(&key) || key == "le" {
                    return Err(Throw::argument_value(
                        arg,
                        format!("must have names of labels as keys, '{key}' given"),
                    ));
                }
                all.push((key, value.to_str()?.to_string_lossy().into_owned()));
            }
            all.sort();
            find(metric, &series(&metric.name, &all))?
        }
    };
    what(metrics, at);
    Ok(())
}

fn find(metric: &Metric, key: &str) -> Result<usize, Throw> {
    let metrics = &metric.app.metrics;
    if let Some(known) = metrics.series.borrow().get(key) {
        return Ok(*known);
    }
    let found = metrics
        .place()
        .and_then(|place| place.series(metric.kind, key));
    let at = found.ok_or_else(|| {
        Throw::error(format!(
            "there is no room for the series {key}: a worker has 1024, with 320 bytes for the name and its labels; use labels with few values"
        ))
    })?;
    metrics.series.borrow_mut().insert(key.to_owned(), at);
    Ok(at)
}
