//! The functions around coroutines: `go`, `defer`, `Co\run`, `batch`, `map` and so on.

use super::{option, waiting};
use crate::event;
use highper_engine::sync::WaitGroup;
use highper_engine::{self as engine, Ending, Wake};
use highper_runtime::backtrace;
use highper_zend::{Array, Call, Callable, Done, Function, Key, Registry, Throw, Value, error};
use std::cell::RefCell;
use std::rc::Rc;

/// Declares them; `go` and `defer` only where short names are wanted.
pub fn declare(registry: &mut Registry, shortname: bool) {
    const GO: &str = "Runs a function in a new coroutine, at once, until it first waits. Its id.";
    const DEFER: &str = "Calls back at the end of the running coroutine, last come first.";
    const RUN: &str = "Runs a function in a coroutine, and returns when all coroutines have ended.";
    if shortname {
        registry
            .function(Function::open(
                "function go(callable $func): int|false",
                GO,
                super::create,
            ))
            .function(Function::new(
                "function defer(callable $callback): void",
                DEFER,
                super::defer,
            ));
    }
    registry
        .function(Function::new(
            "function swoole_coroutine_create(callable $func, mixed ...$params): int|false",
            GO,
            super::create,
        ))
        .function(Function::new(
            "function swoole_test_kernel_coroutine(int $count = 100, float $sleep_time = 1.0): void",
            "For tests of the extension: a coroutine without PHP code that sleeps so many times.",
            test_kernel_coroutine,
        ))
        .function(Function::new(
            "function swoole_coroutine_defer(callable $callback): void",
            DEFER,
            super::defer,
        ))
        .function(Function::new("function Swoole\\Coroutine\\go(callable $fn, ...$args)", GO, super::create))
        .function(Function::new("function Swoole\\Coroutine\\defer(callable $fn)", DEFER, super::defer))
        .function(Function::new("function Swoole\\Coroutine\\run(callable $fn, ...$args)", RUN, run))
        .function(Function::new(
            "function Swoole\\Coroutine\\batch(array $tasks, float $timeout = -1): array",
            "Runs functions side by side; what each returned, by its key. Null where it has not returned in time.",
            batch,
        ))
        .function(Function::new(
            "function Swoole\\Coroutine\\parallel(int $n, callable $fn): void",
            "Runs a function $n times side by side and waits for all.",
            parallel,
        ))
        .function(Function::new(
            "function Swoole\\Coroutine\\map(array $list, callable $fn, float $timeout = -1): array",
            "Calls $fn(value, key) for each side by side; what each returned, by its key.",
            map,
        ))
        .function(Function::new(
            "function Swoole\\Coroutine\\deadlock_check()",
            "Prints where each coroutine is, as after a deadlock.",
            |_| report_deadlock(&engine::list()),
        ));
    if shortname {
        registry
            .function(Function::new(
                "function Co\\go(callable $fn, ...$args)",
                GO,
                super::create,
            ))
            .function(Function::new(
                "function Co\\defer(callable $fn)",
                DEFER,
                super::defer,
            ))
            .function(Function::new(
                "function Co\\run(callable $fn, ...$args)",
                RUN,
                run,
            ));
    }
}

fn test_kernel_coroutine(call: &mut Call) -> Done {
    let times = call.opt_long(0, 100)?;
    let nanoseconds = (call.opt_double(1, 1.0)?.clamp(0.0, 1e9) * 1e9) as u64;
    if !event::has_loop() {
        return call.ret_bool(false);
    }
    let spawned = engine::spawn(move || {
        for _ in 0..times {
            if engine::sleep(nanoseconds) != Wake::Ready {
                break;
            }
        }
        Ending::Returned
    });
    spawned.map(drop).map_err(|e| Throw::error(e.to_string()))
}

fn run(call: &mut Call) -> Done {
    let callable = call.callable(0)?;
    let args = call.rest(1).to_vec();
    if !option::has("hook_flags") {
        let mut flags = Array::new();
        flags.set("hook_flags", crate::runtime::HOOK_ALL);
        option::set(&flags)?;
    }
    event::ensure_loop()?;
    event::spawn(callable, &args)?;
    drop(args);
    event::wait()?;
    call.ret_bool(true)
}

/// Runs closures that fill places of one array; returns it when all are done or the time is over.
struct Gather {
    results: Rc<RefCell<Array>>,
    group: Rc<WaitGroup>,
}

impl Gather {
    fn new(initial: Array) -> Self {
        Self {
            results: Rc::new(RefCell::new(initial)),
            group: Rc::new(WaitGroup::default()),
        }
    }

    /// As in Swoole, the count stays up when a function throws: the others' results come at the time-out only.
    fn start(
        &self,
        key: Value,
        call: impl FnOnce() -> Result<Value, Throw> + 'static,
    ) -> Result<(), Throw> {
        let (results, group) = (Rc::clone(&self.results), Rc::clone(&self.group));
        place(&results, &key, Value::null());
        highper_runtime::spawn_body(move || {
            let value = call()?;
            place(&results, &key, value);
            group.add(-1);
            Ok(())
        })
        .map(drop)
    }

    fn finish(self, seconds: f64) -> Result<Array, Throw> {
        waiting::can_wait()?;
        let ended = self.group.wait(waiting::deadline(seconds));
        if ended.is_err() {
            waiting::resumed()?;
        }
        Ok(self.results.borrow().clone())
    }
}

fn place(results: &RefCell<Array>, key: &Value, value: Value) {
    // What was there before is dropped outside of the borrow.
    let old = results.replace(Array::new());
    let mut filled = old.clone();
    drop(old);
    match key.as_long() {
        Some(index) => filled.set_index(index, value),
        None => filled.set(key.as_bytes().unwrap_or_default(), value),
    };
    let empty = results.replace(filled);
    drop(empty);
}

fn batch(call: &mut Call) -> Done {
    let tasks = call.array(0)?.clone();
    let seconds = call.opt_double(1, -1.0)?;
    let gather = Gather::new(tasks.clone());
    gather.group.add(tasks.len() as i64);
    for (key, task) in &tasks {
        let callable = match Callable::new(task) {
            Ok(callable) => callable,
            Err(text) => {
                return Err(Throw::error(format!(
                    "the task {} cannot be called: {text}",
                    show(&key)
                )));
            }
        };
        gather.start(key.to_value(), move || callable.call(&[]).into_result())?;
    }
    call.ret(gather.finish(seconds)?)
}

fn show(key: &Key<'_>) -> String {
    String::from_utf8_lossy(&key.to_bytes()).into_owned()
}

fn map(call: &mut Call) -> Done {
    let list = call.array(0)?.clone();
    let callable = call.callable(1)?;
    let seconds = call.opt_double(2, -1.0)?;
    let gather = Gather::new(list.clone());
    gather.group.add(list.len() as i64);
    for (key, value) in &list {
        let (callable, args) = (callable.clone(), [value.clone(), key.to_value()]);
        gather.start(key.to_value(), move || {
            let count = callable.num_params().0;
            let given = if count == 1 { &args[..1] } else { &args[..] };
            callable.call(given).into_result()
        })?;
    }
    call.ret(gather.finish(seconds)?)
}

fn parallel(call: &mut Call) -> Done {
    let times = call.long(0)?.max(0);
    let callable = call.callable(1)?;
    let group = Rc::new(WaitGroup::default());
    group.add(times);
    for _ in 0..times {
        let (callable, group) = (callable.clone(), Rc::clone(&group));
        highper_runtime::spawn_body(move || {
            callable.call(&[]).into_result()?;
            group.add(-1);
            Ok(())
        })?;
    }
    waiting::can_wait()?;
    if group.wait(None).is_err() {
        waiting::resumed()?;
    }
    Ok(())
}

/// Says that these coroutines sleep for ever, and where each of them is.
pub fn report_deadlock(ids: &[u64]) -> Result<(), Throw> {
    let options = option::all().unwrap_or_default();
    let number = |name: &str, default: i64| {
        options
            .get(name)
            .map(Value::to_long)
            .filter(|n| *n != 0)
            .unwrap_or(default)
    };
    let count = ids.len();
    let width = 64 + count.to_string().len();
    let (double, single) = ("=".repeat(width), "-".repeat(width));
    let mut text = format!(
        "\n {double}\n  [FATAL ERROR]: all coroutines (count: {count}) are asleep - deadlock!\n {double}\n"
    );
    if !options
        .get("deadlock_check_disable_trace")
        .is_some_and(Value::to_bool)
    {
        let limit = usize::try_from(number("deadlock_check_limit", 32)).unwrap_or(32);
        let depth = number("deadlock_check_depth", 32);
        for &id in ids.iter().rev().take(limit) {
            text.push_str(&format!("\n  [Coroutine-{id}]\n {single}\n"));
            text.push_str(
                &backtrace::backtrace_text(id, error::IGNORE_ARGS, depth)?.unwrap_or_default(),
            );
        }
    }
    text.push_str(&format!("\n {double}\n"));
    super::print(&text)
}
