//! `Highper\Http\Upload`: a file of a multipart form.

use crate::incoming::Incoming;
use highper_zend::{
    Array, Class, ClassRef, Flags, Key, Object, Registry, Str, Throw, Value, call_function, uploads,
};
use std::rc::Rc;

/// In the letter case in which PHP code writes it.
pub(crate) const NAME: &str = "Highper\\Http\\Upload";
static UPLOAD: ClassRef = ClassRef::new(NAME);
/// `UPLOAD_ERR_NO_FILE`
const NO_FILE: i64 = 4;

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new(NAME)
            .doc("A file that a client has sent in a form. It is removed at the end of the request, unless it was moved.")
            .handle(&UPLOAD)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .property("public readonly string $name", "Its name as the client says it: never a path to write to.")
            .property("public readonly string $type", "Its media type as the client says it.")
            .property("public readonly string $path", "Where it lies.")
            .property("public readonly int $size", "Bytes.")
            .deny_create()
            .method("public function contents(): string", "All of its bytes.", |call| {
                let path = call.this_object()?.get("path")?;
                let read = call_function("file_get_contents", &[path]).into_result()?;
                match read.is_string() {
                    true => call.ret(read),
                    false => Err(Throw::exception("the upload can't be read")),
                }
            })
            .method(
                "public function moveTo(string $path): void",
                "Moves it; a file that is there is overwritten.\n\n@throws \\Exception It was moved already, or the place can't be written to.",
                |call| {
                    let from = call.this_object()?.get("path")?;
                    let to = call.value(0)?.clone();
                    let path = from.to_str()?;
                    uploads::add(path.as_bytes());
                    let moved = call_function("move_uploaded_file", &[from, to]).into_result();
                    uploads::forget(path.as_bytes());
                    match moved?.to_bool() {
                        true => Ok(()),
                        false => Err(Throw::exception(format!("the upload can't be moved to {}", call.text(0)?))),
                    }
                },
            ),
    );
}

/// The uploads of a field: an object, a list where the form has several, nothing where no file was chosen.
pub(crate) fn of(incoming: &Rc<Incoming>, name: &Str) -> Result<Option<Value>, Throw> {
    let all = crate::request::files(incoming);
    match all.get_symbol(name.as_bytes()).and_then(Value::as_array) {
        None => Ok(None),
        Some(file) => read(file),
    }
}

/// An entry of `$_FILES`, whose parts are lists where the field's name ends in `[]`.
fn read(file: &Array) -> Result<Option<Value>, Throw> {
    let part = |name: &str| file.get(name).cloned().unwrap_or_default();
    let names = part("name");
    let Some(list) = names.as_array() else {
        return one(
            &names,
            &part("type"),
            &part("tmp_name"),
            &part("error"),
            &part("size"),
        );
    };
    let (types, paths, errors, sizes) =
        (part("type"), part("tmp_name"), part("error"), part("size"));
    let at = |values: &Value, key: &Key<'_>| {
        let values = values.as_array();
        let found = values.and_then(|values| match key {
            Key::Index(index) => values.get_index(*index),
            Key::Name(name) => values.get(name),
        });
        found.cloned().unwrap_or_default()
    };
    let mut all = Array::new();
    for (key, name) in list {
        let made = one(
            name,
            &at(&types, &key),
            &at(&paths, &key),
            &at(&errors, &key),
            &at(&sizes, &key),
        )?;
        if let Some(made) = made {
            all.push(made);
        }
    }
    Ok(Some(all.into()))
}

fn one(
    name: &Value,
    kind: &Value,
    path: &Value,
    error: &Value,
    size: &Value,
) -> Result<Option<Value>, Throw> {
    match error.as_long() {
        Some(NO_FILE) => return Ok(None),
        Some(0) => {}
        // The form is told that it is no file.
        _ => return Ok(Some(Value::bool(false))),
    }
    let object: Object = UPLOAD.instantiate()?;
    object.set("name", name.clone())?;
    object.set("type", kind.clone())?;
    object.set("path", path.clone())?;
    object.set("size", size.clone())?;
    Ok(Some(object.into()))
}
