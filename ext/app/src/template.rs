//! Texts with named places: `user.{id}`, `{order.customer.id}`.

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands.
    Text(Box<str>),
    /// A name, and the names below it.
    Place(Box<str>, Vec<Box<str>>),
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// A brace is open at the end, from this byte on.
    Open(usize),
    /// A closing brace that belongs to none.
    Closed(usize),
    /// Braces without a name in them, or with one that can't be.
    Name(usize),
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(at) => write!(f, "the brace at byte {at} is never closed"),
            Self::Closed(at) => write!(f, "the brace at byte {at} closes nothing"),
            Self::Name(at) => write!(
                f,
                "a name like {{id}} or {{user.id}} must stand in the braces at byte {at}"
            ),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Takes a template apart. `{{` and `}}` are the braces themselves.
///
/// # Errors
/// [`TemplateError`], with the place.
pub fn parse(template: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut at = 0;
    while let Some(found) = template[at..].find(['{', '}']) {
        let brace = at + found;
        text.push_str(&template[at..brace]);
        let rest = &template[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            text.push_str(&rest[..1]);
            at = brace + 2;
            continue;
        }
        if rest.starts_with('}') {
            return Err(TemplateError::Closed(brace));
        }
        let end = rest.find('}').ok_or(TemplateError::Open(brace))?;
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text).into()));
        }
        let mut names = rest[1..end].split('.').map(Box::from);
        let first: Box<str> = names.next().unwrap_or_default();
        let below: Vec<Box<str>> = names.collect();
        if !is_name(&first) || !below.iter().all(|name| is_name(name)) {
            return Err(TemplateError::Name(brace));
        }
        pieces.push(Piece::Place(first, below));
        at = brace + end + 1;
    }
    text.push_str(&template[at..]);
    if !text.is_empty() {
        pieces.push(Piece::Text(text.into()));
    }
    Ok(pieces)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.into())
    }

    fn place(names: &[&str]) -> Piece {
        let below = names[1..].iter().map(|name| (*name).into()).collect();
        Piece::Place(names[0].into(), below)
    }

    #[test]
    fn takes_texts_and_places_apart() {
        assert_eq!(parse("").unwrap(), []);
        assert_eq!(parse("users").unwrap(), [text("users")]);
        assert_eq!(
            parse("a.{id}.b{order.customer.id}").unwrap(),
            [
                text("a."),
                place(&["id"]),
                text(".b"),
                place(&["order", "customer", "id"])
            ]
        );
        assert_eq!(parse("{{x}}{y}").unwrap(), [text("{x}"), place(&["y"])]);
        assert_eq!(parse("ä{ü}").unwrap(), [text("ä"), place(&["ü"])]);
    }

    #[test]
    fn says_where_it_is_wrong() {
        assert_eq!(parse("ab{id"), Err(TemplateError::Open(2)));
        assert_eq!(parse("ab}"), Err(TemplateError::Closed(2)));
        assert_eq!(parse("{}"), Err(TemplateError::Name(0)));
        assert_eq!(parse("x{a b}"), Err(TemplateError::Name(1)));
        assert_eq!(parse("{a..b}"), Err(TemplateError::Name(0)));
    }
}
