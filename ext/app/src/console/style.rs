//! Colours, where somebody sees them.

use std::borrow::Cow;

/// A colour of the terminal's palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// What went wrong.
    Red,
    /// What went well; names.
    Green,
    /// What to look at; headings.
    Yellow,
    /// What is under way.
    Cyan,
    /// What matters less.
    Grey,
    /// No colour, but strong.
    Bold,
}

/// Are there colours?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    has_colours: bool,
}

impl Style {
    /// No colours.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// Colours on a terminal, unless `NO_COLOR` has a value (<https://no-color.org>) or `TERM` is `dumb`;
    /// `FORCE_COLOR` with a value other than 0 wants them anywhere.
    #[must_use]
    pub fn of(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let forced = is_set("FORCE_COLOR").is_some_and(|value| value != "0");
        let dumb = is_set("TERM").is_some_and(|term| term == "dumb");
        Self {
            has_colours: is_set("NO_COLOR").is_none() && (forced || is_terminal && !dumb),
        }
    }

    /// The text in a colour.
    #[must_use]
    pub fn paint<'t>(self, colour: Colour, text: &'t str) -> Cow<'t, str> {
        if !self.has_colours || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let code = match colour {
            Colour::Red => "31",
            Colour::Green => "32",
            Colour::Yellow => "33",
            Colour::Cyan => "36",
            Colour::Grey => "90",
            Colour::Bold => "1",
        };
        Cow::Owned(format!("\x1b[{code}m{text}\x1b[0m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals() {
        let of = |terminal, set: &[(&str, &str)]| {
            let find = |name: &str| set.iter().find(|(n, _)| *n == name);
            Style::of(terminal, |name| find(name).map(|(_, v)| (*v).to_owned())).has_colours
        };
        assert!(of(true, &[]) && of(true, &[("NO_COLOR", "")]));
        assert!(!of(false, &[]) && !of(true, &[("NO_COLOR", "1")]));
        assert!(!of(true, &[("TERM", "dumb")]) && of(false, &[("FORCE_COLOR", "1")]));
        assert!(!of(true, &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
        let style = Style { has_colours: true };
        assert_eq!(style.paint(Colour::Red, "x"), "\x1b[31mx\x1b[0m");
        assert_eq!(Style::plain().paint(Colour::Red, "x"), "x");
    }
}
