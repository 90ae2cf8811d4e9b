//! The extension curl as Swoole's programs see it: `SWOOLE_HOOK_CURL` puts `Swoole\Curl\Handler` in its place, and a
//! transfer whose coroutine is cancelled was aborted by a callback.

use highper_runtime::hooks::{self, flag};
use highper_zend::interpose::{self, Next};
use highper_zend::{Call, Done, Registry, Throw, call_function, error};
use std::cell::RefCell;
use std::sync::Once;

/// `CURLE_ABORTED_BY_CALLBACK`
const ABORTED: i64 = 42;
/// Its text.
const ABORTED_TEXT: &str = "Operation was aborted by an application callback";

thread_local! {
    /// Handles whose last transfer ended because its coroutine was cancelled, by their numbers.
    static CANCELLED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Declares what is to be done.
pub fn declare(registry: &mut Registry) {
    registry
        .on_request_start(|| {
            static ONCE: Once = Once::new();
            if hooks::is_allowed() {
                ONCE.call_once(install);
            }
        })
        .on_request_shutdown(|| CANCELLED.take().clear());
}

fn install() {
    interpose::install(
        None,
        "curl_init",
        Some(|call| plainly("swoole_curl_init", call)),
        Some(made),
    );
    interpose::install(None, "curl_copy_handle", None, Some(made));
    interpose::install(None, "curl_exec", Some(begin), Some(end));
    interpose::install(
        None,
        "curl_reset",
        Some(|call| plainly("swoole_curl_reset", call)),
        None,
    );
    interpose::install(None, "curl_errno", Some(number), None);
    interpose::install(None, "curl_error", Some(text), None);
    interpose::install(
        None,
        "curl_setopt",
        Some(|call| plainly("swoole_curl_setopt", call)),
        None,
    );
    interpose::install(
        None,
        "curl_setopt_array",
        Some(|call| plainly("swoole_curl_setopt_array", call)),
        None,
    );
    interpose::install(
        None,
        "curl_getinfo",
        Some(|call| plainly("swoole_curl_getinfo", call)),
        None,
    );
    interpose::install(
        None,
        "curl_close",
        Some(|call| plainly("swoole_curl_close", call)),
        None,
    );
    interpose::install(
        None,
        "curl_multi_getcontent",
        Some(|call| plainly("swoole_curl_multi_getcontent", call)),
        None,
    );
}

/// The flags without `SWOOLE_HOOK_CURL`, where the native one is asked for too.
///
/// # Errors
/// What an error handler throws at the warning.
pub(crate) fn one_of_both(flags: i64) -> Result<i64, Throw> {
    const BOTH: i64 = (flag::CURL | flag::NATIVE_CURL) as i64;
    if flags & BOTH != BOTH {
        return Ok(flags);
    }
    error::warning("cannot enable both hooks HOOK_NATIVE_CURL and HOOK_CURL at same time")?;
    Ok(flags ^ i64::from(flag::CURL))
}

/// With `SWOOLE_HOOK_CURL` the call is one of the library's function.
fn plainly(name: &str, call: &mut Call) -> Result<Next, Throw> {
    if hooks::flags() & flag::CURL == 0 {
        return Ok(Next::Call);
    }
    let arguments = call.rest(0).to_vec();
    let result = call_function(name, &arguments).into_result()?;
    drop(arguments);
    call.ret(result)?;
    Ok(Next::Done)
}

fn handle(call: &Call) -> Option<u32> {
    call.opt_value(0)?.as_object().map(|object| object.id())
}

fn is_cancelled(handle: u32) -> bool {
    CANCELLED.with_borrow(|handles| handles.contains(&handle))
}

fn forget(handle: u32) {
    CANCELLED.with_borrow_mut(|handles| handles.retain(|other| *other != handle));
}

/// A number is used again.
fn made(call: &mut Call) -> Done {
    if let Some(object) = call.result().as_object() {
        forget(object.id());
    }
    Ok(())
}

fn begin(call: &mut Call) -> Result<Next, Throw> {
    if let Some(handle) = handle(call) {
        forget(handle);
    }
    // What was cancelled before is not this transfer's.
    let _before = hooks::take_cancelled();
    plainly("swoole_curl_exec", call)
}

fn end(call: &mut Call) -> Done {
    if hooks::take_cancelled()
        && call.result().as_bool() == Some(false)
        && let Some(handle) = handle(call)
    {
        CANCELLED.with_borrow_mut(|handles| handles.push(handle));
    }
    Ok(())
}

fn number(call: &mut Call) -> Result<Next, Throw> {
    if handle(call).is_some_and(is_cancelled) {
        call.ret_long(ABORTED)?;
        return Ok(Next::Done);
    }
    plainly("swoole_curl_errno", call)
}

fn text(call: &mut Call) -> Result<Next, Throw> {
    if handle(call).is_some_and(is_cancelled) {
        call.ret_str(ABORTED_TEXT)?;
        return Ok(Next::Done);
    }
    plainly("swoole_curl_error", call)
}
