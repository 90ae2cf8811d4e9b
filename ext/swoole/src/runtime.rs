//! `Swoole\Runtime`: which blocking calls become waits.

use crate::coroutine::option;
use highper_runtime::hooks::{self, flag};
use highper_zend::transports::{self, Transport};
use highper_zend::{Array, Call, Class, Done, Registry, select};

/// `SWOOLE_HOOK_ALL`
pub const HOOK_ALL: i64 = 2_143_287_295;

/// What PHP's streams read at a time, in bytes.
const CHUNK: usize = 8192;

/// The flags that are set.
pub fn hook_flags() -> i64 {
    i64::from(hooks::flags())
}

/// Sets the flags. False where `highper.hooks` is off.
pub fn set_hook_flags(flags: i64) -> bool {
    hooks::enable(flags as u32)
}

/// It is as if `Coroutine::set()` had been given them: a loop that starts later asks there.
fn set(call: &mut Call, flags: i64) -> Done {
    let mut options = Array::new();
    options.set("hook_flags", flags);
    option::set(&options)?;
    call.ret_bool(hooks::is_allowed())
}

/// Declares it.
pub fn declare(registry: &mut Registry) {
    select::install(select::Coroutines {
        replaced: || hooks::replaces(flag::STREAM_FUNCTION) && highper_engine::can_suspend(),
        give_way: hooks::give_way,
    });
    transports::install(transports::Coroutines {
        inside: highper_engine::can_suspend,
        replaced: |transport| {
            hooks::replaces(match transport {
                Transport::Tcp => flag::TCP,
                Transport::Ssl => flag::SSL,
                Transport::Tls => flag::TLS,
            })
        },
        force: hooks::force,
        fetch: |fd| hooks::fetch(fd, CHUNK),
    });
    registry.on_request_start(transports::take_over);
    registry.class(
        Class::new("Swoole\\Runtime")
            .doc("Which blocking calls become waits of the coroutine.")
            .deny_create()
            .method(
                "public static function enableCoroutine(int $flags = SWOOLE_HOOK_ALL): bool",
                "Sets the flags, SWOOLE_HOOK_*.",
                |call| {
                    let flags = call.opt_long(0, HOOK_ALL)?;
                    set(call, flags)
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
                    let flags = call.long(0)?;
                    set(call, flags)
                },
            ),
    );
}
