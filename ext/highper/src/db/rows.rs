//! Rows as values of PHP's.

use super::exception::misused;
use super::fill::{Fill, Plan};
use highper_db::{Cell, Columns, Rows, Statement};
use highper_zend::{Array, Str, Throw, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Statements whose columns' names are kept.
const KNOWN: usize = 1024;

type Named = (Rc<Statement>, Columns, Rc<[Str]>);

/// Names of columns, and classes that rows were made into.
#[derive(Default)]
pub(super) struct Memory {
    names: RefCell<HashMap<usize, Named>>,
    plans: RefCell<HashMap<Box<[u8]>, Rc<Plan>>>,
}

impl Memory {
    /// The names of the columns that a statement gives.
    pub(super) fn names(&self, statement: &Rc<Statement>, rows: &Rows) -> Rc<[Str]> {
        let Some(columns) = rows.shared_columns() else {
            return [].into();
        };
        let key = Rc::as_ptr(statement).addr();
        if let Some((_, known, names)) = self.names.borrow().get(&key)
            && (std::ptr::eq(&**known, &**columns) || **known == **columns)
        {
            return Rc::clone(names);
        }
        let names: Rc<[Str]> = columns.iter().map(|c| Str::new(&*c.name)).collect();
        let mut all = self.names.borrow_mut();
        if all.len() >= KNOWN {
            all.clear();
        }
        let named = (Rc::clone(statement), columns.clone(), Rc::clone(&names));
        all.insert(key, named);
        names
    }

    /// How objects of a class are made of rows.
    pub(super) fn plan(&self, class: &[u8]) -> Result<Rc<Plan>, Throw> {
        if let Some(known) = self.plans.borrow().get(class) {
            return Ok(Rc::clone(known));
        }
        let plan = Rc::new(Plan::of(class)?);
        self.plans
            .borrow_mut()
            .insert(class.into(), Rc::clone(&plan));
        Ok(plan)
    }
}

/// A value of PHP's.
pub(super) fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::null(),
        Cell::Bool(value) => Value::bool(value),
        Cell::Int(value) => Value::long(value),
        Cell::Float(value) => Value::double(value),
        Cell::Text(bytes) => Value::string(bytes),
    }
}

/// What rows become: arrays by the names of their columns, or objects.
pub(super) struct Make {
    pub(super) names: Rc<[Str]>,
    pub(super) fill: Option<Fill>,
}

impl Make {
    /// `class` is the name that was asked for.
    pub(super) fn new(
        memory: &Memory,
        names: Rc<[Str]>,
        rows: &Rows,
        class: Option<&[u8]>,
    ) -> Result<Self, Throw> {
        let fill = match class {
            Some(class) => Some(Fill::new(memory.plan(class)?, rows.columns())?),
            None => None,
        };
        Ok(Self { names, fill })
    }

    /// A row.
    pub(super) fn row(&self, rows: &Rows, row: usize) -> Result<Value, Throw> {
        match &self.fill {
            Some(fill) => fill.object(rows, row),
            None => Ok(array(rows, row, &self.names).into()),
        }
    }

    /// All rows.
    pub(super) fn all(&self, rows: &Rows) -> Result<Array, Throw> {
        let mut all = Array::with_capacity(rows.len());
        for row in 0..rows.len() {
            all.push(self.row(rows, row)?);
        }
        Ok(all)
    }
}

/// A row as an array.
pub(super) fn array(rows: &Rows, row: usize, names: &[Str]) -> Array {
    let mut array = Array::with_capacity(names.len());
    for (name, cell) in names.iter().zip(rows.row(row)) {
        array.set_str(name, value(cell));
    }
    array
}

/// The first column.
pub(super) fn column(rows: &Rows) -> Array {
    let mut all = Array::with_capacity(rows.len());
    for row in 0..rows.len() {
        all.push(rows.cell(row, 0).map(value));
    }
    all
}

/// The first value of the first row; null without rows.
pub(super) fn first(rows: &Rows) -> Value {
    rows.cell(0, 0).map(value).unwrap_or_default()
}

/// The statement gave rows, as one does that fetches.
pub(super) fn has_columns(rows: &Rows, statement: &Statement) -> Result<(), Throw> {
    match rows.columns().is_empty() {
        false => Ok(()),
        true => Err(misused(format!(
            "this statement gives no rows to fetch; use execute(), in: {}",
            statement.shape()
        ))),
    }
}
