//! The part of the API that is written in PHP: `ext/swoole/library`. Nothing of it is compiled before it is used.

mod functions;

use highper_zend::library::Source;
use highper_zend::{Access, Ini, Registry, ini};

/// A file below `ext/swoole/library`, its classes and, after a semicolon, its functions.
macro_rules! source {
    ($file:literal: $($class:literal),*) => { source!($file: $($class),*; &[]) };
    ($file:literal: $($class:literal),*; $functions:expr) => {
        Source {
            // A literal without a zero byte in it.
            file: match std::ffi::CStr::from_bytes_with_nul(concat!("@swoole/library/", $file, "\0").as_bytes()) {
                Ok(file) => file,
                Err(_) => panic!("a file's name has a zero byte"),
            },
            text: include_str!(concat!("../library/", $file)),
            classes: &[$($class),*],
            functions: $functions,
        }
    };
}

/// With `swoole.enable_library`.
static LIBRARY: &[Source] = &[
    source!("functions.php": ; functions::GENERAL),
    source!("core/SwooleLibrary.php": "SwooleLibrary"),
    source!("core/StringObject.php": "Swoole\\StringObject"),
    source!("core/MultibyteStringObject.php": "Swoole\\MultibyteStringObject"),
    source!("core/ArrayObject.php": "Swoole\\ArrayObject"),
    source!("core/Exception/ArrayKeyNotExists.php": "Swoole\\Exception\\ArrayKeyNotExists"),
    source!("core/ObjectProxy.php": "Swoole\\ObjectProxy"),
    source!("core/ConnectionPool.php": "Swoole\\ConnectionPool"),
    source!("core/Http/Status.php": "Swoole\\Http\\Status"),
    source!("core/Database/ObjectProxy.php": "Swoole\\Database\\ObjectProxy"),
    source!("core/Database/DetectsLostConnections.php": "Swoole\\Database\\DetectsLostConnections"),
    source!("core/Database/MysqliConfig.php": "Swoole\\Database\\MysqliConfig"),
    source!("core/Database/MysqliException.php": "Swoole\\Database\\MysqliException"),
    source!("core/Database/MysqliPool.php": "Swoole\\Database\\MysqliPool"),
    source!("core/Database/MysqliProxy.php": "Swoole\\Database\\MysqliProxy"),
    source!("core/Database/MysqliStatementProxy.php": "Swoole\\Database\\MysqliStatementProxy"),
    source!("core/Database/PDOConfig.php": "Swoole\\Database\\PDOConfig"),
    source!("core/Database/PDOPool.php": "Swoole\\Database\\PDOPool"),
    source!("core/Database/PDOProxy.php": "Swoole\\Database\\PDOProxy"),
    source!("core/Database/PDOStatementProxy.php": "Swoole\\Database\\PDOStatementProxy"),
    source!("core/Database/RedisConfig.php": "Swoole\\Database\\RedisConfig"),
    source!("core/Database/RedisPool.php": "Swoole\\Database\\RedisPool"),
];

/// With `swoole.use_shortname` too.
static SHORT: &[Source] = &[source!("short.php": ; functions::SHORT)];

/// Declares the functions, and makes the classes available.
pub fn declare(registry: &mut Registry, shortname: bool) {
    registry.setting(Ini::bool(
        "swoole.enable_library",
        true,
        Access::All,
        "The classes and functions that are written in PHP. Read at start.",
    ));
    let library: &[Source] = if ini::configured("swoole.enable_library", true) {
        LIBRARY
    } else {
        &[]
    };
    let short: &[Source] = if shortname && !library.is_empty() {
        SHORT
    } else {
        &[]
    };
    highper_zend::library::install(registry, library.iter().chain(short));
}
