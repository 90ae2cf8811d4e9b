//! The functions of the library: signatures and documentation.

type Functions = &'static [(&'static str, &'static str)];

/// `functions.php`
pub const GENERAL: Functions = &[
    (
        "function swoole_library_set_options(array $options): void",
        "Replaces all options of the library.",
    ),
    (
        "function swoole_library_get_options(): array",
        "All options.",
    ),
    (
        "function swoole_library_set_option(string $key, mixed $value): void",
        "Sets an option.",
    ),
    (
        "function swoole_library_get_option(string $key): mixed",
        "An option; null when it is not set.",
    ),
    (
        "function swoole_string(string $string = \"\"): Swoole\\StringObject",
        "A string as an object.",
    ),
    (
        "function swoole_mbstring(string $string = \"\"): Swoole\\MultibyteStringObject",
        "A string of characters as an object.",
    ),
    (
        "function swoole_array(array $array = []): Swoole\\ArrayObject",
        "An array as an object.",
    ),
    (
        "function swoole_array_list(...$arrray): Swoole\\ArrayObject",
        "The arguments as an array object.",
    ),
    (
        "function swoole_array_default_value(array $array, $key, $default_value = null)",
        "The value of a key, or the default when it is not there.",
    ),
    (
        "function swoole_table(int $size, string $fields): Swoole\\Table",
        "A table with the columns `name:string:length, name:int, name:float`.",
    ),
    (
        "function swoole_is_in_container(): bool",
        "Does this run in a container of Docker or Kubernetes?",
    ),
    (
        "function swoole_container_cpu_num(): int",
        "The processors that the container may use; SWOOLE_CPU_NUM of the environment comes first.",
    ),
    (
        "function swoole_exec(string $command, &$output = null, &$returnVar = null)",
        "exec(), of which other coroutines see nothing.",
    ),
    (
        "function swoole_shell_exec(string $cmd)",
        "shell_exec(), of which other coroutines see nothing.",
    ),
    (
        "function swoole_init_default_remote_object_server(): void",
        "Nothing: there is no remote object server yet.",
    ),
];

/// `short.php`
pub const SHORT: Functions = &[
    (
        "function _string(string $string = \"\"): Swoole\\StringObject",
        "A string as an object.",
    ),
    (
        "function _mbstring(string $string = \"\"): Swoole\\MultibyteStringObject",
        "A string of characters as an object.",
    ),
    (
        "function _array(array $array = []): Swoole\\ArrayObject",
        "An array as an object.",
    ),
];
