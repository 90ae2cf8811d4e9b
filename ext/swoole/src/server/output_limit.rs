//! `output_buffer_size`: how much a worker in process mode sends at a time.

use crate::coroutine::socket::setting::{get, size};
use crate::error_code::DATA_LENGTH_TOO_LARGE;
use crate::function::logging;
use highper_zend::Array;
use std::cell::Cell;

/// What is not longer is never refused, so that small answers need no look at the limit.
const SMALL: usize = 2048;

thread_local! {
    static LIMIT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// A worker begins; only in process mode there is a limit.
pub(super) fn begin(settings: &Array, is_process_mode: bool) {
    let given = get(settings, "output_buffer_size").or_else(|| get(settings, "buffer_output_size"));
    let limit = given.filter(|_| is_process_mode).map(size);
    LIMIT.set(match limit.map(usize::try_from) {
        Some(Ok(limit)) => limit.max(SMALL),
        _ => usize::MAX,
    });
}

/// Is this more than may be sent at a time?
#[inline]
pub(crate) fn is_over(length: usize) -> bool {
    length > SMALL && length > LIMIT.get()
}

/// The same; says so.
pub(crate) fn refuses(length: usize) -> bool {
    is_over(length) && told(length)
}

#[cold]
fn told(length: usize) -> bool {
    let limit = LIMIT.get();
    logging::failure(
        logging::WARNING,
        "ProcessFactory::finish()",
        DATA_LENGTH_TOO_LARGE,
        &format!(
            "The length of data [{length}] exceeds the output buffer size[{limit}], \
             please use the sendfile, chunked transfer mode or adjust the output_buffer_size"
        ),
    );
    true
}
