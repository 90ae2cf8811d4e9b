//! `Highper\times`: what coroutines spend their time on.

use highper_engine::{self as engine, account};
use highper_zend::{Access, Array, Call, Done, Function, Ini, Registry, Throw, ini};

pub(crate) fn declare(registry: &mut Registry) {
    registry
        .setting(Ini::bool(
            "highper.time_accounting",
            false,
            Access::System,
            "Counts what coroutines spend their time on: `Highper\\times()`, `Swoole\\Coroutine::getExecuteTime()`.",
        ))
        .function(Function::new(
            "function Highper\\times(?int $coroutine = null): ?array",
            "What a coroutine, by default the running one, has spent its time on since it began, in seconds.\n\n\
             A request has a coroutine of its own. Needs the setting `time_accounting` of the application, or\n\
             `highper.time_accounting` in php.ini.\n\n\
             @param int|null $coroutine Its number; null for the running one.\n\
             @return array{on_cpu: float, waiting: float, ready: float}|null `on_cpu`: it ran. `waiting`: for I/O, timers and so\n\
             on. `ready`: it could have run, but others did. Null when there is no such coroutine.\n\
             @throws \\Error When time is not counted.",
            times,
        ))
        .on_request_start(|| {
            if ini::bool("highper.time_accounting") {
                account::keep(account::Reader::Program, true);
            }
        });
}

fn times(call: &mut Call) -> Done {
    let id = match call.opt_long_or_null(0)? {
        Some(id) => u64::try_from(id).ok(),
        None => engine::current(),
    };
    if !account::is_kept(account::Reader::Program) {
        return Err(Throw::error(
            "time is not counted: set highper.time_accounting=1 in php.ini, or the application's setting 'time_accounting'",
        ));
    }
    let Some(spent) = id.and_then(account::spent) else {
        return Ok(());
    };
    let mut times = Array::with_capacity(3);
    times
        .set("on_cpu", spent.on_cpu.as_secs_f64())
        .set("waiting", spent.waiting.as_secs_f64())
        .set("ready", spent.ready.as_secs_f64());
    call.ret(times)
}
