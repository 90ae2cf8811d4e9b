//! Reads PHP signatures: `public static function get(string $key, ?int $n = 1): array|false`.
//! A hand-written scanner: a thousand of them are read at each start of PHP.
use std::borrow::Cow;

/// Access and kind flags, with Zend's values.
pub(crate) mod flag {
    pub const PUBLIC: u32 = 1;
    pub const PROTECTED: u32 = 2;
    pub const PRIVATE: u32 = 4;
    pub const STATIC: u32 = 16;
    pub const FINAL: u32 = 32;
    pub const ABSTRACT: u32 = 64;
    pub const READONLY: u32 = 128;
}

/// Type masks, with Zend's values.
mod mask {
    pub const NULL: u32 = 1 << 1;
    pub const FALSE: u32 = 1 << 2;
    pub const TRUE: u32 = 1 << 3;
    pub const LONG: u32 = 1 << 4;
    pub const DOUBLE: u32 = 1 << 5;
    pub const STRING: u32 = 1 << 6;
    pub const ARRAY: u32 = 1 << 7;
    pub const OBJECT: u32 = 1 << 8;
    pub const ANY: u32 = 0x3fe;
    pub const CALLABLE: u32 = 1 << 12;
    pub const VOID: u32 = 1 << 14;
    pub const STATIC: u32 = 1 << 15;
    pub const NEVER: u32 = 1 << 17;
}

/// A type: builtin types as a mask, classes by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Type<'a> {
    pub mask: u32,
    pub classes: Option<Cow<'a, str>>,
    pub iterable: bool,
    /// As written; empty without a type.
    pub text: &'a str,
}

impl Type<'_> {
    pub fn is_none(&self) -> bool {
        self.text.is_empty()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Param<'a> {
    pub name: &'a str,
    pub kind: Type<'a>,
    pub default: Option<&'a str>,
    pub by_ref: bool,
    pub variadic: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Signature<'a> {
    pub name: &'a str,
    pub flags: u32,
    pub params: Vec<Param<'a>>,
    pub returns: Type<'a>,
    pub returns_ref: bool,
}

impl Signature<'_> {
    /// Parameters that must be passed, and those without the variadic one.
    pub fn counts(&self) -> (u32, u32) {
        let all = self.params.iter().filter(|param| !param.variadic).count();
        let required = self
            .params
            .iter()
            .rposition(|param| !param.variadic && param.default.is_none())
            .map_or(0, |last| last + 1);
        (required as u32, all as u32)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Property<'a> {
    pub name: &'a str,
    pub flags: u32,
    pub kind: Type<'a>,
    pub default: Option<Literal<'a>>,
    pub default_text: Option<&'a str>,
}

/// A constant expression that needs no evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal<'a> {
    /// null
    Null,
    /// true, false
    Bool(bool),
    /// An int.
    Long(i64),
    /// A float.
    Double(f64),
    /// A string.
    Str(Cow<'a, str>),
    /// `[]`
    EmptyArray,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'\\' || byte >= 0x80
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn space(&mut self) {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && bytes[self.at].is_ascii_whitespace() {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> u8 {
        self.space();
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) {
            Ok(())
        } else {
            Err(self.error(&format!("`{token}` expected")))
        }
    }

    fn word(&mut self) -> &'a str {
        self.space();
        let bytes = self.text.as_bytes();
        let start = self.at;
        while self.at < bytes.len() && is_name(bytes[self.at]) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn error(&self, what: &str) -> String {
        format!("{what} at byte {} of `{}`", self.at, self.text)
    }

    /// Keywords before `function` or a property; stops before anything else.
    fn flags(&mut self) -> u32 {
        let mut flags = 0;
        loop {
            self.space();
            let before = self.at;
            flags |= match self.word() {
                "public" => flag::PUBLIC,
                "protected" => flag::PROTECTED,
                "private" => flag::PRIVATE,
                "static" => flag::STATIC,
                "final" => flag::FINAL,
                "abstract" => flag::ABSTRACT,
                "readonly" => flag::READONLY,
                _ => {
                    self.at = before;
                    return flags;
                }
            };
        }
    }

    fn kind(&mut self, class: Option<&'a str>) -> Result<Type<'a>, String> {
        self.space();
        let start = self.at;
        let mut kind = Type::default();
        if self.eat("?") {
            kind.mask |= mask::NULL;
        }
        loop {
            let name = self.word();
            kind.mask |= match name {
                "" => return Err(self.error("a type expected")),
                "null" => mask::NULL,
                "false" => mask::FALSE,
                "true" => mask::TRUE,
                "bool" => mask::FALSE | mask::TRUE,
                "int" => mask::LONG,
                "float" => mask::DOUBLE,
                "string" => mask::STRING,
                "array" => mask::ARRAY,
                "object" => mask::OBJECT,
                "mixed" => mask::ANY,
                "callable" => mask::CALLABLE,
                "void" => mask::VOID,
                "never" => mask::NEVER,
                "static" => mask::STATIC,
                "iterable" => {
                    kind.iterable = true;
                    0
                }
                name => {
                    let name = match name {
                        "self" => class.ok_or_else(|| self.error("`self` outside a class"))?,
                        name => name.strip_prefix('\\').unwrap_or(name),
                    };
                    kind.classes = Some(match kind.classes.take() {
                        None => Cow::Borrowed(name),
                        Some(before) => Cow::Owned(format!("{before}|{name}")),
                    });
                    0
                }
            };
            if !self.eat("|") {
                break;
            }
        }
        kind.text = self.text[start..self.at].trim();
        Ok(kind)
    }

    /// An expression, to the next `,` or `)` outside brackets and quotes.
    fn expression(&mut self) -> Result<&'a str, String> {
        self.space();
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut depth = 0;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'\'' | b'"' => {
                    let mut end = self.at + 1;
                    while end < bytes.len() && bytes[end] != byte {
                        end += if bytes[end] == b'\\' { 2 } else { 1 };
                    }
                    if end >= bytes.len() {
                        return Err(self.error("string without an end"));
                    }
                    self.at = end;
                }
                b'(' | b'[' => depth += 1,
                b')' | b']' if depth > 0 => depth -= 1,
                b')' | b',' | b';' if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        let text = self.text[start..self.at].trim();
        if text.is_empty() {
            Err(self.error("a default expected"))
        } else {
            Ok(text)
        }
    }

    fn end(&mut self) -> Result<(), String> {
        self.eat(";");
        if self.peek() == 0 {
            Ok(())
        } else {
            Err(self.error("unexpected text"))
        }
    }
}

/// Reads a function's or method's signature; `class` is what `self` means.
pub(crate) fn parse<'a>(text: &'a str, class: Option<&'a str>) -> Result<Signature<'a>, String> {
    let mut scan = Scanner::new(text);
    let mut flags = scan.flags();
    if class.is_some() && flags & (flag::PUBLIC | flag::PROTECTED | flag::PRIVATE) == 0 {
        flags |= flag::PUBLIC;
    }
    scan.expect("function")?;
    let returns_ref = scan.eat("&");
    let name = scan.word();
    if name.is_empty() {
        return Err(scan.error("a name expected"));
    }
    scan.expect("(")?;
    let mut params = Vec::new();
    while !scan.eat(")") {
        let kind = match scan.peek() {
            b'&' | b'$' | b'.' => Type::default(),
            _ => scan.kind(class)?,
        };
        let by_ref = scan.eat("&");
        let variadic = scan.eat("...");
        scan.expect("$")?;
        let name = scan.word();
        let default = if scan.eat("=") {
            Some(scan.expression()?)
        } else {
            None
        };
        if name.is_empty() {
            return Err(scan.error("a parameter's name expected"));
        }
        if variadic && default.is_some() {
            return Err(scan.error("a variadic parameter has no default"));
        }
        params.push(Param {
            name,
            kind,
            default,
            by_ref,
            variadic,
        });
        if !scan.eat(",") {
            scan.expect(")")?;
            break;
        }
        if variadic {
            return Err(scan.error("a variadic parameter must be the last one"));
        }
    }
    let mut returns = if scan.eat(":") {
        scan.kind(class)?
    } else {
        Type::default()
    };
    if returns.text == "self" {
        // As reflection shows it of PHP's own code.
        returns.classes = Some(Cow::Borrowed("self"));
    }
    scan.end()?;
    Ok(Signature {
        name,
        flags,
        params,
        returns,
        returns_ref,
    })
}

/// Reads a property: `public ?int $x = 0`.
pub(crate) fn parse_property<'a>(text: &'a str, class: &'a str) -> Result<Property<'a>, String> {
    let mut scan = Scanner::new(text);
    let flags = scan.flags();
    if flags & (flag::PUBLIC | flag::PROTECTED | flag::PRIVATE) == 0 {
        return Err(scan.error("`public`, `protected` or `private` expected"));
    }
    let kind = if scan.peek() == b'$' {
        Type::default()
    } else {
        scan.kind(Some(class))?
    };
    scan.expect("$")?;
    let name = scan.word();
    let default_text = if scan.eat("=") {
        Some(scan.expression()?)
    } else {
        None
    };
    scan.end()?;
    let default = default_text.map(parse_literal).transpose()?;
    Ok(Property {
        name,
        flags,
        kind,
        default,
        default_text,
    })
}

/// Reads a literal.
pub(crate) fn parse_literal(text: &str) -> Result<Literal<'_>, String> {
    let bytes = text.as_bytes();
    Ok(match text {
        "null" | "NULL" => Literal::Null,
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        "[]" | "array()" => Literal::EmptyArray,
        _ if matches!(bytes[0], b'\'' | b'"')
            && bytes.len() >= 2
            && bytes[bytes.len() - 1] == bytes[0] =>
        {
            let inner = &text[1..text.len() - 1];
            if inner.contains('\\') {
                Literal::Str(Cow::Owned(inner.replace("\\\\", "\\").replace("\\'", "'")))
            } else {
                Literal::Str(Cow::Borrowed(inner))
            }
        }
        _ => {
            if let Ok(long) = text.parse() {
                Literal::Long(long)
            } else if let Ok(double) = text.parse() {
                Literal::Double(double)
            } else {
                return Err(format!(
                    "`{text}` is no literal: null, bool, int, float, string or [] expected"
                ));
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_whole_signature() {
        let text = r#"final public static function f(?int $a, A\B|null|false $b, &$c, mixed $d = [1, "x)"], self $e = null, string ...$rest): static|\X\Y"#;
        let sig = parse(text, Some("C\\D")).unwrap();
        assert_eq!(sig.name, "f");
        assert_eq!(sig.flags, flag::FINAL | flag::PUBLIC | flag::STATIC);
        assert_eq!(sig.params.len(), 6);
        assert_eq!(sig.params[0].kind.mask, mask::NULL | mask::LONG);
        assert_eq!(sig.params[1].kind.classes.as_deref(), Some("A\\B"));
        assert_eq!(sig.params[1].kind.mask, mask::NULL | mask::FALSE);
        assert!(sig.params[2].by_ref && sig.params[2].kind.is_none());
        assert_eq!(sig.params[3].default, Some(r#"[1, "x)"]"#));
        assert_eq!(sig.params[4].kind.classes.as_deref(), Some("C\\D"));
        assert!(sig.params[5].variadic);
        assert_eq!(sig.returns.classes.as_deref(), Some("X\\Y"));
        assert_eq!(sig.returns.mask, mask::STATIC);
        assert_eq!(sig.counts(), (3, 5));
    }

    #[test]
    fn a_required_parameter_after_an_optional_one_makes_both_required() {
        assert_eq!(
            parse("function f($a = 1, $b)", None).unwrap().counts(),
            (2, 2)
        );
        assert_eq!(parse("function f()", None).unwrap().counts(), (0, 0));
    }

    #[test]
    fn refuses_what_is_no_signature() {
        for bad in [
            "public f()",
            "function ()",
            "function f(int)",
            "function f(int $a",
            "function f($a =)",
            "function f(...$a, $b)",
            "function f($a = 'x)",
            "function f(): ",
            "function f() {}",
            "function f(self $x)",
            "function f(...$a = 1)",
        ] {
            assert!(parse(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_properties_and_literals() {
        let property = parse_property("public ?int $x = -5", "C").unwrap();
        assert_eq!(
            (property.name, property.default),
            ("x", Some(Literal::Long(-5)))
        );
        let property = parse_property("protected readonly string $s", "C").unwrap();
        assert_eq!(property.flags, flag::PROTECTED | flag::READONLY);
        assert_eq!(property.default, None);
        assert_eq!(
            parse_literal("'a\\\\b'").unwrap(),
            Literal::Str("a\\b".into())
        );
        assert_eq!(parse_literal("1.5").unwrap(), Literal::Double(1.5));
        assert!(parse_literal("FOO").is_err());
        assert!(parse_property("int $x", "C").is_err());
    }
}
