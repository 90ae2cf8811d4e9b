//! Redis of an application's configuration.

use super::client;
use crate::app::App;
use crate::configured::{Kind, untimely};
use crate::gauges::Group;
use highper_metrics::Kind as Figure;
use highper_redis::{Client, Config, Mode, Shard};
use highper_zend::{Array, Key, Object, Throw, Value};
use std::rc::Rc;

const KIND: Kind = Kind {
    class: "highper\\redis\\client",
    section: "redis",
    variable: "REDIS_URL",
    marks: &["url", "host", "socket", "nodes", "shards"],
    what: "Redis",
    example: "['url' => 'redis://…']",
};

static SHOWN: Group = Group {
    label: "redis",
    figures: &[
        (
            "highper_redis_connections",
            Figure::Gauge,
            "Connections to Redis: shared ones, and those that one coroutine has for itself.",
        ),
        (
            "highper_redis_waiting",
            Figure::Gauge,
            "Coroutines that wait for a connection to Redis.",
        ),
        (
            "highper_redis_waits_total",
            Figure::Counter,
            "How often somebody had to wait for a connection to Redis.",
        ),
        (
            "highper_redis_refused_total",
            Figure::Counter,
            "How often there was no connection to Redis in time.",
        ),
        (
            "highper_redis_commands_total",
            Figure::Counter,
            "Commands for Redis.",
        ),
    ],
};

fn shown(client: &Client) -> Vec<u64> {
    let account = client.account();
    let counts = account.counts;
    vec![
        account.shared.0 + (counts.idle + counts.taken) as u64,
        counts.waiting as u64,
        counts.waits,
        counts.refused,
        account.commands,
    ]
}

/// Is this the name of one?
pub(crate) fn is_built_in(key: &str) -> bool {
    KIND.is_built_in(key)
}

/// Why nobody can have it.
pub(crate) fn refused(app: &App, key: &str) -> Option<String> {
    KIND.refused(app, key, |value| {
        config(value).and_then(Config::check).map(drop)
    })
}

/// Its object.
///
/// # Errors
/// What is wrong with its configuration.
pub(crate) fn object(app: &App, key: &str) -> Result<Object, Throw> {
    let value = KIND.value(app, key)?;
    let made = config(&value).and_then(Client::new).map_err(Throw::error)?;
    KIND.show(&SHOWN, key, &made, shown);
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
    let text = |key: &str| {
        let value = settings.get(key).and_then(Value::as_str);
        value.filter(|text| !text.is_empty())
    };
    let mut config = match text("url") {
        Some(url) => Config::parse(url)?,
        None => Config::default(),
    };
    // Which servers they are is to be known before where they are.
    match (text("mode"), settings.get("shards").is_some()) {
        (Some(mode), _) => config.set("mode", mode)?,
        (None, true) => config.mode = Mode::Shards,
        (None, false) => {}
    }
    set(&mut config, settings, "")?;
    Ok(config)
}

fn set(config: &mut Config, settings: &Array, prefix: &str) -> Result<(), String> {
    for (key, value) in settings {
        let key = match key {
            Key::Name(name) => format!("{prefix}{}", String::from_utf8_lossy(name)),
            Key::Index(number) => return Err(format!("there is no setting '{prefix}{number}'")),
        };
        match (value.as_array(), value.as_bool()) {
            (Some(inner), _) if key == "pool" => set(config, inner, "pool.")?,
            (Some(nodes), _) if matches!(&*key, "nodes" | "sentinels") => {
                if key == "sentinels" {
                    config.mode = Mode::Sentinel;
                }
                for node in nodes.values() {
                    config.add_node(node.as_str().unwrap_or_default())?;
                }
            }
            (Some(shards), _) if key == "shards" => {
                for (name, shard) in shards {
                    config.shards.push(self::shard(name, shard)?);
                }
            }
            // Another one, by its name.
            (Some(_), _) if prefix.is_empty() && KIND.is_one(value) => {}
            (Some(_), _) => return Err(format!("{key} must be no array")),
            (None, Some(truth)) => config.set(&key, if truth { "on" } else { "off" })?,
            (None, None) if value.is_null() || key == "mode" => {}
            (None, None) => {
                let text = value.to_str().map_err(|throw| throw.message())?;
                config.set(&key, &text.to_string_lossy())?;
            }
        }
    }
    Ok(())
}

fn shard(name: Key<'_>, value: &Value) -> Result<Shard, String> {
    let mut weight = 1;
    let shard = match value.as_array() {
        Some(settings) => {
            let mut rest = settings.clone();
            if let Some(given) = settings.get("weight") {
                weight = given
                    .as_long()
                    .and_then(|weight| u32::try_from(weight).ok())
                    .filter(|weight| (1..=100).contains(weight))
                    .ok_or("the weight of a shard must be from 1 to 100")?;
                rest.remove("weight");
            }
            config(&rest.into())?
        }
        None => config(value)?,
    };
    if shard.mode == Mode::Shards {
        return Err("a shard can't have shards of its own".into());
    }
    let name = match name {
        Key::Name(name) => String::from_utf8_lossy(name).into_owned(),
        // Who gives no names gets the order as such.
        Key::Index(number) => number.to_string(),
    };
    Ok(Shard {
        name,
        weight,
        config: shard,
    })
}
