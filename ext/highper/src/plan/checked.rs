//! Values of a request that rules are for.

use super::shape::{Marks, Shape};
use crate::app::App;
use crate::exception::http_exception::exception;
use crate::incoming::Incoming;
use crate::validation::rule::{self, Rule};
use crate::validation::run::{At, Run};
use highper_zend::reflect::Type;
use highper_zend::{Array, Str, Throw, Value};
use std::rc::Rc;

/// What a value must be beyond its type, and the name that errors say.
pub(crate) struct Checked {
    pub(super) name: Str,
    pub(super) shape: Shape,
    pub(super) rules: Box<[Rule]>,
}

impl Checked {
    /// Rules alone: the type is seen to.
    pub(super) fn rules(name: &str, marks: Marks) -> Self {
        Self {
            name: Str::new(name),
            shape: Shape::Any,
            rules: marks.rules.into(),
        }
    }

    pub(super) fn of(
        name: &str,
        kind: Option<&Type>,
        marks: Marks,
        app: &App,
    ) -> Result<Self, String> {
        Ok(Self {
            name: Str::new(name),
            shape: Shape::of(kind, &marks, &app.schemas)?,
            rules: marks.rules.into(),
        })
    }

    /// A value of a request that rules are for.
    pub(super) fn check(
        &self,
        value: &Value,
        incoming: &Rc<Incoming>,
        status: u16,
    ) -> Result<(), Throw> {
        if self.rules.is_empty() {
            return Ok(());
        }
        let mut run = Run::of(&incoming.app, Some(incoming), true);
        let at = At::Field(&At::Root, &self.name);
        match rule::apply(&self.rules, value, &Array::new(), at, &mut run)? {
            true => Ok(()),
            false => Err(exception(status, &run.sentence()?)),
        }
    }

    /// A list: its entries converted and checked.
    pub(super) fn converted(
        &self,
        value: &Value,
        incoming: &Rc<Incoming>,
        texts: bool,
        status: u16,
    ) -> Result<Value, Throw> {
        let mut run = Run::of(&incoming.app, Some(incoming), texts);
        let root = At::Root;
        // A body has no name of its own.
        let at = match status {
            422 => root,
            _ => At::Field(&root, &self.name),
        };
        let made = self.shape.convert(value, at, &mut run)?;
        if let Some(made) = made
            && rule::apply(&self.rules, &made, &Array::new(), at, &mut run)?
        {
            return Ok(made);
        }
        Err(match status {
            422 => run.thrown(),
            status => exception(status, &run.sentence()?),
        })
    }
}
