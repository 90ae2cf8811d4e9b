//! The file that `sendfile()` is to send.

use super::State;
use highper_zend::{Call, Throw, error};
use std::fs::File;
use std::path::PathBuf;

/// A part of a file, which is there.
pub(super) struct Part {
    pub(super) name: Vec<u8>,
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// `(string $filename, int $offset = 0, int $length = 0)`; warns where there is no such part.
///
/// # Errors
/// An argument of the wrong type.
pub(super) fn part(call: &Call) -> Result<Option<Part>, Throw> {
    let name = call.bytes(0)?.to_vec();
    let (offset, length) = (call.opt_long(1, 0)?, call.opt_long(2, 0)?);
    let path = PathBuf::from(String::from_utf8_lossy(&name).into_owned());
    let opened = File::open(&path).and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (file, size) = match opened {
        Ok((file, meta)) if meta.is_file() => (file, meta.len()),
        Ok(_) => {
            error::warning(format!(
                "parameter $file[{}] given is not a regular file",
                path.display()
            ))?;
            return Ok(None);
        }
        Err(problem) => {
            let text = problem.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            error::warning(format!(
                "stat({}) failed, Error: {text}[{}]",
                path.display(),
                problem.raw_os_error().unwrap_or(0)
            ))?;
            return Ok(None);
        }
    };
    let offset = u64::try_from(offset).unwrap_or(0);
    if offset > size {
        error::warning(format!("parameter $offset[{offset}] exceeds the file size"))?;
        return Ok(None);
    }
    let length = match u64::try_from(length) {
        Ok(0) | Err(_) => size - offset,
        Ok(length) if length > size - offset => {
            error::warning(format!("parameter $length[{length}] exceeds the file size"))?;
            return Ok(None);
        }
        Ok(length) => length,
    };
    Ok(Some(Part {
        name,
        path,
        file,
        offset,
        length,
    }))
}

impl State {
    /// Sets the type that a file's name has, where none was set.
    pub(super) fn set_type_of(&self, name: &[u8]) {
        if !self.has(b"content-type") {
            // The type alone, as Swoole: the file's charset is not known here.
            let mime = highper_http::mime::of_name(name);
            let mime = mime.split(';').next().unwrap_or(mime);
            self.fields
                .borrow_mut()
                .set_text(b"Content-Type", mime.as_bytes());
        }
    }
}
