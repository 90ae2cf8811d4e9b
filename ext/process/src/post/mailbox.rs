//! One pair of Unix sockets: whoever sends writes to one, whoever reads reads the other.

use super::parcel::{HEAD, Head, INLINE, Message, Parcel};
use crate::{fork, sys};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
pub(super) struct Mailbox {
    write: UnixStream,
    read: UnixStream,
}

impl Mailbox {
    /// With room for so many bytes, by default 8 MiB; the kernel caps it.
    pub fn new(room: Option<usize>) -> io::Result<Self> {
        let (write, read) = fork::pair(true)?;
        if let Some(room) = room {
            sys::set_send_buffer(write.as_fd(), room)?;
        }
        write.set_nonblocking(true)?;
        read.set_nonblocking(true)?;
        Ok(Self { write, read })
    }

    pub fn reader(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    pub fn writer(&self) -> BorrowedFd<'_> {
        self.write.as_fd()
    }

    pub fn try_send(&self, parcel: &Parcel<'_>) -> io::Result<()> {
        let (head, body, file) = parcel.parts();
        match sys::send_parts(self.writer(), [head, body], file) {
            // Too many memory files are under way: until one is read.
            Err(e) if matches!(e.raw_os_error(), Some(libc::ETOOMANYREFS | libc::ENOBUFS)) => {
                Err(ErrorKind::WouldBlock.into())
            }
            sent => sent,
        }
    }

    pub fn try_receive(&self) -> io::Result<Message> {
        let wrong = || io::Error::from(ErrorKind::InvalidData);
        BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(HEAD + INLINE, 0);
            let (count, file) = sys::receive_with_file(self.reader(), buffer)?;
            let (head, length) = Head::from_bytes(&buffer[..count]).ok_or_else(wrong)?;
            let body = match file {
                None => buffer[HEAD..count].to_vec(),
                Some(file) => {
                    let file = File::from(file);
                    if file.metadata()?.len() != length as u64 {
                        return Err(wrong());
                    }
                    let mut body = vec![0; length];
                    file.read_exact_at(&mut body, 0)?;
                    body
                }
            };
            if body.len() != length {
                return Err(wrong());
            }
            Ok(Message { head, body })
        })
    }
}
