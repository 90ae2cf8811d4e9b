//! Messages of other processes: who gets them; `sendMessage()`.

use super::modes::Modes;
use super::{State, command, payload, pending, pipe_message, task};
use highper_process::Kind as Process;
use highper_process::post::{Address, Kind, Message};
use highper_runtime::post::{self, Here};
use highper_runtime::serve::{self, Worker};
use highper_runtime::{callback, set_last_error};
use highper_zend::{Call, Callable, Class, Done, Object, Throw, Value, error};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// The server of this process.
    static SERVER: RefCell<Option<Object>> = const { RefCell::new(None) };
}

/// Says whose process this is.
pub(super) fn set_server(server: Option<&Object>) {
    drop(SERVER.replace(server.cloned()));
}

/// The server of this process.
pub(super) fn server() -> Option<Object> {
    SERVER.with_borrow(Clone::clone)
}

/// Adds the method.
pub(super) fn methods(class: Class) -> Class {
    class.method(
        "public function sendMessage(mixed $message, int $dst_worker_id): bool",
        "Sends to another worker or task worker, which gets it in its callback of PipeMessage.",
        send_message,
    )
}

/// An event's callback.
pub(super) fn callback_of(server: &Object, event: &str) -> Option<Callable> {
    let state = server.state::<State>()?;
    let callbacks = state.callbacks.borrow();
    callbacks.get(event).cloned()
}

pub(super) fn modes(server: &Object) -> Modes {
    server
        .state::<State>()
        .map(|state| state.modes.get())
        .unwrap_or_default()
}

/// This process among those of the server; `None`, with a warning, when none runs.
pub(super) fn running() -> Result<Option<Rc<Here>>, Throw> {
    let here = post::here();
    if here.is_none() {
        error::warning("server is not running")?;
    }
    Ok(here)
}

/// Is this process a worker that serves connections?
pub(super) fn is_worker() -> bool {
    serve::worker().is_some_and(|worker| worker.context().kind() == Process::Worker)
}

/// Do all processes of the server count as one, so that each sees the connections of all
/// (SWOOLE_PROCESS)? A task worker has none of its own.
pub(super) fn is_one_server() -> bool {
    !is_worker() || server().is_some_and(|server| super::fronting::is_process_mode(&server))
}

/// Notes why a message could not be sent, for `swoole_last_error()`.
pub(super) fn note(cause: &std::io::Error) {
    const TIMED_OUT: i32 = 110;
    const CANCELED: i32 = 125;
    let number = match cause.kind() {
        std::io::ErrorKind::TimedOut => TIMED_OUT,
        std::io::ErrorKind::Interrupted => CANCELED,
        _ => cause.raw_os_error().unwrap_or(5),
    };
    set_last_error(number);
}

/// Takes a message for this worker.
pub(super) fn take(server: &Object, worker: &Rc<Worker>, message: Message) {
    let own = std::process::id() as i32;
    if message.head.to != 0 && message.head.to != own {
        // For the process that had this place before.
        return;
    }
    match message.head.kind {
        Kind::Task => task::run(server, worker, message),
        Kind::Finish => {
            if let Err(message) = pending::arrived(message) {
                task::finished(server, message);
            }
        }
        Kind::Pipe => arrived(server, worker, &message),
        Kind::Command => command::run(server, &message),
        // Nobody waits any more.
        Kind::Answer => drop(pending::arrived(message)),
        Kind::Forward => super::elsewhere::arrived(&message),
        // The loop takes these itself.
        Kind::Relay => {}
    }
}

/// Takes what was put aside while something was waited for without a coroutine.
pub(super) fn take_put_aside() {
    let (Some(server), Some(worker)) = (server(), serve::worker()) else {
        return;
    };
    while let Some(message) = pending::put_aside() {
        take(&server, &worker, message);
    }
}

fn send_message(call: &mut Call) -> Done {
    let Some(here) = running()? else {
        return call.ret_bool(false);
    };
    let server = call.this_value()?;
    if callback_of(&server, "pipemessage").is_none() {
        error::warning("onPipeMessage is null, can't use sendMessage")?;
        return call.ret_bool(false);
    }
    let to = call.long(1)?;
    let (workers, tasks) = (here.post().workers(), here.post().tasks());
    if i64::from(here.id()) == to && to < (workers + tasks) as i64 {
        error::warning("can't send messages to self")?;
        return call.ret_bool(false);
    }
    let target = usize::try_from(to).ok().filter(|id| *id < workers + tasks);
    let Some(target) = target else {
        error::warning(format!("worker_id[{to}] is invalid"))?;
        return call.ret_bool(false);
    };
    let (bytes, flags) = payload::pack(call.value(0)?)?;
    let mut head = here.head(Kind::Pipe);
    head.flags = flags;
    head.number = here.next_number();
    let sent = here.send(Address::Worker(target), head, bytes.as_bytes());
    crate::coroutine::waiting::resumed()?;
    if let Err(cause) = &sent {
        note(cause);
    }
    call.ret_bool(sent.is_ok())
}

/// `PipeMessage`: calls back.
fn arrived(server: &Object, worker: &Rc<Worker>, message: &Message) {
    let Some(callback) = callback_of(server, "pipemessage") else {
        return;
    };
    let head = message.head;
    let (server, modes, id) = (server.clone(), modes(server), worker.id());
    let value = match payload::unpack(head.flags, &message.body) {
        Ok(Some(value)) => value,
        Ok(None) => return,
        Err(throw) => return highper_runtime::coroutine::report(throw),
    };
    let here = post::here();
    let begun = callback::call(move || {
        let args = if modes.event_object {
            let object = pipe_message::object(&head, value)?;
            vec![Value::from(&server), Value::from(&object)]
        } else {
            let from = Value::long(i64::from(head.from));
            vec![Value::from(&server), from, value]
        };
        task::set_latest(Some(head));
        let post = here.as_ref().map(|here| here.post());
        if let Some(post) = post {
            post.begin(id);
        }
        let done = callback.call(&args).into_result();
        if let Some(post) = post {
            post.end(id);
        }
        done.map(drop)
    });
    if let Err(cause) = begun {
        eprintln!("[warning] the callback of PipeMessage could not run: {cause}");
    }
}
