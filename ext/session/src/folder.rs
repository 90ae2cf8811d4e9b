//! Sessions as files: one each, below 256 folders, readable by their owner only.

use std::cell::Cell;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A store. What is older than it was said to live is passed over, and removed bit by bit.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The part that is cleaned next.
    next: Cell<u8>,
    cleaned: Cell<Option<SystemTime>>,
}

impl Folder {
    /// Below a folder, which is made where it is missing.
    ///
    /// # Errors
    /// It can't be made or written to.
    pub fn new(path: &Path) -> io::Result<Self> {
        make(path)?;
        let probe = path.join(format!(".probe-{}", std::process::id()));
        fs::write(&probe, b"")?;
        fs::remove_file(&probe)?;
        Ok(Self {
            path: path.to_owned(),
            next: Cell::new(std::process::id() as u8),
            cleaned: Cell::new(None),
        })
    }

    fn place(&self, name: &str) -> (PathBuf, PathBuf) {
        // Two digits of a hash, which the names of sessions are.
        let part = self.path.join(name.get(..2).unwrap_or("00"));
        let file = part.join(name);
        (part, file)
    }

    /// What was written under a name; nothing where there is none, or its time is over.
    ///
    /// # Errors
    /// It can't be read.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(self.place(name).1) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if is_over(&file.metadata()?, SystemTime::now()) {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Writes under a name, for so long. Readers see what was there before, or all of it.
    ///
    /// # Errors
    /// It can't be written; what was there before still is.
    pub fn write(&self, name: &str, bytes: &[u8], ttl: Duration) -> io::Result<()> {
        let (part, place) = self.place(name);
        let new = part.join(format!(".{name}-{}", std::process::id()));
        let open = || {
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&new)
        };
        let mut file = match open() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(&part)?;
                open()?
            }
            file => file?,
        };
        let written = file
            .write_all(bytes)
            // Its time says when it ends.
            .and_then(|()| file.set_modified(SystemTime::now() + ttl))
            .and_then(|()| fs::rename(&new, &place));
        if written.is_err() {
            // It is of no use to anybody.
            let _gone = fs::remove_file(&new);
        }
        self.clean();
        written
    }

    /// Removes what was written under a name.
    ///
    /// # Errors
    /// It can't be removed.
    pub fn delete(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.place(name).1) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Looks through one of the parts, at most every two seconds: all of them in some nine minutes.
    fn clean(&self) {
        let now = SystemTime::now();
        let is_soon = self.cleaned.get().is_some_and(|last| {
            now.duration_since(last)
                .is_ok_and(|since| since < Duration::from_secs(2))
        });
        if is_soon {
            return;
        }
        self.cleaned.set(Some(now));
        let part = self.next.get();
        self.next.set(part.wrapping_add(1));
        let Ok(entries) = fs::read_dir(self.path.join(format!("{part:02x}"))) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.metadata().is_ok_and(|meta| is_over(&meta, now)) {
                // Another worker may have been faster.
                let _gone = fs::remove_file(entry.path());
            }
        }
    }
}

fn is_over(meta: &fs::Metadata, now: SystemTime) -> bool {
    meta.is_file() && meta.modified().is_ok_and(|end| end < now)
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder() -> (PathBuf, Folder) {
        let path = std::env::temp_dir().join(format!(
            "highper-sessions-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        (path.clone(), Folder::new(&path).unwrap())
    }

    #[test]
    fn written_read_deleted() {
        let (path, folder) = folder();
        let name = "ab".repeat(32);
        assert_eq!(folder.read(&name).unwrap(), None);
        let hour = Duration::from_secs(3600);
        folder.write(&name, b"one", hour).unwrap();
        folder.write(&name, b"two", hour).unwrap();
        assert_eq!(folder.read(&name).unwrap().unwrap(), b"two");
        let mode = fs::metadata(path.join("ab").join(&name)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
        folder.delete(&name).unwrap();
        folder.delete(&name).unwrap();
        assert_eq!(folder.read(&name).unwrap(), None);
        folder.write(&name, b"old", hour).unwrap();
        let file = File::options()
            .write(true)
            .open(path.join("ab").join(&name));
        file.unwrap()
            .set_modified(SystemTime::now() - hour)
            .unwrap();
        assert_eq!(folder.read(&name).unwrap(), None);
        folder.next.set(0xab);
        folder.cleaned.set(None);
        folder.clean();
        assert_eq!(fs::read_dir(path.join("ab")).unwrap().count(), 0);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_folder_that_can_not_be_is_told() {
        assert!(Folder::new(Path::new("/proc/no/such")).is_err());
    }
}
