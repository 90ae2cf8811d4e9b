//! What a call wants beside its address: the named arguments of `get()`, `post()` and the others.

use super::options::{authorization, count, size};
use highper_client::{Form, Part};
use highper_zend::{Array, Str, Throw, Value, call_function, json};
use std::path::PathBuf;
use std::time::Duration;

/// `PHP_QUERY_RFC3986`, `PHP_QUERY_RFC1738`
const SPACES_ESCAPED: i64 = 2;
const SPACES_AS_PLUS: i64 = 1;

/// Names and values.
pub(super) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// What a request carries.
#[derive(Default)]
pub(super) enum Carried {
    #[default]
    None,
    Text(Str),
    Bytes(Vec<u8>),
    Parts(Vec<Part>, u64),
    /// A generator or another iterable.
    Pieces(Value),
}

/// What a call wants.
#[derive(Default)]
pub(super) struct Wishes {
    pub(super) query: Option<Array>,
    pub(super) headers: Fields,
    pub(super) carried: Carried,
    /// The media type of what is carried.
    pub(super) media: Option<Vec<u8>>,
    /// By which name something is carried: one thing at most.
    carrier: Option<String>,
    pub(super) timeout: Option<Option<Duration>>,
    pub(super) retries: Option<u32>,
    pub(super) redirects: Option<u32>,
    pub(super) max_body: Option<u64>,
    pub(super) sink: Option<PathBuf>,
    pub(super) stream: bool,
}

/// Seconds; none for null.
pub(crate) fn seconds(name: &str, value: &Value) -> Result<Option<Duration>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let number = value
        .as_double()
        .or_else(|| value.as_long().map(|number| number as f64));
    number
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(Some)
        .ok_or_else(|| {
            format!(
                "{name} must be greater than 0 seconds, or null for no limit, {} given",
                value.describe()
            )
        })
}

/// Names with values, or with lists of values.
pub(super) fn fields(value: &Value) -> Result<Fields, String> {
    let array = value.as_array().ok_or_else(|| {
        format!(
            "headers must be an array of names with values, {} given",
            value.type_name()
        )
    })?;
    let mut all = Vec::with_capacity(array.len());
    for (key, value) in array {
        let name = key.to_bytes().into_owned();
        let one = |value: &Value| {
            if value.is_array()
                || value.is_object()
                    && !value
                        .as_object()
                        .is_some_and(|o| o.has_method("__toString"))
            {
                return Err(format!(
                    "the header '{}' must be a text or a list of texts, {} given",
                    String::from_utf8_lossy(&name),
                    value.type_name()
                ));
            }
            let text = value.to_str().map_err(|throw| throw.message())?;
            Ok(text.as_bytes().to_vec())
        };
        if value.is_null() {
            continue;
        }
        match value.as_array() {
            Some(list) => {
                for value in list.values() {
                    all.push((name.clone(), one(value)?));
                }
            }
            None => all.push((name.clone(), one(value)?)),
        }
    }
    Ok(all)
}

/// Names and values as a query has them.
pub(crate) fn encoded(array: &Array, is_form: bool) -> Result<Str, Throw> {
    let args = [
        array.into(),
        Value::from(""),
        Value::from("&"),
        Value::long(if is_form {
            SPACES_AS_PLUS
        } else {
            SPACES_ESCAPED
        }),
    ];
    call_function("http_build_query", &args)
        .into_result()?
        .to_str()
}

/// A part of a form: a text, a file by `SplFileInfo` or `['path' => …]`, or `['contents' => …, 'name' => …, 'type' => …]`.
fn part(form: &mut Form, name: &[u8], value: &Value) -> Result<(), Throw> {
    let wrong = || {
        Throw::value_error(format!(
            "multipart: '{}' must be a text, an SplFileInfo, ['path' => file] or ['contents' => text, 'name' => file name, 'type' => media type], {} given",
            String::from_utf8_lossy(name),
            value.type_name()
        ))
    };
    let (path, options) = match (value.as_object(), value.as_array()) {
        (Some(object), _) if object.has_method("getPathname") => (
            Some(object.call("getPathname", &[]).into_result()?.to_str()?),
            None,
        ),
        (Some(object), _) if !object.has_method("__toString") => return Err(wrong()),
        (_, Some(options)) => match options.get("path") {
            Some(path) => (Some(path.to_str()?), Some(options)),
            None => (None, Some(options)),
        },
        _ => (None, None),
    };
    let option = |key: &str| {
        let found = options.and_then(|options| options.get(key));
        found.map(Value::to_str).transpose()
    };
    let media = option("type")?;
    let media = media
        .as_ref()
        .map_or(&b"application/octet-stream"[..], Str::as_bytes);
    let filename = option("name")?;
    if let Some(path) = path {
        let path = PathBuf::from(path.to_string_lossy().into_owned());
        let size = std::fs::metadata(&path)
            .and_then(|file| match file.is_file() {
                true => Ok(file.len()),
                false => Err(std::io::ErrorKind::InvalidInput.into()),
            })
            .map_err(|error| {
                Throw::value_error(format!(
                    "multipart: the file {} can't be read: {error}",
                    path.display()
                ))
            })?;
        let own = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let filename = filename
            .as_ref()
            .map_or(own.as_bytes(), Str::as_bytes)
            .to_vec();
        let content = Part::File {
            path,
            offset: 0,
            size,
        };
        form.file(name, &filename, media, content);
        return Ok(());
    }
    if options.is_some() {
        let contents = option("contents")?.ok_or_else(wrong)?;
        match &filename {
            Some(filename) => form.file(
                name,
                filename.as_bytes(),
                media,
                Part::Bytes(contents.as_bytes().to_vec()),
            ),
            None => form.field(name, contents.as_bytes()),
        }
        return Ok(());
    }
    let text = value.to_str()?;
    form.field(name, text.as_bytes());
    Ok(())
}

fn multipart(array: &Array) -> Result<(Vec<Part>, u64, Vec<u8>), Throw> {
    let random = highper_client::random::bytes::<16>();
    let boundary: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut form = Form::new(format!("----highper-{boundary}"));
    for (key, value) in array {
        let name = key.to_bytes().into_owned();
        match value
            .as_array()
            .filter(|list| list.is_list() && !list.is_empty())
        {
            Some(list) => {
                for value in list.values() {
                    part(&mut form, &name, value)?;
                }
            }
            None => part(&mut form, &name, value)?,
        }
    }
    let media = form.content_type();
    let (parts, size) = form.finish();
    Ok((parts, size, media))
}

impl Wishes {
    /// Takes one.
    ///
    /// # Errors
    /// What is wrong with it, or what encoding it throws.
    pub(super) fn set(&mut self, name: &str, value: &Value) -> Result<(), Throw> {
        let wrong = |why: String| Throw::value_error(why);
        if value.is_null() {
            return Ok(());
        }
        let array = || {
            value.as_array().ok_or_else(|| {
                wrong(format!(
                    "{name} must be an array, {} given",
                    value.type_name()
                ))
            })
        };
        if matches!(name, "json" | "form" | "multipart" | "body")
            && let Some(other) = self.carrier.replace(name.to_owned())
        {
            return Err(wrong(format!(
                "a request has one body: give either {other} or {name}"
            )));
        }
        match name {
            "query" => self.query = Some(array()?.clone()),
            "headers" => self.headers.extend(fields(value).map_err(wrong)?),
            "auth" => {
                let value = authorization(value).map_err(wrong)?;
                self.headers.push((b"Authorization".to_vec(), value));
            }
            "json" => {
                self.carried = Carried::Bytes(json::encode(value)?);
                self.media = Some(b"application/json".to_vec());
            }
            "form" => {
                self.carried = Carried::Text(encoded(array()?, true)?);
                self.media = Some(b"application/x-www-form-urlencoded".to_vec());
            }
            "multipart" => {
                let (parts, size, media) = multipart(array()?)?;
                self.carried = Carried::Parts(parts, size);
                self.media = Some(media);
            }
            "body" => {
                let is_pieces = value.is_array()
                    || value.as_object().is_some_and(|object| {
                        object.class_name() == "Closure" || !object.has_method("__toString")
                    });
                self.carried = match is_pieces {
                    true => Carried::Pieces(value.clone()),
                    false => Carried::Text(value.to_str()?),
                };
            }
            "timeout" => self.timeout = Some(seconds(name, value).map_err(wrong)?),
            "retries" => self.retries = Some(count(name, value).map_err(wrong)?),
            "redirects" => self.redirects = Some(count(name, value).map_err(wrong)?),
            "max_body" => self.max_body = Some(size(name, value).map_err(wrong)?),
            "sink" => {
                self.sink = Some(PathBuf::from(
                    value.to_str()?.to_string_lossy().into_owned(),
                ))
            }
            "stream" => self.stream = value.to_bool(),
            other => return Err(wrong(format!("a request has no option '{other}'"))),
        }
        Ok(())
    }
}
