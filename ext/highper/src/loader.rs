//! `Highper\Loader`: finds the classes of a scanned folder by PSR-4, where nobody else does.

use highper_zend::{Class, ClassRef, Flags, Registry, Throw, Trace, Value, call_function, script};
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

static LOADER: ClassRef = ClassRef::new("Highper\\Loader");

/// A namespace and its folder.
#[derive(Default)]
struct Loader(OnceCell<(String, PathBuf)>);

impl Trace for Loader {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Loader")
            .doc("Loads the classes of a scanned folder; registered behind all other autoloaders.")
            .handle(&LOADER)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<Loader>()
            .deny_create()
            .method(
                "public function __invoke(string $class): void",
                "",
                |call| {
                    let path = {
                        let state = call.this::<Loader>()?;
                        let Some((namespace, folder)) = state.0.get() else {
                            return Ok(());
                        };
                        let Some(rest) = call.text(0)?.strip_prefix(namespace) else {
                            return Ok(());
                        };
                        folder.join(rest.replace('\\', "/") + ".php")
                    };
                    match path.to_str() {
                        Some(path) if Path::new(path).is_file() => {
                            script::require_once(path).map(drop)
                        }
                        _ => Ok(()),
                    }
                },
            ),
    );
}

/// Registers a loader for a namespace, behind those that are there.
pub(crate) fn register(namespace: &str, folder: &Path) -> Result<(), Throw> {
    let namespace = namespace.trim_matches('\\');
    let prefix = if namespace.is_empty() {
        String::new()
    } else {
        format!("{namespace}\\")
    };
    let object = LOADER.instantiate()?;
    if let Some(state) = object.state::<Loader>() {
        let _first = state.0.set((prefix, folder.to_owned()));
    }
    call_function("spl_autoload_register", &[Value::from(object)])
        .into_result()
        .map(drop)
}
