//! The document: a path for each pattern, an operation for each method.

use super::schema::{Schemas, plain};
use crate::annotation::{self, Place};
use crate::app::App;
use crate::route::{Handler, Route};
use highper_zend::reflect::{Builtin, Class, Function, Param};
use highper_zend::{Throw, find_class};
use serde_json::{Map, Value, json};

/// All of it.
pub(super) fn of(app: &App, title: &str, version: &str) -> Result<Value, Throw> {
    let routes = app.routes.borrow().clone();
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    let speaks_http = |route: &&Route| {
        let is_asked = |method: &String| !crate::message::is_method(method);
        route.socket.is_none() && route.methods.iter().any(is_asked)
    };
    for route in routes.iter().filter(speaks_http) {
        let (path, names) = path_of(&route.pattern);
        let operation = operation(route, &names, &mut schemas)?;
        let entry = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            for method in &route.methods {
                let method = method.to_ascii_lowercase();
                let all = ["get", "post", "put", "patch", "delete"];
                match &*method {
                    "*" | "any" => {
                        for method in all {
                            entry.insert(method.to_owned(), operation.clone());
                        }
                    }
                    method
                        if all.contains(&method)
                            || matches!(method, "head" | "options" | "trace") =>
                    {
                        entry.insert(method.to_owned(), operation.clone());
                    }
                    _ => {}
                }
            }
        }
    }
    schemas.all.insert(
        "Problem".to_owned(),
        json!({
            "type": "object",
            "properties": {
                "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
                "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            },
        }),
    );
    Ok(json!({
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": schemas.all},
    }))
}

/// `/notes/{id:\d+}` as `/notes/{id}`, and the names in it.
fn path_of(pattern: &str) -> (String, Vec<String>) {
    let (mut path, mut names) = (String::new(), Vec::new());
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        path.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let mut depth = 1;
        let close = inside.char_indices().find_map(|(at, c)| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            (depth == 0).then_some(at)
        });
        let Some(close) = close else {
            break;
        };
        let end = inside[..close]
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(close);
        let name = &inside[..end];
        path.push_str(&format!("{{{name}}}"));
        names.push(name.to_owned());
        rest = &inside[close + 1..];
    }
    path.push_str(rest);
    (path.replace(['[', ']'], ""), names)
}

fn function_of(route: &Route) -> Result<Option<Function>, Throw> {
    Ok(match &route.handler {
        Handler::Closure(callable) => Function::of(callable),
        Handler::Method(class, method) => {
            let class = find_class(class)?.map(Class::from);
            class.and_then(|class| class.method(method))
        }
    })
}

fn operation(route: &Route, names: &[String], schemas: &mut Schemas) -> Result<Value, Throw> {
    let mut operation = Map::new();
    let function = function_of(route)?;
    if let Handler::Method(class, method) = &route.handler {
        let short = class.rsplit('\\').next().unwrap_or(class);
        let tag = short
            .strip_suffix("Controller")
            .filter(|tag| !tag.is_empty())
            .unwrap_or(short);
        operation.insert("tags".into(), json!([tag]));
        operation.insert("operationId".into(), json!(format!("{short}.{method}")));
    }
    let mut parameters = Vec::new();
    let mut is_checked = false;
    if let Some(function) = &function {
        let text = function.doc().as_deref().map(words).unwrap_or_default();
        let (summary, description) = text.split_once("\n\n").unwrap_or((&text, ""));
        if !summary.is_empty() {
            operation.insert("summary".into(), json!(summary));
        }
        if !description.is_empty() {
            operation.insert("description".into(), json!(description));
        }
        for param in function.params() {
            if param.is_variadic() {
                break;
            }
            match place_of(function, &param, names)? {
                Some(("body", _)) => {
                    is_checked = true;
                    let schema = schema_of(function, &param, schemas)?;
                    let body = json!({"required": !param.is_optional(), "content": {"application/json": {"schema": schema}}});
                    operation.insert("requestBody".into(), body);
                }
                Some(("file", name)) => {
                    let file = json!({"type": "string", "format": "binary"});
                    let schema = json!({"type": "object", "properties": {name: file}});
                    let body = json!({"content": {"multipart/form-data": {"schema": schema}}});
                    operation.insert("requestBody".into(), body);
                }
                Some((place, name)) => {
                    is_checked |= place != "path";
                    parameters.push(parameter(function, &param, place, &name, schemas)?);
                }
                None => {}
            }
        }
    }
    // A parameter that the handler does not take is one of the path all the same.
    for name in names {
        let is_there = parameters
            .iter()
            .any(|known| known["in"] == "path" && known["name"] == **name);
        if !is_there {
            parameters.push(
                json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
            );
        }
    }
    if !parameters.is_empty() {
        operation.insert("parameters".into(), Value::Array(parameters));
    }
    operation.insert(
        "responses".into(),
        responses(route, function.as_ref(), is_checked, schemas)?,
    );
    Ok(Value::Object(operation))
}

/// Where a parameter comes from, and its name there; `None` for what the container gives.
fn place_of(
    function: &Function,
    param: &Param,
    names: &[String],
) -> Result<Option<(&'static str, String)>, Throw> {
    let name = param.name();
    if names.contains(&name) {
        return Ok(Some(("path", name)));
    }
    for attribute in param.attributes() {
        let place = match annotation::own(&attribute).as_deref() {
            Some("query") => "query",
            Some("header") => "header",
            Some("cookie") => "cookie",
            Some("body") => "body",
            Some("file") => "file",
            _ => continue,
        };
        if place == "body" {
            return Ok(Some((place, name)));
        }
        let object = annotation::made(&attribute, Place::Param(function, param))?;
        let given = object
            .get("name")
            .ok()
            .and_then(|given| given.as_str().map(str::to_owned));
        let name = given.unwrap_or_else(|| match place {
            "header" => crate::plan::header_name(&name),
            _ => name.clone(),
        });
        return Ok(Some((place, name)));
    }
    Ok(None)
}

fn schema_of(function: &Function, param: &Param, schemas: &mut Schemas) -> Result<Value, Throw> {
    let mut schema = schemas.of(param.kind().as_ref())?;
    schemas.rules(
        &mut schema,
        &param.attributes(),
        Place::Param(function, param),
    )?;
    Ok(schema)
}

fn parameter(
    function: &Function,
    param: &Param,
    place: &str,
    name: &str,
    schemas: &mut Schemas,
) -> Result<Value, Throw> {
    let mut schema = schema_of(function, param, schemas)?;
    let is_nullable = param.kind().is_some_and(|kind| kind.is_nullable());
    let default = param.default()?;
    let is_required = place == "path" || (default.is_none() && !is_nullable);
    if let (Some(map), Some(default)) = (schema.as_object_mut(), default.as_ref().and_then(plain))
        && !default.is_null()
    {
        map.insert("default".to_owned(), default);
    }
    Ok(json!({"name": name, "in": place, "required": is_required, "schema": schema}))
}

fn responses(
    route: &Route,
    function: Option<&Function>,
    is_checked: bool,
    schemas: &mut Schemas,
) -> Result<Value, Throw> {
    let kind = function.and_then(Function::returns);
    let is_nothing = kind
        .as_ref()
        .is_some_and(|kind| kind.has(Builtin::Void) || kind.has(Builtin::Never));
    let status = route.status.unwrap_or(if is_nothing { 204 } else { 200 });
    let is_text = kind.as_ref().is_some_and(|kind| {
        kind.has(Builtin::String) && kind.classes.is_empty() && !kind.has(Builtin::Array)
    });
    let mut answer = json!({"description": "Success"});
    if !is_nothing && let Some(map) = answer.as_object_mut() {
        let schema = schemas.of(kind.as_ref())?;
        let content = match is_text {
            true => json!({"text/plain": {"schema": {"type": "string"}}}),
            false => json!({"application/json": {"schema": schema}}),
        };
        map.insert("content".to_owned(), content);
    }
    let problem = |description: &str| {
        json!({
            "description": description,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        })
    };
    let mut all = Map::new();
    all.insert(status.to_string(), answer);
    if is_checked {
        all.insert("422".to_owned(), problem("A value breaks a rule"));
    }
    all.insert("default".to_owned(), problem("An error"));
    Ok(Value::Object(all))
}

/// The words of a doc comment before its first tag.
pub(super) fn words(doc: &str) -> String {
    let inner = doc.trim().trim_start_matches("/**").trim_end_matches("*/");
    let lines = inner
        .lines()
        .map(|line| line.trim().trim_start_matches('*').trim());
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('@')).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_paths() {
        assert_eq!(path_of("/notes"), ("/notes".to_owned(), vec![]));
        assert_eq!(
            path_of(r"/a/{id:\d{2,}}/{b}"),
            (
                "/a/{id}/{b}".to_owned(),
                vec!["id".to_owned(), "b".to_owned()]
            )
        );
        assert_eq!(path_of("/f/{path*}").1, ["path"]);
        assert_eq!(path_of("/a/{page?}").0, "/a/{page}");
    }

    #[test]
    fn comments_are_read_to_the_first_tag() {
        assert_eq!(words("/** One line. */"), "One line.");
        assert_eq!(
            words("/**\n * First.\n *\n * More\n * of it.\n * @param int $x\n */"),
            "First.\n\nMore\nof it."
        );
        assert_eq!(words("/** @return int */"), "");
    }
}
