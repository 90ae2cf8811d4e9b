//! In a task worker: one job after the other, each in a coroutine.

use super::pack;
use crate::app::App;
use crate::exception::cancelled::is_cancelled;
use crate::handler;
use crate::scope::LATE;
use highper_app::job::{self, FAILED, Failure, Head, REPLY, attempts, next_attempt};
use highper_engine::{self as engine, Wake, clock};
use highper_log::{Level, Value as Field};
use highper_process::claims::Claims;
use highper_process::monotonic;
use highper_process::post::{Address, Kind, Message, Parcel};
use highper_runtime::post::{self, Here};
use highper_runtime::serve::Worker;
use highper_runtime::{callback, exit, limit};
use highper_zend::{Object, Throw, Value};
use std::cell::Cell;
use std::rc::Rc;

/// What a job has between the end of its time and that of its process, in nanoseconds: `finally` blocks.
const GRACE: u64 = 500_000_000;

thread_local! {
    /// Does a job run in this process?
    static WORKING: Cell<bool> = const { Cell::new(false) };
}

/// Does this process work on a job?
pub(crate) fn is_working() -> bool {
    WORKING.get()
}

/// Why an attempt has no result, and what its process is to end with.
type Failed = (Failure, Option<Throw>);

/// A job in hand.
struct Work {
    app: Rc<App>,
    here: Rc<Here>,
    claims: Rc<Claims>,
    message: Message,
}

/// Takes a job; the process takes no other until it is through.
pub(crate) fn begin(app: &Rc<App>, claims: &Rc<Claims>, worker: &Rc<Worker>, message: Message) {
    let Some(here) = post::here() else { return };
    here.post().task_begun(None);
    let Some((head, _)) = Head::split(&message.body) else {
        return app.log(
            Level::Error,
            "a message that is no job is left out",
            &[],
            None,
        );
    };
    if head.until.is_some_and(|until| post::wall() > until) {
        let text = format!(
            "the job {} is left out: nobody waits for it any more",
            head.class
        );
        return app.log(Level::Notice, &text, &[], None);
    }
    worker.hold_tasks();
    WORKING.set(true);
    let work = Work {
        app: Rc::clone(app),
        here,
        claims: Rc::clone(claims),
        message,
    };
    let worker = Rc::clone(worker);
    let begun = callback::call(move || {
        let context = worker.context();
        let line = format!("job {}", head.class);
        let ticket = context.request_taken(line.as_bytes(), monotonic());
        work.here.post().begin(worker.id());
        let done = work.through(&head);
        work.here.post().end(worker.id());
        context.request_end(ticket, (0, 0));
        WORKING.set(false);
        if context.is_spent() {
            worker.take_no_tasks();
        } else {
            worker.resume_tasks();
        }
        done
    });
    if let Err(error) = begun {
        WORKING.set(false);
        app.log(
            Level::Error,
            &format!("a job can't run: {error}"),
            &[],
            None,
        );
    }
}

impl Work {
    fn place(&self) -> u32 {
        self.here.place()
    }

    fn note(&self, flags: u32, until: Option<u64>) {
        let mut head = self.message.head;
        head.flags = flags;
        if let Err(error) = self
            .claims
            .hold(self.place(), head, &self.message.body, until)
        {
            let text = format!("if this process is killed nobody will know of its job: {error}");
            self.app.log(Level::Warning, &text, &[], None);
        }
    }

    fn through(&self, head: &Head) -> Result<(), Throw> {
        let mut flags = self.message.head.flags;
        loop {
            let until = head.terms.timeout.and_then(clock::after_seconds);
            self.note(flags, until.map(|until| until.saturating_add(GRACE)));
            let (failure, end) = match self.attempt(head, until) {
                Ok(value) => {
                    self.answer(0, &value);
                    self.strike();
                    return Ok(());
                }
                Err(failed) => *failed,
            };
            let left = head.terms.retries.saturating_sub(attempts(flags));
            if left == 0 {
                self.failed(head, flags, &failure);
                self.strike();
                return end.map_or(Ok(()), Err);
            }
            self.tell(Level::Warning, head, flags, &failure);
            flags = next_attempt(flags);
            self.note(flags, None);
            let pause = (head.terms.pause(attempts(flags)) * 1e9) as u64;
            let cut = end.is_some() || (pause > 0 && engine::sleep(pause) != Wake::Ready);
            let draining = highper_runtime::serve::worker().is_none_or(|w| w.is_draining());
            if cut || draining {
                self.leave(flags);
                return end.map_or(Ok(()), Err);
            }
        }
    }

    /// Another process is to go on with it: this one ends.
    fn leave(&self, flags: u32) {
        let mut head = self.message.head;
        head.flags = flags;
        let post = self.here.post();
        let sent = Parcel::new(head, &self.message.body)
            .and_then(|parcel| post.try_send(Address::AnyTask, &parcel));
        // What has no room stays noted: the manager finds it when this process has ended.
        if sent.is_ok() {
            post.task_sent(None);
            self.strike();
        }
    }

    fn strike(&self) {
        if let Err(error) = self.claims.release(self.place()) {
            let text = format!("a job that is through may be taken for lost: {error}");
            self.app.log(Level::Warning, &text, &[], None);
        }
    }

    /// Runs it once: the packed result, or why there is none, and what the process is to end with.
    fn attempt(
        &self,
        head: &Head,
        until: Option<u64>,
    ) -> Result<(&'static str, Value), Box<Failed>> {
        let run = || {
            let (_, bytes) = Head::split(&self.message.body).unwrap_or((Head::default(), &[]));
            let job = pack::unpack(&head.packed, bytes)?;
            let Some(job) = job.as_object().filter(|job| job.class_name() == head.class) else {
                return Err(Throw::error(format!(
                    "it came as {}: is its class {} to be found here?",
                    job.describe(),
                    head.class
                )));
            };
            let callable = handler::of(job)?;
            let what = format!("{}::handle()", head.class);
            let app = &self.app;
            let value = limit::within(until, LATE, || {
                app.container.call(app, &callable, None, None, &what)
            })?;
            if self.message.head.flags & REPLY == 0 {
                return Ok(("php", Value::null()));
            }
            pack::pack(&value)
                .map(|(packed, bytes)| (packed, Value::from(bytes)))
                .map_err(|throw| pack::refused("what it returned", throw))
        };
        run().map_err(|throw| Box::new(failure(throw, until, head.terms.timeout)))
    }

    /// Sends what came of it to who waits.
    fn send(&self, flags: u32, code: u32, body: &[u8]) {
        let to = &self.message.head;
        if to.flags & REPLY == 0 {
            return;
        }
        let mut answer = self.here.head(Kind::Finish);
        answer.flags = flags;
        answer.code = code;
        answer.number = to.number;
        answer.to = to.pid;
        if let Err(error) = self.here.send(Address::Place(to.place), answer, body) {
            let text = format!("what came of a job can't be told: {error}");
            self.app.log(Level::Error, &text, &[], None);
        }
    }

    fn answer(&self, flags: u32, (packed, value): &(&'static str, Value)) {
        let code = u32::from(*packed != "php");
        self.send(flags, code, value.as_bytes().unwrap_or_default());
    }

    fn failed(&self, head: &Head, flags: u32, failure: &Failure) {
        self.tell(Level::Error, head, flags, failure);
        self.send(FAILED, 0, &failure.to_bytes());
    }

    fn tell(&self, level: Level, head: &Head, flags: u32, failure: &Failure) {
        let text = format!("the job {} failed: {}", head.class, failure.line());
        let attempt = i64::from(attempts(flags)) + 1;
        let mut context: Vec<(&[u8], Field<'_>)> = vec![
            (b"attempt", Field::Int(attempt)),
            (b"of", Field::Int(i64::from(head.terms.retries) + 1)),
        ];
        if !failure.trace.is_empty() {
            context.push((b"trace", Field::Str(failure.trace.as_bytes())));
        }
        self.app.log(level, &text, &context, None);
    }
}

/// What is told of a job that threw, and what goes on to the end of the process.
fn failure(throw: Throw, until: Option<u64>, timeout: Option<f64>) -> (Failure, Option<Throw>) {
    if matches!(throw, Throw::Bailout) {
        let text = crate::failure::last_error();
        return (
            Failure::because("fatal", format!("a fatal error: {text}")),
            Some(Throw::Bailout),
        );
    }
    if exit::of(&throw).is_some() {
        return (
            Failure::because("exit", "it called exit(); return from handle() instead"),
            None,
        );
    }
    let value = throw.into_object();
    match value.as_ref().and_then(Value::as_object) {
        Some(object) => (described(object, until, timeout), None),
        None => (
            Failure::because("exit", "it called exit(); return from handle() instead"),
            None,
        ),
    }
}

fn described(object: &Object, until: Option<u64>, timeout: Option<f64>) -> Failure {
    let (file, line) = object.exception_location();
    let is_late = is_cancelled(object) && until.is_some_and(|until| clock::now() >= until);
    let message = match (is_late, timeout) {
        (true, Some(seconds)) => job::too_long(seconds),
        _ => object.exception_message().to_string_lossy().into_owned(),
    };
    Failure {
        reason: if is_late { "timeout" } else { "exception" }.to_owned(),
        class: if is_late {
            String::new()
        } else {
            object.class_name().to_owned()
        },
        message,
        at: match line {
            0 => String::new(),
            line => format!("{file}:{line}"),
        },
        trace: object.exception_trace(),
    }
}
