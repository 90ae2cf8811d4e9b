//! Translations: the messages of `lang/`, one catalog for a locale, and the locale of who asks.

pub(crate) mod locale;
pub(crate) mod translator;

use crate::app::App;
use highper_app::{language, message};
use highper_zend::{
    Array, ClassRef, Object, Registry, Throw, Value, call_function, find_class, script,
};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

static ERROR: ClassRef = ClassRef::new("Highper\\ConfigException");
/// Where nothing else is said.
const DEFAULT: &str = "en";
/// Arrays deeper than this hold no messages.
const DEEPEST: usize = 16;

/// Declares the classes.
pub(crate) fn declare(registry: &mut Registry) {
    translator::declare(registry);
}

/// The messages of one locale by their keys, `notes.saved`.
type Catalog = HashMap<Box<str>, Box<str>>;

/// What an application has of them; read when it is first asked for, once for a worker.
#[derive(Default)]
pub(crate) struct Translations {
    locales: OnceCell<Vec<String>>,
    default: OnceCell<String>,
    fallback: OnceCell<String>,
    catalogs: RefCell<HashMap<String, Rc<Catalog>>>,
}

/// A message, and the locale that it is written in.
struct Found {
    text: Box<str>,
    locale: String,
}

fn wrong(message: String) -> Throw {
    Throw::new(&ERROR, message, 0)
}

impl Translations {
    fn folder(app: &App) -> PathBuf {
        app.base.join("lang")
    }

    /// The locales that there are files of, the default one first.
    pub(crate) fn locales(&self, app: &App) -> Result<&[String], Throw> {
        if let Some(known) = self.locales.get() {
            return Ok(known);
        }
        let folder = Self::folder(app);
        let mut all = Vec::new();
        match std::fs::read_dir(&folder) {
            Ok(list) => {
                for path in list.filter_map(|entry| Some(entry.ok()?.path())) {
                    let is_file = path.extension().is_some_and(|e| e == "php" || e == "json");
                    let name = path.file_stem().and_then(|name| name.to_str());
                    if let Some(name) = name.filter(|name| language::is_locale(name))
                        && (is_file || path.is_dir())
                        && !all.iter().any(|known| known == name)
                    {
                        all.push(name.to_owned());
                    }
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => {
                let folder = folder.display();
                return Err(wrong(format!("the folder {folder} can't be read: {e}")));
            }
        }
        all.sort();
        let default = self.default_locale(app)?;
        if let Some(at) = all
            .iter()
            .position(|known| language::is_same(known, default))
        {
            let first = all.remove(at);
            all.insert(0, first);
        }
        Ok(self.locales.get_or_init(|| all))
    }

    /// Is there anything to translate with?
    pub(crate) fn exist(&self, app: &App) -> Result<bool, Throw> {
        Ok(!self.locales(app)?.is_empty())
    }

    fn setting(app: &App, path: &str) -> Result<Option<String>, Throw> {
        match app.config.find(app, path)? {
            None => Ok(None),
            Some(value) => match value.as_str() {
                Some(name) if language::is_locale(name) => Ok(Some(name.to_owned())),
                _ => Err(wrong(format!(
                    "the configuration '{path}' must be a locale such as en or de_CH, {} given",
                    value.describe()
                ))),
            },
        }
    }

    /// The locale of who asks for none: `app.locale` of the configuration.
    pub(crate) fn default_locale(&self, app: &App) -> Result<&str, Throw> {
        if let Some(known) = self.default.get() {
            return Ok(known);
        }
        let found = Self::setting(app, "app.locale")?;
        Ok(self
            .default
            .get_or_init(|| found.unwrap_or_else(|| DEFAULT.to_owned())))
    }

    /// The locale of messages that others lack: `app.fallback_locale`, else the default one.
    fn fallback(&self, app: &App) -> Result<&str, Throw> {
        if let Some(known) = self.fallback.get() {
            return Ok(known);
        }
        let found = match Self::setting(app, "app.fallback_locale")? {
            Some(found) => found,
            None => self.default_locale(app)?.to_owned(),
        };
        Ok(self.fallback.get_or_init(|| found))
    }

    fn catalog(&self, app: &App, locale: &str) -> Result<Rc<Catalog>, Throw> {
        if let Some(known) = self.catalogs.borrow().get(locale) {
            return Ok(Rc::clone(known));
        }
        let read = Rc::new(read(&Self::folder(app), locale)?);
        self.catalogs
            .borrow_mut()
            .insert(locale.to_owned(), Rc::clone(&read));
        Ok(read)
    }

    fn find(&self, app: &App, key: &str, locale: &str) -> Result<Option<Found>, Throw> {
        let fallback = self.fallback(app)?;
        for name in language::wider(locale).chain(language::wider(fallback)) {
            let known = self.locales(app)?;
            let Some(name) = known.iter().find(|known| language::is_same(known, name)) else {
                continue;
            };
            if let Some(text) = self.catalog(app, name)?.get(key) {
                return Ok(Some(Found {
                    text: text.clone(),
                    locale: name.clone(),
                }));
            }
        }
        Ok(None)
    }

    /// Is there a message, in this locale, a wider one, or the one that stands in?
    pub(crate) fn has(&self, app: &App, key: &str, locale: &str) -> Result<bool, Throw> {
        Ok(self.find(app, key, locale)?.is_some())
    }

    /// A message with its places filled; `None` where there is none.
    pub(crate) fn message(
        &self,
        app: &App,
        key: &str,
        parameters: &Array,
        locale: &str,
        count: Option<f64>,
    ) -> Result<Option<String>, Throw> {
        let Some(found) = self.find(app, key, locale)? else {
            return Ok(None);
        };
        if message::is_icu(&found.text) {
            return icu(key, &found, parameters).map(Some);
        }
        let form = match count {
            Some(count) => message::choose(&found.text, &found.locale, count),
            None => &found.text,
        };
        filled(form, parameters).map(Some)
    }
}

/// A text with the parameters in its places.
pub(crate) fn filled(text: &str, parameters: &Array) -> Result<String, Throw> {
    let mut failed = None;
    let done = message::fill(text, |name| {
        let value = parameters.get_symbol(name)?;
        match value.to_str() {
            _ if value.is_array() => Some("array".to_owned()),
            Ok(text) => Some(text.to_string_lossy().into_owned()),
            Err(throw) => {
                failed.get_or_insert(throw);
                None
            }
        }
    });
    match failed {
        Some(throw) => Err(throw),
        None => Ok(done),
    }
}

fn icu(key: &str, found: &Found, parameters: &Array) -> Result<String, Throw> {
    let about = |why: &str| {
        wrong(format!(
            "the message '{key}' of the locale {} {why}",
            found.locale
        ))
    };
    if find_class("MessageFormatter")?.is_none() {
        return Err(about(
            "is written for ICU, which needs PHP's extension intl; install it, or write plural forms between bars",
        ));
    }
    let args = [
        Value::string(&*found.locale),
        Value::string(&*found.text),
        Value::from(parameters.as_value()),
    ];
    let text = call_function("MessageFormatter::formatMessage", &args).into_result()?;
    match text.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => {
            let why = call_function("intl_get_error_message", &[]).into_result()?;
            Err(about(&format!(
                "can't be formatted: {}",
                why.as_str().unwrap_or("ICU refuses it")
            )))
        }
    }
}

/// All messages of a locale: `de.php`, `de.json`, and `de/notes.php` for the keys below `notes`.
fn read(folder: &Path, locale: &str) -> Result<Catalog, Throw> {
    let mut catalog = Catalog::new();
    let file = folder.join(format!("{locale}.php"));
    if file.is_file() {
        add(&mut catalog, "", &array(&file)?, &file, 0)?;
    }
    let file = folder.join(format!("{locale}.json"));
    if file.is_file() {
        json(&mut catalog, &file)?;
    }
    let below = folder.join(locale);
    if below.is_dir() {
        let list = std::fs::read_dir(&below)
            .map_err(|e| wrong(format!("the folder {} can't be read: {e}", below.display())))?;
        let mut files: Vec<PathBuf> = list.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|e| e == "php") && file.is_file());
        files.sort();
        for file in files {
            if let Some(name) = file.file_stem().and_then(|name| name.to_str()) {
                add(&mut catalog, name, &array(&file)?, &file, 0)?;
            }
        }
    }
    Ok(catalog)
}

fn array(file: &Path) -> Result<Array, Throw> {
    let path = file.to_string_lossy();
    let found = script::run(&path)?.unwrap_or_default();
    let kind = found.describe();
    found.into_array().map_err(|_| {
        wrong(format!(
            "{path} must return an array of messages, {kind} returned"
        ))
    })
}

fn joined(prefix: &str, key: &str) -> String {
    match prefix.is_empty() {
        true => key.to_owned(),
        false => format!("{prefix}.{key}"),
    }
}

fn add(
    catalog: &mut Catalog,
    prefix: &str,
    values: &Array,
    file: &Path,
    depth: usize,
) -> Result<(), Throw> {
    for (key, value) in values {
        let key = joined(prefix, &String::from_utf8_lossy(&key.to_bytes()));
        if let Some(below) = value.as_array().filter(|_| depth < DEEPEST) {
            add(catalog, &key, below, file, depth + 1)?;
            continue;
        }
        match value.as_str() {
            Some(text) => drop(catalog.insert(key.into(), text.into())),
            None => {
                return Err(wrong(format!(
                    "{}: the message '{key}' must be a text, {} given",
                    file.display(),
                    value.describe()
                )));
            }
        }
    }
    Ok(())
}

fn json(catalog: &mut Catalog, file: &Path) -> Result<(), Throw> {
    let name = file.display();
    let bytes = std::fs::read(file).map_err(|e| wrong(format!("{name} can't be read: {e}")))?;
    let all: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|e| wrong(format!("{name} is not valid JSON: {e}")))?;
    let mut left = vec![(String::new(), &all)];
    while let Some((prefix, value)) = left.pop() {
        match value {
            serde_json::Value::Object(map) => {
                left.extend(map.iter().map(|(key, value)| (joined(&prefix, key), value)));
            }
            serde_json::Value::String(text) if !prefix.is_empty() => {
                catalog.insert(prefix.into(), text.as_str().into());
            }
            other => {
                return Err(wrong(format!(
                    "{name}: the message '{prefix}' must be a text, {other} given"
                )));
            }
        }
    }
    Ok(())
}

/// The translator of an application, where it has messages.
pub(crate) fn of_rules(app: &App) -> Result<Option<Object>, Throw> {
    match app.translations.exist(app)? {
        true => app.built_in("highper\\translator"),
        false => Ok(None),
    }
}
