//! Jobs by the clock, in the one process that has them.

use super::Beside;
use crate::app::App;
use crate::part::{self, Cron, expression_of};
use crate::run::Stop;
use highper_engine::{clock, scheduler};
use highper_log::{Level, Value as Field};
use highper_runtime::{callback, exit};
use highper_schedule::{Due, Schedule};
use highper_zend::{Callable, Throw, Value};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest sleep, in nanoseconds: somebody may set the clock.
const SLEEP: i64 = 30_000_000_000;

thread_local! {
    static RUNNER: RefCell<Option<Rc<Runner>>> = const { RefCell::new(None) };
}

struct Runner {
    app: Rc<App>,
    beside: Rc<Beside>,
    schedule: RefCell<Schedule>,
    jobs: Vec<Callable>,
    stopped: Cell<bool>,
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}

/// Begins, where the process before has ended.
pub(super) fn start(app: &Rc<App>, crons: Vec<Cron>, beside: &Rc<Beside>) -> Result<(), Stop> {
    let mut schedule = Schedule::default();
    let mut jobs = Vec::with_capacity(crons.len());
    for cron in &crons {
        part::check(app, &cron.handler, &|_, _| false).map_err(Stop::Throw)?;
        let expression = expression_of(&cron.expression, cron.zone.as_deref())
            .map_err(|why| format!("{} at {}: {why}", cron.name, cron.at))?;
        schedule.add(&cron.name, expression, cron.overlap);
        jobs.push(part::callable(app, &cron.handler).map_err(Stop::Throw)?);
    }
    schedule.begin(now(), &recall(beside));
    let runner = Rc::new(Runner {
        app: Rc::clone(app),
        beside: Rc::clone(beside),
        schedule: RefCell::new(schedule),
        jobs,
        stopped: Cell::new(false),
    });
    RUNNER.set(Some(Rc::clone(&runner)));
    let text = match crons.len() {
        1 => "1 job by the clock".to_owned(),
        count => format!("{count} jobs by the clock"),
    };
    app.log(Level::Info, &text, &[], None);
    runner.sleep();
    Ok(())
}

fn recall(beside: &Beside) -> String {
    let length = beside.memory.metadata().map_or(0, |meta| meta.len());
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    match beside.memory.read_exact_at(&mut bytes, 0) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

/// No job begins any more.
pub(super) fn stop() {
    RUNNER.with_borrow(|runner| {
        if let Some(runner) = runner {
            runner.stopped.set(true);
        }
    });
}

/// Jobs that run.
pub(super) fn running() -> usize {
    RUNNER.with_borrow(|runner| {
        let running = runner
            .as_ref()
            .map(|runner| runner.schedule.borrow().running());
        running.unwrap_or(0)
    })
}

/// A table of all jobs; nothing in other processes.
pub(super) fn tells() -> String {
    let Some(runner) = RUNNER.with_borrow(Clone::clone) else {
        return String::new();
    };
    let mut text = String::new();
    for row in runner.schedule.borrow().rows() {
        let (runs, failures, left_out) = row.counts;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "job {}, '{}': next {}, last {} {}; {runs} runs, {failures} failed, {left_out} left out",
            row.name, row.expression, row.next, row.last, row.outcome
        );
    }
    text
}

impl Runner {
    fn sleep(self: &Rc<Self>) {
        let Some(next) = self.schedule.borrow().next() else {
            return;
        };
        let nanoseconds = (next - now()).saturating_mul(1_000_000).clamp(0, SLEEP);
        let this = Rc::clone(self);
        let when = clock::now().saturating_add(nanoseconds.unsigned_abs());
        scheduler::at(when, false, move || {
            if !this.stopped.get() {
                this.look();
                this.sleep();
            }
        });
    }

    fn look(self: &Rc<Self>) {
        let now = now();
        let due = self.schedule.borrow_mut().due(now);
        if due.is_empty() {
            return;
        }
        self.remember();
        for (number, due) in due {
            match due {
                Due::Run => self.run(number, now),
                Due::Beside(count) => {
                    let text = format!(
                        "{} has outlived its period: {count} runs of it go on",
                        self.name(number)
                    );
                    self.app.log(Level::Warning, &text, &[], None);
                    self.run(number, now);
                }
                Due::LeftOut(since) => {
                    let seconds = (now - since) as f64 / 1e3;
                    let text = format!(
                        "{} has outlived its period: it runs since {seconds} s, this run is left out",
                        self.name(number)
                    );
                    self.app.log(Level::Warning, &text, &[], None);
                }
            }
        }
    }

    fn name(&self, number: usize) -> String {
        self.schedule.borrow().name(number).to_owned()
    }

    fn run(self: &Rc<Self>, number: usize, began: i64) {
        let Some(job) = self.jobs.get(number).cloned() else {
            return;
        };
        let this = Rc::clone(self);
        let begun = callback::call(move || {
            let name = this.name(number);
            let done = this.app.container.call(&this.app, &job, None, None, &name);
            drop(job);
            let failed = done
                .as_ref()
                .err()
                .is_some_and(|throw| exit::of(throw).is_none());
            this.schedule
                .borrow_mut()
                .ended(number, began, now(), failed);
            this.remember();
            match done {
                Err(Throw::Bailout) => {
                    let text = format!("{name}: a fatal error: {}", crate::failure::last_error());
                    this.app.log(Level::Error, &text, &[], None);
                    Err(Throw::Bailout)
                }
                Err(throw) if failed => {
                    this.tell(&name, throw);
                    Ok(())
                }
                _ => Ok(()),
            }
        });
        if let Err(error) = begun {
            self.schedule.borrow_mut().ended(number, began, now(), true);
            let text = format!("{} could not run: {error}", self.name(number));
            self.app.log(Level::Error, &text, &[], None);
        }
    }

    fn tell(&self, name: &str, throw: Throw) {
        let thrown = throw.into_object();
        let Some(object) = thrown.as_ref().and_then(Value::as_object) else {
            return;
        };
        let (file, line) = object.exception_location();
        let text = format!(
            "{name} failed: {}: {}",
            object.class_name(),
            object.exception_message().to_string_lossy()
        );
        let (at, trace) = (format!("{file}:{line}"), object.exception_trace());
        let context: [(&[u8], Field<'_>); 2] = [
            (b"at", Field::Str(at.as_bytes())),
            (b"trace", Field::Str(trace.as_bytes())),
        ];
        self.app.log(Level::Error, &text, &context, None);
    }

    /// For the process that comes after this one.
    fn remember(&self) {
        let text = self.schedule.borrow().memory();
        let file = &self.beside.memory;
        let written = file
            .write_all_at(text.as_bytes(), 0)
            .and_then(|()| file.set_len(text.len() as u64));
        if let Err(error) = written {
            let text = format!("after a reload the last runs will not be known: {error}");
            self.app.log(Level::Warning, &text, &[], None);
        }
    }
}
