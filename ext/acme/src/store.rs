//! The folder of accounts and certificates.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The part of the folder that is one authority's.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

/// Held by the process that orders; the kernel lets go of it when that ends, however it does.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held")] File);

/// The answer to an authority that asks by HTTP for this token.
#[must_use]
pub fn answer(folder: &Path, token: &str) -> Option<String> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if token.is_empty() || token.len() > 128 || !token.bytes().all(is_token) {
        return None;
    }
    fs::read_to_string(token_file(folder, token)).ok()
}

fn token_file(folder: &Path, token: &str) -> PathBuf {
    folder.join(format!("{token}.token"))
}

impl Store {
    /// Where those of a directory are: certificates of one authority, or of a staging one, are none of another.
    #[must_use]
    pub fn of(folder: &Path, directory: &str) -> Self {
        let address = directory
            .split_once("://")
            .map_or(directory, |(_, rest)| rest);
        let name = address.trim_end_matches('/');
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        };
        let name: String = name.chars().map(plain).collect();
        Self {
            folder: folder.join(name.trim_start_matches('.')),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes it, for our eyes only.
    pub(crate) fn make(&self) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
    }

    /// Nobody else orders from now on. `None`: somebody else does.
    pub(crate) fn lock(&self) -> io::Result<Option<Lock>> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Writes a file so that others see it whole or not at all, also after a loss of power.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = path.with_added_extension("new");
        let written = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            // What is half there is of no use; the first error is the one to tell of.
            let _ = fs::remove_file(&new);
        }
        written?;
        File::open(&self.folder)?.sync_all()
    }

    /// Sees whether something can be written, before an authority is asked for what could not be kept.
    pub(crate) fn try_out(&self) -> io::Result<()> {
        let path = self.folder.join("trial");
        // As long as what comes.
        self.write(&path, &[b'\n'; 16 * 1024])?;
        fs::remove_file(path)
    }

    /// The file with a name's certificate and key.
    pub(crate) fn certificate(&self, name: &str) -> PathBuf {
        highper_tls::file(&self.folder, name)
    }

    pub(crate) fn save_certificate(&self, name: &str, text: &str) -> io::Result<()> {
        self.write(&self.certificate(name), text.as_bytes())
    }

    fn account_file(&self) -> PathBuf {
        self.folder.join("account.json")
    }

    pub(crate) fn account(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.account_file()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn save_account(&self, text: &[u8]) -> io::Result<()> {
        self.write(&self.account_file(), text)
    }

    /// An account that the authority does not know any more: it stays beside, for who looks after it.
    pub(crate) fn forget_account(&self) -> io::Result<()> {
        fs::rename(self.account_file(), self.folder.join("account.old.json"))
    }

    pub(crate) fn put_token(&self, token: &str, text: &str) -> io::Result<Placed> {
        let path = token_file(&self.folder, token);
        self.write(&path, text.as_bytes())?;
        Ok(Placed(path))
    }

    pub(crate) fn put_challenge(&self, name: &str, text: &str) -> io::Result<Placed> {
        let path = highper_tls::challenge_file(&self.folder, name);
        self.write(&path, text.as_bytes())?;
        Ok(Placed(path))
    }

    /// Takes away what an order that was killed has left.
    pub(crate) fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let is_left = |ending: &std::ffi::OsStr| {
                [&b"token"[..], b"challenge", b"new"].contains(&ending.as_encoded_bytes())
            };
            if path.extension().is_some_and(is_left) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// The answer to a challenge; it is taken away when the order is through.
#[derive(Debug)]
pub(crate) struct Placed(PathBuf);

impl Drop for Placed {
    fn drop(&mut self) {
        // The next start takes it away.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_are_ours_alone_and_whole() {
        let base = std::env::temp_dir().join(format!("highper-acme-{}", std::process::id()));
        let store = Store::of(&base, "https://ca.example:14000/dir/");
        assert!(store.folder().ends_with("ca.example-14000-dir"));
        store.make().unwrap();
        store.try_out().unwrap();
        store.save_certificate("a.example", "text").unwrap();
        let path = store.certificate("a.example");
        assert_eq!(fs::read(&path).unwrap(), b"text");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            fs::metadata(store.folder()).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let first = store.lock().unwrap();
        assert!(first.is_some());
        assert!(store.lock().unwrap().is_none());
        drop(first);
        assert!(store.lock().unwrap().is_some());
        let placed = store.put_token("abc", "abc.thumb").unwrap();
        assert_eq!(answer(store.folder(), "abc").as_deref(), Some("abc.thumb"));
        for token in ["", "../account", "abc.token", "x/y", &"a".repeat(129)] {
            assert_eq!(answer(store.folder(), token), None, "{token}");
        }
        std::mem::forget(placed);
        fs::write(store.folder().join("half.pem.new"), "half").unwrap();
        store.tidy().unwrap();
        assert_eq!(answer(store.folder(), "abc"), None);
        assert!(path.exists());
        assert!(!store.folder().join("half.pem.new").exists());
        fs::remove_dir_all(base).unwrap();
    }
}
