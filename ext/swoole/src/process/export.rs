//! `Process::exportSocket()`: the process's socket for coroutines.

use super::{failed, made};
use crate::coroutine::socket;
use highper_net::Socket;
use highper_zend::{Call, Class, Done, error};
use std::io;
use std::os::fd::AsRawFd;

/// Adds the method.
pub(super) fn methods(class: Class) -> Class {
    class.method(
        "public function exportSocket(): Swoole\\Coroutine\\Socket|false",
        "The socket of this side, whose calls wait in coroutines; the same object each time.",
        export,
    )
}

fn export(call: &mut Call) -> Done {
    let process = made(call)?;
    let known = process.exported.borrow().clone();
    if let Some(known) = known {
        return call.ret(known);
    }
    let fd = process.end().borrow().as_ref().map(AsRawFd::as_raw_fd);
    let Some(fd) = fd else {
        error::warning("no pipe, cannot export stream")?;
        return call.ret_bool(false);
    };
    match Socket::share(fd) {
        Ok(shared) => {
            let exported = socket::object(shared)?;
            process.exported.replace(Some(exported.clone()));
            call.ret(exported)
        }
        Err(cause) => {
            let (code, _) = socket::failure::describe(&cause);
            failed(call, "dup() failed", &io::Error::from_raw_os_error(code))
        }
    }
}
