//! What `Coroutine::set()` has been given.

use super::exit_condition;
use highper_engine::scheduler;
use highper_runtime::{preempt, resolver};
use highper_zend::{Array, Call, Done, Throw, Value, error, ini};
use std::cell::RefCell;

thread_local! {
    static OPTIONS: RefCell<Option<Array>> = const { RefCell::new(None) };
}

/// Applies settings and remembers them, beside those of before.
///
/// # Errors
/// What a handler of warnings throws.
pub fn set(settings: &Array) -> Result<(), Throw> {
    let number = |name: &str| settings.get(name).map(Value::to_long);
    if let Some(wait) = settings.get("wait_signal") {
        crate::process::signal::keep_loop(wait.to_bool());
    }
    if let Some(max) = number("max_coro_num").or_else(|| number("max_coroutine")) {
        scheduler::set_max(
            usize::try_from(max)
                .ok()
                .filter(|n| *n > 0)
                .unwrap_or(scheduler::DEFAULT_MAX),
        );
    }
    if let Some(size) = settings
        .get("c_stack_size")
        .or_else(|| settings.get("stack_size"))
    {
        scheduler::set_stack_size(parse_size(size));
    }
    if let Some(flags) = number("hook_flags") {
        crate::runtime::set_hook_flags(crate::curl::one_of_both(flags)?);
    }
    if let Some(on) = settings.get("enable_deadlock_check") {
        highper_runtime::coroutine::set_deadlock_check(on.to_bool());
    }
    if let Some(on) = settings.get("enable_preemptive_scheduler")
        && let Err(cause) = preempt::enable(on.to_bool())
    {
        error::warning(format!("there is no thread for the time slices: {cause}"))?;
    }
    if let Some(on) = settings.get("display_errors") {
        ini::set(
            "swoole.display_errors",
            if on.to_bool() { "1" } else { "0" },
        );
    }
    if let Some(resolvers) = settings.get("name_resolver") {
        match resolvers.as_array() {
            None => error::warning("name_resolver must be an array")?,
            Some(resolvers) => {
                for (_, resolver) in resolvers {
                    crate::name_resolver::add(resolver)?;
                }
            }
        }
    }
    if let Some(server) = settings.get("dns_server").and_then(Value::as_str) {
        resolver::set_server(server);
    }
    if let Some(seconds) = number("dns_cache_expire") {
        resolver::set_expire(u64::try_from(seconds).unwrap_or(0));
    }
    if let Some(capacity) = number("dns_cache_capacity") {
        resolver::set_capacity(usize::try_from(capacity).unwrap_or(0));
    }
    set_sockets(settings);
    crate::function::logging::configure(settings);
    if let Some(condition) = settings.get("exit_condition") {
        exit_condition::set(condition)?;
    }
    let merged = OPTIONS.with_borrow(|options| match options {
        None => settings.clone(),
        Some(options) => {
            let mut merged = options.clone();
            for (key, value) in settings {
                merged.set_key(key, value.clone());
            }
            merged
        }
    });
    // The old array is dropped outside of the borrow: it may hold objects with destructors.
    let old = OPTIONS.with_borrow_mut(|options| options.replace(merged));
    drop(old);
    Ok(())
}

/// Time-outs and room of sockets to come.
fn set_sockets(settings: &Array) {
    let seconds = |name: &str| {
        let seconds = settings.get(name).map(Value::to_double)?;
        Some(if seconds > 0.0 { seconds } else { -1.0 })
    };
    highper_net::set_default_timeouts(|timeouts| {
        let each = [
            (&mut timeouts.resolve, seconds("socket_dns_timeout")),
            (&mut timeouts.connect, seconds("socket_connect_timeout")),
            (
                &mut timeouts.read,
                seconds("socket_timeout")
                    .or_else(|| seconds("socket_read_timeout"))
                    .or_else(|| seconds("socket_recv_timeout")),
            ),
            (
                &mut timeouts.write,
                seconds("socket_timeout")
                    .or_else(|| seconds("socket_write_timeout"))
                    .or_else(|| seconds("socket_send_timeout")),
            ),
        ];
        for (slot, time) in each {
            if let Some(time) = time {
                *slot = time;
            }
        }
    });
    if let Some(size) = settings.get("socket_buffer_size") {
        highper_net::set_datagram_room(bytes_of(size).unwrap_or(highper_net::DATAGRAM_ROOM));
    }
}

/// What a program has to set before there is a loop (`swoole_async_set()`).
///
/// # Errors
/// As [`set`].
pub fn set_async(settings: &Array) -> Result<(), Throw> {
    if let Some(on) = settings.get("enable_coroutine") {
        highper_runtime::callback::in_coroutines(on.to_bool());
    }
    if let Some(seconds) = settings.get("dns_cache_refresh_time") {
        resolver::set_expire(seconds.to_double().max(0.0) as u64);
    }
    set(settings)
}

/// Everything that was set, or nothing yet.
pub fn all() -> Option<Array> {
    OPTIONS.with_borrow(Clone::clone)
}

/// Is there a setting of that name?
pub fn has(name: &str) -> bool {
    OPTIONS.with_borrow(|options| {
        options
            .as_ref()
            .is_some_and(|options| options.get(name).is_some())
    })
}

/// What php.ini says, at the start of a request.
pub fn start() {
    let room = Value::from(ini::string("swoole.socket_buffer_size").as_str());
    highper_net::set_datagram_room(bytes_of(&room).unwrap_or(highper_net::DATAGRAM_ROOM));
}

/// What `Server::set()` is given for coroutines: in the workers it is as if their program had set it.
///
/// # Errors
/// As [`set`].
pub fn set_for_server(settings: &Array) -> Result<(), Throw> {
    /// The rest is the server's own, or for programs that run a loop themselves.
    const SHARED: [&str; 20] = [
        "max_coro_num",
        "max_coroutine",
        "c_stack_size",
        "stack_size",
        "enable_preemptive_scheduler",
        "display_errors",
        "name_resolver",
        "dns_server",
        "socket_dns_timeout",
        "socket_connect_timeout",
        "socket_read_timeout",
        "socket_recv_timeout",
        "socket_write_timeout",
        "socket_send_timeout",
        "socket_timeout",
        "socket_buffer_size",
        "enable_deadlock_check",
        "deadlock_check_limit",
        "deadlock_check_depth",
        "deadlock_check_disable_trace",
    ];
    let mut shared = Array::new();
    for name in SHARED {
        if let Some(value) = settings.get(name) {
            shared.set(name, value.clone());
        }
    }
    match shared.is_empty() {
        true => Ok(()),
        false => set(&shared),
    }
}

/// Forgets everything, at the end of a request.
pub fn forget() {
    let old = OPTIONS.with_borrow_mut(Option::take);
    drop(old);
    exit_condition::forget();
    highper_runtime::coroutine::set_deadlock_check(true);
    highper_net::reset_default_timeouts();
    highper_net::remove_paths();
}

/// `Coroutine::set`, `Scheduler::set`
pub fn set_call(call: &mut Call) -> Done {
    set(call.array(0)?)
}

/// `Coroutine::getOptions`, `Scheduler::getOptions`
pub fn get_call(call: &mut Call) -> Done {
    call.ret(all())
}

/// Bytes of a stack.
fn parse_size(value: &Value) -> usize {
    const SMALLEST: usize = 64 * 1024;
    const LARGEST: usize = 16 * 1024 * 1024;
    match bytes_of(value) {
        Some(bytes) => bytes.clamp(SMALLEST, LARGEST).next_multiple_of(4096),
        // As in Swoole, to which it is a huge number.
        None => LARGEST,
    }
}

/// Bytes: a number, or a text such as "2M"; `None` for less than nothing.
fn bytes_of(value: &Value) -> Option<usize> {
    let bytes = match value.as_str() {
        Some(text) => {
            let text = text.trim();
            let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
            let unit = text[digits.len()..]
                .trim()
                .chars()
                .next()
                .map(|c| c.to_ascii_lowercase());
            let shift = match unit {
                Some('k') => 10,
                Some('m') => 20,
                Some('g') => 30,
                _ => 0,
            };
            digits
                .parse::<i64>()
                .unwrap_or(0)
                .saturating_mul(1 << shift)
        }
        None => value.to_long(),
    };
    usize::try_from(bytes).ok()
}
