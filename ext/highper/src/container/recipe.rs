//! How objects of a class are made: its constructor and its injected properties, read once.

use super::need::{Need, Slot, Unmet, needs, property_need};
use super::{Container, ERROR};
use crate::app::App;
use crate::incoming::Incoming;
use highper_zend::reflect::{self, Class};
use highper_zend::{ClassHandle, Throw, Value, find_class};
use std::rc::Rc;

/// A class, as the container makes it.
pub(super) struct Recipe {
    class: ClassHandle,
    pub(super) needs: Rc<[Slot]>,
    pub(super) properties: Vec<Property>,
    has_constructor: bool,
}

/// A property with `#[Inject]`, `#[Config]` or `#[Tagged]`.
pub(super) struct Property {
    name: String,
    /// The class that declares it.
    scope: ClassHandle,
    pub(super) need: Need,
}

/// Is this a class that is made without a binding? PHP's own are not: they hold no services.
pub(super) fn is_autowired(name: &str) -> Result<bool, Throw> {
    let class = find_class(name)?.map(Class::from);
    Ok(class.is_some_and(|class| class.is_instantiable() && class.is_user()))
}

impl Recipe {
    /// Reads a class.
    ///
    /// # Errors
    /// Why the container can't make one.
    pub(super) fn of(name: &str) -> Result<Self, Unmet> {
        let why = |why: String| Err(Unmet::Why(why));
        let found = find_class(name).map_err(Unmet::Throw)?;
        let Some(class) = found.map(Class::from) else {
            return why("there is no such class".into());
        };
        if class.is_interface() {
            return why(format!(
                "it is an interface; bind it: ->bind({}::class, …)",
                class.name()
            ));
        }
        if !class.is_instantiable() {
            return why(format!(
                "it can't be instantiated; bind it: ->bind({}::class, …)",
                class.name()
            ));
        }
        if !class.is_user() {
            return why(format!(
                "it is a class of PHP's or an extension's; bind it: ->singleton({}::class, fn () => …)",
                class.name()
            ));
        }
        let constructor = class.constructor();
        let needs = match &constructor {
            None => [].into(),
            Some(constructor) if !constructor.is_public() => {
                return why("its constructor is not public; bind it to a closure".into());
            }
            Some(constructor) => needs(constructor).map_err(Unmet::Throw)?,
        };
        Ok(Self {
            class: class.handle(),
            needs,
            properties: properties(class)?,
            has_constructor: constructor.is_some(),
        })
    }

    /// Makes an object. Properties are there before the constructor runs.
    pub(super) fn make(
        &self,
        container: &Container,
        app: &App,
        args: &[Value],
        incoming: Option<&Rc<Incoming>>,
        why: &dyn Fn(String) -> Throw,
    ) -> Result<Value, Throw> {
        if self.properties.is_empty() {
            return self.class.new_object(args).into_result();
        }
        let object = self.class.instantiate()?;
        for property in &self.properties {
            let value = container.meet(app, &property.need, incoming);
            object.set_in(
                property.scope,
                &property.name,
                value.map_err(|e| e.or(why))?,
            )?;
        }
        if self.has_constructor {
            object.call("__construct", args).into_result()?;
        }
        Ok(object.into())
    }
}

/// The injected properties of a class and of its parents.
fn properties(class: Class) -> Result<Vec<Property>, Unmet> {
    let mut all: Vec<Property> = Vec::new();
    let mut at = Some(class);
    while let Some(class) = at.filter(|class| class.is_user()) {
        for property in class.properties() {
            let scope = property
                .scope()
                .map_or(class.handle(), reflect::Class::handle);
            let name = property.name();
            // The attributes of a promoted parameter stand on its property too.
            let declares = scope == class.handle();
            if declares && promoted(class).any(|param| param == name) {
                continue;
            }
            let seen = |p: &Property| p.name == name && p.scope == scope;
            if !declares || all.iter().any(seen) {
                continue;
            }
            let need = property_need(&property).map_err(|throw| match throw {
                throw @ Throw::New(_) => Unmet::Throw(Throw::new(&ERROR, throw.message(), 0)),
                throw => Unmet::Throw(throw),
            })?;
            if let Some(need) = need {
                all.push(Property { name, scope, need });
            }
        }
        at = class.parent();
    }
    Ok(all)
}

/// The promoted parameters of a class's own constructor.
fn promoted(class: Class) -> impl Iterator<Item = String> {
    let own = class.constructor().filter(|constructor| {
        let scope = constructor.scope();
        scope.is_some_and(|scope| scope.handle() == class.handle())
    });
    let params = own.map(|constructor| constructor.params());
    let all = params.into_iter().flatten();
    all.filter(reflect::Param::is_promoted)
        .map(|param| param.name())
}
