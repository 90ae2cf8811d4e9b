//! Settings that say how callbacks are called and tasks are handed over.

use highper_zend::{Array, Value};
use std::time::Duration;

/// `SWOOLE_IPC_MSGQUEUE`, `SWOOLE_IPC_PREEMPTIVE`
pub(super) const QUEUE: i64 = 2;
pub(super) const PREEMPTIVE: i64 = 3;

/// How callbacks are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes {
    /// `event_object`: one object in place of several arguments?
    pub(super) event_object: bool,
    /// `task_use_object`: the same for tasks?
    pub(super) task_object: bool,
    /// `task_enable_coroutine`: do tasks run in coroutines?
    pub(super) task_coroutine: bool,
    /// `enable_coroutine`: do callbacks of workers?
    pub(super) coroutine: bool,
    /// `task_ipc_mode`: SWOOLE_IPC_*.
    pub(super) ipc: i64,
    /// `message_queue_key`: of the queue that tasks go through; 0 when they don't.
    pub(super) queue: i32,
    /// `socket_send_timeout`: how long a plain call waits for room.
    pub(super) patience: Option<Duration>,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            event_object: false,
            task_object: false,
            task_coroutine: false,
            coroutine: true,
            ipc: 1,
            queue: 0,
            patience: None,
        }
    }
}

impl Modes {
    /// What settings say.
    pub(super) fn of(settings: &Array) -> Self {
        let on = |name: &str| settings.get(name).map(|value| value.deref().to_bool());
        let number = |name: &str| settings.get(name).map(|value| value.deref().to_long());
        let ipc = number("task_ipc_mode").unwrap_or(1);
        let seconds = settings
            .get("socket_send_timeout")
            .map(|value| Value::to_double(value.deref()));
        Self {
            event_object: on("event_object").unwrap_or(false),
            task_object: on("task_use_object")
                .or(on("task_object"))
                .or(on("event_object"))
                .unwrap_or(false),
            task_coroutine: on("task_enable_coroutine").unwrap_or(false),
            coroutine: on("enable_coroutine").unwrap_or(true),
            ipc,
            // As the C type: keys are 32 bits, whatever the sign.
            queue: match ipc {
                QUEUE | PREEMPTIVE => number("message_queue_key").unwrap_or(0) as i32,
                _ => 0,
            },
            patience: seconds
                .filter(|time| *time > 0.0)
                .map(|time| Duration::from_secs_f64(time.min(1e9))),
        }
    }
}
