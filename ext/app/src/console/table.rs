//! Rows and columns for a terminal.

use super::style::{Colour, Style};
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns are never made narrower than this.
const NARROWEST: usize = 8;

/// How many columns of a terminal a text takes: escape sequences for colours take none.
#[must_use]
pub fn width(text: &str) -> usize {
    match text.contains('\x1b') {
        false => text.width(),
        true => {
            let mut all = 0;
            let mut chars = text.chars();
            while let Some(c) = chars.next() {
                match c {
                    '\x1b' => drop(chars.by_ref().find(char::is_ascii_alphabetic)),
                    c => all += c.width().unwrap_or(0),
                }
            }
            all
        }
    }
}

/// The text without what would move a terminal's cursor or more: colours stay, tabs become spaces, other control characters `?`.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if let Some(colour) = after.strip_prefix('[').filter(|_| c == '\x1b') {
            let codes = colour.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            if let Some(next) = codes.strip_prefix('m') {
                out.push_str(&rest[..rest.len() - next.len()]);
                rest = next;
                continue;
            }
        }
        match c {
            '\t' => out.push(' '),
            '\n' => out.push('\n'),
            '\r' if after.starts_with('\n') => {}
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
        rest = after;
    }
    out
}

/// As much of a line as has room in so many columns, without colours where it must be cut.
#[must_use]
pub fn cut(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return line.to_owned();
    }
    let mut plain = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => drop(chars.by_ref().find(char::is_ascii_alphabetic)),
            c if width(&plain) + c.width().unwrap_or(0) < columns => plain.push(c),
            _ => break,
        }
    }
    plain.push('…');
    plain
}

/// Cuts a text into lines of so many columns, at spaces where there are any.
#[must_use]
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        if width(line) <= columns || line.contains('\x1b') {
            lines.push(line.to_owned());
            continue;
        }
        let mut now = String::new();
        for word in line.split_inclusive(' ') {
            if width(&now) + width(word.trim_end()) > columns && !now.is_empty() {
                lines.push(std::mem::take(&mut now).trim_end().to_owned());
            }
            for c in word.chars() {
                if width(&now) + c.width().unwrap_or(0) > columns && c != ' ' {
                    lines.push(std::mem::take(&mut now));
                }
                now.push(c);
            }
        }
        lines.push(now.trim_end().to_owned());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// Names of columns and their cells.
#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table; rows may be shorter than the header or longer.
    #[must_use]
    pub fn new(header: &[&str], rows: Vec<Vec<String>>) -> Self {
        let clean = |cell: String| harmless(&cell);
        Self {
            header: header.iter().map(|cell| harmless(cell)).collect(),
            rows: rows
                .into_iter()
                .map(|row| row.into_iter().map(clean).collect())
                .collect(),
        }
    }

    fn columns(&self) -> usize {
        let rows = self.rows.iter().map(Vec::len);
        rows.chain([self.header.len()]).max().unwrap_or(0)
    }

    fn cells(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .filter_map(move |row| row.get(at).map(String::as_str))
    }

    /// A column of numbers alone stands to the right, with units or without.
    fn is_right(&self, at: usize) -> bool {
        let mut some = false;
        let all = self.cells(at).filter(|cell| !cell.is_empty()).all(|cell| {
            let mut words = cell.split(' ');
            let number = words.next().unwrap_or_default();
            let is_number = number.parse::<f64>().is_ok();
            some |= is_number;
            let unit = words.next().unwrap_or_default();
            (is_number || cell == "-") && unit.len() <= 4 && words.next().is_none()
        });
        all && some
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |cell: &str| cell.lines().map(width).max().unwrap_or(0);
        (0..self.columns())
            .map(|at| {
                let head = self.header.get(at).map_or(0, |cell| widest(cell));
                self.cells(at).map(widest).max().unwrap_or(0).max(head)
            })
            .collect()
    }

    /// Without lines between the cells, as `ps` prints it. The last column ends where it ends.
    #[must_use]
    pub fn plain(&self, style: Style) -> String {
        let widths = self.widths();
        let mut text = String::new();
        let mut write = |row: &[String], colour: Option<Colour>| {
            let mut line = String::new();
            for (at, cell) in row.iter().enumerate() {
                let cell = cell.replace('\n', " ");
                let pad = " ".repeat(widths[at].saturating_sub(width(&cell)));
                let painted = match colour {
                    Some(colour) => style.paint(colour, &cell).into_owned(),
                    None => cell,
                };
                let space = if at == 0 { "" } else { "  " };
                let _ = match self.is_right(at) {
                    true => write!(line, "{space}{pad}{painted}"),
                    false => write!(line, "{space}{painted}{pad}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        };
        if !self.header.is_empty() {
            write(&self.header, Some(Colour::Yellow));
        }
        for row in &self.rows {
            write(row, None);
        }
        text
    }

    /// With lines, in so many columns of the terminal: wide cells are wrapped.
    #[must_use]
    pub fn boxed(&self, columns: Option<usize>, style: Style) -> String {
        let mut widths = self.widths();
        if widths.is_empty() {
            return String::new();
        }
        let frame = widths.len() * 3 + 1;
        while let Some(room) = columns
            && widths.iter().sum::<usize>() + frame > room
        {
            let Some(widest) = widths.iter_mut().max() else {
                break;
            };
            if *widest <= NARROWEST {
                break;
            }
            *widest -= 1;
        }
        let rule = |left: &str, middle: &str, right: &str| {
            let bars: Vec<String> = widths.iter().map(|w| "─".repeat(w + 2)).collect();
            format!("{left}{}{right}\n", bars.join(middle))
        };
        let mut text = rule("┌", "┬", "┐");
        if !self.header.is_empty() {
            self.boxed_row(
                &mut text,
                &self.header,
                &widths,
                Some((Colour::Green, style)),
            );
            text.push_str(&rule("├", "┼", "┤"));
        }
        for row in &self.rows {
            self.boxed_row(&mut text, row, &widths, None);
        }
        text.push_str(&rule("└", "┴", "┘"));
        text
    }

    fn boxed_row(
        &self,
        text: &mut String,
        row: &[String],
        widths: &[usize],
        paint: Option<(Colour, Style)>,
    ) {
        let cells: Vec<Vec<String>> = widths
            .iter()
            .enumerate()
            .map(|(at, width)| wrapped(row.get(at).map_or("", String::as_str), *width))
            .collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            for (at, (cell, columns)) in cells.iter().zip(widths).enumerate() {
                let cell = cell.get(line).map_or("", String::as_str);
                let pad = " ".repeat(columns.saturating_sub(width(cell)));
                let shown = match paint {
                    Some((colour, style)) => style.paint(colour, cell),
                    None => cell.into(),
                };
                // Writing to a String cannot fail.
                let _ = match self.is_right(at) {
                    true => write!(text, "│ {pad}{shown} "),
                    false => write!(text, "│ {shown}{pad} "),
                };
            }
            text.push_str("│\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = vec![row(["Ann", "12", "a b"]), row(["Jürgen 中", "7.5", ""])];
        Table::new(&["Name", "Age", "What"], rows)
    }

    #[test]
    fn tables() {
        assert_eq!(
            table().plain(Style::plain()),
            "Name       Age  What\nAnn         12  a b\nJürgen 中  7.5\n"
        );
        assert_eq!(
            table().boxed(None, Style::plain()),
            "┌───────────┬─────┬──────┐\n│ Name      │ Age │ What │\n├───────────┼─────┼──────┤\n│ Ann       │  12 │ a b  │\n│ Jürgen 中 │ 7.5 │      │\n└───────────┴─────┴──────┘\n"
        );
        assert_eq!(Table::default().boxed(None, Style::plain()), "");
        assert_eq!(Table::new(&["A"], vec![]).plain(Style::plain()), "A\n");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let is_right = |cells: &[&str]| {
            let rows = cells.iter().map(|cell| vec![(*cell).to_owned()]);
            Table::new(&[], rows.collect()).is_right(0)
        };
        assert!(is_right(&["1", "-2.5 MB", "-", "", "3 %"]));
        assert!(!is_right(&["1", "x"]) && !is_right(&["-", ""]) && !is_right(&["3 little pigs"]));
    }

    #[test]
    fn wide_cells_are_wrapped() {
        let rows = vec![vec!["one two three four".to_owned(), "1".to_owned()]];
        assert_eq!(
            Table::new(&[], rows).boxed(Some(20), Style::plain()),
            "┌──────────────┬───┐\n│ one two      │ 1 │\n│ three four   │   │\n└──────────────┴───┘\n"
        );
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn what_terminals_obey_is_taken_out() {
        assert_eq!(
            harmless("a\tb\x07c\x1b[31md\x1b[0m\x1b[2J\x1b]0;x"),
            "a b?c\x1b[31md\x1b[0m?[2J?]0;x"
        );
        assert_eq!(harmless("a\r\nb\rc"), "a\nb?c");
        assert_eq!(width("\x1b[31mab\x1b[0m中"), 4);
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("\x1b[31mab中def", 5), "ab中…");
    }
}
