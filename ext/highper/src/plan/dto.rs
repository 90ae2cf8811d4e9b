//! Objects made of a request's body: the constructor's types and attributes are the rules.

use super::shape::{Marks, Shape, text};
use crate::annotation::{self, Place};
use crate::container::Service;
use crate::validation::rule;
use crate::validation::rule::Rule;
use crate::validation::run::{At, Run};
use highper_app::rule::Violation;
use highper_zend::reflect::{self, Function, Param, Type};
use highper_zend::{Array, ClassHandle, Str, Throw, Value, find_class};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Objects in objects deeper than this are refused: a class may name itself.
const DEEPEST: u32 = 64;

/// The classes that were read, by their names in lower case.
#[derive(Default)]
pub(crate) struct Schemas {
    known: RefCell<HashMap<Box<str>, Rc<Dto>>>,
}

impl Schemas {
    /// A class to make objects of, read where that was not done yet.
    ///
    /// # Errors
    /// Half a sentence about a class that can't be made of fields.
    pub(crate) fn dto(&self, name: &str) -> Result<Rc<Dto>, String> {
        let key = name.trim_start_matches('\\').to_ascii_lowercase();
        if let Some(known) = self.known.borrow().get(&*key) {
            // It may be under way: classes name themselves.
            return Ok(Rc::clone(known));
        }
        let found = find_class(name).map_err(|e| format!("({name}): {}", e.message()))?;
        let class = found
            .map(reflect::Class::from)
            .filter(|class| class.is_instantiable())
            .ok_or_else(|| format!("({name}) is no class that can be made of a body"))?;
        let dto = Rc::new(Dto {
            class: class.handle(),
            fields: OnceCell::new(),
        });
        self.known
            .borrow_mut()
            .insert(key.clone().into(), Rc::clone(&dto));
        match fields(class, self) {
            Ok(fields) => {
                let _first = dto.fields.set(fields);
                Ok(dto)
            }
            Err(why) => {
                let gone = self.known.borrow_mut().remove(&*key);
                drop(gone);
                Err(why)
            }
        }
    }
}

impl Schemas {
    /// What the rules of all classes will ask the container for.
    ///
    /// # Errors
    /// What `each` says.
    pub(crate) fn services(
        &self,
        each: &mut dyn FnMut(&Service) -> Result<(), Throw>,
    ) -> Result<(), Throw> {
        let mut all: Vec<(Box<str>, Rc<Dto>)> = {
            let known = self.known.borrow();
            known
                .iter()
                .map(|(k, dto)| (k.clone(), Rc::clone(dto)))
                .collect()
        };
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let dtos = all.iter().filter_map(|(_, dto)| dto.fields.get());
        let mut rules = dtos.flat_map(|fields| fields.iter().flat_map(|field| &field.rules));
        rules.try_for_each(|rule| rule.services(each))
    }
}

/// One value of a body.
pub(crate) struct Field {
    name: Str,
    shape: Shape,
    default: Option<Value>,
    nullable: bool,
    rules: Box<[Rule]>,
}

/// A class, by its constructor.
pub(crate) struct Dto {
    class: ClassHandle,
    fields: OnceCell<Box<[Field]>>,
}

fn fields(class: reflect::Class, schemas: &Schemas) -> Result<Box<[Field]>, String> {
    let Some(constructor) = class.constructor() else {
        return Err(format!(
            "({}) has no constructor, whose parameters are the fields: give it one, or take an array",
            class.name()
        ));
    };
    if !constructor.is_public() {
        return Err(format!(
            "({}) has a constructor that is not public",
            class.name()
        ));
    }
    let mut fields = Vec::new();
    for param in constructor.params() {
        if param.is_variadic() {
            break;
        }
        fields.push(Field::of(&constructor, &param, schemas)?);
    }
    Ok(fields.into())
}

impl Field {
    /// Reads a parameter.
    ///
    /// # Errors
    /// Half a sentence about what is wrong with it.
    pub(crate) fn of(
        function: &Function,
        param: &Param,
        schemas: &Schemas,
    ) -> Result<Self, String> {
        let kind = param.kind();
        let place = Place::Param(function, param);
        let attributes = param.attributes();
        let marks = annotation::check(&attributes, place)
            .and_then(|()| Marks::of(&attributes, place))
            .map_err(|e| format!("is wrong: {}", text(e)))?;
        let shape = Shape::of(kind.as_ref(), &marks, schemas);
        Ok(Self {
            shape: shape.map_err(|why| match function.scope() {
                Some(class) => format!("({}) has ${} {why}", class.name(), param.name()),
                None => why,
            })?,
            name: Str::new(param.name()),
            default: param.default().map_err(|throw| {
                format!(
                    "can't be made: the default of ${}: {}",
                    param.name(),
                    text(throw)
                )
            })?,
            nullable: kind.as_ref().is_none_or(Type::is_nullable),
            rules: marks.rules.into(),
        })
    }

    /// Its value among those that are given; `None` where that failed, which the run knows.
    ///
    /// # Errors
    /// What PHP code throws.
    fn read(
        &self,
        given: &Array,
        parent: At<'_>,
        run: &mut Run<'_>,
    ) -> Result<Option<Value>, Throw> {
        let at = At::Field(&parent, &self.name);
        let upload;
        let mut value = given.get_str(&self.name);
        if self.shape.is_upload() {
            upload = run.upload(&self.name, &parent)?;
            value = upload.as_ref();
        }
        let value = match value {
            Some(value) if !(value.is_null() && self.nullable) => value,
            absent => {
                if !rule::absent(&self.rules, given, at, run)? {
                    return Ok(None);
                }
                return Ok(match (absent, &self.default) {
                    (None, Some(default)) => Some(default.clone()),
                    _ if self.nullable => Some(Value::null()),
                    _ => {
                        run.fail(at, Violation::plain("required", "is required"));
                        None
                    }
                });
            }
        };
        let Some(value) = self.shape.convert(value, at, run)? else {
            return Ok(None);
        };
        if self.rules.is_empty() || rule::apply(&self.rules, &value, given, at, run)? {
            return Ok(Some(value));
        }
        Ok(None)
    }
}

impl Dto {
    /// Makes an object of fields.
    ///
    /// # Errors
    /// 422 with all errors, or what the constructor throws.
    pub(crate) fn make(&self, given: &Array, mut run: Run<'_>) -> Result<Value, Throw> {
        let args = self.arguments(given, At::Root, &mut run)?;
        match args {
            Some(args) if run.is_good() => self.class.new_object(&args).into_result(),
            _ => Err(run.thrown()),
        }
    }

    /// The errors of fields, and no object is made of them; of objects inside of it some are.
    ///
    /// # Errors
    /// What PHP code throws.
    pub(crate) fn errors(&self, given: &Array, mut run: Run<'_>) -> Result<Array, Throw> {
        let _args = self.arguments(given, At::Root, &mut run)?;
        run.errors()
    }

    /// An object inside of another.
    pub(super) fn nested(
        &self,
        given: &Array,
        at: At<'_>,
        run: &mut Run<'_>,
    ) -> Result<Option<Value>, Throw> {
        if run.depth >= DEEPEST {
            let why = format!("is nested deeper than {DEEPEST} objects");
            run.fail(at, Violation::plain("depth", &why));
            return Ok(None);
        }
        run.depth += 1;
        let args = self.arguments(given, at, run);
        run.depth -= 1;
        match args? {
            Some(args) => self.class.new_object(&args).into_result().map(Some),
            None => Ok(None),
        }
    }

    /// The constructor's arguments; `None` where there is an error.
    fn arguments(
        &self,
        given: &Array,
        at: At<'_>,
        run: &mut Run<'_>,
    ) -> Result<Option<Vec<Value>>, Throw> {
        let fields = self.fields.get().map_or(&[][..], |fields| fields);
        let mut args = Vec::with_capacity(fields.len());
        let mut whole = true;
        for field in fields {
            match field.read(given, at, run)? {
                Some(value) => args.push(value),
                None => whole = false,
            }
        }
        Ok(whole.then_some(args))
    }
}
