//! Tasks whose results are waited for.

use super::super::messages::{is_worker, modes, running};
use super::super::payload;
use super::super::pending::Pending;
use super::{COROUTINE, NONBLOCK, WAITALL, check, dispatch};
use crate::coroutine::waiting;
use highper_process::post::Message;
use highper_runtime::set_last_error;
use highper_zend::{Array, Call, Done, Throw, Value, error};
use std::time::Duration;

/// How many tasks may be waited for at a time.
const MOST: usize = 1024;
const DISPATCH_FAILED: i32 = 2002;

fn time(seconds: f64) -> Option<Duration> {
    (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)))
}

/// Waits for all that were sent.
fn wait(
    pending: &Pending,
    here: &std::rc::Rc<highper_runtime::post::Here>,
    seconds: f64,
) -> Vec<Option<Message>> {
    if highper_engine::can_suspend() {
        waiting::settle(pending.wait(waiting::deadline(seconds)));
    } else if !pending.block(here, time(seconds)) {
        set_last_error(crate::error_code::CO_TIMEDOUT);
    }
    pending.finish()
}

fn only_in_workers(call: &Call, name: &str) -> Result<bool, Throw> {
    if is_worker() {
        return Ok(true);
    }
    error::warning(format!(
        "{name} method can only be used in the worker process"
    ))?;
    call.ret_bool(false)?;
    Ok(false)
}

fn flags(of_one: bool) -> u32 {
    match (highper_engine::can_suspend(), of_one) {
        (true, _) => NONBLOCK | COROUTINE,
        (false, true) => 0,
        (false, false) => WAITALL,
    }
}

fn value(message: &Message) -> Result<Option<Value>, Throw> {
    payload::unpack(message.head.flags, &message.body)
}

/// `taskwait(mixed $data, float $timeout = 0.5, int $taskWorkerIndex = -1)`
pub(super) fn one(call: &mut Call) -> Done {
    let Some(here) = running()? else {
        return call.ret_bool(false);
    };
    if !only_in_workers(call, "taskwait")? {
        return Ok(());
    }
    let (seconds, wanted) = (call.opt_double(1, 0.5)?, call.opt_long(2, -1)?);
    if !check(&here, wanted)? {
        return call.ret_bool(false);
    }
    let modes = modes(&call.this_value()?);
    let pending = Pending::new();
    let number = here.next_number();
    pending.expect(Some(number));
    let sent = dispatch(&here, &modes, call.value(0)?, wanted, flags(true), number);
    if !matches!(sent, Ok(true)) {
        pending.finish();
        sent?;
        return call.ret_bool(false);
    }
    let answer = wait(&pending, &here, seconds).pop().flatten();
    waiting::resumed()?;
    match answer.as_ref().map(value).transpose()?.flatten() {
        Some(value) => call.ret(value),
        None => call.ret_bool(false),
    }
}

/// `taskWaitMulti(array $tasks, float $timeout = 0.5)` and `taskCo(…)`
pub(super) fn many(call: &mut Call, is_co: bool) -> Done {
    let Some(here) = running()? else {
        return call.ret_bool(false);
    };
    let name = if is_co { "taskCo" } else { "taskWaitMulti" };
    if !only_in_workers(call, name)? {
        return Ok(());
    }
    if is_co {
        waiting::can_wait()?;
    }
    let seconds = call.opt_double(1, 0.5)?;
    let tasks = call.array(0)?.clone();
    if tasks.len() >= MOST {
        error::warning("too many concurrent tasks")?;
        return call.ret_bool(false);
    }
    if !check(&here, -1)? {
        return call.ret_bool(false);
    }
    let modes = modes(&call.this_value()?);
    let pending = Pending::new();
    for task in tasks.values() {
        let number = here.next_number();
        pending.expect(Some(number));
        match dispatch(&here, &modes, task, -1, flags(false), number) {
            Ok(true) => {}
            Ok(false) => pending.give_up(number),
            Err(throw) => {
                pending.finish();
                return Err(throw);
            }
        }
    }
    let refused = pending.refused();
    if pending.sent() == 0 {
        pending.finish();
        set_last_error(DISPATCH_FAILED);
        return call.ret_bool(false);
    }
    let answers = wait(&pending, &here, seconds);
    waiting::resumed()?;
    let mut results = Array::with_capacity(answers.len());
    for (place, answer) in answers.iter().enumerate() {
        let value = answer.as_ref().map(value).transpose()?.flatten();
        match value {
            Some(value) => {
                results.set_index(place as i64, value);
            }
            None if is_co || refused[place] => {
                results.set_index(place as i64, false);
            }
            None => {}
        }
    }
    call.ret(results)
}
