//! The protocol's replies, from bytes as they come: RESP2 and RESP3.
//!
//! Written after "Redis serialization protocol specification" of Redis's documentation.

use crate::reply::{Node, Reply};

/// Lists in one another.
const DEEPEST: usize = 64;
/// A head, an error or a status has at most so many bytes.
const LONGEST_LINE: usize = 64 * 1024;
/// A text has at most so many bytes: twice what servers take unless they are told otherwise.
const LONGEST_TEXT: usize = 1 << 30;

/// What has begun and is not whole yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Parts that are missing.
    left: usize,
    /// Of something that nobody wants: the nodes and bytes that there were before.
    attribute: Option<(usize, usize)>,
}

/// Makes replies of bytes; keeps what is not whole.
#[derive(Debug, Default)]
pub struct Parser {
    root: Option<Node>,
    nodes: Vec<Node>,
    data: Vec<u8>,
    open: Vec<Open>,
}

enum Element {
    Leaf(Node),
    Many(Node, usize),
    Attribute(usize),
}

fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn double(text: &[u8]) -> Option<f64> {
    match text {
        b"inf" | b"+inf" => Some(f64::INFINITY),
        b"-inf" => Some(f64::NEG_INFINITY),
        b"nan" | b"-nan" => Some(f64::NAN),
        text => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

impl Parser {
    /// Takes bytes; how many were used, and a reply if one is whole now.
    ///
    /// # Errors
    /// What is no Redis about them: nothing more can be read.
    pub fn feed(&mut self, input: &[u8]) -> Result<(usize, Option<Reply>), String> {
        let mut used = 0;
        loop {
            let rest = input.get(used..).unwrap_or_default();
            let Some((size, element)) = self.element(rest)? else {
                return Ok((used, None));
            };
            used += size;
            if let Some(reply) = self.take(element)? {
                return Ok((used, Some(reply)));
            }
        }
    }

    /// Is nothing half done?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root.is_none() && self.open.is_empty()
    }

    /// One element at the beginning of bytes; `None` when it is not whole.
    fn element(&mut self, input: &[u8]) -> Result<Option<(usize, Element)>, String> {
        let Some(end) = memchr::memchr(b'\n', input) else {
            return match input.len() > LONGEST_LINE {
                true => Err("the server sent a line that is too long".into()),
                false => Ok(None),
            };
        };
        let size = end + 1;
        let wrong = || {
            let line = String::from_utf8_lossy(&input[..end.min(40)]).into_owned();
            Err(format!(
                "the server sent what is no reply of Redis: {line:?}"
            ))
        };
        let Some((&kind, text)) = input[..end]
            .strip_suffix(b"\r")
            .and_then(<[u8]>::split_first)
        else {
            return wrong();
        };
        let count = || {
            integer(text).and_then(|count| match count {
                -1 => Some(None),
                count => usize::try_from(count).ok().map(Some),
            })
        };
        let element = match kind {
            b'$' | b'=' | b'!' => {
                let length = match count() {
                    Some(None) => return Ok(Some((size, Element::Leaf(Node::Null)))),
                    Some(Some(length)) if length <= LONGEST_TEXT => length,
                    _ => return wrong(),
                };
                let whole = size + length + 2;
                let Some(body) = input.get(size..whole) else {
                    return Ok(None);
                };
                let Some(mut body) = body.strip_suffix(b"\r\n") else {
                    return wrong();
                };
                if kind == b'=' {
                    // Three letters and a colon say what kind of text it is.
                    body = body.get(4..).unwrap_or_default();
                }
                let at = self.text(body);
                let node = match kind {
                    b'!' => Node::Error(at, body.len()),
                    _ => Node::Text(at, body.len()),
                };
                return Ok(Some((whole, Element::Leaf(node))));
            }
            b'+' => Element::Leaf(Node::Status(self.text(text), text.len())),
            b'-' => Element::Leaf(Node::Error(self.text(text), text.len())),
            b'(' => Element::Leaf(Node::Text(self.text(text), text.len())),
            b':' => match integer(text) {
                Some(value) => Element::Leaf(Node::Int(value)),
                None => return wrong(),
            },
            b',' => match double(text) {
                Some(value) => Element::Leaf(Node::Double(value)),
                None => return wrong(),
            },
            b'#' => match text {
                b"t" => Element::Leaf(Node::Bool(true)),
                b"f" => Element::Leaf(Node::Bool(false)),
                _ => return wrong(),
            },
            b'_' => Element::Leaf(Node::Null),
            b'*' | b'~' | b'>' | b'%' | b'|' => {
                let count = match count() {
                    Some(None) => return Ok(Some((size, Element::Leaf(Node::Null)))),
                    Some(Some(count)) if count <= usize::MAX / 4 => count,
                    _ => return wrong(),
                };
                match kind {
                    b'%' => Element::Many(Node::Map(count), 2 * count),
                    b'|' => Element::Attribute(2 * count),
                    b'>' if self.open.is_empty() => Element::Many(Node::Push(count), count),
                    _ => Element::Many(Node::List(count), count),
                }
            }
            _ => return wrong(),
        };
        Ok(Some((size, element)))
    }

    fn text(&mut self, text: &[u8]) -> usize {
        let at = self.data.len();
        self.data.extend_from_slice(text);
        at
    }

    fn put(&mut self, node: Node) {
        match self.root {
            None => self.root = Some(node),
            Some(_) => self.nodes.push(node),
        }
    }

    /// Puts an element to the others; the reply if that makes it whole.
    fn take(&mut self, element: Element) -> Result<Option<Reply>, String> {
        match element {
            Element::Leaf(node) => self.put(node),
            Element::Attribute(count) => {
                let before = (
                    self.nodes.len() + usize::from(self.root.is_some()),
                    self.data.len(),
                );
                return self.begin(count, Some(before));
            }
            Element::Many(node, count) => {
                self.put(node);
                return self.begin(count, None);
            }
        }
        Ok(self.close())
    }

    fn begin(
        &mut self,
        left: usize,
        attribute: Option<(usize, usize)>,
    ) -> Result<Option<Reply>, String> {
        if left > 0 {
            if self.open.len() >= DEEPEST {
                return Err(format!(
                    "the server sent more than {DEEPEST} lists in one another"
                ));
            }
            self.open.push(Open { left, attribute });
            return Ok(None);
        }
        Ok(match attribute {
            Some(_) => None,
            None => self.close(),
        })
    }

    /// Something is whole; is what it is in whole, too?
    fn close(&mut self) -> Option<Reply> {
        while let Some(open) = self.open.last_mut() {
            open.left -= 1;
            if open.left > 0 {
                return None;
            }
            let attribute = open.attribute;
            self.open.pop();
            if let Some((nodes, data)) = attribute {
                // What it is about follows.
                self.data.truncate(data);
                self.nodes.truncate(nodes.saturating_sub(1));
                if nodes == 0 {
                    self.root = None;
                }
                return None;
            }
        }
        let root = self.root.take()?;
        Some(Reply {
            root,
            nodes: std::mem::take(&mut self.nodes),
            data: std::mem::take(&mut self.data),
        })
    }
}

#[cfg(test)]
mod tests;
