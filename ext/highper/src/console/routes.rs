//! `routes`: what the application answers, and who does.

use super::{aside, ready, style_of_output};
use crate::app::App;
use crate::filter;
use crate::part::describe;
use crate::route::{Middleware, Route};
use crate::run::{Stop, say};
use highper_app::console::style::Style;
use highper_app::console::table::Table;
use highper_app::listen::CommandLine;
use serde_json::{Value, json};
use std::rc::Rc;

/// One line.
struct Row {
    methods: Vec<String>,
    path: String,
    name: Option<String>,
    handler: String,
    middleware: Vec<String>,
    at: Option<String>,
}

/// Prints them all, or those that have a word in them.
pub(crate) fn show(app: &Rc<App>, line: &CommandLine) -> Result<i32, Stop> {
    let (known, line) = (Rc::clone(app), line.clone());
    aside(move || {
        ready(&known)?;
        known.compile()?;
        print(&known, &line);
        Ok(0)
    })
}

fn print(app: &App, line: &CommandLine) {
    let word = line.words.first().map(|word| word.to_lowercase());
    let mut rows = rows(app);
    if let Some(word) = &word {
        rows.retain(|row| row.has(word));
    }
    if line.json {
        let all: Vec<Value> = rows.iter().map(Row::json).collect();
        return say(&format!("{:#}", Value::from(all)));
    }
    if rows.is_empty() {
        return say(match word {
            Some(_) => "No route has that word in it.",
            None => "There are no routes.",
        });
    }
    say(table(&rows, &app.base.to_string_lossy(), style_of_output()).trim_end());
}

fn table(rows: &[Row], base: &str, style: Style) -> String {
    let base = format!("{}/", base.trim_end_matches('/'));
    let cells = rows.iter().map(|row| {
        vec![
            row.methods.join("|"),
            row.path.clone(),
            row.name.clone().unwrap_or_default(),
            row.handler.replace(&base, ""),
            row.middleware.join(", ").replace(&base, ""),
        ]
    });
    let header = ["METHOD", "PATH", "NAME", "HANDLER", "MIDDLEWARE"];
    Table::new(&header, cells.collect()).plain(style)
}

fn rows(app: &App) -> Vec<Row> {
    let global = app.middleware.borrow();
    let mut rows: Vec<Row> = app
        .routes
        .borrow()
        .iter()
        .map(|route| Row::of(route, &global))
        .collect();
    rows.sort_by(|a, b| (&a.path, &a.methods).cmp(&(&b.path, &b.methods)));
    let native = |path: String, what: String| Row {
        methods: vec!["GET".to_owned()],
        path,
        name: None,
        handler: what,
        middleware: Vec::new(),
        at: None,
    };
    if let Some(path) = &*app.health.borrow() {
        for path in [
            path.clone(),
            format!("{path}/live"),
            format!("{path}/ready"),
        ] {
            rows.push(native(path, "health".to_owned()));
        }
    }
    if let Some(path) = app.metrics.path() {
        rows.push(native(path, "metrics".to_owned()));
    }
    if let Some(path) = app.openapi.path() {
        rows.push(native(path.clone(), "OpenAPI".to_owned()));
        rows.push(native(format!("{path}/openapi.json"), "OpenAPI".to_owned()));
    }
    for (prefix, folder) in &*app.folders.borrow() {
        let path = format!("{}/*", prefix.trim_end_matches('/'));
        rows.push(native(path, format!("files of {}", folder.display())));
    }
    rows
}

/// A middleware as it was named.
fn named(middleware: &Middleware) -> String {
    match middleware {
        Middleware::Class(class) => class.clone(),
        Middleware::Closure(callable) => match callable.position() {
            Some((file, line)) => format!("closure at {file}:{line}"),
            None => callable.name().to_string_lossy().into_owned(),
        },
        Middleware::Psr(object) => object.class_name().to_owned(),
        Middleware::Filter(native) => filter::name(native).to_owned(),
        Middleware::Before(inner) | Middleware::After(inner) => named(inner),
    }
}

impl Row {
    fn of(route: &Route, global: &[Middleware]) -> Self {
        let middleware = global.iter().chain(&route.middleware);
        Self {
            methods: route.methods.clone(),
            path: route.pattern.clone(),
            name: route.name.clone(),
            handler: describe(&route.handler),
            middleware: middleware.map(named).collect(),
            at: Some(route.at.clone()),
        }
    }

    fn has(&self, word: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(word);
        has(&self.path)
            || has(&self.handler)
            || self.name.as_deref().is_some_and(has)
            || self
                .methods
                .iter()
                .any(|method| method.eq_ignore_ascii_case(word))
            || self.middleware.iter().any(|one| has(one))
    }

    fn json(&self) -> Value {
        json!({
            "methods": self.methods,
            "path": self.path,
            "name": self.name,
            "handler": self.handler,
            "middleware": self.middleware,
            "at": self.at,
        })
    }
}
