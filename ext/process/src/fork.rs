//! A single child of an application, outside a server's workers: fork, wait, kill, a pair of sockets.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixDatagram, UnixStream};

use crate::{signals, sys, watch};

/// Room for what is on its way through a pair of sockets, in bytes (Swoole's default).
const SOCKET_BUFFER: libc::c_int = 8 * 1024 * 1024;

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its process id.
    pub pid: i32,
    /// Its exit code; 0 when a signal ended it.
    pub code: i32,
    /// The signal that ended it; 0 when it exited.
    pub signal: i32,
}

/// Forks: the child's id in the parent, `None` in the child.
///
/// C's standard streams are flushed first, so that nothing is written twice. In the child
/// no signal is watched any more, and signals have their default effect again. Call it outside coroutines.
///
/// # Errors
/// The system's error: too many processes, no memory.
pub fn fork() -> io::Result<Option<i32>> {
    // SAFETY: null means all streams; it touches nothing else.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    let child = sys::fork()?;
    if child.is_none() {
        watch::forget();
        signals::reset(&signals::manager());
    }
    Ok(child)
}

/// Waits for any child of this process. `None` when none has ended and `blocking` is false.
///
/// # Errors
/// `ECHILD` when there is no child, `EINTR` when a signal came first.
pub fn wait(blocking: bool) -> io::Result<Option<Ended>> {
    let mut status = 0;
    let options = if blocking { 0 } else { libc::WNOHANG };
    // SAFETY: writes the status to the stack.
    let pid = sys::check(unsafe { libc::waitpid(-1, &raw mut status, options) })?;
    if pid == 0 {
        return Ok(None);
    }
    let status = sys::WaitStatus(status);
    Ok(Some(Ended {
        pid,
        code: status.code().unwrap_or(0),
        signal: status.signal().unwrap_or(0),
    }))
}

/// Sends a signal; 0 only asks whether it could be sent.
///
/// # Errors
/// `ESRCH`: no such process; `EPERM`: not ours; `EINVAL`: no such signal.
pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    sys::kill(pid, signal)
}

/// Blocks this process for so long: where there is no loop that could wait.
pub fn pause(time: std::time::Duration) {
    sys::pause(time);
}

/// Ends this process at once: no destructor and no shutdown function runs.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: as in `fork`.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    sys::exit_now(code)
}

/// Two connected sockets, closed on exec, with room for 8 MiB; for packets, or for a stream of bytes.
///
/// Both kinds come as [`UnixStream`]: reading, writing, time-outs and shutdown are the same calls.
///
/// # Errors
/// The system's error: too many descriptors.
pub fn pair(packets: bool) -> io::Result<(UnixStream, UnixStream)> {
    let (a, b): (OwnedFd, OwnedFd) = if packets {
        let (a, b) = UnixDatagram::pair()?;
        (a.into(), b.into())
    } else {
        let (a, b) = UnixStream::pair()?;
        (a.into(), b.into())
    };
    let room = SOCKET_BUFFER;
    for fd in [&a, &b] {
        for option in [libc::SO_SNDBUF, libc::SO_RCVBUF] {
            // The kernel caps it; with less room a large packet is refused when it is sent.
            // SAFETY: reads an integer on the stack.
            unsafe {
                libc::setsockopt(
                    fd.as_raw_fd(),
                    libc::SOL_SOCKET,
                    option,
                    (&raw const room).cast(),
                    size_of::<libc::c_int>() as libc::socklen_t,
                )
            };
        }
    }
    Ok((a.into(), b.into()))
}

/// Makes the standard streams 0, 1 and 2 duplicates of a descriptor.
///
/// # Errors
/// The system's error.
pub fn redirect_standard(to: impl AsFd) -> io::Result<()> {
    for stream in 0..=2 {
        sys::dup_onto(to.as_fd(), stream)?;
    }
    Ok(())
}

/// Replaces one standard stream by a duplicate of a descriptor of PHP.
///
/// # Errors
/// `EBADF` when `from` is not open; `EINVAL` when `stream` is none of 0, 1, 2.
pub fn replace_standard(from: i32, stream: i32) -> io::Result<()> {
    // SAFETY: F_GETFD only looks whether the number is open.
    sys::check(unsafe { libc::fcntl(from, libc::F_GETFD) })?;
    if !(0..=2).contains(&stream) {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    // SAFETY: open, as was just seen, and only borrowed for the call.
    sys::dup_onto(unsafe { BorrowedFd::borrow_raw(from) }, stream)
}

/// Makes reading and writing a descriptor fail where they would wait.
///
/// # Errors
/// `EBADF` when it is not open.
pub fn set_non_blocking(fd: i32) -> io::Result<()> {
    // SAFETY: reads and sets the flags of a number; touches no memory.
    unsafe {
        let flags = sys::check(libc::fcntl(fd, libc::F_GETFL))?;
        sys::check(libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK)).map(drop)
    }
}

/// Writes what goes out at once to a descriptor that does not block; how many bytes.
///
/// # Errors
/// `WouldBlock` when there is no room; `EPIPE`, with no signal where it is a socket.
pub fn write_now(fd: i32, bytes: &[u8]) -> io::Result<usize> {
    loop {
        // SAFETY: reads the bytes; a number that is no descriptor is refused.
        let mut sent =
            unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) };
        if sent < 0 && io::Error::last_os_error().raw_os_error() == Some(libc::ENOTSOCK) {
            // SAFETY: as above.
            sent = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
        }
        match usize::try_from(sent) {
            Ok(sent) => return Ok(sent),
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// Runs a program in place of this process, with this environment and in this folder. Signals that come meanwhile wait for it:
/// they reach its manager.
///
/// # Errors
/// Only that comes back; [`io::ErrorKind::Interrupted`] when a signal came that was not read yet.
#[must_use]
pub fn succeed(
    file: &std::path::Path,
    args: &[std::ffi::OsString],
    environment: &[(std::ffi::OsString, std::ffi::OsString)],
    folder: &std::path::Path,
) -> io::Error {
    let texts = |bytes: Vec<Vec<u8>>| -> Result<Vec<CString>, std::ffi::NulError> {
        bytes.into_iter().map(CString::new).collect()
    };
    let pair = |(name, value): &(std::ffi::OsString, std::ffi::OsString)| {
        [name.as_bytes(), b"=", value.as_bytes()].concat()
    };
    let (Ok(file), Ok(args), Ok(environment)) = (
        CString::new(file.as_os_str().as_bytes()),
        texts(args.iter().map(|arg| arg.as_bytes().to_vec()).collect()),
        texts(environment.iter().map(pair).collect()),
    ) else {
        return io::Error::from_raw_os_error(libc::EINVAL);
    };
    let list = |texts: &[CString]| -> Vec<*const libc::c_char> {
        let pointers = texts.iter().map(|text| text.as_ptr());
        pointers.chain([std::ptr::null()]).collect()
    };
    let (args, environment) = (list(&args), list(&environment));
    if let Err(error) = std::env::set_current_dir(folder).and_then(|()| crate::signals::hold()) {
        return error;
    }
    // SAFETY: C strings and lists that end with null, all alive through the call.
    unsafe { libc::execve(file.as_ptr(), args.as_ptr(), environment.as_ptr()) };
    let error = io::Error::last_os_error();
    crate::signals::release();
    error
}

/// Runs a program in place of this process. Returns only when that failed.
#[must_use]
pub fn exec(file: &std::path::Path, args: &[&[u8]]) -> io::Error {
    let strings: Result<Vec<CString>, _> = std::iter::once(file.as_os_str().as_bytes())
        .chain(args.iter().copied())
        .map(CString::new)
        .collect();
    let Ok(strings) = strings else {
        return io::Error::from_raw_os_error(libc::EINVAL);
    };
    let mut list: Vec<*const libc::c_char> = strings.iter().map(|s| s.as_ptr()).collect();
    list.push(std::ptr::null());
    // SAFETY: C strings and a list that ends with null, all alive through the call.
    unsafe { libc::execv(list[0], list.as_ptr()) };
    io::Error::last_os_error()
}

/// Goes to the background: a session of its own; the process that called ends with code 0.
///
/// # Errors
/// The system's error.
pub fn detach(keep_directory: bool, keep_streams: bool) -> io::Result<()> {
    if !keep_directory {
        std::env::set_current_dir("/")?;
    }
    if !keep_streams {
        let null = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/null")?;
        redirect_standard(&null)?;
    }
    if fork()?.is_some() {
        sys::exit_now(0);
    }
    sys::setsid()
}

/// Sends SIGALRM (0), SIGVTALRM (1) or SIGPROF (2) every so many microseconds; 0 or less stops it.
///
/// # Errors
/// `EINVAL` when `kind` is none of these.
pub fn alarm(microseconds: i64, kind: i32) -> io::Result<()> {
    let time = libc::timeval {
        tv_sec: microseconds.max(0) / 1_000_000,
        tv_usec: microseconds.max(0) % 1_000_000,
    };
    let spec = libc::itimerval {
        it_interval: time,
        it_value: time,
    };
    // SAFETY: setitimer reads a structure on the stack; an unknown kind is refused.
    let result = unsafe { libc::syscall(libc::SYS_setitimer, kind, &raw const spec, 0usize) };
    sys::check(result as libc::c_int).map(drop)
}

/// The nice value of a process (`which` 0), a group (1) or a user (2).
///
/// # Errors
/// `EINVAL`, `ESRCH`.
pub fn priority(which: i64, who: i64) -> io::Result<i32> {
    // SAFETY: errno is the thread's own, set to 0 because -1 is a value as well.
    unsafe {
        *libc::__errno_location() = 0;
        let value = libc::getpriority(which as _, who as _);
        match *libc::__errno_location() {
            0 => Ok(value),
            number => Err(io::Error::from_raw_os_error(number)),
        }
    }
}

/// Sets it.
///
/// # Errors
/// As [`priority`], and `EACCES` where only root may.
pub fn set_priority(which: i64, who: i64, value: i64) -> io::Result<()> {
    // SAFETY: touches no memory.
    sys::check(unsafe { libc::setpriority(which as _, who as _, value as _) }).map(drop)
}

/// The processors that this process may run on.
///
/// # Errors
/// The system's error.
pub fn affinity() -> io::Result<Vec<i64>> {
    // SAFETY: the set is plain data on the stack, written by the call.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        sys::check(libc::sched_getaffinity(
            0,
            size_of::<libc::cpu_set_t>(),
            &raw mut set,
        ))?;
        Ok((0..libc::CPU_SETSIZE as usize)
            .filter(|cpu| libc::CPU_ISSET(*cpu, &set))
            .map(|cpu| cpu as i64)
            .collect())
    }
}

/// Sets them.
///
/// # Errors
/// `EINVAL` when the machine has none of them.
pub fn set_affinity(cpus: &[i64]) -> io::Result<()> {
    // SAFETY: the set is plain data on the stack; CPU_SET stays inside it, as checked.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for cpu in cpus {
            if !(0..i64::from(libc::CPU_SETSIZE)).contains(cpu) {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
            libc::CPU_SET(*cpu as usize, &mut set);
        }
        sys::check(libc::sched_setaffinity(
            0,
            size_of::<libc::cpu_set_t>(),
            &raw const set,
        ))
        .map(drop)
    }
}
