//! Aspects: what runs around methods that carry them as attributes.
//!
//! The compiler weaves the calls ([`highper_zend::weave`]); here a method's attributes become the objects that are called.

pub(crate) mod invocation;
pub(crate) mod key;
pub(crate) mod store;

use crate::annotation::{self, Place, made};
use crate::app::App;
use crate::incoming;
use highper_zend::reflect::{self, Function};
use highper_zend::{Class, ClassRef, Object, Registry, Str, Throw, find_class, weave};
use std::rc::Rc;

const NOTHING: &str = "it names no aspect, and no attribute beside it is one (a class that implements Highper\\Aspect)";
pub(crate) static ASPECT: ClassRef = ClassRef::new("Highper\\Aspect");

pub(crate) fn declare(registry: &mut Registry) {
    weave::install(of);
    registry
        .class(
            Class::interface("Highper\\Aspect")
                .doc("What runs around methods: named by #[Around], or an attribute itself that stands beside an #[Around].")
                .handle(&ASPECT)
                .abstract_method(
                    "public function around(\\Highper\\Invocation $call): mixed",
                    "Runs in place of the method, in its caller's coroutine; what it returns is what the caller gets. \
                     $call->proceed() runs the method, or the next aspect; as often as wanted, or not at all.",
                ),
        )
        .on_request_shutdown(|| {
            store::forget();
            weave::forget();
        });
    invocation::declare(registry);
}

/// The aspects of a method, outermost first.
fn of(method: &Function) -> Result<Vec<Object>, Throw> {
    let app = incoming::app();
    aspects(app.as_ref(), method)
}

fn aspects(app: Option<&Rc<App>>, method: &Function) -> Result<Vec<Object>, Throw> {
    let place = Place::Function(method);
    let mut found = Vec::new();
    for attribute in method.attributes() {
        let name = attribute.name();
        if annotation::own(&attribute).as_deref() == Some("around") {
            let around = made(&attribute, place)?;
            let names = around.get("aspects")?;
            for class in names.as_array().into_iter().flat_map(|list| list.values()) {
                found.push(named(app, &class.to_str()?, &name, place)?);
            }
        } else if find_class(&name)?.is_some_and(|class| class.is_a(&ASPECT)) {
            found.push(made(&attribute, place)?);
        }
    }
    if found.is_empty() {
        return Err(place.wrong("Around", NOTHING));
    }
    Ok(found)
}

/// The object of a class that an attribute names: the container's, where there is an application.
fn named(
    app: Option<&Rc<App>>,
    class: &Str,
    attribute: &str,
    place: Place<'_>,
) -> Result<Object, Throw> {
    let object = match app {
        Some(app) => app.container.by_name(app, class, || None)?.into_object(),
        None => match find_class(&class.to_string_lossy())? {
            Some(class) => class.new_object(&[]).into_result()?.into_object(),
            None => {
                let why = format!("there is no class {}", class.to_string_lossy());
                return Err(place.wrong(attribute, &why));
            }
        },
    };
    match object {
        Ok(object) if object.is_instance_of(&ASPECT) => Ok(object),
        _ => Err(place.wrong(
            attribute,
            &format!(
                "{} does not implement Highper\\Aspect",
                class.to_string_lossy()
            ),
        )),
    }
}

/// Makes the attributes of a class's methods once, so that one that is wrong is found before the first call.
///
/// # Errors
/// The first wrong one, with its place.
pub(crate) fn check(class: reflect::Class) -> Result<(), Throw> {
    for method in class.methods() {
        let place = Place::Function(&method);
        let (mut is_woven, mut has_aspect) = (false, false);
        for attribute in method.attributes() {
            match annotation::own(&attribute).as_deref() {
                Some("around") => {
                    is_woven = true;
                    let names = made(&attribute, place)?.get("aspects")?;
                    for name in names.as_array().into_iter().flat_map(|list| list.values()) {
                        has_aspect = true;
                        let name = name.to_str()?;
                        let name = name.to_string_lossy();
                        let found = find_class(&name)?.is_some_and(|c| c.is_a(&ASPECT));
                        let is_bound =
                            || incoming::app().is_some_and(|app| app.container.is_bound(&name));
                        if !found && !is_bound() {
                            let why = format!("{name} is no class that implements Highper\\Aspect");
                            return Err(place.wrong("Around", &why));
                        }
                    }
                }
                _ if find_class(&attribute.name())?.is_some_and(|c| c.is_a(&ASPECT)) => {
                    has_aspect = true;
                    made(&attribute, place)?;
                }
                _ => {}
            }
        }
        if is_woven && !has_aspect {
            return Err(place.wrong("Around", NOTHING));
        }
    }
    Ok(())
}
