//! Objects made of rows: the constructor's parameters are filled by the columns of their names.

use super::exception::misused;
use super::rows::value;
use crate::exception::http_exception::decode_json;
use crate::plan::fit::wanted;
use crate::plan::scalar::Cases;
use crate::plan::shape::Maker;
use highper_db::{Cell, Column, Rows};
use highper_zend::reflect::{self, Builtin, Type};
use highper_zend::{ClassHandle, Throw, Value, find_class};
use std::rc::Rc;

/// How a class is filled.
pub(super) struct Plan {
    class: ClassHandle,
    fields: Vec<Field>,
    /// Is there a constructor, or are its public properties set?
    constructs: bool,
}

struct Field {
    name: String,
    kind: Option<Type>,
    make: Making,
    default: Option<Value>,
}

/// What a value becomes.
enum Making {
    Builtin,
    Date(ClassHandle),
    Enum(Cases),
    Text(Maker),
}

impl Plan {
    pub(super) fn of(name: &[u8]) -> Result<Self, Throw> {
        let name = String::from_utf8_lossy(name);
        let class = find_class(&name)?.map(reflect::Class::from);
        let Some(class) = class.filter(|class| class.is_instantiable()) else {
            return Err(misused(format!(
                "rows can't become objects of {name}: there is no such class that could be made"
            )));
        };
        let wrong = |param: &str, why: &str| {
            misused(format!(
                "rows can't become objects of {}: ${param} {why}",
                class.name()
            ))
        };
        let mut fields = Vec::new();
        let constructor = class.constructor();
        if let Some(constructor) = &constructor {
            for param in constructor.params() {
                if param.is_variadic() {
                    break;
                }
                let (name, kind) = (param.name(), param.kind());
                fields.push(Field {
                    make: Making::of(kind.as_ref()).map_err(|why| wrong(&name, &why))?,
                    default: match param.is_optional() {
                        true => Some(param.default()?.unwrap_or_default()),
                        false => None,
                    },
                    name,
                    kind,
                });
            }
        } else {
            for property in class.properties() {
                if !property.is_public() || property.is_static() || property.is_readonly() {
                    continue;
                }
                let (name, kind) = (property.name(), property.kind());
                fields.push(Field {
                    make: Making::of(kind.as_ref()).map_err(|why| wrong(&name, &why))?,
                    default: None,
                    name,
                    kind,
                });
            }
        }
        Ok(Self {
            class: class.handle(),
            fields,
            constructs: constructor.is_some(),
        })
    }
}

impl Making {
    fn of(kind: Option<&Type>) -> Result<Self, String> {
        let Some(name) = kind.and_then(Type::single_class) else {
            return Ok(Self::Builtin);
        };
        let text = |throw: Throw| format!("({name}): {}", throw.message());
        let class = match name {
            "DateTimeInterface" => "DateTimeImmutable",
            other => other,
        };
        let found = find_class(class).map_err(text)?;
        let date = find_class("DateTimeInterface").map_err(text)?;
        if let (Some(found), Some(date)) = (found, date)
            && found.is_a(date)
        {
            return Ok(Self::Date(found));
        }
        if let Some(cases) = Cases::of(name)? {
            return Ok(Self::Enum(cases));
        }
        match Maker::of(name)? {
            Some(maker) => Ok(Self::Text(maker)),
            None => Err(format!(
                "({name}) must be a scalar, an array for JSON, a date, a backed enum or a class with fromString()"
            )),
        }
    }
}

/// How rows of these columns become objects.
pub(super) struct Fill {
    plan: Rc<Plan>,
    /// The column of each field.
    columns: Vec<Option<usize>>,
    names: Vec<Box<str>>,
}

/// `createdAt` is the column `created_at`, `createdat` or `createdAt`.
fn is_same(field: &str, column: &str) -> bool {
    let mut field = field
        .chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase);
    let mut column = column
        .chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase);
    loop {
        match (field.next(), column.next()) {
            (None, None) => return true,
            (a, b) if a != b => return false,
            _ => {}
        }
    }
}

impl Fill {
    pub(super) fn new(plan: Rc<Plan>, columns: &[Column]) -> Result<Self, Throw> {
        let mut found = Vec::with_capacity(plan.fields.len());
        for field in &plan.fields {
            let exact = columns
                .iter()
                .position(|column| *column.name == *field.name);
            let at = exact.or_else(|| {
                columns
                    .iter()
                    .position(|column| is_same(&field.name, &column.name))
            });
            if at.is_none() && plan.constructs && field.default.is_none() {
                let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
                return Err(misused(format!(
                    "{} needs ${}, and the rows have no such column; they have {}",
                    plan.class.name(),
                    field.name,
                    names.join(", ")
                )));
            }
            found.push(at);
        }
        Ok(Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            columns: found,
            plan,
        })
    }

    /// The object of a row.
    pub(super) fn object(&self, rows: &Rows, row: usize) -> Result<Value, Throw> {
        let mut values = Vec::with_capacity(self.columns.len());
        for (field, at) in self.plan.fields.iter().zip(&self.columns) {
            let cell = at.and_then(|at| rows.cell(row, at));
            let Some(cell) = cell else {
                values.push(field.default.clone().unwrap_or_default());
                continue;
            };
            let made = field.value(cell)?;
            values.push(made.map_err(|why| {
                let column = at.and_then(|at| self.names.get(at)).map_or("", |name| name);
                misused(format!(
                    "{}::${} can't be made of the column {column}: it {why}",
                    self.plan.class.name(),
                    field.name,
                ))
            })?);
        }
        if self.plan.constructs {
            return self.plan.class.new_object(&values).into_result();
        }
        let object = self.plan.class.instantiate()?;
        let fields = self.plan.fields.iter().zip(&self.columns);
        for ((field, at), value) in fields.zip(values) {
            if at.is_some() {
                object.set(&field.name, value)?;
            }
        }
        Ok(object.into())
    }
}

impl Field {
    /// What it gets of a column, or half a sentence about why it can't.
    fn value(&self, cell: Cell<'_>) -> Result<Result<Value, String>, Throw> {
        let Some(kind) = &self.kind else {
            return Ok(Ok(value(cell)));
        };
        if cell == Cell::Null {
            return Ok(match kind.is_nullable() || kind.is_mixed() {
                true => Ok(Value::null()),
                false => Err(format!("is NULL, and the type is {}", kind.text)),
            });
        }
        let given = value(cell);
        match &self.make {
            Making::Builtin => builtin(kind, cell, given),
            Making::Date(class) => {
                if !given.is_string() {
                    return Ok(Err("must be a date".into()));
                }
                match class.new_object(&[given]).into_result() {
                    Ok(date) => Ok(Ok(date)),
                    Err(throw @ (Throw::Exit | Throw::Bailout)) => Err(throw),
                    Err(_) => Ok(Err(format!("must be a date for {}", class.name()))),
                }
            }
            Making::Enum(cases) => Ok(cases
                .find(&given)
                .ok_or_else(|| format!("must be {}", cases.describe()))),
            Making::Text(maker) => Ok(maker
                .make(&given.to_str()?.into())?
                .ok_or_else(|| maker.wanted())),
        }
    }
}

/// A scalar of the type that is declared, where nothing is lost.
fn builtin(kind: &Type, cell: Cell<'_>, given: Value) -> Result<Result<Value, String>, Throw> {
    let has = |builtin| kind.has(builtin);
    if kind.is_mixed() {
        return Ok(Ok(given));
    }
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<f64>().ok();
    Ok(match cell {
        Cell::Int(_) if has(Builtin::Int) => Ok(given),
        Cell::Bool(_) if kind.has_bool() => Ok(given),
        Cell::Float(_) if has(Builtin::Float) => Ok(given),
        Cell::Text(_) if has(Builtin::String) => Ok(given),
        Cell::Int(value @ (0 | 1)) if kind.has_bool() => Ok(Value::bool(value == 1)),
        Cell::Int(value) if has(Builtin::Float) => Ok(Value::double(value as f64)),
        Cell::Bool(value) if has(Builtin::Int) => Ok(Value::long(value.into())),
        Cell::Text(text) if has(Builtin::Float) && number(text).is_some() => {
            Ok(Value::double(number(text).unwrap_or_default()))
        }
        Cell::Text(text) if has(Builtin::Array) => match decode_json(text) {
            Ok(array) if array.is_array() => Ok(array),
            Err(throw @ (Throw::Exit | Throw::Bailout)) => return Err(throw),
            _ => Err("must be JSON of a list or an object".into()),
        },
        Cell::Int(_) | Cell::Float(_) if has(Builtin::String) => Ok(given.to_str()?.into()),
        _ => Err(format!(
            "must be {}, {} given",
            wanted(kind),
            match given.as_bool() {
                Some(_) => "bool",
                None => given.type_name(),
            }
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn names_of_columns_and_parameters() {
        assert!(is_same("createdAt", "created_at"));
        assert!(is_same("id", "ID"));
        assert!(is_same("user_id", "userId"));
        assert!(!is_same("id", "i"));
        assert!(!is_same("createdAt", "created_by"));
    }
}
