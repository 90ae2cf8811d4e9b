//! Which bodies are compressed, and how far: the settings `http_compression`, `compression_min_length`, `compression_types`,
//! `compression_level` and their other names.

use highper_zend::{Array, Throw, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// Bodies that are shorter gain nothing.
const MIN_LENGTH: u32 = 20;
/// The shortest body where nothing is compressed: there is none.
const NEVER: u32 = u32::MAX;

/// What the settings say.
#[derive(Clone)]
pub(crate) struct Packing {
    /// Bytes of the shortest body that is compressed.
    pub(crate) from: u32,
    /// As its coding numbers them; `None`: its usual one.
    pub(crate) level: Option<i32>,
    /// The content types that are; `None`: all.
    types: Option<Vec<Vec<u8>>>,
}

impl Default for Packing {
    fn default() -> Self {
        Self {
            from: MIN_LENGTH,
            level: None,
            types: None,
        }
    }
}

thread_local! {
    /// Of this process's server.
    static OF_SERVER: RefCell<Rc<Packing>> = RefCell::default();
}

/// What holds for the responses of this process's server.
pub(crate) fn of_server() -> Rc<Packing> {
    OF_SERVER.with_borrow(Rc::clone)
}

impl Packing {
    /// From settings.
    ///
    /// # Errors
    /// A list of types that is none.
    pub(crate) fn of(settings: &Array) -> Result<Self, Throw> {
        let find = |names: &[&str]| {
            let value = names.iter().find_map(|name| settings.get(name));
            value.map(Value::deref)
        };
        let on = find(&["http_compression"]).is_none_or(Value::to_bool);
        let from = find(&["http_compression_min_length", "compression_min_length"]);
        let from = from.map_or(MIN_LENGTH, |from| {
            u32::try_from(from.to_long().max(0)).unwrap_or(NEVER)
        });
        let level = find(&[
            "http_compression_level",
            "compression_level",
            "http_gzip_level",
        ]);
        let types = match find(&["http_compression_types", "compression_types"]) {
            None => None,
            Some(list) => {
                let Some(list) = list.as_array() else {
                    return Err(highper_zend::error::fatal(
                        "http_compression_types must be array",
                    ));
                };
                let mut types = Vec::with_capacity(list.len());
                for kind in list.values() {
                    let kind = kind.deref().to_str()?.as_bytes().to_vec();
                    if !kind.is_empty() {
                        types.push(kind);
                    }
                }
                Some(types)
            }
        };
        Ok(Self {
            from: if on { from } else { NEVER },
            level: level.map(|level| i32::try_from(level.to_long().clamp(0, 255)).unwrap_or(255)),
            types,
        })
    }

    /// Has it hold for the responses of this process's server.
    pub(crate) fn install(self) {
        OF_SERVER.replace(Rc::new(self));
    }

    /// Is a body of this type compressed?
    pub(super) fn takes(&self, content_type: Option<&[u8]>) -> bool {
        let content_type = content_type.unwrap_or(b"text/html");
        let types = self.types.as_ref();
        types.is_none_or(|types| types.iter().any(|kind| kind == content_type))
    }
}
