//! `Swoole\Atomic`: a counter that processes share.

pub mod long;

use highper_shm::SharedAtomic32;
use highper_zend::{Call, Class, Done, Flags, Registry, Throw, Trace};
use std::cell::OnceCell;
use std::time::Duration;

#[derive(Default)]
struct Atomic {
    value: OnceCell<SharedAtomic32>,
}

impl Trace for Atomic {}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Atomic")
            .doc("An unsigned 32-bit counter that a process shares with those it forks.")
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<Atomic>()
            .deny_unset()
            .method("public function __construct(int $value = 0)", "Starts at $value.", |call| {
                value(call)?.set(call.opt_long(0, 0)? as u32);
                Ok(())
            })
            .method("public function add(int $add_value = 1): int", "Adds; the new value.", |call| {
                call.ret_long(value(call)?.add(call.opt_long(0, 1)? as u32).into())
            })
            .method("public function sub(int $sub_value = 1): int", "Subtracts; the new value.", |call| {
                call.ret_long(value(call)?.sub(call.opt_long(0, 1)? as u32).into())
            })
            .method("public function get(): int", "The value.", |call| {
                call.ret_long(value(call)?.get().into())
            })
            .method("public function set(int $value): void", "Replaces the value.", |call| {
                value(call)?.set(call.long(0)? as u32);
                Ok(())
            })
            .method(
                "public function cmpset(int $cmp_value, int $new_value): bool",
                "Sets the value if it is $cmp_value; true when it was.",
                |call| call.ret_bool(value(call)?.cmpset(call.long(0)? as u32, call.long(1)? as u32)),
            )
            .method(
                "public function wait(float $timeout = 1.0): bool",
                "Blocks the process until wakeup() makes the value 1, and takes it to 0; in seconds, without end when not positive.",
                wait,
            )
            .method(
                "public function wakeup(int $count = 1): bool",
                "Makes a value of 0 to 1 and wakes up to $count waiting processes.",
                |call| {
                    let count = i32::try_from(call.opt_long(0, 1)?).unwrap_or(i32::MAX);
                    call.ret_bool(value(call)?.wakeup(count))
                },
            ),
    );
    long::declare(registry);
}

/// The counter of `$this`, made when it is first used: a subclass may leave out the constructor.
#[inline]
fn value(call: &Call) -> Result<&SharedAtomic32, Throw> {
    let this = call.this::<Atomic>()?;
    match this.value.get() {
        Some(value) => Ok(value),
        None => make(this),
    }
}

#[cold]
fn make(this: &Atomic) -> Result<&SharedAtomic32, Throw> {
    let made =
        SharedAtomic32::new(0).map_err(|e| Throw::error(format!("no shared memory: {e}")))?;
    Ok(this.value.get_or_init(|| made))
}

fn wait(call: &mut Call) -> Done {
    let seconds = call.opt_double(0, 1.0)?;
    let timeout = (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(1e9)));
    call.ret_bool(value(call)?.wait(timeout))
}
