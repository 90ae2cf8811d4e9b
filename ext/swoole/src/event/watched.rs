//! `Event::add()` and its like: callbacks for descriptors.

use super::{descriptor, ensure_loop, has_loop};
use highper_engine::reactor::{self, Handler, Readiness};
use highper_engine::{self as engine, scheduler};
use highper_process::fork;
use highper_runtime::callback;
use highper_zend::{Call, Callable, Class, Done, Function, Registry, Value, error};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

const READ: i64 = 512;
const WRITE: i64 = 1024;

/// What is watched of one descriptor.
struct Watched {
    /// What the callbacks get: the number or the stream.
    value: Value,
    read: Option<Callable>,
    write: Option<Callable>,
    events: i64,
}

thread_local! {
    static WATCHED: RefCell<BTreeMap<i32, Watched>> = const { RefCell::new(BTreeMap::new()) };
    static KEPT: Cell<bool> = const { Cell::new(false) };
    /// The handler's number in the present loop; 0 for none yet.
    static HANDLER: Cell<u32> = const { Cell::new(0) };
}

const ADD: &str =
    "Calls back whenever the descriptor (a number or a stream) can be read or written. Its number.";
const SET: &str = "Changes the callbacks, and which of reading and writing is watched.";
const DEL: &str = "Watches it no more.";
const ISSET: &str = "Is it watched for one of these events?";

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public static function add(mixed $fd, ?callable $read_callback = null, ?callable $write_callback = null, int $events = SWOOLE_EVENT_READ): int|false",
            ADD,
            add,
        )
        .method(
            "public static function set(mixed $fd, ?callable $read_callback = null, ?callable $write_callback = null, int $events = 0): bool",
            SET,
            set,
        )
        .method("public static function del(mixed $fd): bool", DEL, del)
        .method(
            "public static function isset(mixed $fd, int $events = SWOOLE_EVENT_READ | SWOOLE_EVENT_WRITE): bool",
            ISSET,
            isset,
        )
}

/// Declares the functions.
pub(super) fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function swoole_event_add(mixed $fd, ?callable $read_callback = null, ?callable $write_callback = null, int $events = SWOOLE_EVENT_READ): int|false",
            ADD,
            add,
        ))
        .function(Function::new(
            "function swoole_event_set(mixed $fd, ?callable $read_callback = null, ?callable $write_callback = null, int $events = 0): bool",
            SET,
            set,
        ))
        .function(Function::new("function swoole_event_del(mixed $fd): bool", DEL, del))
        .function(Function::new(
            "function swoole_event_isset(mixed $fd, int $events = SWOOLE_EVENT_READ | SWOOLE_EVENT_WRITE): bool",
            ISSET,
            isset,
        ));
}

/// The loop that runs is a part of a longer one: what is watched stays watched at its end.
pub(crate) fn keep(on: bool) {
    KEPT.set(on);
}

/// The loop is over.
pub(super) fn loop_ends() {
    if !KEPT.get() {
        forget();
    }
}

/// The loop is over, or is a parent's: nothing is watched any more. The descriptors stay open.
pub(super) fn forget() {
    HANDLER.set(0);
    KEPT.set(false);
    let watched = WATCHED.take();
    for _ in &watched {
        scheduler::release_loop();
    }
    drop(watched);
}

fn refuse(call: &Call, message: String) -> Done {
    error::warning(message)?;
    call.ret_bool(false)
}

fn missing(call: &Call, fd: i32, kind: &str) -> Done {
    refuse(
        call,
        format!("Swoole\\Event: unable to find {kind} callback of fd [{fd}]"),
    )
}

/// Gives the descriptor's events to our handler; again, so that one that is still ready is told anew.
fn register(fd: i32) -> std::io::Result<()> {
    if HANDLER.get() == 0 {
        HANDLER.set(reactor::add_handler(Rc::new(Events)));
    }
    reactor::register(fd, HANDLER.get(), fd as u64)
}

/// Is anything watched?
pub(crate) fn is_any() -> bool {
    WATCHED.with_borrow(|watched| !watched.is_empty())
}

/// The loop is another one than before: it is told of all that is watched.
pub(crate) fn move_on() {
    HANDLER.set(0);
    let all: Vec<i32> = WATCHED.with_borrow(|watched| watched.keys().copied().collect());
    for fd in all {
        renew(fd);
    }
}

/// Is it watched?
pub(super) fn is_watched(fd: i32) -> bool {
    WATCHED.with_borrow(|watched| watched.contains_key(&fd))
}

/// Has the loop tell of what it has told of before.
pub(super) fn renew(fd: i32) {
    reactor::closing(fd);
    if let Err(cause) = register(fd) {
        eprintln!("[warning] descriptor {fd} is watched no more: {cause}");
        let old = WATCHED.with_borrow_mut(|watched| watched.remove(&fd));
        if old.is_some() {
            super::write::stop(fd);
            scheduler::release_loop();
        }
    }
}

fn add(call: &mut Call) -> Done {
    let events = call.opt_long(3, READ)?;
    let read = call.opt_callable(1)?;
    let write = call.opt_callable(2)?;
    ensure_loop()?;
    let Some(fd) = descriptor(call.value(0)?)? else {
        return refuse(call, "unknown fd type".to_owned());
    };
    if fd == 0 && events & WRITE != 0 {
        return refuse(call, format!("invalid socket fd [{fd}]"));
    }
    if WATCHED.with_borrow(|watched| watched.contains_key(&fd)) {
        return refuse(call, "already exist".to_owned());
    }
    if events & (READ | WRITE) == 0 {
        return refuse(call, "invalid events".to_owned());
    }
    if events & READ != 0 && read.is_none() {
        return missing(call, fd, "readable");
    }
    if events & WRITE != 0 && write.is_none() {
        return missing(call, fd, "writable");
    }
    let begun = fork::set_non_blocking(fd).and_then(|()| register(fd));
    if let Err(cause) = begun {
        return refuse(call, format!("swoole_event_add failed: {cause}"));
    }
    let value = call.value(0)?.clone();
    scheduler::retain_loop();
    WATCHED.with_borrow_mut(|watched| {
        watched.insert(
            fd,
            Watched {
                value,
                read,
                write,
                events,
            },
        )
    });
    call.ret_long(fd.into())
}

fn set(call: &mut Call) -> Done {
    if !has_loop() {
        return refuse(
            call,
            "reactor is not ready, cannot call swoole_event_set".to_owned(),
        );
    }
    let events = call.opt_long(3, 0)?;
    let read = call.opt_callable(1)?;
    let write = call.opt_callable(2)?;
    let Some(fd) = descriptor(call.value(0)?)? else {
        return call.ret_bool(false);
    };
    let replaced = WATCHED.with_borrow_mut(|watched| {
        let watched = watched.get_mut(&fd)?;
        let old = (
            read.map(|read| watched.read.replace(read)),
            write.map(|write| watched.write.replace(write)),
        );
        let lacks_read = events & READ != 0 && watched.read.is_none();
        let lacks_write = events & WRITE != 0 && watched.write.is_none();
        if !lacks_read && !lacks_write {
            watched.events = events;
        }
        Some((lacks_read, lacks_write, old))
    });
    match replaced {
        None => refuse(call, format!("socket[{fd}] is not found in the reactor")),
        Some((true, _, _)) => missing(call, fd, "readable"),
        Some((_, true, _)) => missing(call, fd, "writable"),
        Some(_) => {
            reactor::closing(fd);
            if let Err(cause) = register(fd) {
                return refuse(call, format!("Swoole\\Event::set failed: {cause}"));
            }
            call.ret_bool(true)
        }
    }
}

fn del(call: &mut Call) -> Done {
    if !has_loop() {
        return refuse(
            call,
            "reactor is not ready, cannot call swoole_event_del".to_owned(),
        );
    }
    let Some(fd) = descriptor(call.value(0)?)? else {
        return refuse(call, "unknown type".to_owned());
    };
    let old = WATCHED.with_borrow_mut(|watched| watched.remove(&fd));
    if old.is_none() {
        return call.ret_bool(false);
    }
    super::write::stop(fd);
    reactor::closing(fd);
    scheduler::release_loop();
    call.ret_bool(true)
}

fn isset(call: &mut Call) -> Done {
    if !has_loop() {
        return call.ret_bool(false);
    }
    let events = call.opt_long(1, READ | WRITE)?;
    let Some(fd) = descriptor(call.value(0)?)? else {
        return refuse(call, "unknown type".to_owned());
    };
    let is =
        WATCHED.with_borrow(|watched| watched.get(&fd).is_some_and(|w| w.events & events != 0));
    call.ret_bool(is)
}

struct Events;

impl Events {
    fn call(fd: i32, event: i64) -> bool {
        let found = WATCHED.with_borrow(|watched| {
            let watched = watched.get(&fd)?;
            let callback = if event == READ {
                watched.read.as_ref()
            } else {
                watched.write.as_ref()
            };
            (watched.events & event != 0).then_some(())?;
            Some((callback?.clone(), watched.value.clone()))
        });
        let Some((found, value)) = found else {
            return false;
        };
        let called = callback::call(move || found.call(&[value]).into_result().map(drop));
        if let Err(cause) = called {
            eprintln!("[warning] the callback of descriptor {fd} could not run: {cause}");
        }
        true
    }
}

impl Handler for Events {
    fn ready(&self, key: u64, readiness: Readiness) {
        let fd = key as i32;
        let sends = readiness.write && super::write::is_pending(fd);
        if sends {
            super::write::go_on(fd);
        }
        let read = readiness.read && Self::call(fd, READ);
        let written = readiness.write && Self::call(fd, WRITE);
        if (read || written || sends) && is_watched(fd) && engine::is_running() {
            renew(fd);
        }
    }

    fn timer(&self, _key: u64) {}
}
