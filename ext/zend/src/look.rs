//! The virtual machine's frames as another thread sees them, without disturbing the one that runs PHP.

use std::ffi::{c_char, c_int};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

unsafe extern "C" {
    fn hp_vm_look(memory: c_int, to: *mut c_char, room: usize) -> usize;
}

/// Room for a backtrace.
const ROOM: usize = 16 * 1024;

/// Looks at the frames of this process. Made anew in the child of a fork.
#[derive(Debug)]
pub struct Onlooker {
    /// Reading it fails where there is nothing; reading memory itself would crash.
    memory: File,
}

impl Onlooker {
    /// One for this process.
    ///
    /// # Errors
    /// The system's: `/proc` may not be mounted.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            memory: File::open("/proc/self/mem")?,
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
                text.as_mut_ptr().cast(),
                text.len(),
            )
        };
        text.truncate(used);
        (used > 0).then(|| String::from_utf8_lossy(&text).into_owned())
    }
}
