//! `Swoole\Server\TaskResult`: what came of a task, as one object.

use highper_process::post::Head;
use highper_zend::{Class, ClassRef, Object, Registry, Throw, Value};

static TASK_RESULT: ClassRef = ClassRef::new("Swoole\\Server\\TaskResult");

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Server\\TaskResult")
            .doc("What came of a task (event_object).")
            .handle(&TASK_RESULT)
            .property("public $task_id = 0", "The task's number.")
            .property("public $task_worker_id = 0", "The task worker's number.")
            .property(
                "public $dispatch_time = 0.0",
                "When it was sent, in seconds since 1970.",
            )
            .property("public $data = null", "What came of it."),
    );
}

/// The object for a result.
pub(super) fn object(head: &Head, data: Value) -> Result<Object, Throw> {
    let object = TASK_RESULT.instantiate()?;
    object.set_slot(0, head.number);
    object.set_slot(1, i64::from(head.from));
    object.set_slot(2, head.time);
    object.set_slot(3, data);
    Ok(object)
}
