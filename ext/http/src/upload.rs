//! Where the parts of a `multipart/form-data` body go: files to temporary files, fields to memory.
//!
//! Writes are blocking, on a local disk: each is of at least [`CHUNK`] bytes except the last of a
//! file, so that the page cache takes them in a few microseconds; one upload holds one buffer of
//! that size. Put the folder on a network file system and the worker waits for it.

use std::borrow::Cow;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::multipart::{Part, Sink};
use crate::query::{self, Input, Key, List};

/// The bytes that are collected before a write.
pub const CHUNK: usize = 64 * 1024;

/// PHP's `UPLOAD_ERR_OK`.
pub const OK: i64 = 0;
/// PHP's `UPLOAD_ERR_INI_SIZE`: larger than [`Config::file_bytes`].
pub const INI_SIZE: i64 = 1;
/// PHP's `UPLOAD_ERR_FORM_SIZE`: larger than the form's `MAX_FILE_SIZE` field says.
pub const FORM_SIZE: i64 = 2;
/// PHP's `UPLOAD_ERR_PARTIAL`: the body ended within the file.
pub const PARTIAL: i64 = 3;
/// PHP's `UPLOAD_ERR_NO_FILE`: the file input was left empty.
pub const NO_FILE: i64 = 4;
/// PHP's `UPLOAD_ERR_NO_TMP_DIR`: no file could be made in [`Config::dir`].
pub const NO_TMP_DIR: i64 = 6;
/// PHP's `UPLOAD_ERR_CANT_WRITE`: a write failed, the disk may be full.
pub const CANT_WRITE: i64 = 7;

/// Where and how much.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of the temporary files; default: the system's.
    pub dir: PathBuf,
    /// What their names begin with; default `highper.upfile.`.
    pub prefix: String,
    /// The most files; default 20 (`max_file_uploads`).
    pub files: usize,
    /// The most bytes of one file; default 2 MiB (`upload_max_filesize`). A larger one gets
    /// [`INI_SIZE`] and its content is thrown away; the rest of the body goes on.
    pub file_bytes: u64,
    /// The most bytes of all fields with their names, which are held in memory; default 2 MiB.
    pub field_bytes: usize,
    /// Names and nesting of fields; `max_vars` is the most fields.
    pub query: query::Options,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dir: std::env::temp_dir(),
            prefix: "highper.upfile.".into(),
            files: 20,
            file_bytes: 2 * 1024 * 1024,
            field_bytes: 2 * 1024 * 1024,
            query: query::Options::default(),
        }
    }
}

/// Deletes what a worker left that was killed while it had uploads: the names of temporary files
/// have the process id after the prefix. Call it only when no process of that id lives. Returns
/// how many files were deleted.
///
/// # Errors
/// The folder cannot be read, or a file cannot be deleted.
pub fn sweep(config: &Config, process: u32) -> io::Result<usize> {
    let start = format!("{}{process}.", config.prefix);
    let mut deleted = 0;
    for entry in std::fs::read_dir(&config.dir)? {
        let entry = entry?;
        if entry.file_name().as_bytes().starts_with(start.as_bytes())
            && entry.file_type()?.is_file()
        {
            std::fs::remove_file(entry.path())?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Why the body is refused as a whole; the answer is 413.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadError {
    /// More files than [`Config::files`].
    TooManyFiles(usize),
    /// More fields than `max_vars`.
    TooManyFields(usize),
    /// The fields are larger than [`Config::field_bytes`].
    FieldsTooLarge(usize),
}

impl UploadError {
    /// The HTTP status: 413.
    pub fn status(&self) -> u16 {
        413
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyFiles(limit) => write!(f, "the form has more than {limit} files"),
            Self::TooManyFields(limit) => write!(f, "the form has more than {limit} fields"),
            Self::FieldsTooLarge(limit) => {
                write!(
                    f,
                    "the fields of the form have more than {limit} bytes; send large contents as files"
                )
            }
        }
    }
}

impl std::error::Error for UploadError {}

/// Temporary files that are deleted when this is dropped.
#[derive(Debug, Default)]
pub struct TempFiles {
    paths: Vec<PathBuf>,
}

impl TempFiles {
    /// The files that are still there, in the order of the body.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Whether a path is one of these (`is_uploaded_file()`).
    pub fn contains(&self, path: &Path) -> bool {
        self.paths.iter().any(|have| have == path)
    }

    /// Stops caring for a file, because it was moved or is to stay. Returns whether it was one of these.
    pub fn release(&mut self, path: &Path) -> bool {
        let before = self.paths.len();
        self.paths.retain(|have| have != path);
        self.paths.len() < before
    }
}

impl Drop for TempFiles {
    fn drop(&mut self) {
        for path in &self.paths {
            // A handler may have moved or deleted it: nothing left to do then.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A form that was read completely, or as far as it came.
#[derive(Debug, Default)]
pub struct Form {
    /// The fields, for `$_POST`.
    pub fields: List<'static>,
    /// The files, for `$_FILES`: `name`, `type`, `tmp_name`, `error`, `size` under each input's
    /// name; for `f[]` and `f[a][b]` the brackets come after these (`f[name][a][b]`), as PHP and
    /// Swoole's `parse_files` do. Files whose names have malformed brackets are left out, as in PHP.
    pub files: List<'static>,
    /// What deletes the files in the end.
    pub temp: TempFiles,
    /// The body as it came, where it was to be kept and is small enough.
    pub raw: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Current {
    None,
    Field { name: Vec<u8>, value: Vec<u8> },
    File(Upload),
}

#[derive(Debug)]
struct Upload {
    name: Vec<u8>,
    filename: Vec<u8>,
    kind: Vec<u8>,
    path: PathBuf,
    file: Option<File>,
    error: i64,
    size: u64,
}

/// The sink for [`crate::multipart::Parser`].
#[derive(Debug)]
pub struct Uploads {
    config: Config,
    form: Form,
    current: Current,
    buffer: Vec<u8>,
    files: usize,
    fields: usize,
    field_bytes: usize,
    /// The form's `MAX_FILE_SIZE`; 0: none.
    form_limit: u64,
    failure: Option<io::Error>,
}

impl Uploads {
    /// An empty form.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            form: Form::default(),
            current: Current::None,
            buffer: Vec::new(),
            files: 0,
            fields: 0,
            field_bytes: 0,
            form_limit: 0,
            failure: None,
        }
    }

    /// The form. A file that has begun but not ended is listed with [`PARTIAL`] and deleted.
    pub fn finish(mut self) -> Form {
        if let Current::File(upload) = std::mem::replace(&mut self.current, Current::None) {
            self.complete(upload, Some(PARTIAL));
        }
        self.form
    }

    /// The first failed file operation, for the log: PHP sees only [`NO_TMP_DIR`] or [`CANT_WRITE`].
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    fn count(&mut self, bytes: usize) -> Result<(), UploadError> {
        self.field_bytes = self.field_bytes.saturating_add(bytes);
        if self.field_bytes > self.config.field_bytes {
            return Err(UploadError::FieldsTooLarge(self.config.field_bytes));
        }
        Ok(())
    }

    fn create(&self) -> io::Result<(PathBuf, File)> {
        // RandomState's keys come from the kernel's random source and change with each use; O_EXCL
        // makes a guessed name an error, never someone else's file.
        let mut attempt = 0;
        loop {
            let random = RandomState::new().hash_one((std::process::id(), attempt));
            let name = format!("{}{}.{random:016x}", self.config.prefix, std::process::id());
            let path = self.config.dir.join(name);
            match OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)
            {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {
                    attempt += 1
                }
                Err(error) => {
                    return Err(io::Error::new(
                        error.kind(),
                        format!("cannot create {}: {error}", path.display()),
                    ));
                }
            }
        }
    }

    fn begin(&mut self, part: Part, filename: Vec<u8>) {
        let mut upload = Upload {
            name: part.name,
            filename: base_name(&filename).to_vec(),
            kind: part.content_type,
            path: PathBuf::new(),
            file: None,
            error: OK,
            size: 0,
        };
        if upload.filename.is_empty() {
            upload.error = NO_FILE;
            upload.kind.clear();
        } else {
            match self.create() {
                Ok((path, file)) => {
                    self.form.temp.paths.push(path.clone());
                    upload.path = path;
                    upload.file = Some(file);
                }
                Err(error) => {
                    upload.error = NO_TMP_DIR;
                    self.failure.get_or_insert(error);
                }
            }
        }
        self.buffer.clear();
        self.current = Current::File(upload);
    }

    /// Lists a file; `error` overrides its own. Files with an error do not stay on the disk.
    fn complete(&mut self, mut upload: Upload, error: Option<i64>) {
        if let Some(file) = &mut upload.file
            && let Err(error) = file.write_all(&self.buffer)
        {
            upload.fail(CANT_WRITE);
            self.failure.get_or_insert(error);
        }
        self.buffer.clear();
        if let Some(error) = error.filter(|_| upload.error == OK) {
            upload.fail(error);
        }
        upload.file = None;
        if upload.error != OK && self.form.temp.release(&upload.path) {
            let _ = std::fs::remove_file(&upload.path);
            upload.path = PathBuf::new();
        }
        if upload.error != OK {
            upload.size = 0;
        }
        list(&mut self.form.files, upload, self.config.query.max_depth);
    }
}

impl Upload {
    fn fail(&mut self, error: i64) {
        self.error = error;
        self.file = None;
    }

    fn write(&mut self, data: &[u8], buffer: &mut Vec<u8>) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        if buffer.is_empty() && data.len() >= CHUNK {
            return file.write_all(data);
        }
        if buffer.capacity() == 0 {
            buffer.reserve_exact(CHUNK);
        }
        let room = CHUNK - buffer.len();
        let (now, later) = data.split_at(data.len().min(room));
        buffer.extend_from_slice(now);
        if buffer.len() == CHUNK {
            file.write_all(buffer)?;
            buffer.clear();
            if later.len() >= CHUNK {
                return file.write_all(later);
            }
            buffer.extend_from_slice(later);
        }
        Ok(())
    }
}

impl Sink for Uploads {
    type Error = UploadError;

    fn part(&mut self, mut part: Part) -> Result<(), UploadError> {
        match part.filename.take() {
            Some(_) if !is_well_formed(&part.name) => {
                self.current = Current::None;
            }
            Some(filename) => {
                self.files += 1;
                if self.files > self.config.files {
                    return Err(UploadError::TooManyFiles(self.config.files));
                }
                self.begin(part, filename);
            }
            None => {
                self.fields += 1;
                if self.fields > self.config.query.max_vars {
                    return Err(UploadError::TooManyFields(self.config.query.max_vars));
                }
                self.count(part.name.len())?;
                self.current = Current::Field {
                    name: part.name,
                    value: Vec::new(),
                };
            }
        }
        Ok(())
    }

    fn data(&mut self, data: &[u8]) -> Result<(), UploadError> {
        match &mut self.current {
            Current::Field { value, .. } => {
                value.extend_from_slice(data);
                self.count(data.len())?;
            }
            Current::File(upload) if upload.error == OK => {
                upload.size += data.len() as u64;
                if upload.size > self.config.file_bytes {
                    upload.fail(INI_SIZE);
                } else if self.form_limit > 0 && upload.size > self.form_limit {
                    upload.fail(FORM_SIZE);
                } else if let Err(error) = upload.write(data, &mut self.buffer) {
                    upload.fail(CANT_WRITE);
                    self.failure.get_or_insert(error);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), UploadError> {
        match std::mem::replace(&mut self.current, Current::None) {
            Current::Field { name, value } => {
                if name == b"MAX_FILE_SIZE" {
                    let text = std::str::from_utf8(&value).unwrap_or("");
                    self.form_limit = text.trim().parse().unwrap_or(0);
                }
                let depth = self.config.query.max_depth;
                query::register(
                    &mut self.form.fields,
                    Cow::Owned(name),
                    Input::Text(value.into()),
                    depth,
                );
            }
            Current::File(upload) => self.complete(upload, None),
            Current::None => {}
        }
        Ok(())
    }
}

/// Whether the brackets of a file's name are closed, not nested, and follow each other up to its
/// end. PHP leaves out files of other names and never repairs them (`main/rfc1867.c`).
fn is_well_formed(name: &[u8]) -> bool {
    let name = query::until_nul(name);
    let mut open = false;
    for (at, byte) in name.iter().enumerate() {
        match byte {
            b'[' if open => return false,
            b'[' => open = true,
            b']' if !open || !matches!(name.get(at + 1), None | Some(b'[')) => return false,
            b']' => open = false,
            _ => {}
        }
    }
    !open
}

/// What follows the last slash or backslash, up to a NUL: clients may send whole paths.
fn base_name(filename: &[u8]) -> &[u8] {
    let filename = query::until_nul(filename);
    match memchr::memrchr2(b'/', b'\\', filename) {
        Some(at) => &filename[at + 1..],
        None => filename,
    }
}

fn list(files: &mut List<'static>, upload: Upload, max_depth: usize) {
    let text = |bytes: Vec<u8>| Input::Text(Cow::Owned(bytes));
    let values: [(&[u8], Input<'static>); 5] = [
        (b"name", text(upload.filename)),
        (b"type", text(upload.kind)),
        (
            b"tmp_name",
            text(upload.path.as_os_str().as_bytes().to_vec()),
        ),
        (b"error", Input::Int(upload.error)),
        (
            b"size",
            Input::Int(i64::try_from(upload.size).unwrap_or(i64::MAX)),
        ),
    ];
    let open = memchr::memchr(b'[', &upload.name).unwrap_or(upload.name.len());
    if open == upload.name.len() {
        let mut entry = List::default();
        for (key, value) in values {
            entry.set(Key::new(key.to_vec()), value);
        }
        query::register(
            files,
            Cow::Owned(upload.name),
            Input::List(entry),
            max_depth,
        );
        return;
    }
    let (first, brackets) = upload.name.split_at(open);
    for (key, value) in values {
        let name = [first, b"[", key, b"]", brackets].concat();
        query::register(files, Cow::Owned(name), value, max_depth);
    }
}

#[cfg(test)]
mod tests;
