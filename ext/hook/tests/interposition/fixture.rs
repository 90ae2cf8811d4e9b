//! A foreign library made with the C compiler, and a policy that waits with poll(2) and
//! notes what it was asked.

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use highper_hook::{
    AsideOutcome, Families, Interest, Policy, ResolveOutcome, SleepOutcome, WaitOutcome,
};

/// What the policy was asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Sleep(Duration),
    Wait(i32, Interest),
    WaitMany(usize),
    Taken(i32, Interest),
    Closed(i32),
    Forked,
    Resolve,
    Child(i32),
    Aside,
}

thread_local! {
    static IN_COROUTINE: Cell<bool> = const { Cell::new(false) };
    static MEANWHILE: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
}

static FLAGS: AtomicU32 = AtomicU32::new(0x1ff);
static TAKEN: AtomicBool = AtomicBool::new(false);
static LOG: Mutex<Vec<Asked>> = Mutex::new(Vec::new());
static NEXT: Mutex<Option<WaitOutcome>> = Mutex::new(None);
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note(asked: Asked) {
    if IN_COROUTINE.get() {
        locked(&LOG).push(asked);
    }
}

/// What was asked since the last call of this.
pub fn asked() -> Vec<Asked> {
    std::mem::take(&mut locked(&LOG))
}

/// How many waits on descriptors there are in the list.
pub fn waits(list: &[Asked]) -> usize {
    list.iter()
        .filter(|asked| matches!(asked, Asked::Wait(..) | Asked::WaitMany(_)))
        .count()
}

/// Lets the next wait end like this at once.
pub fn end_next_wait(outcome: WaitOutcome) {
    *locked(&NEXT) = Some(outcome);
}

/// Does this during the next wait on a descriptor, as another coroutine would.
pub fn meanwhile(work: impl FnOnce() + 'static) {
    MEANWHILE.set(Some(Box::new(work)));
}

/// What the policy says of a descriptor that is waited for.
pub fn set_taken(taken: bool) {
    TAKEN.store(taken, Ordering::SeqCst);
}

pub fn set_flags(flags: Families) {
    FLAGS.store(flags.bits(), Ordering::SeqCst);
}

pub fn set_in_coroutine(on: bool) {
    IN_COROUTINE.set(on);
}

static POLICY: Policy = Policy {
    can_suspend: || IN_COROUTINE.get(),
    flags: || Families::from_bits(FLAGS.load(Ordering::SeqCst)),
    sleep: |time| {
        note(Asked::Sleep(time));
        std::thread::sleep(time);
        SleepOutcome::Done
    },
    wait_fd: |fd, interest, limit, _| {
        note(Asked::Wait(fd, interest));
        if let Some(work) = MEANWHILE.take() {
            work();
        }
        let mut events = 0;
        if interest.is_read() {
            events |= libc::POLLIN;
        }
        if interest.is_write() {
            events |= libc::POLLOUT;
        }
        wait(
            &mut [libc::pollfd {
                fd,
                events,
                revents: 0,
            }],
            limit,
        )
    },
    is_taken: |fd, interest| {
        note(Asked::Taken(fd, interest));
        TAKEN.load(Ordering::SeqCst)
    },
    found: |_| 0,
    drained: |_| {},
    is_drained: |_| false,
    wait_many: |list, limit, _| {
        note(Asked::WaitMany(list.len()));
        wait(list, limit)
    },
    resolve: |query| {
        note(Asked::Resolve);
        let answer = std::thread::spawn(move || query.ask());
        ResolveOutcome::Done(answer.join().expect("a look-up does not panic"))
    },
    offload: highper_hook::FileWork::run,
    child: |pid, ended| {
        note(Asked::Child(pid));
        for _ in 0..5_000 {
            if ended() {
                return WaitOutcome::Ready;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        WaitOutcome::Refused
    },
    aside: |work| {
        note(Asked::Aside);
        let done = std::thread::spawn(work);
        AsideOutcome::Done(done.join().expect("the work does not panic"))
    },
    fd_closed: |fd| note(Asked::Closed(fd)),
    forked: || note(Asked::Forked),
};

fn wait(list: &mut [libc::pollfd], limit: Option<Duration>) -> WaitOutcome {
    if let Some(outcome) = locked(&NEXT).take() {
        return outcome;
    }
    let timeout = limit.map_or(10_000, |limit| limit.as_micros().div_ceil(1000) as i32);
    // SAFETY: the list is a live slice, and its own length goes with it.
    let found = unsafe { libc::poll(list.as_mut_ptr(), list.len() as libc::nfds_t, timeout) };
    assert!(
        found > 0 || limit.is_some(),
        "a wait without limit has not ended in ten seconds"
    );
    if found > 0 {
        WaitOutcome::Ready
    } else {
        WaitOutcome::TimedOut
    }
}

/// Installs the policy; for the time after it was taken away.
pub fn install() {
    highper_hook::install(&POLICY);
}

/// A test's turn: the policy is installed, this thread counts as a coroutine.
pub struct Turn {
    _turn: MutexGuard<'static, ()>,
}

impl Turn {
    pub fn new() -> Self {
        let turn = locked(&ONE_AT_A_TIME);
        highper_hook::install(&POLICY);
        set_flags(Families::ALL);
        set_in_coroutine(true);
        asked();
        Self { _turn: turn }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        set_in_coroutine(false);
        highper_hook::unpatch();
        highper_hook::uninstall();
        locked(&NEXT).take();
    }
}

/// How the foreign library is linked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Build {
    /// Slots are bound at the first call.
    Lazy,
    /// Slots are bound at load time and write-protected.
    Now,
    /// No procedure linkage table: calls go through the GOT directly.
    NoPlt,
}

pub const BUILDS: [Build; 3] = [Build::Lazy, Build::Now, Build::NoPlt];

/// Builds a copy of the library of its own under this name.
pub fn build(build: Build, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = folder.join(format!("libforeign-{name}-{}.so", std::process::id()));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interposition/calls.c");
    let link: &[&str] = match build {
        Build::Lazy => &["-Wl,-z,lazy", "-Wl,-z,norelro"],
        Build::Now => &["-Wl,-z,relro,-z,now"],
        Build::NoPlt => &["-fno-plt", "-Wl,-z,relro,-z,now"],
    };
    let result = Command::new(std::env::var_os("CC").unwrap_or("cc".into()))
        .args([
            "-shared",
            "-fPIC",
            "-O2",
            "-U_FORTIFY_SOURCE",
            "-D_FORTIFY_SOURCE=2",
            "-Wall",
            "-Werror",
        ])
        .args(link)
        .arg("-o")
        .args([&output, &source])
        .status();
    assert!(result.unwrap().success(), "the C compiler failed");
    output
}

/// A loaded foreign library.
pub struct Library(*mut c_void);

impl Library {
    /// Builds and loads one, and patches it.
    pub fn patched(how: Build, name: &str) -> Self {
        let library = Self::load(&build(how, name));
        highper_hook::patch();
        library
    }

    /// Loads it without the hooks' knowledge, and removes the file.
    pub fn load(path: &Path) -> Self {
        let name = CString::new(path.to_str().unwrap()).unwrap();
        let flags = libc::RTLD_LOCAL | libc::RTLD_LAZY;
        // SAFETY: a C string that outlives the call; the test's libraries have no constructors.
        let handle = unsafe { libc::dlopen(name.as_ptr(), flags) };
        assert!(!handle.is_null(), "can't load {}", path.display());
        let _ = std::fs::remove_file(path);
        Self(handle)
    }

    pub fn from_handle(handle: *mut c_void) -> Self {
        assert!(!handle.is_null());
        Self(handle)
    }

    pub fn handle(&self) -> *mut c_void {
        self.0
    }

    /// A function of the library. `F` must be its type.
    pub fn get<F: Copy>(&self, name: &str) -> F {
        assert_eq!(size_of::<F>(), size_of::<usize>());
        let symbol = CString::new(name).unwrap();
        // SAFETY: the handle is open as long as this value lives; the name is a C string.
        let address = unsafe { libc::dlsym(self.0, symbol.as_ptr()) };
        assert!(!address.is_null(), "no {name}");
        // SAFETY: F is of a pointer's size, and the caller promises that it is the function's type.
        unsafe { std::mem::transmute_copy(&address) }
    }

    pub fn recv(&self, fd: i32, buffer: &mut [u8], flags: i32) -> isize {
        let f: extern "C" fn(i32, *mut u8, usize, i32) -> isize = self.get("f_recv");
        f(fd, buffer.as_mut_ptr(), buffer.len(), flags)
    }

    pub fn send(&self, fd: i32, buffer: &[u8], flags: i32) -> isize {
        let f: extern "C" fn(i32, *const u8, usize, i32) -> isize = self.get("f_send");
        f(fd, buffer.as_ptr(), buffer.len(), flags)
    }

    pub fn read(&self, fd: i32, buffer: &mut [u8]) -> isize {
        let f: extern "C" fn(i32, *mut u8, usize) -> isize = self.get("f_read");
        f(fd, buffer.as_mut_ptr(), buffer.len())
    }

    pub fn write(&self, fd: i32, buffer: &[u8]) -> isize {
        let f: extern "C" fn(i32, *const u8, usize) -> isize = self.get("f_write");
        f(fd, buffer.as_ptr(), buffer.len())
    }

    pub fn poll(&self, list: &mut [libc::pollfd], timeout: i32) -> i32 {
        let f: extern "C" fn(*mut libc::pollfd, u64, i32) -> i32 = self.get("f_poll");
        f(list.as_mut_ptr(), list.len() as u64, timeout)
    }

    pub fn int(&self, name: &str, a: i32) -> i32 {
        let f: extern "C" fn(i32) -> i32 = self.get(name);
        f(a)
    }

    pub fn ints(&self, name: &str, a: i32, b: i32) -> i32 {
        let f: extern "C" fn(i32, i32) -> i32 = self.get(name);
        f(a, b)
    }
}

pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap()
}

pub fn set_errno(value: i32) {
    // SAFETY: this thread's own errno.
    unsafe { *libc::__errno_location() = value };
}

/// Two connected stream sockets, made without the hooks' knowledge.
pub fn pair() -> [i32; 2] {
    pair_of(libc::SOCK_STREAM)
}

/// Two sockets of this kind that talk to each other.
pub fn pair_of(kind: i32) -> [i32; 2] {
    let mut fds = [0; 2];
    // SAFETY: room for the two descriptors that it writes.
    let made = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, fds.as_mut_ptr()) };
    assert_eq!(made, 0);
    fds.map(|fd| {
        highper_hook::forget(fd);
        fd
    })
}

pub fn pipe() -> [i32; 2] {
    let mut fds = [0; 2];
    // SAFETY: room for two descriptors.
    assert_eq!(unsafe { libc::pipe(fds.as_mut_ptr()) }, 0);
    fds.map(|fd| {
        highper_hook::forget(fd);
        fd
    })
}

pub fn close(fds: &[i32]) {
    for &fd in fds {
        // SAFETY: a descriptor that the test made.
        unsafe { libc::close(fd) };
        highper_hook::forget(fd);
    }
}

/// Does it on another thread, which counts as no coroutine, after some milliseconds.
pub fn later<T: Send + 'static>(
    millis: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(millis));
        work()
    })
}

/// Writes all of it, blocking.
pub fn write_all(fd: i32, mut data: &[u8]) {
    while !data.is_empty() {
        // SAFETY: reads the bytes of a slice.
        let sent = unsafe { libc::write(fd, data.as_ptr().cast(), data.len()) };
        assert!(sent > 0, "{}", std::io::Error::last_os_error());
        data = &data[sent as usize..];
    }
}

/// Reads `len` bytes in small bites with a pause between them, blocking.
pub fn read_slowly(fd: i32, len: usize) -> Vec<u8> {
    let mut data = Vec::with_capacity(len);
    let mut bite = vec![0; 40_000];
    while data.len() < len {
        let want = bite.len().min(len - data.len());
        // SAFETY: room for as many bytes.
        let got = unsafe { libc::read(fd, bite.as_mut_ptr().cast(), want) };
        assert!(got > 0, "{}", std::io::Error::last_os_error());
        data.extend_from_slice(&bite[..got as usize]);
        std::thread::sleep(Duration::from_millis(1));
    }
    data
}

/// Bytes that differ from place to place.
pub fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at ^ at >> 8 ^ at >> 15) as u8).collect()
}
