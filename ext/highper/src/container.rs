//! The container: objects by their type, built from the types of their constructors.
//!
//! A class without a binding is built anew each time; controllers and middleware are
//! kept by those who call them. Cycles and missing bindings name the whole chain.

use crate::app::App;
use crate::incoming::Incoming;
use highper_engine::sync::WaitGroup;
use highper_zend::reflect::{self, Function};
use highper_zend::{Callable, ClassRef, Object, Throw, Value, find_class};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

pub(crate) static ERROR: ClassRef = ClassRef::new("Highper\\ContainerException");

/// How long an object lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Made anew for each that asks.
    Each,
    /// One for a worker.
    Worker,
    /// One for a request.
    Request,
}

/// What makes it.
pub(crate) enum Concrete {
    /// Its own constructor, or that of another class.
    Class(String),
    /// A closure whose parameters are injected.
    Factory(Callable, OnceCell<Rc<[Need]>>),
}

struct Binding {
    lifetime: Lifetime,
    concrete: Concrete,
}

/// A parameter that the container fills.
pub(crate) enum Need {
    /// An object of this type.
    Service(Service),
    /// A default.
    Value(Value),
    /// Why nothing can be given.
    Missing(String),
}

/// A type to be asked for.
pub(crate) struct Service {
    pub(crate) name: Box<str>,
    pub(crate) key: Rc<str>,
    /// What is given where there is no such class and no binding.
    pub(crate) instead: Option<Value>,
}

impl Service {
    pub(crate) fn new(name: &str, instead: Option<Value>) -> Self {
        Self {
            name: name.into(),
            key: key(name),
            instead,
        }
    }
}

/// An object under construction.
struct Making {
    coroutine: u64,
    key: Rc<str>,
    name: Box<str>,
    done: Rc<WaitGroup>,
}

/// Bindings and what was made of them.
#[derive(Default)]
pub(crate) struct Container {
    bindings: RefCell<HashMap<Rc<str>, Rc<Binding>>>,
    objects: RefCell<HashMap<Rc<str>, Object>>,
    plans: RefCell<HashMap<Rc<str>, Rc<[Need]>>>,
    making: RefCell<Vec<Making>>,
}

/// Class names are compared in lower case.
pub(crate) fn key(name: &str) -> Rc<str> {
    name.trim_start_matches('\\').to_ascii_lowercase().into()
}

fn error(message: String) -> Throw {
    Throw::new(&ERROR, message, 0)
}

impl Container {
    /// Binds a type. What was made of an older binding is forgotten.
    pub(crate) fn bind(&self, name: &str, lifetime: Lifetime, concrete: Concrete) {
        let key = key(name);
        let binding = Rc::new(Binding { lifetime, concrete });
        let old = self.bindings.borrow_mut().insert(Rc::clone(&key), binding);
        let made = self.objects.borrow_mut().remove(&key);
        drop((old, made));
    }

    /// Binds a type to an object.
    pub(crate) fn instance(&self, name: &str, object: Object) {
        let old = self.objects.borrow_mut().insert(key(name), object);
        drop(old);
    }

    /// Is there a binding or an object?
    pub(crate) fn is_bound(&self, name: &str) -> bool {
        let key = key(name);
        self.bindings.borrow().contains_key(&key) || self.objects.borrow().contains_key(&key)
    }

    /// The object of a type.
    pub(crate) fn get(
        &self,
        app: &App,
        service: &Service,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Value, Throw> {
        if let Some(object) = self.objects.borrow().get(&service.key) {
            return Ok(object.into());
        }
        if let Some(found) = app.built_in(&service.key, incoming)? {
            return Ok(found);
        }
        if let Some(instead) = &service.instead
            && !self.is_bound(&service.name)
            && find_class(&service.name)?.is_none_or(|c| !reflect::Class::from(c).is_instantiable())
        {
            return Ok(instead.clone());
        }
        self.find(app, &service.name, &service.key, incoming)
            .map(Value::from)
    }

    fn find(
        &self,
        app: &App,
        name: &str,
        key: &Rc<str>,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Object, Throw> {
        let binding = self.bindings.borrow().get(key).cloned();
        let lifetime = binding.as_ref().map_or(Lifetime::Each, |b| b.lifetime);
        let coroutine = highper_engine::current().unwrap_or(0);
        loop {
            let found = match (lifetime, incoming) {
                (Lifetime::Worker, _) => self.objects.borrow().get(key).cloned(),
                (Lifetime::Request, Some(incoming)) => {
                    let scoped = incoming.scoped.borrow();
                    scoped
                        .iter()
                        .find(|(k, _)| k == key)
                        .map(|(_, o)| o.clone())
                }
                (Lifetime::Request, None) => {
                    return Err(error(format!(
                        "{}: it lives as long as a request, and there is none here",
                        self.chain(coroutine, name)
                    )));
                }
                (Lifetime::Each, _) => None,
            };
            if let Some(found) = found {
                return Ok(found);
            }
            let wait = {
                let making = self.making.borrow();
                if making
                    .iter()
                    .any(|m| m.coroutine == coroutine && m.key == *key)
                {
                    drop(making);
                    return Err(error(format!(
                        "{}: it needs itself; break the circle with a closure or a setter",
                        self.chain(coroutine, name)
                    )));
                }
                // Another coroutine makes the one object of this worker: its result is awaited.
                let other = making.iter().find(|m| m.key == *key);
                other
                    .filter(|_| lifetime == Lifetime::Worker && highper_engine::can_suspend())
                    .map(|m| Rc::clone(&m.done))
            };
            match wait {
                Some(done) => done
                    .wait(None)
                    .map_err(|_| error(format!("{name}: the wait for it was cancelled")))?,
                None => break,
            }
        }
        let done = Rc::new(WaitGroup::default());
        done.add(1);
        self.making.borrow_mut().push(Making {
            coroutine,
            key: Rc::clone(key),
            name: name.into(),
            done: Rc::clone(&done),
        });
        let made = match &binding {
            None => self.construct(app, name, key, incoming),
            Some(binding) => match &binding.concrete {
                Concrete::Class(class) if *self::key(class) == **key => {
                    self.construct(app, name, key, incoming)
                }
                Concrete::Class(class) => {
                    let service = Service::new(class, None);
                    self.get(app, &service, incoming).and_then(|value| {
                        value
                            .into_object()
                            .map_err(|_| error(format!("{name} is no object")))
                    })
                }
                Concrete::Factory(factory, needs) => {
                    self.produce(app, name, factory, needs, incoming)
                }
            },
        };
        if let Ok(object) = &made {
            let old = match (lifetime, incoming) {
                (Lifetime::Worker, _) => self
                    .objects
                    .borrow_mut()
                    .insert(Rc::clone(key), object.clone()),
                (Lifetime::Request, Some(incoming)) => {
                    let entry = (Rc::clone(key), object.clone());
                    incoming.scoped.borrow_mut().push(entry);
                    None
                }
                _ => None,
            };
            drop(old);
        }
        self.making
            .borrow_mut()
            .retain(|m| m.coroutine != coroutine || m.key != *key);
        done.add(-1);
        made
    }

    /// `A -> B -> C` of what this coroutine is making, with `name` at the end.
    fn chain(&self, coroutine: u64, name: &str) -> String {
        let making = self.making.borrow();
        let mut names: Vec<&str> = making
            .iter()
            .filter(|m| m.coroutine == coroutine)
            .map(|m| &*m.name)
            .collect();
        if names.last() != Some(&name) {
            names.push(name);
        }
        names.join(" -> ")
    }

    fn construct(
        &self,
        app: &App,
        name: &str,
        key: &Rc<str>,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Object, Throw> {
        let coroutine = highper_engine::current().unwrap_or(0);
        let why = |why: String| error(format!("{}: {why}", self.chain(coroutine, name)));
        let class = find_class(name)?
            .map(reflect::Class::from)
            .ok_or_else(|| why("there is no such class".into()))?;
        let known = self.plans.borrow().get(key).cloned();
        let needs = match known {
            Some(needs) => needs,
            None => {
                let needs = constructor_needs(class).map_err(|e| e.or(&why))?;
                self.plans
                    .borrow_mut()
                    .insert(Rc::clone(key), Rc::clone(&needs));
                needs
            }
        };
        let args = self.fill(app, &needs, incoming).map_err(|e| e.or(&why))?;
        let made = class.handle().new_object(&args).into_result()?;
        made.into_object()
            .map_err(|_| why("it is no object".into()))
    }

    fn produce(
        &self,
        app: &App,
        name: &str,
        factory: &Callable,
        needs: &OnceCell<Rc<[Need]>>,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Object, Throw> {
        let coroutine = highper_engine::current().unwrap_or(0);
        let why = |why: String| error(format!("{}: {why}", self.chain(coroutine, name)));
        let needs = match needs.get() {
            Some(needs) => needs,
            None => {
                let made = callable_needs(factory)?;
                needs.get_or_init(|| made)
            }
        };
        let args = self.fill(app, needs, incoming).map_err(|e| e.or(&why))?;
        let made = factory.call(&args).into_result()?;
        match made.into_object() {
            Ok(object) => {
                let wanted = find_class(name)?;
                if wanted.is_some_and(|class| !object.is_instance_of(class)) {
                    return Err(why(format!("its closure returned {}", object.class_name())));
                }
                Ok(object)
            }
            Err(other) => Err(why(format!(
                "its closure must return an object, {} returned",
                other.type_name()
            ))),
        }
    }

    /// The arguments for a list of needs.
    pub(crate) fn fill(
        &self,
        app: &App,
        needs: &[Need],
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Vec<Value>, Unmet> {
        let mut args = Vec::with_capacity(needs.len());
        for need in needs {
            args.push(match need {
                Need::Service(service) => self.get(app, service, incoming).map_err(Unmet::Throw)?,
                Need::Value(value) => value.clone(),
                Need::Missing(why) => return Err(Unmet::Why(why.clone())),
            });
        }
        Ok(args)
    }

    /// Looks for circles and missing bindings below a type without making anything.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn check(
        &self,
        app: &App,
        name: &str,
        chain: &mut Vec<String>,
    ) -> Result<(), Throw> {
        let key = key(name);
        let text = |chain: &[String], why: &str| {
            let all: Vec<&str> = chain.iter().map(|s| &**s).chain([name]).collect();
            error(format!("{}: {why}", all.join(" -> ")))
        };
        if chain.iter().any(|c| *self::key(c) == *key) {
            return Err(text(
                chain,
                "it needs itself; break the circle with a closure or a setter",
            ));
        }
        if self.objects.borrow().contains_key(&key) || app.is_built_in(&key) {
            return Ok(());
        }
        let binding = self.bindings.borrow().get(&key).cloned();
        let needs = match binding.as_ref().map(|b| &b.concrete) {
            Some(Concrete::Factory(factory, needs)) => match needs.get() {
                Some(needs) => Rc::clone(needs),
                None => {
                    let made = callable_needs(factory)?;
                    Rc::clone(needs.get_or_init(|| made))
                }
            },
            Some(Concrete::Class(class)) if *self::key(class) != *key => {
                [Need::Service(Service::new(class, None))].into()
            }
            _ => {
                let class = find_class(name)?
                    .map(reflect::Class::from)
                    .ok_or_else(|| text(chain, "there is no such class"))?;
                constructor_needs(class).map_err(|e| e.or(&|why| text(chain, &why)))?
            }
        };
        for need in &*needs {
            match need {
                Need::Missing(why) => return Err(text(chain, why)),
                Need::Service(service) if service.instead.is_none() => {
                    chain.push(name.to_owned());
                    self.check(app, &service.name, chain)?;
                    chain.pop();
                }
                _ => {}
            }
        }
        Ok(())
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

/// What a constructor takes.
fn constructor_needs(class: reflect::Class) -> Result<Rc<[Need]>, Unmet> {
    if class.is_interface() {
        return Err(Unmet::Why(format!(
            "it is an interface; bind it: ->bind({}::class, …)",
            class.name()
        )));
    }
    if !class.is_instantiable() {
        return Err(Unmet::Why(format!(
            "it can't be instantiated; bind it: ->bind({}::class, …)",
            class.name()
        )));
    }
    match class.constructor() {
        None => Ok([].into()),
        Some(constructor) if !constructor.is_public() => Err(Unmet::Why(
            "its constructor is not public; bind it to a closure".into(),
        )),
        Some(constructor) => needs(&constructor).map_err(Unmet::Throw),
    }
}

/// What a closure takes.
pub(crate) fn callable_needs(callable: &Callable) -> Result<Rc<[Need]>, Throw> {
    match Function::of(callable) {
        Some(function) => needs(&function),
        None => Ok([].into()),
    }
}

/// The needs of all parameters.
fn needs(function: &Function) -> Result<Rc<[Need]>, Throw> {
    let mut needs = Vec::new();
    for param in function.params() {
        if param.is_variadic() {
            break;
        }
        needs.push(need(&param)?);
    }
    Ok(needs.into())
}

/// How the container fills a parameter.
pub(crate) fn need(param: &reflect::Param) -> Result<Need, Throw> {
    let kind = param.kind();
    let nullable = kind.as_ref().is_some_and(reflect::Type::is_nullable);
    let default = match param.default()? {
        None if nullable => Some(Value::null()),
        default => default,
    };
    if let Some(class) = kind.as_ref().and_then(reflect::Type::single_class) {
        return Ok(Need::Service(Service::new(class, default)));
    }
    Ok(match default {
        Some(value) => Need::Value(value),
        None => Need::Missing(format!(
            "its parameter ${} ({}) is no class and has no default; bind it to a closure",
            param.name(),
            kind.map_or("no type".into(), |k| k.text),
        )),
    })
}
