//! What the declarations say of themselves: before 8.4 PHP keeps no comments of an extension's classes and functions.

use crate::module::registries;
use crate::signature;

/// Names (`Class`, `Class::method()`, `Class::$property`, `Class::CONSTANT`, `function()`, `CONSTANT`) and texts, as they were declared.
#[must_use]
pub fn all() -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for registry in registries() {
        for class in &registry.classes {
            let of = class.name;
            all.push((of.to_owned(), class.doc));
            for constant in &class.constants {
                all.push((format!("{of}::{}", constant.name), constant.doc));
            }
            for property in &class.properties {
                if let Ok(parsed) = signature::parse_property(property.signature, of) {
                    all.push((format!("{of}::${}", parsed.name), property.doc));
                }
            }
            for method in &class.methods {
                if let Ok(parsed) = signature::parse(method.signature, Some(of)) {
                    all.push((format!("{of}::{}()", parsed.name), method.doc));
                }
            }
        }
        for function in &registry.functions {
            if let Ok(parsed) = signature::parse(function.signature, None) {
                all.push((format!("{}()", parsed.name), function.doc));
            }
        }
        for constant in &registry.constants {
            all.push((constant.name.to_owned(), constant.doc));
        }
    }
    all.retain(|(_, text)| !text.is_empty());
    all
}
