//! Tasks: handed over by workers, worked on by task workers, and what comes of them.

pub(super) mod object;
mod packet;
pub(super) mod queue;
mod waiting;

use super::messages::{self, callback_of, is_worker, modes, note, running};
use super::modes::{Modes, PREEMPTIVE};
use super::{payload, task_result};
use crate::function::logging;
use highper_process::Kind as Process;
use highper_process::post::{Address, Head, Kind, Message};
use highper_runtime::post::{self, Here};
use highper_runtime::serve::{self, Worker};
use highper_runtime::{callback, coroutine};
use highper_zend::{Call, Callable, Class, Done, Object, Registry, Throw, Value, error};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// `SWOOLE_TASK_*`
const NONBLOCK: u32 = 4;
const CALLBACK: u32 = 8;
const WAITALL: u32 = 16;
const COROUTINE: u32 = 32;
const NOREPLY: u32 = 128;

/// [`Head::code`] of a task that any task worker may take.
const FOR_ANY: u32 = 1;

const NO_IDLE_WORKER: i32 = 9007;
const SEND_TIMED_OUT: i32 = 9014;
const EXPIRED: i32 = 2003;

thread_local! {
    /// What the running callback works on, for finish().
    static LATEST: Cell<Option<Head>> = const { Cell::new(None) };
    /// The callbacks given to task().
    static CALLBACKS: RefCell<BTreeMap<i64, Callable>> = const { RefCell::new(BTreeMap::new()) };
    /// When it was last said that no task worker is idle.
    static SAID: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Declares the classes.
pub(super) fn declare(registry: &mut Registry) {
    object::declare(registry);
    task_result::declare(registry);
    registry.on_request_shutdown(|| {
        LATEST.set(None);
        drop(CALLBACKS.take());
    });
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function task(mixed $data, int $taskWorkerIndex = -1, ?callable $finishCallback = null): int|false",
            "Hands a task to a task worker (counted from 0; -1: one that has time) and goes on; its number. What comes of it goes to $finishCallback or to the callback of Finish.",
            task,
        )
        .method(
            "public function taskwait(mixed $data, float $timeout = 0.5, int $taskWorkerIndex = -1): mixed",
            "The same, and waits for what comes of it, in seconds; false when that takes too long.",
            waiting::one,
        )
        .method(
            "public function taskWaitMulti(array $tasks, float $timeout = 0.5): array|false",
            "Hands over several and waits for all: the results by position, without those that took too long.",
            |call| waiting::many(call, false),
        )
        .method(
            "public function taskCo(array $tasks, float $timeout = 0.5): array|false",
            "The same in a coroutine; false in the place of each that took too long.",
            |call| waiting::many(call, true),
        )
        .method(
            "public function finish(mixed $data): bool",
            "In a task worker: sends what came of the running task to the worker.",
            |call| {
                if running()?.is_none() {
                    return call.ret_bool(false);
                }
                if modes(&call.this_value()?).task_coroutine {
                    return Err(error::fatal(
                        "please use Swoole\\Server\\Task->finish instead when task_enable_coroutine is enable",
                    ));
                }
                let done = finish(call.value(0)?, LATEST.get())?;
                call.ret_bool(done)
            },
        )
}

/// Notes what the running callback works on.
pub(super) fn set_latest(head: Option<Head>) {
    LATEST.set(head);
}

/// May a task be handed over from here, to this task worker?
fn check(here: &Here, wanted: i64) -> Result<bool, Throw> {
    let count = here.post().tasks();
    let text = if count == 0 {
        "task method can't be executed without task worker".to_owned()
    } else if wanted >= count as i64 {
        format!("worker_id must be less than task_worker_num[{count}]")
    } else if serve::worker().is_some_and(|w| w.context().kind() == Process::Task) {
        "Server->task() cannot use in the task-worker".to_owned()
    } else {
        return Ok(true);
    };
    error::warning(text)?;
    Ok(false)
}

/// Hands a task over, under this number; false when that failed.
fn dispatch(
    here: &Rc<Here>,
    modes: &Modes,
    data: &Value,
    wanted: i64,
    flags: u32,
    number: i64,
) -> Result<bool, Throw> {
    let (bytes, packed) = payload::pack(data)?;
    let post = Rc::clone(here);
    let post = post.post();
    let mut head = here.head(Kind::Task);
    head.flags = flags | packed;
    head.number = number;
    let target = if wanted < 0 && modes.ipc == PREEMPTIVE {
        head.code = FOR_ANY;
        None
    } else {
        let index = match usize::try_from(wanted) {
            Ok(index) => index,
            Err(_) => {
                let (index, is_idle) = post.next_task_worker();
                let all_busy = || (0..post.tasks()).all(|at| post.is_busy(post.workers() + at));
                if !is_idle && all_busy() {
                    say_busy();
                }
                index
            }
        };
        Some(post.workers() + index)
    };
    post.task_sent(target);
    let sent = if modes.queue == 0 {
        let address = target.map_or(Address::AnyTask, Address::Worker);
        here.send(address, head, bytes.as_bytes())
    } else {
        queue::push(modes, target, head, bytes.as_bytes())
    };
    crate::coroutine::waiting::resumed()?;
    if let Err(cause) = &sent {
        post.task_refused(target);
        note(cause);
        logging::warning(&format!(
            "Server::task(): a task of {} bytes could not be sent: {cause}",
            bytes.as_bytes().len()
        ));
    }
    Ok(sent.is_ok())
}

/// Once a second: all task workers have something to do.
fn say_busy() {
    let now = Instant::now();
    let is_due = SAID
        .get()
        .is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1));
    if is_due {
        SAID.set(Some(now));
        logging::failure(
            logging::WARNING,
            "Server::timer_callback()",
            NO_IDLE_WORKER,
            "No idle task worker is available",
        );
    }
}

fn task(call: &mut Call) -> Done {
    let Some(here) = running()? else {
        return call.ret_bool(false);
    };
    let wanted = call.opt_long(1, -1)?;
    if !check(&here, wanted)? {
        return call.ret_bool(false);
    }
    let finish = call.opt_callable(2)?;
    let number = here.next_number();
    let mut flags = NONBLOCK;
    if !is_worker() {
        flags |= NOREPLY;
    } else if let Some(finish) = finish {
        flags |= CALLBACK;
        CALLBACKS.with_borrow_mut(|all| all.insert(number, finish));
    }
    let modes = modes(&call.this_value()?);
    if dispatch(&here, &modes, call.value(0)?, wanted, flags, number)? {
        return call.ret(number);
    }
    drop(CALLBACKS.with_borrow_mut(|all| all.remove(&number)));
    call.ret_bool(false)
}

/// In a task worker: runs the callback of a task.
pub(super) fn run(server: &Object, worker: &Rc<Worker>, message: Message) {
    let Some(here) = post::here() else { return };
    let head = message.head;
    let id = worker.id();
    let target = (head.code != FOR_ANY).then_some(id);
    here.post().task_begun(target);
    let Some(callback) = callback_of(server, "task") else {
        return;
    };
    let value = match payload::unpack(head.flags, &message.body) {
        Ok(Some(value)) => value,
        Ok(None) => return,
        Err(throw) => return coroutine::report(throw),
    };
    drop(message);
    let modes = modes(server);
    let (server, worker) = (server.clone(), Rc::clone(worker));
    let begun = callback::call(move || {
        let args = if modes.task_object || modes.task_coroutine {
            let object = object::make(&head, value)?;
            vec![Value::from(&server), Value::from(&object)]
        } else {
            let numbers = [head.number, i64::from(head.from.max(0))].map(Value::long);
            let mut args = vec![Value::from(&server)];
            args.extend(numbers);
            args.push(value);
            args
        };
        let context = worker.context();
        let line = format!("task {} of worker {}", head.number, head.from);
        let ticket = context.request_taken(line.as_bytes(), highper_process::monotonic());
        here.post().begin(id);
        LATEST.set(Some(head));
        let done = callback.call(&args).into_result();
        here.post().end(id);
        context.request_end(ticket, (0, 0));
        if context.is_spent() {
            worker.take_no_tasks();
        }
        let returned = done?;
        if modes.task_coroutine {
            // As in Swoole: only finish() sends something.
            coroutine::set_returned(returned);
        } else if !returned.is_null() {
            finish(&returned, Some(head))?;
        }
        Ok(())
    });
    if let Err(cause) = begun {
        logging::warning(&format!(
            "Server::task(): task {} could not run: {cause}",
            head.number
        ));
    }
}

/// Sends what came of a task to the worker that handed it over.
fn finish(value: &Value, task: Option<Head>) -> Result<bool, Throw> {
    let Some(here) = post::here() else {
        return Ok(false);
    };
    let refused = match task {
        _ if here.post().tasks() == 0 => {
            "cannot use Server::task()/Server::finish() method, because no set [task_worker_num]"
        }
        None => "Server::finish(): there is no task",
        Some(head) if head.kind == Kind::Pipe => {
            "Server::task()/Server::finish() is not supported in onPipeMessage callback"
        }
        Some(head) if head.flags & NOREPLY != 0 => {
            "Server::finish() can only be used in the worker process"
        }
        Some(head) => {
            let (bytes, packed) = payload::pack(value)?;
            let mut answer = here.head(Kind::Finish);
            answer.flags = packed | head.flags & (NONBLOCK | CALLBACK | COROUTINE | WAITALL);
            answer.number = head.number;
            answer.to = head.pid;
            let sent = here.send(Address::Place(head.place), answer, bytes.as_bytes());
            crate::coroutine::waiting::resumed()?;
            return match sent {
                Ok(()) => Ok(true),
                Err(cause) => {
                    if cause.kind() == ErrorKind::TimedOut {
                        logging::failure(
                            logging::WARNING,
                            "Server::finish()",
                            SEND_TIMED_OUT,
                            "send result to worker timed out",
                        );
                    } else {
                        note(&cause);
                        logging::warning(&format!("Server::finish(): {cause}"));
                    }
                    Ok(false)
                }
            };
        }
    };
    logging::warning(refused);
    Ok(false)
}

/// In a worker: what came of a task for which nobody waits.
pub(super) fn finished(server: &Object, message: Message) {
    let head = message.head;
    if head.flags & COROUTINE != 0 {
        return logging::failure(
            logging::WARNING,
            "php_swoole_server_onFinish()",
            EXPIRED,
            &format!("task[{}] has expired", head.number),
        );
    }
    if head.flags & NONBLOCK == 0 {
        // Somebody waited without a coroutine, and not long enough.
        return;
    }
    let own = match head.flags & CALLBACK {
        0 => None,
        _ => CALLBACKS.with_borrow_mut(|all| all.remove(&head.number)),
    };
    let Some(callback) = own.or_else(|| callback_of(server, "finish")) else {
        // As an error that a callback has: it is reported and nothing else.
        let _told = error::warning("require 'onFinish' callback");
        return;
    };
    let value = match payload::unpack(head.flags, &message.body) {
        Ok(Some(value)) => value,
        Ok(None) => return,
        Err(throw) => return coroutine::report(throw),
    };
    let (server, modes) = (server.clone(), messages::modes(server));
    let begun = callback::call(move || {
        let args = if modes.event_object {
            let object = task_result::object(&head, value)?;
            vec![Value::from(&server), Value::from(&object)]
        } else {
            vec![Value::from(&server), Value::long(head.number), value]
        };
        callback.call(&args).into_result().map(drop)
    });
    if let Err(cause) = begun {
        eprintln!("[warning] the callback of Finish could not run: {cause}");
    }
}
