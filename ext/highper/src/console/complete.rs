//! `completion`: what lets a shell complete command lines, and what it asks for that.

use super::{commands, function, misused, signature, variable};
use crate::app::App;
use crate::run::{Stop, print};
use highper_app::console::complete::{Known, SHELLS, complete};
use highper_app::console::shell;
use highper_app::listen::CommandLine;
use std::path::Path;
use std::rc::Rc;

/// `completion [SHELL]`
pub(crate) fn script(line: &CommandLine, script: &str) -> Result<i32, Stop> {
    let own = variable("SHELL").unwrap_or_default();
    let own = own.rsplit('/').next().unwrap_or_default();
    let shell = line.words.first().map_or(own, |word| &**word);
    let path = Path::new(script)
        .canonicalize()
        .map_err(|error| format!("{script} is not to be found: {error}"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(match shell::script(shell, &path.to_string_lossy(), &name) {
        Some(text) => {
            print(text.as_bytes());
            0
        }
        None => misused(&format!(
            "there is no completion for the shell '{}': name one of {}",
            shell.escape_debug(),
            SHELLS.join(", ")
        )),
    })
}

/// Says what may stand in the place of the last word: a line for each, a tab, and what it is.
pub(crate) fn offer(app: &Rc<App>, line: &CommandLine) -> Result<i32, Stop> {
    // Where the application is broken there are the server's own.
    let all = match commands(app) {
        Ok(all) => all,
        Err(Stop::Throw(throw)) if matches!(throw, highper_zend::Throw::Bailout) => {
            return Err(Stop::Throw(throw));
        }
        Err(_) => Vec::new(),
    };
    let known: Vec<Known> = all
        .iter()
        .filter(|command| !command.is_hidden)
        .map(|command| Known {
            names: command.names().map(str::to_owned).collect(),
            about: command.description.clone(),
        })
        .collect();
    let takes = |name: &str| {
        let command = all
            .iter()
            .find(|command| command.names().any(|known| known == name))?;
        let function = function(command).ok()??;
        let plan = signature::read(&function, command).ok()?;
        Some(plan.signature)
    };
    let mut text = String::new();
    for offer in complete(&line.words, &known, takes) {
        let about = offer.about.replace(char::is_control, " ");
        text.push_str(&format!("{}\t{about}\n", offer.word));
    }
    print(text.as_bytes());
    Ok(0)
}
