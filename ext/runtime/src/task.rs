//! Tasks: coroutines whose result somebody awaits, and scopes that they never outlive.
//!
//! The first task of a scope that fails ends the scope: the others, and the code that opened it, are cancelled,
//! and the scope throws what that task threw. Nothing of a scope runs any more when it is over.

use crate::cancel::{self, Thrown};
use crate::{coroutine, exit, failure};
use highper_engine::{self as engine, SpawnError, Wake, scheduler};
use highper_zend::{Callable, Outcome, Throw, Trace, Tracer, Value, release};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// One task. Its coroutine and those who await it share it.
#[derive(Default)]
pub struct Task {
    /// Its coroutine.
    id: Cell<u64>,
    over: Cell<bool>,
    /// What it returned or threw; none when it ended by `exit()`, or by a fatal error.
    outcome: RefCell<Option<Result<Value, Value>>>,
    /// Has anybody been told of its outcome?
    told: Cell<bool>,
    /// Was it told to end? Then it may, without ending its scope.
    cancelled: Cell<bool>,
}

impl Trace for Task {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(outcome) = self.outcome.try_borrow()
            && let Some(Ok(value) | Err(value)) = &*outcome
        {
            tracer.value(value);
        }
    }
}

/// How the wait for a task ended.
pub enum Awaited {
    /// It returned.
    Value(Value),
    /// It threw this.
    Thrown(Value),
    /// It ended without either.
    Nothing,
}

impl Task {
    /// Is its coroutine over?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Its coroutine.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id.get()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Why the wait ended before.
    pub fn wait(&self, deadline: Option<u64>) -> Result<Awaited, Wake> {
        while !self.over.get() && engine::info(self.id.get()).is_some() {
            engine::join(&[self.id.get()], deadline)?;
        }
        self.told.set(true);
        Ok(match &*self.outcome.borrow() {
            Some(Ok(value)) => Awaited::Value(value.clone()),
            Some(Err(exception)) => Awaited::Thrown(exception.clone()),
            None => Awaited::Nothing,
        })
    }

    /// Throws into it; false when it is over.
    pub fn cancel(&self, thrown: Thrown) -> bool {
        let thrown = !self.over.get() && cancel::throw_into(self.id.get(), thrown, false).is_ok();
        self.cancelled.set(self.cancelled.get() || thrown);
        thrown
    }
}

/// What a coroutine that opened a scope shares with the tasks in it.
#[derive(Default)]
pub struct Scope {
    owner: u64,
    tasks: RefCell<Vec<Rc<Task>>>,
    /// What the first task that failed threw.
    failure: RefCell<Option<Value>>,
    /// Is it waiting for its tasks? Then nobody has to wake it.
    joining: Cell<bool>,
    /// Do its tasks end, one way or the other?
    ending: Cell<Option<Thrown>>,
}

/// The innermost scope of a coroutine.
#[derive(Default)]
struct Innermost(RefCell<Option<Rc<Scope>>>);

fn set_innermost(scope: Option<Rc<Scope>>) -> Option<Rc<Scope>> {
    let id = engine::current()?;
    scheduler::set_local_of(id, Innermost::default);
    scheduler::local::<Innermost, _>(id, |innermost| innermost.0.replace(scope)).flatten()
}

/// The scope that the running code stands in.
#[must_use]
pub fn innermost() -> Option<Rc<Scope>> {
    scheduler::local::<Innermost, _>(engine::current()?, |innermost| innermost.0.borrow().clone())
        .flatten()
}

/// Why a task could not be started.
pub enum Refused {
    /// No coroutine.
    Spawn(SpawnError),
    /// Its scope is ending.
    Ending(Thrown),
}

/// Starts a callable as a task of the innermost scope, if there is one, at once, until it first waits.
///
/// # Errors
/// [`Refused`].
pub fn start(callable: Callable, args: Vec<Value>, cancelled: Thrown) -> Result<Rc<Task>, Refused> {
    let scope = innermost();
    if let Some(thrown) = scope.as_ref().and_then(|scope| scope.ending.get()) {
        return Err(Refused::Ending(thrown));
    }
    let task = Rc::new(Task::default());
    let (own, member) = (Rc::clone(&task), scope.clone());
    let spawned = coroutine::try_spawn(move || {
        own.id.set(engine::current().unwrap_or(0));
        if let Some(scope) = &member {
            scope.add(Rc::clone(&own));
        }
        set_innermost(member.clone());
        let outcome = callable.call(&args);
        drop(args);
        drop(callable);
        finish(own, member, outcome, cancelled)
    });
    match spawned {
        Ok(_) => Ok(task),
        Err(error) => Err(Refused::Spawn(error)),
    }
}

/// The end of a task: its result is kept, its scope told.
fn finish(
    task: Rc<Task>,
    scope: Option<Rc<Scope>>,
    outcome: Outcome,
    cancelled: Thrown,
) -> Result<(), Throw> {
    task.over.set(true);
    let thrown = match outcome {
        Outcome::Value(value) => {
            task.outcome.replace(Some(Ok(value)));
            None
        }
        // It ends the task, as any coroutine, and the script's status is noted.
        Outcome::Exception(exception) if exit::is_exit(&exception) => {
            exit::note_status(&exception);
            return Ok(());
        }
        Outcome::Exception(exception) => {
            task.outcome.replace(Some(Err(exception.clone())));
            Some(exception)
        }
        Outcome::Exit => return Err(Throw::Exit),
        Outcome::Bailout => return Err(Throw::Bailout),
    };
    match (scope, thrown) {
        (_, Some(_)) if task.cancelled.get() => {
            task.told.set(true);
            Ok(())
        }
        (Some(scope), Some(exception)) => {
            task.told.set(true);
            scope.fail(exception, cancelled);
            Ok(())
        }
        // Nobody holds it any more, so nobody will ask.
        (None, Some(exception)) if Rc::strong_count(&task) == 1 => {
            task.told.set(true);
            Err(Throw::Object(exception))
        }
        (_, _) => Ok(()),
    }
}

impl Scope {
    fn add(&self, task: Rc<Task>) {
        let mut tasks = self.tasks.borrow_mut();
        if tasks.len() >= 64 && tasks.len().is_power_of_two() {
            tasks.retain(|task| engine::info(task.id()).is_some());
        }
        tasks.push(task);
    }

    fn fail(&self, exception: Value, cancelled: Thrown) {
        if self.ending.get().is_some() {
            return;
        }
        self.failure.replace(Some(exception));
        self.end(cancelled);
        if !self.joining.get() {
            let _gone = cancel::throw_into(self.owner, cancelled, false);
        }
    }

    /// Throws into every task that still runs, and refuses new ones.
    fn end(&self, thrown: Thrown) {
        self.ending.set(Some(thrown));
        let tasks = self.tasks.borrow().clone();
        for task in tasks {
            task.cancel(thrown);
        }
    }

    /// Waits until no task is left. Whatever interrupts that ends them, and is waited on all the same.
    fn join(&self, interrupted: &mut Option<Throw>, cancelled: Thrown) {
        self.joining.set(true);
        loop {
            let first = self.tasks.borrow().first().cloned();
            let Some(task) = first else {
                return;
            };
            let alive = engine::info(task.id()).is_some();
            if !alive || engine::join(&[task.id()], None).is_ok() {
                self.tasks
                    .borrow_mut()
                    .retain(|other| !Rc::ptr_eq(other, &task));
                continue;
            }
            let why = cancel::resumed().err();
            if interrupted.is_none() {
                *interrupted = Some(why.unwrap_or_else(cancelled.make));
            }
            if self.ending.get().is_none() {
                self.end(cancelled);
            }
        }
    }
}

/// Runs `body` in a scope of its own, in the running coroutine, and waits for all its tasks.
///
/// # Errors
/// What the first task that failed threw, or what `body` threw, or why the coroutine was interrupted.
pub fn scope(
    cancelled: Thrown,
    body: impl FnOnce() -> Result<Value, Throw>,
) -> Result<Value, Throw> {
    let scope = Rc::new(Scope {
        owner: engine::current().unwrap_or(0),
        ..Scope::default()
    });
    let outer = set_innermost(Some(Rc::clone(&scope)));
    let outcome = body();
    if matches!(outcome, Err(Throw::Bailout)) {
        return outcome;
    }
    if scope.failure.borrow().is_some() {
        cancel::withdraw(scope.owner, cancelled.name);
    } else if outcome.is_err() {
        scope.end(cancelled);
    }
    let mut interrupted = None;
    scope.join(&mut interrupted, cancelled);
    set_innermost(outer);
    match (scope.failure.take(), outcome, interrupted) {
        (Some(exception), _, _) => Err(Throw::Object(exception)),
        (None, _, Some(throw)) => Err(throw),
        (None, outcome, None) => outcome,
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.told.get() || release::is_after_shutdown() {
            return;
        }
        if let Some(Err(exception)) = self.outcome.take()
            && !failure::is_none(&exception)
        {
            // Nobody will ever ask for it. A fatal error while it is reported has been logged itself.
            let _reported = failure::report(&exception);
        }
    }
}
