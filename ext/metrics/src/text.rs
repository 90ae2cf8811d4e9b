//! The text that Prometheus reads.

use crate::board::Board;
use crate::own::Kind;
use crate::{BOUNDS, BUCKETS, status};
use std::fmt::Write;

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// One figure of the server.
#[derive(Clone, Copy, Debug)]
pub struct Figure<'a> {
    /// `highper_connections`
    pub name: &'a str,
    /// What it says.
    pub help: &'a str,
    /// What it is.
    pub kind: Type,
    /// The value.
    pub value: f64,
}

/// Can it be the name of a metric?
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

/// Can it be the name of a label?
#[must_use]
pub fn is_label(name: &str) -> bool {
    is_name(name) && !name.contains(':') && !name.starts_with("__")
}

/// The value of a label between its quotes.
#[must_use]
pub fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text
}

/// A name with its labels: `orders_total{kind="a"}`.
#[must_use]
pub fn series(name: &str, labels: &[(String, String)]) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let all: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
        .collect();
    format!("{name}{{{}}}", all.join(","))
}

/// `name_suffix{labels,le="0.5"}` of a name with labels.
fn with(key: &str, suffix: &str, more: &str) -> String {
    let (name, labels) = match key.split_once('{') {
        Some((name, labels)) => (name, labels.trim_end_matches('}')),
        None => (key, ""),
    };
    let comma = if labels.is_empty() || more.is_empty() {
        ""
    } else {
        ","
    };
    match labels.is_empty() && more.is_empty() {
        true => format!("{name}{suffix}"),
        false => format!("{name}{suffix}{{{labels}{comma}{more}}}"),
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    if !help.is_empty() {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(text, "# HELP {name} {help}");
    }
    let _ = writeln!(text, "# TYPE {name} {kind}");
}

fn histogram(text: &mut String, key: &str, buckets: &[f64], sum: f64) {
    let mut below = 0.0;
    for (at, count) in buckets.iter().enumerate() {
        below += count;
        let bound = BOUNDS
            .get(at)
            .map_or_else(|| "+Inf".to_owned(), ToString::to_string);
        let _ = writeln!(
            text,
            "{} {below}",
            with(key, "_bucket", &format!("le=\"{bound}\""))
        );
    }
    let _ = writeln!(text, "{} {sum}", with(key, "_sum", ""));
    let _ = writeln!(text, "{} {below}", with(key, "_count", ""));
}

impl Board {
    /// All of it. `routes` are methods and patterns, of the number 1 and on; `table` is the one that the places were made
    /// with; `help` says what own metrics are, by their names.
    #[must_use]
    pub fn text(
        &self,
        table: u64,
        routes: &[(String, String)],
        figures: &[Figure<'_>],
        help: &dyn Fn(&str) -> String,
    ) -> String {
        let mut text = String::with_capacity(4096);
        for figure in figures {
            let kind = match figure.kind {
                Type::Counter => "counter",
                Type::Gauge => "gauge",
            };
            head(&mut text, figure.name, kind, figure.help);
            let _ = writeln!(text, "{} {}", figure.name, figure.value);
        }
        let mut times = String::new();
        head(
            &mut text,
            "highper_http_requests_total",
            "counter",
            "Answers by route and status; the route is empty where there is none.",
        );
        for number in 0..=routes.len() {
            let all = self.route(table, number);
            let (method, pattern) = match number.checked_sub(1).and_then(|at| routes.get(at)) {
                Some((method, pattern)) => (escaped(method), escaped(pattern)),
                None => (String::new(), String::new()),
            };
            let labels = format!("method=\"{method}\",route=\"{pattern}\"");
            for (at, count) in all
                .statuses
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
            {
                let status = status::name(at);
                let _ = writeln!(
                    text,
                    "highper_http_requests_total{{{labels},status=\"{status}\"}} {count}"
                );
            }
            if all.buckets.iter().any(|count| *count > 0) {
                let key = format!("highper_http_request_duration_seconds{{{labels}}}");
                let buckets = all.buckets.map(|count| count as f64);
                histogram(&mut times, &key, &buckets, all.sum as f64 / 1e9);
            }
        }
        head(
            &mut text,
            "highper_http_request_duration_seconds",
            "histogram",
            "From a request's head to its answer.",
        );
        text.push_str(&times);
        let mut last = String::new();
        for (key, (kind, values)) in self.series() {
            let name = key.split('{').next().unwrap_or_default();
            if name != last {
                let kind = match kind {
                    Kind::Counter => "counter",
                    Kind::Gauge => "gauge",
                    Kind::Histogram => "histogram",
                };
                head(&mut text, name, kind, &help(name));
                last = name.to_owned();
            }
            match kind {
                Kind::Histogram => histogram(&mut text, &key, &values[..BUCKETS], values[BUCKETS]),
                _ => {
                    let _ = writeln!(text, "{key} {}", values[0]);
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use std::rc::Rc;

    #[test]
    fn names_and_labels() {
        assert!(
            is_name("orders_total")
                && is_name("_a:b9")
                && !is_name("9a")
                && !is_name("")
                && !is_name("a-b")
        );
        assert!(is_label("kind") && !is_label("a:b") && !is_label("__name"));
        let labels = [
            ("a".to_owned(), "x\"\\\n".to_owned()),
            ("b".to_owned(), "ü".to_owned()),
        ];
        assert_eq!(series("n", &labels), "n{a=\"x\\\"\\\\\\n\",b=\"ü\"}");
        assert_eq!(series("n", &[]), "n");
        assert_eq!(with("n", "_sum", ""), "n_sum");
        assert_eq!(
            with("n{a=\"1\"}", "_bucket", "le=\"2\""),
            "n_bucket{a=\"1\",le=\"2\"}"
        );
    }

    #[test]
    fn reads_as_prometheus_wants_it() {
        let board = Rc::new(Board::new(1).unwrap());
        let place = Place::new(&board, 0, 9);
        place.count(1, 200, 3_000_000);
        place.count(0, 404, 100);
        let orders = place
            .series(Kind::Counter, "orders_total{kind=\"a\"}")
            .unwrap();
        place.add(orders, 2.0);
        let size = place.series(Kind::Histogram, "size").unwrap();
        place.observe(size, 0.2);
        let figure = Figure {
            name: "highper_workers",
            help: "Workers.",
            kind: Type::Gauge,
            value: 2.0,
        };
        let routes = [("GET".to_owned(), "/n/{id}".to_owned())];
        let text = board.text(9, &routes, &[figure], &|_| "Orders.".to_owned());
        for line in [
            "# TYPE highper_workers gauge\nhighper_workers 2\n",
            "highper_http_requests_total{method=\"\",route=\"\",status=\"404\"} 1\n",
            "highper_http_requests_total{method=\"GET\",route=\"/n/{id}\",status=\"200\"} 1\n",
            "highper_http_request_duration_seconds_bucket{method=\"GET\",route=\"/n/{id}\",le=\"0.0025\"} 0\n",
            "highper_http_request_duration_seconds_bucket{method=\"GET\",route=\"/n/{id}\",le=\"0.005\"} 1\n",
            "highper_http_request_duration_seconds_sum{method=\"GET\",route=\"/n/{id}\"} 0.003\n",
            "# HELP orders_total Orders.\n# TYPE orders_total counter\norders_total{kind=\"a\"} 2\n",
            "size_bucket{le=\"0.25\"} 1\nsize_bucket{le=\"0.5\"} 1\n",
            "size_sum 0.2\nsize_count 1\n",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
