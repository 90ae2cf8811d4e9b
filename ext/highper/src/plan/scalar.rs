//! The types that text of a path, a query, a header or a form is converted to.

use super::convert_text;
use super::shape::{Date, Maker};
use crate::incoming::PathValue;
use highper_app::parameter::{self, Kind, ParameterError, Source};
use highper_zend::reflect::{self, Builtin, Type};
use highper_zend::{Callable, Throw, Value, find_class};
use std::rc::Rc;

/// The backing values of an enum, and its cases.
pub(crate) struct Cases {
    strings: Vec<String>,
    ints: Vec<i64>,
    values: Vec<Value>,
}

/// What is wanted.
#[derive(Clone)]
pub(crate) enum Scalar {
    Int,
    Float,
    Bool,
    Text,
    Enum(Rc<Cases>),
    Date(Rc<Date>),
    Made(Rc<Maker>),
}

impl Scalar {
    /// The most exact of the types that a declaration allows.
    ///
    /// # Errors
    /// Half a sentence about a type that no text can become.
    pub(crate) fn of(kind: Option<&Type>, format: Option<&str>) -> Result<Self, String> {
        let Some(kind) = kind else {
            return Ok(Self::Text);
        };
        if let Some(class) = kind.single_class() {
            return Self::class(class, format);
        }
        if kind.has(Builtin::String) {
            Ok(Self::Text)
        } else if kind.has(Builtin::Float) {
            Ok(Self::Float)
        } else if kind.has(Builtin::Int) {
            Ok(Self::Int)
        } else if kind.has_bool() {
            Ok(Self::Bool)
        } else {
            Err(format!("({}) must be a scalar or a backed enum", kind.text))
        }
    }

    /// A type by its name, as `#[Each]` gives it.
    ///
    /// # Errors
    /// As [`Scalar::of`].
    pub(crate) fn named(name: &str, format: Option<&str>) -> Result<Self, String> {
        match Type::builtin(name) {
            Some(kind) => Self::of(Some(&kind), format),
            None => Self::class(name, format),
        }
    }

    fn class(class: &str, format: Option<&str>) -> Result<Self, String> {
        if let Some(cases) = Cases::of(class)? {
            return Ok(Self::Enum(Rc::new(cases)));
        }
        if let Some(date) = Date::of(class, format)? {
            return Ok(Self::Date(Rc::new(date)));
        }
        match Maker::of(class)? {
            Some(maker) => Ok(Self::Made(Rc::new(maker))),
            None => Err(format!(
                "({class}) must be a scalar, a backed enum, a date or a class with fromString()"
            )),
        }
    }

    /// Converts a text of the path.
    pub(crate) fn path_value(&self, name: &str, text: &str) -> Result<PathValue, ParameterError> {
        if let Self::Date(date) = self
            && !date.accepts(text)
        {
            return Err(ParameterError::other(Source::Path, name, &date.wanted()));
        }
        Ok(match self.convert(name, text, Source::Path)? {
            parameter::Value::Int(n) => PathValue::Int(n),
            parameter::Value::Float(n) => PathValue::Float(n),
            parameter::Value::Bool(b) => PathValue::Bool(b),
            parameter::Value::String(text) => PathValue::Text(text.into()),
            parameter::Value::Case(n) => PathValue::Case(n),
        })
    }

    /// Converts a text to a value of PHP's.
    pub(crate) fn value(&self, name: &str, text: &str) -> Result<Value, ParameterError> {
        Ok(match self.convert(name, text, Source::Query)? {
            parameter::Value::Int(n) => Value::long(n),
            parameter::Value::Float(n) => Value::double(n),
            parameter::Value::Bool(b) => Value::bool(b),
            parameter::Value::String(text) => Value::from(text),
            parameter::Value::Case(n) => self.case(n),
        })
    }

    /// The object of a text, for types that are objects; `None` for the others.
    ///
    /// # Errors
    /// What it must be, as the inner error, or what a class of the application throws.
    pub(crate) fn object(&self, text: &Value) -> Result<Option<Result<Value, String>>, Throw> {
        Ok(match self {
            Self::Date(date) => Some(date.make(text)?.ok_or_else(|| date.wanted())),
            Self::Made(maker) => Some(maker.make(text)?.ok_or_else(|| maker.wanted())),
            _ => None,
        })
    }

    fn convert<'t>(
        &self,
        name: &str,
        text: &'t str,
        from: Source,
    ) -> Result<parameter::Value<'t>, ParameterError> {
        match self {
            Self::Int => convert_text(name, text, Kind::Int, from),
            Self::Float => convert_text(name, text, Kind::Float, from),
            Self::Bool => convert_text(name, text, Kind::Bool, from),
            Self::Text | Self::Date(_) | Self::Made(_) => {
                convert_text(name, text, Kind::String, from)
            }
            Self::Enum(cases) if cases.ints.is_empty() => {
                let known: Vec<&str> = cases.strings.iter().map(|s| &**s).collect();
                convert_text(name, text, Kind::Strings(&known), from)
            }
            Self::Enum(cases) => convert_text(name, text, Kind::Ints(&cases.ints), from),
        }
    }

    /// The error of an array where one value is wanted.
    pub(crate) fn is_array(&self, name: &str) -> ParameterError {
        let kind = match self {
            Self::Int => Kind::Int,
            Self::Float => Kind::Float,
            Self::Bool => Kind::Bool,
            Self::Text | Self::Enum(_) | Self::Date(_) | Self::Made(_) => Kind::String,
        };
        ParameterError::array(Source::Query, name, kind)
    }

    /// The texts that an enum's cases are made of.
    pub(crate) fn values(&self) -> Option<Vec<String>> {
        match self {
            Self::Enum(cases) => Some(cases.texts()),
            _ => None,
        }
    }

    /// An enum's case by its number.
    pub(crate) fn case(&self, number: usize) -> Value {
        match self {
            Self::Enum(cases) => cases.values.get(number).cloned().unwrap_or_default(),
            _ => Value::null(),
        }
    }
}

impl Cases {
    /// The cases of a backed enum; `None` for other classes.
    pub(crate) fn of(class: &str) -> Result<Option<Self>, String> {
        let found = find_class(class).map_err(|e| format!("({class}): {}", e.message()))?;
        let Some(class) = found.map(reflect::Class::from).filter(|c| c.is_enum()) else {
            return Ok(None);
        };
        let name = class.name();
        let unusable = |why: &str| format!("({name}): {why}");
        let list = Callable::new(&Value::string(format!("{name}::cases")))
            .map_err(|e| unusable(&e))?
            .call(&[])
            .into_result()
            .map_err(|e| unusable(&e.message()))?;
        let mut cases = Self {
            strings: vec![],
            ints: vec![],
            values: vec![],
        };
        for case in list.as_array().into_iter().flatten().map(|(_, case)| case) {
            let Some(object) = case.as_object().filter(|o| o.has_method("tryFrom")) else {
                return Err(unusable("is an enum without values"));
            };
            let value = object.get("value").map_err(|e| unusable(&e.message()))?;
            match (value.as_long(), value.as_str()) {
                (Some(n), _) => cases.ints.push(n),
                (None, Some(text)) => cases.strings.push(text.to_owned()),
                (None, None) => return Err(unusable("has a case that is not UTF-8")),
            }
            cases.values.push(case.clone());
        }
        if cases.values.is_empty() {
            return Err(unusable("is an enum without cases"));
        }
        Ok(Some(cases))
    }

    /// The case of a value as JSON has it.
    pub(crate) fn find(&self, value: &Value) -> Option<Value> {
        let at = match value.as_long() {
            Some(n) => self.ints.iter().position(|known| *known == n),
            None => self
                .strings
                .iter()
                .position(|known| Some(&**known) == value.as_str()),
        };
        self.values.get(at?).cloned()
    }

    /// `one of a, b`
    pub(crate) fn describe(&self) -> String {
        format!("one of {}", self.texts().join(", "))
    }

    fn texts(&self) -> Vec<String> {
        let ints = self.ints.iter().map(ToString::to_string);
        self.strings.iter().cloned().chain(ints).collect()
    }
}
