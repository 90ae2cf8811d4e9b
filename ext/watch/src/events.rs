//! inotify: which folders it watches, and whether something that matters has happened in one.

use crate::names::Filter;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// inotify and what it watches.
#[derive(Debug)]
pub(crate) struct Events {
    pub(crate) fd: OwnedFd,
    folders: HashMap<i32, Filter>,
}

fn mask() -> WatchFlags {
    WatchFlags::MODIFY
        | WatchFlags::ATTRIB
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::MOVE
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR
}

/// Why there is no inotify, and what to do.
pub(crate) fn reason(error: Errno) -> String {
    match error {
        Errno::MFILE => {
            "this user has no inotify instance left; raise fs.inotify.max_user_instances".to_owned()
        }
        Errno::NOSPC => {
            "the limit of watched folders is reached; raise fs.inotify.max_user_watches".to_owned()
        }
        other => format!("inotify can't be used: {other}"),
    }
}

impl Events {
    pub(crate) fn new() -> Result<Self, Errno> {
        Ok(Self {
            fd: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            folders: HashMap::new(),
        })
    }

    /// Watches a folder, if it is there.
    ///
    /// # Errors
    /// The limit is reached.
    pub(crate) fn add(&mut self, folder: &Path, filter: &Filter) -> Result<(), Errno> {
        // The same folder has the same number.
        match inotify::add_watch(&self.fd, folder, mask()) {
            Ok(number) => {
                self.folders.entry(number).or_default().join(filter);
                Ok(())
            }
            Err(error @ (Errno::NOSPC | Errno::NOMEM)) => Err(error),
            // It is not there, or not to be read; who reads it says so.
            Err(_) => Ok(()),
        }
    }

    /// Takes what has happened: was there anything that matters?
    pub(crate) fn take(&mut self) -> bool {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.fd, &mut room);
        let mut matters = false;
        while let Ok(event) = reader.next() {
            let flags = event.events();
            if flags.contains(ReadFlags::IGNORED) {
                self.folders.remove(&event.wd());
            }
            let name = event
                .file_name()
                .map(|name| OsStr::from_bytes(name.to_bytes()));
            matters |= match name {
                // The folder itself, or more has happened than the kernel keeps.
                None => true,
                Some(_) if flags.contains(ReadFlags::ISDIR) => true,
                Some(name) => self
                    .folders
                    .get(&event.wd())
                    .is_some_and(|filter| filter.takes(name)),
            };
        }
        matters
    }
}
