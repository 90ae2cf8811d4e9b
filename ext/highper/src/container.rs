//! The container: objects by their type, built from the types of their constructors.
//!
//! A class that nothing binds is made once for a worker. What lives as long as a request never
//! gets into what lives as long as the worker. Cycles and missing bindings name the whole chain.

pub(crate) mod check;
pub(crate) mod need;
pub(crate) mod object;
mod recipe;

use crate::app::App;
use crate::exception::cancelled::cancelled;
use crate::incoming::Incoming;
use crate::session;
use highper_engine::sync::WaitGroup;
use highper_zend::{Array, Callable, ClassHandle, ClassRef, Object, Str, Throw, Value, find_class};
pub(crate) use need::{Need, Service};
use need::{Slot, Unmet, callable_needs};
use recipe::Recipe;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

pub(crate) static ERROR: ClassRef = ClassRef::new("Highper\\ContainerException");

/// What everybody calls the request by.
pub(crate) const REQUEST: &str = "highper\\http\\request";

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
    Factory(Factory),
}

/// A closure that makes objects.
pub(crate) struct Factory {
    callable: Callable,
    needs: OnceCell<Rc<[Slot]>>,
    /// The class that its objects must be of; none for a name that is no class.
    wanted: OnceCell<Option<ClassHandle>>,
}

impl Factory {
    pub(crate) fn new(callable: Callable) -> Self {
        Self {
            callable,
            needs: OnceCell::new(),
            wanted: OnceCell::new(),
        }
    }

    fn needs(&self) -> Result<Rc<[Slot]>, Throw> {
        if let Some(known) = self.needs.get() {
            return Ok(Rc::clone(known));
        }
        let made = callable_needs(&self.callable)?;
        Ok(Rc::clone(self.needs.get_or_init(|| made)))
    }

    fn wanted(&self, name: &str) -> Result<Option<ClassHandle>, Throw> {
        if let Some(known) = self.wanted.get() {
            return Ok(*known);
        }
        let found = find_class(name)?;
        Ok(*self.wanted.get_or_init(|| found))
    }
}

struct Binding {
    lifetime: Lifetime,
    concrete: Concrete,
}

/// A name, what it is bound to, and the worker's object of it. Those who ask often keep it.
pub(crate) struct Entry {
    name: Box<str>,
    key: Rc<str>,
    binding: RefCell<Option<Rc<Binding>>>,
    object: RefCell<Option<Object>>,
    recipe: RefCell<Option<Rc<Recipe>>>,
}

impl Entry {
    fn binding(&self) -> Option<Rc<Binding>> {
        self.binding.borrow().clone()
    }

    /// Is there a binding or an object?
    fn is_bound(&self) -> bool {
        self.object.borrow().is_some() || self.binding.borrow().is_some()
    }

    fn recipe(&self) -> Result<Rc<Recipe>, Unmet> {
        if let Some(known) = &*self.recipe.borrow() {
            return Ok(Rc::clone(known));
        }
        let made = Rc::new(Recipe::of(&self.name)?);
        *self.recipe.borrow_mut() = Some(Rc::clone(&made));
        Ok(made)
    }
}

/// An object under construction.
struct Making {
    coroutine: u64,
    entry: Rc<Entry>,
    lifetime: Lifetime,
    /// The request that it is for; 0 for none.
    request: usize,
    /// Others wait for it here; none where each gets its own.
    done: Option<Rc<WaitGroup>>,
}

/// Bindings and what was made of them.
#[derive(Default)]
pub(crate) struct Container {
    entries: RefCell<HashMap<Rc<str>, Rc<Entry>>>,
    /// The worker's objects by the names that PHP code has asked for.
    known: RefCell<Array>,
    making: RefCell<Vec<Making>>,
    /// Who waits for whose object: coroutines and entries.
    waiting: RefCell<Vec<(u64, Rc<Entry>)>>,
    tags: RefCell<HashMap<Box<str>, Vec<Service>>>,
}

/// Class names are compared in lower case.
pub(crate) fn key(name: &str) -> Rc<str> {
    name.trim_start_matches('\\').to_ascii_lowercase().into()
}

pub(crate) fn error(message: String) -> Throw {
    Throw::new(&ERROR, message, 0)
}

/// So many arguments need no memory of their own.
const FEW: usize = 6;

impl Container {
    /// The entry of a name, made where there is none yet.
    pub(crate) fn entry(&self, name: &str) -> Rc<Entry> {
        let key = key(name);
        if let Some(known) = self.entries.borrow().get(&key) {
            return Rc::clone(known);
        }
        let made = Rc::new(Entry {
            name: name.trim_start_matches('\\').into(),
            key: Rc::clone(&key),
            binding: RefCell::default(),
            object: RefCell::default(),
            recipe: RefCell::default(),
        });
        self.entries.borrow_mut().insert(key, Rc::clone(&made));
        made
    }

    /// Binds a type. What was made of an older binding is forgotten.
    pub(crate) fn bind(&self, name: &str, lifetime: Lifetime, concrete: Concrete) {
        let binding = Rc::new(Binding { lifetime, concrete });
        let entry = self.entry(name);
        let old = entry.binding.borrow_mut().replace(binding);
        let made = entry.object.borrow_mut().take();
        let known = self.known.take();
        drop((old, made, known));
    }

    /// Binds a type to an object.
    pub(crate) fn instance(&self, name: &str, object: Object) {
        let old = self.entry(name).object.borrow_mut().replace(object);
        let known = self.known.take();
        drop((old, known));
    }

    /// Puts names under a tag, behind those that it has.
    pub(crate) fn tag(&self, tag: &str, names: impl Iterator<Item = String>) {
        let mut tags = self.tags.borrow_mut();
        let list = tags.entry(tag.into()).or_default();
        list.extend(names.map(|name| Service::new(&name, None)));
    }

    /// The objects of a tag, in the order in which they were tagged.
    pub(crate) fn tagged(
        &self,
        app: &App,
        tag: &str,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Array, Throw> {
        let services: Vec<Rc<Entry>> = match self.tags.borrow().get(tag) {
            Some(list) => list.iter().map(|service| service.entry(self)).collect(),
            None => return Ok(Array::new()),
        };
        let mut objects = Array::with_capacity(services.len());
        for entry in services {
            objects.push(self.take(app, &entry, incoming)?);
        }
        Ok(objects)
    }

    /// What is bound, and to what, for who looks at it.
    pub(crate) fn shown(&self) -> Vec<(String, String)> {
        let entries = self.entries.borrow();
        let one = |entry: &Rc<Entry>| {
            let made = entry
                .object
                .borrow()
                .as_ref()
                .map(|o| format!("{} #{}", o.class_name(), o.id()));
            let text = match (entry.binding(), made) {
                (Some(binding), made) => {
                    let life = match binding.lifetime {
                        Lifetime::Each => "made anew for each that asks",
                        Lifetime::Worker => "one for a worker",
                        Lifetime::Request => "one for a request",
                    };
                    let what = match &binding.concrete {
                        Concrete::Class(class) => class.clone(),
                        Concrete::Factory(_) => "a closure".to_owned(),
                    };
                    format!(
                        "{what}, {life}{}",
                        made.map_or_else(String::new, |made| format!(": {made}"))
                    )
                }
                (None, Some(made)) => made,
                (None, None) => return None,
            };
            Some((entry.name.to_string(), text))
        };
        let mut all: Vec<_> = entries.values().filter_map(one).collect();
        all.sort();
        all
    }

    /// Is there a binding or an object?
    pub(crate) fn is_bound(&self, name: &str) -> bool {
        let entry = self.entries.borrow().get(&key(name)).cloned();
        entry.is_some_and(|entry| entry.is_bound())
    }

    /// Forgets a name that means nothing: they may come from outside, and there is no end of them.
    pub(crate) fn tidy(&self, entry: Rc<Entry>) {
        if entry.is_bound() || entry.recipe.borrow().is_some() {
            return;
        }
        let mut entries = self.entries.borrow_mut();
        // This one and that of the map; whoever else has it will ask again.
        if Rc::strong_count(&entry) == 2 {
            entries.remove(&entry.key);
        }
    }

    /// Forgets what was read of signatures: files may have changed.
    pub(crate) fn reread(&self) {
        for entry in self.entries.borrow().values() {
            let old = entry.recipe.take();
            drop(old);
        }
    }

    /// The object of a type.
    #[inline]
    pub(crate) fn get(
        &self,
        app: &App,
        service: &Service,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Value, Throw> {
        let entry = service.known(self);
        if let Some(object) = &*entry.object.borrow() {
            return Ok(object.into());
        }
        if let Some(instead) = &service.instead
            && !entry.is_bound()
            && !app.is_built_in(&entry.key)
            && !recipe::is_autowired(&entry.name)?
        {
            return Ok(instead.clone());
        }
        self.take(app, entry, incoming)
    }

    /// The object of a name that PHP code asks for.
    pub(crate) fn by_name(
        &self,
        app: &App,
        name: &Str,
        incoming: impl FnOnce() -> Option<Rc<Incoming>>,
    ) -> Result<Value, Throw> {
        if let Some(object) = self.known.borrow().get_str(name) {
            return Ok(object.clone());
        }
        let text = name
            .to_utf8()
            .ok_or_else(|| error("a name must be UTF-8".into()))?;
        let entry = self.entry(text);
        let taken = self.take(app, &entry, incoming().as_ref());
        let object = match taken {
            Ok(object) => object,
            Err(throw) => {
                self.tidy(entry);
                return Err(throw);
            }
        };
        if entry.object.borrow().is_some() {
            self.known.borrow_mut().set_str(name, object.clone());
        }
        Ok(object)
    }

    fn take(
        &self,
        app: &App,
        entry: &Rc<Entry>,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Value, Throw> {
        if let Some(object) = &*entry.object.borrow() {
            return Ok(object.into());
        }
        if *entry.key == *REQUEST && !entry.is_bound() {
            let coroutine = highper_engine::current().unwrap_or(0);
            return match incoming.filter(|_| self.holder(coroutine).is_none()) {
                Some(incoming) => Ok(incoming.object()?.into()),
                None => Err(self.too_short(coroutine, &entry.name)),
            };
        }
        if *entry.key == *session::KEY && !entry.is_bound() {
            let coroutine = highper_engine::current().unwrap_or(0);
            return match incoming.filter(|_| self.holder(coroutine).is_none()) {
                Some(incoming) => Ok(session::object(incoming)?.into()),
                None => Err(self.too_short(coroutine, &entry.name)),
            };
        }
        if !entry.is_bound()
            && let Some(object) = app.built_in(&entry.key)?
        {
            let value = Value::from(&object);
            *entry.object.borrow_mut() = Some(object);
            return Ok(value);
        }
        self.find(app, entry, incoming).map(Value::from)
    }

    fn find(
        &self,
        app: &App,
        entry: &Rc<Entry>,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Object, Throw> {
        let binding = entry.binding();
        let lifetime = binding.as_ref().map_or(Lifetime::Worker, |b| b.lifetime);
        let coroutine = highper_engine::current().unwrap_or(0);
        let request = match (lifetime, incoming) {
            (Lifetime::Request, Some(incoming)) if self.holder(coroutine).is_none() => {
                Rc::as_ptr(incoming).addr()
            }
            (Lifetime::Request, _) => return Err(self.too_short(coroutine, &entry.name)),
            _ => 0,
        };
        loop {
            let found = match (lifetime, incoming) {
                (Lifetime::Worker, _) => entry.object.borrow().clone(),
                (Lifetime::Request, Some(incoming)) => {
                    let scoped = incoming.scoped.borrow();
                    let found = scoped.iter().find(|(k, _)| *k == entry.key);
                    found.map(|(_, object)| object.clone())
                }
                _ => None,
            };
            if let Some(found) = found {
                return Ok(found);
            }
            match self.maker(coroutine, entry, request)? {
                None => break,
                Some(done) => {
                    // Another coroutine makes it: its result is awaited.
                    self.waiting
                        .borrow_mut()
                        .push((coroutine, Rc::clone(entry)));
                    let waited = done.wait(None);
                    self.waiting.borrow_mut().retain(|(c, _)| *c != coroutine);
                    waited.map_err(|_| cancelled())?;
                }
            }
        }
        let done = (lifetime != Lifetime::Each && coroutine != 0).then(|| {
            let done = Rc::new(WaitGroup::default());
            done.add(1);
            done
        });
        self.making.borrow_mut().push(Making {
            coroutine,
            entry: Rc::clone(entry),
            lifetime,
            request,
            done: done.clone(),
        });
        // What is kept for the worker sees no request.
        let within = incoming.filter(|_| lifetime != Lifetime::Worker);
        let made = match &binding {
            None => self.construct(app, entry, entry, within, None),
            Some(binding) => match &binding.concrete {
                Concrete::Factory(factory) => self.produce(app, entry, factory, within, None),
                Concrete::Class(class) => self.concrete(app, entry, class, lifetime, within),
            },
        };
        if let Ok(object) = &made {
            let old = match (lifetime, incoming) {
                (Lifetime::Worker, _) => entry.object.borrow_mut().replace(object.clone()),
                (Lifetime::Request, Some(incoming)) => {
                    let pair = (Rc::clone(&entry.key), object.clone());
                    incoming.scoped.borrow_mut().push(pair);
                    None
                }
                _ => None,
            };
            drop(old);
        }
        let over = {
            let mut making = self.making.borrow_mut();
            let mine = |m: &Making| m.coroutine == coroutine && Rc::ptr_eq(&m.entry, entry);
            making.iter().rposition(mine).map(|at| making.remove(at))
        };
        drop(over);
        if let Some(done) = done {
            done.add(-1);
        }
        made
    }

    /// The end of another coroutine's making of the same object, if it makes it.
    fn maker(
        &self,
        coroutine: u64,
        entry: &Rc<Entry>,
        request: usize,
    ) -> Result<Option<Rc<WaitGroup>>, Throw> {
        let making = self.making.borrow();
        if making.is_empty() {
            return Ok(None);
        }
        let circle = |what: &str| {
            Err(error(format!(
                "{}: {what}; break the circle with a closure or a setter",
                self.chain(coroutine, &entry.name)
            )))
        };
        let same = |m: &&Making| Rc::ptr_eq(&m.entry, entry);
        if making.iter().any(|m| m.coroutine == coroutine && same(&m)) {
            return circle("it needs itself");
        }
        let Some(other) = making.iter().find(|m| same(m) && m.request == request) else {
            return Ok(None);
        };
        // Does who makes it wait for something that is made here?
        let waiting = self.waiting.borrow();
        let mut at = other.coroutine;
        for _ in 0..making.len() {
            let Some((_, wanted)) = waiting.iter().find(|(c, _)| *c == at) else {
                break;
            };
            let next = making.iter().find(|m| Rc::ptr_eq(&m.entry, wanted));
            match next.map(|m| m.coroutine) {
                Some(next) if next == coroutine => {
                    return circle(&format!(
                        "another coroutine makes it, which waits for {}",
                        wanted.name
                    ));
                }
                Some(next) => at = next,
                None => break,
            }
        }
        let done = other.done.as_ref().map(Rc::clone);
        Ok(done.filter(|_| highper_engine::can_suspend()))
    }

    /// What this coroutine makes for the worker right now.
    fn holder(&self, coroutine: u64) -> Option<Rc<Entry>> {
        let making = self.making.borrow();
        let held = |m: &&Making| m.coroutine == coroutine && m.lifetime == Lifetime::Worker;
        making.iter().rfind(held).map(|m| Rc::clone(&m.entry))
    }

    /// Something of a request is wanted where there is none, or for what outlives it.
    fn too_short(&self, coroutine: u64, name: &str) -> Throw {
        let why = match self.holder(coroutine) {
            Some(holder) => check::outlives(&holder.name),
            None => "it lives as long as a request, and there is none here".to_owned(),
        };
        error(format!("{}: {why}", self.chain(coroutine, name)))
    }

    /// `A -> B -> C` of what this coroutine is making, with `name` at the end.
    fn chain(&self, coroutine: u64, name: &str) -> String {
        let making = self.making.borrow();
        let mut names: Vec<&str> = making
            .iter()
            .filter(|m| m.coroutine == coroutine)
            .map(|m| &*m.entry.name)
            .collect();
        if names.last() != Some(&name) {
            names.push(name);
        }
        names.join(" -> ")
    }

    /// The object of the class that a name is bound to.
    fn concrete(
        &self,
        app: &App,
        entry: &Rc<Entry>,
        class: &str,
        lifetime: Lifetime,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Object, Throw> {
        let other = self.entry(class);
        if Rc::ptr_eq(&other, entry) || (lifetime != Lifetime::Worker && !other.is_bound()) {
            return self.construct(app, entry, &other, incoming, None);
        }
        let value = self.take(app, &other, incoming)?;
        value
            .into_object()
            .map_err(|_| error(format!("{} is no object", entry.name)))
    }

    /// A new object of a class. `given` are arguments by their names, which go before all else.
    fn construct(
        &self,
        app: &App,
        entry: &Rc<Entry>,
        class: &Rc<Entry>,
        incoming: Option<&Rc<Incoming>>,
        given: Option<&Array>,
    ) -> Result<Object, Throw> {
        let coroutine = highper_engine::current().unwrap_or(0);
        let why = |why: String| {
            let mut chain = self.chain(coroutine, &entry.name);
            if !Rc::ptr_eq(class, entry) {
                chain = format!("{chain} -> {}", class.name);
            }
            error(format!("{chain}: {why}"))
        };
        let recipe = class.recipe().map_err(|e| e.or(&why))?;
        let made = if recipe.needs.len() <= FEW {
            let mut args = [const { Value::null() }; FEW];
            let args = &mut args[..recipe.needs.len()];
            self.fill(app, &recipe.needs, incoming, given, args)
                .map_err(|e| e.or(&why))?;
            recipe.make(self, app, args, incoming, &why)?
        } else {
            let mut args = vec![Value::null(); recipe.needs.len()];
            self.fill(app, &recipe.needs, incoming, given, &mut args)
                .map_err(|e| e.or(&why))?;
            recipe.make(self, app, &args, incoming, &why)?
        };
        made.into_object()
            .map_err(|_| why("it is no object".into()))
    }

    fn produce(
        &self,
        app: &App,
        entry: &Entry,
        factory: &Factory,
        incoming: Option<&Rc<Incoming>>,
        given: Option<&Array>,
    ) -> Result<Object, Throw> {
        let coroutine = highper_engine::current().unwrap_or(0);
        let why = |why: String| error(format!("{}: {why}", self.chain(coroutine, &entry.name)));
        let needs = factory.needs()?;
        let mut args = vec![Value::null(); needs.len()];
        self.fill(app, &needs, incoming, given, &mut args)
            .map_err(|e| e.or(&why))?;
        let made = factory.callable.call(&args).into_result()?;
        match made.into_object() {
            Ok(object) => {
                let wanted = factory.wanted(&entry.name)?;
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

    /// A new object with some arguments given by name, whatever its lifetime; nobody keeps it.
    pub(crate) fn anew(
        &self,
        app: &App,
        name: &str,
        given: &Array,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Object, Throw> {
        let entry = self.entry(name);
        match entry.binding().as_deref().map(|b| &b.concrete) {
            Some(Concrete::Factory(factory)) => {
                self.produce(app, &entry, factory, incoming, Some(given))
            }
            Some(Concrete::Class(class)) if *key(class) != *entry.key => {
                self.anew(app, class, given, incoming)
            }
            _ => self.construct(app, &entry, &entry, incoming, Some(given)),
        }
    }

    /// Calls something with its parameters injected; `given` are arguments by their names.
    pub(crate) fn call(
        &self,
        app: &App,
        callable: &Callable,
        given: Option<&Array>,
        incoming: Option<&Rc<Incoming>>,
        what: &str,
    ) -> Result<Value, Throw> {
        let needs = callable_needs(callable)?;
        let mut args = vec![Value::null(); needs.len()];
        self.fill(app, &needs, incoming, given, &mut args)
            .map_err(|unmet| unmet.or(&|why| error(format!("{what}: {why}"))))?;
        callable.call(&args).into_result()
    }

    /// The arguments for a list of needs.
    fn fill(
        &self,
        app: &App,
        needs: &[Slot],
        incoming: Option<&Rc<Incoming>>,
        given: Option<&Array>,
        args: &mut [Value],
    ) -> Result<(), Unmet> {
        if let Some(given) = given {
            need::unknown(needs, given)?;
        }
        for (slot, arg) in needs.iter().zip(args) {
            *arg = match given.and_then(|given| given.get(&*slot.name)) {
                Some(value) => value.clone(),
                None => self.meet(app, &slot.need, incoming)?,
            };
        }
        Ok(())
    }

    /// What a need is met with.
    pub(crate) fn meet(
        &self,
        app: &App,
        need: &Need,
        incoming: Option<&Rc<Incoming>>,
    ) -> Result<Value, Unmet> {
        match need {
            Need::Service(service) => self.get(app, service, incoming).map_err(Unmet::Throw),
            Need::Value(value) => Ok(value.clone()),
            Need::Config(wanted) => wanted.value(app),
            Need::Tagged(tag) => {
                let list = self.tagged(app, tag, incoming).map_err(Unmet::Throw)?;
                Ok(list.into())
            }
            Need::Missing(why) => Err(Unmet::Why(why.clone())),
        }
    }
}
