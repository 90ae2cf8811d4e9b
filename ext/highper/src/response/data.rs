//! What a response consists of.

use highper_zend::Str;
use std::borrow::Cow;
use std::fs::File;
use std::rc::Rc;

/// A header field.
#[derive(Clone)]
struct Field {
    name: Cow<'static, [u8]>,
    value: Cow<'static, [u8]>,
}

/// The body.
#[derive(Clone, Default)]
pub(crate) enum Body {
    /// None.
    #[default]
    Empty,
    /// Made in Rust.
    Bytes(Rc<Vec<u8>>),
    /// A string of PHP's.
    Str(Str),
    /// An open file and its bytes.
    File(Rc<File>, u64),
}

impl Body {
    /// The bytes in memory.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Str(text) => text,
            Self::Empty | Self::File(..) => b"",
        }
    }
}

/// A response.
#[derive(Clone)]
pub(crate) struct Data {
    pub(crate) status: u16,
    fields: Vec<Field>,
    pub(crate) body: Body,
}

impl Default for Data {
    fn default() -> Self {
        Self::new(200, None, Body::Empty)
    }
}

impl Data {
    /// With a Content-Type, where it has one.
    pub(crate) fn new(status: u16, kind: Option<&'static str>, body: Body) -> Self {
        let mut fields = Vec::with_capacity(2);
        if let Some(kind) = kind {
            fields.push(Field {
                name: Cow::Borrowed(b"Content-Type"),
                value: Cow::Borrowed(kind.as_bytes()),
            });
        }
        Self {
            status,
            fields,
            body,
        }
    }

    /// Names and values, in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|f| (&*f.name, &*f.value))
    }

    /// The values of one field, the name in any case.
    pub(crate) fn values<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.fields()
            .filter(move |(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// One more field.
    pub(crate) fn add(&mut self, name: &[u8], value: &[u8]) {
        self.fields.push(Field {
            name: Cow::Owned(name.to_vec()),
            value: Cow::Owned(value.to_vec()),
        });
    }

    /// In place of those of that name.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    /// Without those of that name.
    pub(crate) fn remove(&mut self, name: &[u8]) {
        self.fields.retain(|f| !f.name.eq_ignore_ascii_case(name));
    }
}

/// Why a field can't be sent (RFC 9110, 5.1 and 5.5).
pub(crate) fn check_field(name: &[u8], value: &[u8]) -> Result<(), String> {
    let token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    if name.is_empty() || !name.iter().all(token) {
        return Err(format!(
            "must be a header name of letters, digits and '-', '{}' given",
            String::from_utf8_lossy(name).escape_debug()
        ));
    }
    if let Some(bad) = value
        .iter()
        .find(|b| **b < b' ' && **b != b'\t' || **b == 127)
    {
        return Err(format!(
            "must have no control characters, byte {bad} given in the value of {}",
            String::from_utf8_lossy(name)
        ));
    }
    Ok(())
}
