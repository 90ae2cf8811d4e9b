//! `Swoole\Coroutine\Scheduler`: collects functions, then runs them in coroutines.

use super::option;
use crate::event;
use highper_zend::{
    Call, Callable, Class, ClassRef, Done, Flags, Registry, Trace, Tracer, Value, error,
};
use std::cell::{Cell, RefCell};

/// The class.
pub static SCHEDULER: ClassRef = ClassRef::new("Swoole\\Coroutine\\Scheduler");

struct Task {
    times: i64,
    callable: Callable,
    args: Vec<Value>,
}

#[derive(Default)]
struct Scheduler {
    tasks: RefCell<Vec<Task>>,
    started: Cell<bool>,
}

impl Trace for Scheduler {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(tasks) = self.tasks.try_borrow() {
            for task in tasks.iter() {
                task.callable.trace(tracer);
                task.args.trace(tracer);
            }
        }
    }
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Scheduler")
            .doc("Collects functions; start() runs them in coroutines until all have ended.")
            .handle(&SCHEDULER)
            .alias("Co\\Scheduler")
            .flags(Flags::FINAL | Flags::NOT_SERIALIZABLE)
            .state::<Scheduler>()
            .deny_unset()
            .method(
                "public function add(callable $func, mixed ...$param): void",
                "Adds a function.",
                |call| {
                    if refuses(call, "add")? {
                        return call.ret_bool(false);
                    }
                    let callable = call.callable(0)?;
                    add(call, 1, callable, call.rest(1).to_vec())
                },
            )
            .method(
                "public function parallel(int $n, callable $func, mixed ...$param): void",
                "Adds a function that is run $n times.",
                |call| {
                    if refuses(call, "parallel")? {
                        return call.ret_bool(false);
                    }
                    let times = call.long(0)?;
                    let callable = call.callable(1)?;
                    add(call, times, callable, call.rest(2).to_vec())
                },
            )
            .method(
                "public function set(array $settings): void",
                "Sets options, as Coroutine::set().",
                option::set_call,
            )
            .method(
                "public function getOptions(): ?array",
                "The options, as Coroutine::getOptions().",
                option::get_call,
            )
            .method(
                "public function start(): bool",
                "Runs what was added, until all coroutines have ended.",
                start,
            ),
    );
}

fn refuses(call: &Call, method: &str) -> Result<bool, highper_zend::Throw> {
    let started = call.this::<Scheduler>()?.started.get();
    if started {
        error::warning(format!(
            "scheduler is running, unable to execute {}->{method}",
            call.this_object()?.class_name()
        ))?;
    }
    Ok(started)
}

fn add(call: &Call, times: i64, callable: Callable, args: Vec<Value>) -> Done {
    call.this::<Scheduler>()?.tasks.borrow_mut().push(Task {
        times,
        callable,
        args,
    });
    Ok(())
}

fn start(call: &mut Call) -> Done {
    let this = call.this::<Scheduler>()?;
    if this.started.get() {
        error::warning(format!(
            "scheduler is started, unable to execute {}->start",
            call.this_object()?.class_name()
        ))?;
        return call.ret_bool(false);
    }
    event::ensure_loop()?;
    this.started.set(true);
    let tasks = std::mem::take(&mut *this.tasks.borrow_mut());
    if tasks.is_empty() {
        error::warning("no coroutine task")?;
        return call.ret_bool(false);
    }
    for task in tasks {
        for _ in 0..task.times {
            event::spawn(task.callable.clone(), &task.args)?;
        }
    }
    let ended = event::wait();
    this.started.set(false);
    ended?;
    call.ret_bool(true)
}
