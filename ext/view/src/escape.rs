//! How values get into a page.

use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value, escape_formatter};
use std::fmt::Write;

/// What stands for a byte in HTML, as PHP's `htmlspecialchars()` has it; 0 for itself.
static ENTITIES: [u8; 256] = entities();
const NAMES: [&str; 6] = ["", "&amp;", "&lt;", "&gt;", "&quot;", "&#039;"];

const fn entities() -> [u8; 256] {
    let mut table = [0; 256];
    table[b'&' as usize] = 1;
    table[b'<' as usize] = 2;
    table[b'>' as usize] = 3;
    table[b'"' as usize] = 4;
    table[b'\'' as usize] = 5;
    table
}

/// Writes a text as HTML.
fn html(text: &str, mut write: impl FnMut(&str) -> std::fmt::Result) -> std::fmt::Result {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = ENTITIES[usize::from(byte)];
        if entity != 0 {
            if start < at {
                write(&text[start..at])?;
            }
            write(NAMES[usize::from(entity)])?;
            start = at + 1;
        }
    }
    if start < text.len() {
        write(&text[start..])?;
    }
    Ok(())
}

/// The text of an object, which may have none.
fn printed(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    match write!(text, "{value}") {
        Ok(()) => Ok(text),
        Err(_) => Err(Error::new(
            ErrorKind::InvalidOperation,
            "the value can't be printed",
        )),
    }
}

/// What is printed by `{{ … }}`: null is nothing, as in PHP, and so is false; true is 1.
pub(crate) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    if is_html || matches!(state.auto_escape(), AutoEscape::None) {
        match value.kind() {
            ValueKind::String => {
                if let Some(text) = value.as_str() {
                    if !is_html || value.is_safe() {
                        out.write_str(text)?;
                    } else {
                        html(text, |part| out.write_str(part))?;
                    }
                    return Ok(());
                }
            }
            ValueKind::None => return Ok(()),
            ValueKind::Bool => {
                if value.is_true() {
                    out.write_str("1")?;
                }
                return Ok(());
            }
            ValueKind::Map | ValueKind::Plain | ValueKind::Seq | ValueKind::Iterable if is_html => {
                // As `escape_formatter`, by our own entities.
                let text = printed(value)?;
                html(&text, |part| out.write_str(part))?;
                return Ok(());
            }
            _ => {}
        }
    }
    escape_formatter(out, state, value)
}

/// The filter `e`: HTML of a text, once.
pub(crate) fn escaped(value: Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(value);
    }
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_none() || value.is_undefined() => String::new(),
        None => printed(&value)?,
    };
    let mut out = String::with_capacity(text.len());
    // Writing to a string does not fail.
    let _done = html(&text, |part| {
        out.push_str(part);
        Ok(())
    });
    Ok(Value::from_safe_string(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_those_of_php() {
        for (text, wanted) in [
            ("", ""),
            ("plain ä", "plain ä"),
            (
                "<a href=\"x\">'&'</a>",
                "&lt;a href=&quot;x&quot;&gt;&#039;&amp;&#039;&lt;/a&gt;",
            ),
        ] {
            assert_eq!(
                escaped(Value::from(text)).unwrap().as_str().unwrap(),
                wanted
            );
        }
        let safe = Value::from_safe_string("<b>".into());
        assert_eq!(escaped(safe).unwrap().as_str().unwrap(), "<b>");
    }
}
