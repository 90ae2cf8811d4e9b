//! Looks for circles, missing bindings and objects that would outlive what they hold, before the
//! first request, without making anything.

use super::need::{Slot, Unmet};
use super::{Concrete, Container, Entry, Lifetime, Need, REQUEST, Service, error, recipe};
use crate::app::App;
use crate::session;
use highper_zend::{Throw, find_class};
use std::collections::HashSet;
use std::rc::Rc;

/// What is wrong with an object of a request in one of the worker.
pub(super) fn outlives(holder: &str) -> String {
    format!(
        "it lives as long as a request, and {holder} as long as the worker; \
         bind {holder} with ->scoped(), or take the object as a parameter of the handler"
    )
}

/// A walk through all that is reached from some classes.
pub(crate) struct Check<'a> {
    pub(crate) app: &'a App,
    container: &'a Container,
    chain: Vec<Box<str>>,
    /// Is this for code that runs without a request?
    apart: bool,
    /// What was found good: names, and whether the worker held them.
    good: HashSet<(Rc<str>, bool)>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(app: &'a App) -> Self {
        Self {
            app,
            container: &app.container,
            chain: Vec::new(),
            apart: false,
            good: HashSet::new(),
        }
    }

    /// A walk for code that runs without a request.
    pub(crate) fn apart(app: &'a App) -> Self {
        Self {
            apart: true,
            ..Self::new(app)
        }
    }

    /// A class that is kept as long as the worker: a controller, a middleware.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn kept(&mut self, class: &str) -> Result<(), Throw> {
        self.chain.clear();
        let entry = self.container.entry(class);
        self.entry(&entry, Some(&entry.name))
    }

    /// Something that a handler asks for.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn asked(&mut self, need: &Need) -> Result<(), Throw> {
        self.chain.clear();
        let apart = self.apart;
        self.need(need, apart.then_some("code without a request"))
    }

    /// Something that a rule of a value asks.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn rule(&mut self, service: &Service) -> Result<(), Throw> {
        self.chain.clear();
        self.service(service, None)
    }

    /// All that is bound.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn bindings(&mut self) -> Result<(), Throw> {
        let mut bound: Vec<Rc<Entry>> = {
            let entries = self.container.entries.borrow();
            let bound = entries.values().filter(|e| e.binding.borrow().is_some());
            bound.cloned().collect()
        };
        bound.sort_by(|a, b| a.key.cmp(&b.key));
        for entry in bound {
            self.chain.clear();
            self.entry(&entry, None)?;
        }
        Ok(())
    }

    /// What a name is bound to, or its class, can be made.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn name(&mut self, name: &str) -> Result<(), Throw> {
        self.chain.clear();
        let entry = self.container.entry(name);
        self.entry(&entry, None)
    }

    fn wrong(&self, name: &str, why: &str) -> Throw {
        let mut all: Vec<&str> = self.chain.iter().map(|s| &**s).collect();
        if all.is_empty() && name.is_empty() {
            return error(why.to_owned());
        }
        if all.last() != Some(&name) {
            all.push(name);
        }
        error(format!("{}: {why}", all.join(" -> ")))
    }

    /// `holder` is what the worker keeps on the way here.
    fn entry(&mut self, entry: &Rc<Entry>, holder: Option<&str>) -> Result<(), Throw> {
        let name = &entry.name;
        if self.chain.iter().any(|c| c.eq_ignore_ascii_case(name)) {
            self.chain.push(name.clone());
            return Err(self.wrong(
                name,
                "it needs itself; break the circle with a closure or a setter",
            ));
        }
        if entry.object.borrow().is_some() {
            return Ok(());
        }
        let binding = entry.binding();
        let of_request = match &binding {
            None => *entry.key == *REQUEST || *entry.key == *session::KEY,
            Some(binding) => binding.lifetime == Lifetime::Request,
        };
        if let Some(holder) = holder.filter(|_| of_request) {
            return Err(match self.chain.is_empty() {
                _ if self.apart => self.wrong(
                    name,
                    "it lives as long as a request, and this runs without one",
                ),
                true => self.wrong(
                    name,
                    "it lives as long as a request, and controllers and middleware as long as the worker; \
                     take what is of a request as a parameter of the method",
                ),
                false => self.wrong(name, &outlives(holder)),
            });
        }
        if binding.is_none() && *entry.key == *session::KEY && self.app.sessions.borrow().is_none()
        {
            return Err(self.wrong(
                name,
                "the application has no sessions: add ->sessions() to it",
            ));
        }
        if binding.is_none() && (of_request || self.app.is_built_in(&entry.key)) {
            return match self.app.refuses(&entry.key) {
                Some(why) => Err(self.wrong(name, &why)),
                None => Ok(()),
            };
        }
        let mark = (Rc::clone(&entry.key), holder.is_some());
        if self.good.contains(&mark) {
            return Ok(());
        }
        let holder = match binding.as_ref().map_or(Lifetime::Worker, |b| b.lifetime) {
            Lifetime::Each => holder,
            Lifetime::Worker => Some(&**name),
            Lifetime::Request => None,
        };
        self.chain.push(name.clone());
        match binding.as_ref().map(|b| &b.concrete) {
            Some(Concrete::Factory(factory)) => {
                let needs = factory.needs()?;
                self.slots(&needs, holder)?;
            }
            Some(Concrete::Class(class)) if *super::key(class) != *entry.key => {
                let other = self.container.entry(class);
                match other.is_bound() {
                    true => self.entry(&other, holder)?,
                    false => {
                        self.chain.push(other.name.clone());
                        self.class(&other, holder)?;
                        self.chain.pop();
                    }
                }
            }
            _ => self.class(entry, holder)?,
        }
        self.chain.pop();
        self.good.insert(mark);
        Ok(())
    }

    fn class(&mut self, entry: &Rc<Entry>, holder: Option<&str>) -> Result<(), Throw> {
        if let Some(class) = find_class(&entry.name)? {
            crate::aspect::check(class.into())?;
        }
        let recipe = entry
            .recipe()
            .map_err(|e| e.or(&|why| self.wrong(&entry.name, &why)))?;
        self.slots(&recipe.needs, holder)?;
        for property in &recipe.properties {
            self.need(&property.need, holder)?;
        }
        Ok(())
    }

    fn slots(&mut self, needs: &[Slot], holder: Option<&str>) -> Result<(), Throw> {
        needs
            .iter()
            .try_for_each(|slot| self.need(&slot.need, holder))
    }

    fn need(&mut self, need: &Need, holder: Option<&str>) -> Result<(), Throw> {
        let last = |this: &Self| this.chain.last().cloned().unwrap_or_default();
        match need {
            Need::Value(_) => Ok(()),
            Need::Missing(why) => Err(self.wrong(&last(self), why)),
            Need::Config(wanted) => match wanted.value(self.app) {
                Ok(_) => Ok(()),
                Err(Unmet::Why(why)) => Err(self.wrong(&last(self), &why)),
                Err(Unmet::Throw(throw)) => Err(throw),
            },
            Need::Service(service) => self.service(service, holder),
            Need::Tagged(tag) => {
                let entries: Vec<Rc<Entry>> = {
                    let tags = self.container.tags.borrow();
                    let list = tags.get(tag).into_iter().flatten();
                    list.map(|service| service.entry(self.container)).collect()
                };
                entries
                    .iter()
                    .try_for_each(|entry| self.entry(entry, holder))
            }
        }
    }

    /// A type that is asked for, with what stands in for it.
    ///
    /// # Errors
    /// The chain and what is wrong at its end.
    pub(crate) fn service(&mut self, service: &Service, holder: Option<&str>) -> Result<(), Throw> {
        let entry = service.entry(self.container);
        if service.instead.is_some()
            && !entry.is_bound()
            && !self.app.is_built_in(&entry.key)
            && !recipe::is_autowired(&entry.name)?
        {
            return Ok(());
        }
        self.entry(&entry, holder)
    }
}
