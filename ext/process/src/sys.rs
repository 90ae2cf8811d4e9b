//! System calls as safe functions: what the rest of the crate uses.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

/// Process id.
pub type Pid = libc::pid_t;

pub fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

pub fn getpid() -> Pid {
    // SAFETY: always succeeds.
    unsafe { libc::getpid() }
}

pub fn getppid() -> Pid {
    // SAFETY: always succeeds.
    unsafe { libc::getppid() }
}

pub fn geteuid() -> libc::uid_t {
    // SAFETY: always succeeds.
    unsafe { libc::geteuid() }
}

/// Ends a socket in both directions, for every process that shares it.
pub fn shutdown(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the descriptor is open as long as the borrow.
    check(unsafe { libc::shutdown(fd.as_raw_fd(), libc::SHUT_RDWR) }).map(drop)
}

/// A socket that listens does not any more, in every process that shares it; its address stays its own, and
/// [`listen_again`] undoes it.
pub fn stop_listening(fd: BorrowedFd<'_>) -> io::Result<()> {
    // Who does not listen shares its address with all that set this option, as servers do.
    reuse_address(fd, false)?;
    // SAFETY: the descriptor is open as long as the borrow.
    check(unsafe { libc::shutdown(fd.as_raw_fd(), libc::SHUT_RD) }).map(drop)
}

/// It listens again.
pub fn listen_again(fd: BorrowedFd<'_>, backlog: i32) -> io::Result<()> {
    // Connections that go on have the address too.
    reuse_address(fd, true)?;
    // SAFETY: the descriptor is open as long as the borrow.
    check(unsafe { libc::listen(fd.as_raw_fd(), backlog) }).map(drop)
}

fn reuse_address(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let on = libc::c_int::from(on);
    // SAFETY: the descriptor is open as long as the borrow; reads one integer.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_REUSEADDR,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    })
    .map(drop)
}

/// Forks. The caller keeps the rule that this process has one thread.
pub fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: PHP without threads: the child's copy of memory is consistent.
    match check(unsafe { libc::fork() })? {
        0 => Ok(None),
        pid => Ok(Some(pid)),
    }
}

/// Ends the process at once: no destructor, no exit handler, no PHP shutdown.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(code) }
}

pub fn kill(pid: Pid, signal: i32) -> io::Result<()> {
    // SAFETY: sends a signal, touches no memory.
    check(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// How a process ended, as waitpid tells it.
#[derive(Clone, Copy, Debug)]
pub struct WaitStatus(pub i32);

impl WaitStatus {
    pub fn code(self) -> Option<i32> {
        libc::WIFEXITED(self.0).then(|| libc::WEXITSTATUS(self.0))
    }

    pub fn signal(self) -> Option<i32> {
        libc::WIFSIGNALED(self.0).then(|| libc::WTERMSIG(self.0))
    }
}

/// Collects a child that has ended. -1 asks for any. Ok(None): none has.
pub fn wait_no_hang(pid: Pid) -> io::Result<Option<(Pid, WaitStatus)>> {
    let mut status = 0;
    // SAFETY: writes the status to the stack.
    match check(unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) })? {
        0 => Ok(None),
        pid => Ok(Some((pid, WaitStatus(status)))),
    }
}

/// Waits for one child, however long it takes.
pub fn wait(pid: Pid) -> io::Result<WaitStatus> {
    loop {
        let mut status = 0;
        // SAFETY: writes the status to the stack.
        match check(unsafe { libc::waitpid(pid, &raw mut status, 0) }) {
            Ok(_) => return Ok(WaitStatus(status)),
            Err(e) if e.raw_os_error() == Some(libc::EINTR) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Sleeps: for the manager and for commands, which have no loop to hold up.
#[expect(
    clippy::disallowed_methods,
    reason = "never called in a worker, and there are no engine timers here"
)]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// The mask of blocked signals, to give back later.
pub struct Mask(libc::sigset_t);

/// Blocks every signal; returns the mask before.
pub fn block_signals() -> Mask {
    let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: both sets are on the stack; sigprocmask cannot fail with these arguments.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        Mask(before.assume_init())
    }
}

/// Sets the mask, with `open` taken out of it.
pub fn restore_signals(mask: &Mask, open: &[i32]) {
    let mut set = mask.0;
    // SAFETY: the set is an initialised copy on the stack.
    unsafe {
        for signal in open {
            libc::sigdelset(&raw mut set, *signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const set, std::ptr::null_mut());
    }
}

/// Waits until one of `fds` can be read or the time is up; EINTR counts as
/// time up.
pub fn poll(fds: &[RawFd], timeout: Duration) -> io::Result<Vec<bool>> {
    let mut list: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: *fd,
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    // Rounded up: a loop that waits for a moment must not spin before it.
    let ms = timeout.as_micros().div_ceil(1000).min(60_000) as libc::c_int;
    // SAFETY: the list lives through the call.
    match check(unsafe { libc::poll(list.as_mut_ptr(), list.len() as libc::nfds_t, ms) }) {
        Ok(_) => Ok(list.iter().map(|p| p.revents != 0).collect()),
        Err(e) if e.raw_os_error() == Some(libc::EINTR) => Ok(vec![false; fds.len()]),
        Err(e) => Err(e),
    }
}

/// Waits until a descriptor is ready, at most so long; false when the time is over or a signal came.
pub fn poll_one(fd: BorrowedFd<'_>, events: libc::c_short, timeout: Duration) -> io::Result<bool> {
    let mut entry = libc::pollfd {
        fd: fd.as_raw_fd(),
        events,
        revents: 0,
    };
    let ms = timeout.as_micros().div_ceil(1000).min(60_000) as libc::c_int;
    // SAFETY: one entry that lives through the call.
    match check(unsafe { libc::poll(&raw mut entry, 1, ms) }) {
        Ok(count) => Ok(count > 0),
        Err(e) if e.raw_os_error() == Some(libc::EINTR) => Ok(false),
        Err(e) => Err(e),
    }
}

/// How many bytes may be under way from a socket.
pub fn set_send_buffer(fd: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    let room = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // SAFETY: reads an integer on the stack.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_SNDBUF,
            (&raw const room).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    })
    .map(drop)
}

/// A file that lies in memory, closed on exec.
pub fn memory_file() -> io::Result<OwnedFd> {
    // SAFETY: a C string; makes a descriptor.
    let fd = check(unsafe { libc::memfd_create(c"message".as_ptr(), libc::MFD_CLOEXEC) })?;
    // SAFETY: fresh and owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Room for one descriptor beside a datagram.
#[repr(C, align(8))]
struct Control([u8; 64]);

/// Sends a datagram of two parts, and a descriptor with it.
pub fn send_parts(
    to: BorrowedFd<'_>,
    parts: [&[u8]; 2],
    file: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let mut vectors = parts.map(|part| libc::iovec {
        iov_base: part.as_ptr().cast_mut().cast(),
        iov_len: part.len(),
    });
    let mut control = Control([0; 64]);
    // SAFETY: plain data, valid as zeros; every pointer in it is to something on this stack or borrowed
    // through the call, and the control message fits, as CMSG_SPACE of one descriptor is 24 bytes.
    let sent = unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = vectors.as_mut_ptr();
        message.msg_iovlen = vectors.len() as _;
        if let Some(file) = file {
            message.msg_control = control.0.as_mut_ptr().cast();
            message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as _;
            let head = libc::CMSG_FIRSTHDR(&raw const message);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
            libc::CMSG_DATA(head)
                .cast::<RawFd>()
                .write_unaligned(file.as_raw_fd());
        }
        libc::sendmsg(
            to.as_raw_fd(),
            &raw const message,
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    if sent < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Receives a datagram, and the descriptor that came with it.
pub fn receive_with_file(
    from: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut vector = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let mut control = Control([0; 64]);
    // SAFETY: as in send_parts; a descriptor that came is fresh and owned by nobody else.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut vector;
        message.msg_iovlen = 1;
        message.msg_control = control.0.as_mut_ptr().cast();
        message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as _;
        let count = libc::recvmsg(
            from.as_raw_fd(),
            &raw mut message,
            libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC,
        );
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        let head = libc::CMSG_FIRSTHDR(&raw const message);
        let file = if !head.is_null()
            && (*head).cmsg_level == libc::SOL_SOCKET
            && (*head).cmsg_type == libc::SCM_RIGHTS
        {
            let fd = libc::CMSG_DATA(head).cast::<RawFd>().read_unaligned();
            Some(OwnedFd::from_raw_fd(fd))
        } else {
            None
        };
        Ok((count, file))
    }
}

/// A pipe, both ends closed on exec; non-blocking if asked.
pub fn pipe(non_blocking: bool) -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [0; 2];
    let flags = libc::O_CLOEXEC | if non_blocking { libc::O_NONBLOCK } else { 0 };
    // SAFETY: writes two descriptors to the stack.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), flags) })?;
    // SAFETY: both are fresh and owned by nobody else.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

/// A non-blocking event counter, closed on exec.
pub fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: makes a descriptor.
    let fd = check(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
    // SAFETY: fresh and owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

pub fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        // SAFETY: the buffer lives through the call.
        let n = unsafe { libc::read(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
        if n >= 0 {
            return Ok(n as usize);
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINTR) {
            return Err(error);
        }
    }
}

pub fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        // SAFETY: the bytes live through the call.
        let n = unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
        if n >= 0 {
            bytes = &bytes[n as usize..];
            continue;
        }
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINTR) {
            return Err(error);
        }
    }
    Ok(())
}

pub fn dup_onto(from: BorrowedFd<'_>, to: RawFd) -> io::Result<()> {
    // SAFETY: replaces a standard stream that this process owns.
    check(unsafe { libc::dup2(from.as_raw_fd(), to) }).map(drop)
}

/// Flags and settings of one process that fcntl and prctl know.
pub fn die_with_parent(signal: i32) -> io::Result<()> {
    // SAFETY: sets an attribute of this process.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) }).map(drop)
}

pub fn setsid() -> io::Result<()> {
    // SAFETY: touches no memory.
    check(unsafe { libc::setsid() }).map(drop)
}

pub fn umask(mask: libc::mode_t) -> libc::mode_t {
    // SAFETY: always succeeds.
    unsafe { libc::umask(mask) }
}

pub fn chroot(path: &CStr) -> io::Result<()> {
    // SAFETY: the path is a C string that lives through the calls.
    unsafe {
        check(libc::chroot(path.as_ptr()))?;
        check(libc::chdir(c"/".as_ptr())).map(drop)
    }
}

pub fn chown(path: &CStr, uid: libc::uid_t, gid: libc::gid_t) -> io::Result<()> {
    // SAFETY: the path is a C string that lives through the call.
    check(unsafe { libc::chown(path.as_ptr(), uid, gid) }).map(drop)
}

/// Takes an exclusive lock on an open file; Ok(false) when another holds it.
pub fn try_lock(fd: BorrowedFd<'_>) -> io::Result<bool> {
    // SAFETY: locks a descriptor that lives through the call.
    match check(unsafe { libc::flock(fd.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) }) {
        Ok(_) => Ok(true),
        Err(e) if e.raw_os_error() == Some(libc::EWOULDBLOCK) => Ok(false),
        Err(e) => Err(e),
    }
}

/// CPUs that this process may run on.
pub fn affinity_count() -> usize {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: the set is on the stack and zeroed.
    let result =
        unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), set.as_mut_ptr()) };
    if result == 0 {
        // SAFETY: filled by the call above.
        let count = unsafe { libc::CPU_COUNT(set.assume_init_ref()) };
        usize::try_from(count).unwrap_or(1).max(1)
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

pub fn page_size() -> u64 {
    // SAFETY: reads a constant.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// How many clock ticks `/proc` counts to the second.
#[must_use]
pub fn clock_ticks() -> u64 {
    // SAFETY: reads a constant.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    u64::try_from(ticks).unwrap_or(100).max(1)
}

/// A random number, to spread limits over workers.
pub fn random() -> u64 {
    let mut bytes = [0u8; 8];
    // SAFETY: fills eight bytes on the stack.
    let n = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if n == 8 {
        u64::from_ne_bytes(bytes)
    } else {
        highper_shm::monotonic() ^ (u64::from(getpid().unsigned_abs()) << 32)
    }
}

/// "SIGKILL" and so on; the number where the name is not common.
pub fn signal_name(signal: i32) -> String {
    match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGSYS => "SIGSYS",
        other => return format!("signal {other}"),
    }
    .to_owned()
}
