//! `Swoole\Server\StatusInfo`: how a worker ended, as one object.

use highper_zend::{Class, ClassRef, Object, Registry, Throw};

static STATUS_INFO: ClassRef = ClassRef::new("Swoole\\Server\\StatusInfo");

/// Declares it.
pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Server\\StatusInfo")
            .doc("How a worker ended (event_object).")
            .handle(&STATUS_INFO)
            .property("public $worker_id = 0", "Its number.")
            .property("public $worker_pid = 0", "Its process id.")
            .property("public $status = 0", "As waitpid() has it.")
            .property("public $exit_code = 0", "The exit code.")
            .property("public $signal = 0", "The signal that ended it."),
    );
}

/// The object for a worker that ended with this code or by this signal.
pub(super) fn object(id: usize, pid: i32, code: i64, signal: i64) -> Result<Object, Throw> {
    let object = STATUS_INFO.instantiate()?;
    object.set_slot(0, id as i64);
    object.set_slot(1, i64::from(pid));
    object.set_slot(2, code << 8 | signal);
    object.set_slot(3, code);
    object.set_slot(4, signal);
    Ok(object)
}
