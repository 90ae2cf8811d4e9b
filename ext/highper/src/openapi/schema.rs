//! JSON Schemas of PHP's types.

use crate::annotation::{Place, made, own};
use highper_zend::reflect::{Attribute, Builtin, Class, Type};
use highper_zend::{Object, Throw, Value as Php, call_function, find_class};
use serde_json::{Map, Value, json};

/// Objects deeper than this are any objects.
const DEEPEST: usize = 32;

/// Schemas of classes by their names.
#[derive(Default)]
pub(super) struct Schemas {
    pub(super) all: Map<String, Value>,
    depth: usize,
}

/// A value of PHP's that can stand in JSON; objects can't.
pub(super) fn plain(value: &Php) -> Option<Value> {
    if let Some(list) = value.as_array() {
        let all: Option<Vec<Value>> = list.values().map(plain).collect();
        return all.filter(|_| list.is_list()).map(Value::Array);
    }
    match (
        value.as_str(),
        value.as_long(),
        value.as_double(),
        value.as_bool(),
    ) {
        (Some(text), ..) => Some(json!(text)),
        (_, Some(number), ..) => Some(json!(number)),
        (_, _, Some(number), _) => Some(json!(number)),
        (_, _, _, Some(is)) => Some(json!(is)),
        _ if value.is_null() => Some(Value::Null),
        _ => None,
    }
}

impl Schemas {
    /// The schema of a type; of nothing, where there is no type.
    pub(super) fn of(&mut self, kind: Option<&Type>) -> Result<Value, Throw> {
        let Some(kind) = kind.filter(|kind| !kind.is_mixed() && !kind.is_intersection) else {
            return Ok(json!({}));
        };
        let mut names = Vec::new();
        for (builtin, name) in [
            (Builtin::Int, "integer"),
            (Builtin::Float, "number"),
            (Builtin::String, "string"),
            (Builtin::Array, "array"),
            (Builtin::Object, "object"),
        ] {
            if kind.has(builtin) {
                names.push(name);
            }
        }
        if kind.has_bool() || kind.has(Builtin::True) || kind.has(Builtin::False) {
            names.push("boolean");
        }
        let mut any = Vec::new();
        for class in &kind.classes {
            any.push(self.class(class)?);
        }
        if kind.is_nullable() {
            names.push("null");
        }
        let builtin = match &names[..] {
            [] => None,
            [one] => Some(json!({"type": one})),
            // Arrays of PHP are lists and maps.
            _ => Some(json!({"type": names})),
        };
        any.extend(builtin);
        Ok(match any.len() {
            0 => json!({}),
            1 => any.swap_remove(0),
            _ => json!({"anyOf": any}),
        })
    }

    fn class(&mut self, name: &str) -> Result<Value, Throw> {
        let Some(handle) = find_class(name)? else {
            return Ok(json!({}));
        };
        let class = Class::from(handle);
        let is = |other: &str| -> Result<bool, Throw> {
            Ok(find_class(other)?.is_some_and(|other| handle.is_a(other)))
        };
        if class.is_enum() {
            return self.cases(class);
        }
        if is("DateTimeInterface")? {
            return Ok(json!({"type": "string", "format": "date-time"}));
        }
        if is("Traversable")? {
            return Ok(json!({"type": "array"}));
        }
        if !class.is_user() {
            return Ok(json!({}));
        }
        let key = class.name().replace('\\', ".");
        if !self.all.contains_key(&key) && self.depth < DEEPEST {
            // A class may name itself.
            self.all.insert(key.clone(), json!({}));
            self.depth += 1;
            let made = self.object(class);
            self.depth -= 1;
            self.all.insert(key.clone(), made?);
        }
        Ok(json!({"$ref": format!("#/components/schemas/{key}")}))
    }

    fn cases(&self, class: Class) -> Result<Value, Throw> {
        let cases = call_function(&format!("{}::cases", class.name()), &[]).into_result()?;
        let mut values = Vec::new();
        for case in cases.as_array().into_iter().flat_map(|list| list.values()) {
            let Some(case) = case.as_object() else {
                continue;
            };
            let value = case.get("value").or_else(|_| case.get("name"))?;
            values.extend(plain(&value));
        }
        let kind = if values.iter().all(Value::is_i64) {
            "integer"
        } else {
            "string"
        };
        Ok(json!({"type": kind, "enum": values}))
    }

    fn object(&mut self, class: Class) -> Result<Value, Throw> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let params = class
            .constructor()
            .map(|constructor| (constructor.params(), constructor));
        match params {
            Some((params, constructor)) if !params.is_empty() => {
                for param in params.iter().filter(|param| !param.is_variadic()) {
                    let kind = param.kind();
                    let mut schema = self.of(kind.as_ref())?;
                    let place = Place::Param(&constructor, param);
                    self.rules(&mut schema, &param.attributes(), place)?;
                    match param.default()? {
                        Some(default) => put(&mut schema, "default", plain(&default)),
                        None if kind.as_ref().is_some_and(Type::is_nullable) => {}
                        None => required.push(json!(param.name())),
                    }
                    properties.insert(param.name(), schema);
                }
            }
            _ => {
                for property in class.properties() {
                    if property.is_public() && !property.is_static() {
                        let mut schema = self.of(property.kind().as_ref())?;
                        let place = Place::Property(&property);
                        self.rules(&mut schema, &property.attributes(), place)?;
                        properties.insert(property.name(), schema);
                    }
                }
            }
        }
        let mut schema = json!({"type": "object", "properties": properties});
        if !required.is_empty() {
            put(&mut schema, "required", Some(Value::Array(required)));
        }
        if let Some(text) = class.doc().as_deref().map(super::document::words)
            && !text.is_empty()
        {
            put(&mut schema, "description", Some(json!(text)));
        }
        Ok(schema)
    }

    /// What rules say of a value.
    pub(super) fn rules(
        &mut self,
        schema: &mut Value,
        attributes: &[Attribute],
        place: Place<'_>,
    ) -> Result<(), Throw> {
        for attribute in attributes {
            let Some(name) = own(attribute) else {
                continue;
            };
            if matches!(
                &*name,
                "length" | "range" | "email" | "url" | "uuid" | "regex" | "in" | "each" | "date"
            ) {
                self.rule(schema, &name, &made(attribute, place)?)?;
            }
        }
        Ok(())
    }

    fn rule(&mut self, schema: &mut Value, name: &str, rule: &Object) -> Result<(), Throw> {
        let is_list = schema.get("type").is_some_and(|kind| *kind == "array");
        let get = |property: &str| {
            rule.get(property)
                .ok()
                .and_then(|value| plain(&value))
                .filter(|v| !v.is_null())
        };
        match name {
            "length" => {
                let (least, most) = if is_list {
                    ("minItems", "maxItems")
                } else {
                    ("minLength", "maxLength")
                };
                put(schema, least, get("min"));
                put(schema, most, get("max"));
            }
            "range" => {
                put(schema, "minimum", get("min"));
                put(schema, "maximum", get("max"));
            }
            "email" => put(schema, "format", Some(json!("email"))),
            "url" => put(schema, "format", Some(json!("uri"))),
            "uuid" => put(schema, "format", Some(json!("uuid"))),
            "regex" => put(
                schema,
                "pattern",
                get("pattern")
                    .as_ref()
                    .and_then(Value::as_str)
                    .and_then(bare),
            ),
            "in" => put(schema, "enum", get("values")),
            "each" => {
                let given = rule.get("rules")?;
                let mut items = json!({});
                for of in given.as_array().into_iter().flat_map(|list| list.values()) {
                    if let Some(kind) = of.as_str() {
                        items = match Type::builtin(kind) {
                            Some(kind) => self.of(Some(&kind))?,
                            None => self.class(kind)?,
                        };
                    } else if let Some(inner) = of.as_object() {
                        let name = inner.class_name().rsplit('\\').next().unwrap_or_default();
                        self.rule(&mut items, &name.to_ascii_lowercase(), inner)?;
                    }
                }
                let items = Some(items);
                put(schema, "items", items);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A pattern of PCRE without its delimiters; `None` for one with modifiers.
fn bare(pattern: &str) -> Option<Value> {
    let first = pattern.chars().next()?;
    let last = match first {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '<' => '>',
        other => other,
    };
    let inner = pattern[first.len_utf8()..].strip_suffix(last)?;
    Some(json!(inner))
}

fn put(schema: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(map), Some(value)) = (schema.as_object_mut(), value) {
        map.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_lose_their_delimiters() {
        assert_eq!(bare("/^a+$/"), Some(json!("^a+$")));
        assert_eq!(bare("{^a$}"), Some(json!("^a$")));
        assert_eq!(bare("/a/i"), None);
        assert_eq!(bare(""), None);
    }
}
