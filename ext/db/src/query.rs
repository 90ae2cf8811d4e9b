//! Statements that are put together, in the words of each database: what is asked for, and then its text and values.

mod compile;
mod write;

pub use compile::Text;

use crate::Error;

/// What a statement is about: a table's or column's name as it was given, or text of the caller's own.
#[derive(Clone, Debug, PartialEq)]
pub enum Name<V> {
    /// A name, with a schema or table before a dot, and `as` with another one: quoted.
    Plain(String),
    /// Text that is taken as it is, with its values.
    Raw(String, Vec<V>),
}

/// What something is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand<V> {
    /// A value.
    Value(V),
    /// A column, or text.
    Name(Name<V>),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Test<V> {
    /// `column = value`
    Compare(Name<V>, &'static str, Operand<V>),
    /// `column IN (…)`, or not.
    In(Name<V>, Vec<V>, bool),
    /// `column IN (SELECT …)`, or not.
    InQuery(Name<V>, Box<Query<V>>, bool),
    /// `column IS NULL`, or not.
    Null(Name<V>, bool),
    /// `column BETWEEN … AND …`, or not.
    Between(Name<V>, V, V, bool),
    /// `EXISTS (SELECT …)`, or not.
    Exists(Box<Query<V>>, bool),
    /// Text, with its values.
    Raw(String, Vec<V>),
    /// Several, in brackets; all of it the other way round where `true`.
    Group(Vec<Condition<V>>, bool),
}

/// A condition, and how it belongs to the one before.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition<V> {
    /// `OR`, not `AND`.
    pub is_or: bool,
    /// What has to be true.
    pub test: Test<V>,
}

/// Another table.
#[derive(Clone, Debug, PartialEq)]
pub struct Join<V> {
    /// `INNER`, `LEFT`, `RIGHT`, `CROSS`.
    pub kind: &'static str,
    /// Which.
    pub table: Name<V>,
    /// What has to be true for rows that belong together.
    pub on: Vec<Condition<V>>,
}

/// Who else may touch the rows meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nobody may change them.
    Shared,
    /// Nobody may lock them.
    Update,
}

/// A statement that is being put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<V> {
    /// The table.
    pub table: Name<V>,
    /// What is asked for; everything where it is empty.
    pub columns: Vec<Name<V>>,
    /// Without rows that are the same.
    pub is_distinct: bool,
    /// Other tables.
    pub joins: Vec<Join<V>>,
    /// What has to be true of rows.
    pub conditions: Vec<Condition<V>>,
    /// What rows are put together by.
    pub groups: Vec<Name<V>>,
    /// What has to be true of groups.
    pub havings: Vec<Condition<V>>,
    /// The order, downwards where `true`.
    pub orders: Vec<(Name<V>, bool)>,
    /// How many rows at most.
    pub limit: Option<u64>,
    /// How many are passed over.
    pub offset: Option<u64>,
    /// Who else may touch them.
    pub lock: Option<Lock>,
    /// Rows of other queries, all of them where `true`.
    pub unions: Vec<(Query<V>, bool)>,
}

/// Comparisons as they are written.
const OPERATORS: [&str; 30] = [
    "=",
    "<",
    ">",
    "<=",
    ">=",
    "<>",
    "!=",
    "<=>",
    "LIKE",
    "NOT LIKE",
    "ILIKE",
    "NOT ILIKE",
    "REGEXP",
    "NOT REGEXP",
    "RLIKE",
    "SIMILAR TO",
    "NOT SIMILAR TO",
    "IS",
    "IS NOT",
    "IS DISTINCT FROM",
    "IS NOT DISTINCT FROM",
    "GLOB",
    "MATCH",
    "~",
    "~*",
    "!~",
    "!~*",
    "&&",
    "@>",
    "<@",
];

/// A comparison by its text.
///
/// # Errors
/// That there is none such.
pub fn operator(text: &str) -> Result<&'static str, Error> {
    let text = text.trim();
    let found = OPERATORS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        Error::usage(format!(
            "there is no comparison '{text}'; there are {}; anything else by whereRaw()",
            OPERATORS.join(" ")
        ))
    })
}

impl<V: Clone> Query<V> {
    /// All rows of a table.
    pub fn new(table: Name<V>) -> Self {
        Self {
            table,
            columns: Vec::new(),
            is_distinct: false,
            joins: Vec::new(),
            conditions: Vec::new(),
            groups: Vec::new(),
            havings: Vec::new(),
            orders: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
            unions: Vec::new(),
        }
    }

    /// Adds a condition.
    pub fn condition(&mut self, is_or: bool, test: Test<V>) {
        self.conditions.push(Condition { is_or, test });
    }
}

#[cfg(test)]
mod tests;
