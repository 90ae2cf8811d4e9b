//! What a message is for.

use serde_json::Value;

/// Where in a message it says what it is for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Key {
    /// Its first word; the rest is the body.
    #[default]
    Word,
    /// A field of the JSON object that it is; all of it is the body.
    Field(String),
    /// The application finds it.
    Asked,
}

/// A key, and the body that goes with it.
pub type Found<'m> = Result<(Vec<u8>, &'m [u8]), Wrong>;

/// A message that is for nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong(pub String);

impl Key {
    /// By name: `word`, `json:` and a field.
    ///
    /// # Errors
    /// What there is.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name.split_once(':') {
            None if name == "word" => Ok(Self::Word),
            Some(("json", field)) if !field.is_empty() => Ok(Self::Field(field.into())),
            _ => Err(format!(
                "must be 'word', 'json:' and the name of a field, or a Closure, '{name}' given"
            )),
        }
    }

    /// The key of a message, and its body. `None` where the application is to be asked.
    ///
    /// # Errors
    /// The message has none.
    pub fn find<'m>(&self, message: &'m [u8]) -> Option<Found<'m>> {
        match self {
            Self::Asked => None,
            Self::Word => {
                let end = message.iter().position(|byte| matches!(byte, b' ' | b'\t'));
                let (word, rest) = match end {
                    Some(end) => (&message[..end], &message[end + 1..]),
                    None => (message, &b""[..]),
                };
                Some(match word.is_empty() {
                    true => Err(Wrong("The message has no first word.".into())),
                    false => Ok((word.to_vec(), rest)),
                })
            }
            Self::Field(field) => Some(named(message, field).map(|key| (key, message))),
        }
    }
}

fn named(message: &[u8], field: &str) -> Result<Vec<u8>, Wrong> {
    let wrong = |why: String| Wrong(why);
    let value: Value = serde_json::from_slice(message)
        .map_err(|error| wrong(format!("The message is no JSON: {error}.")))?;
    let found = value.as_object().and_then(|object| object.get(field));
    match found {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone().into_bytes()),
        Some(Value::Number(number)) => Ok(number.to_string().into_bytes()),
        Some(_) => Err(wrong(format!(
            "The field '{field}' of the message must be a text."
        ))),
        None => Err(wrong(format!("The message has no field '{field}'."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let find = |message: &'static [u8]| Key::Word.find(message).unwrap();
        assert_eq!(find(b"a/b {}"), Ok((b"a/b".to_vec(), &b"{}"[..])));
        assert_eq!(find(b"a\t\tb c"), Ok((b"a".to_vec(), &b"\tb c"[..])));
        assert_eq!(find(b"ping"), Ok((b"ping".to_vec(), &b""[..])));
        assert!(find(b"").is_err() && find(b" x").is_err());
    }

    #[test]
    fn fields() {
        let key = Key::parse("json:do").unwrap();
        let find = |message: &'static [u8]| key.find(message).unwrap().map(|(key, _)| key);
        assert_eq!(find(br#"{"x":1,"do":"add"}"#), Ok(b"add".to_vec()));
        assert_eq!(find(br#"{"do":7}"#), Ok(b"7".to_vec()));
        for message in [
            &b"{\"do\":\"\"}"[..],
            b"{\"do\":[]}",
            b"{}",
            b"[1]",
            b"{",
            b"",
        ] {
            assert!(find(message).is_err(), "{message:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(key.find(deep.as_bytes()).unwrap().is_err());
        for name in ["", "json:", "json", "Word"] {
            assert!(Key::parse(name).is_err());
        }
    }
}
