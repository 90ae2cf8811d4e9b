//! The page that a developer sees of a request that failed.

use super::dump;
use crate::app::App;
use crate::failure::{describe, json};
use crate::incoming::Incoming;
use crate::send;
use highper_app::accept::ErrorFormat;
use highper_app::debug_page::{Exception, Report};
use highper_app::secret;
use highper_http::Progress;
use highper_http::form::Kind;
use highper_zend::{Array, Object};

/// Most of a body that is shown, in bytes.
const LONGEST: usize = 16 * 1024;

/// Only in development, and only to somebody on this machine.
pub(crate) fn is_for(incoming: &Incoming) -> bool {
    incoming.app.is_development.get()
        && incoming.exchange().progress() == Progress::Waiting
        && incoming
            .exchange()
            .connection()
            .peer()
            .is_none_or(|peer| peer.ip().is_loopback())
}

/// Answers with what was thrown.
pub(crate) fn thrown(incoming: &Incoming, object: &Object, first: Exception) {
    let mut exceptions = vec![first];
    let mut previous = object.exception_previous();
    while let Some(object) = previous.filter(|_| exceptions.len() < 8) {
        exceptions.push(describe(&object));
        previous = object.exception_previous();
    }
    let (dumps, _) = dump::taken(incoming);
    answer(
        incoming,
        Report {
            exceptions,
            dumps,
            ..Report::default()
        },
    );
}

/// Answers a request that `dd()` has ended; false where it was not that.
pub(crate) fn dumped(incoming: &Incoming) -> bool {
    if !incoming.app.is_development.get() {
        return false;
    }
    match dump::taken(incoming) {
        (dumps, true) if is_for(incoming) => {
            answer(
                incoming,
                Report {
                    dumps,
                    ..Report::default()
                },
            );
            true
        }
        _ => false,
    }
}

fn answer(incoming: &Incoming, report: Report) {
    let report = filled(incoming, report);
    let format = send::format_of(incoming.exchange());
    let body = match format {
        ErrorFormat::Html => report.html(),
        ErrorFormat::Problem | ErrorFormat::Json => report.json(),
    };
    send::page(
        incoming.exchange(),
        500,
        format,
        &body,
        &[],
        Some(incoming.id()),
    );
}

fn filled(incoming: &Incoming, report: Report) -> Report {
    let app: &App = &incoming.app;
    let body = body(incoming);
    let scoped = incoming.scoped.borrow();
    let scoped = scoped
        .iter()
        .map(|(_, object)| (object.class_name().to_owned(), format!("#{}", object.id())));
    let session = incoming.session.get().and_then(|session| session.loaded());
    let worker = app
        .worker
        .get()
        .map(|w| ("worker".to_owned(), w.to_string()));
    let coroutine = highper_engine::current().map(|c| ("coroutine".to_owned(), c.to_string()));
    let route = (
        "route".to_owned(),
        app.pattern(incoming.endpoint).to_owned(),
    );
    let request = incoming.exchange().request();
    let bytes = request.bytes();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Report {
        status: 500,
        method: text(request.head().method_name(&bytes)),
        uri: text(request.head().target(&bytes)),
        headers: request
            .head()
            .fields(&bytes)
            .map(|(n, v)| (text(n), text(v)))
            .collect(),
        query: pairs(incoming.query()),
        cookies: pairs(incoming.cookies()),
        session: session.as_ref().map(pairs).unwrap_or_default(),
        body,
        bindings: app.container.shown(),
        refused: super::notice::of(app, incoming.exchange()),
        scoped: scoped.collect(),
        environment: app
            .env
            .borrow()
            .shown()
            .map(|(n, v)| (n.to_owned(), v.into_owned()))
            .collect(),
        request_id: Some(incoming.id().to_owned()),
        facts: worker.into_iter().chain(coroutine).chain([route]).collect(),
        ..report
    }
}

/// Names and values; those further in as JSON, without secrets.
fn pairs(array: &Array) -> Vec<(String, String)> {
    let one = |(name, value): (highper_zend::Key<'_>, &highper_zend::Value)| {
        let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
        (name, shown(json(value, 0)))
    };
    array.iter().map(one).collect()
}

fn shown(mut value: serde_json::Value) -> String {
    secret::mask_json(&mut value);
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn body(incoming: &Incoming) -> Vec<(String, String)> {
    if let Ok(form) = incoming.form()
        && !form.is_empty()
    {
        return pairs(form);
    }
    let kind = incoming.header(b"content-type").unwrap_or_default();
    let kind = String::from_utf8_lossy(&kind).into_owned();
    let request = incoming.exchange().request();
    let read = request.with_body(|bytes| {
        if bytes.is_empty() {
            return Vec::new();
        }
        let what = format!(
            "{} bytes of {}",
            bytes.len(),
            if kind.is_empty() { "no type" } else { &kind }
        );
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|_| bytes.len() <= LONGEST);
        match (text, text.and_then(|text| serde_json::from_str(text).ok())) {
            (_, Some(serde_json::Value::Object(fields))) => fields
                .into_iter()
                .map(|(name, value)| (name, shown(value)))
                .collect(),
            (Some(text), _) if incoming.body_kind() == Kind::Other => vec![(what, text.to_owned())],
            _ => vec![("body".to_owned(), what)],
        }
    });
    read.unwrap_or_default()
}
