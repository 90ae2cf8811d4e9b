//! The attribute `#[WebSocket]` of a class, and what its arguments mean.

use super::Definition;
use super::guest::Caller;
use crate::annotation::{self, Place, made};
use crate::app::App;
use crate::route::{Handler, Middleware, Route};
use highper_app::env::size;
use highper_rooms::{Origins, Slow, Terms};
use highper_zend::reflect::Class;
use highper_zend::{Array, Throw, Value};
use std::cell::OnceCell;
use std::rc::Rc;

/// The route of a class; `None` where it has no such attribute.
///
/// # Errors
/// What is wrong with the attribute or the class, with the place.
pub(crate) fn read(
    class: Class,
    layers: impl Fn(Class) -> Result<Vec<Middleware>, Throw>,
) -> Result<Option<Route>, Throw> {
    let place = Place::Class(class);
    let attributes = class.attributes();
    let found = attributes
        .iter()
        .find(|a| annotation::own(a).as_deref() == Some("websocket"));
    let Some(attribute) = found else {
        return Ok(None);
    };
    let object = made(attribute, place)?;
    let wrong = |why: &str| place.wrong(&attribute.name(), why);
    let get = |name: &str| object.get(name);
    let (protocols, origins) = (get("protocols")?, get("origins")?);
    let slow = get("slow")?.to_str()?;
    let given = Given {
        queue: &get("queue")?,
        slow: &slow.to_string_lossy(),
        max_message: &get("maxMessage")?,
        ping: get("ping")?.to_double(),
        compress: get("compress")?.to_bool(),
        protocols: protocols.as_array(),
        origins: origins.as_array(),
        connections: get("connections")?.to_long(),
    };
    let terms = given.terms().map_err(|why| wrong(&why))?;
    let definition = of_class(class, terms).map_err(|why| wrong(&why))?;
    let text = |name: &str| -> Result<Option<String>, Throw> {
        Ok(get(name)?.as_str().map(str::to_owned))
    };
    let at = class.location();
    Ok(Some(Route {
        methods: vec!["GET".into()],
        pattern: text("path")?.unwrap_or_default(),
        name: text("name")?,
        handler: definition.first(),
        middleware: layers(class)?,
        status: None,
        socket: Some(Rc::new(definition)),
        at: at.map_or_else(String::new, |(file, line)| format!("{file}:{line}")),
    }))
}

/// The methods of a class.
///
/// # Errors
/// What it lacks.
pub(super) fn of_class(class: Class, terms: Terms) -> Result<Definition, String> {
    if !class.is_instantiable() {
        return Err(format!("the class {} can't be instantiated", class.name()));
    }
    let method = |name: &str| match class.method(name) {
        Some(method) if !method.is_public() || method.is_static() => Err(format!(
            "{}::{name}() must be public and not static",
            class.name()
        )),
        Some(method) => Ok(Some(Handler::Method(
            class.name().to_owned(),
            method.name(),
        ))),
        None => Ok(None),
    };
    let definition = Definition {
        class: Some(class.name().to_owned()),
        open: method("open")?,
        message: method("message")?,
        close: method("close")?,
        error: method("error")?,
        terms: Rc::new(terms),
        caller: Rc::new(Caller),
        methods: OnceCell::new(),
    };
    if definition.open.is_none() && definition.message.is_none() {
        return Err(format!(
            "the class {} needs a public method message(), or open()",
            class.name()
        ));
    }
    Ok(definition)
}

/// Closures.
pub(super) fn of_closures(
    message: Handler,
    open: Option<Handler>,
    close: Option<Handler>,
    terms: Terms,
) -> Definition {
    Definition {
        class: None,
        open,
        message: Some(message),
        close,
        error: None,
        terms: Rc::new(terms),
        caller: Rc::new(Caller),
        methods: OnceCell::new(),
    }
}

/// What people write of the terms of a route.
pub(super) struct Given<'a> {
    pub(super) queue: &'a Value,
    pub(super) slow: &'a str,
    pub(super) max_message: &'a Value,
    pub(super) ping: f64,
    pub(super) compress: bool,
    pub(super) protocols: Option<&'a Array>,
    pub(super) origins: Option<&'a Array>,
    pub(super) connections: i64,
}

impl Given<'_> {
    /// Made terms.
    ///
    /// # Errors
    /// Which value is wrong, and what it must be.
    pub(super) fn terms(&self) -> Result<Terms, String> {
        if !(0.0..=86_400.0).contains(&self.ping) {
            return Err(format!(
                "ping must be from 0 to 86400 seconds, {} given",
                self.ping
            ));
        }
        let protocols = texts("protocols", self.protocols)?;
        if let Some(wrong) = protocols.iter().find(|p| !is_token(p)) {
            return Err(format!(
                "protocols must be names such as 'chat', '{}' given",
                wrong.escape_debug()
            ));
        }
        Ok(Terms {
            queue: bytes("queue", self.queue)?,
            slow: Slow::parse(self.slow).ok_or_else(|| {
                format!(
                    "slow must be 'drop-oldest', 'keep-last' or 'close', '{}' given",
                    self.slow.escape_debug()
                )
            })?,
            max_message: bytes("maxMessage", self.max_message)?,
            ping: (self.ping > 0.0).then_some((self.ping * 1e9) as u64),
            compress: self.compress,
            protocols: protocols.into_iter().map(String::into_bytes).collect(),
            origins: Origins::parse(&texts("origins", self.origins)?)?,
            connections: usize::try_from(self.connections).map_err(|_| {
                format!(
                    "connections must not be negative, {} given",
                    self.connections
                )
            })?,
        })
    }
}

pub(crate) fn bytes(name: &str, value: &Value) -> Result<usize, String> {
    let given = match (value.as_long(), value.as_str()) {
        (Some(number), _) => u64::try_from(number).ok(),
        (_, Some(text)) => size(text),
        _ => None,
    };
    given
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| *n > 0)
        .ok_or_else(|| {
            let said = value.to_str().map(|t| t.to_string_lossy().into_owned());
            format!(
                "{name} must be bytes, as 4096 or '256K', '{}' given",
                said.unwrap_or_default().escape_debug()
            )
        })
}

fn texts(name: &str, list: Option<&Array>) -> Result<Vec<String>, String> {
    let values = list.into_iter().flat_map(|list| list.values());
    let texts = values.map(|value| {
        value.as_str().map(str::to_owned).ok_or_else(|| {
            format!(
                "{name} must be a list of texts, with {} in it",
                value.type_name()
            )
        })
    });
    texts.collect()
}

/// RFC 9110, section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Is this class one?
pub(crate) fn is_one(class: Class) -> bool {
    let attributes = class.attributes();
    attributes
        .iter()
        .any(|a| annotation::own(a).as_deref() == Some("websocket"))
}

impl Definition {
    /// The place where its closures are, or its class, in words.
    pub(super) fn what(&self, app: &App, endpoint: usize) -> String {
        match &self.class {
            Some(class) => class.clone(),
            None => app.pattern(endpoint).to_owned(),
        }
    }
}
