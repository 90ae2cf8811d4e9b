//! Controllers of a folder: their attributes become routes.

mod cache;

use crate::annotation::{self, Place, made};
use crate::app::App;
use crate::event::{self, Listener};
use crate::part::{self, Parts};
use crate::route::{Handler, Middleware, Route};
use crate::websocket;
use cache::Files;
use highper_app::router::Group;
use highper_log::Level;
use highper_zend::reflect::{self, Attribute, Function};
use highper_zend::{Callable, Object, Throw, Value, call_function, find_class};
use std::path::{Path, PathBuf};

/// Folders deeper than this are a circle of links.
const DEEPEST: usize = 32;

/// What is found below the folders of an application.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) routes: Vec<Route>,
    pub(crate) parts: Parts,
    pub(crate) listeners: Vec<Listener>,
    /// Classes that speak WebSocket.
    pub(crate) sockets: Vec<String>,
}

/// The routes of all controllers below the folders of an application; its listeners are heard from now on.
///
/// # Errors
/// A controller that is wrong, or what an autoloader throws.
pub(crate) fn routes(app: &App) -> Result<Vec<Route>, Throw> {
    let found = all(app, true)?.unwrap_or_default();
    app.events.take(found.listeners);
    let mut routes = found.routes;
    for name in found.sockets {
        if let Some(class) = find_class(&name)?.map(reflect::Class::from) {
            routes.extend(websocket::read(class, |class| {
                let mut all = Vec::new();
                for attribute in &class.attributes() {
                    layers(attribute, Place::Class(class), &mut all)?;
                }
                Ok(all)
            })?);
        }
    }
    Ok(routes)
}

/// All that is found by attributes. In production it comes from a file where nothing has changed since that was
/// written; without `look` only from there.
///
/// # Errors
/// A class that is wrong, or what an autoloader throws.
pub(crate) fn all(app: &App, look: bool) -> Result<Option<Found>, Throw> {
    let scans = app.scans.borrow().clone();
    let mut listed = Vec::new();
    let mut found = Files::new();
    for (namespace, folder) in &scans {
        let mut files = Vec::new();
        list(folder, folder, 0, &mut files)?;
        files.sort();
        for file in &files {
            let path = folder.join(file);
            found.extend(cache::stamp(&path).map(|s| (path.to_string_lossy().into_owned(), s)));
        }
        listed.push((namespace.trim_matches('\\'), files));
    }
    let place = match app.is_development.get() || scans.is_empty() {
        true => None,
        false => cache::place(&app.base),
    };
    let text = format!("{scans:?}");
    if let Some(known) = place
        .as_deref()
        .and_then(|place| cache::read(place, &text, &found))
    {
        return Ok(Some(known));
    }
    if !look {
        return Ok(None);
    }
    let mut routes = Vec::new();
    let mut parts = Parts::default();
    let mut listeners = Vec::new();
    let mut sockets = Vec::new();
    let mut outside = Files::new();
    for (namespace, files) in listed {
        for file in files {
            let Some(name) = class_name(namespace, &file) else {
                continue;
            };
            if let Some(class) = find_class(&name)?.map(reflect::Class::from) {
                crate::task::check(class)?;
                controller(class, &mut routes, &mut outside)?;
                if websocket::is_one(class) {
                    around(class, &mut outside);
                    sockets.push(class.name().to_owned());
                }
                let listens = event::read::read(class, &mut listeners)?;
                if part::read(class, &mut parts)? || listens {
                    around(class, &mut outside);
                }
            }
        }
    }
    parts.are_distinct().map_err(Throw::error)?;
    outside.retain(|path, _| !found.contains_key(path));
    let all = Found {
        routes,
        parts,
        listeners,
        sockets,
    };
    if let Some(place) = place
        && let Err(error) = cache::write(&place, &text, &found, &outside, &all)
    {
        let text = format!(
            "what was scanned can't be kept in {}: {error}",
            place.display()
        );
        app.log(Level::Notice, &text, &[], None);
    }
    Ok(Some(all))
}

/// Does any file hold one of these words? Without loading a class.
pub(crate) fn mentions(app: &App, words: &[&str]) -> bool {
    let scans = app.scans.borrow().clone();
    scans.iter().any(|(_, folder)| {
        let mut files = Vec::new();
        // What can't be read is told by who loads it.
        list(folder, folder, 0, &mut files).is_ok()
            && files.iter().any(|file| {
                let text = std::fs::read(folder.join(file)).unwrap_or_default();
                let finds = |word: &&str| text.windows(word.len()).any(|at| at == word.as_bytes());
                words.iter().any(finds)
            })
    })
}

/// The class of a file by PSR-4; `None` for names that no class can have.
fn class_name(namespace: &str, file: &Path) -> Option<String> {
    let name = file.with_extension("");
    let parts: Vec<&str> = name.iter().filter_map(|part| part.to_str()).collect();
    let is_name = |part: &&str| {
        !part.starts_with(|c: char| c.is_ascii_digit())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80)
    };
    if parts.is_empty() || !parts.iter().all(is_name) {
        return None;
    }
    let mut class = namespace.to_owned();
    for part in parts {
        if !class.is_empty() {
            class.push('\\');
        }
        class.push_str(part);
    }
    Some(class)
}

/// Makes OPcache look again at the files that it knows: its clock is the process's start, which
/// workers inherit, so that it would hold their old code for good. Scanned files are taken anew in
/// any case, others where they have changed; with `all` only installed packages are asked for that, because OPcache sees no
/// change within a second.
///
/// # Errors
/// What OPcache throws.
pub(crate) fn refresh(folders: &[(String, PathBuf)], all: bool) -> Result<(), Throw> {
    let Ok(invalidate) = Callable::new(&Value::string("opcache_invalidate")) else {
        return Ok(());
    };
    let status = call_function("opcache_get_status", &[Value::bool(true)]).into_result()?;
    let scripts = status.as_array().and_then(|s| s.get_array("scripts"));
    for (path, _) in scripts.into_iter().flatten() {
        let path = path.to_value();
        let name = path.as_str().unwrap_or_default();
        let force = folders
            .iter()
            .any(|(_, folder)| Path::new(name).starts_with(folder))
            || (all && !name.contains("/vendor/"));
        invalidate
            .call(&[path.clone(), Value::bool(force)])
            .into_result()?;
    }
    Ok(())
}

fn list(root: &Path, folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Throw> {
    let cannot = |e: std::io::Error| {
        Throw::error(format!(
            "the folder {} can't be read: {e}",
            folder.display()
        ))
    };
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() && depth < DEEPEST {
            list(root, &path, depth + 1, files)?;
        } else if path.extension().is_some_and(|e| e == "php")
            && let Ok(below) = path.strip_prefix(root)
        {
            files.push(below.to_owned());
        }
    }
    Ok(())
}

fn controller(
    class: reflect::Class,
    routes: &mut Vec<Route>,
    outside: &mut Files,
) -> Result<(), Throw> {
    let mut prefix = None;
    let mut middleware = Vec::new();
    let attributes = class.attributes();
    for attribute in &attributes {
        match annotation::own(attribute).as_deref() {
            Some("controller") => {
                prefix = Some(text(&made(attribute, Place::Class(class))?, "prefix")?);
            }
            _ => layers(attribute, Place::Class(class), &mut middleware)?,
        }
    }
    let Some(prefix) = prefix else {
        return astray(class);
    };
    annotation::check(&attributes, Place::Class(class))?;
    around(class, outside);
    if !class.is_instantiable() {
        return Err(Place::Class(class).wrong("Controller", "the class can't be instantiated"));
    }
    let group = Group::default().nest(&prefix, &[]);
    for method in class.methods() {
        action(class, &group, &middleware, &method, routes)?;
    }
    Ok(())
}

/// The attribute of an HTTP method, or of messages of TCP or UDP, by its name.
fn is_verb(name: &str) -> bool {
    matches!(
        name,
        "get" | "post" | "put" | "patch" | "delete" | "any" | "tcp" | "udp"
    )
}

/// Routes of a class that is no controller would not be there, and nobody would know why. An abstract one has them for those that
/// extend it.
fn astray(class: reflect::Class) -> Result<(), Throw> {
    if !class.is_instantiable() {
        return Ok(());
    }
    for method in class.methods() {
        let is_own = method
            .scope()
            .is_some_and(|scope| scope.name() == class.name());
        for attribute in method.attributes() {
            if is_own && annotation::own(&attribute).is_some_and(|name| is_verb(&name)) {
                return Err(Place::Function(&method).wrong(
                    &attribute.name(),
                    "the class is no controller: give it #[Controller], or make it abstract where others extend it",
                ));
            }
        }
    }
    Ok(())
}

/// Notes the files that a class is made of: parents and traits may lie elsewhere.
fn around(class: reflect::Class, outside: &mut Files) {
    let mut around = vec![class.location()];
    let parents = std::iter::successors(class.parent(), |class| class.parent());
    around.extend(parents.map(reflect::Class::location));
    around.extend(class.methods().iter().map(Function::location));
    for (file, _) in around.into_iter().flatten() {
        outside.extend(cache::stamp(Path::new(&file)).map(|stamp| (file, stamp)));
    }
}

fn action(
    class: reflect::Class,
    group: &Group,
    outer: &[Middleware],
    method: &Function,
    routes: &mut Vec<Route>,
) -> Result<(), Throw> {
    let mut paths = Vec::new();
    let mut middleware = outer.to_vec();
    let mut answer = None;
    let attributes = method.attributes();
    annotation::check(&attributes, Place::Function(method))?;
    for attribute in &attributes {
        match annotation::own(attribute).as_deref() {
            Some(verb) if is_verb(verb) => {
                let made = made(attribute, Place::Function(method))?;
                let name = made.get("name")?.as_str().map(str::to_owned);
                let pattern = group.join(&text(&made, "path")?);
                paths.push((verb.to_ascii_uppercase(), pattern, name));
            }
            Some("status") => {
                answer = status(&made(attribute, Place::Function(method))?)?;
            }
            _ => layers(attribute, Place::Function(method), &mut middleware)?,
        }
    }
    let at = method
        .location()
        .map_or_else(String::new, |(file, line)| format!("{file}:{line}"));
    for (verb, pattern, name) in paths {
        routes.push(Route {
            methods: vec![verb],
            pattern,
            name,
            handler: Handler::Method(class.name().to_owned(), method.name()),
            middleware: middleware.clone(),
            status: answer,
            socket: None,
            at: at.clone(),
        });
    }
    Ok(())
}

/// A route that code has added, with what the attributes of its handler say: middleware goes inside of that which
/// was given, and a status holds for a closure too. What is wrong with the handler itself is told elsewhere.
///
/// # Errors
/// Attributes with wrong arguments.
pub(crate) fn marked(route: &Route) -> Result<Route, Throw> {
    let handler = &route.handler;
    let mut route = route.clone();
    let function = match handler {
        Handler::Closure(callable) => Function::of(callable),
        Handler::Method(class, method) => {
            let Some(class) = find_class(class)?.map(reflect::Class::from) else {
                return Ok(route);
            };
            let attributes = class.attributes();
            annotation::check(&attributes, Place::Class(class))?;
            mark(&mut route, &attributes, Place::Class(class))?;
            class.method(method)
        }
    };
    if let Some(function) = function {
        let attributes = function.attributes();
        annotation::check(&attributes, Place::Function(&function))?;
        mark(&mut route, &attributes, Place::Function(&function))?;
    }
    Ok(route)
}

fn mark(route: &mut Route, attributes: &[Attribute], place: Place<'_>) -> Result<(), Throw> {
    for attribute in attributes {
        match annotation::own(attribute).as_deref() {
            Some("status") => route.status = status(&made(attribute, place)?)?,
            _ => {
                let mut more = Vec::new();
                layers(attribute, place, &mut more)?;
                for one in more {
                    let is_same = |other: &Middleware| match (other, &one) {
                        (Middleware::Class(a), Middleware::Class(b)) => a.eq_ignore_ascii_case(b),
                        _ => false,
                    };
                    if !route.middleware.iter().any(is_same) {
                        route.middleware.push(one);
                    }
                }
            }
        }
    }
    Ok(())
}

fn status(object: &Object) -> Result<Option<u16>, Throw> {
    let status = object.get("status")?.as_long();
    Ok(status.and_then(|n| u16::try_from(n).ok()))
}

fn text(object: &Object, name: &str) -> Result<String, Throw> {
    Ok(object.get(name)?.to_str()?.to_string_lossy().into_owned())
}

/// The middleware of an attribute, where it is one that has some: `#[Middleware(…)]`, or a filter.
fn layers(
    attribute: &Attribute,
    place: Place<'_>,
    into: &mut Vec<Middleware>,
) -> Result<(), Throw> {
    let given = if annotation::is_filter(attribute) {
        vec![made(attribute, place)?.into()]
    } else if annotation::own(attribute).as_deref() == Some("middleware") {
        let list = made(attribute, place)?.get("classes")?;
        let values = list.as_array().into_iter().flat_map(|list| list.values());
        values.cloned().collect()
    } else {
        return Ok(());
    };
    for value in &given {
        let one = Middleware::of(value).map_err(|why| place.wrong(&attribute.name(), &why))?;
        if let Middleware::Filter(filter) = &one {
            // All workers are to have the same, wherever they find it.
            crate::filter::place(filter, &format!("{} {}", place.text(), into.len()));
        }
        into.push(one);
    }
    Ok(())
}

/// The middleware of a controller's action, for a route that was kept without it.
fn layers_of(class: &str, method: &str) -> Result<Vec<Middleware>, Throw> {
    let mut all = Vec::new();
    let Some(class) = find_class(class)?.map(reflect::Class::from) else {
        return Ok(all);
    };
    for attribute in &class.attributes() {
        layers(attribute, Place::Class(class), &mut all)?;
    }
    if let Some(method) = class.method(method) {
        for attribute in &method.attributes() {
            layers(attribute, Place::Function(&method), &mut all)?;
        }
    }
    Ok(all)
}
