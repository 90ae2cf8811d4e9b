//! What is written in PHP: `ext/highper/library`. Nothing of it is compiled before it is used.

use highper_zend::Registry;
use highper_zend::library::{self, Source};

/// A file below `ext/highper/library`, and its class.
macro_rules! source {
    ($file:literal: $class:literal) => {
        Source {
            // A literal without a zero byte in it.
            file: match std::ffi::CStr::from_bytes_with_nul(
                concat!("@highper/library/", $file, "\0").as_bytes(),
            ) {
                Ok(file) => file,
                Err(_) => panic!("a file's name has a zero byte"),
            },
            text: include_str!(concat!("../library/", $file)),
            classes: &[$class],
            functions: &[],
        }
    };
}

static LIBRARY: &[Source] = &[
    source!("Db/Column.php": "Highper\\Db\\Column"),
    source!("Db/Console/Make.php": "Highper\\Db\\Console\\Make"),
    source!("Db/Console/Migrate.php": "Highper\\Db\\Console\\Migrate"),
    source!("Db/Console/Rollback.php": "Highper\\Db\\Console\\Rollback"),
    source!("Db/Console/Status.php": "Highper\\Db\\Console\\Status"),
    source!("Db/Expression.php": "Highper\\Db\\Expression"),
    source!("Db/Migration.php": "Highper\\Db\\Migration"),
    source!("Db/Migrator.php": "Highper\\Db\\Migrator"),
    source!("Db/Model.php": "Highper\\Db\\Model"),
    source!("Db/Models.php": "Highper\\Db\\Models"),
    source!("Db/Schema.php": "Highper\\Db\\Schema"),
    source!("Db/Table.php": "Highper\\Db\\Table"),
    source!("View/PhpEngine.php": "Highper\\View\\PhpEngine"),
    source!("View/PhpTemplate.php": "Highper\\View\\PhpTemplate"),
];

pub(crate) fn declare(registry: &mut Registry) {
    library::install(registry, LIBRARY);
}
