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
    source!("core/Curl/Exception.php": "Swoole\\Curl\\Exception"),
    source!("core/Curl/Handler.php": "Swoole\\Curl\\Handler"),
    source!("core/Coroutine/Curl/Exception.php": "Swoole\\Coroutine\\Curl\\Exception", "Co\\Coroutine\\Curl\\Exception"),
    source!("ext/curl.php": ; functions::CURL),
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
    source!("core/FastCGI.php": "Swoole\\FastCGI"),
    source!("core/FastCGI/Record.php": "Swoole\\FastCGI\\Record"),
    source!("core/FastCGI/Record/Params.php": "Swoole\\FastCGI\\Record\\Params"),
    source!("core/FastCGI/Record/AbortRequest.php": "Swoole\\FastCGI\\Record\\AbortRequest"),
    source!("core/FastCGI/Record/BeginRequest.php": "Swoole\\FastCGI\\Record\\BeginRequest"),
    source!("core/FastCGI/Record/Data.php": "Swoole\\FastCGI\\Record\\Data"),
    source!("core/FastCGI/Record/EndRequest.php": "Swoole\\FastCGI\\Record\\EndRequest"),
    source!("core/FastCGI/Record/GetValues.php": "Swoole\\FastCGI\\Record\\GetValues"),
    source!("core/FastCGI/Record/GetValuesResult.php": "Swoole\\FastCGI\\Record\\GetValuesResult"),
    source!("core/FastCGI/Record/Stdin.php": "Swoole\\FastCGI\\Record\\Stdin"),
    source!("core/FastCGI/Record/Stdout.php": "Swoole\\FastCGI\\Record\\Stdout"),
    source!("core/FastCGI/Record/Stderr.php": "Swoole\\FastCGI\\Record\\Stderr"),
    source!("core/FastCGI/Record/UnknownType.php": "Swoole\\FastCGI\\Record\\UnknownType"),
    source!("core/FastCGI/FrameParser.php": "Swoole\\FastCGI\\FrameParser"),
    source!("core/FastCGI/Message.php": "Swoole\\FastCGI\\Message"),
    source!("core/FastCGI/Request.php": "Swoole\\FastCGI\\Request"),
    source!("core/FastCGI/Response.php": "Swoole\\FastCGI\\Response"),
    source!("core/FastCGI/HttpRequest.php": "Swoole\\FastCGI\\HttpRequest"),
    source!("core/FastCGI/HttpResponse.php": "Swoole\\FastCGI\\HttpResponse"),
    source!("core/Coroutine/FastCGI/Client.php": "Swoole\\Coroutine\\FastCGI\\Client", "Co\\FastCGI\\Client"),
    source!("core/Coroutine/FastCGI/Client/Exception.php": "Swoole\\Coroutine\\FastCGI\\Client\\Exception", "Co\\FastCGI\\Client\\Exception"),
    source!("core/Coroutine/FastCGI/Proxy.php": "Swoole\\Coroutine\\FastCGI\\Proxy", "Co\\FastCGI\\Proxy"),
    source!("core/Coroutine/Http/ClientProxy.php": "Swoole\\Coroutine\\Http\\ClientProxy"),
    source!("core/Coroutine/Http/functions.php": ; functions::HTTP),
    source!("core/NameResolver.php": "Swoole\\NameResolver"),
    source!("core/NameResolver/Exception.php": "Swoole\\NameResolver\\Exception"),
    source!("core/NameResolver/Cluster.php": "Swoole\\NameResolver\\Cluster"),
    source!("core/NameResolver/Redis.php": "Swoole\\NameResolver\\Redis"),
    source!("core/NameResolver/Nacos.php": "Swoole\\NameResolver\\Nacos"),
    source!("core/NameResolver/Consul.php": "Swoole\\NameResolver\\Consul"),
    source!("remote_object.php": ; functions::REMOTE_OBJECT),
    source!("core/RemoteObject.php": "Swoole\\RemoteObject"),
    source!("core/RemoteObject/Exception.php": "Swoole\\RemoteObject\\Exception"),
    source!("core/RemoteObject/Client.php": "Swoole\\RemoteObject\\Client"),
    source!("core/RemoteObject/Context.php": "Swoole\\RemoteObject\\Context"),
    source!("core/RemoteObject/ProxyTrait.php": "Swoole\\RemoteObject\\ProxyTrait"),
    source!("core/RemoteObject/Server.php": "Swoole\\RemoteObject\\Server"),
    source!("core/Thread/Runnable.php": "Swoole\\Thread\\Runnable"),
    source!("core/Thread/Pool.php": "Swoole\\Thread\\Pool"),
    source!("core/Server/Admin.php": "Swoole\\Server\\Admin"),
    source!("core/Server/AdminReports.php": "Highper\\Library\\AdminReports"),
    source!("core/Server/Helper.php": "Swoole\\Server\\Helper"),
    source!("ext/mongodb.php": "Swoole\\MongoDB\\Client"),
    source!("ext/sockets.php": ; functions::SOCKETS),
    source!("ext/standard.php": ; functions::STANDARD),
];

/// With `swoole.use_shortname` too.
static SHORT: &[Source] = &[source!("short.php": ; functions::SHORT)];

/// Always: that of Swoole cannot be without the extension curl. Without it calls of these say that its functions are missing.
static CURL: &[Source] = &[source!("ext/native_curl.php": ; functions::NATIVE_CURL)];

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
    highper_zend::library::install(registry, library.iter().chain(short).chain(CURL));
}
