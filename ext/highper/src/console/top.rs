//! `top`: the processes of the running server, again and again.

use super::ps::Look;
use super::terminal::{Screen, key, pause};
use super::{aside, style_of_output};
use crate::run::{Stop, say};
use highper_app::listen::CommandLine;
use highper_engine::clock;
use highper_runtime::inspect::Question;
use std::io::IsTerminal;
use std::path::Path;

/// Seconds from one look to the next.
const INTERVAL: f64 = 1.0;
/// The first rates are those of so long a time.
const FIRST: f64 = 0.2;
/// ^C and ^D, where they are keys.
const KEYS: [u8; 4] = [b'q', b'Q', 3, 4];

/// Shows them until somebody presses q; once where nobody could, and as lines for programs.
pub(crate) fn show(pid_file: &Path, line: &CommandLine) -> Result<i32, Stop> {
    let pid_file = pid_file.to_owned();
    let interval = line.interval.unwrap_or(INTERVAL);
    let is_screen = std::io::stdout().is_terminal() && !line.once && !line.json;
    let is_once = line.once || !(is_screen || line.json);
    let is_json = line.json;
    aside(move || {
        let first = Look::new(&pid_file, Question::Figures)?;
        wait(FIRST)?;
        match is_screen {
            true => screen(&pid_file, first, interval),
            false => lines(&pid_file, first, interval, (is_once, is_json)),
        }
    })
}

fn wait(seconds: f64) -> Result<(), Stop> {
    let until = clock::after_seconds(seconds).unwrap_or(0);
    pause(until).map_err(Stop::Throw)
}

fn lines(
    pid_file: &Path,
    mut before: Look,
    interval: f64,
    (is_once, is_json): (bool, bool),
) -> Result<i32, Stop> {
    loop {
        let look = Look::new(pid_file, Question::Figures)?;
        match is_json {
            true => say(&look.json(Some(&before)).to_string()),
            false => say(&look.lines(Some(&before), style_of_output()).join("\n")),
        }
        if is_once {
            return Ok(0);
        }
        wait(interval)?;
        before = look;
    }
}

fn screen(pid_file: &Path, mut before: Look, interval: f64) -> Result<i32, Stop> {
    let screen = Screen::new();
    loop {
        let look = Look::new(pid_file, Question::Figures)?;
        let mut lines = look.lines(Some(&before), style_of_output());
        lines.extend([String::new(), "q: end".to_owned()]);
        screen.show(&lines);
        let until = clock::after_seconds(interval).unwrap_or(0);
        while clock::now() < until {
            match key(until).map_err(Stop::Throw)? {
                Some(pressed) if KEYS.contains(&pressed) => return Ok(0),
                _ => {}
            }
        }
        before = look;
    }
}
