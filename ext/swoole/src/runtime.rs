//! `Swoole\Runtime`: which blocking calls become waits.

use highper_runtime::hooks;
use highper_zend::{Class, Registry};

/// `SWOOLE_HOOK_ALL`
pub const HOOK_ALL: i64 = 2_143_287_295;

/// The flags that are set.
pub fn hook_flags() -> i64 {
    i64::from(hooks::flags())
}

/// Sets the flags. False where `highper.hooks` is off.
pub fn set_hook_flags(flags: i64) -> bool {
    hooks::enable(flags as u32)
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Runtime")
            .doc("Which blocking calls become waits of the coroutine.")
            .deny_create()
            .method(
                "public static function enableCoroutine(int $flags = SWOOLE_HOOK_ALL): bool",
                "Sets the flags, SWOOLE_HOOK_*.",
                |call| {
                    let done = set_hook_flags(call.opt_long(0, HOOK_ALL)?);
                    call.ret_bool(done)
                },
            )
            .method(
                "public static function getHookFlags(): int",
                "The flags that are set.",
                |call| call.ret_long(hook_flags()),
            )
            .method(
                "public static function setHookFlags(int $flags): bool",
                "Sets the flags, SWOOLE_HOOK_*.",
                |call| {
                    let done = set_hook_flags(call.long(0)?);
                    call.ret_bool(done)
                },
            ),
    );
}
