//! A request body on its way: kept in memory, spilled to a file, or parsed as a form.

use crate::form::Kind;
use crate::multipart::{self, FeedError, Parser};
use crate::request::Body;
use crate::settings::Settings;
use crate::upload::{self, Uploads};
use std::cell::RefCell;
use std::fs::File;
use std::io::Write;

/// Why a body is refused: the status to answer with, and the words.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) text: String,
}

fn too_large() -> Refusal {
    let error = highper_http1::Error::BodyTooLarge;
    Refusal {
        status: error.status(),
        text: error.message().to_owned(),
    }
}

pub(crate) enum Collector {
    Memory {
        bytes: Vec<u8>,
        limit: usize,
        temp_dir: std::path::PathBuf,
        most: u64,
    },
    File {
        file: File,
        length: u64,
        most: u64,
    },
    Form {
        parser: Box<Parser>,
        uploads: Box<Uploads>,
        /// What came, while it is to be kept.
        raw: Option<Vec<u8>>,
        /// How much is kept at most.
        keep: u64,
    },
}

impl Collector {
    /// For a body of this type; `length` is what the head declared, `most` what its route allows.
    pub(crate) fn new(
        content_type: Option<&[u8]>,
        length: Option<u64>,
        most: Option<u64>,
        settings: &Settings,
    ) -> Result<Self, Refusal> {
        let allowed = most.map_or(settings.limits.body_bytes, |most| {
            most.min(settings.limits.body_bytes)
        });
        if length.is_some_and(|length| length > allowed) {
            return Err(too_large());
        }
        if settings.parse_forms
            && let Some(content_type) = content_type
        {
            let kind = Kind::of(content_type).map_err(|e| Refusal {
                status: 400,
                text: e.to_string(),
            })?;
            if let Kind::Multipart(boundary) = kind {
                let limits = multipart::Limits {
                    total_bytes: allowed,
                    ..multipart::Limits::default()
                };
                let config = upload::Config {
                    dir: settings.temp_dir.clone(),
                    file_bytes: allowed,
                    ..upload::Config::default()
                };
                return Ok(Self::Form {
                    parser: Box::new(Parser::new(&boundary, limits)),
                    uploads: Box::new(Uploads::new(config)),
                    raw: (settings.keep_forms > 0 && length.unwrap_or(0) <= settings.keep_forms)
                        .then(Vec::new),
                    keep: settings.keep_forms,
                });
            }
        }
        let most = settings.plain_bytes.unwrap_or(u64::MAX);
        let most = most.min(allowed);
        if length.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let expected = length.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        if expected > settings.body_memory {
            return Self::file(&settings.temp_dir, b"", most);
        }
        Ok(Self::Memory {
            bytes: Vec::with_capacity(expected),
            limit: settings.body_memory,
            temp_dir: settings.temp_dir.clone(),
            most,
        })
    }

    fn file(dir: &std::path::Path, start: &[u8], most: u64) -> Result<Self, Refusal> {
        let open = || -> std::io::Result<File> {
            use rustix::fs::{Mode, OFlags};
            let file = rustix::fs::open(
                dir,
                OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC,
                Mode::from_raw_mode(0o600),
            )?;
            let mut file = File::from(file);
            file.write_all(start)?;
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self::File {
                file,
                length: start.len() as u64,
                most,
            }),
            Err(error) => Err(Refusal {
                status: 500,
                text: format!(
                    "the request body can't be stored in {}: {error}",
                    dir.display()
                ),
            }),
        }
    }

    pub(crate) fn push(&mut self, data: &[u8]) -> Result<(), Refusal> {
        match self {
            Self::Memory {
                bytes,
                limit,
                temp_dir,
                most,
            } => {
                if (bytes.len() + data.len()) as u64 > *most {
                    return Err(too_large());
                }
                if bytes.len() + data.len() <= *limit {
                    bytes.extend_from_slice(data);
                    return Ok(());
                }
                let mut spilled = Self::file(temp_dir, bytes, *most)?;
                spilled.push(data)?;
                *self = spilled;
                Ok(())
            }
            Self::File { file, length, most } => {
                if *length + data.len() as u64 > *most {
                    return Err(too_large());
                }
                file.write_all(data).map_err(|error| Refusal {
                    status: 500,
                    text: format!("the request body can't be stored: {error}"),
                })?;
                *length += data.len() as u64;
                Ok(())
            }
            Self::Form {
                parser,
                uploads,
                raw,
                keep,
            } => {
                match raw {
                    Some(bytes) if (bytes.len() + data.len()) as u64 <= *keep => {
                        bytes.extend_from_slice(data);
                    }
                    _ => *raw = None,
                }
                parser
                    .feed(data, uploads.as_mut())
                    .map_err(|error| match error {
                        FeedError::Body(e) => Refusal {
                            status: e.status(),
                            text: e.to_string(),
                        },
                        FeedError::Sink(e) => Refusal {
                            status: 413,
                            text: e.to_string(),
                        },
                    })
            }
        }
    }

    pub(crate) fn finish(self) -> Result<Body, Refusal> {
        Ok(match self {
            Self::Memory { bytes, .. } => Body::Memory(bytes),
            Self::File { file, length, .. } => Body::File(RefCell::new(file), length),
            Self::Form {
                parser,
                uploads,
                raw,
                ..
            } => {
                parser.finish().map_err(|e| Refusal {
                    status: e.status(),
                    text: e.to_string(),
                })?;
                let mut form = uploads.finish();
                form.raw = raw;
                Body::Form(Box::new(form))
            }
        })
    }
}
