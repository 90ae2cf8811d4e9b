//! `swoole_client_select()`, `swoole_select()`: waiting for several clients or streams at once.

use super::Client;
use crate::event;
use highper_net::poll_many;
use highper_zend::{Array, Call, Done, Function, Registry, Throw, Value, error};

/// Declares the functions.
pub(super) fn declare(registry: &mut Registry) {
    const DOC: &str = "Waits in seconds until one of the clients or streams can be read, written, or has ended; the arrays become those that can. How many; it blocks.";
    registry
        .function(Function::new(
            "function swoole_client_select(?array &$read, ?array &$write, ?array &$except, ?float $timeout = 0.5): int|false",
            DOC,
            select,
        ))
        .function(Function::new(
            "function swoole_select(?array &$read, ?array &$write, ?array &$except, ?float $timeout = 0.5): int|false",
            DOC,
            select,
        ));
}

fn descriptor(value: &Value) -> Result<Option<i32>, Throw> {
    let client = value
        .as_object()
        .and_then(|object| object.state::<Client>());
    if let Some(client) = client {
        let socket = client.socket.borrow();
        return Ok(socket.as_ref().map(|socket| socket.fd()));
    }
    event::descriptor(value)
}

fn select(call: &mut Call) -> Done {
    let timeout = call.opt_double_or_null(3)?.unwrap_or(0.5);
    let mut given = Vec::with_capacity(3);
    for arg in 0..3 {
        given.push(call.array_or_null(arg)?.cloned());
    }
    let mut set: Vec<(i32, [bool; 3])> = Vec::new();
    for (which, array) in given.iter().enumerate() {
        for value in array.iter().flat_map(Array::values) {
            let Some(fd) = descriptor(value)? else {
                continue;
            };
            let at = match set.iter().position(|(known, _)| *known == fd) {
                Some(at) => at,
                None => {
                    set.push((fd, [false; 3]));
                    set.len() - 1
                }
            };
            set[at].1[which] = true;
        }
    }
    if set.is_empty() {
        error::warning("no resource arrays were passed to select")?;
        return call.ret_bool(false);
    }
    let ready = match poll_many(&set, timeout) {
        Ok(ready) => ready,
        Err(cause) => {
            let (code, _) = crate::coroutine::socket::failure::describe(&cause);
            crate::function::system_warning("unable to poll()", code)?;
            return call.ret_bool(false);
        }
    };
    for (which, array) in given.into_iter().enumerate() {
        let Some(array) = array else {
            continue;
        };
        let mut left = Array::new();
        for (key, value) in &array {
            let fd = descriptor(value)?;
            let is_ready = |(known, can): &(i32, [bool; 3])| Some(*known) == fd && can[which];
            if ready.iter().any(is_ready) {
                left.set_key(key, value.clone());
            }
        }
        call.set_ref(which, left)?;
    }
    call.ret(ready.len())
}
