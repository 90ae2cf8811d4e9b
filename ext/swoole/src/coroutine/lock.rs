//! `Swoole\Coroutine\Lock`: one coroutine at a time, of this process or of several.

use super::waiting;
use crate::error_code;
use crate::function::logging;
use highper_engine::sync::Mutex;
use highper_engine::{self as engine, Wake};
use highper_shm::SharedAtomic32;
use highper_zend::{Call, Class, Done, Flags, Registry, Throw, Trace, error};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

const LOCK_NB: i64 = 4;
const EBUSY: i64 = 16;
/// How long one looks again at a lock that another process holds, in nanoseconds: first, and at most.
const FIRST_LOOK: u64 = 1_000_000;
const LAST_LOOK: u64 = 100_000_000;

/// Who holds it: between coroutines, or the word that processes share.
enum Kind {
    Own(Mutex),
    Shared {
        word: SharedAtomic32,
        owner: Cell<u64>,
    },
}

#[derive(Default)]
struct Lock {
    kind: OnceCell<Rc<Kind>>,
}

impl Trace for Lock {}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Lock")
            .doc("Lets one coroutine in at a time.")
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<Lock>()
            .deny_clone()
            .deny_unset()
            .property(
                "public $errCode = 0",
                "The system's error number of the last call.",
            )
            .method(
                "public function __construct(bool $shared = false)",
                "A lock that is free. Shared: also between this process and those that it forks later.",
                construct,
            )
            .method(
                "public function lock(int $operation = LOCK_EX): bool",
                "Waits for the lock; with LOCK_NB, false when it is taken. Who holds it gets it again.",
                lock,
            )
            .method("public function unlock(): bool", "Gives the lock back.", unlock),
    );
}

fn construct(call: &mut Call) -> Done {
    let this = call.this::<Lock>()?;
    let kind = match call.opt_bool(0, false)? {
        false => Kind::Own(Mutex::default()),
        true => Kind::Shared {
            word: SharedAtomic32::new(0)
                .map_err(|e| Throw::error(format!("no shared memory: {e}")))?,
            owner: Cell::new(0),
        },
    };
    if this.kind.set(Rc::new(kind)).is_err() {
        return Err(Throw::error(format!(
            "Constructor of {} can only be called once",
            call.this_object()?.class_name()
        )));
    }
    Ok(())
}

fn kind(call: &Call) -> Result<Rc<Kind>, Throw> {
    match call.this::<Lock>()?.kind.get() {
        Some(kind) => Ok(Rc::clone(kind)),
        None => Err(error::fatal("must call constructor first")),
    }
}

fn end(call: &Call, number: i64) -> Done {
    call.this_object()?.set_slot(0, number);
    call.ret_bool(number == 0)
}

/// The running coroutine; a line in the log outside of any.
fn running() -> Option<u64> {
    let current = engine::current();
    if current.is_none() {
        logging::warning("The coroutine lock can only be used in a coroutine environment");
    }
    current
}

fn lock(call: &mut Call) -> Done {
    let blocks = call.opt_long(0, 2)? & LOCK_NB == 0;
    let kind = kind(call)?;
    let Some(id) = running() else {
        return end(call, error_code::CO_OUT_OF_COROUTINE.into());
    };
    match &*kind {
        Kind::Own(mutex) => {
            if mutex.owner() == Some(id) || mutex.try_lock() {
                return end(call, 0);
            }
            if !blocks {
                return end(call, EBUSY);
            }
            waiting::can_wait()?;
            let outcome = mutex.lock(None);
            if outcome.is_err() {
                waiting::resumed()?;
                return end(call, error_code::CO_CANCELED.into());
            }
        }
        Kind::Shared { word, owner } => {
            let mut pause = FIRST_LOOK;
            while owner.get() != id && !word.cmpset(0, 1) {
                if !blocks {
                    return end(call, EBUSY);
                }
                waiting::can_wait()?;
                engine::scheduler::clear_cancelled();
                if engine::sleep(pause) != Wake::Ready {
                    waiting::resumed()?;
                    return end(call, error_code::CO_CANCELED.into());
                }
                pause = (2 * pause).min(LAST_LOOK);
            }
            owner.set(id);
        }
    }
    end(call, 0)
}

fn unlock(call: &mut Call) -> Done {
    let kind = kind(call)?;
    if running().is_none() {
        return end(call, error_code::CO_OUT_OF_COROUTINE.into());
    }
    match &*kind {
        Kind::Own(mutex) => {
            mutex.unlock();
        }
        Kind::Shared { word, owner } => {
            owner.set(0);
            word.set(0);
        }
    }
    end(call, 0)
}
