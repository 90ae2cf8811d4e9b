//! The virtual machine's frames as another thread or process sees them, without disturbing the one that runs PHP.

use std::ffi::{c_char, c_int, c_void};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;

unsafe extern "C" {
    fn hp_vm_look(memory: c_int, current: *const c_void, to: *mut c_char, room: usize) -> usize;
    fn hp_vm_look_from() -> *const c_void;
}

/// Room for a backtrace.
const ROOM: usize = 16 * 1024;

/// Looks at the frames of a process.
#[derive(Debug)]
pub struct Onlooker {
    /// Reading it fails where there is nothing; reading memory itself would crash.
    memory: File,
    /// Where the process keeps its innermost frame.
    current: usize,
}

impl Onlooker {
    /// One for this process; not for the child of a fork.
    ///
    /// # Errors
    /// The system's: `/proc` may not be mounted.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            memory: File::open("/proc/self/mem")?,
            current: own(),
        })
    }

    /// One for another process, that runs the same program with this extension.
    ///
    /// # Errors
    /// The system's, which may forbid it (as it does debuggers); another program.
    pub fn of(process: u32) -> io::Result<Self> {
        let program =
            |of: &str| fs::metadata(format!("/proc/{of}/exe")).map(|m| (m.dev(), m.ino()));
        let of = process.to_string();
        if program("self")? != program(&of)? {
            return Err(io::Error::other("it is not the same program"));
        }
        let distance = own().wrapping_sub(start("self")?);
        Ok(Self {
            memory: File::open(format!("/proc/{of}/mem"))?,
            current: start(&of)?.wrapping_add(distance),
        })
    }

    /// Where PHP code runs now, "file:line", and from the second line on a backtrace as PHP writes one, without arguments.
    /// It is to be trusted only where nothing ran meanwhile, as in a call that blocks. `None` when nothing is to be seen.
    #[must_use]
    pub fn backtrace(&self) -> Option<String> {
        let mut text = vec![0_u8; ROOM];
        // SAFETY: writes at most as many bytes; reads of other memory go through the file.
        let used = unsafe {
            hp_vm_look(
                self.memory.as_raw_fd(),
                self.current as *const c_void,
                text.as_mut_ptr().cast(),
                text.len(),
            )
        };
        text.truncate(used);
        (used > 0).then(|| String::from_utf8_lossy(&text).into_owned())
    }
}

fn own() -> usize {
    // SAFETY: an address of the program's data.
    unsafe { hp_vm_look_from() as usize }
}

/// Where the program itself begins in a process's memory.
fn start(of: &str) -> io::Result<usize> {
    let program = fs::read_link(format!("/proc/{of}/exe"))?;
    let maps = fs::read_to_string(format!("/proc/{of}/maps"))?;
    let line = maps.lines().find(|line| {
        line.split_whitespace()
            .nth(5)
            .is_some_and(|path| program.as_os_str() == path)
    });
    line.and_then(|line| usize::from_str_radix(line.split_once('-')?.0, 16).ok())
        .ok_or_else(|| io::Error::other("its program is not in its memory map"))
}
