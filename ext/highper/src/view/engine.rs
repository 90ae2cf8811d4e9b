//! `Highper\View\Engine`: other template engines.

use crate::app::App;
use highper_zend::{Array, Class, ClassRef, Object, Registry, Str, Throw, Value};

/// The engine of PHP files.
pub(super) const PHP: &str = "Highper\\View\\PhpEngine";
static ENGINE: ClassRef = ClassRef::new("Highper\\View\\Engine");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::interface("Highper\\View\\Engine")
            .doc("Another template engine, for the files of a kind: Application::views() takes its class. One object serves all requests of a worker.")
            .handle(&ENGINE)
            .abstract_method(
                "public function render(string $file, array $data): string",
                "The page.\n\n@param string $file Below the folder of views, with its ending.",
            ),
    );
}

/// The engine of a class.
///
/// # Errors
/// It can't be made, or is none.
pub(super) fn object(app: &App, class: &str) -> Result<Object, Throw> {
    let object = app.shared(class)?.into_object();
    let object = object.map_err(|_| Throw::error(format!("{class} is no object")))?;
    match object.is_instance_of(ENGINE.get()) {
        true => Ok(object),
        false => Err(Throw::error(format!(
            "views(): {class} is no engine: it does not implement Highper\\View\\Engine"
        ))),
    }
}

/// Renders by an engine.
///
/// # Errors
/// What it throws.
pub(super) fn render(app: &App, class: &str, file: &str, data: &Array) -> Result<Str, Throw> {
    let args = [Value::from(file), data.into()];
    let page = object(app, class)?.call("render", &args).into_result()?;
    page.to_str()
}
