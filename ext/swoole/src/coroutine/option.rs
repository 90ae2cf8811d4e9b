//! What `Coroutine::set()` has been given.

use highper_engine::scheduler;
use highper_zend::{Array, Call, Done, Value};
use std::cell::RefCell;

thread_local! {
    static OPTIONS: RefCell<Option<Array>> = const { RefCell::new(None) };
}

/// Applies settings and remembers them, beside those of before.
pub fn set(settings: &Array) {
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
        crate::runtime::set_hook_flags(flags);
    }
    if let Some(on) = settings.get("enable_deadlock_check") {
        highper_runtime::coroutine::set_deadlock_check(on.to_bool());
    }
    crate::function::logging::configure(settings);
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

/// Forgets everything, at the end of a request.
pub fn forget() {
    let old = OPTIONS.with_borrow_mut(Option::take);
    drop(old);
    highper_runtime::coroutine::set_deadlock_check(true);
}

/// `Coroutine::set`, `Scheduler::set`
pub fn set_call(call: &mut Call) -> Done {
    set(call.array(0)?);
    Ok(())
}

/// `Coroutine::getOptions`, `Scheduler::getOptions`
pub fn get_call(call: &mut Call) -> Done {
    call.ret(all())
}

/// Bytes: a number, or a text such as "2M".
fn parse_size(value: &Value) -> usize {
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
    usize::try_from(bytes)
        .unwrap_or(0)
        .clamp(64 * 1024, 256 * 1024 * 1024)
}
