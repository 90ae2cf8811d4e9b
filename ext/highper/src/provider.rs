//! `Highper\Provider`: a part of an application that brings its own bindings, routes and hooks.

use crate::app::App;
use crate::container::error;
use highper_zend::{Array, Callable, Class, ClassRef, Object, Registry, Throw};

static PROVIDER: ClassRef = ClassRef::new("Highper\\Provider");

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::interface("Highper\\Provider")
            .doc("A part of an application. A method boot() is a hook of the worker's start; its parameters are injected.")
            .handle(&PROVIDER)
            .abstract_method(
                "public function register(\\Highper\\Application $app): void",
                "Adds bindings, routes, middleware. Runs at once, before the server starts.",
            ),
    );
}

/// Lets a provider register what it has.
///
/// # Errors
/// It is none, or what it throws.
pub(crate) fn add(app: &App, provider: &Object) -> Result<(), Throw> {
    if !provider.is_instance_of(PROVIDER.get()) {
        return Err(error(format!(
            "{} is no provider: it must implement Highper\\Provider",
            provider.class_name()
        )));
    }
    let Some(application) = app.built_in("highper\\application")? else {
        return Ok(());
    };
    provider
        .call("register", &[application.into()])
        .into_result()?;
    if provider.has_method("boot") {
        let mut pair = Array::new();
        pair.push(provider).push("boot");
        let hook = Callable::new(&pair.into())
            .map_err(|why| error(format!("the provider {}: {why}", provider.class_name())))?;
        app.on_start.borrow_mut().push(hook);
    }
    Ok(())
}
