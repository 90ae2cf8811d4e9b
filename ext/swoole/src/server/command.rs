//! Commands: functions that one process of a server calls in another.

use super::State;
use super::messages::{note, running};
use super::pending::Pending;
use crate::coroutine::waiting;
use crate::function::logging;
use highper_process::Kind as Process;
use highper_process::post::{Address, Head, Kind, Message};
use highper_runtime::{callback, post, serve};
use highper_zend::{Call, Callable, Class, Done, Object, Throw, Value, call_function, error};

/// `SWOOLE_SERVER_COMMAND_*`
const MASTER: i64 = 2;
const REACTOR: i64 = 4;
const WORKER: i64 = 8;
const TASK_WORKER: i64 = 16;
const MANAGER: i64 = 32;

const NO_COMMAND: i32 = 9012;
const INVALID: i32 = 505;
const UNSUPPORTED: i32 = 507;
const NOTICE: i64 = 3;

/// A command.
pub(super) struct Command {
    name: String,
    accepts: i64,
    pub(super) callback: Callable,
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function addCommand(string $name, int $accepted_process_types, callable $callback): bool",
            "A function that other processes may call by command(), in those processes that SWOOLE_SERVER_COMMAND_* says.",
            add_command,
        )
        .method(
            "public function command(string $name, int $process_id, int $process_type, mixed $data, bool $json_decode = true): array|string|false",
            "Calls a command in the manager, or in a worker or task worker (counted from 0), and waits for what it returns, which is JSON.",
            command,
        )
}

fn add_command(call: &mut Call) -> Done {
    let state = call.this::<State>()?;
    if state.started.get() {
        error::warning("server is running, can't add command")?;
        return call.ret_bool(false);
    }
    let accepts = call.long(1)?;
    if accepts & REACTOR != 0 {
        error::warning("only support worker/task_worker process")?;
        return call.ret_bool(false);
    }
    let name = call.str(0)?.to_string_lossy().into_owned();
    let mut commands = state.commands.borrow_mut();
    if commands.iter().any(|known| known.name == name) {
        return call.ret_bool(false);
    }
    commands.push(Command {
        name,
        accepts,
        callback: call.callable(2)?,
    });
    call.ret_bool(true)
}

fn refuse(call: &Call, code: i32, text: &str) -> Done {
    highper_runtime::set_last_error(code);
    logging::failure(NOTICE, "Server::command()", code, text);
    call.ret_bool(false)
}

fn command(call: &mut Call) -> Done {
    let Some(here) = running()? else {
        return call.ret_bool(false);
    };
    let name = call.str(0)?.to_string_lossy().into_owned();
    let (id, kind) = (call.long(1)?, call.long(2)?);
    let decodes = call.opt_bool(4, true)?;
    waiting::can_wait()?;
    let server = call.this_value()?;
    let data = call_function("json_encode", &[call.value(3)?.clone()]).into_result()?;
    let Some(data) = data.as_string() else {
        return call.ret_bool(false);
    };
    let known = server.state::<State>().and_then(|state| {
        let commands = state.commands.borrow();
        let at = commands.iter().position(|known| known.name == name)?;
        Some((at, commands[at].accepts))
    });
    let Some((at, accepts)) = known else {
        return refuse(call, NO_COMMAND, &format!("Unknown command[{name}]"));
    };
    if kind & accepts == 0 {
        return refuse(call, UNSUPPORTED, "unsupported [process_type]");
    }
    let index = usize::try_from(id).unwrap_or(usize::MAX);
    let (workers, tasks) = (here.post().workers(), here.post().tasks());
    let address = match kind {
        MASTER | MANAGER => Address::Manager,
        WORKER if index < workers => Address::Worker(index),
        TASK_WORKER if index < tasks => Address::Worker(workers + index),
        WORKER => return refuse(call, INVALID, &format!("invalid worker_id[{id}]")),
        TASK_WORKER => return refuse(call, INVALID, &format!("invalid task_worker_id[{id}]")),
        _ => return refuse(call, UNSUPPORTED, "unsupported [process_type]"),
    };
    let is_own = match address {
        Address::Manager => here.id() < 0,
        _ => matches!(address, Address::Worker(id) if here.id() == id as i32),
    };
    let answer = if is_own {
        Some(call_here(&server, at, data.as_bytes())?)
    } else {
        let mut head = here.head(Kind::Command);
        head.code = at as u32;
        head.number = here.next_number();
        let pending = Pending::new();
        pending.expect(Some(head.number));
        match here.send(address, head, data.as_bytes()) {
            Ok(()) => {
                waiting::settle(pending.wait(None));
            }
            Err(cause) => note(&cause),
        }
        let answer = pending.finish().pop().flatten();
        answer.map(|message| message.body)
    };
    waiting::resumed()?;
    let Some(answer) = answer else {
        return call.ret_bool(false);
    };
    let text = Value::string(&answer);
    if !decodes {
        return call.ret(text);
    }
    let value = call_function("json_decode", &[text, Value::bool(true)]).into_result()?;
    if value.is_null() {
        return call.ret_bool(false);
    }
    call.ret(value)
}

fn call_here(server: &Object, at: usize, data: &[u8]) -> Result<Vec<u8>, Throw> {
    let found = server.state::<State>().and_then(|state| {
        let commands = state.commands.borrow();
        commands.get(at).map(|known| known.callback.clone())
    });
    let Some(callback) = found else {
        return Ok(br#"{"data": "unknown command", "code": -3}"#.to_vec());
    };
    let args = [Value::from(server), Value::string(data)];
    let answer = callback.call(&args).into_result()?;
    Ok(match answer.as_bytes() {
        Some(bytes) => bytes.to_vec(),
        None => br#"{"data": "wrong return type", "code": -2}"#.to_vec(),
    })
}

fn may_run(server: &Object, at: usize) -> bool {
    let own = match serve::worker().map(|worker| worker.context().kind()) {
        Some(Process::Worker) => WORKER,
        Some(Process::Task) => TASK_WORKER,
        Some(Process::User | Process::Front) => 0,
        None => MASTER | MANAGER,
    };
    server.state::<State>().is_some_and(|state| {
        let commands = state.commands.borrow();
        commands
            .get(at)
            .is_some_and(|known| known.accepts & own != 0)
    })
}

/// Another process calls a command here.
pub(super) fn run(server: &Object, message: &Message) {
    let head: Head = message.head;
    let at = head.code as usize;
    if !may_run(server, at) {
        return logging::warning(&format!("Unknown command[{at}]"));
    }
    let (server, data) = (server.clone(), message.body.clone());
    let begun = callback::call(move || {
        let answer = call_here(&server, at, &data);
        let failed = answer.is_err();
        if let Some(here) = post::here() {
            let mut back = here.head(Kind::Answer);
            back.number = head.number;
            back.to = head.pid;
            let bytes = match &answer {
                Ok(bytes) => bytes.as_slice(),
                Err(_) => br#"{"data": "failed to call function", "code": -1}"#,
            };
            if let Err(cause) = here.send(Address::Place(head.place), back, bytes) {
                logging::warning(&format!("an answer to a command is lost: {cause}"));
            }
        }
        match failed {
            true => answer.map(drop),
            false => Ok(()),
        }
    });
    if let Err(cause) = begun {
        eprintln!("[warning] a command could not run: {cause}");
    }
}
