//! Values as a developer reads them: `dump()`'s text, and its block in a page.

use crate::problem::Escaped;
use std::fmt::Write as _;

/// A value, as far as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// What is one word: `null`, `true`, `12`, `App\Suit::Hearts`.
    Word(String),
    /// A text: what is shown of it, and how many bytes it has in all.
    Text(String, usize),
    /// An array: how many values it has in all, and those that are shown.
    Array(usize, Vec<(Key, Self)>),
    /// An object: its class, its number, and its properties.
    Object(String, u32, Vec<(Property, Self)>),
    /// An object that is being shown already, further out.
    Again(String, u32),
    /// More than is shown.
    Deeper(String),
}

/// A key of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A number.
    Index(i64),
    /// A text.
    Name(String),
}

/// A property of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// `+` public, `#` protected, `-` private.
    pub sight: char,
}

impl Property {
    /// Reads a name as PHP's property tables have it: `\0*\0name` is protected, `\0Class\0name` private.
    #[must_use]
    pub fn mangled(name: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match name.strip_prefix(b"\0") {
            Some(rest) => {
                let end = rest.iter().position(|b| *b == 0);
                let (class, name) = end.map_or((rest, rest), |at| (&rest[..at], &rest[at + 1..]));
                Self {
                    name: text(name),
                    sight: if class == b"*" { '#' } else { '-' },
                }
            }
            None => Self {
                name: text(name),
                sight: '+',
            },
        }
    }
}

impl Node {
    /// As text, each level two spaces further in.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    fn write(&self, to: &mut String, depth: usize) {
        // Writing to a String does not fail.
        let _ = match self {
            Self::Word(word) => write!(to, "{word}"),
            Self::Text(text, bytes) => {
                let more = bytes.saturating_sub(text.len());
                let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
                match more {
                    0 => write!(to, "\"{quoted}\""),
                    _ => write!(to, "\"{quoted}\"… {more} bytes more"),
                }
            }
            Self::Array(0, _) => write!(to, "[]"),
            Self::Array(count, values) => {
                let _ = writeln!(to, "array:{count} [");
                for (key, value) in values {
                    let _ = match key {
                        Key::Index(index) => write!(to, "{:1$}{index} => ", "", depth * 2 + 2),
                        Key::Name(name) => write!(to, "{:1$}\"{name}\" => ", "", depth * 2 + 2),
                    };
                    value.write(to, depth + 1);
                    to.push('\n');
                }
                if values.len() < *count {
                    let _ = writeln!(
                        to,
                        "{:1$}… {2} more",
                        "",
                        depth * 2 + 2,
                        count - values.len()
                    );
                }
                write!(to, "{:1$}]", "", depth * 2)
            }
            Self::Object(class, number, properties) if properties.is_empty() => {
                write!(to, "{class} {{#{number}}}")
            }
            Self::Object(class, number, properties) => {
                let _ = writeln!(to, "{class} {{#{number}");
                for (property, value) in properties {
                    let _ = write!(
                        to,
                        "{:1$}{2}{3}: ",
                        "",
                        depth * 2 + 2,
                        property.sight,
                        property.name
                    );
                    value.write(to, depth + 1);
                    to.push('\n');
                }
                write!(to, "{:1$}}}", "", depth * 2)
            }
            Self::Again(class, number) => write!(to, "{class} {{#{number} …again}}"),
            Self::Deeper(what) => write!(to, "{what} …"),
        };
    }
}

/// Where a value was shown, and what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Dump {
    /// The file of the call, as it is to be shown.
    pub file: String,
    /// The line there.
    pub line: u32,
    /// The values.
    pub values: Vec<Node>,
}

impl Dump {
    /// File and line, then the values.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}:{}", self.file, self.line);
        for value in &self.values {
            text.push('\n');
            text.push_str(&value.text());
        }
        text
    }
}

/// A block for the end of a page, with its styles in it, so that the page's own do not matter.
#[must_use]
pub fn block(dumps: &[Dump]) -> String {
    let mut html = String::from(
        "\n<aside style=\"all:initial;display:block;margin:1rem;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace\">",
    );
    for dump in dumps {
        // Writing to a String does not fail.
        let _ = write!(
            html,
            "<details open style=\"background:#14171f;color:#e8ebf2;border-radius:.5rem;padding:.6rem .9rem;margin:.5rem 0\"><summary \
             style=\"cursor:pointer;color:#8d97ab\">{}:{}</summary>",
            Escaped(&dump.file),
            dump.line
        );
        for value in &dump.values {
            let _ = write!(
                html,
                "<pre style=\"margin:.4rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font:inherit\">{}</pre>",
                Escaped(&value.text())
            );
        }
        html.push_str("</details>");
    }
    html.push_str("</aside>\n");
    html
}

/// A page with a block before its end.
#[must_use]
pub fn with_block(page: &[u8], block: &str) -> Vec<u8> {
    let end = page
        .windows(7)
        .rposition(|part| part.eq_ignore_ascii_case(b"</body>"));
    let (before, after) = page.split_at(end.unwrap_or(page.len()));
    [before, block.as_bytes(), after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Node {
        Node::Word(text.into())
    }

    #[test]
    fn values_as_text() {
        let inner = Node::Object(
            "App\\Tag".into(),
            4,
            vec![(
                Property::mangled(b"\0App\\Tag\0note"),
                Node::Again("App\\Note".into(), 3),
            )],
        );
        let properties = vec![
            (Property::mangled(b"title"), Node::Text("a \"b\"".into(), 5)),
            (
                Property::mangled(b"\0*\0tags"),
                Node::Array(
                    3,
                    vec![
                        (Key::Index(0), inner),
                        (Key::Name("k".into()), word("null")),
                    ],
                ),
            ),
            (Property::mangled(b"long"), Node::Text("xx".into(), 10)),
            (Property::mangled(b"none"), Node::Array(0, vec![])),
        ];
        let note = Node::Object("App\\Note".into(), 3, properties);
        assert_eq!(
            note.text(),
            "App\\Note {#3\n  +title: \"a \\\"b\\\"\"\n  #tags: array:3 [\n    0 => App\\Tag {#4\n      -note: App\\Note {#3 …again}\n    }\n    \"k\" => null\n    … 1 more\n  ]\n  +long: \"xx\"… 8 bytes more\n  +none: []\n}"
        );
    }

    #[test]
    fn nothing_of_a_value_is_markup() {
        let evil = "</pre><script>alert(1)</script>";
        let dump = Dump {
            file: "<b>.php".into(),
            line: 7,
            values: vec![Node::Object(
                evil.into(),
                1,
                vec![(
                    Property::mangled(evil.as_bytes()),
                    Node::Text(evil.into(), 31),
                )],
            )],
        };
        let block = block(&[dump]);
        assert!(
            !block.contains("<script>") && !block.contains("<b>"),
            "{block}"
        );
        assert!(
            block.contains("&lt;script&gt;") && block.contains("&lt;b&gt;.php:7"),
            "{block}"
        );
    }

    #[test]
    fn the_block_stands_at_the_end_of_the_page() {
        assert_eq!(with_block(b"<p></BODY></html>", "X"), b"<p>X</BODY></html>");
        assert_eq!(with_block(b"<p>", "X"), b"<p>X");
        assert_eq!(with_block(b"", "X"), b"X");
    }
}
