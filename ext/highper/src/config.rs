//! `Highper\Config`: the values of `config/*.php`, read once for a worker.
//!
//! `config/db.php` holds what is below `db`; `config/ENVIRONMENT/db.php` goes over it.

use crate::app::App;
use crate::plan::fit::fit as fit_type;
use highper_zend::reflect::Type;
use highper_zend::{
    Array, Call, Callable, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value,
    script,
};
use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

static CONFIG: ClassRef = ClassRef::new("Highper\\Config");
static ERROR: ClassRef = ClassRef::new("Highper\\ConfigException");

/// Arrays deeper than this are left as they are when one goes over another.
const DEEPEST: usize = 32;

/// The tree of an application.
#[derive(Default)]
pub(crate) struct Config {
    tree: RefCell<Option<Array>>,
    /// What the application's code has set, over all files.
    given: RefCell<Vec<Array>>,
}

/// There is no such value.
pub(crate) fn missing(path: &str) -> String {
    let file = path.split('.').next().unwrap_or(path);
    format!("there is no configuration '{path}' (config/{file}.php)")
}

/// A value of a type. Texts, as the environment has them, become numbers and booleans.
///
/// # Errors
/// Which value is wrong.
pub(crate) fn fit(path: &str, value: &Value, kind: &Type) -> Result<Value, String> {
    if kind.is_mixed() || (value.is_null() && kind.is_nullable()) {
        return Ok(value.clone());
    }
    if let Some(class) = kind.single_class() {
        return match value.as_object() {
            Some(object) if is_a(object, class) => Ok(value.clone()),
            _ => Err(format!(
                "the configuration '{path}' must be of type {class}, {} given",
                value.describe()
            )),
        };
    }
    fit_type(kind, value, true).map_err(|why| format!("the configuration '{path}' {why}"))
}

fn is_a(object: &Object, class: &str) -> bool {
    matches!(highper_zend::find_class(class), Ok(Some(class)) if object.is_instance_of(class))
}

impl Config {
    /// Values that go over those of the files.
    pub(crate) fn give(&self, values: Array) {
        self.given.borrow_mut().push(values);
        let old = self.tree.take();
        drop(old);
    }

    /// Has anybody asked for a value already?
    pub(crate) fn is_read(&self) -> bool {
        self.tree.borrow().is_some()
    }

    /// The next one who asks reads the files again.
    pub(crate) fn forget(&self) {
        let old = self.tree.take();
        drop(old);
    }

    /// The whole tree.
    ///
    /// # Errors
    /// A file that returns no array, or what it throws.
    pub(crate) fn tree(&self, app: &App) -> Result<Array, Throw> {
        if let Some(tree) = &*self.tree.borrow() {
            return Ok(tree.clone());
        }
        let mut tree = Array::new();
        let folder = app.base.join("config");
        let environment = app.env.borrow().name().to_owned();
        let plain = !environment.is_empty() && !environment.contains(['/', '\\', '.']);
        read(app, &folder, &mut tree)?;
        if plain {
            read(app, &folder.join(environment), &mut tree)?;
        }
        let given = self.given.borrow().clone();
        for values in given {
            tree = over(&tree, &values, 0);
        }
        let old = self.tree.replace(Some(tree.clone()));
        drop(old);
        Ok(tree)
    }

    /// A value by its path, `db.host`.
    ///
    /// # Errors
    /// As [`Config::tree`].
    pub(crate) fn find(&self, app: &App, path: &str) -> Result<Option<Value>, Throw> {
        let tree = self.tree(app)?;
        let mut at: &Array = &tree;
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let Some(value) = at.get_symbol(part) else {
                return Ok(None);
            };
            if parts.peek().is_none() {
                return Ok(Some(value.clone()));
            }
            match value.as_array() {
                Some(array) => at = array,
                None => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// Reads all files of a folder over what is there.
fn read(app: &App, folder: &Path, tree: &mut Array) -> Result<(), Throw> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(list) => list.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => {
            let folder = folder.display();
            return Err(wrong(format!("the folder {folder} can't be read: {e}")));
        }
    };
    files.retain(|file| file.extension().is_some_and(|e| e == "php") && file.is_file());
    files.sort();
    for file in files {
        let (Some(name), Some(path)) = (file.file_stem().and_then(|n| n.to_str()), file.to_str())
        else {
            continue;
        };
        let mut value = run(path)?;
        if value.is_object()
            && let Ok(closure) = Callable::new(&value)
        {
            value = app.container.call(app, &closure, None, None, path)?;
        }
        let Some(values) = value.as_array() else {
            return Err(wrong(format!(
                "{path} must return an array, {} returned",
                value.describe()
            )));
        };
        let merged = match tree.get_array(name) {
            Some(before) => over(before, values, 0),
            None => values.clone(),
        };
        tree.set_symbol(name, merged);
    }
    Ok(())
}

/// What a file returns; where it throws, the place is told.
fn run(path: &str) -> Result<Value, Throw> {
    let found = match script::run(path) {
        Ok(found) => found,
        Err(throw @ (Throw::Exit | Throw::Bailout)) => return Err(throw),
        Err(throw) => {
            let thrown = throw.into_object();
            let thrown = thrown.as_ref().and_then(Value::as_object);
            let at = thrown.map(Object::exception_location);
            let (file, line) = at.unwrap_or((path.to_owned(), 0));
            let text = thrown.map(Object::exception_message);
            let text = text.map_or_else(String::new, |text| text.to_string_lossy().into_owned());
            return Err(wrong(format!("{text} in {file}:{line}")));
        }
    };
    found.ok_or_else(|| wrong(format!("{path} can't be read")))
}

fn wrong(message: String) -> Throw {
    Throw::new(&ERROR, message, 0)
}

/// One array over another: maps key by key, lists and all else as a whole.
fn over(below: &Array, above: &Array, depth: usize) -> Array {
    let is_map = |array: &Array| !array.is_empty() && !array.is_list();
    let mut all = below.clone();
    for (key, value) in above {
        let merged = match (find(below, &key), value.as_array()) {
            (Some(old), Some(new)) if depth < DEEPEST => match old.as_array() {
                Some(old) if is_map(old) && is_map(new) => over(old, new, depth + 1).into(),
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        all.set_key(key, merged);
    }
    all
}

fn find<'a>(array: &'a Array, key: &highper_zend::Key<'_>) -> Option<&'a Value> {
    match key {
        highper_zend::Key::Index(index) => array.get_index(*index),
        highper_zend::Key::Name(name) => array.get(name),
    }
}

#[derive(Default)]
struct State(OnceCell<Rc<App>>);

impl Trace for State {}

/// The object that PHP code reads it by.
pub(crate) fn object(app: &Rc<App>) -> Result<Object, Throw> {
    let object = CONFIG.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(Rc::clone(app));
    }
    Ok(object)
}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\ConfigException")
            .doc("A value of the configuration is missing or of another type, or a file of it is wrong.")
            .handle(&ERROR)
            .extends("LogicException"),
    );
    registry.class(
        Class::new("Highper\\Config")
            .doc("The values of config/*.php by paths like 'db.host'. A worker reads them once; nothing changes them afterwards.")
            .handle(&CONFIG)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .method("public function get(string $path, mixed $default = null): mixed", "A value, or the default where there is none.", |call| {
                let app = of(call)?;
                value(call, app)
            })
            .method("public function has(string $path): bool", "Is there such a value? Null is one.", |call| {
                let app = of(call)?;
                call.ret_bool(app.config.find(app, call.text(0)?)?.is_some())
            })
            .method("public function all(): array", "The whole tree.", |call| {
                let app = of(call)?;
                call.ret(app.config.tree(app)?)
            })
            .method("public function string(string $path, ?string $default = null): string", "A text.\n\n@throws \\Highper\\ConfigException It is missing and there is no default, or it is none.", |call| typed(call, "a text", |v| v.is_string().then(|| v.clone())))
            .method("public function int(string $path, ?int $default = null): int", "An integer, also one in a text.\n\n@throws \\Highper\\ConfigException It is missing and there is no default, or it is none.", |call| {
                typed(call, "an integer", |v| match v.as_str() {
                    Some(text) => highper_app::parameter::int(text).map(Value::long),
                    None => v.as_long().map(Value::long),
                })
            })
            .method("public function float(string $path, ?float $default = null): float", "A number, also one in a text.\n\n@throws \\Highper\\ConfigException It is missing and there is no default, or it is none.", |call| {
                typed(call, "a number", |v| match v.as_str() {
                    Some(text) => highper_app::parameter::float(text).map(Value::double),
                    None => v.as_double().or(v.as_long().map(|n| n as f64)).map(Value::double),
                })
            })
            .method("public function bool(string $path, ?bool $default = null): bool", "True or false, also as 1, on, yes, true and 0, off, no, false in a text.\n\n@throws \\Highper\\ConfigException It is missing and there is no default, or it is neither.", |call| {
                typed(call, "true or false", |v| match v.as_str() {
                    Some(text) => highper_app::parameter::bool(text).map(Value::bool),
                    None => v.as_bool().map(Value::bool),
                })
            })
            .method("public function array(string $path, ?array $default = null): array", "An array.\n\n@throws \\Highper\\ConfigException It is missing and there is no default, or it is none.", |call| typed(call, "an array", |v| v.is_array().then(|| v.clone()))),
    );
}

fn of(call: &Call) -> Result<&Rc<App>, Throw> {
    let state = call.this::<State>()?;
    state
        .0
        .get()
        .ok_or_else(|| Throw::error("this configuration belongs to no application"))
}

/// `get($path, $default)`
pub(crate) fn value(call: &Call, app: &App) -> Done {
    match app.config.find(app, call.text(0)?)? {
        Some(found) => call.ret(found),
        None => call.ret(call.opt_value(1).cloned()),
    }
}

fn typed(call: &Call, wanted: &str, read: fn(&Value) -> Option<Value>) -> Done {
    let app = of(call)?;
    let path = call.text(0)?;
    match app.config.find(app, path)? {
        None => match call.opt_value(1).filter(|v| !v.is_null()) {
            Some(default) => call.ret(default.clone()),
            None => Err(wrong(missing(path))),
        },
        Some(found) => match read(&found) {
            Some(value) => call.ret(value),
            None => Err(wrong(format!(
                "the configuration '{path}' must be {wanted}, {} given",
                found.describe()
            ))),
        },
    }
}
