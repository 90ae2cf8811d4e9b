//! Our attributes as they stand in PHP code: which is which, and where one is wrong.

use crate::endpoint::throw_text;
use highper_zend::reflect::{Attribute, Class, Function, Param, Property};
use highper_zend::{Object, Throw, find_class};

/// What an attribute stands on.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    Class(Class),
    Function(&'a Function),
    Param(&'a Function, &'a Param),
    Property(&'a Property),
}

impl Place<'_> {
    /// `App\Notes::show() in /app/src/Notes.php:12`
    pub(crate) fn text(&self) -> String {
        let at = |found: Option<(String, u32)>| match found {
            Some((file, line)) => format!(" in {file}:{line}"),
            None => String::new(),
        };
        let name = |function: &Function| match function.scope() {
            Some(class) => format!("{}::{}()", class.name(), function.name()),
            None => format!("{}()", function.name()),
        };
        match self {
            Self::Class(class) => format!("{}{}", class.name(), at(class.location())),
            Self::Function(function) => format!("{}{}", name(function), at(function.location())),
            Self::Param(function, param) => format!(
                "${} of {}{}",
                param.name(),
                name(function),
                at(function.location())
            ),
            Self::Property(property) => match property.scope() {
                Some(class) => {
                    format!(
                        "{}::${}{}",
                        class.name(),
                        property.name(),
                        at(class.location())
                    )
                }
                None => format!("${}", property.name()),
            },
        }
    }

    /// An attribute that can't stand here as it does.
    pub(crate) fn wrong(&self, attribute: &str, why: &str) -> Throw {
        let short = attribute.rsplit('\\').next().unwrap_or(attribute);
        Throw::error(format!("#[{short}] on {}: {why}", self.text()))
    }
}

/// The name below `Highper\Attribute` in lower case; `None` for attributes of others.
pub(crate) fn own(attribute: &Attribute) -> Option<String> {
    let name = attribute.name();
    let at = name.rfind('\\')?;
    name[..at]
        .eq_ignore_ascii_case("Highper\\Attribute")
        .then(|| name[at + 1..].to_ascii_lowercase())
}

/// Is it one of the filters, `Highper\\Filter\\…`?
pub(crate) fn is_filter(attribute: &Attribute) -> bool {
    const SPACE: &str = "Highper\\Filter\\";
    let name = attribute.name();
    name.get(..SPACE.len())
        .is_some_and(|space| space.eq_ignore_ascii_case(SPACE))
}

/// The attribute's object.
///
/// # Errors
/// Wrong arguments, with the place.
pub(crate) fn made(attribute: &Attribute, place: Place<'_>) -> Result<Object, Throw> {
    let made = attribute
        .instantiate()
        .and_then(|outcome| outcome.into_result());
    let object = match made {
        Ok(value) => value.into_object(),
        Err(throw @ (Throw::Exit | Throw::Bailout)) => return Err(throw),
        Err(throw) => return Err(place.wrong(&attribute.name(), &throw_text(throw))),
    };
    object.map_err(|_| place.wrong(&attribute.name(), "it is no object"))
}

/// Looks for attributes of ours that there are none of, and arguments where none are taken. That the others stand where they may, PHP sees to by itself.
///
/// # Errors
/// The name and the place.
pub(crate) fn check(attributes: &[Attribute], place: Place<'_>) -> Result<(), Throw> {
    for attribute in attributes {
        let name = attribute.name();
        if (own(attribute).is_some() || is_filter(attribute)) && find_class(&name)?.is_none() {
            return Err(place.wrong(&name, "there is no such attribute"));
        }
        // Nobody else makes these.
        if matches!(own(attribute).as_deref(), Some("csrfexempt" | "streambody")) {
            made(attribute, place)?;
        }
    }
    Ok(())
}
