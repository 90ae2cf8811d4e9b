//! The message queue of a process, which others reach by its key.

use super::{Process, failed, made, note};
use highper_process::queue::{LARGEST, MessageQueue, key_of};
use highper_zend::{Array, Call, Class, Done, Throw, error};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const QUEUE_ID: usize = 1;
const QUEUE_KEY: usize = 2;
const ID: usize = 4;

/// Every process takes any message (`SWOOLE_MSGQUEUE_BALANCE`); otherwise only its own.
pub(super) const BALANCE: i64 = 2;
/// `Process::IPC_NOWAIT`
const NO_WAIT: i64 = 256;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function useQueue(int $key = 0, int $mode = 2, int $capacity = -1): bool",
            "Opens the queue of a key, by default one of the script's file. $mode is SWOOLE_MSGQUEUE_*, with IPC_NOWAIT; $capacity in bytes.",
            use_queue,
        )
        .method(
            "public function statQueue(): array|false",
            "queue_num messages of together queue_bytes.",
            |call| {
                let Some((queue, _)) = made(call)?.queue.get() else {
                    return refuse(call, "no queue, can't get stats of the queue");
                };
                match queue.content() {
                    Ok(content) => {
                        let mut out = Array::with_capacity(2);
                        out.set("queue_num", content.count as i64)
                            .set("queue_bytes", content.bytes as i64);
                        call.ret(out)
                    }
                    Err(cause) => {
                        note(&cause);
                        call.ret_bool(false)
                    }
                }
            },
        )
        .method(
            "public function freeQueue(): bool",
            "Removes the queue, for all that use it.",
            |call| {
                let Some((queue, _)) = made(call)?.queue.take() else {
                    return call.ret_bool(false);
                };
                match queue.remove() {
                    Ok(()) => call.ret_bool(true),
                    Err(cause) => failed(call, &format!("msgctl({}, IPC_RMID) failed", queue.id()), &cause),
                }
            },
        )
        .method(
            "public function push(string $data): bool",
            "Puts a message into the queue: less than 64 KiB, and than the system allows.",
            push,
        )
        .method(
            "public function pop(int $size = 65536): string|false",
            "Takes a message out of the queue. Blocks the process, unless the queue is not to wait.",
            pop,
        )
}

fn refuse(call: &Call, message: &str) -> Done {
    error::warning(message)?;
    call.ret_bool(false)
}

fn kind(call: &Call) -> Result<i64, Throw> {
    Ok(call
        .this_object()?
        .slot(ID)
        .map_or(0, highper_zend::Value::to_long)
        + 1)
}

fn use_queue(call: &mut Call) -> Done {
    let (key, mode, capacity) = (
        call.opt_long(0, 0)?,
        call.opt_long(1, BALANCE)?,
        call.opt_long(2, -1)?,
    );
    let process: &Process = made(call)?;
    let key = if key > 0 {
        // As the C type: keys are 32 bits, whatever the sign.
        Ok(key as i32)
    } else {
        let (file, _) = error::location().unwrap_or_default();
        key_of(Path::new(OsStr::from_bytes(file.as_bytes())))
    };
    let opened = key.and_then(|key| MessageQueue::open(key, mode & NO_WAIT == 0));
    let queue = match opened {
        Ok(queue) => queue,
        Err(cause) => return failed(call, "msgget() failed", &cause),
    };
    if capacity > 0
        && let Err(cause) = queue.set_capacity(capacity as u64)
    {
        failed(
            call,
            &format!(
                "msgctl(msqid={}, IPC_SET, msg_qbytes={capacity}) failed",
                queue.id()
            ),
            &cause,
        )?;
    }
    process.queue.set(Some((queue, mode & !NO_WAIT)));
    let this = call.this_object()?;
    this.set_slot(QUEUE_ID, i64::from(queue.id()));
    this.set_slot(QUEUE_KEY, i64::from(queue.key()));
    call.ret_bool(true)
}

fn push(call: &mut Call) -> Done {
    let data = call.bytes(0)?;
    if data.is_empty() {
        return refuse(call, "the data to push is empty");
    }
    if data.len() >= LARGEST {
        return refuse(call, "the data to push is too big");
    }
    let Some((queue, _)) = made(call)?.queue.get() else {
        return refuse(call, "no msgqueue, cannot use push()");
    };
    match queue.push(kind(call)?, data) {
        Ok(()) => call.ret_bool(true),
        Err(cause) if cause.kind() == std::io::ErrorKind::WouldBlock => {
            note(&cause);
            call.ret_bool(false)
        }
        Err(cause) => failed(
            call,
            &format!("msgsnd({}, {}) failed", queue.id(), data.len()),
            &cause,
        ),
    }
}

fn pop(call: &mut Call) -> Done {
    const ENOMSG: i32 = 42;
    const EINTR: i32 = 4;
    let size = call.opt_long(0, LARGEST as i64)?;
    let most = usize::try_from(size)
        .ok()
        .filter(|most| (1..=LARGEST).contains(most))
        .unwrap_or(LARGEST);
    let Some((queue, mode)) = made(call)?.queue.get() else {
        return refuse(call, "no msgqueue, cannot use pop()");
    };
    let wanted = if mode == BALANCE { 0 } else { kind(call)? };
    match queue.pop(wanted, most) {
        Ok(data) => call.ret_str(data),
        Err(cause) if matches!(cause.raw_os_error(), Some(ENOMSG | EINTR)) => {
            note(&cause);
            call.ret_bool(false)
        }
        Err(cause) => failed(
            call,
            &format!("msgrcv({}, {most}) failed", queue.id()),
            &cause,
        ),
    }
}
