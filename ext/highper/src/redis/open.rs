//! Redis of an application's configuration.

use super::{client, gauges};
use crate::app::App;
use highper_redis::{Client, Config, Mode, Shard};
use highper_zend::{Array, Key, Object, Throw, Value};

/// What everybody calls the default one by.
const KEY: &str = "highper\\redis\\client";
/// Named ones are below it.
const NAMED: &str = "redis.";
/// The environment's variable for the default one.
const VARIABLE: &str = "REDIS_URL";

fn is_client(value: &Value) -> bool {
    let has = |array: &Array| {
        ["url", "host", "socket", "nodes", "shards"]
            .iter()
            .any(|key| array.get(key).is_some())
    };
    value.is_string() || value.as_array().is_some_and(has)
}

/// The configuration of `Highper\Redis\Client` or `redis.name`.
fn found(app: &App, key: &str) -> Result<Option<Value>, Throw> {
    if let Some(name) = key.strip_prefix(NAMED) {
        let found = app.config.find(app, &format!("redis.{name}"))?;
        return Ok(found.filter(is_client));
    }
    let variable = || app.env.borrow().get(VARIABLE).map(Value::string);
    let Some(all) = app.config.find(app, "redis")? else {
        return Ok(variable());
    };
    if is_client(&all) {
        return Ok(Some(all));
    }
    let default = all.as_array().and_then(|all| all.get("default"));
    Ok(match default.filter(|value| is_client(value)) {
        Some(value) => Some(value.clone()),
        None => variable(),
    })
}

/// Is this the name of one?
pub(crate) fn is_built_in(key: &str) -> bool {
    key == KEY || key.starts_with(NAMED)
}

/// Why nobody can have it.
pub(crate) fn refused(app: &App, key: &str) -> Option<String> {
    match found(app, key) {
        Ok(Some(value)) => config(&value).and_then(Config::check).err(),
        Ok(None) if key != KEY => Some(format!(
            "there is no Redis of this name: config/redis.php needs '{}' => ['url' => 'redis://…']",
            key.trim_start_matches(NAMED)
        )),
        Ok(None) => Some(
            "no Redis is configured: set REDIS_URL, or return ['url' => 'redis://…'] from config/redis.php"
                .to_owned(),
        ),
        Err(throw) => Some(throw.message()),
    }
}

/// Its object.
///
/// # Errors
/// What is wrong with its configuration.
pub(crate) fn object(app: &App, key: &str) -> Result<Object, Throw> {
    let Some(value) = found(app, key)? else {
        return Err(Throw::error(refused(app, key).unwrap_or_default()));
    };
    let made = config(&value).and_then(Client::new).map_err(Throw::error)?;
    gauges::opened(key.strip_prefix(NAMED).unwrap_or("default"), &made);
    client::object(made)
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
            (Some(_), _) if prefix.is_empty() && is_client(value) => {}
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
