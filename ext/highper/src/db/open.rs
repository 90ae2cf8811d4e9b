//! Databases of an application's configuration.

use super::database;
use crate::app::App;
use crate::configured::untimely;
use crate::gauges::{self, Group};
use crate::incoming::serving;
use highper_db::{Config, Dialect, Source, dialect};
use highper_metrics::Kind;
use highper_zend::{Array, Key, Object, Throw, Value};
use std::rc::Rc;

/// What everybody calls the default database by.
const KEY: &str = "highper\\db";
/// Named ones are below it.
const NAMED: &str = "db.";
/// The environment's variable for the default one.
const VARIABLE: &str = "DATABASE_URL";

static SHOWN: Group = Group {
    label: "database",
    figures: gauges::connections!(
        "highper_db",
        "to databases",
        (
            "highper_db_statements_total",
            Kind::Counter,
            "Statements for databases."
        ),
    ),
};

/// The configuration of `Highper\Db` or `db.name`.
fn found(app: &App, key: &str) -> Result<Option<Value>, Throw> {
    let is_database = |value: &Value| {
        value.is_string()
            || value
                .as_array()
                .is_some_and(|array| array.get("url").is_some() || array.get("driver").is_some())
    };
    if let Some(name) = key.strip_prefix(NAMED) {
        let found = app.config.find(app, &format!("db.{name}"))?;
        return Ok(found.filter(is_database));
    }
    let Some(all) = app.config.find(app, "db")? else {
        return Ok(app.env.borrow().get(VARIABLE).map(Value::string));
    };
    if is_database(&all) {
        return Ok(Some(all));
    }
    let default = all.as_array().and_then(|all| all.get("default"));
    match default.filter(|value| is_database(value)) {
        Some(value) => Ok(Some(value.clone())),
        None => Ok(app.env.borrow().get(VARIABLE).map(Value::string)),
    }
}

/// Is this the name of a database?
pub(crate) fn is_built_in(key: &str) -> bool {
    key == KEY || key.starts_with(NAMED)
}

/// Has the application a database?
pub(crate) fn is_configured(app: &App) -> bool {
    matches!(found(app, KEY), Ok(Some(_)))
}

/// Makes the connections that stay (`pool.min`), before somebody needs one.
///
/// # Errors
/// What is wrong with the configuration.
pub(crate) fn warm(app: &Rc<App>) -> Result<(), Throw> {
    let mut keys = vec![KEY.to_owned()];
    if let Some(all) = app
        .config
        .find(app, "db")?
        .and_then(|all| all.into_array().ok())
    {
        let named = all.iter().filter(|(_, value)| value.is_array());
        keys.extend(
            named.map(|(key, _)| format!("{NAMED}{}", String::from_utf8_lossy(&key.to_bytes()))),
        );
    }
    for key in keys {
        let Some(value) = found(app, &key)? else {
            continue;
        };
        if !config(&value).is_ok_and(|config| config.limits.min_idle > 0) {
            continue;
        }
        let Some(source) = app.built_in(&key)?.as_ref().and_then(database::source) else {
            continue;
        };
        let app = Rc::clone(app);
        source.warm(move |error| untimely(&app, &error.message));
    }
    Ok(())
}

/// The database of a name of the application that runs.
///
/// # Errors
/// There is none.
pub(super) fn of_application(name: &str) -> Result<Object, Throw> {
    let Some(app) = serving() else {
        return Err(super::exception::misused(format!(
            "no application runs whose database '{name}' could be meant: make one by new Highper\\Db(…)"
        )));
    };
    let key = match name {
        "default" => KEY.to_owned(),
        name => format!("{NAMED}{name}"),
    };
    if let Some(why) = refused(&app, &key) {
        return Err(super::exception::misused(why));
    }
    app.built_in(&key)?.ok_or_else(|| {
        super::exception::misused(format!("there is no database of the name '{name}'"))
    })
}

/// Why nobody can have it.
pub(crate) fn refused(app: &App, key: &str) -> Option<String> {
    match found(app, key) {
        Ok(Some(value)) => config(&value).err(),
        Ok(None) if key != KEY => Some(format!(
            "there is no database of this name: config/db.php needs '{}' => ['url' => 'mysql://…']",
            key.trim_start_matches(NAMED)
        )),
        Ok(None) => Some(
            "no database is configured: set DATABASE_URL, or return ['url' => 'mysql://…'] from config/db.php"
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
    let config = config(&value).map_err(Throw::error)?;
    let source = Source::new(config);
    let name = key.strip_prefix(NAMED).unwrap_or("default");
    gauges::show(&SHOWN, name, &source, |source| {
        let account = source.account();
        let mut values = gauges::of_pool(&account.counts);
        values.push(account.statements);
        values
    });
    database::object(source)
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
        settings
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let servers = |key: &str| servers(settings, key);
    let (reading, writing) = (servers("read")?, servers("write")?);
    let mut config = match (text("url"), text("driver")) {
        (Some(url), _) => Config::parse(url)?,
        (None, Some(driver)) => Config::new(dialect(driver)?),
        (None, None) => {
            return Err("a database needs a 'url' or a 'driver' (mysql, postgres, sqlite)".into());
        }
    };
    set(&mut config, settings, "")?;
    let base = config.clone();
    // What the servers have of their own goes over what they have in common.
    let own = |server: &Array| -> Result<(Config, u32), String> {
        let mut own = base.clone();
        let mut weight = 1;
        for (key, value) in server {
            let key = key.to_bytes();
            let key = String::from_utf8_lossy(&key);
            let text = value.to_str().map_err(|throw| throw.message())?;
            match &*key {
                "weight" => {
                    weight = text
                        .to_string_lossy()
                        .parse()
                        .ok()
                        .filter(|weight| (1..=100).contains(weight))
                        .ok_or("the weight of a replica must be from 1 to 100")?;
                }
                key => own.set(key, &text.to_string_lossy())?,
            }
        }
        Ok((own, weight))
    };
    for server in &reading {
        config.replicas.push(own(server)?);
    }
    let mut primaries = Vec::new();
    for server in &writing {
        primaries.push(own(server)?.0);
    }
    if !primaries.is_empty() {
        let first = primaries.remove(0);
        config = Config {
            replicas: config.replicas,
            primaries,
            ..first
        };
    }
    if config.dialect == Dialect::Sqlite
        && !(config.replicas.is_empty() && config.primaries.is_empty())
    {
        return Err(
            "SQLite has no replicas: 'read' and 'write' are for MySQL and PostgreSQL".into(),
        );
    }
    Ok(config)
}

/// `read` or `write`: a server, a list of them, or one whose host is a list.
fn servers(settings: &Array, key: &str) -> Result<Vec<Array>, String> {
    let wrong = || {
        format!(
            "'{key}' must be a host, a list of hosts, or settings of servers: ['host' => …, 'port' => …]"
        )
    };
    let host = |name: &Value| {
        let mut server = Array::new();
        let text = name.as_str().unwrap_or_default();
        match text.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') => server.set("host", name).set("port", port),
            _ => server.set("host", text),
        };
        server
    };
    let Some(value) = settings.get(key).filter(|value| !value.is_null()) else {
        return Ok(Vec::new());
    };
    if value.is_string() {
        return Ok(vec![host(value)]);
    }
    let given = value.as_array().ok_or_else(wrong)?;
    if given.is_list() {
        let one = |value: &Value| match value.as_array() {
            Some(server) => Ok(server.clone()),
            None if value.is_string() => Ok(host(value)),
            None => Err(wrong()),
        };
        return given.values().map(one).collect();
    }
    let hosts = given.get("host").and_then(Value::as_array);
    let Some(hosts) = hosts else {
        return Ok(vec![given.clone()]);
    };
    let each = |name: &Value| {
        let mut server = given.clone();
        for (key, value) in &host(name) {
            server.set_key(key, value.clone());
        }
        server
    };
    Ok(hosts.values().map(each).collect())
}

fn set(config: &mut Config, settings: &Array, prefix: &str) -> Result<(), String> {
    for (key, value) in settings {
        let key = match key {
            Key::Name(name) => format!("{prefix}{}", String::from_utf8_lossy(name)),
            Key::Index(number) => return Err(format!("there is no setting '{prefix}{number}'")),
        };
        match (value.as_array(), value.as_bool()) {
            (Some(inner), _) if key == "pool" => set(config, inner, "pool.")?,
            // Servers, which are read by themselves.
            _ if prefix.is_empty() && matches!(&*key, "read" | "write") => {}
            // Another database, by its name.
            (Some(inner), _)
                if prefix.is_empty()
                    && (inner.get("url").is_some() || inner.get("driver").is_some()) => {}
            (Some(_), _) => return Err(format!("{key} must be no array")),
            (None, Some(truth)) => config.set(&key, if truth { "on" } else { "off" })?,
            (None, None) if value.is_null() => {}
            (None, None) => {
                let text = value.to_str().map_err(|throw| throw.message())?;
                config.set(&key, &text.to_string_lossy())?;
            }
        }
    }
    Ok(())
}
