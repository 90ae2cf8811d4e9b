//! Commands on a command line: what one takes, how words are read for it, its help; tables and progress for long work.

pub mod complete;
mod failure;
mod help;
mod progress;
pub mod shell;
pub mod style;
pub mod table;

pub use failure::{Failure, show};
pub use help::list;
pub use progress::Progress;

use crate::listen::{UsageError, nearest};

/// A word that the command line gives by its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Argument {
    /// Its name, for the help.
    pub name: String,
    /// One line for the help.
    pub description: String,
    /// Must it be given?
    pub is_required: bool,
    /// Does it take all words that follow?
    pub is_list: bool,
    /// What it is where it is not given, for the help.
    pub default: Option<String>,
    /// What it may be, where that is known.
    pub values: Vec<String>,
}

/// What comes behind an option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: `--name` is on, `--no-name` is off.
    #[default]
    Nothing,
    /// One value.
    Value,
    /// A value, as often as wanted.
    Values,
}

/// A word that the command line gives by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opt {
    /// Its name without dashes.
    pub name: String,
    /// A letter, for `-x`.
    pub short: Option<char>,
    /// One line for the help.
    pub description: String,
    /// What comes behind it.
    pub takes: Takes,
    /// Must it be given?
    pub is_required: bool,
    /// Is `--no-name` of use, for the help? Understood it is in any case.
    pub is_negatable: bool,
    /// What it is where it is not given, for the help.
    pub default: Option<String>,
    /// What it may be, where that is known.
    pub values: Vec<String>,
}

/// What a command takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// One line.
    pub description: String,
    /// In their order.
    pub arguments: Vec<Argument>,
    /// In any order.
    pub options: Vec<Opt>,
}

/// What was given for one argument or option.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    #[default]
    Absent,
    /// `--name` or `--no-name`.
    Flag(bool),
    /// One word.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// All that was given, in the order of the signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// For the arguments.
    pub arguments: Vec<Given>,
    /// For the options.
    pub options: Vec<Given>,
}

impl Signature {
    /// Reads the words behind the command's name. `--` ends the options.
    ///
    /// # Errors
    /// An unknown option (the nearest one is named), a missing or superfluous word.
    pub fn read(&self, words: &[String]) -> Result<Words, UsageError> {
        let mut given = Words {
            arguments: vec![Given::Absent; self.arguments.len()],
            options: vec![Given::Absent; self.options.len()],
        };
        let mut plain = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                plain.extend(words.by_ref().cloned());
            } else if let Some(long) = word.strip_prefix("--") {
                self.long(long, &mut words, &mut given)?;
            } else if let Some(short) = word.strip_prefix('-').filter(|s| is_short(s)) {
                self.short(short, &mut words, &mut given)?;
            } else {
                plain.push(word.clone());
            }
        }
        self.places(plain, &mut given)?;
        for (option, given) in self.options.iter().zip(&given.options) {
            if option.is_required && *given == Given::Absent {
                return Err(UsageError::new(format!("--{} is missing", option.name)));
            }
        }
        Ok(given)
    }

    fn long<'w>(
        &self,
        word: &str,
        rest: &mut impl Iterator<Item = &'w String>,
        given: &mut Words,
    ) -> Result<(), UsageError> {
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word, None),
        };
        if let Some(at) = self.options.iter().position(|o| o.name == name) {
            return self.take(at, &format!("--{name}"), inline, rest, given);
        }
        let off = name.strip_prefix("no-");
        let is_flag = |o: &Opt| Some(&*o.name) == off && o.takes == Takes::Nothing;
        match self.options.iter().position(is_flag) {
            Some(at) if inline.is_none() => given.options[at] = Given::Flag(false),
            Some(_) => return Err(UsageError::new(format!("--{name} takes no value"))),
            None => {
                let known: Vec<&str> = self.options.iter().map(|o| &*o.name).collect();
                let near = nearest(name, &known).map(|k| format!("; did you mean '--{k}'?"));
                return Err(UsageError::new(format!(
                    "there is no option '--{}'{}",
                    name.escape_debug(),
                    near.unwrap_or_default()
                )));
            }
        }
        Ok(())
    }

    fn short<'w>(
        &self,
        letters: &str,
        rest: &mut impl Iterator<Item = &'w String>,
        given: &mut Words,
    ) -> Result<(), UsageError> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let Some(at) = self.options.iter().position(|o| o.short == Some(letter)) else {
                return Err(UsageError::new(format!(
                    "there is no option '-{}'",
                    letter.escape_debug()
                )));
            };
            let spelt = format!("-{letter}");
            if self.options[at].takes == Takes::Nothing {
                given.options[at] = Given::Flag(true);
                continue;
            }
            let inline = letters.as_str();
            let inline = inline.strip_prefix('=').unwrap_or(inline);
            let inline = (!inline.is_empty()).then(|| inline.to_owned());
            return self.take(at, &spelt, inline, rest, given);
        }
        Ok(())
    }

    fn take<'w>(
        &self,
        at: usize,
        spelt: &str,
        inline: Option<String>,
        rest: &mut impl Iterator<Item = &'w String>,
        given: &mut Words,
    ) -> Result<(), UsageError> {
        let takes = self.options[at].takes;
        if takes == Takes::Nothing {
            if inline.is_some() {
                return Err(UsageError::new(format!("{spelt} takes no value")));
            }
            given.options[at] = Given::Flag(true);
            return Ok(());
        }
        let value = inline.or_else(|| rest.next().cloned());
        let value = value.ok_or_else(|| UsageError::new(format!("{spelt} needs a value")))?;
        match (&mut given.options[at], takes) {
            (Given::Many(all), _) => all.push(value),
            (Given::One(_), Takes::Value) => {
                return Err(UsageError::new(format!("{spelt} is given twice")));
            }
            (slot, Takes::Values) => *slot = Given::Many(vec![value]),
            (slot, _) => *slot = Given::One(value),
        }
        Ok(())
    }

    fn places(&self, plain: Vec<String>, given: &mut Words) -> Result<(), UsageError> {
        let mut plain = plain.into_iter();
        for (argument, slot) in self.arguments.iter().zip(&mut given.arguments) {
            if argument.is_list {
                let all: Vec<String> = plain.by_ref().collect();
                if !all.is_empty() {
                    *slot = Given::Many(all);
                }
            } else if let Some(word) = plain.next() {
                *slot = Given::One(word);
            }
            if argument.is_required && *slot == Given::Absent {
                return Err(UsageError::new(format!(
                    "the argument <{}> is missing",
                    argument.name
                )));
            }
        }
        match plain.next() {
            Some(word) => Err(UsageError::new(format!(
                "'{}' is one argument too many",
                word.escape_debug()
            ))),
            None => Ok(()),
        }
    }
}

/// `$keepDays` and `$keep_days` are `keep-days`.
#[must_use]
pub fn spelt(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        match c {
            '_' => out.push('-'),
            c if c.is_ascii_uppercase() => {
                if at > 0 && !out.ends_with('-') {
                    out.push('-');
                }
                out.push(c.to_ascii_lowercase());
            }
            c => out.push(c),
        }
    }
    out
}

/// May an argument or option be called so?
#[must_use]
pub fn is_word(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    !name.is_empty() && !name.starts_with('-') && name.bytes().all(fits)
}

/// `-5` is a number and `-` a file.
fn is_short(rest: &str) -> bool {
    rest.starts_with(|c: char| !c.is_ascii_digit() && c != '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn import() -> Signature {
        let argument = |name: &str, is_required, is_list| Argument {
            name: name.into(),
            is_required,
            is_list,
            ..Argument::default()
        };
        let option = |name: &str, short, takes| Opt {
            name: name.into(),
            short,
            takes,
            ..Opt::default()
        };
        Signature {
            name: "notes:import".into(),
            description: "Imports notes.".into(),
            aliases: Vec::new(),
            arguments: vec![argument("file", true, false), argument("tags", false, true)],
            options: vec![
                option("dry", Some('d'), Takes::Nothing),
                option("limit", Some('l'), Takes::Value),
                option("skip", None, Takes::Values),
            ],
        }
    }

    fn read(line: &str) -> Result<Words, String> {
        let words: Vec<String> = line
            .split(' ')
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect();
        import().read(&words).map_err(|e| e.to_string())
    }

    #[test]
    fn words_go_to_their_places() {
        let one = |text: &str| Given::One(text.into());
        let many = |all: &[&str]| Given::Many(all.iter().map(|s| (*s).to_owned()).collect());
        let all = read("a.csv --limit=5 x -d y --skip 1 --skip=2").unwrap();
        assert_eq!(all.arguments, [one("a.csv"), many(&["x", "y"])]);
        assert_eq!(
            all.options,
            [Given::Flag(true), one("5"), many(&["1", "2"])]
        );
        let all = read("-dl9 a --no-dry -- --limit").unwrap();
        assert_eq!(all.arguments, [one("a"), many(&["--limit"])]);
        assert_eq!(all.options[..2], [Given::Flag(false), one("9")]);
        let all = read("-5 -").unwrap();
        assert_eq!(all.arguments, [one("-5"), many(&["-"])]);
        assert_eq!(read("a --limit=").unwrap().options[1], one(""));
    }

    #[test]
    fn names_are_spelt_with_dashes() {
        let all = ["keepDays", "keep_days", "x", "aB", "Title"].map(spelt);
        assert_eq!(all, ["keep-days", "keep-days", "x", "a-b", "title"]);
        assert!(is_word("keep-days") && !is_word("-x") && !is_word("") && !is_word("a b"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, words) in [
            ("", "the argument <file> is missing"),
            (
                "a --limt 5",
                "there is no option '--limt'; did you mean '--limit'?",
            ),
            ("a -x", "there is no option '-x'"),
            ("a --limit", "--limit needs a value"),
            ("a --dry=yes", "--dry takes no value"),
            ("a --no-dry=1", "--no-dry takes no value"),
            ("a -l1 --limit=2", "--limit is given twice"),
        ] {
            assert_eq!(read(line).unwrap_err(), words, "{line}");
        }
        let mut single = import();
        single.arguments.pop();
        single.options[1].is_required = true;
        let words =
            |line: &str| single.read(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(
            words("a b").unwrap_err().to_string(),
            "'b' is one argument too many"
        );
        assert_eq!(words("a").unwrap_err().to_string(), "--limit is missing");
    }
}
