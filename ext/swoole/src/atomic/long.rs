//! `Swoole\Atomic\Long`: a wide counter that processes share.

use highper_shm::SharedAtomic64;
use highper_zend::{Call, Class, Flags, Registry, Throw, Trace};
use std::cell::OnceCell;

#[derive(Default)]
struct Long {
    value: OnceCell<SharedAtomic64>,
}

impl Trace for Long {}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Atomic\\Long")
            .doc("A 64-bit counter that a process shares with those it forks.")
            .flags(Flags::NOT_SERIALIZABLE)
            .state::<Long>()
            .deny_unset()
            .method(
                "public function __construct(int $value = 0)",
                "Starts at $value.",
                |call| {
                    value(call)?.set(call.opt_long(0, 0)?);
                    Ok(())
                },
            )
            .method(
                "public function add(int $add_value = 1): int",
                "Adds; the new value.",
                |call| call.ret_long(value(call)?.add(call.opt_long(0, 1)?)),
            )
            .method(
                "public function sub(int $sub_value = 1): int",
                "Subtracts; the new value.",
                |call| call.ret_long(value(call)?.sub(call.opt_long(0, 1)?)),
            )
            .method("public function get(): int", "The value.", |call| {
                call.ret_long(value(call)?.get())
            })
            .method(
                "public function set(int $value): void",
                "Replaces the value.",
                |call| {
                    value(call)?.set(call.long(0)?);
                    Ok(())
                },
            )
            .method(
                "public function cmpset(int $cmp_value, int $new_value): bool",
                "Sets the value if it is $cmp_value; true when it was.",
                |call| call.ret_bool(value(call)?.cmpset(call.long(0)?, call.long(1)?)),
            ),
    );
}

/// The counter of `$this`, made when it is first used: a subclass may leave out the constructor.
#[inline]
fn value(call: &Call) -> Result<&SharedAtomic64, Throw> {
    let this = call.this::<Long>()?;
    match this.value.get() {
        Some(value) => Ok(value),
        None => make(this),
    }
}

#[cold]
fn make(this: &Long) -> Result<&SharedAtomic64, Throw> {
    let made =
        SharedAtomic64::new(0).map_err(|e| Throw::error(format!("no shared memory: {e}")))?;
    Ok(this.value.get_or_init(|| made))
}
