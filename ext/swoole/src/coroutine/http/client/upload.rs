//! Uploads: addFile(), addData(), and the form that is made of them.

use super::UPLOADS;
use crate::coroutine::socket::send::path;
use crate::function;
use highper_client::{Form, Part, random};
use highper_http::mime;
use highper_zend::{Array, Call, Class, Done, Key, Throw, Value, error};

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function addFile(string $path, string $name, ?string $type = null, ?string $filename = null, int $offset = 0, int $length = 0): bool",
            "A file for the next request, or $length bytes of it from $offset. Without a type that of its extension.",
            add_file,
        )
        .method(
            "public function addData(string $path, string $name, ?string $type = null, ?string $filename = null): bool",
            "As addFile(), with the content itself as the first argument.",
            add_data,
        )
}

fn add(call: &Call, upload: Array) -> Done {
    let this = call.this_object()?;
    let uploads = this.slot(UPLOADS).and_then(Value::as_array).cloned();
    let mut uploads = uploads.unwrap_or_default();
    uploads.push(upload);
    this.set_slot(UPLOADS, uploads);
    call.ret_bool(true)
}

fn text(call: &Call, arg: usize) -> Result<Option<Vec<u8>>, Throw> {
    let text = call.opt_bytes_or_null(arg)?.filter(|text| !text.is_empty());
    Ok(text.map(<[u8]>::to_vec))
}

fn add_file(call: &mut Call) -> Done {
    let (file, name) = (call.str(0)?, call.str(1)?);
    let (media_type, filename) = (text(call, 2)?, text(call, 3)?);
    let offset = call.opt_long(4, 0)?.max(0);
    let mut length = call.opt_long(5, 0)?.max(0);
    let shown = String::from_utf8_lossy(&file);
    let size = match std::fs::metadata(path(&file)) {
        Ok(about) => i64::try_from(about.len()).unwrap_or(i64::MAX),
        Err(error) => {
            let code = error.raw_os_error().unwrap_or(0);
            function::system_warning(&format!("stat({shown}) failed"), code)?;
            return call.ret_bool(false);
        }
    };
    let refused = if size == 0 {
        Some(format!("cannot send empty file[{shown}]"))
    } else if size <= offset {
        Some(format!("parameter $offset[{offset}] exceeds the file size"))
    } else if length > size - offset {
        Some(format!("parameter $length[{length}] exceeds the file size"))
    } else {
        None
    };
    if let Some(why) = refused {
        error::warning(why)?;
        return call.ret_bool(false);
    }
    if length == 0 {
        length = size - offset;
    }
    let last = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let filename = filename.unwrap_or_else(|| last.to_vec());
    let media_type =
        media_type.unwrap_or_else(|| mime::essence(mime::of_name(&file).as_bytes()).to_vec());
    let mut upload = Array::with_capacity(6);
    upload
        .set("path", file)
        .set("name", name)
        .set("filename", filename)
        .set("type", media_type)
        .set("size", length)
        .set("offset", offset);
    add(call, upload)
}

fn add_data(call: &mut Call) -> Done {
    let (content, name) = (call.str(0)?, call.str(1)?);
    let media_type = text(call, 2)?.unwrap_or_else(|| b"application/octet-stream".to_vec());
    let filename = text(call, 3)?.unwrap_or_else(|| name.to_vec());
    let size = content.len();
    let mut upload = Array::with_capacity(5);
    upload
        .set("content", content)
        .set("name", name)
        .set("filename", filename)
        .set("type", media_type)
        .set("size", size);
    add(call, upload)
}

/// The form of a request with uploads. Entries that lack something are left out.
pub fn form(fields: Option<&Array>, uploads: &Array) -> Result<Form, Throw> {
    let mut form = Form::new(random::boundary());
    for (key, value) in fields.into_iter().flatten() {
        if let Key::Name(name) = key
            && !value.is_null()
        {
            form.field(name, &value.to_str()?);
        }
    }
    for upload in uploads.values().filter_map(Value::as_array) {
        let bytes = |name: &str| upload.get(name).and_then(Value::as_bytes);
        let number = |name: &str| {
            let number = upload.get(name).map_or(0, Value::to_long);
            u64::try_from(number).unwrap_or(0)
        };
        let (Some(name), Some(filename), Some(media_type)) =
            (bytes("name"), bytes("filename"), bytes("type"))
        else {
            continue;
        };
        let content = match (bytes("content"), bytes("path")) {
            (Some(content), _) => Part::Bytes(content.to_vec()),
            (None, Some(file)) => Part::File {
                path: path(file).to_owned(),
                offset: number("offset"),
                size: number("size"),
            },
            (None, None) => continue,
        };
        form.file(name, filename, media_type, content);
    }
    Ok(form)
}
