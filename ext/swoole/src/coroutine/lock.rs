//! `Swoole\Coroutine\Lock`: one coroutine at a time.

use super::waiting;
use crate::swoole_exception::EXCEPTION;
use highper_engine::sync::Mutex;
use highper_zend::{Call, Class, Done, Flags, Registry, Throw, Trace};

const LOCK_SH: i64 = 1;
const LOCK_EX: i64 = 2;
const LOCK_NB: i64 = 4;

#[derive(Default)]
struct Lock {
    mutex: Mutex,
}

impl Trace for Lock {}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Coroutine\\Lock")
            .doc("Lets one coroutine in at a time.")
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<Lock>()
            .deny_unset()
            .property(
                "public $errCode = 0",
                "The system's error number of the last call.",
            )
            .method(
                "public function __construct(bool $shared = false)",
                "A lock that is free, between the coroutines of this process: true is refused.",
                |call| {
                    if call.opt_bool(0, false)? {
                        return Err(Throw::new(
                            &EXCEPTION,
                            "a Coroutine\\Lock is of one process: $shared can't be true",
                            0,
                        ));
                    }
                    Ok(())
                },
            )
            .method(
                "public function lock(int $operation = LOCK_EX): bool",
                "Waits for the lock; with LOCK_NB, false when it is taken.",
                lock,
            )
            .method(
                "public function unlock(): bool",
                "Gives the lock back.",
                |call| {
                    let done = call.this::<Lock>()?.mutex.unlock();
                    end(call, done, 1)
                },
            ),
    );
}

fn end(call: &Call, done: bool, errno: i64) -> Done {
    call.this_object()?
        .set_slot(0, if done { 0 } else { errno });
    call.ret_bool(done)
}

fn lock(call: &mut Call) -> Done {
    let operation = call.opt_long(0, LOCK_EX)?;
    let mutex = &call.this::<Lock>()?.mutex;
    if operation & LOCK_NB != 0 {
        return end(call, mutex.try_lock(), 16);
    }
    if operation & (LOCK_EX | LOCK_SH) == 0 {
        return end(call, false, 22);
    }
    waiting::can_wait()?;
    let outcome = mutex.lock(None);
    if outcome.is_err() {
        waiting::resumed()?;
    }
    end(call, outcome.is_ok(), 125)
}
