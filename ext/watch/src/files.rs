//! What the files look like: one pass over all places.

use crate::names::{Filter, is_foreign};
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Folders deeper than this are not looked into.
const DEEPEST: usize = 32;
/// More files than this are not watched: then it is no folder of an application.
const MOST: usize = 50_000;

/// Which files of a place matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Those that end in `.php`.
    Code,
    /// `.env` and `.env.*`.
    Environment,
    /// All but those that editors make for themselves.
    All,
}

/// A folder, or a file.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where it is. It need not be there yet.
    pub path: PathBuf,
    /// What matters in it; a file matters in any case.
    pub what: What,
    /// With all folders below it, but for hidden ones, `vendor` and `node_modules`; links are followed.
    pub deep: bool,
}

/// Tells one state of a file from another. A file that is replaced by another has another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    changed: (i64, i64),
    size: u64,
    number: (u64, u64),
}

impl Stamp {
    fn of(meta: &Metadata) -> Self {
        Self {
            changed: (meta.mtime(), meta.mtime_nsec()),
            size: meta.size(),
            number: (meta.dev(), meta.ino()),
        }
    }
}

/// All files that matter.
pub(crate) type Snapshot = HashMap<PathBuf, Stamp>;

/// One pass: `folder` is told of each folder before it is read.
pub(crate) struct Pass<'a> {
    pub(crate) files: Snapshot,
    seen: HashSet<(u64, u64)>,
    folder: &'a mut dyn FnMut(&Path, &Filter),
}

impl<'a> Pass<'a> {
    pub(crate) fn over(
        places: &[Place],
        files: &[PathBuf],
        folder: &'a mut dyn FnMut(&Path, &Filter),
    ) -> Snapshot {
        let mut pass = Self {
            files: Snapshot::new(),
            seen: HashSet::new(),
            folder,
        };
        for place in places {
            let filter = Filter {
                all: place.what == What::All,
                code: place.what == What::Code,
                environment: place.what == What::Environment,
                ..Filter::default()
            };
            pass.seen.clear();
            match place.path.metadata() {
                Ok(meta) if meta.is_dir() => {
                    pass.read(&place.path, &meta, &filter, place.deep.then_some(0))
                }
                _ => pass.named(&place.path),
            }
        }
        for file in files {
            pass.named(file);
        }
        pass.files
    }

    /// A file that is watched by its name, whether it is there or not.
    fn named(&mut self, path: &Path) {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return;
        };
        let filter = Filter {
            names: HashSet::from([name.to_owned()]),
            ..Filter::default()
        };
        (self.folder)(folder, &filter);
        self.file(path);
    }

    fn file(&mut self, path: &Path) {
        let Ok(meta) = path.metadata() else { return };
        if !meta.is_file() || self.files.len() >= MOST {
            return;
        }
        // What a link points to is written elsewhere.
        if path.is_symlink()
            && let Ok(target) = path.canonicalize()
            && let (Some(folder), Some(name)) = (target.parent(), target.file_name())
        {
            let filter = Filter {
                names: HashSet::from([name.to_owned()]),
                ..Filter::default()
            };
            (self.folder)(folder, &filter);
        }
        self.files.insert(path.to_owned(), Stamp::of(&meta));
    }

    fn read(&mut self, path: &Path, meta: &Metadata, filter: &Filter, depth: Option<usize>) {
        // Links may lead back to where they are.
        if !self.seen.insert((meta.dev(), meta.ino())) {
            return;
        }
        (self.folder)(path, filter);
        let Ok(entries) = path.read_dir() else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            // Asked of the entry: a file that does not matter costs no call.
            let is_folder = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => None,
                Ok(kind) => Some(kind.is_dir()),
                Err(_) => None,
            };
            if is_folder != Some(true) && filter.takes(&name) {
                let path = path.join(&name);
                match is_folder {
                    Some(_) => self.file(&path),
                    None if path.is_dir() => self.below(&path, &name, filter, depth),
                    None => self.file(&path),
                }
            } else if is_folder != Some(false) {
                self.below(&path.join(&name), &name, filter, depth);
            }
        }
    }

    fn below(&mut self, path: &Path, name: &OsStr, filter: &Filter, depth: Option<usize>) {
        let Some(depth) = depth.filter(|depth| *depth < DEEPEST) else {
            return;
        };
        if is_foreign(name.as_encoded_bytes()) {
            return;
        }
        if let Ok(meta) = path.metadata()
            && meta.is_dir()
        {
            self.read(path, &meta, filter, Some(depth + 1));
        }
    }
}

/// The files that are new, gone, or other than before, in their order.
pub(crate) fn differences(before: &Snapshot, now: &Snapshot) -> Vec<PathBuf> {
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    let other = now
        .iter()
        .filter(|(path, stamp)| before.get(*path) != Some(stamp));
    let mut all: Vec<PathBuf> = gone.chain(other.map(|(path, _)| path)).cloned().collect();
    all.sort();
    all
}
