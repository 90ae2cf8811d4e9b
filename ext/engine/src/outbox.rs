//! Many sends on many sockets by one system call, where the kernel has io_uring and lets this process use it.
//!
//! A message to a room is a `send` for each client, and going into the kernel and back for each of them costs up to a fifth of
//! that. Each send is done while the call lasts, in order, and never waits: what a socket does not take at once is the caller's.

use crate::process;
use io_uring::{IoUring, opcode, types};
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::os::fd::RawFd;

/// How many sends go into one call.
pub const BATCH: usize = 256;

/// One send.
#[derive(Debug)]
pub struct Letter<'a> {
    /// The socket; open until the call is over.
    pub fd: RawFd,
    /// What it is to be sent.
    pub bytes: &'a [u8],
    /// What came of it: how many bytes the kernel took, or the system's error, negative; `-EINTR` is to be sent again.
    pub sent: i32,
}

/// The ring, and the process that made it. It is never unmapped: in the child of a fork other things may lie in its place.
type Ring = (u32, ManuallyDrop<IoUring>);

thread_local! {
    static RING: RefCell<Option<Ring>> = const { RefCell::new(None) };
    /// Did the kernel refuse it?
    static IS_REFUSED: Cell<bool> = const { Cell::new(false) };
}

/// Of what was not sent.
const UNSENT: i32 = -libc::EINTR;

fn ring() -> Option<IoUring> {
    let ring = IoUring::new(BATCH as u32).ok()?;
    // Linux 5.17: from then on a send that may not wait is never put off.
    ring.params()
        .is_feature_skip_cqe_on_success()
        .then_some(ring)
}

/// Sends at most [`BATCH`] letters, each as `send(2)` with `MSG_DONTWAIT` and `MSG_NOSIGNAL` would. False where that is not to be
/// had here: then nothing was sent, and nothing will be.
pub fn send_all(letters: &mut [Letter<'_>]) -> bool {
    if IS_REFUSED.get() || letters.len() > BATCH {
        return false;
    }
    RING.with_borrow_mut(|place| {
        if place
            .as_ref()
            .is_none_or(|(owner, _)| *owner != process::id())
        {
            // That of a parent is left as it is.
            *place = ring().map(|ring| (process::id(), ManuallyDrop::new(ring)));
        }
        let Some((_, ring)) = place else {
            IS_REFUSED.set(true);
            return false;
        };
        if !post(ring, letters) {
            // What it still holds is never handed to the kernel.
            IS_REFUSED.set(true);
        }
        true
    })
}

/// False where the kernel did not take all of them.
fn post(ring: &mut IoUring, letters: &mut [Letter<'_>]) -> bool {
    let mut left = 0;
    {
        let mut queue = ring.submission();
        for (index, letter) in letters.iter_mut().enumerate() {
            letter.sent = UNSENT;
            let length = u32::try_from(letter.bytes.len()).unwrap_or(u32::MAX);
            let entry = opcode::Send::new(types::Fd(letter.fd), letter.bytes.as_ptr(), length)
                .flags(libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
                .build()
                .user_data(index as u64);
            // SAFETY: the bytes are borrowed until all sends have come back: see below. It is room for BATCH entries.
            if unsafe { queue.push(&entry) }.is_err() {
                break;
            }
            left += 1;
        }
    }
    let is_whole = left == letters.len();
    while left > 0 {
        // A send that may not wait is over when the call returns; to be certain it waits for all of them.
        let entered = ring.submit_and_wait(left);
        let mut came = 0;
        for entry in ring.completion() {
            if let Some(letter) = letters.get_mut(entry.user_data() as usize) {
                letter.sent = entry.result();
            }
            came += 1;
        }
        left = left.saturating_sub(came);
        match entered {
            Ok(_) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
            Err(_) if came > 0 => {}
            // The kernel took none of what is left.
            Err(_) => return false,
        }
    }
    is_whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn letter<'a>(socket: &UnixStream, bytes: &'a [u8]) -> Letter<'a> {
        Letter {
            fd: socket.as_raw_fd(),
            bytes,
            sent: 0,
        }
    }

    #[test]
    fn each_gets_its_own_and_is_told_of_alone() {
        let pairs: Vec<_> = (0..BATCH).map(|_| UnixStream::pair().unwrap()).collect();
        let texts: Vec<_> = (0..BATCH).map(|n| format!("letter {n}")).collect();
        // One that is full, and one whose peer is gone.
        pairs[7].0.set_nonblocking(true).unwrap();
        while (&pairs[7].0).write(&[0; 4096]).is_ok() {}
        pairs[9].1.shutdown(std::net::Shutdown::Both).unwrap();
        for _round in 0..3 {
            let each = pairs.iter().zip(&texts);
            let mut letters: Vec<_> = each
                .map(|(pair, text)| letter(&pair.0, text.as_bytes()))
                .collect();
            if !send_all(&mut letters) {
                eprintln!("no io_uring here");
                return;
            }
            for (n, letter) in letters.iter().enumerate() {
                match n {
                    7 => assert_eq!(letter.sent, -libc::EAGAIN),
                    9 => assert_eq!(letter.sent, -libc::EPIPE),
                    _ => assert_eq!(letter.sent, texts[n].len() as i32),
                }
            }
        }
        for (n, pair) in pairs
            .iter()
            .enumerate()
            .filter(|(n, _)| ![7, 9].contains(n))
        {
            let mut came = vec![0; texts[n].len() * 3];
            (&pair.1).read_exact(&mut came).unwrap();
            assert_eq!(came, texts[n].repeat(3).as_bytes());
        }
    }

    #[test]
    fn a_descriptor_that_is_none_does_not_stop_the_others() {
        let (one, other) = UnixStream::pair().unwrap();
        let mut letters = [letter(&one, b"a"), letter(&one, b"b"), letter(&one, b"c")];
        letters[1].fd = -1;
        if send_all(&mut letters) {
            assert_eq!(letters.map(|l| l.sent), [1, -libc::EBADF, 1]);
            let mut came = [0; 2];
            (&other).read_exact(&mut came).unwrap();
            assert_eq!(&came, b"ac");
        }
    }

    #[test]
    fn the_child_of_a_fork_has_a_ring_of_its_own() {
        let (one, other) = UnixStream::pair().unwrap();
        if !send_all(&mut [letter(&one, b"p")]) {
            return;
        }
        // SAFETY: the child sends and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let sent = send_all(&mut [letter(&one, b"c")]);
            // SAFETY: ends the child at once.
            unsafe { libc::_exit(i32::from(!sent)) };
        }
        let mut status = 0;
        // SAFETY: waits for the child that was just made.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert_eq!(status, 0);
        assert!(send_all(&mut [letter(&one, b"p")]));
        let mut came = [0; 3];
        (&other).read_exact(&mut came).unwrap();
        assert_eq!(&came, b"pcp");
    }
}
