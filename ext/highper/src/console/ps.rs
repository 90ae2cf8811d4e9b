//! `ps`: the processes of the running server, as its manager and they themselves see them.

use super::style_of_output;
use crate::run::{Stop, say};
use highper_app::console::style::{Colour, Style};
use highper_app::console::table::Table;
use highper_app::listen::CommandLine;
use highper_process::{Overview, Row, control, mebibytes, uptime};
use highper_runtime::inspect::{self, Question, Told};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// One look at a server.
pub(super) struct Look {
    at: Instant,
    all: Overview,
    told: Vec<Told>,
    /// Time on processors, by process.
    spent: HashMap<i32, Duration>,
}

/// Prints what there is now.
pub(crate) fn show(pid_file: &Path, line: &CommandLine) -> Result<i32, Stop> {
    let question = match line.coroutines {
        true => Question::Coroutines,
        false => Question::Figures,
    };
    let look = Look::new(pid_file, question)?;
    if line.json {
        say(&format!("{:#}", look.json(None)));
        return Ok(0);
    }
    let style = style_of_output();
    let mut lines = look.lines(None, style);
    if line.coroutines {
        look.coroutines(&mut lines, style);
    }
    say(&lines.join("\n"));
    Ok(0)
}

impl Look {
    /// Asks the manager, and all its processes at the same time.
    pub(super) fn new(pid_file: &Path, question: Question) -> Result<Self, Stop> {
        let all = control::overview(pid_file)?;
        let processes: Vec<i32> = all.workers.iter().map(|row| row.pid).collect();
        let told = inspect::tell(&processes, question);
        let spent = processes
            .iter()
            .filter_map(|process| Some((*process, spent(*process)?)));
        Ok(Self {
            at: Instant::now(),
            told,
            spent: spent.collect(),
            all,
        })
    }

    fn rows(&self) -> impl Iterator<Item = (&Row, &Told)> {
        self.all.workers.iter().zip(&self.told)
    }

    /// Requests a second since an earlier look, of all or of one process; nothing where that was none.
    fn rate(&self, before: Option<&Self>, process: Option<i32>) -> Option<f64> {
        let before = before?;
        let count = |look: &Self| match process {
            None => Some(look.all.requests),
            Some(pid) => {
                let row = look.all.workers.iter().find(|row| row.pid == pid)?;
                Some(row.requests)
            }
        };
        let more = count(self)?.saturating_sub(count(before)?);
        Some(more as f64 / (self.at - before.at).as_secs_f64().max(0.001))
    }

    /// Share of one processor since an earlier look, in percent.
    fn load(&self, before: Option<&Self>, process: i32) -> Option<f64> {
        let before = before?;
        let more = self
            .spent
            .get(&process)?
            .saturating_sub(*before.spent.get(&process)?);
        Some(more.as_secs_f64() / (self.at - before.at).as_secs_f64().max(0.001) * 100.0)
    }

    /// A heading and a table.
    pub(super) fn lines(&self, before: Option<&Self>, style: Style) -> Vec<String> {
        let all = &self.all;
        let rate = self.rate(before, None).map(|rate| format!(", {rate:.0}/s"));
        let heading = format!(
            "{}: manager process {}, up {}, generation {}, {} request{}{}",
            all.name,
            all.pid,
            uptime(all.uptime),
            all.generation,
            all.requests,
            if all.requests == 1 { "" } else { "s" },
            rate.unwrap_or_default()
        );
        let mut header = vec!["WORKER", "PID", "GEN", "STATE", "UPTIME", "REQUESTS"];
        if before.is_some() {
            header.extend(["REQ/S", "CPU"]);
        }
        header.extend([
            "CONN",
            "IN FLIGHT",
            "COROUTINES",
            "PHP",
            "MEMORY",
            "LAG",
            "AT",
        ]);
        let rows = self.rows().map(|(row, told)| self.cells(row, told, before));
        let table = Table::new(&header, rows.collect()).plain(style);
        let mut lines = vec![heading, String::new()];
        lines.extend(table.lines().map(str::to_owned));
        lines
    }

    fn cells(&self, row: &Row, told: &Told, before: Option<&Self>) -> Vec<String> {
        let figure = |name: &str| match told {
            Told::Answer(answer, _) => answer.get(name).and_then(Json::as_u64),
            _ => None,
        };
        let text = |number: Option<String>| number.unwrap_or_else(|| "-".to_owned());
        let mut cells = vec![
            row.label.clone(),
            row.pid.to_string(),
            row.generation.to_string(),
            state(row, told).to_owned(),
            uptime(row.uptime),
            row.requests.to_string(),
        ];
        if before.is_some() {
            let load = self.load(before, row.pid);
            cells.push(text(
                self.rate(before, Some(row.pid))
                    .map(|rate| format!("{rate:.0}")),
            ));
            cells.push(text(load.map(|load| format!("{load:.0} %"))));
        }
        let (lag, at) = match told {
            Told::Answer(_, lag) => (Some(format!("{:.1} ms", lag.as_secs_f64() * 1e3)), None),
            Told::Busy(seen) => (None, seen.as_ref().and_then(|seen| seen.lines().next())),
            Told::Nobody => (None, None),
        };
        cells.extend([
            row.connections.to_string(),
            row.in_flight.to_string(),
            text(figure("coroutines").map(|count| count.to_string())),
            text(figure("php_memory").map(mebibytes)),
            mebibytes(row.memory),
            text(lag),
            at.unwrap_or_default().to_owned(),
        ]);
        cells
    }

    fn coroutines(&self, lines: &mut Vec<String>, style: Style) {
        for (row, told) in self.rows() {
            lines.push(String::new());
            let name = match row.label.parse::<usize>() {
                Ok(number) => format!("worker {number}"),
                Err(_) => row.label.clone(),
            };
            let title = format!("{name}, process {}", row.pid);
            let title = style.paint(Colour::Bold, &title);
            match told {
                Told::Nobody => lines.push(format!("{title}: {}, does not answer", row.state)),
                Told::Busy(seen) => {
                    lines.push(format!("{title}: busy, its loop does not turn"));
                    for line in seen.iter().flat_map(|seen| seen.lines()) {
                        lines.push(format!("    {line}"));
                    }
                }
                Told::Answer(answer, _) => {
                    let list = answer.get("list").and_then(Json::as_array);
                    let list = list.map_or(&[][..], Vec::as_slice);
                    lines.push(match count(answer) {
                        1 => format!("{title}: 1 coroutine"),
                        n => format!("{title}: {n} coroutines"),
                    });
                    list.iter().for_each(|one| coroutine(lines, one));
                    if let Some(more @ 1..) = answer.get("left_out").and_then(Json::as_u64) {
                        lines.push(format!("  and {more} more"));
                    }
                    let notes = answer.get("notes").and_then(Json::as_array);
                    let notes = notes.into_iter().flatten().filter_map(Json::as_str);
                    lines.extend(notes.map(|note| format!("  {}", note.escape_debug())));
                }
            }
        }
    }

    /// For programs.
    pub(super) fn json(&self, before: Option<&Self>) -> Json {
        let all = &self.all;
        let rows: Vec<Json> = self
            .rows()
            .map(|(row, told)| self.row_json(row, told, before))
            .collect();
        let mut json = json!({
            "name": all.name,
            "pid": all.pid,
            "uptime": all.uptime.as_secs_f64(),
            "generation": all.generation,
            "requests": all.requests,
            "workers": rows,
        });
        if let Some(rate) = self.rate(before, None) {
            json["requests_per_second"] = rate.into();
        }
        json
    }

    fn row_json(&self, row: &Row, told: &Told, before: Option<&Self>) -> Json {
        let mut json = json!({
            "worker": row.label,
            "pid": row.pid,
            "generation": row.generation,
            "state": state(row, told),
            "uptime": row.uptime.as_secs_f64(),
            "requests": row.requests,
            "connections": row.connections,
            "in_flight": row.in_flight,
            "memory": row.memory,
        });
        if let Some(rate) = self.rate(before, Some(row.pid)) {
            json["requests_per_second"] = rate.into();
        }
        if let Some(load) = self.load(before, row.pid) {
            json["cpu_percent"] = load.into();
        }
        match told {
            Told::Answer(answer, lag) => {
                json["lag"] = lag.as_secs_f64().into();
                for (name, value) in answer.as_object().into_iter().flatten() {
                    json[name] = value.clone();
                }
            }
            Told::Busy(seen) => {
                json["trace"] = seen
                    .as_ref()
                    .map(|seen| seen.lines().collect::<Vec<_>>())
                    .into()
            }
            Told::Nobody => {}
        }
        json
    }
}

/// What it says itself goes before what the manager knows.
fn state<'r>(row: &'r Row, told: &Told) -> &'r str {
    match told {
        Told::Busy(_) => "busy",
        _ => &row.state,
    }
}

fn count(answer: &Json) -> u64 {
    answer.get("coroutines").and_then(Json::as_u64).unwrap_or(0)
}

fn coroutine(lines: &mut Vec<String>, one: &Json) {
    let text = |name: &str| one.get(name).and_then(Json::as_str);
    let number = |name: &str| one.get(name).and_then(Json::as_f64);
    let seconds = |name: &str| number(name).map(|n| uptime(Duration::from_secs_f64(n.max(0.0))));
    let mut line = format!(
        "  {} {}",
        number("id").unwrap_or(0.0),
        text("state").unwrap_or("?")
    );
    if let Some(what) = text("waits_for") {
        line.push_str(&format!(" for {what}"));
    }
    if let Some(since) = seconds("since") {
        line.push_str(&format!(" since {since}"));
    }
    if let Some(age) = seconds("age") {
        line.push_str(&format!(", made {age} ago"));
    }
    if let Some(parent) = number("parent") {
        line.push_str(&format!(" by {parent}"));
    }
    if let Some(spent) = number("on_cpu") {
        line.push_str(&format!(", on CPU {:.1} ms", spent * 1e3));
    }
    if let Some(request) = text("request") {
        line.push_str(&format!(", answers {}", request.escape_debug()));
    }
    lines.push(line);
    let frames = one.get("trace").and_then(Json::as_array);
    for frame in frames.into_iter().flatten().filter_map(Json::as_str) {
        lines.push(format!("    {}", frame.escape_debug()));
    }
}

/// Time that a process has had on processors.
fn spent(process: i32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Its name, in brackets, may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_secs_f64(
        ticks as f64 / highper_process::clock_ticks() as f64,
    ))
}
