//! Changed code that a server in development has not taken: what a developer sees of it on every page until it is mended.

use crate::debug_page::Excerpt;
use crate::problem::Escaped;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Lines shown before and after the one that matters.
const AROUND: u32 = 3;
/// Files that are shown; of more, their number.
const MOST: usize = 5;

/// One reason why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// The file; empty where the message says where it is.
    pub file: String,
    /// The line there, from 1; 0 where it is not known.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl Refused {
    /// `message in file:line`
    #[must_use]
    pub fn text(&self) -> String {
        match self.place() {
            Some(place) => format!("{} in {place}", self.message),
            None => self.message.clone(),
        }
    }

    fn place(&self) -> Option<String> {
        match (&*self.file, self.line) {
            ("", _) => None,
            (file, 0) => Some(file.to_owned()),
            (file, line) => Some(format!("{file}:{line}")),
        }
    }
}

/// As the member of a JSON document.
#[must_use]
pub fn to_json(all: &[Refused]) -> Value {
    let one = |r: &Refused| json!({"message": r.message, "file": r.file, "line": r.line});
    all.iter().map(one).collect()
}

/// What [`to_json`] has written; what is not of that form is left out.
#[must_use]
pub fn from_json(value: &Value) -> Vec<Refused> {
    let one = |value: &Value| {
        Some(Refused {
            message: value["message"].as_str()?.to_owned(),
            file: value["file"].as_str()?.to_owned(),
            line: u32::try_from(value["line"].as_u64()?).ok()?,
        })
    };
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(one)
        .collect()
}

/// A banner for the end of a page, with its styles in it, so that the page's own do not matter. It has a place of its own there, and
/// stays in sight above it.
#[must_use]
pub fn banner(all: &[Refused]) -> String {
    let mut html = String::from(
        "\n<aside role=\"alert\" style=\"all:initial;display:block;position:sticky;bottom:0;max-height:60vh;overflow:auto;z-index:2147483647;\
         background:#3a1119;color:#ffe3e8;border-top:3px solid #ff5c77;padding:.6rem 1rem;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace\">\
         <b style=\"font-weight:600\">Changed code is not taken: what was there before serves on.</b>",
    );
    for refused in all.iter().take(MOST) {
        write(&mut html, refused);
    }
    if all.len() > MOST {
        // Writing to a String does not fail.
        let _ = write!(html, "<div>{} more</div>", all.len() - MOST);
    }
    html.push_str("</aside>\n");
    html
}

fn write(html: &mut String, refused: &Refused) {
    // Writing to a String does not fail.
    let _ = write!(
        html,
        "<details open style=\"margin:.3rem 0 0\"><summary style=\"cursor:pointer\">{}</summary>",
        Escaped(&refused.text())
    );
    if let Some(excerpt) = Excerpt::read(&refused.file, refused.line, AROUND) {
        html.push_str("<pre style=\"margin:.3rem 0 0;font:inherit;white-space:pre-wrap;overflow-wrap:anywhere\">");
        for (number, text) in (excerpt.first..).zip(&excerpt.lines) {
            let mark = if number == refused.line { '>' } else { ' ' };
            let _ = writeln!(html, "{mark}{number:5}  {}", Escaped(text));
        }
        html.push_str("</pre>");
    }
    html.push_str("</details>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(file: &str, line: u32, message: &str) -> Refused {
        Refused {
            file: file.into(),
            line,
            message: message.into(),
        }
    }

    #[test]
    fn a_banner_names_the_place_and_shows_its_lines() {
        let file = std::env::temp_dir().join(format!("highper-refused-{}.php", std::process::id()));
        std::fs::write(&file, "<?php\n\nfinal class <b> {\n").unwrap();
        let name = file.to_str().unwrap();
        let html = banner(&[
            refused(name, 3, "unexpected '<'"),
            refused("", 0, "no service <x>"),
        ]);
        std::fs::remove_file(&file).unwrap();
        assert!(
            html.contains(&format!("unexpected &#39;&lt;&#39; in {name}:3</summary>")),
            "{html}"
        );
        assert!(
            html.contains(">    3  final class &lt;b&gt; {\n")
                && html.contains("     1  &lt;?php\n"),
            "{html}"
        );
        assert!(
            html.contains(
                "<summary style=\"cursor:pointer\">no service &lt;x&gt;</summary></details>"
            ),
            "{html}"
        );
        assert!(!html.contains("<b> {") && !html.contains(" more</div>"));
    }

    #[test]
    fn of_many_the_number_is_said() {
        let all: Vec<Refused> = (0..9)
            .map(|n| refused("", 0, &format!("fault {n}")))
            .collect();
        let html = banner(&all);
        assert!(
            html.contains("fault 4")
                && !html.contains("fault 5")
                && html.contains("<div>4 more</div>")
        );
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let all = [refused("/a.php", 7, "x"), refused("", 0, "y")];
        assert_eq!(from_json(&to_json(&all)), all);
        assert_eq!(from_json(&json!([{"message": 1}, 2])), []);
        assert_eq!(from_json(&Value::Null), []);
        assert_eq!(
            [all[0].text(), all[1].text(), refused("f", 0, "z").text()],
            ["x in /a.php:7", "y", "z in f"]
        );
    }
}
