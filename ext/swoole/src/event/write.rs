//! `Event::write()`: sends without waiting, the rest as soon as there is room.

use super::{descriptor, has_loop, watched};
use highper_process::fork;
use highper_zend::{Call, Class, Done, Function, Registry, error};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

const WRITE: &str =
    "Sends to a descriptor that is watched; what does not go out at once follows by itself.";
/// The most that waits for one descriptor, in bytes.
const ROOM: usize = 8 * 1024 * 1024;

thread_local! {
    /// What is still to be written.
    static WAITING: RefCell<BTreeMap<i32, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

pub(super) fn methods(class: Class) -> Class {
    class.method(
        "public static function write(mixed $fd, string $data): bool",
        WRITE,
        write,
    )
}

pub(super) fn declare(registry: &mut Registry) {
    registry.function(Function::new(
        "function swoole_event_write(mixed $fd, string $data): bool",
        WRITE,
        write,
    ));
}

/// The loop is over: nothing is sent any more.
pub(super) fn forget() {
    WAITING.take();
}

/// The descriptor is watched no more.
pub(super) fn stop(fd: i32) {
    WAITING.with_borrow_mut(|waiting| waiting.remove(&fd));
}

/// Is something still to be sent?
pub(super) fn is_pending(fd: i32) -> bool {
    WAITING.with_borrow(|waiting| waiting.contains_key(&fd))
}

/// The descriptor has room: sends on.
pub(super) fn go_on(fd: i32) {
    let sent = WAITING.with_borrow_mut(|waiting| {
        let rest = waiting.get_mut(&fd)?;
        match fork::write_now(fd, rest) {
            Ok(count) => {
                rest.drain(..count);
                rest.is_empty().then_some(())
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => None,
            // The other side is gone: its callbacks hear of that.
            Err(_) => Some(()),
        }
    });
    if sent.is_some() {
        stop(fd);
    }
}

fn refuse(call: &Call, message: String) -> Done {
    error::warning(message)?;
    call.ret_bool(false)
}

fn write(call: &mut Call) -> Done {
    let data = call.bytes(1)?;
    if data.is_empty() {
        return refuse(call, "data empty".to_owned());
    }
    let Some(fd) = descriptor(call.value(0)?)? else {
        return refuse(call, "unknown type".to_owned());
    };
    if !has_loop() || !watched::is_watched(fd) {
        return refuse(call, format!("socket[{fd}] is not found in the reactor"));
    }
    let pending = WAITING.with_borrow(|waiting| waiting.get(&fd).map_or(0, Vec::len));
    if pending + data.len() > ROOM {
        return refuse(
            call,
            format!("socket#{fd} output buffer overflow: ({pending}/{ROOM})"),
        );
    }
    let sent = match pending {
        0 => match fork::write_now(fd, data) {
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => 0,
            Err(e) => {
                highper_runtime::set_last_error(e.raw_os_error().unwrap_or(0));
                return call.ret_bool(false);
            }
        },
        _ => 0,
    };
    if sent < data.len() {
        WAITING.with_borrow_mut(|waiting| {
            waiting
                .entry(fd)
                .or_default()
                .extend_from_slice(&data[sent..]);
        });
        watched::renew(fd);
    }
    call.ret_bool(true)
}
