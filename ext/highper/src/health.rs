//! `/health`, `/health/live`, `/health/ready`: answered without PHP. What PHP says to it, checks of the application's own, it says every few
//! seconds in a coroutine, and the last word is what counts.

use crate::app::App;
use crate::endpoint::throw_text;
use crate::route::Handler;
use crate::{scope, send};
use highper_engine::{clock, scheduler};
use highper_filter::Notes;
use highper_http::Exchange;
use highper_log::Level;
use highper_runtime::serve;
use highper_zend::{Array, Callable, Throw, Value};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;

/// A check may take so many seconds.
const LONGEST: f64 = 10.0;

/// A check, and what it said last.
pub(crate) struct Check {
    name: String,
    handler: Handler,
    /// Seconds between two of its runs.
    every: f64,
    /// Nothing before the first run.
    is_good: Cell<Option<bool>>,
}

impl Check {
    pub(crate) fn new(name: String, handler: Handler, every: f64) -> Rc<Self> {
        Rc::new(Self {
            name,
            handler,
            every,
            is_good: Cell::new(None),
        })
    }
}

/// The checks of an application.
#[derive(Default)]
pub(crate) struct Checks(pub(crate) RefCell<Vec<Rc<Check>>>);

/// A worker has compiled its routes: the checks run from now on.
pub(crate) fn begin(app: &Rc<App>) {
    if serve::worker().is_none() {
        return;
    }
    let all = app.checks.0.borrow().clone();
    for check in all {
        again(Rc::clone(app), check, clock::now());
    }
}

fn again(app: Rc<App>, check: Rc<Check>, when: u64) {
    scheduler::at(when, false, move || {
        if serve::worker().is_none_or(|worker| worker.is_draining()) {
            return;
        }
        let (again_app, again_check) = (Rc::clone(&app), Rc::clone(&check));
        let spawned = highper_runtime::coroutine::spawn_body(move || {
            let said = run(&app, &check);
            if matches!(said, Err(Throw::Bailout)) {
                return said.map(drop);
            }
            note(&app, &check, said);
            let next = clock::after_seconds(check.every).unwrap_or(u64::MAX);
            again(app, check, next);
            Ok(())
        });
        // No coroutine to be had: nothing works here, and the next try may.
        if spawned.is_err() {
            again_check.is_good.set(Some(false));
            let next = clock::after_seconds(again_check.every).unwrap_or(u64::MAX);
            again(again_app, again_check, next);
        }
    });
}

fn run(app: &App, check: &Check) -> Result<Value, Throw> {
    let callable = match &check.handler {
        Handler::Closure(callable) => callable.clone(),
        Handler::Method(class, method) => {
            let mut pair = Array::with_capacity(2);
            pair.push(app.shared(class)?).push(&**method);
            Callable::new(&pair.into()).map_err(Throw::error)?
        }
    };
    let what = format!("the health check '{}'", check.name);
    scope::limited(LONGEST, || {
        app.container.call(app, &callable, None, None, &what)
    })
}

fn note(app: &App, check: &Check, said: Result<Value, Throw>) {
    let (is_good, why) = match said {
        Ok(value) if value.as_bool() == Some(false) => (false, "it returned false".to_owned()),
        Ok(_) => (true, String::new()),
        Err(throw) => (false, throw_text(throw)),
    };
    let before = check.is_good.replace(Some(is_good));
    match (before, is_good) {
        (None | Some(true), false) => {
            let text = format!("not ready: the health check '{}' fails: {why}", check.name);
            app.log(Level::Warning, &text, &[], None);
        }
        (Some(false), true) => {
            let text = format!("the health check '{}' is good again", check.name);
            app.log(Level::Info, &text, &[], None);
        }
        _ => {}
    }
}

/// Answers where the request asks for it.
pub(crate) fn page(app: &App, exchange: &Exchange, notes: &Notes) -> bool {
    let path = app.health.borrow();
    let Some(path) = &*path else {
        return false;
    };
    let is_ready = {
        let request = exchange.request();
        let bytes = request.bytes();
        let asked = request.head().path(&bytes);
        // Most other paths differ in their first letter.
        if path.len() > 1 && asked.get(1) != path.as_bytes().get(1) {
            return false;
        }
        if !matches!(request.head().method_name(&bytes), b"GET" | b"HEAD") {
            return false;
        }
        let base = path.trim_end_matches('/').as_bytes();
        match asked.strip_prefix(base) {
            _ if asked == path.as_bytes() => true,
            Some(b"/ready") => true,
            Some(b"/live") => false,
            _ => return false,
        }
    };
    let (status, body) = if is_ready {
        let (status, body) = readiness(app);
        (status, Cow::from(body))
    } else {
        (200, Cow::from(r#"{"status":"ok"}"#))
    };
    if notes.lines().is_empty() {
        const LINES: &[u8] = b"Content-Type: application/json\r\nCache-Control: no-store\r\n";
        // A client that is gone needs no answer.
        let _gone = exchange.respond_lines(status, LINES, body.as_bytes());
        return true;
    }
    let headers = [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
    ];
    send::bare(exchange, status, &headers, &body, notes);
    true
}

fn readiness(app: &App) -> (u16, String) {
    if serve::worker().is_some_and(|worker| worker.is_draining()) {
        return (503, r#"{"status":"draining"}"#.to_owned());
    }
    let is_paused = |worker: &Rc<serve::Worker>| {
        let counters = worker.context().board().counters();
        counters.paused.load(Ordering::Relaxed) != 0
    };
    if serve::worker().as_ref().is_some_and(is_paused) {
        return (503, r#"{"status":"paused"}"#.to_owned());
    }
    let checks = app.checks.0.borrow();
    let failing: Vec<&str> = checks
        .iter()
        .filter(|check| check.is_good.get() != Some(true))
        .map(|check| &*check.name)
        .collect();
    match failing.is_empty() {
        true => (200, r#"{"status":"ok"}"#.to_owned()),
        false => {
            let text = serde_json::json!({"status": "failing", "failing": failing});
            (503, text.to_string())
        }
    }
}
