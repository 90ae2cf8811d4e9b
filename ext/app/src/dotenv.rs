//! `.env` files, in Symfony Dotenv's syntax.
//!
//! One `NAME=value` a line, `export` before it allowed, `#` begins a comment. Values: bare
//! (no spaces), `'as it is'`, `"with \n \r \t \" \\ \$ escapes"`, both over several lines, also
//! glued together. `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME:=default}` are expanded in
//! bare and double-quoted values; a name that is nowhere set is empty. `$(command)` is refused.

use std::fmt;

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The file's name as the caller gave it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What is wrong. No value is quoted in it: it could be a secret.
    pub why: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

impl std::error::Error for SyntaxError {}

/// A variable as the file sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, expanded.
    pub value: String,
    /// The line where it begins, from 1.
    pub line: usize,
}

/// Parses `text`. A `$NAME` is asked for in `real`, which wins over the file, then in what the
/// file has set above, then in `earlier`.
///
/// # Errors
/// The first mistake, with file and line.
pub fn parse(
    file: &str,
    text: &str,
    real: &dyn Fn(&str) -> Option<String>,
    earlier: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Variable>, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser {
        text,
        at: 0,
        real,
        earlier,
        set: vec![],
    };
    match parser.run() {
        Ok(()) => Ok(parser.set),
        Err((at, why)) => Err(SyntaxError {
            file: file.into(),
            line: parser.line(at),
            why,
        }),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    real: &'t dyn Fn(&str) -> Option<String>,
    earlier: &'t dyn Fn(&str) -> Option<String>,
    set: Vec<Variable>,
}

/// Offset and reason.
type Bad = (usize, String);

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text[..at].matches('\n').count()
    }

    fn skip(&mut self, what: &[char]) {
        self.at += self.rest().len() - self.rest().trim_start_matches(what).len();
    }

    fn bad<T>(&self, why: impl Into<String>) -> Result<T, Bad> {
        Err((self.at, why.into()))
    }

    fn run(&mut self) -> Result<(), Bad> {
        loop {
            self.skip(&[' ', '\t', '\r', '\n']);
            match self.peek() {
                None => return Ok(()),
                Some('#') => self.comment(),
                Some(_) => self.variable()?,
            }
        }
    }

    fn comment(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn variable(&mut self) -> Result<(), Bad> {
        let begin = self.at;
        if self.rest().starts_with("export ") || self.rest().starts_with("export\t") {
            self.at += "export".len();
            self.skip(&[' ', '\t']);
        }
        let name = self.name();
        if name.is_empty() {
            return self.bad(
                "a line begins with a NAME (letters, digits and '_', no digit first) or with '#'",
            );
        }
        match self.peek() {
            Some('=') => self.at += 1,
            Some(' ' | '\t') => {
                return self.bad(format!("no space is allowed between {name} and '='"));
            }
            None | Some('\n' | '\r') => {
                self.at = begin;
                return self.bad(format!(
                    "{name} has no '=' after it; for an empty value write {name}="
                ));
            }
            Some(c) => return self.bad(format!("{c:?} cannot be part of a name")),
        }
        if self.rest().starts_with([' ', '\t']) {
            let after = self.rest().trim_start_matches([' ', '\t']);
            if !after.is_empty() && !after.starts_with(['\r', '\n', '#']) {
                return self.bad(format!(
                    "no space is allowed between '=' and the value of {name}"
                ));
            }
        }
        let value = self.value(name)?;
        self.skip(&[' ', '\t', '\r']);
        match self.peek() {
            None | Some('\n') => {}
            Some('#') => self.comment(),
            Some(_) => {
                return self.bad(format!(
                    "the value of {name} has a space and must be in quotes"
                ));
            }
        }
        let line = self.line(begin);
        self.set.push(Variable {
            name: name.into(),
            value,
            line,
        });
        Ok(())
    }

    fn name(&mut self) -> &'t str {
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn value(&mut self, name: &str) -> Result<String, Bad> {
        let mut value = String::new();
        loop {
            match self.peek() {
                None | Some(' ' | '\t' | '\n') => return Ok(value),
                Some('\r') if self.rest().starts_with("\r\n") || self.rest() == "\r" => {
                    return Ok(value);
                }
                Some('\'') => {
                    let inner = &self.rest()[1..];
                    let Some(end) = inner.find('\'') else {
                        return self.bad(format!("the value of {name} has no closing '"));
                    };
                    value.push_str(&inner[..end]);
                    self.at += end + 2;
                }
                Some('"') => self.double(name, &mut value)?,
                Some('$') => self.expand(name, &mut value)?,
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(c) if !matches!(c, '\n' | '\r') => {
                            value.push(c);
                            self.at += c.len_utf8();
                        }
                        _ => value.push('\\'),
                    }
                }
                Some(c) => {
                    self.no_nul(c, name)?;
                    value.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn no_nul(&self, c: char, name: &str) -> Result<(), Bad> {
        if c == '\0' {
            self.bad(format!("the value of {name} has a zero byte"))
        } else {
            Ok(())
        }
    }

    fn double(&mut self, name: &str, value: &mut String) -> Result<(), Bad> {
        let begin = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err((begin, format!("the value of {name} has no closing \""))),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('$') => self.expand(name, value)?,
                Some('\\') => {
                    self.at += 1;
                    let escaped = self.peek();
                    self.at += escaped.map_or(0, char::len_utf8);
                    match escaped {
                        Some('n') => value.push('\n'),
                        Some('r') => value.push('\r'),
                        Some('t') => value.push('\t'),
                        Some(c @ ('"' | '\\' | '$')) => value.push(c),
                        // Symfony keeps what it does not know: regular expressions, Windows paths.
                        other => {
                            value.push('\\');
                            value.extend(other);
                        }
                    }
                }
                Some(c) => {
                    self.no_nul(c, name)?;
                    value.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// `$` and what follows; a `$` before anything but a name stands for itself.
    fn expand(&mut self, into: &str, value: &mut String) -> Result<(), Bad> {
        let begin = self.at;
        self.at += 1;
        match self.peek() {
            Some('(') => {
                self.at = begin;
                self.bad(format!("the value of {into} has a command, $(…): commands are not run; write \\$ for a dollar sign"))
            }
            Some('{') => {
                self.at += 1;
                let name = self.name();
                if name.is_empty() {
                    self.at = begin;
                    return self.bad(format!(
                        "the value of {into} has a ${{ without a name after it"
                    ));
                }
                let found = self.lookup(name);
                let rest = self.rest();
                let (default, assign) = match rest.get(..2) {
                    Some(":-") => (true, false),
                    Some(":=") => (true, true),
                    _ => (false, false),
                };
                let Some(end) = rest.find('}').filter(|e| default || *e == 0) else {
                    self.at = begin;
                    return self.bad(format!("the value of {into} has ${{{name} without '}}'"));
                };
                let line = self.line(begin);
                self.at += end + 1;
                match found.filter(|v| !default || !v.is_empty()) {
                    Some(v) => value.push_str(&v),
                    None if default => {
                        let text = &rest[2..end];
                        if text.contains(['\'', '"', '{', '$', '\n']) {
                            self.at = begin;
                            return self.bad(format!(
                                "the default of ${{{name}:…}} cannot have quotes, '{{' or '$'"
                            ));
                        }
                        if assign {
                            self.set.push(Variable {
                                name: name.into(),
                                value: text.into(),
                                line,
                            });
                        }
                        value.push_str(text);
                    }
                    None => {}
                }
                Ok(())
            }
            _ => {
                let name = self.name();
                if name.is_empty() {
                    value.push('$');
                } else if let Some(v) = self.lookup(name) {
                    value.push_str(&v);
                }
                Ok(())
            }
        }
    }

    fn lookup(&self, name: &str) -> Option<String> {
        (self.real)(name)
            .or_else(|| {
                self.set
                    .iter()
                    .rev()
                    .find(|v| v.name == name)
                    .map(|v| v.value.clone())
            })
            .or_else(|| (self.earlier)(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let known = |n: &str| (n == "REAL").then(|| "real".to_owned());
        parse(".env", text, &known, &|_| None)
            .map(|v| v.into_iter().map(|v| (v.name, v.value)).collect())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn values() {
        for (text, want) in [
            ("A=b", "b"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("A=''", ""),
            ("export A=b", "b"),
            ("\u{feff}A=b\r\n", "b"),
            ("A=b # c", "b"),
            ("A=b#c", "b#c"),
            ("A='b # c'", "b # c"),
            ("A='a $B \\n'", "a $B \\n"),
            ("A=\"a\\nb\\t\\\"\\\\\\$X\"", "a\nb\t\"\\$X"),
            ("A=\"\\d+\"", "\\d+"),
            ("A=\"one\ntwo\"", "one\ntwo"),
            ("A='one\ntwo'", "one\ntwo"),
            ("A=a\"b c\"'d e'f", "ab cd ef"),
            ("A=$REAL", "real"),
            ("A=x${REAL}y", "xrealy"),
            ("A=\"$REAL!\"", "real!"),
            ("A='$REAL'", "$REAL"),
            ("A=\\$REAL", "$REAL"),
            ("A=$NONE", ""),
            ("A=${NONE:-d}", "d"),
            ("A=${REAL:-d}", "real"),
            ("A=5$", "5$"),
            ("A=a\\ b", "a b"),
            ("A=é", "é"),
            ("# c\n\n  A=1\n# d", "1"),
        ] {
            assert_eq!(read(text), Ok(vec![("A".into(), want.into())]), "{text:?}");
        }
        let got = read("A=1\nB=${A}2\nC=${D:=x}$D\nREAL=file\nE=$REAL").unwrap();
        let want = [
            ("A", "1"),
            ("B", "12"),
            ("D", "x"),
            ("C", "xx"),
            ("REAL", "file"),
            ("E", "real"),
        ];
        assert_eq!(got, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }

    #[test]
    fn mistakes() {
        for (text, want) in [
            ("A =b", ".env:1: no space is allowed between A and '='"),
            (
                "\nA= b",
                ".env:2: no space is allowed between '=' and the value of A",
            ),
            (
                "A=b c",
                ".env:1: the value of A has a space and must be in quotes",
            ),
            (
                "A=1\nB",
                ".env:2: B has no '=' after it; for an empty value write B=",
            ),
            ("A=\"b\n\nc", ".env:1: the value of A has no closing \""),
            ("X=1\nA='b", ".env:2: the value of A has no closing '"),
            (
                "A=\"\n$(rm)\"",
                ".env:2: the value of A has a command, $(…): commands are not run; write \\$ for a dollar sign",
            ),
            ("A=${B", ".env:1: the value of A has ${B without '}'"),
            (
                "A=${}",
                ".env:1: the value of A has a ${ without a name after it",
            ),
            (
                "A=${B:-'x'}",
                ".env:1: the default of ${B:…} cannot have quotes, '{' or '$'",
            ),
            (
                "1A=b",
                ".env:1: a line begins with a NAME (letters, digits and '_', no digit first) or with '#'",
            ),
            ("A-B=c", ".env:1: '-' cannot be part of a name"),
            (
                "=x",
                ".env:1: a line begins with a NAME (letters, digits and '_', no digit first) or with '#'",
            ),
            ("A=a\0", ".env:1: the value of A has a zero byte"),
        ] {
            assert_eq!(read(text), Err(want.into()), "{text:?}");
        }
    }

    #[test]
    fn any_text_ends() {
        let bits = [
            "A=", "$", "{", "}", "\"", "'", "\\", "\n", " ", "#", "é", ":-", "export ", "(", "\r",
            "B",
        ];
        let mut seed = 7u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push_str(bits[(seed >> 33) as usize % bits.len()]);
            }
            if let Err(e) = parse("f", &text, &|_| None, &|_| None) {
                assert!(e.line <= 1 + text.matches('\n').count(), "{text:?}: {e}");
            }
        }
    }
}
