//! PHP stubs from the declarations: what an IDE and a static analyser read.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use crate::class::{Class, Target};
use crate::library;
use crate::module;
use crate::registry::Registry;
use crate::signature::{self, Literal, Signature, Type, flag};

/// Writes the stubs of everything that is registered: one file per class in
/// folders by namespace, `functions.php`, `constants.php` and `aliases.php`.
/// Returns the number of files. The same declarations give the same bytes.
pub fn write(folder: &Path) -> io::Result<usize> {
    let mut files = files(&module::registries()).map_err(io::Error::other)?;
    // What is written in PHP is its own stub.
    for source in library::sources() {
        if let Some(name) = source.classes.first() {
            files.insert(
                format!("{}.php", name.replace('\\', "/")),
                source.text.to_owned(),
            );
        }
    }
    for (name, text) in &files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(files.len())
}

/// The stubs: path and text.
pub(crate) fn files(registries: &[&Registry]) -> Result<BTreeMap<String, String>, String> {
    let mut files = BTreeMap::new();
    let mut functions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut constants: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut aliases = Vec::new();
    for registry in registries {
        for class in &registry.classes {
            files.insert(
                format!("{}.php", class.name.replace('\\', "/")),
                class_file(class)?,
            );
            for alias in &class.aliases {
                aliases.push(format!(
                    "\\class_alias(\\{}::class, '{}');\n",
                    class.name,
                    alias.replace('\\', "\\\\")
                ));
            }
        }
        for function in &registry.functions {
            let sig = signature::parse(function.signature, None)?;
            let (space, name) = split(sig.name);
            let mut text = String::new();
            docblock(&mut text, "    ", function.doc);
            let _ = writeln!(text, "    {} {{}}", head(&sig, name));
            functions.entry(space).or_default().push(text);
        }
        for constant in &registry.constants {
            let (space, name) = split(constant.name);
            let mut text = String::new();
            docblock(&mut text, "    ", constant.doc);
            let _ = writeln!(text, "    const {name} = {};", literal(&constant.value));
            constants.entry(space).or_default().push(text);
        }
    }
    for (name, mut spaces) in [("functions.php", functions), ("constants.php", constants)] {
        if !spaces.is_empty() {
            let mut text = String::from(HEAD);
            for (space, parts) in &mut spaces {
                parts.sort();
                let space = if space.is_empty() {
                    String::new()
                } else {
                    format!("{space} ")
                };
                let _ = write!(text, "\nnamespace {space}{{\n{}}}\n", parts.join("\n"));
            }
            files.insert(name.to_owned(), text);
        }
    }
    if !aliases.is_empty() {
        aliases.sort();
        files.insert(
            "aliases.php".to_owned(),
            format!("{HEAD}\n{}", aliases.concat()),
        );
    }
    Ok(files)
}

const HEAD: &str = "<?php\n\n// Generated from the extension highper. Do not edit.\n";

fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('\\').unwrap_or(("", name))
}

fn docblock(out: &mut String, indent: &str, doc: &str) {
    let doc = doc.trim();
    if doc.is_empty() {
        return;
    }
    let doc = doc.replace("*/", "* /");
    if doc.contains('\n') {
        let _ = writeln!(out, "{indent}/**");
        for line in doc.lines() {
            let _ = writeln!(out, "{}", format!("{indent} * {}", line.trim()).trim_end());
        }
        let _ = writeln!(out, "{indent} */");
    } else {
        let _ = writeln!(out, "{indent}/** {doc} */");
    }
}

const BUILTIN: [&str; 18] = [
    "null", "false", "true", "bool", "int", "float", "string", "array", "object", "mixed",
    "callable", "void", "never", "static", "iterable", "self", "parent", "",
];

/// A type with leading backslashes on class names.
fn kind(kind: &Type<'_>) -> String {
    let (mark, names) = kind
        .text
        .strip_prefix('?')
        .map_or(("", kind.text), |rest| ("?", rest));
    let names: Vec<String> = names
        .split('|')
        .map(str::trim)
        .map(|name| {
            if BUILTIN.contains(&name) || name.starts_with('\\') {
                name.to_owned()
            } else {
                format!("\\{name}")
            }
        })
        .collect();
    format!("{mark}{}", names.join("|"))
}

fn modifiers(flags: u32) -> String {
    [
        (flag::FINAL, "final "),
        (flag::ABSTRACT, "abstract "),
        (flag::PUBLIC, "public "),
        (flag::PROTECTED, "protected "),
        (flag::PRIVATE, "private "),
        (flag::STATIC, "static "),
        (flag::READONLY, "readonly "),
    ]
    .iter()
    .filter(|(bit, _)| flags & bit != 0)
    .map(|(_, word)| *word)
    .collect()
}

fn head(sig: &Signature<'_>, name: &str) -> String {
    let params: Vec<String> = sig
        .params
        .iter()
        .map(|param| {
            let mut text = String::new();
            if !param.kind.is_none() {
                let _ = write!(text, "{} ", kind(&param.kind));
            }
            let _ = write!(
                text,
                "{}{}${}",
                if param.by_ref { "&" } else { "" },
                if param.variadic { "..." } else { "" },
                param.name
            );
            if let Some(default) = param.default {
                let _ = write!(text, " = {}", expression(default));
            }
            text
        })
        .collect();
    let returns = if sig.returns.is_none() {
        String::new()
    } else {
        format!(": {}", kind(&sig.returns))
    };
    let by_ref = if sig.returns_ref { "&" } else { "" };
    format!(
        "{}function {by_ref}{name}({}){returns}",
        modifiers(sig.flags),
        params.join(", ")
    )
}

/// Constants in defaults get a backslash, so that they mean the global ones.
fn expression(text: &str) -> String {
    let first = text.as_bytes().first().copied().unwrap_or(0);
    let word = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'\\' | b':' | b'|' | b' '));
    let builtin = ["null", "true", "false", "NULL", "TRUE", "FALSE"].contains(&text);
    if first.is_ascii_alphabetic() && word && !builtin {
        text.split('|')
            .map(|part| format!("\\{}", part.trim()))
            .collect::<Vec<_>>()
            .join(" | ")
    } else {
        text.to_owned()
    }
}

fn literal(value: &Literal<'_>) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Long(value) => value.to_string(),
        Literal::Double(value) => format!("{value:?}"),
        Literal::Str(value) => format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")),
        Literal::EmptyArray => "[]".to_owned(),
    }
}

fn class_file(class: &Class) -> Result<String, String> {
    let (space, name) = split(class.name);
    let mut out = String::from(HEAD);
    if !space.is_empty() {
        let _ = writeln!(out, "\nnamespace {space};");
    }
    out.push('\n');
    docblock(&mut out, "", class.doc);
    if class.attribute != 0 {
        let repeatable = match class.attribute & Target::REPEATABLE.0 {
            0 => "",
            _ => " | \\Attribute::IS_REPEATABLE",
        };
        let targets = class.attribute & Target::ALL.0;
        let _ = writeln!(out, "#[\\Attribute({targets}{repeatable})]");
    }
    let words = match (class.flags & 1 != 0, class.flags & 2 != 0, class.interface) {
        (_, _, true) => "interface",
        (true, ..) => "final class",
        (_, true, _) => "abstract class",
        _ => "class",
    };
    let _ = write!(out, "{words} {name}");
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("\\{name}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(parent) = class.parent {
        let _ = write!(out, " extends \\{parent}");
    }
    if !class.interfaces.is_empty() {
        let word = if class.interface {
            "extends"
        } else {
            "implements"
        };
        let _ = write!(out, " {word} {}", names(&class.interfaces));
    }
    out.push_str("\n{\n");
    let mut parts = Vec::new();
    for constant in &class.constants {
        let mut text = String::new();
        docblock(&mut text, "    ", constant.doc);
        let _ = writeln!(
            text,
            "    public const {} = {};",
            constant.name,
            literal(&constant.value)
        );
        parts.push(text);
    }
    for property in &class.properties {
        let parsed = signature::parse_property(property.signature, class.name)?;
        let mut text = String::new();
        // PHP code cannot say readonly without a type; an extension can.
        let hidden = parsed.kind.is_none() && parsed.flags & flag::READONLY != 0;
        match hidden {
            true => docblock(&mut text, "    ", &format!("{}\n@readonly", property.doc)),
            false => docblock(&mut text, "    ", property.doc),
        }
        let flags = match hidden {
            true => parsed.flags & !flag::READONLY,
            false => parsed.flags,
        };
        let kind = if parsed.kind.is_none() {
            String::new()
        } else {
            format!("{} ", kind(&parsed.kind))
        };
        let default = parsed
            .default_text
            .map_or_else(String::new, |default| format!(" = {default}"));
        let _ = writeln!(
            text,
            "    {}{kind}${}{default};",
            modifiers(flags),
            parsed.name
        );
        parts.push(text);
    }
    for method in &class.methods {
        let sig = signature::parse(method.signature, Some(class.name))?;
        let mut text = String::new();
        docblock(&mut text, "    ", method.doc);
        let body = if method.handler.is_none() { ";" } else { " {}" };
        let _ = writeln!(text, "    {}{body}", head(&sig, sig.name));
        parts.push(text);
    }
    out.push_str(&parts.join("\n"));
    out.push_str("}\n");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Method;
    use crate::function::Function;
    use crate::raw::{Zif, zend_execute_data};
    use crate::value::Value;

    /// Stands for a handler: a real one would make this binary need PHP.
    const HANDLER: Zif = never;
    unsafe extern "C" fn never(_: *mut zend_execute_data, _: *mut Value) {}

    #[test]
    fn a_class_becomes_a_file() {
        let mut registry = Registry::default();
        let mut class = Class::new("A\\B")
            .doc("First line.\n\nSecond */ line.")
            .extends("Exception")
            .implements("Countable")
            .alias("C\\B")
            .constant("N", "it's", "")
            .property("public ?A\\B $next = null", "The next.");
        class.methods.push(Method {
            signature: "public static function of(?A\\B $x = null, int $mode = SWOOLE_BASE, string ...$rest): A\\B|false|static",
            doc: "",
            handler: Some(HANDLER),
        });
        registry.class(class);
        registry.function(Function {
            signature: "function A\\f(array &$x = []): void",
            doc: "Does.",
            handler: HANDLER,
        });
        registry.constant("A\\K", 1.0, "");
        let files = files(&[&registry]).unwrap();
        assert_eq!(
            files.keys().map(String::as_str).collect::<Vec<_>>(),
            ["A/B.php", "aliases.php", "constants.php", "functions.php"]
        );
        let class = &files["A/B.php"];
        assert!(class.contains("namespace A;\n"));
        assert!(class.contains(" * Second * / line.\n"));
        assert!(class.contains("class B extends \\Exception implements \\Countable\n{\n"));
        assert!(class.contains("    public const N = 'it\\'s';\n"));
        assert!(class.contains("    /** The next. */\n    public ?\\A\\B $next = null;\n"));
        assert!(class.contains("    public static function of(?\\A\\B $x = null, int $mode = \\SWOOLE_BASE, string ...$rest): \\A\\B|false|static {}\n"));
        assert!(files["functions.php"].contains(
            "namespace A {\n    /** Does. */\n    function f(array &$x = []): void {}\n}"
        ));
        assert!(files["constants.php"].contains("const K = 1.0;"));
        assert!(files["aliases.php"].contains("\\class_alias(\\A\\B::class, 'C\\\\B');"));
    }
}
