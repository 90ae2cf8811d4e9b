//! What a client and the log get to know of a request that failed.

use crate::develop::{notice, page};
use crate::endpoint::throw_text;
use crate::exception::cancelled::{is_cancelled, is_disconnected};
use crate::exception::http_exception::HTTP_EXCEPTION;
use crate::exception::unprocessable::UNPROCESSABLE;
use crate::incoming::Incoming;
use crate::{send, session};
use highper_app::debug_page::{Exception, Frame};
use highper_app::problem::Problem;
use highper_filter::notes::NOTHING;
use highper_http::Progress;
use highper_log::{Level, Value as Field};
use highper_runtime::exit;
use highper_zend::{Array, Object, Outcome, Throw, Value, call_function};
use serde_json::Map;

/// Answers a request whose handling threw.
///
/// # Errors
/// A fatal error goes on, for the coroutine to end with.
pub(crate) fn answer(incoming: &Incoming, throw: Throw) -> Result<(), Throw> {
    if let Some(session) = incoming.session.get() {
        match throw {
            Throw::Bailout => session.forget(),
            // What is wrong with the store is in the log.
            _ => drop(session.save()),
        }
    }
    if matches!(throw, Throw::Bailout) {
        let last = last_error();
        ended(
            incoming,
            &format!("a fatal error ended the request: {last}"),
        );
        return Err(Throw::Bailout);
    }
    match throw.into_object() {
        Some(value) if !exit::is_exit(&value) => match value.as_object() {
            Some(object) => exception(incoming, object),
            None => ended(incoming, "something that is no exception was thrown"),
        },
        _ if page::dumped(incoming) => {}
        _ => ended(
            incoming,
            "exit() ended the request; return a response instead",
        ),
    }
    Ok(())
}

/// `error_get_last()` in words.
pub(crate) fn last_error() -> String {
    let Outcome::Value(last) = call_function("error_get_last", &[]) else {
        return "no message is known".into();
    };
    let Some(last) = last.as_array() else {
        return "no message is known".into();
    };
    let text = |name: &str| {
        let value = last.get(name);
        value
            .and_then(|v| v.to_str().ok())
            .map(|s| s.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    format!("{} in {}:{}", text("message"), text("file"), text("line"))
}

/// A request that ended without an exception.
fn ended(incoming: &Incoming, why: &str) {
    log(incoming, Level::Error, why, &[]);
    respond(
        incoming,
        &Problem {
            status: 500,
            ..Problem::default()
        },
        &[],
    );
}

fn log(incoming: &Incoming, level: Level, message: &str, more: &[(&[u8], Field<'_>)]) {
    let line = request_line(incoming);
    let mut context: Vec<(&[u8], Field<'_>)> = vec![(b"request", Field::Str(line.as_bytes()))];
    let trace = incoming.trace();
    if let Some(trace) = &trace {
        context.push((b"trace_id", Field::Str(trace.as_bytes())));
    }
    context.extend_from_slice(more);
    incoming
        .app
        .log(level, message, &context, Some(incoming.id()));
}

fn request_line(incoming: &Incoming) -> String {
    let request = incoming.exchange().request();
    let bytes = request.bytes();
    let method = String::from_utf8_lossy(request.head().method_name(&bytes)).into_owned();
    let target = String::from_utf8_lossy(request.head().target(&bytes)).into_owned();
    format!("{method} {}", highper_app::secret::masked_text(&target))
}

fn respond(incoming: &Incoming, problem: &Problem<'_>, headers: &[(&str, &str)]) {
    if incoming.exchange().progress() != Progress::Waiting {
        incoming.exchange().abort();
        return;
    }
    let problem = Problem {
        kind: Some("about:blank"),
        request_id: Some(incoming.id()),
        ..problem.clone()
    };
    let cookie = session_cookie(incoming);
    let notes = incoming.notes.borrow();
    let mut headers: Vec<(&str, &str)> = match notes.as_deref() {
        Some(notes) => crate::front::with_noted(headers, notes),
        None => headers.to_vec(),
    };
    headers.extend(cookie.as_deref().map(|line| ("Set-Cookie", line)));
    if !notice::problem(
        &incoming.app,
        incoming.exchange(),
        &problem,
        &headers,
        &NOTHING,
    ) {
        send::problem(incoming.exchange(), &problem, &headers);
    }
}

/// A request that failed keeps what it has done to its session.
fn session_cookie(incoming: &Incoming) -> Option<String> {
    let session = incoming.session.get()?;
    match session::commit(session) {
        Ok(line) => line.and_then(|line| String::from_utf8(line).ok()),
        // The log has it already, and another answer can't be given.
        Err(_) => None,
    }
}

fn exception(incoming: &Incoming, object: &Object) {
    if object.is_instance_of(HTTP_EXCEPTION.get()) {
        return for_client(incoming, object);
    }
    if is_cancelled(object) {
        return cut_short(incoming, object);
    }
    let shown = describe(object);
    let place = format!("{}:{}", shown.file, shown.line);
    let trace = object.exception_trace();
    log(
        incoming,
        Level::Error,
        &format!("Uncaught {}: {}", shown.class, shown.message),
        &[
            (b"at", Field::Str(place.as_bytes())),
            (b"trace", Field::Str(trace.as_bytes())),
        ],
    );
    if page::is_for(incoming) {
        return page::thrown(incoming, object, shown);
    }
    respond(
        incoming,
        &Problem {
            status: 500,
            ..Problem::default()
        },
        &[],
    );
}

/// A handler that was cancelled: its client has gone, its time is over, or the server ends.
fn cut_short(incoming: &Incoming, object: &Object) {
    let message = object.exception_message();
    let (file, line) = object.exception_location();
    let place = format!("{file}:{line}");
    let (level, status) = match (
        is_disconnected(object),
        highper_runtime::serve::worker().is_some_and(|w| w.is_draining()),
    ) {
        (true, _) => (Level::Info, 499),
        (false, true) => (Level::Warning, 503),
        (false, false) => (Level::Warning, 504),
    };
    log(
        incoming,
        level,
        &format!("the request was cut short: {}", message.to_string_lossy()),
        &[(b"at", Field::Str(place.as_bytes()))],
    );
    if status == 499 {
        // Nobody is there to read an answer.
        return incoming.exchange().abort();
    }
    let problem = Problem {
        status,
        ..Problem::default()
    };
    respond(incoming, &problem, &[]);
}

/// An exception whose message is meant for the client.
fn for_client(incoming: &Incoming, object: &Object) {
    let number = |name: &str| object.get(name).ok().and_then(|v| v.as_long());
    let status = number("status")
        .and_then(|n| u16::try_from(n).ok())
        .filter(|s| (400..=599).contains(s))
        .unwrap_or(500);
    let message = object.exception_message();
    let message = message.to_string_lossy();
    if status >= 500 {
        let (file, line) = object.exception_location();
        let place = format!("{file}:{line}");
        log(
            incoming,
            Level::Error,
            &format!("{}: {message}", object.class_name()),
            &[(b"at", Field::Str(place.as_bytes()))],
        );
    }
    let mut extensions = Map::new();
    if object.is_instance_of(UNPROCESSABLE.get())
        && let Ok(errors) = object.get("errors")
    {
        extensions.insert("errors".into(), json(&errors, 0));
    }
    let mut headers = Vec::new();
    if let Ok(Some(list)) = object.get("headers").map(|v| v.into_array().ok()) {
        collect(&list, &mut headers);
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    let problem = Problem {
        status,
        detail: Some(&*message).filter(|m| !m.is_empty()),
        extensions,
        ..Problem::default()
    };
    respond(incoming, &problem, &headers);
}

/// Header names and values of an exception; what can't be sent is left away.
fn collect(list: &Array, headers: &mut Vec<(String, String)>) {
    for (name, value) in list {
        let name = String::from_utf8_lossy(&name.to_bytes()).into_owned();
        let values = match value.as_array() {
            Some(values) => values.values().cloned().collect(),
            None => vec![value.clone()],
        };
        for value in values {
            if let Ok(value) = value.to_str()
                && crate::response::data::check_field(name.as_bytes(), &value).is_ok()
            {
                headers.push((name.clone(), value.to_string_lossy().into_owned()));
            }
        }
    }
}

/// A value as the problem document has it.
pub(crate) fn json(value: &Value, depth: usize) -> serde_json::Value {
    match value.as_array() {
        _ if depth > 32 => serde_json::Value::Null,
        Some(list) if list.is_list() => list.values().map(|v| json(v, depth + 1)).collect(),
        Some(map) => map
            .iter()
            .map(|(k, v)| {
                (
                    String::from_utf8_lossy(&k.to_bytes()).into_owned(),
                    json(v, depth + 1),
                )
            })
            .collect::<Map<_, _>>()
            .into(),
        None => match (
            value.as_long(),
            value.as_double(),
            value.as_bool(),
            value.as_bytes(),
        ) {
            (Some(n), ..) => n.into(),
            (_, Some(n), ..) => n.into(),
            (_, _, Some(b), _) => b.into(),
            (.., Some(text)) => String::from_utf8_lossy(text).into(),
            _ => serde_json::Value::Null,
        },
    }
}

pub(crate) fn describe(object: &Object) -> Exception {
    let (file, line) = object.exception_location();
    Exception {
        class: object.class_name().to_owned(),
        message: object.exception_message().to_string_lossy().into_owned(),
        file,
        line: u32::try_from(line).unwrap_or(0),
        frames: frames(object),
    }
}

fn frames(object: &Object) -> Vec<Frame> {
    let Outcome::Value(trace) = object.call("getTrace", &[]) else {
        return Vec::new();
    };
    let Some(trace) = trace.as_array() else {
        return Vec::new();
    };
    let frame = |entry: &Value| {
        let entry = entry.as_array()?;
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(Frame {
            call: format!("{}{}{}()", text("class"), text("type"), text("function")),
            file: text("file").to_owned(),
            line: entry
                .get("line")
                .and_then(Value::as_long)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(0),
        })
    };
    trace.values().filter_map(frame).collect()
}

/// One line for a start that failed.
pub(crate) fn start_line(throw: Throw) -> String {
    let text = throw_text(throw);
    text.lines().next().unwrap_or_default().to_owned()
}
