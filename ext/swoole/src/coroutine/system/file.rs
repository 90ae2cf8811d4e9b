//! Whole files, read and written on another thread.

use super::{failed, path};
use crate::coroutine::waiting;
use highper_engine::{self as engine};
use highper_zend::{Call, Class, Done, Throw};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

/// `LOCK_EX`, `FILE_LOCK`
const LOCK: i64 = 2;
/// `FILE_APPEND`
const APPEND: i64 = 8;
/// `O_NOFOLLOW`
const NO_FOLLOW: i32 = 0o400_000;

pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public static function readFile(string $filename, int $flag = 0): string|false",
            "Reads a whole file, with LOCK_EX under a shared lock.",
            read,
        )
        .method(
            "public static function writeFile(string $filename, string $fileContent, int $flags = 0): int|false",
            "Writes a file, or with FILE_APPEND adds to it, with LOCK_EX under a lock. How many bytes.",
            write,
        )
}

/// Does it on another thread while the coroutine waits; `None` when it was cancelled meanwhile.
pub(super) fn offload<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<Option<io::Result<T>>, Throw> {
    waiting::can_wait()?;
    engine::scheduler::clear_cancelled();
    let outcome = engine::offload(work);
    waiting::resumed()?;
    match outcome {
        Ok(result) => Ok(Some(result)),
        Err(reason) => {
            waiting::settle(reason);
            Ok(None)
        }
    }
}

fn read(call: &mut Call) -> Done {
    let path = path(call, 0, "Filename")?.to_owned();
    let locks = call.opt_long(1, 0)? & LOCK != 0;
    let content = offload(move || {
        let mut file = File::open(path)?;
        if locks {
            file.lock_shared()?;
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(content)
    })?;
    match content {
        Some(Ok(content)) => call.ret_str(content),
        Some(Err(error)) => failed(call, &error),
        None => call.ret_bool(false),
    }
}

fn write(call: &mut Call) -> Done {
    let path = path(call, 0, "Filename")?.to_owned();
    let content = call.bytes(1)?.to_vec();
    let flags = call.opt_long(2, 0)?;
    let (appends, locks) = (flags & APPEND != 0, flags & LOCK != 0);
    let written = offload(move || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .append(appends)
            .truncate(!appends)
            .custom_flags(NO_FOLLOW)
            .mode(0o644)
            .open(path)?;
        if locks {
            file.lock()?;
        }
        file.write_all(&content)?;
        Ok(content.len())
    })?;
    match written {
        Some(Ok(length)) => call.ret(length),
        Some(Err(error)) => failed(call, &error),
        None => call.ret_bool(false),
    }
}
