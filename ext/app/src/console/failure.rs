//! What a command that failed leaves on standard error.

use super::style::{Colour, Style};
use std::fmt::Write;

/// An exception as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// Its class.
    pub class: String,
    /// What it says.
    pub message: String,
    /// Where it was made.
    pub file: String,
    /// The line there.
    pub line: usize,
    /// PHP's own trace.
    pub trace: String,
}

/// Lines of source around the one that is shown.
const AROUND: usize = 2;

/// The exception and those that caused it, the last one first. `source` reads a file.
#[must_use]
pub fn show(chain: &[Failure], source: impl Fn(&str) -> Option<String>, style: Style) -> String {
    let mut text = String::new();
    for (number, failure) in chain.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = match number {
            0 => writeln!(text),
            _ => writeln!(text, "\n  {}", style.paint(Colour::Yellow, "caused by")),
        };
        let mut lines = failure.message.lines();
        let first = lines.next().unwrap_or_default();
        let class = style.paint(Colour::Red, &failure.class);
        let _ = writeln!(text, "  {class}: {}", style.paint(Colour::Bold, first));
        for line in lines {
            let _ = writeln!(text, "    {line}");
        }
        let _ = writeln!(text, "\n  at {}:{}", failure.file, failure.line);
        if number == 0
            && let Some(source) = source(&failure.file)
        {
            excerpt(&mut text, &source, failure.line, style);
        }
        for line in failure.trace.lines() {
            let _ = writeln!(text, "  {}", style.paint(Colour::Grey, line));
        }
    }
    text.push('\n');
    text
}

fn excerpt(text: &mut String, source: &str, line: usize, style: Style) {
    let Some(first) = line.checked_sub(1) else {
        return;
    };
    let from = first.saturating_sub(AROUND);
    let lines = source.lines().enumerate().skip(from);
    for (at, code) in lines.take(first - from + AROUND + 1) {
        let row = format!("{:>5} | {code}", at + 1);
        let _ = match at == first {
            true => writeln!(text, "  {}{row}", style.paint(Colour::Red, ">")),
            false => writeln!(text, "   {}", style.paint(Colour::Grey, &row)),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_shown_with_their_place_and_cause() {
        let failure = |class: &str, line| Failure {
            class: class.into(),
            message: "no luck\nat all".into(),
            file: "/a.php".into(),
            line,
            trace: "#0 {main}".into(),
        };
        let chain = [failure("DomainException", 2), failure("Error", 9)];
        let source =
            |file: &str| (file == "/a.php").then(|| "one\ntwo\nthree\nfour\nfive".to_owned());
        assert_eq!(
            show(&chain, source, Style::plain()),
            "\n  DomainException: no luck\n    at all\n\n  at /a.php:2\n       1 | one\n  >    2 | two\n       3 | three\n       4 | four\n  #0 {main}\n\
             \n  caused by\n  Error: no luck\n    at all\n\n  at /a.php:9\n  #0 {main}\n\n"
        );
        assert!(show(&[failure("E", 0)], source, Style::plain()).contains("at /a.php:0\n"));
    }
}
