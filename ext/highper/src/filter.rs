//! `Highper\Filter\…`: middleware that needs no PHP. Where it stands before the first middleware that
//! does, a request goes through it before PHP is entered; see [`crate::front`].

mod basic_auth;
mod bearer_auth;
mod body_limit;
mod content_security_policy;
mod cors;
mod etag;
mod rate_limit;
mod request_id;
mod response_cache;
mod security_headers;
mod trace_context;
mod trusted_proxies;

use highper_filter::Filter;
use highper_zend::{Call, Class, Flags, Object, Registry, Target, Throw, Trace, Value};
use std::cell::OnceCell;
use std::rc::Rc;

/// What an object of these classes carries.
#[derive(Default)]
struct Native(OnceCell<Rc<Filter>>);

impl Trace for Native {}

pub(crate) fn declare(registry: &mut Registry) {
    for declare in [
        basic_auth::declare,
        bearer_auth::declare,
        body_limit::declare,
        content_security_policy::declare,
        cors::declare,
        etag::declare,
        rate_limit::declare,
        request_id::declare,
        response_cache::declare,
        security_headers::declare,
        trace_context::declare,
        trusted_proxies::declare,
    ] {
        declare(registry);
    }
}

/// What all of these classes have in common.
fn class(name: &'static str) -> Class {
    Class::new(name)
        .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
        .attribute(Target::CLASS | Target::METHOD | Target::FUNCTION | Target::REPEATABLE)
        .state::<Native>()
        .deny_clone()
}

/// The filter of an object.
pub(crate) fn of(object: &Object) -> Option<Rc<Filter>> {
    object.state::<Native>()?.0.get().cloned()
}

/// What its class is called.
pub(crate) fn name(filter: &Filter) -> &'static str {
    match filter {
        Filter::Cors(_) => "Cors",
        Filter::Security(_) => "SecurityHeaders",
        Filter::Csp(_) => "ContentSecurityPolicy",
        Filter::Rate(_) => "RateLimit",
        Filter::Id(_) => "RequestId",
        Filter::Trace(_) => "TraceContext",
        Filter::Proxies(_) => "TrustedProxies",
        Filter::Basic(_) => "BasicAuth",
        Filter::Bearer(_) => "BearerAuth",
        Filter::Body(_) => "BodyLimit",
        Filter::Tag(_) => "ETag",
        Filter::Cache(_) => "ResponseCache",
    }
}

/// Says where a filter was written.
pub(crate) fn place(filter: &Filter, place: &str) {
    if let Filter::Rate(rate) = filter {
        rate.place(place);
    }
}

/// The end of a constructor.
fn made(call: &Call, filter: Filter) -> Result<(), Throw> {
    match call.this::<Native>()?.0.set(Rc::new(filter)) {
        Ok(()) => Ok(()),
        Err(_) => Err(Throw::error("the filter was made before")),
    }
}

/// What an argument must be.
fn wrong((arg, must): (usize, String)) -> Throw {
    Throw::argument_value(arg, must)
}

/// An argument `array|string`, which is a list of texts.
fn texts(call: &Call, arg: usize, default: &[&str]) -> Result<Vec<String>, Throw> {
    let Some(value) = call.opt_value(arg) else {
        return Ok(default.iter().map(ToString::to_string).collect());
    };
    let one = |value: &Value| match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Throw::argument_type(
            arg,
            format!("must be of texts, {} given", value.type_name()),
        )),
    };
    match value.as_array() {
        Some(list) => list.values().map(one).collect(),
        None => Ok(vec![one(value)?]),
    }
}

/// An argument `?int` that must not be negative.
fn seconds(call: &Call, arg: usize, default: Option<u64>) -> Result<Option<u64>, Throw> {
    if call.opt_value(arg).is_none() {
        return Ok(default);
    }
    match call.opt_long_or_null(arg)? {
        None => Ok(None),
        Some(n) => u64::try_from(n)
            .map(Some)
            .map_err(|_| Throw::argument_value(arg, format!("must not be negative, {n} given"))),
    }
}

/// An argument `?string`.
fn text(call: &Call, arg: usize, default: Option<&str>) -> Result<Option<String>, Throw> {
    if call.opt_value(arg).is_none() {
        return Ok(default.map(str::to_owned));
    }
    let text = call.opt_str(arg)?;
    Ok(text.map(|text| text.to_string_lossy().into_owned()))
}
