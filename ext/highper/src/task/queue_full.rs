//! `Highper\Task\QueueFull`

use highper_zend::{Class, ClassRef, Registry, Throw};

static QUEUE_FULL: ClassRef = ClassRef::new("Highper\\Task\\QueueFull");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Task\\QueueFull")
            .doc("Thrown where a job is handed over and as many wait as may (the setting task_queue). Nothing was handed over.")
            .handle(&QUEUE_FULL)
            .extends("RuntimeException"),
    );
}

/// With the job's class.
pub(super) fn throw(class: &str, bound: u64) -> Throw {
    let text = format!(
        "the job {class} is refused: {bound} jobs wait for a task worker, the most that may ('task_queue' in the settings); \
         more task workers ('tasks') take them sooner"
    );
    Throw::new(&QUEUE_FULL, text, 0)
}
