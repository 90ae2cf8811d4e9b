//! How far long work has come.

use std::fmt::Write;
use std::time::Duration;

/// Columns of the bar itself.
const BAR: usize = 28;
/// Time between two drawings on a terminal.
const PAUSE: Duration = Duration::from_millis(100);

/// Steps that were made, of so many. Knows no clock: all moments are given, since the beginning.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// How many there are, where that is known.
    max: Option<u64>,
    at: u64,
    label: String,
    /// When it was drawn last.
    drawn: Option<Duration>,
    /// Tenths that were told of, where nobody sees a bar.
    told: u64,
}

impl Progress {
    /// Of so many steps; 0 where nobody knows.
    #[must_use]
    pub fn new(max: u64, label: &str) -> Self {
        Self {
            max: (max > 0).then_some(max),
            label: label.to_owned(),
            ..Self::default()
        }
    }

    /// How many steps were made.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// So many steps more.
    pub fn advance(&mut self, steps: u64) {
        self.at = self.at.saturating_add(steps);
    }

    /// So many steps altogether.
    pub fn set(&mut self, at: u64) {
        self.at = at;
    }

    /// What stands behind it.
    pub fn label(&mut self, label: &str) {
        label.clone_into(&mut self.label);
    }

    /// All is done: as many steps as there are.
    pub fn finish(&mut self) {
        self.at = self.max.unwrap_or(self.at);
    }

    /// Is it time to draw it?
    #[must_use]
    pub fn is_due(&self, now: Duration) -> bool {
        self.drawn
            .is_none_or(|drawn| now.saturating_sub(drawn) >= PAUSE)
    }

    /// It has to be drawn again at once.
    pub fn cleared(&mut self) {
        self.drawn = None;
    }

    /// The line, in so many columns of a terminal.
    #[must_use]
    pub fn line(&mut self, now: Duration, columns: usize) -> String {
        self.drawn = Some(now);
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = match self.max {
            None => write!(text, "{}", self.at),
            Some(max) => {
                let share = self.at.min(max) as f64 / max as f64;
                let full = (share * BAR as f64) as usize;
                let bar = match full {
                    BAR.. => "=".repeat(BAR),
                    full => format!("{}>{}", "=".repeat(full), "-".repeat(BAR - full - 1)),
                };
                let percent = (share * 100.0) as u32;
                let digits = max.to_string().len();
                write!(text, "{:>digits$}/{max} [{bar}] {percent:>3} %", self.at)
            }
        };
        let speed = self.at as f64 / now.as_secs_f64().max(0.001);
        if self.at > 0 && now > Duration::from_millis(500) {
            let _ = write!(text, "  {}/s", short(speed));
        }
        let _ = match self.max {
            Some(max) if self.at > 0 && self.at < max && now > Duration::from_millis(500) => {
                let left = (max - self.at) as f64 / speed;
                write!(
                    text,
                    "  {} left",
                    clock(Duration::from_secs_f64(left.min(1e9)))
                )
            }
            _ => write!(text, "  {}", clock(now)),
        };
        if !self.label.is_empty() {
            let label = self.label.lines().next().unwrap_or_default();
            let _ = write!(text, "  {}", super::table::harmless(label));
        }
        match super::table::width(&text) < columns {
            true => text,
            // The last column may move the cursor.
            false => super::table::wrapped(&text, columns.saturating_sub(1).max(1))
                .into_iter()
                .next()
                .unwrap_or_default(),
        }
    }

    /// A line for each tenth, where nobody sees a bar; `None` where nothing is to be said.
    #[must_use]
    pub fn told(&mut self) -> Option<String> {
        let max = self.max?;
        let tenth = self.at.min(max).saturating_mul(10) / max;
        if tenth <= self.told {
            return None;
        }
        self.told = tenth;
        let label = super::table::harmless(&self.label);
        let text = format!("{}/{max} {} % {label}", self.at, tenth * 10);
        Some(text.trim_end().to_owned())
    }
}

/// `0:53`, `1:02:03`
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

fn short(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.1}"),
        ..10_000.0 => format!("{number:.0}"),
        _ => format!("{:.0}k", number / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is() {
        let mut progress = Progress::new(200, "one");
        assert_eq!(
            progress.line(Duration::ZERO, 100),
            "  0/200 [>---------------------------]   0 %  0:00  one"
        );
        progress.advance(50);
        assert!(!progress.is_due(Duration::from_millis(50)) && progress.is_due(PAUSE));
        assert_eq!(
            progress.line(Duration::from_secs(10), 100),
            " 50/200 [=======>--------------------]  25 %  5.0/s  0:30 left  one"
        );
        progress.label("two\nthree");
        progress.finish();
        assert_eq!(
            progress.line(Duration::from_secs(3700), 100),
            "200/200 [============================] 100 %  0.1/s  1:01:40  two"
        );
        assert!(super::super::table::width(&progress.line(Duration::ZERO, 20)) < 20);
        let mut open = Progress::new(0, "");
        open.set(30_000);
        assert_eq!(open.line(Duration::from_secs(1), 80), "30000  30k/s  0:01");
        open.finish();
        assert_eq!((open.at(), open.told()), (30_000, None));
        let mut over = Progress::new(2, "");
        over.advance(5);
        assert!(over.line(Duration::ZERO, 80).contains("] 100 %"));
    }

    #[test]
    fn files_get_a_line_for_each_tenth() {
        let mut progress = Progress::new(30, "x");
        let mut lines = Vec::new();
        for _ in 0..30 {
            progress.advance(1);
            lines.extend(progress.told());
        }
        assert_eq!(lines.len(), 10);
        assert_eq!((&*lines[0], &*lines[9]), ("3/30 10 % x", "30/30 100 % x"));
    }
}
