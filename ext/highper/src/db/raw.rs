//! `Highper\Db\Raw`

use super::exception::misused;
use super::params::convert;
use highper_db::Dialect;
use highper_db::query::Name;
use highper_zend::{
    Array, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Tracer, Value,
};
use std::cell::RefCell;

static RAW: ClassRef = ClassRef::new("Highper\\Db\\Raw");

#[derive(Default)]
struct State(RefCell<(String, Vec<Value>)>);

impl Trace for State {
    fn trace(&self, tracer: &mut Tracer) {
        if let Ok(state) = self.0.try_borrow() {
            state.1.iter().for_each(|value| value.trace(tracer));
        }
    }
}

/// Its text and values, if it is one.
pub(super) fn of(object: &Object, dialect: Dialect) -> Option<Result<Name<Value>, Throw>> {
    let state = object.state::<State>()?;
    let (text, values) = state.0.borrow().clone();
    Some(converted(&values, dialect).map(|values| Name::Raw(text, values)))
}

/// Values as the database takes them.
pub(super) fn converted<'a>(
    values: impl IntoIterator<Item = &'a Value>,
    dialect: Dialect,
) -> Result<Vec<Value>, Throw> {
    let values = values.into_iter().enumerate();
    values
        .map(|(at, value)| convert(value, dialect, || format!("value {}", at + 1)))
        .collect()
}

/// Text of the caller's own.
pub(super) fn object(text: &str, values: Option<&Array>) -> Result<Object, Throw> {
    let places = text.replace("??", "").matches('?').count();
    let given = values.map_or(0, Array::len);
    if places != given {
        return Err(misused(format!(
            "this text has {places} ? and {given} values were given; ?? is a question mark of the database's own: {text}"
        )));
    }
    let object = RAW.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let values = values.into_iter().flat_map(Array::values);
        let values: Vec<Value> = values.map(|value| value.deref().clone()).collect();
        state.0.replace((text.to_owned(), values));
    }
    Ok(object)
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Db\\Raw")
            .doc("Text that goes into a statement as it is: Db::raw('count(*) AS many').")
            .handle(&RAW)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone(),
    );
}

/// `Db::raw()`
pub(super) fn make(call: &mut highper_zend::Call) -> Done {
    let made = object(call.text(0)?, call.opt_array(1)?)?;
    call.ret(made)
}
