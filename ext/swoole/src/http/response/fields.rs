//! The header fields of a response, as they were given and as they are sent.

use highper_zend::{Array, Throw, Tracer, Value};

/// What is sent of a value.
enum Sent {
    /// The given string itself.
    Given,
    /// A number or a boolean as text.
    Text(Vec<u8>),
    /// An array's values, each a field of its own.
    List(Vec<Vec<u8>>),
    /// Nothing, for null.
    Nothing,
}

struct Field {
    name: Vec<u8>,
    given: Value,
    sent: Sent,
}

/// Header fields in the order in which their names were first set.
#[derive(Default)]
pub(super) struct Fields {
    list: Vec<Field>,
    /// Is there one with a line break or NUL, which must not be sent?
    broken: bool,
}

fn is_broken(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'\r' | b'\n' | 0))
}

/// Without white space at its end, as Swoole sends it.
fn trimmed(text: &[u8]) -> &[u8] {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0);
    let end = text
        .iter()
        .rposition(|b| !is_space(b))
        .map_or(0, |at| at + 1);
    &text[..end]
}

impl Fields {
    /// Sets a field; one of the same name, letter by letter, is replaced.
    ///
    /// # Errors
    /// A value that can't be made a string.
    pub(super) fn set(&mut self, name: Vec<u8>, given: Value) -> Result<(), Throw> {
        let sent = if given.is_string() {
            Sent::Given
        } else if given.is_null() {
            Sent::Nothing
        } else if let Some(list) = given.as_array() {
            let texts = list.values().filter(|value| !value.deref().is_null());
            let texts = texts.map(|value| {
                let text = value.to_str()?;
                Ok(text.as_bytes().to_vec())
            });
            Sent::List(texts.collect::<Result<_, Throw>>()?)
        } else {
            Sent::Text(given.to_str()?.as_bytes().to_vec())
        };
        let field = Field { name, given, sent };
        self.broken |= field.values().any(is_broken);
        match self.list.iter_mut().find(|have| have.name == field.name) {
            Some(have) => *have = field,
            None => self.list.push(field),
        }
        Ok(())
    }

    /// Sets a field to a text of our own.
    pub(super) fn set_text(&mut self, name: &[u8], text: &[u8]) {
        let field = Field {
            name: name.to_vec(),
            given: Value::string(text),
            sent: Sent::Given,
        };
        self.broken |= is_broken(text);
        match self.list.iter_mut().find(|have| have.name == name) {
            Some(have) => *have = field,
            None => self.list.push(field),
        }
    }

    /// One more field with a text of our own, beside those of its name.
    pub(super) fn add_text(&mut self, name: &[u8], text: &[u8]) {
        self.broken |= is_broken(text);
        self.list.push(Field {
            name: name.to_vec(),
            given: Value::string(text),
            sent: Sent::Given,
        });
    }

    /// Names and values as they are sent.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.list
            .iter()
            .filter(|field| !field.name.is_empty())
            .flat_map(|field| field.values().map(|value| (&*field.name, value)))
            .filter(|(_, value)| !self.broken || !is_broken(value))
    }

    /// Is a field of this name sent?
    pub(super) fn has(&self, wanted: &[u8]) -> bool {
        self.iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    }

    /// How many values are not sent, because they would break the head.
    pub(super) fn broken(&self) -> usize {
        if !self.broken {
            return 0;
        }
        let values = self.list.iter().flat_map(Field::values);
        values.filter(|value| is_broken(value)).count()
    }

    /// As the property has them.
    pub(super) fn array(&self) -> Array {
        let mut array = Array::with_capacity(self.list.len());
        for field in &self.list {
            array.set_symbol(&*field.name, field.given.clone());
        }
        array
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.broken = false;
    }

    pub(super) fn trace(&self, tracer: &mut Tracer) {
        for field in &self.list {
            tracer.value(&field.given);
        }
    }
}

impl Field {
    fn values(&self) -> impl Iterator<Item = &[u8]> {
        let (one, list): (Option<&[u8]>, &[Vec<u8>]) = match &self.sent {
            Sent::Given => (self.given.as_bytes(), &[]),
            Sent::Text(text) => (Some(text), &[]),
            Sent::List(list) => (None, list),
            Sent::Nothing => (None, &[]),
        };
        let all = one.into_iter().chain(list.iter().map(Vec::as_slice));
        all.map(trimmed)
    }
}
