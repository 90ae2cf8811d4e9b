//! The jobs of a server, and what is due.

use crate::Expression;
use serde_json::{Value, json};

/// A server that was away for longer begins anew: what it missed is not made up for.
const AWAY: i64 = 60_000;
/// Runs of one job at a time, however slow they are.
const MOST: usize = 100;

/// What became of a job's last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// When it began, in milliseconds since 1970.
    pub began: i64,
    /// How long it took, in milliseconds; `None` while it runs, or when its process ended under it.
    pub took: Option<i64>,
    /// Did it throw?
    pub failed: bool,
}

#[derive(Debug)]
struct Job {
    name: String,
    expression: Expression,
    overlap: bool,
    running: usize,
    next: Option<i64>,
    last: Option<Last>,
    runs: u64,
    failures: u64,
    left_out: u64,
}

/// What is to be done with a job that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Run it.
    Run,
    /// Run it, beside so many runs that have not ended.
    Beside(usize),
    /// Leave this run out: the last one still goes on, since this moment.
    LeftOut(i64),
}

/// A job as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its expression.
    pub expression: String,
    /// Its next run, in its time zone; `-` when there is none.
    pub next: String,
    /// Its last run, in its time zone; `-` when there was none.
    pub last: String,
    /// What became of it: `ran 12 ms`, `failed after 3 ms`, `runs`, `was cut off`, or nothing.
    pub outcome: String,
    /// Runs, those that failed, and those left out.
    pub counts: (u64, u64, u64),
}

/// All jobs. Moments are milliseconds since 1970.
#[derive(Debug, Default)]
pub struct Schedule {
    jobs: Vec<Job>,
    /// The last moment that was looked at.
    seen: i64,
}

impl Schedule {
    /// Adds a job; its number. `overlap` says whether it may run beside itself.
    pub fn add(&mut self, name: &str, expression: Expression, overlap: bool) -> usize {
        self.jobs.push(Job {
            name: name.to_owned(),
            expression,
            overlap,
            running: 0,
            next: None,
            last: None,
            runs: 0,
            failures: 0,
            left_out: 0,
        });
        self.jobs.len() - 1
    }

    /// Begins. `memory` is what [`memory`](Self::memory) gave in the process before: a job whose time came while
    /// none was there, for up to a minute, is due at once.
    pub fn begin(&mut self, now: i64, memory: &str) {
        let seen = self.remember(memory);
        let from = seen
            .filter(|seen| (now - AWAY..=now).contains(seen))
            .unwrap_or(now);
        self.seen = now;
        for job in &mut self.jobs {
            job.next = job.expression.after(from);
        }
    }

    /// When something is due next.
    #[must_use]
    pub fn next(&self) -> Option<i64> {
        self.jobs.iter().filter_map(|job| job.next).min()
    }

    /// What is due by now: numbers, and what is to be done with each. What was missed several times is due once.
    pub fn due(&mut self, now: i64) -> Vec<(usize, Due)> {
        self.seen = self.seen.max(now);
        let mut all = Vec::new();
        for (number, job) in self.jobs.iter_mut().enumerate() {
            if job.next.is_none_or(|next| next > now) {
                continue;
            }
            job.next = job.expression.after(now);
            let since = job.last.map_or(now, |last| last.began);
            let due = match job.running {
                0 => Due::Run,
                n if job.overlap && n < MOST => Due::Beside(n),
                _ => Due::LeftOut(since),
            };
            match due {
                Due::LeftOut(_) => job.left_out += 1,
                _ => {
                    job.running += 1;
                    job.runs += 1;
                    job.last = Some(Last {
                        began: now,
                        took: None,
                        failed: false,
                    });
                }
            }
            all.push((number, due));
        }
        all
    }

    /// A run has ended that had begun then.
    pub fn ended(&mut self, number: usize, began: i64, now: i64, failed: bool) {
        let Some(job) = self.jobs.get_mut(number) else {
            return;
        };
        job.running = job.running.saturating_sub(1);
        job.failures += u64::from(failed);
        if job.last.is_some_and(|last| last.began <= began) {
            job.last = Some(Last {
                began,
                took: Some((now - began).max(0)),
                failed,
            });
        }
    }

    /// Runs that have not ended.
    #[must_use]
    pub fn running(&self) -> usize {
        self.jobs.iter().map(|job| job.running).sum()
    }

    /// A job's name.
    #[must_use]
    pub fn name(&self, number: usize) -> &str {
        self.jobs.get(number).map_or("", |job| &job.name)
    }

    /// All jobs, in their order.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let row = |job: &Job| {
            let local = |moment: Option<i64>| match moment {
                Some(moment) => job.expression.local(moment),
                None => "-".to_owned(),
            };
            let outcome = match job.last {
                None => String::new(),
                Some(Last { took: None, .. }) if job.running > 0 => "runs".to_owned(),
                Some(Last { took: None, .. }) => "was cut off".to_owned(),
                Some(Last {
                    took: Some(took),
                    failed: true,
                    ..
                }) => format!("failed after {took} ms"),
                Some(Last {
                    took: Some(took), ..
                }) => format!("ran {took} ms"),
            };
            Row {
                name: job.name.clone(),
                expression: job.expression.to_string(),
                next: local(job.next),
                last: local(job.last.map(|last| last.began)),
                outcome,
                counts: (job.runs, job.failures, job.left_out),
            }
        };
        self.jobs.iter().map(row).collect()
    }

    /// What the next process is to know.
    #[must_use]
    pub fn memory(&self) -> String {
        let jobs: serde_json::Map<_, _> = self
            .jobs
            .iter()
            .map(|job| {
                let last = job
                    .last
                    .map(|last| json!([last.began, last.took, last.failed]));
                let all = json!([last, job.runs, job.failures, job.left_out]);
                (format!("{} {}", job.name, job.expression), all)
            })
            .collect();
        json!({"seen": self.seen, "jobs": jobs}).to_string()
    }

    /// Takes what is known of jobs that are still the same; the last moment that was looked at.
    fn remember(&mut self, memory: &str) -> Option<i64> {
        let all: Value = serde_json::from_str(memory).ok()?;
        for job in &mut self.jobs {
            let known = all
                .get("jobs")
                .and_then(|jobs| jobs.get(format!("{} {}", job.name, job.expression)));
            let Some(known) = known else { continue };
            let count = |at: usize| known.get(at).and_then(Value::as_u64).unwrap_or(0);
            (job.runs, job.failures, job.left_out) = (count(1), count(2), count(3));
            job.last = known.get(0).and_then(|last| {
                Some(Last {
                    began: last.get(0)?.as_i64()?,
                    took: last.get(1)?.as_i64(),
                    failed: last.get(2)?.as_bool()?,
                })
            });
        }
        all.get("seen")?.as_i64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000_000;

    fn each_second(overlap: bool) -> Schedule {
        let mut schedule = Schedule::default();
        schedule.add(
            "tick",
            Expression::parse("* * * * * *", "UTC").unwrap(),
            overlap,
        );
        schedule.begin(START, "");
        schedule
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let mut schedule = each_second(false);
        assert_eq!(schedule.next(), Some(START + 1000));
        assert_eq!(schedule.due(START + 999), []);
        assert_eq!(schedule.due(START + 1000), [(0, Due::Run)]);
        schedule.ended(0, START + 1000, START + 1010, false);
        assert_eq!(schedule.next(), Some(START + 2000));
    }

    #[test]
    fn a_run_that_outlives_its_period_leaves_the_next_one_out() {
        let mut schedule = each_second(false);
        schedule.due(START + 1000);
        assert_eq!(
            schedule.due(START + 2000),
            [(0, Due::LeftOut(START + 1000))]
        );
        assert_eq!(schedule.running(), 1);
        schedule.ended(0, START + 1000, START + 2500, true);
        assert_eq!(schedule.due(START + 3000), [(0, Due::Run)]);
        assert_eq!(schedule.rows()[0].counts, (2, 1, 1));
        assert_eq!(schedule.rows()[0].outcome, "runs");
    }

    #[test]
    fn runs_that_may_overlap_do_up_to_a_bound() {
        let mut schedule = each_second(true);
        for n in 0..MOST as i64 {
            let wanted = if n == 0 {
                Due::Run
            } else {
                Due::Beside(n as usize)
            };
            assert_eq!(schedule.due(START + 1000 * (n + 1)), [(0, wanted)]);
        }
        let now = START + 1000 * (MOST as i64 + 1);
        assert_eq!(schedule.due(now), [(0, Due::LeftOut(now - 1000))]);
    }

    #[test]
    fn what_was_missed_several_times_is_due_once() {
        let mut schedule = each_second(false);
        assert_eq!(schedule.due(START + 60_500), [(0, Due::Run)]);
        assert_eq!(schedule.next(), Some(START + 61_000));
    }

    #[test]
    fn a_new_process_goes_on_where_the_old_one_was() {
        let mut schedule = each_second(false);
        schedule.due(START + 1000);
        schedule.ended(0, START + 1000, START + 1030, false);
        let memory = schedule.memory();
        let mut next = Schedule::default();
        next.add(
            "tick",
            Expression::parse("* * * * * *", "UTC").unwrap(),
            false,
        );
        next.add("new", Expression::parse("@daily", "UTC").unwrap(), false);
        next.begin(START + 3500, &memory);
        assert_eq!(next.rows()[0].outcome, "ran 30 ms");
        assert_eq!(next.due(START + 3500), [(0, Due::Run)]);
        assert_eq!(next.rows()[0].counts, (2, 0, 0));
        // After a longer pause it does not make up for anything.
        let mut late = each_second(false);
        late.begin(START + 90_000, &memory);
        assert_eq!(late.due(START + 90_000), []);
        // What is no memory is none.
        late.begin(START, "{\"jobs\": 3}");
        assert_eq!(late.next(), Some(START + 1000));
    }
}
