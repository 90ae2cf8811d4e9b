//! Route patterns: `/notes/{id:\d+}[/{page}]`, `/files/{path:*}`, `/notes/{page?}`.

use super::constraint::Constraint;
use super::params::MAX_PARAMS;
use std::sync::Arc;

/// One piece of a pattern.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Literal text, as it reads after percent-decoding.
    Text(Box<[u8]>),
    /// `{name}` or `{name:regex}`: one or more bytes inside one segment.
    Param(Box<str>, Option<Arc<Constraint>>),
    /// `{name:*}`: one or more bytes to the end of the path, slashes included.
    Rest(Box<str>),
}

/// A parsed pattern: its variants from the shortest to the longest. A pattern without an
/// optional part has one. Every variant begins with the pieces of the one before.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) variants: Vec<Vec<Piece>>,
    pub(super) names: Vec<Box<str>>,
}

impl Pattern {
    /// Parses, or says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err("a pattern begins with '/'".into());
        }
        let mut parser = Parser {
            text,
            at: 0,
            pieces: vec![],
            names: vec![],
            variants: vec![],
            depth: 0,
        };
        parser.run()?;
        let Parser {
            pieces,
            names,
            mut variants,
            ..
        } = parser;
        variants.push(pieces);
        Ok(Self { variants, names })
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    pieces: Vec<Piece>,
    names: Vec<Box<str>>,
    variants: Vec<Vec<Piece>>,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn run(&mut self) -> Result<(), String> {
        let mut literal = String::new();
        while let Some(c) = self.text[self.at..].chars().next() {
            if self.depth > 0 && self.text[self.at..].bytes().all(|b| b == b']') {
                break;
            }
            match c {
                '{' => {
                    let (inner, end) = self.braces()?;
                    let (name, rest) = match inner.split_once(':') {
                        Some((n, r)) => (n, Some(r)),
                        None => (inner, None),
                    };
                    let optional = name.ends_with('?');
                    if optional {
                        if !self.text[end..].is_empty() {
                            return Err(format!(
                                "{{{inner}}} is optional and must be the last piece"
                            ));
                        }
                        let Some(kept) = literal.strip_suffix('/') else {
                            return Err(format!(
                                "{{{inner}}} is optional and must be a whole segment"
                            ));
                        };
                        let mut shorter = self.pieces.clone();
                        let kept = if kept.is_empty() && shorter.is_empty() {
                            "/"
                        } else {
                            kept
                        };
                        push_text(&mut shorter, kept)?;
                        self.variants.push(shorter);
                    }
                    push_text(&mut self.pieces, &literal)?;
                    literal.clear();
                    self.param(name.trim_end_matches('?'), rest, end)?;
                    self.at = end;
                }
                '}' => return Err("there is a '}' without '{'".into()),
                '[' => {
                    push_text(&mut self.pieces, &literal)?;
                    literal.clear();
                    if self.pieces.is_empty() {
                        return Err("the optional part is the whole pattern".into());
                    }
                    self.variants.push(self.pieces.clone());
                    self.depth += 1;
                    self.at += 1;
                }
                ']' if self.depth == 0 => return Err("there is a ']' without '['".into()),
                ']' => return Err("an optional part […] must be at the end of the pattern".into()),
                '?' | '#' => return Err(format!("{c:?} cannot be part of a path")),
                c if c.is_control() || c == ' ' => {
                    return Err(format!("{c:?} cannot be part of a path"));
                }
                c => {
                    literal.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
        push_text(&mut self.pieces, &literal)?;
        match self.text.len() - self.at {
            n if n == self.depth => Ok(()),
            n if n < self.depth => Err("there is a '[' without ']'".into()),
            _ => Err("there is a ']' without '['".into()),
        }
    }

    /// The text inside the braces that open here, and where they end; a regex may hold braces.
    fn braces(&self) -> Result<(&'t str, usize), String> {
        let text: &'t str = self.text;
        let bytes = text.as_bytes();
        let (mut depth, mut i) = (0, self.at);
        while i < bytes.len() {
            match bytes[i] {
                b'\\' => i += 1,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            i += 1;
            if depth == 0 {
                return match text.get(self.at + 1..i - 1) {
                    Some(inner) => Ok((inner, i)),
                    None => Err("there is a '{' without '}'".into()),
                };
            }
        }
        Err("there is a '{' without '}'".into())
    }

    fn param(&mut self, name: &str, rest: Option<&str>, end: usize) -> Result<(), String> {
        let first = name.bytes().next();
        if !first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            return Err(format!(
                "{name:?} is not a parameter name (letters, digits and '_', no digit first)"
            ));
        }
        if self.names.iter().any(|n| &**n == name) {
            return Err(format!("the parameter {{{name}}} occurs twice"));
        }
        if self.names.len() == MAX_PARAMS {
            return Err(format!("it has more than {MAX_PARAMS} parameters"));
        }
        if matches!(self.pieces.last(), Some(Piece::Param(..))) {
            return Err(format!(
                "{{{name}}} follows another parameter without a text between them"
            ));
        }
        self.names.push(name.into());
        self.pieces.push(match rest {
            None => Piece::Param(name.into(), None),
            Some("*" | ".+") => {
                if !self.text[end..].bytes().all(|b| b == b']') {
                    return Err(format!("{{{name}:*}} takes the rest of the path and must be the last piece"));
                }
                Piece::Rest(name.into())
            }
            Some("" | ".*") => {
                return Err(format!("{{{name}}} has an empty constraint; for the rest of the path write {{{name}:*}}"));
            }
            Some(r) if r.contains('/') => {
                return Err(format!("the constraint {r:?} holds a '/', and a parameter is one segment; for the rest of the path write {{{name}:*}}"));
            }
            Some(r) => Piece::Param(name.into(), Some(Arc::new(Constraint::new(r)?))),
        });
        Ok(())
    }
}

/// Appends literal text, percent-decoded: `/caf%C3%A9` and `/café` are one route.
fn push_text(pieces: &mut Vec<Piece>, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let decoded = super::params::decode(text.as_bytes()).map_err(|e| format!("{text:?} {e}"))?;
    if decoded.len() != text.len() && decoded.matches('/').count() != text.matches('/').count() {
        return Err(format!(
            "{text:?} has an encoded '/', which no request can match"
        ));
    }
    pieces.push(Piece::Text(decoded.as_bytes().into()));
    Ok(())
}
