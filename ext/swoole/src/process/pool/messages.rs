//! How the processes of a pool talk: messages, answers, and each other's `Process`.

use super::{Ipc, Pool, SOCKET, WORKERS, bind, current, made, refuse};
use crate::process::{self, Process};
use highper_engine::reactor::{self, Interest};
use highper_engine::{self as engine, Wake};
use highper_process::pool::{Master, bus, packets};
use highper_process::{fork, watch};
use highper_zend::{Call, Class, Done, Object, Throw, Value, error};
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

const ENOMSG: i32 = 42;

/// What reading and writing messages needs between two of them.
#[derive(Default)]
pub(super) struct State {
    buffer: RefCell<Vec<u8>>,
    cutter: RefCell<bus::Cutter>,
    joiner: RefCell<bus::Joiner>,
}

/// What came of waiting for a message.
pub(super) enum Waiting {
    /// A message, and the client that it came from.
    Message(Vec<u8>, Option<packets::Connection>),
    /// Something else: a signal, a timer, a client that went away.
    Nothing,
}

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function getProcess(int $work_id = -1): Swoole\\Process|false",
            "A worker's process, by default this one: its pid, and the socket by which it gets messages.",
            get_process,
        )
        .method(
            "public function listen(string $host, int $port = 0, int $backlog = 2048): bool",
            "Where clients connect (SWOOLE_IPC_SOCKET): an address and port, or unix:/path. A packet is its length in 4 bytes, the highest first, and so many bytes; so is the answer.",
            listen,
        )
        .method(
            "public function write(string $data): bool",
            "In the callback of Message: adds to the answer for the client.",
            write,
        )
        .method(
            "public function sendMessage(string $data, int $dst_worker_id): bool",
            "Sends to a worker, which gets it in its callback of Message (SWOOLE_IPC_UNIXSOCK).",
            send_message,
        )
        .method(
            "public function detach(): bool",
            "This worker leaves the pool and goes on; another one is started in its place.",
            detach,
        )
}

fn listen(call: &mut Call) -> Done {
    let (pool, plan) = made(call)?;
    if pool.started.get() {
        return refuse(call, "process pool is started. unable to listen");
    }
    let host = String::from_utf8_lossy(call.bytes(0)?).into_owned();
    let (port, backlog) = (call.opt_long(1, 0)?, call.opt_long(2, 2048)?);
    if plan.ipc.number() != SOCKET {
        return refuse(call, format!("unsupported ipc type[{}]", plan.ipc.number()));
    }
    match bind(&host, port, backlog) {
        Ok(listener) => {
            pool.listener.replace(Some(listener));
            call.ret_bool(true)
        }
        Err(cause) => refuse(call, cause.to_string()),
    }
}

fn write(call: &mut Call) -> Done {
    let (pool, plan) = made(call)?;
    let data = call.bytes(0)?;
    if plan.ipc.number() != SOCKET {
        return refuse(call, format!("unsupported ipc type[{}]", plan.ipc.number()));
    }
    let mut answer = pool.answer.borrow_mut();
    let Some(answer) = answer.as_mut().filter(|_| !data.is_empty()) else {
        return call.ret_bool(false);
    };
    answer.extend_from_slice(data);
    call.ret_bool(true)
}

fn send_message(call: &mut Call) -> Done {
    let (pool, plan) = made(call)?;
    if !pool.started.get() {
        return refuse(call, "process pool is not started.");
    }
    let Ipc::UnixSocket(pairs) = &plan.ipc else {
        return refuse(call, format!("unsupported ipc type[{}]", plan.ipc.number()));
    };
    let (data, to) = (call.bytes(0)?, call.long(1)?);
    let Some((socket, _)) = usize::try_from(to).ok().and_then(|to| pairs.get(to)) else {
        return refuse(call, format!("invalid worker_id[{to}]"));
    };
    let sent = if pool.bus.get() {
        let packets = pool.messages.cutter.borrow_mut().cut(data);
        packets
            .into_iter()
            .try_for_each(|packet| send(socket.as_fd(), &packet))
    } else {
        send(socket.as_fd(), data)
    };
    match sent {
        Ok(()) => call.ret_bool(true),
        Err(cause) => process::failed(call, "send() failed", &cause),
    }
}

/// Sends a packet; waits for room, in a coroutine without holding up the others.
fn send(to: BorrowedFd<'_>, packet: &[u8]) -> io::Result<()> {
    loop {
        match packets::send(to, packet) {
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => {}
            Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
            done => return done,
        }
        if engine::can_suspend() {
            match reactor::wait_fd(to.as_raw_fd(), Interest::Write, None)? {
                Wake::Ready | Wake::Timeout => {}
                Wake::Cancelled | Wake::Closed => {
                    return Err(io::Error::from_raw_os_error(125));
                }
            }
        } else {
            packets::wait_writable(to)?;
        }
    }
}

/// Receives a message, if there is one; `None` for a part of one.
pub(super) fn receive(pool: &Pool, from: BorrowedFd<'_>) -> io::Result<Option<Vec<u8>>> {
    let largest = pool.largest.get();
    let mut buffer = pool.messages.buffer.borrow_mut();
    if buffer.is_empty() {
        buffer.resize(largest.max(1 << 16), 0);
    }
    let size = if pool.bus.get() {
        buffer.len()
    } else {
        largest
    };
    let count = packets::receive(from, &mut buffer[..size])?;
    if pool.bus.get() {
        // Up to the largest that PHP can hold, as Swoole's: only packets are bounded.
        let mut joiner = pool.messages.joiner.borrow_mut();
        joiner.join(&buffer[..count], i32::MAX as usize)
    } else {
        Ok(Some(buffer[..count].to_vec()))
    }
}

/// Waits for the next message, or for something else. Outside of coroutines.
pub(super) fn next(pool: &Pool, number: usize) -> io::Result<Waiting> {
    let nothing = |cause: io::Error| match cause.kind() {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(Waiting::Nothing),
        _ => Err(cause),
    };
    let Some(plan) = pool.plan.get() else {
        return Ok(Waiting::Nothing);
    };
    match &plan.ipc {
        Ipc::None => Err(io::Error::other("a pool without messages waits for one")),
        Ipc::Queue(queue) => match queue.pop(0, highper_process::queue::LARGEST) {
            Ok(data) => Ok(Waiting::Message(data, None)),
            Err(cause) if cause.raw_os_error() == Some(ENOMSG) => Ok(Waiting::Nothing),
            Err(cause) => nothing(cause),
        },
        Ipc::UnixSocket(pairs) => {
            let Some((_, socket)) = pairs.get(number) else {
                return Ok(Waiting::Nothing);
            };
            match receive(pool, socket.as_fd()) {
                Ok(Some(data)) => Ok(Waiting::Message(data, None)),
                Ok(None) => Ok(Waiting::Nothing),
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {
                    wait(socket.as_fd())?;
                    Ok(Waiting::Nothing)
                }
                Err(cause) => nothing(cause),
            }
        }
        Ipc::Socket => {
            let listener = pool.listener.borrow();
            let Some(listener) = listener.as_ref() else {
                return Err(io::Error::other("the pool listens nowhere"));
            };
            match packets::accept(listener.as_fd()) {
                // What a client does wrong ends its connection and nothing else.
                Ok(mut client) => Ok(match client.receive(pool.largest.get()) {
                    Ok(data) => Waiting::Message(data, Some(client)),
                    Err(_) => Waiting::Nothing,
                }),
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => {
                    wait(listener.as_fd())?;
                    Ok(Waiting::Nothing)
                }
                Err(cause) => nothing(cause),
            }
        }
    }
}

/// Waits until a descriptor can be read, or a signal came. Timers and coroutines of the
/// application go on meanwhile, at the latest every millisecond.
fn wait(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut fds = vec![fd.as_raw_fd()];
    fds.extend(watch::fd());
    if highper_runtime::timer::list().is_empty() && engine::stats().live == 0 {
        return packets::wait_readable(&fds, None).map(drop);
    }
    let (stop, watched) = (engine::scheduler::stop_loop, fds[0]);
    let ended = highper_runtime::run_loop(move || {
        let handler = reactor::add_handler(std::rc::Rc::new(Stop));
        engine::scheduler::retain_loop();
        if reactor::register(watched, handler, 0).is_err() {
            stop();
        }
    });
    engine::scheduler::release_loop();
    ended.map_err(|_| io::Error::other("the loop ended with an error"))
}

/// Ends the loop when there is something to read.
struct Stop;

impl reactor::Handler for Stop {
    fn ready(&self, _key: u64, readiness: reactor::Readiness) {
        if readiness.read {
            engine::scheduler::stop_loop();
        }
    }

    fn timer(&self, _key: u64) {}
}

fn get_process(call: &mut Call) -> Done {
    let Some(object) = current() else {
        return call.ret_bool(false);
    };
    let wanted = call.opt_long(0, -1)?;
    let (Some(pool), Some(plan)) = (
        object.state::<Pool>(),
        object.state::<Pool>().and_then(|pool| pool.plan.get()),
    ) else {
        return call.ret_bool(false);
    };
    let count = plan.board.workers();
    if wanted >= count as i64 {
        return refuse(call, format!("invalid worker_id[{wanted}]"));
    }
    let own = pool.worker.get();
    let Some(number) = usize::try_from(wanted).ok().or(own) else {
        return call.ret_bool(false);
    };
    let pid = plan.board.pid(number);
    let this = call.this_object()?;
    let workers = this.slot(WORKERS).cloned().unwrap_or_default();
    let known = workers
        .as_array()
        .and_then(|workers| workers.get_index(number as i64)?.as_object().cloned());
    drop(workers);
    let made = match known {
        Some(made) => made,
        None => {
            let made = make_process(pool, &plan.ipc, number)?;
            let mut workers = this
                .slot(WORKERS)
                .cloned()
                .and_then(|workers| workers.into_array().ok())
                .unwrap_or_default();
            workers.set_index(number as i64, Value::from(&made));
            this.set_slot(WORKERS, workers);
            made
        }
    };
    process::set_pid(&made, pid);
    call.ret(&made)
}

/// A `Process` for a worker: in the worker itself it has the worker's end of the socket.
fn make_process(pool: &Pool, ipc: &Ipc, number: usize) -> Result<Object, Throw> {
    let is_own = pool.worker.get() == Some(number);
    let socket = match ipc {
        Ipc::UnixSocket(pairs) if !pool.bus.get() => pairs.get(number).map(|(master, worker)| {
            let end = if is_own { worker } else { master };
            end.try_clone()
        }),
        _ => None,
    };
    let socket = match socket.transpose() {
        Ok(socket) => socket,
        Err(cause) => {
            error::warning(format!("dup() failed, Error: {cause}"))?;
            None
        }
    };
    let queue = match ipc {
        Ipc::Queue(queue) if pool.callbacks.borrow().message.is_none() => Some(*queue),
        _ => None,
    };
    Process::of_worker(number, socket, is_own, queue, pool.coroutine.get())
}

fn detach(call: &mut Call) -> Done {
    let Some(object) = current() else {
        return call.ret_bool(false);
    };
    let Some((pool, number)) = object
        .state::<Pool>()
        .and_then(|pool| Some((pool, pool.worker.get()?)))
    else {
        return call.ret_bool(false);
    };
    let Some(plan) = pool.plan.get().filter(|_| pool.runs.get()) else {
        return call.ret_bool(false);
    };
    pool.runs.set(false);
    plan.board.detach(number);
    let master = object.slot(super::MASTER_PID).map_or(-1, Value::to_long);
    let told =
        Master::outlive_master().and_then(|()| fork::kill(master as i32, super::master::SIGIO));
    super::worker::stop();
    match told {
        Ok(()) => call.ret_bool(true),
        Err(cause) => process::failed(call, "kill() failed", &cause),
    }
}
