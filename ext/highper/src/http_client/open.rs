//! Clients of an application's configuration.

use super::client;
use super::options::{NAMES, Options};
use crate::app::App;
use crate::configured::untimely;
use crate::gauges::{self, Group};
use highper_fetch::{Client, PoolCounts, Url};
use highper_metrics::Kind;
use highper_zend::{Array, Object, Throw, Value};
use std::rc::Rc;

/// What everybody calls the default client by.
const KEY: &str = "highper\\http\\client";
/// Named ones are below it.
const NAMED: &str = "http.";

static SHOWN: Group = Group {
    label: "client",
    figures: gauges::connections!(
        "highper_http_client",
        "of HTTP clients",
        (
            "highper_http_client_requests_total",
            Kind::Counter,
            "Requests of HTTP clients.",
        ),
        (
            "highper_http_client_failed_total",
            Kind::Counter,
            "Requests of HTTP clients that got no answer.",
        ),
        (
            "highper_http_client_retries_total",
            Kind::Counter,
            "Repetitions of requests of HTTP clients.",
        ),
    ),
};

fn shown(client: &Client) -> Vec<u64> {
    let mut all = PoolCounts::default();
    for account in client.accounts() {
        all.idle += account.counts.idle;
        all.taken += account.counts.taken + usize::from(account.is_two);
        all.waiting += account.counts.waiting;
        all.waits += account.counts.waits;
        all.refused += account.counts.refused;
    }
    let counts = client.counts();
    let mut values = gauges::of_pool(&all);
    values.extend([counts.requests, counts.failed, counts.retries]);
    values
}

/// Is this the name of a client?
pub(crate) fn is_built_in(key: &str) -> bool {
    key == KEY || key.starts_with(NAMED)
}

/// The settings of `Highper\Http\Client` or `http.name`; nothing where the default one has none.
fn found(app: &App, key: &str) -> Result<Option<Array>, Throw> {
    match key.strip_prefix(NAMED) {
        None => Ok(app
            .config
            .find(app, "http")?
            .and_then(|value| value.into_array().ok())),
        Some(name) if NAMES.contains(&name) => Ok(None),
        Some(name) => {
            let found = app.config.find(app, &format!("http.{name}"))?;
            Ok(found.and_then(|value: Value| value.into_array().ok()))
        }
    }
}

fn options(app: &App, key: &str) -> Result<Options, String> {
    match found(app, key) {
        Err(throw) => Err(throw.message()),
        Ok(Some(array)) => Options::of(&array).map_err(|why| format!("config/http.php: {why}")),
        Ok(None) if key == KEY => Ok(Options::default()),
        Ok(None) => Err(format!(
            "there is no HTTP client of this name: config/http.php needs '{}' => ['base' => 'https://…']",
            key.trim_start_matches(NAMED)
        )),
    }
}

/// Why nobody can have it.
pub(crate) fn refused(app: &App, key: &str) -> Option<String> {
    options(app, key).err()
}

/// Its object.
///
/// # Errors
/// What is wrong with its configuration.
pub(crate) fn object(app: &App, key: &str) -> Result<Object, Throw> {
    let made =
        client::Handle::new(options(app, key).map_err(Throw::error)?).map_err(Throw::error)?;
    let name = key.strip_prefix(NAMED).unwrap_or("default");
    gauges::show(&SHOWN, name, &made.client, shown);
    client::object(made)
}

/// Makes the connections that stay (`pool.min`) to the servers of those that have a `base`, before somebody needs one.
///
/// # Errors
/// What is wrong with the configuration.
pub(crate) fn warm(app: &Rc<App>) -> Result<(), Throw> {
    let mut keys = vec![KEY.to_owned()];
    let all = app.config.find(app, "http")?;
    if let Some(all) = all.as_ref().and_then(Value::as_array) {
        let names = all.iter().filter(|(_, value)| value.is_array());
        let names = names.map(|(key, _)| String::from_utf8_lossy(&key.to_bytes()).into_owned());
        let named = names.filter(|name| !NAMES.contains(&&**name));
        keys.extend(named.map(|name| format!("{NAMED}{name}")));
    }
    for key in keys {
        let Some(options) = options(app, &key).ok() else {
            continue;
        };
        let base = options.base.as_deref().map(Url::parse);
        let (1.., Some(Ok(url))) = (options.settings.pool.min_idle, base) else {
            continue;
        };
        let object = app.built_in(&key)?;
        if let Some(client) = object.as_ref().and_then(client::of) {
            let app = Rc::clone(app);
            client.warm(&url, move |error| untimely(&app, &error.message));
        }
    }
    Ok(())
}
