//! Parameters that are uploads.

use crate::incoming::Incoming;
use crate::upload;
use crate::validation::run::{At, Run};
use highper_app::rule::Violation;
use highper_zend::{Array, Str, Throw, Value};
use std::rc::Rc;

/// An upload, or a list of them.
pub(crate) struct Upload {
    pub(super) name: Str,
    pub(super) is_list: bool,
    /// Bytes.
    pub(super) max: Option<i64>,
    pub(super) default: Option<Value>,
}

impl Upload {
    /// The upload, or the list.
    ///
    /// # Errors
    /// 422 where it is missing, not whole or too large.
    pub(super) fn value(&self, incoming: &Rc<Incoming>) -> Result<Value, Throw> {
        let wrong = |rule: &'static str, message: &str| {
            let mut run = Run::of(&incoming.app, Some(incoming), true);
            run.fail(
                At::Field(&At::Root, &self.name),
                Violation::plain(rule, message),
            );
            Err(run.thrown())
        };
        let found = match (upload::of(incoming, &self.name)?, &self.default) {
            (Some(found), _) => found,
            (None, Some(default)) => return Ok(default.clone()),
            (None, None) if self.is_list => return Ok(Value::empty_array()),
            (None, None) => return wrong("required", "is required"),
        };
        let one = Array::from_iter([found.clone()]);
        let list = match (found.as_array(), self.is_list) {
            (Some(list), true) => list,
            (None, false) => &one,
            (Some(_), false) => return wrong("file", "must be one file"),
            (None, true) => return wrong("file", "must be a list of files"),
        };
        for file in list.values() {
            let Some(file) = file.as_object() else {
                return wrong("file", "was not sent whole");
            };
            let size = file.get("size")?.as_long();
            if let (Some(size), Some(max)) = (size, self.max)
                && size > max
            {
                return wrong("file.max", &format!("must have at most {max} bytes"));
            }
        }
        Ok(found)
    }
}
