//! Listeners among the methods of a class, by the attribute `#[Listen]`; and how they are kept in a file.

use super::Listener;
use crate::annotation::{self, Place, made};
use crate::route::Handler;
use highper_zend::Throw;
use highper_zend::reflect::{Class, Function};
use serde_json::{Value, json};

/// The classes that the first parameter of a listener takes.
pub(crate) fn events_of(function: &Function) -> Vec<String> {
    let first = function.params().into_iter().next();
    let kind = first.and_then(|param| param.kind());
    match kind {
        Some(kind) if !kind.is_intersection => kind.classes,
        _ => Vec::new(),
    }
}

/// Reads a class; true where one of its methods listens.
///
/// # Errors
/// An attribute with wrong arguments, or where it can't stand, with the place.
pub(crate) fn read(class: Class, listeners: &mut Vec<Listener>) -> Result<bool, Throw> {
    let before = listeners.len();
    for method in class.methods() {
        for attribute in method.attributes() {
            if annotation::own(&attribute).as_deref() != Some("listen") {
                continue;
            }
            let place = Place::Function(&method);
            let object = made(&attribute, place)?;
            let wrong = |why: &str| place.wrong(&attribute.name(), why);
            if !method.is_public() || method.is_abstract() {
                return Err(wrong("the method must be public and have a body"));
            }
            if !method.is_static() && !class.is_instantiable() {
                return Err(wrong("the class can't be instantiated"));
            }
            let events = match object.get("event")?.as_str() {
                Some(event) => vec![event.to_owned()],
                None => events_of(&method),
            };
            if events.is_empty() {
                return Err(wrong(
                    "name the class of the events, or give the first parameter that type",
                ));
            }
            if method.required() > 1 {
                return Err(wrong(
                    "a listener gets the event alone; take what else it needs in the constructor",
                ));
            }
            let at = match method.location() {
                Some((file, line)) => format!("{file}:{line}"),
                None => "unknown".to_owned(),
            };
            for event in events {
                let handler = Handler::Method(class.name().to_owned(), method.name());
                let mut listener = Listener::new(&event, handler, at.clone());
                listener.priority = object.get("priority")?.to_long();
                listener.is_async = object.get("async")?.to_bool();
                listeners.push(listener);
            }
        }
    }
    Ok(listeners.len() > before)
}

/// For the file of a scan.
pub(crate) fn to_json(listeners: &[Listener]) -> Value {
    let all = listeners
        .iter()
        .filter_map(|listener| match &listener.handler {
            Handler::Method(class, method) => Some(json!({
                "event": listener.event, "class": class, "method": method,
                "priority": listener.priority, "async": listener.is_async, "at": listener.at,
            })),
            Handler::Closure(_) => None,
        });
    Value::Array(all.collect())
}

/// As they were; `None` for anything else.
pub(crate) fn from_json(all: &Value) -> Option<Vec<Listener>> {
    let listener = |value: &Value| {
        let text = |name: &str| value.get(name)?.as_str();
        let handler = Handler::Method(text("class")?.to_owned(), text("method")?.to_owned());
        let mut listener = Listener::new(text("event")?, handler, text("at")?.to_owned());
        listener.priority = value.get("priority")?.as_i64()?;
        listener.is_async = value.get("async")?.as_bool()?;
        Some(listener)
    };
    all.as_array()?.iter().map(listener).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_come_back_as_they_were() {
        let handler = Handler::Method("App\\Mails".into(), "welcome".into());
        let mut listener = Listener::new("\\App\\Registered", handler, "/a.php:3".into());
        listener.priority = -4;
        listener.is_async = true;
        let json = to_json(&[listener]);
        assert_eq!(to_json(&from_json(&json).unwrap()), json);
        assert!(from_json(&json!([{}])).is_none());
        assert!(from_json(&json!({})).is_none());
    }
}
