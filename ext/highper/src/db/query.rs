//! `Highper\Db\Query`

mod conditions;
mod read;
mod write;

use super::exception::{misused, thrown};
use super::params::convert;
use super::raw;
use super::statements::{Target, run_values, target};
use highper_db::query::{Name, Operand, Query, Text};
use highper_db::{Dialect, Outcome, Statement};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

static QUERY: ClassRef = ClassRef::new("Highper\\Db\\Query");

/// Where it runs, and what was asked for so far. Its values are scalars.
#[derive(Clone)]
struct Inner {
    target: Target,
    query: RefCell<Query<Value>>,
}

#[derive(Clone, Default)]
struct State(OnceCell<Inner>);

impl Trace for State {}

impl Inner {
    fn dialect(&self) -> Dialect {
        self.target.handle.source.dialect()
    }

    /// Another one at the same place.
    fn object(&self, query: Query<Value>) -> Result<Object, Throw> {
        object(self.target.clone(), query)
    }

    /// Runs what `write` writes.
    fn run(
        &self,
        write: impl FnOnce(&mut Text<Value>, &Query<Value>) -> Result<(), highper_db::Error>,
    ) -> Result<(Rc<Statement>, Outcome), Throw> {
        let (statement, values) = self.written(write)?;
        let outcome = run_values(&self.target, &statement, &values)?;
        Ok((statement, outcome))
    }

    fn written(
        &self,
        write: impl FnOnce(&mut Text<Value>, &Query<Value>) -> Result<(), highper_db::Error>,
    ) -> Result<(Rc<Statement>, Vec<Value>), Throw> {
        let mut text = Text::new(self.dialect());
        let written = write(&mut text, &self.query.borrow());
        written.map_err(|error| thrown(&error, None))?;
        let statement = self.target.handle.source.statement(&text.sql);
        let statement = statement.map_err(|error| thrown(&error, None))?;
        Ok((statement, text.values))
    }

    /// A table's or column's name, or text.
    fn name(&self, value: &Value) -> Result<Name<Value>, Throw> {
        let value = value.deref();
        if let Some(object) = value.as_object() {
            if let Some(name) = raw::of(object, self.dialect()) {
                return name;
            }
            if let Some(other) = object.state::<State>().and_then(|state| state.0.get()) {
                return other.bracketed();
            }
        }
        match value.as_str() {
            Some(name) => Ok(Name::Plain(name.to_owned())),
            None => Err(misused(format!(
                "a table or column is a name, Db::raw() or a query, {} given",
                value.type_name()
            ))),
        }
    }

    /// Itself as a part of another one.
    fn bracketed(&self) -> Result<Name<Value>, Throw> {
        let mut text = Text::new(self.dialect());
        let written = text.select(&self.query.borrow());
        written.map_err(|error| thrown(&error, None))?;
        Ok(Name::Raw(format!("({})", text.sql), text.values))
    }

    /// What something is compared with, or set to.
    fn operand(&self, value: &Value, name: &str) -> Result<Operand<Value>, Throw> {
        let value = value.deref();
        if let Some(object) = value.as_object() {
            let is_text = raw::of(object, self.dialect()).is_some();
            if is_text || object.state::<State>().is_some() {
                return Ok(Operand::Name(self.name(value)?));
            }
        }
        Ok(Operand::Value(self.value(value, name)?))
    }

    fn value(&self, value: &Value, name: &str) -> Result<Value, Throw> {
        convert(value, self.dialect(), || format!("the value for {name}"))
    }
}

fn inner(call: &Call) -> Result<&Inner, Throw> {
    let inner = call.this::<State>()?.0.get();
    inner.ok_or_else(|| misused("this query belongs to no database".into()))
}

/// What another object asks for, if it is one of ours.
fn of_object(value: &Value) -> Option<Query<Value>> {
    let state = value.deref().as_object()?.state::<State>()?;
    let query = state.0.get()?.query.borrow().clone();
    Some(query)
}

fn object(target: Target, query: Query<Value>) -> Result<Object, Throw> {
    let object = QUERY.instantiate()?;
    if let Some(state) = object.state::<State>() {
        let query = RefCell::new(query);
        let _first = state.0.set(Inner { target, query });
    }
    Ok(object)
}

/// `Db::table()`
pub(super) fn table(call: &mut Call) -> Done {
    let target = target(call)?.clone();
    let made = object(target, Query::new(Name::Plain(String::new())))?;
    let Some(own) = made.state::<State>().and_then(|state| state.0.get()) else {
        return Err(misused("this query belongs to no database".into()));
    };
    let table = own.name(call.value(0)?)?;
    let table = match (table, call.opt_bytes_or_null(1)?) {
        (Name::Raw(text, values), Some(_)) => {
            let mut alias = Text::<Value>::new(own.dialect());
            let quoted = alias.alias(call.text(1)?);
            quoted.map_err(|error| thrown(&error, None))?;
            Name::Raw(format!("{text} AS {}", alias.sql), values)
        }
        (Name::Plain(name), Some(_)) => Name::Plain(format!("{name} as {}", call.text(1)?)),
        (name, None) => name,
    };
    own.query.borrow_mut().table = table;
    call.ret(made)
}

pub(super) fn declare(registry: &mut Registry) {
    let class = Class::new("Highper\\Db\\Query")
        .doc(
            "A statement that is put together: $db->table('notes')->where('owner', 7)->orderByDesc('id')->get(). Names are quoted, \
             values are bound; what is written is what the database understands. Its methods change it and give it back; clone it to \
             go on in two ways.",
        )
        .handle(&QUERY)
        .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
        .cloned_state::<State>()
        .deny_create();
    registry.class(write::declare(read::declare(conditions::declare(class))));
}
