//! `WorkerExit`: a worker that was told to end, and in which something still goes on.

use super::messages;
use highper_engine as engine;
use highper_runtime::{coroutine, serve};
use highper_zend::Value;

/// The worker takes nothing new: from now on it tells the application as long as something is left.
pub(super) fn begin() {
    let has_callback = messages::server()
        .is_some_and(|server| messages::callback_of(&server, "workerexit").is_some());
    if has_callback {
        highper_runtime::on_turn(Some(tell));
        tell();
    }
}

fn tell() {
    let (Some(server), Some(worker)) = (messages::server(), serve::worker()) else {
        return;
    };
    let is_left = engine::stats().live > 0 || highper_runtime::timer::count() > 0;
    let Some(callback) = messages::callback_of(&server, "workerexit").filter(|_| is_left) else {
        return;
    };
    let args = [Value::from(&server), Value::from(worker.id())];
    if let Err(throw) = callback.call(&args).into_result() {
        coroutine::report(throw);
    }
}
