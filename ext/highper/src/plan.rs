//! From a method's signature to a plan that makes its arguments.

mod checked;
pub(crate) mod dto;
mod file;
pub(crate) mod fit;
pub(crate) mod scalar;
pub(crate) mod shape;

use crate::annotation::{self, Place};
use crate::app::App;
use crate::container::need::need;
use crate::container::{Need, Service};
use crate::exception::http_exception::exception;
use crate::incoming::{Incoming, PathValue, PathValues};
use crate::request::fields;
use crate::upload;
use crate::validation::run::Run;
use checked::Checked;
use dto::Dto;
use file::Upload;
use highper_app::parameter::{self, ParameterError, Source as From};
use highper_app::router;
use highper_zend::reflect::{Attribute, Builtin, Function, Param, Type};
use highper_zend::{Str, Throw, Value};
use scalar::Scalar;
use shape::{Marks, Shape};
use std::rc::Rc;

/// Where an argument comes from.
pub(crate) enum Source {
    /// The n-th path parameter of the plan, or the default where the path lacks it.
    Path(usize, Option<Value>),
    Query(Text),
    Header(Text),
    Cookie(Text),
    /// A path parameter that rules are for.
    CheckedPath(usize, Option<Value>, Checked),
    /// A list of values of the query.
    QueryArray(Checked, Option<Value>),
    /// An object made of the whole query.
    QueryObject(Rc<Dto>),
    BodyArray,
    /// A body that is a list, with what its entries are.
    BodyList(Checked),
    File(Upload),
    BodyText,
    BodyObject(Rc<Dto>),
    Request,
    Service(Service),
    /// Something else that the container gives.
    Need(Need),
    Value(Value),
}

/// One named text of the request.
pub(crate) struct Text {
    name: Box<str>,
    kind: Scalar,
    default: Option<Value>,
    checked: Checked,
}

/// A path parameter that a handler takes, converted before PHP is entered.
#[derive(Clone)]
pub(crate) struct PathPlan {
    name: Box<str>,
    /// Its place among the parameters of the pattern.
    at: usize,
    kind: Scalar,
    optional: bool,
}

/// The arguments of a handler.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) args: Vec<Source>,
    pub(crate) path: Vec<PathPlan>,
}

impl Plan {
    /// Reads a signature. `names` are the parameters of the route's pattern.
    ///
    /// # Errors
    /// A sentence that names the parameter that can't be filled.
    pub(crate) fn of(app: &App, function: &Function, names: &[&str]) -> Result<Self, Throw> {
        let mut plan = Self::default();
        for param in function.params() {
            if param.is_variadic() {
                variadic(&param)?;
                break;
            }
            let source = plan.source(app, function, &param, names)?;
            plan.args.push(source);
        }
        Ok(plan)
    }

    /// Reads one more parameter; its number is for [`Plan::nth`].
    ///
    /// # Errors
    /// As of [`Plan::of`].
    pub(crate) fn add(
        &mut self,
        app: &App,
        function: &Function,
        param: &Param,
        names: &[&str],
    ) -> Result<usize, Throw> {
        let source = self.source(app, function, param, names)?;
        self.args.push(source);
        match self.takes_body() {
            true => Err(Throw::error(format!(
                "its parameter ${} wants the body of a request, which has none here",
                param.name()
            ))),
            false => Ok(self.args.len() - 1),
        }
    }

    /// The value of the parameter with this number.
    ///
    /// # Errors
    /// As of [`Plan::arguments`].
    pub(crate) fn nth(&self, number: usize, incoming: &Rc<Incoming>) -> Result<Value, Throw> {
        match self.args.get(number) {
            Some(source) => self.argument(source, incoming),
            None => Ok(Value::null()),
        }
    }

    /// One that converts the same path, and has no arguments.
    pub(crate) fn of_path(&self) -> Self {
        Self {
            args: Vec::new(),
            path: self.path.clone(),
        }
    }

    /// The number of a path parameter; several handlers may take the same.
    fn in_path(&mut self, new: PathPlan) -> usize {
        let is_same = |old: &PathPlan| {
            old.at == new.at
                && old.optional == new.optional
                && matches!(
                    (&old.kind, &new.kind),
                    (Scalar::Int, Scalar::Int)
                        | (Scalar::Float, Scalar::Float)
                        | (Scalar::Bool, Scalar::Bool)
                        | (Scalar::Text, Scalar::Text)
                )
        };
        if let Some(known) = self.path.iter().position(is_same) {
            return known;
        }
        self.path.push(new);
        self.path.len() - 1
    }

    /// Does a parameter want the body?
    pub(crate) fn takes_body(&self) -> bool {
        let wants = |source: &Source| {
            matches!(
                source,
                Source::BodyArray
                    | Source::BodyText
                    | Source::BodyList(_)
                    | Source::BodyObject(_)
                    | Source::File(_)
            )
        };
        self.args.iter().any(wants)
    }

    fn source(
        &mut self,
        app: &App,
        function: &Function,
        param: &Param,
        names: &[&str],
    ) -> Result<Source, Throw> {
        let name = param.name();
        let kind = param.kind();
        let nullable = kind.as_ref().is_some_and(Type::is_nullable);
        let default = match param.default()? {
            None if nullable => Some(Value::null()),
            default => default,
        };
        let wrong = |why: String| Throw::error(format!("its parameter ${name} {why}"));
        if param.is_by_ref() {
            return Err(wrong("must not be taken by reference".into()));
        }
        let attributes = param.attributes();
        let place = Place::Param(function, param);
        let is_in_path = names.contains(&&*name);
        annotation::check(&attributes, place)?;
        sources(&attributes, is_in_path).map_err(&wrong)?;
        if let Some(at) = names.iter().position(|n| *n == name) {
            let marks = Marks::of(&attributes, place)?;
            let kind = Scalar::of(kind.as_ref(), marks.format.as_deref()).map_err(&wrong)?;
            let number = self.in_path(PathPlan {
                name: name.clone().into(),
                at,
                kind,
                optional: default.is_some(),
            });
            if marks.rules.is_empty() {
                return Ok(Source::Path(number, default));
            }
            return Ok(Source::CheckedPath(
                number,
                default,
                Checked::rules(&name, marks),
            ));
        }
        for attribute in &attributes {
            let Some(known) = annotation::own(attribute) else {
                continue;
            };
            let marks = || Marks::of(&attributes, place);
            let text = |key: String| -> Result<Text, Throw> {
                let marks = marks()?;
                Ok(Text {
                    kind: Scalar::of(kind.as_ref(), marks.format.as_deref()).map_err(&wrong)?,
                    default: default.clone(),
                    checked: Checked::rules(&key, marks),
                    name: key.into(),
                })
            };
            match &*known {
                "query" if kind.as_ref().is_some_and(is_array) => {
                    let key = given_name(attribute, place)?.unwrap_or_else(|| name.clone());
                    let checked = Checked::of(&key, kind.as_ref(), marks()?, app);
                    return Ok(Source::QueryArray(checked.map_err(&wrong)?, default));
                }
                "query" if let Some(class) = object_of(kind.as_ref()) => {
                    let dto = app.schemas.dto(class).map_err(&wrong)?;
                    return Ok(Source::QueryObject(dto));
                }
                "query" => {
                    return Ok(Source::Query(text(
                        given_name(attribute, place)?.unwrap_or(name.clone()),
                    )?));
                }
                "cookie" => {
                    let key = given_name(attribute, place)?.unwrap_or_else(|| name.clone());
                    return Ok(Source::Cookie(text(token(key, attribute, place)?)?));
                }
                "header" => {
                    let key = given_name(attribute, place)?.unwrap_or_else(|| header_name(&name));
                    return Ok(Source::Header(text(token(key, attribute, place)?)?));
                }
                "file" => {
                    let made = annotation::made(attribute, place)?;
                    let key = made.get("name")?.as_str().map(str::to_owned);
                    let upload = Upload {
                        name: Str::new(key.as_ref().unwrap_or(&name)),
                        is_list: kind.as_ref().is_some_and(is_array),
                        max: made.get("max")?.as_long(),
                        default,
                    };
                    return match kind.as_ref().and_then(Type::single_class) {
                        _ if upload.is_list => Ok(Source::File(upload)),
                        Some(class) if class.eq_ignore_ascii_case(upload::NAME) => {
                            Ok(Source::File(upload))
                        }
                        _ => Err(wrong(format!("must be of type {} or array", upload::NAME))),
                    };
                }
                "body" => {
                    annotation::made(attribute, place)?;
                    return body(&name, kind.as_ref(), marks()?, app).map_err(&wrong);
                }
                _ => {}
            }
        }
        if kind
            .as_ref()
            .and_then(Type::single_class)
            .is_some_and(|c| c.eq_ignore_ascii_case("Highper\\Http\\Request"))
        {
            return Ok(Source::Request);
        }
        match need(function, param)? {
            Need::Service(service) => Ok(Source::Service(service)),
            need @ (Need::Config(_) | Need::Tagged(_)) => Ok(Source::Need(need)),
            Need::Value(value) => Ok(Source::Value(value)),
            Need::Missing(_) => Err(wrong(format!(
                "({}) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default",
                kind.map_or("no type".into(), |k| k.text)
            ))),
        }
    }

    /// Converts the path's parameters; a mismatch means that the path means nothing.
    ///
    /// # Errors
    /// The parameter that does not fit.
    #[inline(always)]
    pub(crate) fn convert(
        &self,
        params: &highper_app::router::Params<'_, '_>,
    ) -> Result<PathValues, ParameterError> {
        let mut values = PathValues::default();
        for plan in &self.path {
            values.push(match params.nth(plan.at) {
                Some(raw) => match (&plan.kind, plain_int(raw)) {
                    (Scalar::Int, Some(number)) => PathValue::Int(number),
                    // A match is only found where its values decode.
                    _ => {
                        let text = router::decode(raw);
                        let text = text.unwrap_or_else(|_| String::from_utf8_lossy(raw));
                        plan.kind.path_value(&plan.name, &text)?
                    }
                },
                None if plan.optional => PathValue::Absent,
                None => return Err(ParameterError::missing(From::Path, &plan.name)),
            });
        }
        Ok(values)
    }

    /// Makes the arguments, one for each place.
    ///
    /// # Errors
    /// An exception for the client, or what PHP code throws.
    pub(crate) fn arguments(
        &self,
        incoming: &Rc<Incoming>,
        args: &mut [Value],
    ) -> Result<(), Throw> {
        for (source, arg) in self.args.iter().zip(args) {
            *arg = match source {
                Source::Path(at, _) if let Some(PathValue::Int(n)) = incoming.path.get(*at) => {
                    Value::long(*n)
                }
                _ => self.argument(source, incoming)?,
            };
        }
        Ok(())
    }

    fn argument(&self, source: &Source, incoming: &Rc<Incoming>) -> Result<Value, Throw> {
        Ok(match source {
            Source::Path(at, default) => match (incoming.path.get(*at), default) {
                (Some(PathValue::Int(n)), _) => Value::long(*n),
                (Some(PathValue::Float(n)), _) => Value::double(*n),
                (Some(PathValue::Bool(b)), _) => Value::bool(*b),
                (Some(PathValue::Text(text)), _) => self.path[*at].object(text)?,
                (Some(PathValue::Case(n)), _) => self.path[*at].kind.case(*n),
                (_, Some(default)) => default.clone(),
                (_, None) => Value::null(),
            },
            Source::CheckedPath(at, default, checked) => {
                let value = self.argument(&Source::Path(*at, default.clone()), incoming)?;
                checked.check(&value, incoming, 404)?;
                value
            }
            Source::Query(text) => text.convert(
                incoming,
                "query",
                incoming.query().get_symbol(text.name.as_bytes()),
            )?,
            Source::Cookie(text) => text.convert(
                incoming,
                "cookie",
                incoming.cookies().get_symbol(text.name.as_bytes()),
            )?,
            Source::Header(text) => {
                let value = incoming.header(text.name.as_bytes()).map(Value::from);
                text.convert(incoming, "header", value.as_ref())?
            }
            Source::QueryArray(checked, default) => match incoming.query().get_str(&checked.name) {
                Some(value) if value.is_array() => checked.converted(value, incoming, true, 400)?,
                Some(_) => {
                    let name = checked.name.to_string_lossy();
                    return Err(exception(
                        400,
                        &format!("{name} must be an array, as in ?{name}[]=1"),
                    ));
                }
                None => default.clone().unwrap_or_else(Value::empty_array),
            },
            Source::QueryObject(dto) => {
                let run = Run::of(&incoming.app, Some(incoming), true);
                dto.make(incoming.query(), run)?
            }
            Source::File(upload) => upload.value(incoming)?,
            Source::BodyArray => fields(incoming)?.0.into(),
            Source::BodyList(checked) => {
                let (fields, is_form) = fields(incoming)?;
                checked.converted(&fields.into(), incoming, is_form, 422)?
            }
            Source::BodyText => crate::request::body(incoming)?.into(),
            Source::BodyObject(dto) => {
                let (fields, is_form) = fields(incoming)?;
                dto.make(&fields, Run::of(&incoming.app, Some(incoming), is_form))?
            }
            Source::Request => incoming.object()?.into(),
            Source::Service(service) => {
                let app = &incoming.app;
                app.container.get(app, service, Some(incoming))?
            }
            Source::Need(need) => {
                let app = &incoming.app;
                let met = app.container.meet(app, need, Some(incoming));
                met.map_err(|unmet| unmet.or(&Throw::error))?
            }
            Source::Value(value) => value.clone(),
        })
    }
}

/// A decimal of few digits, as almost all numbers in paths are; the rest goes the long way.
fn plain_int(raw: &[u8]) -> Option<i64> {
    let is_plain = matches!(raw, [b'1'..=b'9', ..] | [b'0']) && raw.len() <= 18;
    if !is_plain {
        return None;
    }
    raw.iter().try_fold(0, |number: i64, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i64::from(byte - b'0'))
    })
}

impl PathPlan {
    /// The value of a text, an object where the type is one.
    fn object(&self, text: &str) -> Result<Value, Throw> {
        let value = Value::from(text);
        match self.kind.object(&value)? {
            None => Ok(value),
            Some(made) => made.map_err(|wrong| exception(404, &format!("{} {wrong}", self.name))),
        }
    }
}

impl Text {
    fn convert(
        &self,
        incoming: &Rc<Incoming>,
        place: &str,
        value: Option<&Value>,
    ) -> Result<Value, Throw> {
        let bad = |e: &ParameterError| {
            let message = match place {
                "query" => e.message.clone(),
                _ => format!("{place} {}", e.message),
            };
            exception(400, &message)
        };
        let Some(value) = value else {
            return match &self.default {
                Some(default) => Ok(default.clone()),
                None => Err(bad(&ParameterError::missing(From::Query, &self.name))),
            };
        };
        let Some(bytes) = value.as_bytes() else {
            return Err(bad(&self.kind.is_array(&self.name)));
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(exception(400, &format!("{} must be UTF-8", self.name)));
        };
        let value = match self.kind.object(value)? {
            None => self.kind.value(&self.name, text).map_err(|e| bad(&e))?,
            Some(Ok(object)) => object,
            Some(Err(wrong)) => {
                return Err(bad(&ParameterError::other(From::Query, &self.name, &wrong)));
            }
        };
        self.checked.check(&value, incoming, 400)?;
        Ok(value)
    }
}

fn is_array(kind: &Type) -> bool {
    kind.has(Builtin::Array) && !kind.is_mixed()
}

/// The name that an attribute gives.
fn given_name(attribute: &Attribute, place: Place<'_>) -> Result<Option<String>, Throw> {
    let made = annotation::made(attribute, place)?;
    let name = made.get("name")?.as_str().map(str::to_owned);
    match name.as_deref() {
        Some("") => Err(place.wrong(&attribute.name(), "its name must not be empty")),
        _ => Ok(name),
    }
}

/// Nothing of a request is as many values as one likes.
fn variadic(param: &Param) -> Result<(), Throw> {
    const NAMES: [&str; 8] = [
        "query", "header", "cookie", "file", "body", "config", "inject", "tagged",
    ];
    let is_marked = |attribute: &Attribute| {
        annotation::own(attribute).is_some_and(|own| NAMES.contains(&&*own))
    };
    match param
        .attributes()
        .iter()
        .find(|attribute| is_marked(attribute))
    {
        None => Ok(()),
        Some(attribute) => {
            let name = attribute.name();
            let short = name.rsplit('\\').next().unwrap_or(&name);
            Err(Throw::error(format!(
                "its parameter ...${} takes what is left of arguments, so that #[{short}] gives it nothing: take an array",
                param.name()
            )))
        }
    }
}

/// A value comes from one place.
fn sources(attributes: &[Attribute], is_in_path: bool) -> Result<(), String> {
    const NAMES: [&str; 5] = ["query", "header", "cookie", "file", "body"];
    let given = attributes
        .iter()
        .filter(|attribute| annotation::own(attribute).is_some_and(|own| NAMES.contains(&&*own)));
    let given: Vec<String> = given
        .map(|attribute| {
            let name = attribute.name();
            format!("#[{}]", name.rsplit('\\').next().unwrap_or(&name))
        })
        .collect();
    match &given[..] {
        [one] if is_in_path => Err(format!(
            "is in the path and marked with {one}: leave that away, or give one of them another name"
        )),
        [_, _, ..] => Err(format!(
            "can't be read from several places: {}; leave one",
            given.join(", ")
        )),
        _ => Ok(()),
    }
}

/// The name of a field or cookie, of which each letter can be in a request.
fn token(name: String, attribute: &Attribute, place: Place<'_>) -> Result<String, Throw> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    match !name.is_empty() && name.bytes().all(fits) {
        true => Ok(name),
        false => Err(place.wrong(
            &attribute.name(),
            &format!(
                "no request has a name like '{}': letters, digits and '-', '_', '.' are expected",
                name.escape_debug()
            ),
        )),
    }
}

/// `$userAgent` and `$user_agent` are `user-agent`.
pub(crate) fn header_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        if c == '_' {
            out.push('-');
        } else if c.is_ascii_uppercase() {
            if at > 0 {
                out.push('-');
            }
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
    }
    out
}

/// The class of an object that is made of several values; `None` for types that a text becomes.
fn object_of(kind: Option<&Type>) -> Option<&str> {
    let class = kind?.single_class()?;
    Scalar::of(kind, None).is_err().then_some(class)
}

fn body(name: &str, kind: Option<&Type>, marks: Marks, app: &App) -> Result<Source, String> {
    let Some(kind) = kind else {
        return Ok(Source::BodyArray);
    };
    if let Some(class) = kind.single_class() {
        return app.schemas.dto(class).map(Source::BodyObject);
    }
    if kind.has(Builtin::Array) {
        let checked = Checked::of(name, Some(kind), marks, app)?;
        Ok(match (&checked.shape, checked.rules.is_empty()) {
            (Shape::List(_), _) | (_, false) => Source::BodyList(checked),
            _ => Source::BodyArray,
        })
    } else if kind.has(Builtin::String) {
        Ok(Source::BodyText)
    } else {
        Err(format!(
            "({}) can't be a body: array, string or a class is expected",
            kind.text
        ))
    }
}

/// The error that a conversion of text ends with.
pub(crate) fn convert_text<'t>(
    name: &str,
    text: &'t str,
    kind: parameter::Kind<'_>,
    from: From,
) -> Result<parameter::Value<'t>, ParameterError> {
    parameter::convert(from, name, text, kind)
}
