//! Can the container give what a part needs? Asked before anything of it runs.

use super::describe;
use crate::app::App;
use crate::container::check::Check;
use crate::container::error;
use crate::container::need::{callable_needs, need};
use crate::endpoint::throw_text;
use crate::route::Handler;
use highper_zend::reflect::{Class, Function};
use highper_zend::{Throw, find_class};

/// Looks through the class of a handler and the parameters of its method. `own` says which parameters something else fills.
///
/// # Errors
/// The chain, and what is wrong at its end.
pub(crate) fn check(
    app: &App,
    handler: &Handler,
    own: &dyn Fn(&Function, usize) -> bool,
) -> Result<(), Throw> {
    walk(app, handler, own).map_err(|throw| match throw {
        throw @ (Throw::Exit | Throw::Bailout) => throw,
        throw => error(format!("{}: {}", describe(handler), throw_text(throw))),
    })
}

fn walk(app: &App, handler: &Handler, own: &dyn Fn(&Function, usize) -> bool) -> Result<(), Throw> {
    let mut check = Check::apart(app);
    let function = match handler {
        Handler::Closure(callable) => {
            for (number, slot) in callable_needs(callable)?.iter().enumerate() {
                let is_own = Function::of(callable).is_some_and(|f| own(&f, number));
                if !is_own {
                    check.asked(&slot.need)?;
                }
            }
            return Ok(());
        }
        Handler::Method(class, method) => {
            check.kept(class)?;
            let found = find_class(class)?.map(Class::from);
            found.and_then(|class| class.method(method))
        }
    };
    let Some(function) = function else {
        return Ok(());
    };
    for (number, param) in function.params().iter().enumerate() {
        if !param.is_variadic() && !own(&function, number) {
            check.asked(&need(&function, param)?)?;
        }
    }
    Ok(())
}
