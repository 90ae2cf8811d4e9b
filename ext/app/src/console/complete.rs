//! What may stand next on a command line, for the shell that is asked to complete it.

use super::{Argument, Opt, Signature, Takes};
use crate::listen;

/// A word that fits, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// The word.
    pub word: String,
    /// One line about it; may be empty.
    pub about: String,
}

/// A command of the application, as far as its name goes.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its name, then its other names.
    pub names: Vec<String>,
    /// One line about it.
    pub about: String,
}

/// Options of the server's own commands: the commands, the option, is there a value, what it is.
const OWN: [(&[&str], &str, bool, &str); 12] = [
    (
        &["start", "restart"],
        "--daemon",
        false,
        "run it in the background",
    ),
    (
        SERVING,
        "--listen",
        true,
        "host:port, a port, or unix:/path",
    ),
    (SERVING, "--workers", true, "how many, or auto"),
    (&[], "--env", true, "the environment, over APP_ENV"),
    (&[], "--help", false, "what there is"),
    (
        &["routes", "config", "ps", "top"],
        "--json",
        false,
        "for programs",
    ),
    (
        &["start", "restart"],
        "--watch",
        false,
        "reload when files change",
    ),
    (&["start", "restart"], "--no-watch", false, "don't"),
    (
        &["ps"],
        "--coroutines",
        false,
        "with what each coroutine waits for",
    ),
    (&["top"], "--once", false, "one picture"),
    (
        &["top"],
        "--interval",
        true,
        "seconds from one look to the next",
    ),
    (&["run"], "--no-interaction", false, "ask nobody"),
];
const SERVING: &[&str] = &[
    "start",
    "restart",
    "stop",
    "reload",
    "upgrade",
    "pause",
    "resume",
    "status",
    "coroutines",
    "ps",
    "top",
    "check",
];

/// The words that may stand in the place of the last one. `command` is asked for what the command with a name takes. Nothing means that
/// the shell may offer what it likes, files above all.
#[must_use]
pub fn complete(
    words: &[String],
    commands: &[Known],
    command: impl FnOnce(&str) -> Option<Signature>,
) -> Vec<Offer> {
    let Some((last, before)) = words.split_last() else {
        return Vec::new();
    };
    let (action, rest) = split(before);
    let environments = environments(before, last);
    let mut offers = match (action, rest) {
        _ if !environments.is_empty() => environments,
        (None | Some("run" | "help"), []) if last.starts_with('-') => own_options(action),
        (None, _) => names(commands, true),
        (Some("run"), []) => names(commands, false),
        (Some("help"), []) => names(commands, true),
        (Some("run"), [name, rest @ ..]) => of_command(rest, last, command(name)),
        (Some("completion"), []) if !last.starts_with('-') => {
            SHELLS.iter().map(|shell| offer(shell, "")).collect()
        }
        (Some(name), rest) if !listen::is_action(name) => of_command(rest, last, command(name)),
        (Some(_), _) if last.starts_with('-') => own_options(action),
        _ => Vec::new(),
    };
    offers.retain(|offer| offer.word.starts_with(&**last));
    offers.sort();
    offers.dedup_by(|a, b| a.word == b.word);
    offers
}

/// The shells that there is a script for.
pub const SHELLS: [&str; 3] = ["bash", "fish", "zsh"];

fn offer(word: &str, about: &str) -> Offer {
    Offer {
        word: word.to_owned(),
        about: about.to_owned(),
    }
}

/// The first word that is no option, and those behind it.
fn split(words: &[String]) -> (Option<&str>, &[String]) {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if !word.starts_with('-') {
            return (Some(word), &words[at..]);
        }
        if OWN
            .iter()
            .any(|(_, name, has_value, _)| *has_value && name == word)
        {
            at += 1;
        }
    }
    (None, &[])
}

fn own_options(action: Option<&str>) -> Vec<Offer> {
    let action = action.unwrap_or("start");
    let fits = |of: &[&str]| of.is_empty() || of.contains(&action);
    OWN.iter()
        .filter(|(of, ..)| fits(of))
        .map(|(_, name, _, about)| offer(name, about))
        .collect()
}

/// Usual names of environments, where the last word is to be one.
fn environments(before: &[String], last: &str) -> Vec<Offer> {
    let inline = match last.split_once('=') {
        Some(("--env", _)) => "--env=",
        None if before.last().is_some_and(|word| word == "--env") => "",
        _ => return Vec::new(),
    };
    ["dev", "prod", "test"]
        .map(|name| offer(&format!("{inline}{name}"), ""))
        .into()
}

fn names(commands: &[Known], with_own: bool) -> Vec<Offer> {
    let own = listen::actions()
        .filter(|_| with_own)
        .map(|name| offer(name, "of the server"));
    let mine = commands
        .iter()
        .flat_map(|known| known.names.iter().map(|name| offer(name, &known.about)));
    own.chain(mine).collect()
}

/// Behind the name of a command of the application.
fn of_command(before: &[String], last: &str, signature: Option<Signature>) -> Vec<Offer> {
    let Some(signature) = signature else {
        return Vec::new();
    };
    let mut place = 0;
    let mut wanted: Option<&Opt> = None;
    let mut plain = false;
    for word in before {
        if wanted.take().is_some() {
            continue;
        }
        match &**word {
            "--" if !plain => plain = true,
            word if !plain && word.starts_with('-') && word.len() > 1 => {
                wanted = signature
                    .options
                    .iter()
                    .find(|option| option.is(word) && option.takes != Takes::Nothing);
            }
            _ => place += 1,
        }
    }
    if let Some(option) = wanted {
        return fitting(&option.values, "");
    }
    if !plain && let Some((name, _)) = last.split_once('=').filter(|_| last.starts_with("--")) {
        let option = signature.options.iter().find(|option| option.is(name));
        return option.map_or_else(Vec::new, |option| {
            fitting(&option.values, &format!("{name}="))
        });
    }
    if !plain && last.starts_with('-') {
        return options(&signature);
    }
    let list = signature
        .arguments
        .last()
        .filter(|argument| argument.is_list);
    let argument: Option<&Argument> = signature.arguments.get(place).or(list);
    argument.map_or_else(Vec::new, |argument| fitting(&argument.values, ""))
}

fn fitting(values: &[String], before: &str) -> Vec<Offer> {
    values
        .iter()
        .map(|value| offer(&format!("{before}{value}"), ""))
        .collect()
}

fn options(signature: &Signature) -> Vec<Offer> {
    let mut all = vec![
        offer("--help", "what it takes"),
        offer("--env", "the environment, over APP_ENV"),
        offer("--no-interaction", "ask nobody"),
    ];
    for option in &signature.options {
        all.push(offer(&format!("--{}", option.name), &option.description));
        if option.is_negatable {
            all.push(offer(&format!("--no-{}", option.name), &option.description));
        }
    }
    all
}

impl Opt {
    /// Is it called so, with its dashes?
    fn is(&self, word: &str) -> bool {
        match word.strip_prefix("--") {
            Some(name) => name == self.name,
            None => word.strip_prefix('-').is_some_and(|letter| {
                let mut letters = letter.chars();
                letters.next() == self.short && letters.next().is_none()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Known> {
        let one = |names: &[&str], about: &str| Known {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            about: about.into(),
        };
        vec![
            one(&["notes:import", "import"], "Imports notes."),
            one(&["notes:purge"], ""),
        ]
    }

    fn takes(name: &str) -> Option<Signature> {
        if !["notes:import", "import"].contains(&name) {
            return None;
        }
        let mut signature = super::super::tests::import();
        signature.arguments[1].values = vec!["red".into(), "blue".into()];
        signature.options[1].values = vec!["all".into(), "some".into()];
        signature.options[0].is_negatable = true;
        Some(signature)
    }

    fn offered(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let all = complete(&words, &known(), takes);
        all.iter()
            .map(|offer| &*offer.word)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn commands() {
        assert_eq!(offered("not"), "notes:import notes:purge");
        assert_eq!(offered("re"), "reload restart resume");
        assert_eq!(offered("--env dev no"), "notes:import notes:purge");
        assert_eq!(offered("help im"), "import");
        assert_eq!(offered("run st"), "");
        assert_eq!(offered("run i"), "import");
        assert_eq!(offered("start x"), "");
        assert_eq!(offered("completion "), "bash fish zsh");
        let all = complete(&[String::new()], &known(), takes);
        assert!(
            all.contains(&offer("notes:import", "Imports notes."))
                && all.contains(&offer("stop", "of the server"))
        );
        assert_eq!(complete(&[], &known(), takes), []);
    }

    #[test]
    fn options_of_the_server() {
        assert_eq!(offered("start --w"), "--watch --workers");
        assert_eq!(
            offered("top --"),
            "--env --help --interval --json --listen --once --workers"
        );
        assert_eq!(offered("--d"), "--daemon");
        assert_eq!(offered("ps --env "), "dev prod test");
        assert_eq!(offered("ps --env=d"), "--env=dev");
        assert_eq!(offered("ps --listen "), "");
    }

    #[test]
    fn what_a_command_takes() {
        assert_eq!(offered("import "), "");
        assert_eq!(offered("import a.csv "), "blue red");
        assert_eq!(offered("run notes:import a.csv blue r"), "red");
        assert_eq!(
            offered("import --"),
            "--dry --env --help --limit --no-dry --no-interaction --skip"
        );
        assert_eq!(offered("import --limit "), "all some");
        assert_eq!(offered("import -l s"), "some");
        assert_eq!(offered("import --limit=a"), "--limit=all");
        assert_eq!(offered("import --dry a.csv b"), "blue");
        assert_eq!(offered("import -- --limit b"), "blue");
        assert_eq!(offered("import -- --l"), "");
        assert_eq!(offered("other --"), "");
    }

    #[test]
    fn every_option_that_is_offered_is_taken() {
        for (actions, name, has_value, _) in OWN {
            let action = actions.first().unwrap_or(&"start");
            let value = match name {
                "--listen" => "9501",
                "--workers" | "--interval" => "2",
                _ => "dev",
            };
            let mut words = vec![*action];
            words.extend((*action == "run").then_some("x"));
            words.push(name);
            words.extend(has_value.then_some(value));
            assert!(listen::CommandLine::parse(&words).is_ok(), "{words:?}");
        }
    }
}
