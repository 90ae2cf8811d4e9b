//! `Swoole\Server\Task`: a task, as one object.

use super::super::messages::running;
use super::super::payload;
use super::packet;
use highper_process::post::{Head, Kind};
use highper_runtime::post;
use highper_zend::{Class, ClassRef, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::Cell;

static TASK: ClassRef = ClassRef::new("Swoole\\Server\\Task");

/// Where it came from.
#[derive(Default)]
struct State(Cell<Option<Head>>);

impl Trace for State {}

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Server\\Task")
            .doc("A task (task_use_object, task_enable_coroutine).")
            .handle(&TASK)
            .flags(Flags::FINAL | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_clone()
            .deny_unset()
            .property("public $data = null", "What was handed over.")
            .property(
                "public $dispatch_time = 0.0",
                "When it was handed over, in seconds since 1970.",
            )
            .property("public $id = -1", "Its number.")
            .property("public $worker_id = -1", "Who handed it over.")
            .property("public $flags = 0", "SWOOLE_TASK_*.")
            .method(
                "public function finish(mixed $data): bool",
                "Sends what came of it to the worker that handed it over.",
                |call| {
                    if running()?.is_none() {
                        return call.ret_bool(false);
                    }
                    let head = call.this::<State>()?.0.get();
                    let done = super::finish(call.value(0)?, head)?;
                    call.ret_bool(done)
                },
            )
            .method(
                "public static function pack(mixed $data): string|false",
                "The bytes of a task for the message queue of a server (task_ipc_mode, message_queue_key).",
                |call| {
                    let (bytes, flags) = payload::pack(call.value(0)?)?;
                    let mut head = Head::new(Kind::Task);
                    head.flags = flags | super::NONBLOCK | super::NOREPLY;
                    head.time = post::wall();
                    head.number = packet::next_number();
                    match packet::pack(&head, bytes.as_bytes()) {
                        Ok(packet) => call.ret_str(packet),
                        Err(cause) => {
                            highper_zend::error::warning(format!("large task pack failed: {cause}"))?;
                            call.ret_bool(false)
                        }
                    }
                },
            )
            .method(
                "public static function unpack(string $data): mixed",
                "What was packed; false for what is no packed task.",
                |call| {
                    let unpacked = match packet::unpack(call.bytes(0)?) {
                        Ok((head, bytes)) => payload::unpack(head.flags, &bytes)?,
                        Err(cause) => {
                            crate::function::logging::warning(&format!(
                                "Server::task_unpack(): {cause}"
                            ));
                            None
                        }
                    };
                    match unpacked {
                        Some(value) => call.ret(value),
                        None => call.ret_bool(false),
                    }
                },
            ),
    );
}

/// The object for a task.
pub(super) fn make(head: &Head, data: Value) -> Result<Object, Throw> {
    let object = TASK.instantiate()?;
    if let Some(state) = object.state::<State>() {
        state.0.set(Some(*head));
    }
    object.set_slot(0, data);
    object.set_slot(1, head.time);
    object.set_slot(2, head.number);
    // As in Swoole the manager counts as the first worker.
    object.set_slot(3, i64::from(head.from.max(0)));
    object.set_slot(4, i64::from(head.flags));
    Ok(object)
}
