//! System V message queues.

use std::io;

use crate::sys;

/// Bytes of the largest message (Linux's `MSGMAX` by default is 8192; queues may allow more).
pub const LARGEST: usize = 65536;

#[repr(C)]
struct Message {
    kind: libc::c_long,
    data: [u8; LARGEST],
}

/// A queue that processes share by its key. It outlives them until it is removed.
#[derive(Clone, Copy, Debug)]
pub struct MessageQueue {
    id: i32,
    key: i32,
    waits: bool,
}

/// What is in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// Messages.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A key from a file that exists, and the number 1.
///
/// # Errors
/// The system's error when there is no such file.
pub fn key_of(path: &std::path::Path) -> io::Result<i32> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes())
        .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: a C string that lives through the call.
    sys::check(unsafe { libc::ftok(path.as_ptr(), 1) })
}

impl MessageQueue {
    /// Opens the queue of a key, or makes it, for every user (0666).
    ///
    /// # Errors
    /// `ENOSPC` when the system has no room for another.
    pub fn open(key: i32, waits: bool) -> io::Result<Self> {
        // SAFETY: touches no memory.
        let id = sys::check(unsafe { libc::msgget(key, libc::IPC_CREAT | 0o666) })?;
        Ok(Self { id, key, waits })
    }

    /// The system's number.
    #[must_use]
    pub fn id(self) -> i32 {
        self.id
    }

    /// The key that it was opened by.
    #[must_use]
    pub fn key(self) -> i32 {
        self.key
    }

    fn flags(self) -> i32 {
        if self.waits { 0 } else { libc::IPC_NOWAIT }
    }

    /// Puts a message in; waits for room, if the queue waits.
    ///
    /// # Errors
    /// `EAGAIN`: no room; `EINVAL`: too large, or the queue is gone; `EIDRM`: removed while this waited.
    pub fn push(self, kind: i64, data: &[u8]) -> io::Result<()> {
        if data.len() > LARGEST {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let mut message = new_message(kind);
        message.data[..data.len()].copy_from_slice(data);
        loop {
            // SAFETY: a message of at least that many bytes.
            let result = unsafe {
                libc::msgsnd(
                    self.id,
                    std::ptr::from_ref(&*message).cast(),
                    data.len(),
                    self.flags(),
                )
            };
            match sys::check(result) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                done => return done.map(drop),
            }
        }
    }

    /// Takes the first message of a kind, or the first of all when that is 0; waits for one, if the queue waits.
    ///
    /// # Errors
    /// `ENOMSG`: there is none; `E2BIG`: larger than `most`; `EIDRM`: removed while this waited; `EINTR`.
    pub fn pop(self, kind: i64, most: usize) -> io::Result<Vec<u8>> {
        let mut message = new_message(0);
        // SAFETY: a message with room for that many bytes.
        let count = unsafe {
            libc::msgrcv(
                self.id,
                std::ptr::from_mut(&mut *message).cast(),
                most.min(LARGEST),
                kind,
                self.flags(),
            )
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        Ok(message.data[..count].to_vec())
    }

    fn status(self) -> io::Result<libc::msqid_ds> {
        // SAFETY: plain data, written by the call.
        unsafe {
            let mut status: libc::msqid_ds = std::mem::zeroed();
            sys::check(libc::msgctl(self.id, libc::IPC_STAT, &raw mut status))?;
            Ok(status)
        }
    }

    /// What is in it.
    ///
    /// # Errors
    /// `EINVAL` when it is gone.
    pub fn content(self) -> io::Result<Content> {
        let status = self.status()?;
        Ok(Content {
            count: status.msg_qnum,
            bytes: status.__msg_cbytes,
        })
    }

    /// Sets how many bytes it may hold.
    ///
    /// # Errors
    /// `EPERM` above the system's limit (`kernel.msgmnb`) for those who are not root.
    pub fn set_capacity(self, bytes: u64) -> io::Result<()> {
        let mut status = self.status()?;
        status.msg_qbytes = bytes;
        // SAFETY: reads the structure on the stack.
        sys::check(unsafe { libc::msgctl(self.id, libc::IPC_SET, &raw mut status) }).map(drop)
    }

    /// Removes it for all.
    ///
    /// # Errors
    /// `EINVAL` when it is gone; `EPERM` when it is another user's.
    pub fn remove(self) -> io::Result<()> {
        // SAFETY: IPC_RMID takes no structure.
        sys::check(unsafe { libc::msgctl(self.id, libc::IPC_RMID, std::ptr::null_mut()) }).map(drop)
    }
}

fn new_message(kind: i64) -> Box<Message> {
    Box::new(Message {
        kind,
        data: [0; LARGEST],
    })
}
