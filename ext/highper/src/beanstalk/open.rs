//! beanstalkd of an application's configuration.

use super::client;
use crate::app::App;
use crate::configured::{Kind, untimely};
use crate::gauges::{self, Group};
use highper_beanstalk::{Client, Config};
use highper_metrics::Kind as Figure;
use highper_zend::{Array, Key, Object, Throw, Value};
use std::rc::Rc;

const KIND: Kind = Kind {
    class: "highper\\beanstalk\\client",
    section: "beanstalk",
    variable: "BEANSTALK_URL",
    marks: &["url", "host", "socket"],
    what: "beanstalkd",
    example: "['url' => 'beanstalk://host:11300']",
};

static SHOWN: Group = Group {
    label: "beanstalk",
    figures: gauges::connections!(
        "highper_beanstalk",
        "to beanstalkd",
        (
            "highper_beanstalk_commands_total",
            Figure::Counter,
            "Commands for beanstalkd."
        ),
    ),
};

/// Is this the name of one?
pub(crate) fn is_built_in(key: &str) -> bool {
    KIND.is_built_in(key)
}

/// Why nobody can have it.
pub(crate) fn refused(app: &App, key: &str) -> Option<String> {
    KIND.refused(app, key, |value| config(value).map(drop))
}

/// Its object.
///
/// # Errors
/// What is wrong with its configuration.
pub(crate) fn object(app: &App, key: &str) -> Result<Object, Throw> {
    let value = KIND.value(app, key)?;
    let config = config(&value).map_err(Throw::error)?;
    let made = Client::new(config);
    KIND.show(&SHOWN, key, &made, |client| {
        let mut values = gauges::of_pool(&client.counts());
        values.push(client.commands());
        values
    });
    client::object(made)
}

/// Makes the connections that stay (`pool.min`), before somebody needs one.
///
/// # Errors
/// What is wrong with the configuration.
pub(crate) fn warm(app: &Rc<App>) -> Result<(), Throw> {
    let wants = |value: &Value| config(value).is_ok_and(|config| config.limits.min_idle > 0);
    for object in KIND.early(app, wants)? {
        if let Some(client) = client::of(&object) {
            let app = Rc::clone(app);
            client.warm(move |error| untimely(&app, &error.message));
        }
    }
    Ok(())
}

/// A configuration as a URL, or as an array of settings.
///
/// # Errors
/// What is wrong with it.
pub(super) fn config(value: &Value) -> Result<Config, String> {
    let (None, Some(settings)) = (value.as_bytes(), value.as_array()) else {
        return Config::parse(value.as_str().unwrap_or_default());
    };
    let mut config = match settings.get("url").and_then(Value::as_str) {
        Some(url) => Config::parse(url)?,
        None => Config::default(),
    };
    set(&mut config, settings, "")?;
    Ok(config)
}

fn set(config: &mut Config, settings: &Array, prefix: &str) -> Result<(), String> {
    for (key, value) in settings {
        let name = match key {
            Key::Name(name) => format!("{prefix}{}", String::from_utf8_lossy(name)),
            Key::Index(number) => return Err(format!("there is no setting '{prefix}{number}'")),
        };
        match value.as_array() {
            Some(inner) if name == "pool" => set(config, inner, "pool.")?,
            // Another one, by its name.
            Some(_) if prefix.is_empty() && KIND.is_one(value) => {}
            Some(_) => return Err(format!("{name} must be no array")),
            None => {
                let text = value.to_str().map_err(|throw| throw.message())?;
                config.set(&name, &text.to_string_lossy())?;
            }
        }
    }
    Ok(())
}
