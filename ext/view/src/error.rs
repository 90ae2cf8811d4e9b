//! What is wrong with a view.

use minijinja::{Error, ErrorKind};
use std::error::Error as _;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewError {
    /// What is wrong, without the place.
    pub message: String,
    /// The template.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
    /// The line; 0 where there is none.
    pub line: usize,
}

impl ViewError {
    pub(crate) fn new(error: &Error, folder: &Path, asked: &str) -> Self {
        // An error in what a template includes has the inner one as its source.
        let mut inner = error;
        while let Some(source) = inner
            .source()
            .and_then(|source| source.downcast_ref::<Error>())
        {
            inner = source;
        }
        let name = inner.name().or(error.name()).unwrap_or(asked).to_owned();
        let message = match (inner.kind(), inner.detail()) {
            (ErrorKind::OutOfFuel, _) => {
                "it takes too long: a loop without an end, or more work than the limit allows"
                    .into()
            }
            (ErrorKind::TemplateNotFound, detail) => format!(
                "{} in {}",
                detail.unwrap_or("there is no such template"),
                folder.display()
            ),
            (kind, Some(detail)) => format!("{kind}: {detail}"),
            (kind, None) => kind.to_string(),
        };
        Self {
            message,
            file: folder.join(&name),
            name,
            line: inner.line().or(error.line()).unwrap_or(0),
        }
    }

    pub(crate) fn folder(folder: &Path, error: &std::io::Error) -> Self {
        Self {
            message: format!("the folder of views can't be read: {error}"),
            name: folder.display().to_string(),
            file: folder.to_owned(),
            line: 0,
        }
    }
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "view {}: {}", self.name, self.message),
            line => write!(f, "view {}, line {line}: {}", self.name, self.message),
        }
    }
}

impl std::error::Error for ViewError {}
