//! What a value must become: builtin types, enums, dates, objects, lists of these.

use super::dto::{Dto, Schemas};
use super::fit::fit;
use super::scalar::Cases;
use crate::annotation::{self, Place};
use crate::endpoint::throw_text;
use crate::upload;
use crate::validation::rule::{self, Rule};
use crate::validation::run::{At, Run};
use highper_app::rule::Violation;
use highper_app::{date, parameter};
use highper_zend::reflect::{self, Attribute, Builtin, Function, Param, Type};
use highper_zend::{Callable, ClassHandle, Object, Throw, Value, find_class};
use std::rc::Rc;

/// What is wanted of a value.
pub(crate) enum Shape {
    Any,
    Enum(Rc<Cases>),
    Date(Rc<Date>),
    Made(Rc<Maker>),
    Object(Rc<Dto>),
    List(Box<Self>),
    Upload,
    /// Builtin types.
    Types(Type),
}

/// A date, in the form of ISO 8601 or one that an attribute gives.
pub(crate) struct Date {
    class: ClassHandle,
    /// `Class::createFromFormat`, and the format as PHP has it.
    format: Option<(Callable, Callable, String)>,
}

/// A class with a static method `fromString`: UUIDs of the usual libraries, value objects.
pub(crate) struct Maker {
    make: Callable,
    short: String,
}

/// What the attributes of a parameter say about its value.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) rules: Vec<Rule>,
    each: Option<String>,
    pub(crate) format: Option<String>,
}

impl Marks {
    /// The type that the entries of a list are to have.
    pub(crate) fn each(&self) -> Option<&str> {
        self.each.as_deref()
    }

    /// Reads attributes; those that are no rules are left alone.
    ///
    /// # Errors
    /// Wrong arguments, with the place.
    pub(crate) fn of(attributes: &[Attribute], place: Place<'_>) -> Result<Self, Throw> {
        let mut marks = Self::default();
        let (kind, fields) = match place {
            Place::Param(function, param) => (param.kind(), beside(function)),
            _ => (None, Vec::new()),
        };
        let fits = |rule: &Option<Rule>| {
            rule::fit(rule, kind.as_ref())?;
            rule.as_ref().map_or(Ok(()), |rule| rule.knows(&fields))
        };
        for attribute in attributes {
            match annotation::own(attribute).as_deref() {
                Some("each") => {
                    let made = annotation::made(attribute, place)?;
                    let (given, rules) =
                        rule::each(&made).map_err(|why| place.wrong(&attribute.name(), &why))?;
                    marks.each = given.or(marks.each);
                    fits(&rules).map_err(|why| place.wrong(&attribute.name(), &why))?;
                    marks.rules.extend(rules);
                }
                Some("date") => {
                    let made = annotation::made(attribute, place)?;
                    marks.format = made.get("format")?.as_str().map(str::to_owned);
                }
                _ => {
                    if rule::is_rule(attribute)? {
                        let made = annotation::made(attribute, place)?;
                        let rule =
                            Rule::of(&made).map_err(|why| place.wrong(&attribute.name(), &why))?;
                        fits(&rule).map_err(|why| place.wrong(&attribute.name(), &why))?;
                        marks.rules.extend(rule);
                    }
                }
            }
        }
        Ok(marks)
    }
}

/// The fields beside a parameter: those of an object have some, arguments of a handler or a command have none.
fn beside(function: &Function) -> Vec<String> {
    match function.name().eq_ignore_ascii_case("__construct") {
        true => function.params().iter().map(Param::name).collect(),
        false => Vec::new(),
    }
}

impl Shape {
    /// Reads a declared type.
    ///
    /// # Errors
    /// Half a sentence about a type that no value can become.
    pub(crate) fn of(
        kind: Option<&Type>,
        marks: &Marks,
        schemas: &Schemas,
    ) -> Result<Self, String> {
        let Some(kind) = kind.filter(|kind| !kind.is_mixed()) else {
            return Ok(match &marks.each {
                Some(each) => Self::List(Box::new(Self::named(each, schemas)?)),
                None => Self::Any,
            });
        };
        if let Some(class) = kind.single_class() {
            return Self::class(class, marks.format.as_deref(), schemas);
        }
        match &marks.each {
            Some(each) if kind.has(Builtin::Array) => {
                Ok(Self::List(Box::new(Self::named(each, schemas)?)))
            }
            Some(_) => Err(format!("({}) has #[Each] and is no array", kind.text)),
            None => Ok(Self::Types(kind.clone())),
        }
    }

    /// A type by its name, as `#[Each]` gives it.
    fn named(name: &str, schemas: &Schemas) -> Result<Self, String> {
        match Type::builtin(name) {
            Some(kind) => Ok(Self::Types(kind)),
            None => Self::class(name, None, schemas),
        }
    }

    fn class(name: &str, format: Option<&str>, schemas: &Schemas) -> Result<Self, String> {
        if name.eq_ignore_ascii_case(upload::NAME) {
            return Ok(Self::Upload);
        }
        if let Some(date) = Date::of(name, format)? {
            return Ok(Self::Date(Rc::new(date)));
        }
        if let Some(cases) = Cases::of(name)? {
            return Ok(Self::Enum(Rc::new(cases)));
        }
        if let Some(maker) = Maker::of(name)? {
            return Ok(Self::Made(Rc::new(maker)));
        }
        schemas.dto(name).map(Self::Object)
    }

    /// The value as it is wanted; `None` where that failed, which the run knows.
    ///
    /// # Errors
    /// What PHP code throws.
    pub(crate) fn convert(
        &self,
        value: &Value,
        at: At<'_>,
        run: &mut Run<'_>,
    ) -> Result<Option<Value>, Throw> {
        let wrong = match self {
            Self::Any => return Ok(Some(value.clone())),
            Self::Types(kind) => match fit(kind, value, run.texts) {
                Ok(value) => return Ok(Some(value)),
                Err(wrong) => wrong,
            },
            Self::Object(dto) => match value.as_array() {
                None => "must be an object".to_owned(),
                Some(fields) => return dto.nested(fields, at, run),
            },
            Self::Enum(cases) => {
                let number = value
                    .as_str()
                    .filter(|_| run.texts)
                    .and_then(parameter::int);
                let found = cases
                    .find(value)
                    .or_else(|| cases.find(&Value::long(number?)));
                match found {
                    Some(case) => return Ok(Some(case)),
                    None => format!("must be {}", cases.describe()),
                }
            }
            Self::Date(date) => match date.make(value)? {
                Some(made) => return Ok(Some(made)),
                None => date.wanted(),
            },
            Self::Made(maker) => match maker.make(value)? {
                Some(made) => return Ok(Some(made)),
                None => maker.wanted(),
            },
            Self::Upload => match value.as_object() {
                Some(_) => return Ok(Some(value.clone())),
                None => "must be a file".to_owned(),
            },
            Self::List(shape) => match value.as_array() {
                None => "must be a list".to_owned(),
                Some(entries) => {
                    let mut list = highper_zend::Array::with_capacity(entries.len());
                    let mut whole = true;
                    for (key, entry) in entries {
                        let here = At::Entry(&at, key);
                        match shape.convert(entry, here, run)? {
                            Some(entry) => {
                                list.set_key(key, entry);
                            }
                            None => whole = false,
                        }
                    }
                    return Ok(whole.then(|| list.into()));
                }
            },
        };
        run.fail(at, Violation::plain("type", &wrong));
        Ok(None)
    }

    /// Is it a file, or a list of them?
    pub(crate) fn is_upload(&self) -> bool {
        match self {
            Self::Upload => true,
            Self::List(shape) => shape.is_upload(),
            _ => false,
        }
    }
}

impl Date {
    /// A class of dates; `None` for other classes.
    ///
    /// # Errors
    /// What its autoloader throws.
    pub(crate) fn of(name: &str, format: Option<&str>) -> Result<Option<Self>, String> {
        let text = |throw: Throw| format!("({name}): {}", throw.message());
        let find = |name: &str| find_class(name).map_err(text);
        let plain = match name {
            "DateTimeInterface" | "\\DateTimeInterface" => "DateTimeImmutable",
            name => name,
        };
        let (Some(class), Some(dates)) = (find(plain)?, find("DateTimeInterface")?) else {
            return Ok(None);
        };
        if !class.is_a(dates) || !reflect::Class::from(class).is_instantiable() {
            return Ok(None);
        }
        let method = |method: &str| {
            Callable::new(&Value::string(format!("{}::{method}", class.name())))
                .map_err(|why| format!("({name}): {why}"))
        };
        let format = match format {
            Some(format) => Some((
                method("createFromFormat")?,
                method("getLastErrors")?,
                format.to_owned(),
            )),
            None => None,
        };
        Ok(Some(Self { class, format }))
    }

    /// Is a text without a format of its own in the form that is wanted?
    pub(crate) fn accepts(&self, text: &str) -> bool {
        self.format.is_some() || date::parse(text).is_some()
    }

    /// The object; `None` for what is no date.
    ///
    /// # Errors
    /// What a class of one's own throws.
    pub(crate) fn make(&self, value: &Value) -> Result<Option<Value>, Throw> {
        let Some(text) = value.as_str() else {
            return Ok(None);
        };
        let Some((create, errors, format)) = &self.format else {
            return match date::parse(text) {
                Some(_) => self
                    .class
                    .new_object(std::slice::from_ref(value))
                    .into_result()
                    .map(Some),
                None => Ok(None),
            };
        };
        let args = [Value::string(format!("!{format}")), value.clone()];
        let made = create.call(&args).into_result()?;
        // 31.02. is a warning only.
        let errors = errors.call(&[]).into_result()?;
        let warned = errors
            .as_array()
            .and_then(|e| e.get("warning_count")?.as_long())
            .is_some_and(|count| count > 0);
        Ok(Some(made).filter(|made| made.is_object() && !warned))
    }

    /// What it must be.
    pub(crate) fn wanted(&self) -> String {
        match &self.format {
            Some((_, _, format)) => format!("must be a date of the form {format}"),
            None => "must be a date as 2024-12-31 or 2024-12-31T23:59:59Z".into(),
        }
    }
}

impl Maker {
    /// A class that makes itself of a text; `None` for other classes.
    ///
    /// # Errors
    /// What its autoloader throws.
    pub(crate) fn of(name: &str) -> Result<Option<Self>, String> {
        let text = |throw: Throw| format!("({name}): {}", throw.message());
        let Some(class) = find_class(name).map_err(text)?.map(reflect::Class::from) else {
            return Ok(None);
        };
        let method = class.method("fromString");
        if !method.is_some_and(|m| m.is_static() && m.is_public() && m.required() <= 1) {
            return Ok(None);
        }
        let name = class.name();
        let make = Callable::new(&Value::string(format!("{name}::fromString")))
            .map_err(|why| format!("({name}): {why}"))?;
        Ok(Some(Self {
            make,
            short: name.rsplit('\\').next().unwrap_or(name).to_owned(),
        }))
    }

    /// The object; `None` for a text that it refuses by an exception.
    ///
    /// # Errors
    /// What else it throws.
    pub(crate) fn make(&self, value: &Value) -> Result<Option<Value>, Throw> {
        if !value.is_string() {
            return Ok(None);
        }
        match self.make.call(std::slice::from_ref(value)).into_result() {
            Ok(made) => Ok(Some(made).filter(Value::is_object)),
            Err(throw @ (Throw::Exit | Throw::Bailout)) => Err(throw),
            Err(throw) => match throw.into_object() {
                Some(thrown) if thrown.as_object().is_some_and(is_exception) => Ok(None),
                Some(thrown) => Err(Throw::Object(thrown)),
                None => Err(Throw::error("internal error: nothing was thrown")),
            },
        }
    }

    /// What it must be.
    pub(crate) fn wanted(&self) -> String {
        format!("must be a valid {}", self.short)
    }
}

/// An exception of the program, not an error of PHP's.
fn is_exception(object: &Object) -> bool {
    matches!(find_class("Exception"), Ok(Some(class)) if object.is_instance_of(class))
}

/// A type that can't be a field, as half a sentence.
pub(crate) fn text(throw: Throw) -> String {
    throw_text(throw)
}
