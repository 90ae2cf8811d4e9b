//! `Swoole\Timer` and the `swoole_timer_*` functions.

pub mod iterator;

use crate::event;
use highper_runtime::timer;
use highper_zend::{Array, Call, Class, Done, Function, Registry, error};

/// Declares them.
pub fn declare(registry: &mut Registry) {
    const TICK: &str = "Calls back every so many milliseconds, with the timer's id first. The id.";
    const AFTER: &str = "Calls back once, after so many milliseconds. The timer's id.";
    const EXISTS: &str = "Is it still to come?";
    const INFO: &str = "What is known of a timer; null when there is no such one.";
    const STATS: &str = "initialized, num and round.";
    const LIST: &str = "The ids of all.";
    const CLEAR: &str = "Clears one. False when there is no such one.";
    const CLEAR_ALL: &str = "Clears all.";
    registry.class(
        Class::new("Swoole\\Timer")
            .doc("Timers; their callbacks run in coroutines.")
            .deny_create()
            .method(
                "public static function tick(int $ms, callable $callback, mixed ...$params): int|false",
                TICK,
                tick,
            )
            .method(
                "public static function after(int $ms, callable $callback, mixed ...$params): int|false",
                AFTER,
                after,
            )
            .method("public static function exists(int $timer_id): bool", EXISTS, exists)
            .method("public static function info(int $timer_id): ?array", INFO, info)
            .method("public static function stats(): array", STATS, stats)
            .method("public static function list(): Swoole\\Timer\\Iterator", LIST, list)
            .method("public static function clear(int $timer_id): bool", CLEAR, clear)
            .method("public static function clearAll(): bool", CLEAR_ALL, clear_all),
    );
    registry
        .function(Function::open(
            "function swoole_timer_tick(int $ms, callable $callback): int|false",
            TICK,
            tick,
        ))
        .function(Function::open(
            "function swoole_timer_after(int $ms, callable $callback): int|false",
            AFTER,
            after,
        ))
        .function(Function::new(
            "function swoole_timer_exists(int $timer_id): bool",
            EXISTS,
            exists,
        ))
        .function(Function::new(
            "function swoole_timer_info(int $timer_id): ?array",
            INFO,
            info,
        ))
        .function(Function::new(
            "function swoole_timer_stats(): array",
            STATS,
            stats,
        ))
        .function(Function::new(
            "function swoole_timer_list(): Swoole\\Timer\\Iterator",
            LIST,
            list,
        ))
        .function(Function::new(
            "function swoole_timer_clear(int $timer_id): bool",
            CLEAR,
            clear,
        ))
        .function(Function::new(
            "function swoole_timer_clear_all(): bool",
            CLEAR_ALL,
            clear_all,
        ));
    iterator::declare(registry);
}

fn tick(call: &mut Call) -> Done {
    add(call, true)
}

fn after(call: &mut Call) -> Done {
    add(call, false)
}

fn add(call: &mut Call, repeats: bool) -> Done {
    let milliseconds = call.long(0)?;
    let callable = call.callable(1)?;
    if milliseconds < 1 {
        error::warning("Timer must be greater than or equal to 1")?;
        return call.ret_bool(false);
    }
    event::ensure_loop()?;
    let args = call.rest(2);
    call.ret_long(if repeats {
        timer::tick(milliseconds, callable, args)
    } else {
        timer::after(milliseconds, callable, args)
    })
}

fn exists(call: &mut Call) -> Done {
    let info = timer::info(call.long(0)?);
    call.ret_bool(info.is_some_and(|info| !info.is_removed))
}

fn info(call: &mut Call) -> Done {
    let info = timer::info(call.long(0)?).map(|info| {
        let mut out = Array::with_capacity(5);
        out.set("exec_msec", info.exec_msec)
            .set("exec_count", info.calls)
            .set("interval", info.interval)
            .set("round", info.round)
            .set("removed", info.is_removed);
        out
    });
    call.ret(info)
}

fn stats(call: &mut Call) -> Done {
    let mut out = Array::with_capacity(3);
    out.set("initialized", event::has_loop())
        .set("num", timer::count())
        .set("round", timer::round());
    call.ret(out)
}

fn list(call: &mut Call) -> Done {
    let ids: Array = timer::list().into_iter().collect();
    let iterator = iterator::ITERATOR
        .get()
        .new_object(&[ids.into()])
        .into_result()?;
    call.ret(iterator)
}

fn clear(call: &mut Call) -> Done {
    call.ret_bool(timer::clear(call.long(0)?))
}

fn clear_all(call: &mut Call) -> Done {
    timer::clear_all();
    call.ret_bool(event::has_loop())
}
