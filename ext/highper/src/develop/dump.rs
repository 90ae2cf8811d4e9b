//! `Highper\dump()` and `Highper\dd()`: values on the page, or in the log.

use crate::app::App;
use crate::incoming::{self, Incoming};
use crate::response::data::{Body, Data};
use highper_app::dump::{Dump, Key as NodeKey, Node, Property, block, with_block};
use highper_log::Level;
use highper_zend::reflect::{Class, Function as Reflected};
use highper_zend::{
    Array, Call, Callable, Function, Key, Object, Registry, Throw, Value, call_function, error,
};
use std::cell::RefCell;
use std::rc::Rc;

/// Levels that are shown.
const DEEPEST: usize = 8;
/// Values of an array or object that are shown.
const WIDEST: usize = 100;
/// Bytes of a text that are shown.
const LONGEST: usize = 2_000;
/// Values that are shown of one call.
const MOST: usize = 2_000;
/// Requests whose dumps are kept for their page.
const REQUESTS: usize = 64;

/// What the handler of a request has shown.
struct Shown {
    request: Box<str>,
    dumps: Vec<Dump>,
    /// Was it ended by `dd()`?
    is_ended: bool,
    /// Is its handler over?
    has_left: bool,
}

thread_local! {
    static SHOWN: RefCell<Vec<Shown>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn declare(registry: &mut Registry) {
    registry
        .function(Function::new(
            "function Highper\\dump(mixed ...$values): mixed",
            "Shows values with file and line of the call: in development at the end of the request's page where that is HTML, else in the log; a script that\n\
             serves nothing prints them. Cycles and what is deep or long are cut.\n\n\
             @return mixed The first value.",
            |call| {
                show(call)?;
                match call.num_args() {
                    0 => Ok(()),
                    _ => {
                        let first = call.value(0)?.clone();
                        call.ret(first)
                    }
                }
            },
        ))
        .function(Function::new(
            "function Highper\\dd(mixed ...$values): never",
            "Shows values as `Highper\\dump()` does, and ends the request, or the script. In development the answer is a page with what was shown, and 500.",
            |call| {
                let request = show(call)?;
                if let Some(request) = request {
                    SHOWN.with_borrow_mut(|all| {
                        all.iter_mut().filter(|s| *s.request == *request).for_each(|s| s.is_ended = true);
                    });
                }
                Err(Throw::Exit)
            },
        ));
}

/// Shows the arguments of a call; the id of the request whose page they are kept for.
fn show(call: &Call) -> Result<Option<Box<str>>, Throw> {
    let (file, line) = error::location().unwrap_or_default();
    let app = incoming::app();
    let mut left = MOST;
    let mut values = Vec::new();
    for at in 0..call.num_args() {
        values.push(node(call.value(at)?, 0, &mut left, &mut Vec::new()));
    }
    let file = match &app {
        Some(app) => relative(app, &file),
        None => file,
    };
    let dump = Dump { file, line, values };
    let request = incoming::current().filter(|incoming| incoming.app.is_development.get());
    if let Some(incoming) = request {
        let id: Box<str> = incoming.id().into();
        return match keep(&id, dump) {
            Ok(()) => Ok(Some(id)),
            Err(dump) => {
                log(&incoming.app, &dump, Some(&id));
                Ok(None)
            }
        };
    }
    match incoming::serving() {
        Some(app) => log(&app, &dump, None),
        None => crate::run::say(&dump.text()),
    }
    Ok(None)
}

fn relative(app: &App, file: &str) -> String {
    let base = app.base.to_str().unwrap_or_default();
    let rest = file
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('/'));
    rest.unwrap_or(file).to_owned()
}

fn log(app: &App, dump: &Dump, request: Option<&str>) {
    app.log(
        Level::Info,
        &format!("dump at {}", dump.text()),
        &[],
        request,
    );
}

/// Keeps it for the request's page; gives it back where that is written already.
fn keep(id: &str, dump: Dump) -> Result<(), Dump> {
    SHOWN.with_borrow_mut(|all| {
        if let Some(shown) = all.iter_mut().find(|shown| *shown.request == *id) {
            if shown.has_left {
                return Err(dump);
            }
            shown.dumps.push(dump);
            return Ok(());
        }
        add(all, id, vec![dump]);
        Ok(())
    })
}

fn has_left(id: &str) {
    SHOWN.with_borrow_mut(|all| {
        if !all.iter().any(|shown| *shown.request == *id) {
            add(all, id, Vec::new());
        }
    });
}

fn add(all: &mut Vec<Shown>, id: &str, dumps: Vec<Dump>) {
    if all.len() >= REQUESTS {
        all.remove(0);
    }
    all.push(Shown {
        request: id.into(),
        dumps,
        is_ended: false,
        has_left: false,
    });
}

/// What the handler of a request has shown, and whether that was its end.
pub(crate) fn taken(incoming: &Incoming) -> (Vec<Dump>, bool) {
    let Some(id) = incoming.known_id() else {
        return Default::default();
    };
    SHOWN.with_borrow_mut(
        |all| match all.iter_mut().find(|shown| *shown.request == *id) {
            Some(shown) => {
                shown.has_left = true;
                (
                    std::mem::take(&mut shown.dumps),
                    std::mem::take(&mut shown.is_ended),
                )
            }
            None => Default::default(),
        },
    )
}

/// A handler has answered: what it has shown goes to the end of its page, or to the log.
pub(crate) fn leave(incoming: &Incoming, data: &mut Rc<Data>) {
    if matches!(data.body, Body::Stream(_)) {
        // What is shown while it is sent finds no page any more.
        has_left(incoming.id());
    }
    let (dumps, _) = taken(incoming);
    if dumps.is_empty() {
        return;
    }
    if !super::is_page(data) {
        let id = incoming.known_id();
        return dumps.iter().for_each(|dump| log(&incoming.app, dump, id));
    }
    let page = with_block(data.body.bytes(), &block(&dumps));
    let data = Rc::make_mut(data);
    data.remove(b"content-length");
    data.body = Body::Bytes(Rc::new(page));
}

/// A value as far as it is shown. `path`: the objects that it is in.
fn node(value: &Value, depth: usize, left: &mut usize, path: &mut Vec<u32>) -> Node {
    let value = value.deref();
    *left = left.saturating_sub(1);
    if let Some(array) = value.as_array() {
        return match depth >= DEEPEST || *left == 0 {
            true if !array.is_empty() => Node::Deeper(format!("array:{}", array.len())),
            _ => Node::Array(array.len(), entries(array, depth, left, path)),
        };
    }
    if let Some(object) = value.as_object() {
        return self::object(object, depth, left, path);
    }
    if let Some(bytes) = value.as_bytes() {
        let shown = &bytes[..bytes.len().min(LONGEST)];
        let text = match std::str::from_utf8(shown) {
            Ok(text) => text.to_owned(),
            // A letter that was cut is left away, what is no text is shown as it may be.
            Err(e) if e.error_len().is_none() => {
                String::from_utf8_lossy(&shown[..e.valid_up_to()]).into_owned()
            }
            Err(_) => String::from_utf8_lossy(shown).into_owned(),
        };
        return Node::Text(text, bytes.len());
    }
    Node::Word(
        match (value.as_bool(), value.as_long(), value.as_double()) {
            (Some(yes), ..) => yes.to_string(),
            (_, Some(number), _) => number.to_string(),
            (.., Some(number)) => format!("{number:?}"),
            _ if value.is_null() => "null".to_owned(),
            _ => value.describe(),
        },
    )
}

fn entries(
    array: &Array,
    depth: usize,
    left: &mut usize,
    path: &mut Vec<u32>,
) -> Vec<(NodeKey, Node)> {
    let mut all = Vec::new();
    for (key, value) in array {
        if all.len() >= WIDEST || *left == 0 {
            break;
        }
        let key = match key {
            Key::Index(index) => NodeKey::Index(index),
            Key::Name(name) => NodeKey::Name(String::from_utf8_lossy(name).into_owned()),
        };
        all.push((key, node(value, depth + 1, left, path)));
    }
    all
}

fn object(object: &Object, depth: usize, left: &mut usize, path: &mut Vec<u32>) -> Node {
    let (name, id) = (object.class_name().to_owned(), object.id());
    if path.contains(&id) {
        return Node::Again(name, id);
    }
    if Class::from(object.class()).is_enum() {
        let case = object.get("name").ok();
        let case = case.as_ref().and_then(Value::as_str).unwrap_or_default();
        return Node::Word(format!("{name}::{case}"));
    }
    match &*name {
        "Closure" => {
            let place = Callable::new(object.as_value()).ok();
            let place = place
                .as_ref()
                .and_then(Reflected::of)
                .and_then(|f| f.location());
            let place = place.map_or_else(String::new, |(file, line)| format!(" {file}:{line}"));
            return Node::Word(format!("Closure {{#{id}}}{place}"));
        }
        "DateTime" | "DateTimeImmutable" => {
            let text = object
                .call("format", &[Value::from("Y-m-d H:i:s.u T")])
                .into_result()
                .ok();
            let text = text.as_ref().and_then(Value::as_str).unwrap_or_default();
            return Node::Word(format!("{name} {{#{id}}} {text}"));
        }
        _ => {}
    }
    if depth >= DEEPEST || *left == 0 {
        return Node::Deeper(format!("{name} {{#{id}}}"));
    }
    // Runs none of the object's code, and starts no lazy one.
    let properties = call_function("get_mangled_object_vars", &[object.as_value().clone()]);
    let properties = properties.into_result().ok();
    let properties = properties.as_ref().and_then(Value::as_array);
    path.push(id);
    let mut all = Vec::new();
    for (key, value) in properties.into_iter().flatten() {
        if all.len() >= WIDEST || *left == 0 {
            all.push((
                Property {
                    name: "…".to_owned(),
                    sight: ' ',
                },
                Node::Word("more".to_owned()),
            ));
            break;
        }
        all.push((
            Property::mangled(&key.to_bytes()),
            node(value, depth + 1, left, path),
        ));
    }
    path.pop();
    Node::Object(name, id, all)
}
