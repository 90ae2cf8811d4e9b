//! The file of a local socket.

use highper_engine::{self as engine, clock, scheduler};
use std::cell::RefCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What `bind()` has made. It is removed with this, as Swoole does it: in the process that has made it, and only as long as it
/// is the same file.
pub(super) struct BoundPath {
    path: PathBuf,
    file: (u64, u64),
    process: u32,
}

impl BoundPath {
    /// Call it after `bind()`. A relative path stays what it is now.
    pub(super) fn new(path: &[u8]) -> Option<Self> {
        let path = Path::new(OsStr::from_bytes(path));
        Some(Self {
            file: identity(path)?,
            path: std::path::absolute(path).ok()?,
            process: std::process::id(),
        })
    }
}

thread_local! {
    static LATER: RefCell<Vec<BoundPath>> = const { RefCell::new(Vec::new()) };
}

/// Removes the files of sockets that were closed.
pub fn remove_paths() {
    drop(LATER.take());
}

impl BoundPath {
    /// Removes it in the loop's next turn, as Swoole does it: programs remove it themselves after closing the socket.
    pub(super) fn remove_later(self) {
        LATER.with_borrow_mut(|all| all.push(self));
        if engine::current().is_some() {
            scheduler::at(clock::now(), false, remove_paths);
        }
    }
}

impl Drop for BoundPath {
    fn drop(&mut self) {
        if self.process == std::process::id() && identity(&self.path) == Some(self.file) {
            // Somebody may be faster.
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let about = std::fs::symlink_metadata(path).ok()?;
    Some((about.dev(), about.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_file_that_was_bound_is_removed() {
        let path = std::env::temp_dir().join(format!("highper-bound-{}", std::process::id()));
        let bytes = path.as_os_str().as_bytes();
        std::fs::write(&path, "").unwrap();
        drop(BoundPath::new(bytes));
        assert!(!path.exists());
        assert!(BoundPath::new(bytes).is_none());

        std::fs::write(&path, "").unwrap();
        let bound = BoundPath::new(bytes);
        // Another one is put in its place while it exists, so that it is another file.
        let other = path.with_extension("other");
        std::fs::write(&other, "").unwrap();
        std::fs::rename(&other, &path).unwrap();
        drop(bound);
        assert!(path.exists());
        std::fs::remove_file(&path).unwrap();
    }
}
