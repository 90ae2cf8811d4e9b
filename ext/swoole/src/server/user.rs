//! `addProcess()`: processes of the application, started and started again with the workers.

use super::{MANAGER_PID, MASTER_PID, State};
use crate::process;
use highper_runtime::serve::Worker;
use highper_zend::{Call, Class, Done, Object, Throw, Value, error};
use std::rc::Rc;

/// Adds the method.
pub(super) fn methods(class: Class) -> Class {
    class.method(
        "public function addProcess(Swoole\\Process $process): int|false",
        "A process that the manager starts with the server, and again whenever it ends; its number, from 0.",
        add_process,
    )
}

fn add_process(call: &mut Call) -> Done {
    let state = call.this::<State>()?;
    if state.started.get() {
        error::warning("server is running, cannot add process")?;
        return call.ret_bool(false);
    }
    let given = call.value(0)?.deref().as_object().cloned();
    let Some(object) = given.filter(process::is_process) else {
        return Err(error::fatal("object is not instanceof swoole_process"));
    };
    process::check_made(&object)?;
    let number = state.users.borrow().len() as i64;
    process::set_id(&object, number);
    state.users.borrow_mut().push(object);
    call.ret(number)
}

/// In a user process: runs its callback.
pub(super) fn run(server: &Object, worker: &Rc<Worker>) -> Throw {
    let context = worker.context();
    let post = context.post();
    let index = context.id() - post.workers() - post.tasks();
    let own = server
        .state::<State>()
        .and_then(|state| state.users.borrow().get(index).cloned());
    let Some(own) = own else {
        return Throw::error("a user process has no object");
    };
    process::set_id(&own, context.id() as i64);
    for slot in [MASTER_PID, MANAGER_PID] {
        server.set_slot(slot, Value::from(context.manager_pid()));
    }
    process::run_in_child(&own)
}
