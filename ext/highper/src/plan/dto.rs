//! Objects made of a request's body: the constructor's types are the rules.

use super::error_list;
use super::fit::fit;
use super::scalar::Cases;
use crate::exception::unprocessable::unprocessable;
use highper_app::parameter;
use highper_zend::reflect::{self, Type};
use highper_zend::{Array, ClassHandle, Throw, Value, find_class};
use std::cell::RefCell;

/// Nested classes deeper than this are refused: a class may name itself.
const DEEPEST: usize = 16;

thread_local! {
    static READING: RefCell<Vec<String>> = RefCell::default();
}

enum Kind {
    Any,
    Enum(Cases),
    Object(Dto),
    /// Builtin types, and the class of the union that none of them fits.
    Types(Type),
}

struct Field {
    name: String,
    kind: Kind,
    default: Option<Value>,
    nullable: bool,
}

/// A class, by its constructor.
pub(crate) struct Dto {
    class: ClassHandle,
    fields: Vec<Field>,
}

impl Dto {
    /// Reads a class.
    ///
    /// # Errors
    /// Half a sentence about a class that can't be made of fields.
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        let depth = READING.with_borrow_mut(|names| {
            names.push(name.to_owned());
            names.len()
        });
        let made = if depth > DEEPEST {
            Err(format!("({name}) is nested deeper than {DEEPEST} classes"))
        } else {
            Self::read(name)
        };
        READING.with_borrow_mut(Vec::pop);
        made
    }

    fn read(name: &str) -> Result<Self, String> {
        let text = |e: Throw| format!("({name}): {}", e.message());
        let class = find_class(name)
            .map_err(text)?
            .map(reflect::Class::from)
            .filter(|class| class.is_instantiable())
            .ok_or_else(|| format!("({name}) is no class that can be made of a body"))?;
        let mut fields = Vec::new();
        for param in class.constructor().map(|c| c.params()).unwrap_or_default() {
            if param.is_variadic() {
                break;
            }
            let kind = param.kind();
            fields.push(Field {
                name: param.name(),
                default: param.default().map_err(text)?,
                nullable: kind.as_ref().is_none_or(Type::is_nullable),
                kind: match kind {
                    None => Kind::Any,
                    Some(kind) if kind.is_mixed() => Kind::Any,
                    Some(kind) => match kind.single_class() {
                        None => Kind::Types(kind),
                        Some(class) => match Cases::of(class)? {
                            Some(cases) => Kind::Enum(cases),
                            None => Kind::Object(Self::of(class)?),
                        },
                    },
                },
            });
        }
        Ok(Self {
            class: class.handle(),
            fields,
        })
    }

    /// Makes an object of fields; texts of a form are converted.
    ///
    /// # Errors
    /// 422 with all errors, or what the constructor throws.
    pub(crate) fn make(&self, given: &Array, is_form: bool) -> Result<Value, Throw> {
        let mut errors = Vec::new();
        let args = self.arguments(given, is_form, "", &mut errors)?;
        match args {
            Some(args) if errors.is_empty() => self.class.new_object(&args).into_result(),
            _ => Err(unprocessable(error_list(&errors))),
        }
    }

    /// The constructor's arguments; `None` where there is an error.
    fn arguments(
        &self,
        given: &Array,
        is_form: bool,
        prefix: &str,
        errors: &mut Vec<(String, String)>,
    ) -> Result<Option<Vec<Value>>, Throw> {
        let before = errors.len();
        let mut args = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let path = format!("{prefix}{}", field.name);
            let value = match (given.get_symbol(&field.name), &field.default) {
                (None, Some(default)) => default.clone(),
                (None, None) if field.nullable => Value::null(),
                (None, None) => {
                    errors.push((path, "is required".into()));
                    continue;
                }
                (Some(value), _) if value.is_null() && field.nullable => Value::null(),
                (Some(value), _) => match field.convert(value, is_form, &path, errors)? {
                    Some(value) => value,
                    None => continue,
                },
            };
            args.push(value);
        }
        Ok((errors.len() == before).then_some(args))
    }
}

impl Field {
    fn convert(
        &self,
        value: &Value,
        is_form: bool,
        path: &str,
        errors: &mut Vec<(String, String)>,
    ) -> Result<Option<Value>, Throw> {
        let wrong = match &self.kind {
            Kind::Any => return Ok(Some(value.clone())),
            Kind::Object(dto) => match value.as_array() {
                None => "must be an object".to_owned(),
                Some(fields) => {
                    let args = dto.arguments(fields, is_form, &format!("{path}."), errors)?;
                    return match args {
                        Some(args) => dto.class.new_object(&args).into_result().map(Some),
                        None => Ok(None),
                    };
                }
            },
            Kind::Enum(cases) => {
                let number = value.as_str().filter(|_| is_form).and_then(parameter::int);
                let found = cases
                    .find(value)
                    .or_else(|| cases.find(&Value::long(number?)));
                match found {
                    Some(case) => return Ok(Some(case)),
                    None => format!("must be {}", cases.describe()),
                }
            }
            Kind::Types(kind) => match fit(kind, value, is_form) {
                Ok(value) => return Ok(Some(value)),
                Err(wrong) => wrong,
            },
        };
        errors.push((path.to_owned(), wrong));
        Ok(None)
    }
}
