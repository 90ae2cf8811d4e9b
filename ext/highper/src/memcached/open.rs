//! memcached of an application's configuration.

use super::client;
use crate::app::App;
use crate::configured::{Kind, untimely};
use crate::gauges::{self, Group};
use highper_memcached::{Client, Config, Server};
use highper_metrics::Kind as Figure;
use highper_zend::{Array, Key, Object, Throw, Value};
use std::rc::Rc;

const KIND: Kind = Kind {
    class: "highper\\memcached\\client",
    section: "memcached",
    variable: "MEMCACHED_URL",
    marks: &["url", "servers"],
    what: "memcached",
    example: "['servers' => ['host:11211']]",
};

static SHOWN: Group = Group {
    label: "memcached",
    figures: gauges::connections!(
        "highper_memcached",
        "to memcached",
        (
            "highper_memcached_commands_total",
            Figure::Counter,
            "Commands for memcached."
        ),
    ),
};

/// Is this the name of one?
pub(crate) fn is_built_in(key: &str) -> bool {
    KIND.is_built_in(key)
}

/// Why nobody can have it.
pub(crate) fn refused(app: &App, key: &str) -> Option<String> {
    KIND.refused(app, key, |value| {
        config(value).and_then(|config| config.check())
    })
}

/// Its object.
///
/// # Errors
/// What is wrong with its configuration.
pub(crate) fn object(app: &App, key: &str) -> Result<Object, Throw> {
    let value = KIND.value(app, key)?;
    let made = config(&value).and_then(Client::new).map_err(Throw::error)?;
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
        let name = key.to_bytes();
        let name = format!("{prefix}{}", String::from_utf8_lossy(&name));
        match value.as_array() {
            Some(inner) if name == "pool" => set(config, inner, "pool.")?,
            Some(servers) if name == "servers" => {
                for (key, value) in servers {
                    // A list of servers, or servers with their weights.
                    let server = match (key, value.as_long()) {
                        (Key::Name(server), Some(weight)) => {
                            let weight = u32::try_from(weight)
                                .ok()
                                .filter(|weight| (1..=100).contains(weight))
                                .ok_or("the weight of a server must be from 1 to 100")?;
                            Server::parse(&String::from_utf8_lossy(server), weight)?
                        }
                        _ => Server::parse(value.as_str().unwrap_or_default(), 1)?,
                    };
                    config.servers.push(server);
                }
            }
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
