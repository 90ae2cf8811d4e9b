//! Clients of an application's configuration.

use super::options::{NAMES, Options};
use super::{client, gauges};
use crate::app::App;
use highper_zend::{Array, Object, Throw, Value};

/// What everybody calls the default client by.
const KEY: &str = "highper\\http\\client";
/// Named ones are below it.
const NAMED: &str = "http.";

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
    gauges::opened(key.strip_prefix(NAMED).unwrap_or("default"), &made.client);
    client::object(made)
}
