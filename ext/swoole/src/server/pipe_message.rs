//! `Swoole\Server\PipeMessage`: a message of another process, as one object.

use highper_process::post::Head;
use highper_zend::{Class, ClassRef, Object, Registry, Throw, Value};

static PIPE_MESSAGE: ClassRef = ClassRef::new("Swoole\\Server\\PipeMessage");

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Server\\PipeMessage")
            .doc("A message of another worker (event_object).")
            .handle(&PIPE_MESSAGE)
            .property("public $source_worker_id = 0", "Who sent it.")
            .property("public $worker_id = 0", "The same.")
            .property(
                "public $dispatch_time = 0.0",
                "When it was sent, in seconds since 1970.",
            )
            .property("public $data = null", "What was sent."),
    );
}

/// The object for a message.
pub(super) fn object(head: &Head, data: Value) -> Result<Object, Throw> {
    let object = PIPE_MESSAGE.instantiate()?;
    object.set_slot(0, i64::from(head.from));
    object.set_slot(1, i64::from(head.from));
    object.set_slot(2, head.time);
    object.set_slot(3, data);
    Ok(object)
}
