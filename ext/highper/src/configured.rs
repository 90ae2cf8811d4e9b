//! Clients that an application's configuration describes: one, or several by their names, as a URL or as an array of settings.

use crate::app::App;
use crate::gauges::{self, Group};
use highper_log::Level;
use highper_zend::{Object, Throw, Value};
use std::rc::Rc;

/// A kind of client.
pub(crate) struct Kind {
    /// What everybody calls the default one by: its class, in small letters.
    pub(crate) class: &'static str,
    /// The configuration's file, and what stands before the names of the others.
    pub(crate) section: &'static str,
    /// The environment's variable for the default one.
    pub(crate) variable: &'static str,
    /// An array that has one of these keys describes one.
    pub(crate) marks: &'static [&'static str],
    /// What it is, for messages.
    pub(crate) what: &'static str,
    /// What a configuration looks like.
    pub(crate) example: &'static str,
}

/// Says in the log that connections of `pool.min` could not be made.
pub(crate) fn untimely(app: &App, why: &str) {
    let text = format!("no connection was made ahead of its need: {why}");
    app.log(Level::Warning, &text, &[], None);
}

impl Kind {
    /// Shows one among the metrics.
    pub(crate) fn show<T: 'static>(
        &self,
        group: &'static Group,
        key: &str,
        client: &Rc<T>,
        values: fn(&T) -> Vec<u64>,
    ) {
        gauges::show(group, self.name(key).unwrap_or("default"), client, values);
    }

    /// Those that there are which are to be ready before somebody needs them: `wants` says so of a description.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn early(
        &self,
        app: &Rc<App>,
        wants: impl Fn(&Value) -> bool,
    ) -> Result<Vec<Object>, Throw> {
        let mut keys = vec![self.class.to_owned()];
        let all = app.config.find(app, self.section)?;
        if let Some(all) = all.as_ref().and_then(Value::as_array) {
            let named = all
                .iter()
                .filter(|(_, value)| value.is_array() && self.is_one(value));
            keys.extend(named.map(|(key, _)| {
                format!(
                    "{}.{}",
                    self.section,
                    String::from_utf8_lossy(&key.to_bytes())
                )
            }));
        }
        let mut found = Vec::new();
        for key in keys {
            if self.found(app, &key)?.is_some_and(|value| wants(&value)) {
                found.extend(app.built_in(&key)?);
            }
        }
        Ok(found)
    }

    fn name<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(self.section)?.strip_prefix('.')
    }

    /// Is this the name of one?
    pub(crate) fn is_built_in(&self, key: &str) -> bool {
        key == self.class || self.name(key).is_some()
    }

    /// Does this describe one?
    pub(crate) fn is_one(&self, value: &Value) -> bool {
        let has = |key: &&str| {
            let array = value.as_array();
            array.is_some_and(|array| array.get(key).is_some())
        };
        value.is_string() || self.marks.iter().any(has)
    }

    /// What describes the one of a name.
    fn found(&self, app: &App, key: &str) -> Result<Option<Value>, Throw> {
        if let Some(name) = self.name(key) {
            let found = app.config.find(app, &format!("{}.{name}", self.section))?;
            return Ok(found.filter(|value| self.is_one(value)));
        }
        let variable = || app.env.borrow().get(self.variable).map(Value::string);
        let Some(all) = app.config.find(app, self.section)? else {
            return Ok(variable());
        };
        if self.is_one(&all) {
            return Ok(Some(all));
        }
        let default = all.as_array().and_then(|all| all.get("default"));
        Ok(match default.filter(|value| self.is_one(value)) {
            Some(value) => Some(value.clone()),
            None => variable(),
        })
    }

    /// Why nobody can have it; `check` says what is wrong with a description.
    pub(crate) fn refused(
        &self,
        app: &App,
        key: &str,
        check: impl FnOnce(&Value) -> Result<(), String>,
    ) -> Option<String> {
        match self.found(app, key) {
            Ok(Some(value)) => check(&value).err(),
            Ok(None) => Some(self.missing(key)),
            Err(throw) => Some(throw.message()),
        }
    }

    /// What describes it.
    ///
    /// # Errors
    /// There is nothing.
    pub(crate) fn value(&self, app: &App, key: &str) -> Result<Value, Throw> {
        let found = self.found(app, key)?;
        found.ok_or_else(|| Throw::error(self.missing(key)))
    }

    fn missing(&self, key: &str) -> String {
        let Self {
            section,
            variable,
            what,
            example,
            ..
        } = self;
        match self.name(key) {
            Some(name) => format!(
                "there is no {what} of this name: config/{section}.php needs '{name}' => {example}"
            ),
            None => format!(
                "no {what} is configured: set {variable}, or return {example} from config/{section}.php"
            ),
        }
    }
}
