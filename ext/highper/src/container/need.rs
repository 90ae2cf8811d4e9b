//! What parameters and properties want of the container.

use super::{Container, Entry};
use crate::annotation::{self, Place};
use crate::app::App;
use crate::config;
use highper_zend::reflect::{self, Attribute, Builtin, Function, Property, Type};
use highper_zend::{Array, Callable, Throw, Value};
use std::cell::OnceCell;
use std::rc::Rc;

/// A parameter that the container fills.
pub(crate) enum Need {
    /// An object of this type.
    Service(Service),
    /// A default.
    Value(Value),
    /// A value of the configuration.
    Config(Wanted),
    /// The objects of a tag.
    Tagged(Box<str>),
    /// Why nothing can be given.
    Missing(String),
}

/// A parameter's name, and what it wants.
pub(crate) struct Slot {
    pub(crate) name: Box<str>,
    pub(crate) need: Need,
}

/// A type to be asked for.
pub(crate) struct Service {
    pub(crate) name: Box<str>,
    /// What is given where there is no such class and no binding.
    pub(crate) instead: Option<Value>,
    entry: OnceCell<Rc<Entry>>,
}

impl Service {
    pub(crate) fn new(name: &str, instead: Option<Value>) -> Self {
        Self {
            name: name.into(),
            instead,
            entry: OnceCell::new(),
        }
    }

    /// Its entry, looked up once. There is one container in a process.
    #[inline]
    pub(super) fn known(&self, container: &Container) -> &Rc<Entry> {
        self.entry.get_or_init(|| container.entry(&self.name))
    }

    pub(super) fn entry(&self, container: &Container) -> Rc<Entry> {
        Rc::clone(self.known(container))
    }
}

/// A value of the configuration that must fit a type.
pub(crate) struct Wanted {
    path: Box<str>,
    kind: Option<Type>,
    default: Option<Value>,
}

impl Wanted {
    /// The value.
    ///
    /// # Errors
    /// It is missing, or of another type.
    pub(crate) fn value(&self, app: &App) -> Result<Value, Unmet> {
        let found = app.config.find(app, &self.path).map_err(Unmet::Throw)?;
        match (found, &self.default) {
            (Some(value), _) => match &self.kind {
                None => Ok(value),
                Some(kind) => config::fit(&self.path, &value, kind).map_err(Unmet::Why),
            },
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => Err(Unmet::Why(config::missing(&self.path))),
        }
    }
}

/// Why arguments are missing.
pub(crate) enum Unmet {
    /// In words.
    Why(String),
    /// What somebody threw.
    Throw(Throw),
}

impl Unmet {
    /// The words made an exception.
    pub(crate) fn or(self, make: &dyn Fn(String) -> Throw) -> Throw {
        match self {
            Self::Why(why) => make(why),
            Self::Throw(throw) => throw,
        }
    }
}

/// Names that nothing takes are mistakes.
pub(super) fn unknown(needs: &[Slot], given: &Array) -> Result<(), Unmet> {
    for (key, _) in given {
        let name = key.to_bytes();
        if !needs.iter().any(|slot| slot.name.as_bytes() == &*name) {
            let name = String::from_utf8_lossy(&name);
            return Err(Unmet::Why(format!("it has no parameter ${name}")));
        }
    }
    Ok(())
}

/// What a closure takes.
pub(crate) fn callable_needs(callable: &Callable) -> Result<Rc<[Slot]>, Throw> {
    match Function::of(callable) {
        Some(function) => needs(&function),
        None => Ok([].into()),
    }
}

/// The needs of all parameters.
pub(super) fn needs(function: &Function) -> Result<Rc<[Slot]>, Throw> {
    let mut needs = Vec::new();
    for param in function.params() {
        if param.is_variadic() {
            break;
        }
        needs.push(Slot {
            name: param.name().into(),
            need: need(function, &param)?,
        });
    }
    Ok(needs.into())
}

/// How the container fills a parameter.
pub(crate) fn need(function: &Function, param: &reflect::Param) -> Result<Need, Throw> {
    let kind = param.kind();
    let nullable = kind.as_ref().is_some_and(Type::is_nullable);
    let default = match param.default()? {
        None if nullable => Some(Value::null()),
        default => default,
    };
    let place = Place::Param(function, param);
    for attribute in param.attributes() {
        if let Some(need) = marked(&attribute, place, kind.as_ref(), default.as_ref())? {
            return Ok(need);
        }
    }
    if let Some(class) = kind.as_ref().and_then(Type::single_class) {
        return Ok(Need::Service(Service::new(class, default)));
    }
    Ok(match default {
        Some(value) => Need::Value(value),
        None => Need::Missing(format!(
            "its parameter ${} ({}) is no class and has no default; give it #[Config('…')], or bind the class to a closure",
            param.name(),
            kind.map_or("no type".into(), |k| k.text),
        )),
    })
}

/// How the container fills a property; `None` where it leaves it alone.
pub(super) fn property_need(property: &Property) -> Result<Option<Need>, Throw> {
    let attributes = property.attributes();
    if attributes.is_empty() {
        return Ok(None);
    }
    let kind = property.kind();
    let place = Place::Property(property);
    for attribute in attributes {
        let Some(need) = marked(&attribute, place, kind.as_ref(), None)? else {
            continue;
        };
        if property.is_static() {
            return Err(place.wrong(&attribute.name(), "it must not stand on a static property"));
        }
        return Ok(Some(need));
    }
    Ok(None)
}

/// What `#[Inject]`, `#[Config]` and `#[Tagged]` want; `None` for other attributes.
fn marked(
    attribute: &Attribute,
    place: Place<'_>,
    kind: Option<&Type>,
    default: Option<&Value>,
) -> Result<Option<Need>, Throw> {
    let Some(own) = annotation::own(attribute) else {
        return Ok(None);
    };
    let text = |name: &str| -> Result<Option<String>, Throw> {
        let made = annotation::made(attribute, place)?;
        Ok(made.get(name)?.as_str().map(str::to_owned))
    };
    Ok(match &*own {
        "inject" => {
            let class = kind.and_then(Type::single_class).map(str::to_owned);
            match text("name")?.or(class) {
                Some(name) => Some(Need::Service(Service::new(&name, default.cloned()))),
                None => {
                    return Err(place.wrong(
                        &attribute.name(),
                        "it needs a class as type, or a name: #[Inject(Name::class)]",
                    ));
                }
            }
        }
        "config" => Some(Need::Config(Wanted {
            path: text("path")?.unwrap_or_default().into(),
            kind: kind.cloned(),
            default: default.cloned(),
        })),
        "tagged" => {
            if kind.is_some_and(|kind| !kind.has(Builtin::Array)) {
                return Err(place.wrong(&attribute.name(), "its type must be array or iterable"));
            }
            Some(Need::Tagged(text("tag")?.unwrap_or_default().into()))
        }
        _ => None,
    })
}
