//! Between templates and PHP: a render, and what templates may call.

use super::values::{self, Under, current};
use super::{Views, exception};
use crate::app::App;
use crate::incoming;
use crate::session;
use highper_session::token;
use highper_view::{Error, ErrorKind, Templates, Value as Shown};
use highper_zend::{Array, Callable, Str, Throw, Value, call_function, json};
use std::rc::Rc;

/// Renders a template.
///
/// # Errors
/// What is wrong with it, or what PHP code throws that it calls.
pub(super) fn render(app: &Rc<App>, views: &Views, file: &str, data: &Array) -> Result<Str, Throw> {
    let shared = views.shared.borrow().clone();
    let under = Under::begin(app, shared, data);
    let page = views.templates().render(file, under.root());
    let thrown = under.0.thrown.take();
    drop(under);
    match (page, thrown) {
        (_, Some(thrown)) => Err(thrown),
        (Ok(page), None) => Ok(Str::new(page)),
        (Err(error), None) => Err(exception(&error)),
    }
}

/// Makes the functions and filters known: those of everybody, and those of the application.
pub(super) fn add(
    templates: &mut Templates,
    functions: &[(String, Callable)],
    filters: &[(String, Callable)],
) {
    templates.function("url", url);
    templates.function("csrf_token", |_| csrf().map(Shown::from));
    templates.function("csrf_field", |_| {
        let field = format!(r#"<input type="hidden" name="_token" value="{}">"#, csrf()?);
        Ok(Shown::from_safe_string(field))
    });
    templates.function("session", kept);
    templates.filter("date", date);
    templates.filter("tojson", tojson);
    for (number, (name, _)) in functions.iter().enumerate() {
        templates.function(name, move |args| {
            let frame = current()?;
            let function = number_of(&frame.app, number, false)?;
            values::call(&frame, &function, args)
        });
    }
    for (number, (name, _)) in filters.iter().enumerate() {
        templates.filter(name, move |args| {
            let frame = current()?;
            let filter = number_of(&frame.app, number, true)?;
            values::call(&frame, &filter, args)
        });
    }
}

fn number_of(app: &App, number: usize, is_filter: bool) -> Result<Callable, Error> {
    let gone = || Error::new(ErrorKind::InvalidOperation, "there is no such function");
    let views = app.views.borrow().clone().ok_or_else(gone)?;
    let list = if is_filter {
        &views.filters
    } else {
        &views.functions
    };
    let list = list.borrow();
    list.get(number)
        .map(|(_, callable)| callable.clone())
        .ok_or_else(gone)
}

/// `url('notes.show', id=5)`
fn url(args: &[Shown]) -> Result<Shown, Error> {
    let frame = current()?;
    let args = values::taken(&frame, args)?;
    let name = args.first().and_then(Value::as_str).ok_or_else(|| {
        Error::new(
            ErrorKind::MissingArgument,
            "url() needs the name of a route",
        )
    })?;
    let parameters = args.get(1).and_then(Value::as_array);
    let made = frame.app.url(name, parameters);
    made.map(Shown::from).map_err(|throw| frame.stop(throw))
}

/// A text of the session's token.
fn csrf() -> Result<String, Error> {
    let frame = current()?;
    let Some(incoming) = incoming::current() else {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a token belongs to a request, and there is none",
        ));
    };
    let text = session::of(&incoming)
        .and_then(|session| session.token())
        .and_then(|token| token::masked(&token).map_err(|error| Throw::error(error.to_string())));
    let text = frame.call(|| text.map(Value::from))?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// `session('name', default)`
fn kept(args: &[Shown]) -> Result<Shown, Error> {
    let frame = current()?;
    let Some(incoming) = incoming::current() else {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a session belongs to a request, and there is none",
        ));
    };
    let name = args.first().and_then(Shown::as_str).ok_or_else(|| {
        Error::new(
            ErrorKind::MissingArgument,
            "session() needs the name of a value",
        )
    })?;
    let data = frame.call(|| {
        let data = session::of(&incoming)?.data()?;
        Ok(data.into())
    })?;
    match data.as_array().and_then(|data| data.get(name)) {
        Some(value) => Ok(frame.give(value)),
        None => Ok(args.get(1).cloned().unwrap_or_else(|| Shown::from(()))),
    }
}

/// `date('d.m.Y')` of a date, a text that says one, or seconds since 1970.
fn date(args: &[Shown]) -> Result<Shown, Error> {
    let frame = current()?;
    let args = values::taken(&frame, args)?;
    let format = args
        .get(1)
        .cloned()
        .unwrap_or_else(|| Value::from("Y-m-d H:i"));
    let given = args.first().cloned().unwrap_or_default();
    if given.is_null() {
        return Ok(Shown::from(""));
    }
    let text = frame.call(|| match given.as_object() {
        Some(object) => object.call("format", &[format]).into_result(),
        None if given.as_long().is_some() => call_function("date", &[format, given]).into_result(),
        None => {
            let made = call_function("date_create_immutable", std::slice::from_ref(&given))
                .into_result()?;
            match made.as_object() {
                Some(object) => object.call("format", &[format]).into_result(),
                None => Err(Throw::value_error(format!(
                    "date: {} is no date",
                    given.describe()
                ))),
            }
        }
    })?;
    Ok(frame.give(&text))
}

/// JSON that may stand in a script and in an attribute.
fn tojson(args: &[Shown]) -> Result<Shown, Error> {
    let frame = current()?;
    let args = values::taken(&frame, args)?;
    let value = args.into_iter().next().unwrap_or_default();
    let text = frame.call(|| json::encode(&value).map(Value::string))?;
    let mut safe = String::new();
    for c in text
        .to_str()
        .map_err(|throw| frame.stop(throw))?
        .to_string_lossy()
        .chars()
    {
        match c {
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => safe.push(c),
        }
    }
    Ok(Shown::from_safe_string(safe))
}
