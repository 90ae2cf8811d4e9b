//! How a job is to be treated: its attribute, and what the call says instead.

use crate::annotation::{self, Place};
use highper_app::job::Terms;
use highper_zend::reflect::Class;
use highper_zend::{Object, Throw};
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    static KNOWN: RefCell<HashMap<String, Terms>> = RefCell::new(HashMap::new());
}

/// What `#[Job]` on the class of a job, or on the nearest of its parents, says.
///
/// # Errors
/// Wrong arguments, with the place.
pub(super) fn of(job: &Object) -> Result<Terms, Throw> {
    let name = job.class_name();
    if let Some(known) = KNOWN.with_borrow(|all| all.get(name).cloned()) {
        return Ok(known);
    }
    let terms = read(Class::from(job.class()))?;
    KNOWN.with_borrow_mut(|all| all.insert(name.to_owned(), terms.clone()));
    Ok(terms)
}

/// What `#[Job]` on a class says, looked at when the class is found.
///
/// # Errors
/// Wrong arguments, with the place.
pub(crate) fn check(class: Class) -> Result<(), Throw> {
    read(class).map(drop)
}

fn read(class: Class) -> Result<Terms, Throw> {
    let line = std::iter::successors(Some(class), |class| class.parent());
    for class in line {
        let place = Place::Class(class);
        let attributes = class.attributes();
        let job = attributes
            .iter()
            .find(|attribute| annotation::own(attribute).as_deref() == Some("job"));
        if let Some(job) = job {
            let made = annotation::made(job, place)?;
            let retries = made.get("retries")?.as_long().unwrap_or(0);
            return Ok(Terms {
                retries: u32::try_from(retries).unwrap_or(0),
                timeout: made.get("timeout")?.as_double(),
                backoff: made.get("backoff")?.as_double().unwrap_or(0.0),
            });
        }
    }
    Ok(Terms::default())
}
