//! One validation under way: what it may use, where it is, what it has found.

use super::TRANSLATOR;
use crate::app::App;
use crate::container::Service;
use crate::exception::unprocessable::unprocessable;
use crate::incoming::Incoming;
use crate::upload;
use highper_app::rule::Violation;
use highper_zend::{Array, Key, Object, Str, Throw, Value};
use std::rc::Rc;

/// A validation under way.
pub(crate) struct Run<'a> {
    /// For rules that ask objects; none for a validator without an application.
    pub(crate) app: Option<&'a App>,
    pub(crate) incoming: Option<&'a Rc<Incoming>>,
    /// Are the values texts that stand for numbers and booleans, as in a form?
    pub(crate) texts: bool,
    /// How many objects this one is in.
    pub(crate) depth: u32,
    /// A translator that was given by hand.
    translator: Option<&'a Object>,
    failures: Vec<(String, Violation)>,
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    Root,
    Field(&'a At<'a>, &'a Str),
    Entry(&'a At<'a>, Key<'a>),
}

impl At<'_> {
    /// `place.city`, `tags.0`
    fn text(&self) -> String {
        let (parent, name) = match self {
            Self::Root => return String::new(),
            Self::Field(parent, name) => (parent, name.to_string_lossy().into_owned()),
            Self::Entry(parent, key) => (
                parent,
                String::from_utf8_lossy(&key.to_bytes()).into_owned(),
            ),
        };
        match parent {
            Self::Root => name,
            parent => format!("{}.{name}", parent.text()),
        }
    }
}

impl<'a> Run<'a> {
    /// A run of an application.
    pub(crate) fn of(app: &'a App, incoming: Option<&'a Rc<Incoming>>, texts: bool) -> Self {
        Self {
            app: Some(app),
            incoming,
            texts,
            depth: 0,
            translator: None,
            failures: Vec::new(),
        }
    }

    /// A run without an application.
    pub(crate) fn alone(texts: bool) -> Self {
        Self {
            app: None,
            incoming: None,
            texts,
            depth: 0,
            translator: None,
            failures: Vec::new(),
        }
    }

    /// The same with a translator that goes before that of the application.
    pub(crate) fn said_by(mut self, translator: Option<&'a Object>) -> Self {
        self.translator = translator;
        self
    }

    /// Notes that a value is wrong.
    pub(crate) fn fail(&mut self, at: At<'_>, violation: Violation) {
        self.failures.push((at.text(), violation));
    }

    /// Was nothing wrong so far?
    pub(crate) fn is_good(&self) -> bool {
        self.failures.is_empty()
    }

    /// An upload of a form by the name of its field.
    ///
    /// # Errors
    /// PHP has no memory for it.
    pub(crate) fn upload(&self, name: &Str, parent: &At<'_>) -> Result<Option<Value>, Throw> {
        match (self.incoming, parent) {
            (Some(incoming), At::Root) => upload::of(incoming, name),
            _ => Ok(None),
        }
    }

    /// The messages, translated where there is a translator: for each rule that was broken a field and a text.
    fn messages(&mut self) -> Result<Vec<(String, String)>, Throw> {
        let failures = std::mem::take(&mut self.failures);
        let translator = match (self.translator, self.app) {
            _ if failures.is_empty() => None,
            (Some(given), _) => Some(given.clone()),
            (None, Some(app)) if app.container.is_bound(TRANSLATOR.name()) => {
                let service = Service::new(TRANSLATOR.name(), None);
                let made = app.container.get(app, &service, self.incoming)?;
                made.into_object().ok()
            }
            (None, Some(app)) => crate::translation::of_rules(app)?,
            (None, None) => None,
        };
        let mut all = Vec::with_capacity(failures.len());
        for (field, violation) in failures {
            let message = match &translator {
                None => violation.message,
                Some(translator) => translate(translator, &violation)?,
            };
            all.push((field, message));
        }
        Ok(all)
    }

    /// Names of fields and lists of what is wrong with them.
    ///
    /// # Errors
    /// What a translator throws.
    pub(crate) fn errors(&mut self) -> Result<Array, Throw> {
        let mut errors = Array::new();
        for (field, message) in self.messages()? {
            errors.nested(&field).push(message);
        }
        Ok(errors)
    }

    /// All that is wrong as one sentence.
    ///
    /// # Errors
    /// What a translator throws.
    pub(crate) fn sentence(&mut self) -> Result<String, Throw> {
        let all = self.messages()?;
        let all: Vec<String> = all
            .into_iter()
            .map(|(field, message)| format!("{field} {message}"))
            .collect();
        Ok(all.join("; "))
    }

    /// The exception that is answered with 422.
    pub(crate) fn thrown(&mut self) -> Throw {
        match self.errors() {
            Ok(errors) => unprocessable(errors),
            Err(throw) => throw,
        }
    }
}

fn translate(translator: &Object, violation: &Violation) -> Result<String, Throw> {
    let mut parameters = Array::new();
    for (name, value) in &violation.parameters {
        parameters.set(name, value.as_str());
    }
    let args = [
        Value::string(&*violation.rule),
        parameters.into(),
        Value::string(&violation.message),
    ];
    let text = translator.call("translate", &args).into_result()?;
    Ok(text.to_str()?.to_string_lossy().into_owned())
}
