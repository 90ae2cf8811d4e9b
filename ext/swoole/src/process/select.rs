//! `swoole_select()` and `swoole_client_select()`: which of several can be read or written.

use crate::event;
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, clock};
use highper_process::select::{Asked, select};
use highper_zend::{Array, Call, Done, Function, Registry, Throw, error};
use std::time::Duration;

/// Declares them.
pub(super) fn declare(registry: &mut Registry) {
    const DOC: &str = "Waits until one of the processes, clients, streams or descriptors can be used, $timeout seconds at most; \
        takes the others out of the arrays. How many can.";
    registry
        .function(Function::new(
            "function swoole_client_select(?array &$read, ?array &$write, ?array &$except, ?float $timeout = 0.5): int|false",
            DOC,
            call,
        ))
        .function(Function::new(
            "function swoole_select(?array &$read, ?array &$write, ?array &$except, ?float $timeout = 0.5): int|false",
            DOC,
            call,
        ));
}

fn call(call: &mut Call) -> Done {
    let mut arrays: [Array; 3] = Default::default();
    for (number, array) in arrays.iter_mut().enumerate() {
        match call.value(number)? {
            value if value.is_null() => {}
            value => match value.as_array() {
                Some(given) => *array = given.clone(),
                None => {
                    let kind = value.describe();
                    return Err(Throw::argument_type(
                        number,
                        format!("must be of type ?array, {kind} given"),
                    ));
                }
            },
        }
    }
    let seconds = call.opt_double_or_null(3)?.unwrap_or(0.5);
    let mut asked: Vec<Asked> = Vec::new();
    for (number, array) in arrays.iter().enumerate() {
        for value in array.values() {
            let Some(fd) = event::descriptor(value)? else {
                continue;
            };
            let at = asked.iter().position(|known| known.fd == fd);
            let at = at.unwrap_or_else(|| {
                asked.push(Asked {
                    fd,
                    ..Asked::default()
                });
                asked.len() - 1
            });
            match number {
                0 => asked[at].read = true,
                1 => asked[at].write = true,
                _ => asked[at].hung_up = true,
            }
        }
    }
    if asked.is_empty() {
        error::warning("no resource arrays were passed to select")?;
        return call.ret_bool(false);
    }
    let count = match wait(&mut asked, Duration::from_secs_f64(seconds.clamp(0.0, 1e6))) {
        Ok(count) => count,
        Err(cause) => return super::failed(call, "unable to poll()", &cause),
    };
    crate::coroutine::waiting::resumed()?;
    for (number, array) in arrays.iter().enumerate() {
        let mut left = Array::new();
        for (key, value) in array {
            let fd = event::descriptor(value)?;
            let is = asked.iter().any(|found| {
                Some(found.fd) == fd && [found.read, found.write, found.hung_up][number]
            });
            if is {
                left.set_key(key, value.clone());
            }
        }
        if !array.is_empty() {
            call.set_ref(number, left)?;
        }
    }
    call.ret(count)
}

fn wait(asked: &mut [Asked], time: Duration) -> std::io::Result<usize> {
    if !engine::can_suspend() || time.is_zero() {
        return select(asked, time);
    }
    let mut set = Vec::new();
    for one in asked.iter() {
        if one.read || one.hung_up {
            set.push((one.fd, Interest::Read));
        }
        if one.write {
            set.push((one.fd, Interest::Write));
        }
    }
    let deadline = clock::now().saturating_add(time.as_nanos() as u64);
    // Whatever ended it: what is so now is looked up.
    reactor::wait_any(&set, Some(deadline))?;
    select(asked, Duration::ZERO)
}
