//! Replies: what a server has answered.

use crate::Error;

/// A part of a reply, before its own parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Node {
    Null,
    Int(i64),
    Double(f64),
    Bool(bool),
    Text(usize, usize),
    Status(usize, usize),
    Error(usize, usize),
    List(usize),
    Map(usize),
    Push(usize),
}

/// What a server has answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) root: Node,
    /// What the root has in it, each part before its own parts.
    pub(crate) nodes: Vec<Node>,
    /// The texts.
    pub(crate) data: Vec<u8>,
}

/// A part of a reply. Those of a list follow it: see [`Walk`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Double(f64),
    /// A truth value.
    Bool(bool),
    /// A text, or bytes.
    Text(&'a [u8]),
    /// A word such as `OK`.
    Status(&'a [u8]),
    /// An error.
    Error(&'a [u8]),
    /// So many parts.
    List(usize),
    /// So many pairs of parts.
    Map(usize),
}

/// Goes through the parts of a reply, each before its own parts.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    reply: &'a Reply,
    at: usize,
}

impl Reply {
    /// Its outermost part.
    #[must_use]
    pub fn root(&self) -> Part<'_> {
        self.part(self.root)
    }

    /// Goes through it, from its outermost part.
    #[must_use]
    pub fn walk(&self) -> Walk<'_> {
        Walk { reply: self, at: 0 }
    }

    /// The error that it is.
    #[must_use]
    pub fn error(&self) -> Option<&[u8]> {
        match self.root() {
            Part::Error(text) => Some(text),
            _ => None,
        }
    }

    /// Itself, or the error that it is.
    ///
    /// # Errors
    /// What the server refused.
    pub fn into_result(self) -> Result<Self, Error> {
        match self.error() {
            Some(text) => Err(Error::of_server(text)),
            None => Ok(self),
        }
    }

    /// Is it something that the server says by itself?
    #[must_use]
    pub fn is_push(&self) -> bool {
        matches!(self.root, Node::Push(_))
    }

    /// The texts of a flat list; none where it is something else.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let mut walk = self.walk();
        let mut all = Vec::new();
        if let Some(Part::List(_)) = walk.next() {
            for part in walk {
                match part {
                    Part::Text(text) | Part::Status(text) => {
                        all.push(String::from_utf8_lossy(text).into_owned());
                    }
                    Part::Int(number) => all.push(number.to_string()),
                    _ => all.push(String::new()),
                }
            }
        }
        all
    }

    fn part(&self, node: Node) -> Part<'_> {
        let text = |at: usize, len: usize| self.data.get(at..at + len).unwrap_or_default();
        match node {
            Node::Null => Part::Null,
            Node::Int(value) => Part::Int(value),
            Node::Double(value) => Part::Double(value),
            Node::Bool(value) => Part::Bool(value),
            Node::Text(at, len) => Part::Text(text(at, len)),
            Node::Status(at, len) => Part::Status(text(at, len)),
            Node::Error(at, len) => Part::Error(text(at, len)),
            Node::List(count) | Node::Push(count) => Part::List(count),
            Node::Map(count) => Part::Map(count),
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let node = match self.at {
            0 => self.reply.root,
            at => *self.reply.nodes.get(at - 1)?,
        };
        self.at += 1;
        Some(self.reply.part(node))
    }
}

impl Walk<'_> {
    /// Passes over a part and all that is in it.
    pub fn skip_part(&mut self) {
        let mut left = 1_usize;
        while left > 0 {
            left -= 1;
            match self.next() {
                Some(Part::List(count)) => left += count,
                Some(Part::Map(count)) => left += 2 * count,
                Some(_) => {}
                None => return,
            }
        }
    }
}
