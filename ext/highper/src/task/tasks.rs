//! `Highper\Task\Tasks`

use super::{WAITING, failed, pack, refused, send, terms};
use crate::app::App;
use crate::attribute::job::MOST_RETRIES;
use crate::exception::cancelled::{cancelled, late_for};
use crate::{handler, scope};
use highper_app::job::{FAILED, Failure, Terms};
use highper_engine::channel::{Channel, ChannelError};
use highper_engine::{clock, scheduler};
use highper_process::Kind;
use highper_process::post::Message;
use highper_runtime::{post, serve};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::OnceCell;
use std::rc::Rc;

static TASKS: ClassRef = ClassRef::new("Highper\\Task\\Tasks");

#[derive(Default)]
struct State(OnceCell<Rc<App>>);

impl Trace for State {}

/// The object of an application.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = TASKS.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Task\\Tasks")
            .doc(
                "Hands jobs to the server's task workers: processes for what takes the CPU, or blocks.\n\n\
                 A job is an object with a method handle(), whose parameters are injected in the task worker. It goes there by\n\
                 serialize(), or by igbinary where that is loaded. Outside of a server (commands, scripts) it runs in place.",
            )
            .handle(&TASKS)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method(
                "public function dispatch(object $job, ?int $retries = null, ?float $timeout = null): void",
                "Hands a job over and goes on. What becomes of it is in the log.\n\n\
                 @param object $job With a method handle().\n\
                 @param int|null $retries Attempts after the first that failed, 0 to 1000; null as #[Job] says, else 0.\n\
                 @param float|null $timeout Seconds that one attempt may take; null as #[Job] says, else no limit.\n\
                 @throws \\Highper\\Task\\QueueFull As many jobs wait as may.\n\
                 @throws \\Error There are no task workers, or the job can't be serialized.",
                dispatch,
            )
            .method(
                "public function run(object $job, ?float $timeout = null, ?int $retries = null): mixed",
                "Hands a job over, waits for its end and returns what it returned.\n\n\
                 @param object $job With a method handle().\n\
                 @param float|null $timeout Seconds for all of it, waiting in the queue included; then the job is ended. Null for no limit.\n\
                 @param int|null $retries Attempts after the first that failed, 0 to 1000; null as #[Job] says, else 0.\n\
                 @throws \\Highper\\Task\\JobFailed It failed, or its process was killed.\n\
                 @throws \\Highper\\DeadlineException The time is over; in a request it is answered with 504.\n\
                 @throws \\Highper\\Task\\QueueFull As many jobs wait as may.",
                run,
            )
            .method("public function waiting(): int", "How many jobs were handed over and not begun, in the whole server.", |call| {
                let waiting = post::here().map_or(0, |here| here.post().task_figures().waiting);
                call.ret(waiting)
            }),
    );
}

fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let state = call.this::<State>()?;
    let app = state.0.get();
    app.ok_or_else(|| Throw::error("these tasks belong to no application"))
}

/// What the attribute says, and the call goes before that.
fn asked(call: &Call, retries: usize, timeout: usize) -> Result<Terms, Throw> {
    let job = call.object(0)?;
    handler::of(job)?;
    let mut terms = terms::of(job)?;
    if let Some(given) = call.opt_long_or_null(retries)? {
        let most = u32::try_from(given)
            .ok()
            .filter(|n| i64::from(*n) <= MOST_RETRIES);
        terms.retries = most.ok_or_else(|| {
            Throw::argument_value(
                retries,
                format!("must be from 0 to {MOST_RETRIES}, {given} given"),
            )
        })?;
    }
    if let Some(given) = call.opt_double_or_null(timeout)? {
        if given.is_nan() || given <= 0.0 {
            return Err(Throw::argument_value(
                timeout,
                "must be greater than 0 seconds, or null for no limit",
            ));
        }
        terms.timeout = Some(terms.timeout.map_or(given, |own| own.min(given)));
    }
    Ok(terms)
}

/// Outside of a server.
fn in_place(app: &App, job: &Object) -> Result<Value, Throw> {
    let callable = handler::of(job)?;
    let what = format!("{}::handle()", job.class_name());
    app.container.call(app, &callable, None, None, &what)
}

fn dispatch(call: &mut Call) -> Done {
    let app = of(call)?;
    let terms = asked(call, 1, 2)?;
    let job = call.object(0)?;
    if serve::worker().is_none() {
        return in_place(app, job).map(drop);
    }
    if let Some(why) = refused() {
        return Err(Throw::error(why));
    }
    let Some(here) = post::here() else {
        return Ok(());
    };
    send(app, &here, job, terms, None)
}

fn run(call: &mut Call) -> Done {
    let app = of(call)?;
    let terms = asked(call, 2, 1)?;
    let until = scope::moment(call, 1)?;
    let job = call.object(0)?;
    let Some(worker) = serve::worker() else {
        return call.ret(in_place(app, job)?);
    };
    if worker.context().kind() == Kind::Task {
        return Err(Throw::error(
            "a job can't wait for another job: with all task workers waiting none would be left; use dispatch(), or call handle() here",
        ));
    }
    if let Some(why) = refused() {
        return Err(Throw::error(why));
    }
    let Some(here) = post::here() else {
        return Ok(());
    };
    scope::can_wait("Highper\\Task\\Tasks::run")?;
    let until = match (until, scheduler::deadline()) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let number = here.next_number();
    let answer = Rc::new(Channel::new(1));
    WAITING.with_borrow_mut(|all| all.insert(number, Rc::clone(&answer)));
    let wall = until.map(|moment| post::wall() + moment.saturating_sub(clock::now()) as f64 / 1e9);
    let sent = send(app, &here, job, terms, Some((number, wall)));
    let answered = sent.map(|()| answer.pop(until));
    WAITING.with_borrow_mut(|all| all.remove(&number));
    let class = job.class_name();
    let late = || late_for(&format!("the job {class} has not ended in time"));
    match answered? {
        Ok(message) => call.ret(result(class, &message, until, late)?),
        Err(ChannelError::Timeout) => Err(late()),
        Err(_) => Err(cancelled()),
    }
}

/// What a job returned.
fn result(
    class: &str,
    message: &Message,
    until: Option<u64>,
    late: impl Fn() -> Throw,
) -> Result<Value, Throw> {
    if message.head.flags & FAILED != 0 {
        let failure = Failure::from_bytes(&message.body)
            .unwrap_or_else(|| Failure::because("exception", "what came back can't be read"));
        // The job was ended by the time of this call, and is first to say so.
        let is_over = until.is_some_and(|until| clock::now() >= until);
        return Err(match is_over && failure.reason == "timeout" {
            true => late(),
            false => failed::throw(class, &failure),
        });
    }
    let packed = match message.head.code {
        0 => "php",
        _ => "igbinary",
    };
    pack::unpack(packed, &message.body)
}
