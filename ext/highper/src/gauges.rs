//! What clients and pools of a worker show among the metrics.

use crate::metrics::Metrics;
use highper_metrics::{Kind, Place, series};
use highper_pool::Counts;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// Names that are shown of a group; what has other ones is not. A worker has room for so many series only.
const NAMES: usize = 64;

/// Name, kind and meaning of a figure.
pub(crate) type Figure = (&'static str, Kind, &'static str);

/// The figures of a pool of connections, in the order of [`of_pool`], and what else a group has: by the beginning of their names, and what they are to.
macro_rules! connections {
    ($prefix:literal, $what:literal $(, $more:expr)* $(,)?) => {
        &[
            (
                concat!($prefix, "_connections_idle"),
                highper_metrics::Kind::Gauge,
                concat!("Connections ", $what, " that nobody uses."),
            ),
            (
                concat!($prefix, "_connections_taken"),
                highper_metrics::Kind::Gauge,
                concat!("Connections ", $what, " in use."),
            ),
            (
                concat!($prefix, "_waiting"),
                highper_metrics::Kind::Gauge,
                concat!("Coroutines that wait for a connection ", $what, "."),
            ),
            (
                concat!($prefix, "_waits_total"),
                highper_metrics::Kind::Counter,
                concat!("How often somebody had to wait for a connection ", $what, "."),
            ),
            (
                concat!($prefix, "_refused_total"),
                highper_metrics::Kind::Counter,
                concat!("How often there was no connection ", $what, " in time."),
            ),
            $($more,)*
        ]
    };
}
pub(crate) use connections;

/// Things of one kind.
pub(crate) struct Group {
    /// The label that tells one from another.
    pub(crate) label: &'static str,
    /// What is shown of each.
    pub(crate) figures: &'static [Figure],
}

/// One that is alive, or was.
struct Member {
    /// Its figures, in the order of the group's; nothing when it is gone.
    look: Box<dyn Fn() -> Option<Vec<u64>>>,
    /// What was noted of it.
    noted: Vec<u64>,
}

/// All of a name, which are shown together.
struct Shown {
    group: &'static Group,
    name: String,
    series: Vec<Option<usize>>,
    members: Vec<Member>,
    /// As soon as there are so many, those that are gone are let go of.
    most: usize,
}

thread_local! {
    static SHOWN: RefCell<Vec<Shown>> = const { RefCell::new(Vec::new()) };
}

/// The figures of a pool that all groups begin with.
pub(crate) fn of_pool(counts: &Counts) -> Vec<u64> {
    vec![
        counts.idle as u64,
        counts.taken as u64,
        counts.waiting as u64,
        counts.waits,
        counts.refused,
    ]
}

/// Shows something as long as it lives; several of one name in sum.
pub(crate) fn show<T: 'static>(
    group: &'static Group,
    name: &str,
    what: &Rc<T>,
    values: fn(&T) -> Vec<u64>,
) {
    let what: Weak<T> = Rc::downgrade(what);
    let member = Member {
        look: Box::new(move || what.upgrade().map(|what| values(&what))),
        noted: vec![0; group.figures.len()],
    };
    SHOWN.with_borrow_mut(|all| {
        let is_it = |shown: &Shown| std::ptr::eq(shown.group, group) && shown.name == name;
        if let Some(shown) = all.iter_mut().find(|shown| is_it(shown)) {
            if shown.members.len() >= shown.most {
                shown.members.retain(|member| (member.look)().is_some());
                shown.most = 16.max(shown.members.len() * 2);
            }
            shown.members.push(member);
        } else if all
            .iter()
            .filter(|shown| std::ptr::eq(shown.group, group))
            .count()
            < NAMES
        {
            all.push(Shown {
                group,
                name: name.to_owned(),
                series: Vec::new(),
                members: vec![member],
                most: 16,
            });
        }
    });
}

/// Notes the figures of this worker.
pub(crate) fn note(metrics: &Metrics, place: &Place) {
    SHOWN.with_borrow_mut(|all| {
        for shown in all {
            let figures = shown.group.figures;
            if shown.series.is_empty() {
                let labels = [(shown.group.label.to_owned(), shown.name.clone())];
                let one = |(name, kind, help): &Figure| {
                    metrics.known(*kind, name, help);
                    place.series(*kind, &series(name, &labels))
                };
                shown.series = figures.iter().map(one).collect();
            }
            // Gauges in sum, counters by how much they have grown.
            let mut now = vec![0; figures.len()];
            shown.members.retain_mut(|member| {
                let Some(values) = (member.look)() else {
                    return false;
                };
                for (at, (_, kind, _)) in figures.iter().enumerate() {
                    now[at] += match kind {
                        Kind::Gauge => values[at],
                        _ => values[at].saturating_sub(member.noted[at]),
                    };
                }
                member.noted = values;
                true
            });
            for ((_, kind, _), (series, value)) in figures.iter().zip(shown.series.iter().zip(now))
            {
                match (series, kind) {
                    (None, _) => {}
                    (Some(series), Kind::Gauge) => place.put(*series, value as f64),
                    (Some(series), _) => place.add(*series, value as f64),
                }
            }
        }
    });
}
