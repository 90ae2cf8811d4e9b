//! `config`: the values of `config/*.php` as the application sees them, secrets masked.

use super::{FAILED, aside, ready};
use crate::app::App;
use crate::run::{Stop, say};
use highper_app::listen::CommandLine;
use highper_app::secret::{MASK, is_secret, masked_text};
use highper_zend::{Array, Value};
use serde_json::{Map, Value as Json};
use std::fmt::Write;
use std::rc::Rc;

/// Deeper than anybody looks.
const DEEPEST: usize = 32;

/// Prints the whole tree, or what is below a path.
pub(crate) fn show(app: &Rc<App>, line: &CommandLine) -> Result<i32, Stop> {
    let (known, line) = (Rc::clone(app), line.clone());
    aside(move || {
        ready(&known)?;
        let path = line.words.first().map_or("", String::as_str);
        let found = match path {
            "" => known.config.tree(&known).map(|tree| Some(tree.into())),
            path => known.config.find(&known, path),
        };
        let found = found.map_err(Stop::Throw)?;
        let Some(found) = found else {
            eprintln!("highper: {}", crate::config::missing(path));
            return Ok(FAILED);
        };
        let hidden = path.split('.').any(is_secret);
        match line.json {
            true => say(&format!("{:#}", json(&found, hidden, 0))),
            false => {
                let mut text = String::new();
                lines(&mut text, path, &json(&found, hidden, 0));
                say(text.trim_end());
            }
        }
        Ok(0)
    })
}

/// A value without its secrets; all below a secret name is one.
fn json(value: &Value, hidden: bool, depth: usize) -> Json {
    let value = value.deref();
    if let Some(array) = value.as_array() {
        return match depth < DEEPEST {
            true => nested(array, hidden, depth),
            false => "…".into(),
        };
    }
    if value.is_null() {
        return Json::Null;
    }
    if hidden {
        return match value.as_bytes() {
            // One sees that it is missing.
            Some([]) => "".into(),
            _ => MASK.into(),
        };
    }
    match (value.as_bool(), value.as_long(), value.as_double()) {
        (Some(yes), ..) => yes.into(),
        (_, Some(number), _) => number.into(),
        (.., Some(number)) => number.into(),
        _ => match (value.as_bytes(), value.as_object()) {
            (Some(bytes), _) => masked_text(&String::from_utf8_lossy(bytes)).into(),
            (_, Some(object)) if object.has_method("tryFrom") => object
                .get("value")
                .map_or(Json::Null, |case| json(&case, false, depth + 1)),
            (_, Some(object)) => format!("object of {}", object.class_name()).into(),
            _ => value.type_name().into(),
        },
    }
}

fn nested(array: &Array, hidden: bool, depth: usize) -> Json {
    if array.is_list() {
        return array
            .values()
            .map(|value| json(value, hidden, depth + 1))
            .collect();
    }
    let all = array.iter().map(|(key, value)| {
        let name = String::from_utf8_lossy(&key.to_bytes()).into_owned();
        let value = json(value, hidden || is_secret(&name), depth + 1);
        (name, value)
    });
    Json::Object(all.collect::<Map<_, _>>())
}

/// `db.host = "localhost"`
fn lines(text: &mut String, path: &str, value: &Json) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (name, value) in map {
                let below = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                lines(text, &below, value);
            }
        }
        // Writing to a String cannot fail.
        value => drop(writeln!(text, "{path} = {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_become_lines() {
        let mut text = String::new();
        let tree = serde_json::json!({"a": {"b": 1, "c": ["x", true]}, "d": {}});
        lines(&mut text, "", &tree);
        assert_eq!(text, "a.b = 1\na.c = [\"x\",true]\nd = {}\n");
    }
}
