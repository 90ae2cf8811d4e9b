//! The help of a command, and the list of all.

use super::style::{Colour, Style};
use super::{Argument, Opt, Signature, Takes};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Two columns under a heading: names and what they are.
pub(super) fn columns(text: &mut String, heading: &str, rows: &[(String, String)], style: Style) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{}", style.paint(Colour::Yellow, heading));
    for (name, about) in rows {
        let pad = " ".repeat(width - name.width());
        let line = format!("  {}{pad}  {about}", style.paint(Colour::Green, name));
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

impl Signature {
    /// The text of `help NAME`; `script` is `$argv[0]`.
    #[must_use]
    pub fn help(&self, script: &str, style: Style) -> String {
        let mut text = String::new();
        if !self.description.is_empty() {
            let _ = writeln!(text, "{}\n", self.description);
        }
        let _ = write!(
            text,
            "{} php {script} {}",
            style.paint(Colour::Yellow, "Usage:"),
            self.name
        );
        if !self.options.is_empty() {
            text.push_str(" [options]");
        }
        for argument in &self.arguments {
            let _ = write!(text, " {}", argument.spelt());
        }
        text.push('\n');
        if !self.aliases.is_empty() {
            let heading = style.paint(Colour::Yellow, "Aliases:");
            let _ = writeln!(text, "{heading} {}", self.aliases.join(", "));
        }
        let arguments: Vec<_> = self.arguments.iter().map(Argument::row).collect();
        columns(&mut text, "Arguments:", &arguments, style);
        let options: Vec<_> = self.options.iter().map(Opt::row).collect();
        columns(&mut text, "Options:", &options, style);
        text
    }
}

/// With what it may be.
fn described(description: &str, values: &[String]) -> String {
    match values {
        [] => description.to_owned(),
        values => format!("{description} [{}]", values.join(", "))
            .trim()
            .to_owned(),
    }
}

fn about(description: &str, default: Option<&str>, is_required: bool, is_many: bool) -> String {
    let mut notes = Vec::new();
    if is_required {
        notes.push("required".to_owned());
    }
    if is_many {
        notes.push("may be given several times".to_owned());
    }
    if let Some(default) = default {
        notes.push(format!("default: {default}"));
    }
    let notes = match notes.is_empty() {
        true => String::new(),
        false => format!("({})", notes.join(", ")),
    };
    [description, &notes].join(" ").trim().to_owned()
}

impl Argument {
    fn spelt(&self) -> String {
        let dots = if self.is_list { "…" } else { "" };
        match self.is_required {
            true => format!("<{}>{dots}", self.name),
            false => format!("[<{}>{dots}]", self.name),
        }
    }

    fn described(&self) -> String {
        described(&self.description, &self.values)
    }

    fn row(&self) -> (String, String) {
        let about = about(&self.described(), self.default.as_deref(), false, false);
        (self.name.clone(), about)
    }
}

impl Opt {
    fn row(&self) -> (String, String) {
        let short = match self.short {
            Some(letter) => format!("-{letter}, "),
            None => "    ".to_owned(),
        };
        let no = if self.is_negatable { "[no-]" } else { "" };
        let value = match self.takes {
            Takes::Nothing => String::new(),
            _ => format!("={}", self.name.to_ascii_uppercase()),
        };
        let about = about(
            &described(&self.description, &self.values),
            self.default.as_deref(),
            self.is_required,
            self.takes == Takes::Values,
        );
        (format!("{short}--{no}{}{value}", self.name), about)
    }
}

/// The names and descriptions of commands: those without a group first, then group by group.
#[must_use]
pub fn list(commands: &[(String, String)], style: Style) -> String {
    let mut sorted = commands.to_vec();
    sorted.sort();
    let group = |name: &str| match name.split_once(':') {
        Some((group, _)) => group.to_owned(),
        None => String::new(),
    };
    sorted.sort_by_key(|(name, _)| group(name));
    let mut text = String::new();
    columns(&mut text, "Commands of the application:", &sorted, style);
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::import;
    use super::*;

    #[test]
    fn the_help_names_all_that_a_command_takes() {
        let mut import = import();
        import.arguments[0].description = "A file.".into();
        import.options[1].description = "How many.".into();
        import.options[1].default = Some("10".into());
        import.options[0].is_negatable = true;
        import.options[2].values = vec!["a".into(), "b".into()];
        import.aliases = vec!["import".into(), "ni".into()];
        assert_eq!(
            import.help("server.php", Style::plain()),
            "Imports notes.\n\n\
             Usage: php server.php notes:import [options] <file> [<tags>…]\nAliases: import, ni\n\n\
             Arguments:\n  file  A file.\n  tags\n\n\
             Options:\n  -d, --[no-]dry\n  -l, --limit=LIMIT  How many. (default: 10)\n      --skip=SKIP    [a, b] (may be given several times)\n"
        );
    }

    #[test]
    fn the_list_is_by_groups() {
        let all = ["b:z", "c", "b:a", "a:x"].map(|name| (name.to_owned(), "-".to_owned()));
        assert_eq!(
            list(&all, Style::plain()),
            "\nCommands of the application:\n  c    -\n  a:x  -\n  b:a  -\n  b:z  -\n"
        );
        assert_eq!(list(&[], Style::plain()), "");
    }
}
