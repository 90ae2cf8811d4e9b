//! From a URL's path to an open file that lies below the root.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, openat, openat2, readlinkat, statat,
};
use rustix::io::Errno;

use super::{Failure, Miss, Options};
use crate::query;

/// A decoded path relative to the root, without empty segments.
#[derive(Debug)]
pub(super) struct Location {
    /// `a/b`; empty for the root.
    pub(super) path: Vec<u8>,
    /// Whether the URL ended with a slash.
    pub(super) slash: bool,
}

impl Location {
    pub(super) fn parse(path: &[u8], options: &Options) -> Result<Self, Miss> {
        let path = path
            .strip_prefix(options.base.as_bytes())
            .ok_or(Miss::NotFound)?;
        if path.first() != Some(&b'/') {
            return Err(if options.base.is_empty() {
                Miss::Malformed
            } else {
                Miss::NotFound
            });
        }
        let mut location = Location {
            path: Vec::with_capacity(path.len() + 16),
            slash: path.ends_with(b"/"),
        };
        for segment in path
            .split(|byte| *byte == b'/')
            .filter(|segment| !segment.is_empty())
        {
            let decoded = query::decode_raw(segment);
            if decoded.iter().any(|byte| matches!(byte, 0 | b'/')) || has_broken_escape(segment) {
                return Err(Miss::Malformed);
            }
            let well_known = location.path.is_empty() && *decoded == *b".well-known";
            let dots = matches!(&*decoded, b"." | b"..");
            if dots
                || decoded[0] == b'.' && !options.dotfiles && !well_known
                || is_denied(&decoded, options)
            {
                return Err(Miss::Hidden);
            }
            if !location.path.is_empty() {
                location.path.push(b'/');
            }
            location.path.extend_from_slice(&decoded);
        }
        Ok(location)
    }
}

fn has_broken_escape(segment: &[u8]) -> bool {
    segment
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .any(|(at, _)| {
            let digit = |at: usize| segment.get(at).copied().and_then(query::hex);
            digit(at + 1).is_none() || digit(at + 2).is_none()
        })
}

/// Whether a name has an extension, not only its last, of a source.
pub(super) fn is_denied(name: &[u8], options: &Options) -> bool {
    name.split(|byte| *byte == b'.').skip(1).any(|extension| {
        let extension = extension.strip_suffix(b"~").unwrap_or(extension);
        options
            .denied
            .iter()
            .any(|denied| extension.eq_ignore_ascii_case(denied.as_bytes()))
    })
}

/// An open file or folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) file: File,
    pub(super) is_dir: bool,
    pub(super) size: u64,
    /// The last change, in seconds since 1970 and the nanoseconds after.
    pub(super) seconds: u64,
    pub(super) nanoseconds: i64,
}

impl Entry {
    /// What is to be known of an open file; nothing where it is neither file nor folder.
    pub(super) fn of(file: File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        let kind = metadata.file_type();
        Ok((kind.is_file() || kind.is_dir()).then(|| Self {
            is_dir: kind.is_dir(),
            size: metadata.len(),
            seconds: u64::try_from(metadata.mtime()).unwrap_or(0),
            nanoseconds: metadata.mtime_nsec(),
            file,
        }))
    }
}

#[derive(Debug)]
pub(super) struct Root {
    folder: OwnedFd,
    follow_links: bool,
    /// Whether openat2 works; kernels before 5.6 and some sandboxes refuse it.
    beneath: AtomicBool,
}

// A pipe must not block the open; whether it is a regular file is known afterwards.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOCTTY);

impl Root {
    pub(super) fn open(path: &Path, follow_links: bool) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(CWD, &path, flags, Mode::empty())?;
        Ok(Self {
            folder,
            follow_links,
            beneath: AtomicBool::new(true),
        })
    }

    /// Opens a regular file or a folder.
    pub(super) fn entry(&self, path: &[u8]) -> Result<Entry, Failure> {
        let path = Path::new(OsStr::from_bytes(if path.is_empty() { b"." } else { path }));
        let file = self.descriptor(path).map_err(|error| match error {
            Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG | Errno::INVAL | Errno::ILSEQ => {
                Miss::NotFound.into()
            }
            Errno::NXIO | Errno::NODEV => Miss::NotAFile.into(),
            Errno::XDEV | Errno::LOOP => Miss::Hidden.into(),
            Errno::ACCESS | Errno::PERM => Miss::Denied.into(),
            error => Failure::System(io::Error::other(format!(
                "cannot open {}: {error}",
                path.display()
            ))),
        })?;
        let file = File::from(file);
        Entry::of(file)?.ok_or_else(|| Miss::NotAFile.into())
    }

    fn descriptor(&self, path: &Path) -> Result<OwnedFd, Errno> {
        if self.follow_links {
            return openat(&self.folder, path, READ, Mode::empty());
        }
        if self.beneath.load(Ordering::Relaxed) {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            // A rename elsewhere makes the kernel ask for another try.
            for _ in 0..8 {
                match openat2(&self.folder, path, READ, Mode::empty(), resolve) {
                    Err(Errno::AGAIN) => {}
                    Err(Errno::NOSYS) => {
                        self.beneath.store(false, Ordering::Relaxed);
                        return self.walk(path);
                    }
                    // Sandboxes answer unknown calls so; a real refusal comes back from the walk.
                    Err(Errno::PERM) => return self.walk(path),
                    result => return result,
                }
            }
        }
        self.walk(path)
    }

    /// Without openat2: links are resolved first, then each step is taken without following any,
    /// so that a link that is put there in between is refused.
    pub(super) fn walk(&self, path: &Path) -> Result<OwnedFd, Errno> {
        let real = self.resolve(path)?;
        let steps: Vec<&OsStr> = real.iter().collect();
        let Some((last, folders)) = steps.split_last() else {
            return openat(&self.folder, ".", READ, Mode::empty());
        };
        let mut folder = None;
        for name in folders {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let next = openat(
                folder.as_ref().unwrap_or(&self.folder),
                *name,
                flags,
                Mode::empty(),
            )?;
            folder = Some(next);
        }
        openat(
            folder.as_ref().unwrap_or(&self.folder),
            *last,
            READ | OFlags::NOFOLLOW,
            Mode::empty(),
        )
    }

    /// `path` without links. As with `RESOLVE_BENEATH`, no step may leave the folder, even to come
    /// back into it.
    fn resolve(&self, path: &Path) -> Result<PathBuf, Errno> {
        let mut left = Vec::new();
        put_first(&mut left, path)?;
        let mut real = PathBuf::new();
        let mut links = 0;
        while let Some(name) = left.pop() {
            if name == ".." {
                if !real.pop() {
                    return Err(Errno::XDEV);
                }
                continue;
            }
            real.push(&name);
            let found = statat(&self.folder, &real, AtFlags::SYMLINK_NOFOLLOW)?;
            match FileType::from_raw_mode(found.st_mode) {
                FileType::Symlink => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::LOOP);
                    }
                    let target = readlinkat(&self.folder, &real, Vec::new())?;
                    real.pop();
                    put_first(&mut left, Path::new(OsStr::from_bytes(target.as_bytes())))?;
                }
                FileType::Directory => {}
                _ if left.is_empty() => {}
                _ => return Err(Errno::NOTDIR),
            }
        }
        Ok(real)
    }
}

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

/// Puts the steps of a path before what is left to walk, of which the next is last.
fn put_first(left: &mut Vec<OsString>, path: &Path) -> Result<(), Errno> {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => left.push(name.to_owned()),
            Component::ParentDir => left.push("..".into()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(Errno::XDEV),
        }
    }
    Ok(())
}
