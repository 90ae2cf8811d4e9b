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

/// `remote_object.php`
pub const REMOTE_OBJECT: Functions = &[
    (
        "function swoole_init_default_remote_object_server(): void",
        "Chooses the folder of the default remote object server. It is started with its first client.",
    ),
    (
        "function swoole_get_default_remote_object_client(): Swoole\\RemoteObject\\Client",
        "A client of the default remote object server, which is started unless it runs.",
    ),
];

/// `core/Coroutine/Http/functions.php`
pub const HTTP: Functions = &[
    (
        "function Swoole\\Coroutine\\Http\\get(string $url, ?array $options = null, ?array $headers = null, ?array $cookies = null): Swoole\\Coroutine\\Http\\ClientProxy",
        "A request with GET.",
    ),
    (
        "function Swoole\\Coroutine\\Http\\post(string $url, mixed $data, ?array $options = null, ?array $headers = null, ?array $cookies = null): Swoole\\Coroutine\\Http\\ClientProxy",
        "A request with POST.",
    ),
    (
        "function Swoole\\Coroutine\\Http\\request(string $url, string $method, mixed $data = null, ?array $options = null, ?array $headers = null, ?array $cookies = null): Swoole\\Coroutine\\Http\\ClientProxy",
        "A request, by the client that the option `http_client_driver` names.",
    ),
    (
        "function Swoole\\Coroutine\\Http\\request_with_curl(string $url, string $method, mixed $data = null, ?array $options = null, ?array $headers = null, ?array $cookies = null): Swoole\\Coroutine\\Http\\ClientProxy",
        "A request by cURL.",
    ),
    (
        "function Swoole\\Coroutine\\Http\\request_with_http_client(string $url, string $method, mixed $data = null, ?array $options = null, ?array $headers = null, ?array $cookies = null): Swoole\\Coroutine\\Http\\ClientProxy",
        "A request by Coroutine\\Http\\Client.",
    ),
    (
        "function Swoole\\Coroutine\\Http\\request_with_stream(string $url, string $method, mixed $data = null, ?array $options = null, ?array $headers = null, ?array $cookies = null): Swoole\\Coroutine\\Http\\ClientProxy",
        "A request by PHP's streams. Its answer has the body only.",
    ),
];

/// `ext/standard.php`
pub const STANDARD: Functions = &[
    (
        "function swoole_gethostbynamel(string $domain)",
        "The addresses of a name.",
    ),
    (
        "function swoole_gethostbyaddr(string $ip): string",
        "gethostbyaddr() by the default remote object server.",
    ),
    (
        "function swoole_mail(string $to, string $subject, string $message, array $headers = []): bool",
        "mail() by that server.",
    ),
    (
        "function swoole_checkdnsrr(string $hostname, string $type = \"MX\"): bool",
        "checkdnsrr() by that server.",
    ),
    (
        "function swoole_dns_check_record(string $hostname, string $type = \"MX\"): bool",
        "The same.",
    ),
    (
        "function swoole_getmxrr(string $hostname, array &$hosts, ?array &$weights = null): bool",
        "getmxrr() by that server.",
    ),
    (
        "function swoole_dns_get_mx(string $hostname, array &$hosts, ?array &$weights = null): bool",
        "The same.",
    ),
    (
        "function swoole_dns_get_record(string $hostname, int $type = DNS_ANY, ?array &$authoritative_name_servers = null, ?array &$additional_records = null, bool $raw = false): array|false",
        "dns_get_record() by that server.",
    ),
    (
        "function swoole_real_getmxrr(string $hostname, ?array $hosts = null, ?array $weights = null): array",
        "What that server calls.",
    ),
    (
        "function swoole_real_dns_get_record(string $hostname, int $type, ?array $authoritative_name_servers = null, ?array $additional_records = null, bool $raw = false): array",
        "What that server calls.",
    ),
];

/// `ext/sockets.php`
pub const SOCKETS: Functions = &[
    (
        "function swoole_socket_accept(Swoole\\Coroutine\\Socket $socket)",
        "socket_accept() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_bind(Swoole\\Coroutine\\Socket $socket, string $address, int $port = 0): bool",
        "socket_bind() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_clear_error(?Swoole\\Coroutine\\Socket $socket = null)",
        "socket_clear_error() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_close(Swoole\\Coroutine\\Socket $socket)",
        "socket_close() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_connect(Swoole\\Coroutine\\Socket $socket, string $address, int $port = 0)",
        "socket_connect() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_create(int $domain, int $type, int $protocol)",
        "socket_create() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_create_listen(int $port, int $backlog = 128)",
        "socket_create_listen() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_create_pair(int $domain, int $type, int $protocol, array &$pair)",
        "socket_create_pair() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_get_option(Swoole\\Coroutine\\Socket $socket, int $level, int $optname)",
        "socket_get_option() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_getopt(Swoole\\Coroutine\\Socket $socket, int $level, int $optname)",
        "socket_getopt() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_getpeername(Swoole\\Coroutine\\Socket $socket, &$address, &$port = null)",
        "socket_getpeername() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_getsockname(Swoole\\Coroutine\\Socket $socket, &$address, &$port = null)",
        "socket_getsockname() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_import_stream(mixed $stream): Swoole\\Coroutine\\Socket|false",
        "socket_import_stream() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_last_error(?Swoole\\Coroutine\\Socket $socket = null): int",
        "socket_last_error() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_listen(Swoole\\Coroutine\\Socket $socket, int $backlog = 0): bool",
        "socket_listen() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_read(Swoole\\Coroutine\\Socket $socket, int $length, int $type = PHP_BINARY_READ)",
        "socket_read() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_recv(Swoole\\Coroutine\\Socket $socket, &$buffer, int $length, int $flags)",
        "socket_recv() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_recvfrom(Swoole\\Coroutine\\Socket $socket, &$buffer, int $length, int $flags, &$name, &$port = null)",
        "socket_recvfrom() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_send(Swoole\\Coroutine\\Socket $socket, string $buffer, int $length, int $flags)",
        "socket_send() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_sendto(Swoole\\Coroutine\\Socket $socket, string $buffer, int $length, int $flags, string $addr, int $port = 0)",
        "socket_sendto() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_set_block(Swoole\\Coroutine\\Socket $socket)",
        "socket_set_block() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_set_nonblock(Swoole\\Coroutine\\Socket $socket)",
        "socket_set_nonblock() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_set_option(Swoole\\Coroutine\\Socket $socket, int $level, int $optname, $optval): bool",
        "socket_set_option() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_setopt(Swoole\\Coroutine\\Socket $socket, int $level, int $optname, $optval): bool",
        "socket_setopt() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_shutdown(Swoole\\Coroutine\\Socket $socket, int $how = 2): bool",
        "socket_shutdown() on a Coroutine\\Socket.",
    ),
    (
        "function swoole_socket_write(Swoole\\Coroutine\\Socket $socket, string $buffer, int $length = 0)",
        "socket_write() on a Coroutine\\Socket.",
    ),
];

/// `ext/curl.php`
pub const CURL: Functions = &[
    (
        "function swoole_curl_close(Swoole\\Curl\\Handler $obj): void",
        "curl_close() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_errno(Swoole\\Curl\\Handler $obj): int",
        "curl_errno() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_error(Swoole\\Curl\\Handler $obj): string",
        "curl_error() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_exec(Swoole\\Curl\\Handler $obj)",
        "curl_exec() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_getinfo(Swoole\\Curl\\Handler $obj, int $opt = 0)",
        "curl_getinfo() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_init(string $url = \"\"): Swoole\\Curl\\Handler",
        "curl_init() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_multi_getcontent(Swoole\\Curl\\Handler $obj)",
        "curl_multi_getcontent() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_reset(Swoole\\Curl\\Handler $obj)",
        "curl_reset() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_setopt(Swoole\\Curl\\Handler $obj, int $opt, $value): bool",
        "curl_setopt() on a Curl\\Handler.",
    ),
    (
        "function swoole_curl_setopt_array(Swoole\\Curl\\Handler $obj, $array): bool",
        "curl_setopt_array() on a Curl\\Handler.",
    ),
];

/// `ext/native_curl.php`
pub const NATIVE_CURL: Functions = &[
    (
        "function swoole_native_curl_close(CurlHandle $handle): void",
        "The same as curl_close().",
    ),
    (
        "function swoole_native_curl_copy_handle(CurlHandle $handle): CurlHandle|false",
        "The same as curl_copy_handle().",
    ),
    (
        "function swoole_native_curl_errno(CurlHandle $handle): int",
        "The same as curl_errno().",
    ),
    (
        "function swoole_native_curl_error(CurlHandle $handle): string",
        "The same as curl_error().",
    ),
    (
        "function swoole_native_curl_escape(CurlHandle $handle, string $string): string|false",
        "The same as curl_escape().",
    ),
    (
        "function swoole_native_curl_exec(CurlHandle $handle): string|bool",
        "The same as curl_exec().",
    ),
    (
        "function swoole_native_curl_getinfo(CurlHandle $handle, ?int $option = null): mixed",
        "The same as curl_getinfo().",
    ),
    (
        "function swoole_native_curl_init(?string $url = null): CurlHandle|false",
        "The same as curl_init().",
    ),
    (
        "function swoole_native_curl_multi_add_handle(CurlMultiHandle $multi_handle, CurlHandle $handle): int",
        "The same as curl_multi_add_handle().",
    ),
    (
        "function swoole_native_curl_multi_close(CurlMultiHandle $multi_handle): void",
        "The same as curl_multi_close().",
    ),
    (
        "function swoole_native_curl_multi_errno(CurlMultiHandle $multi_handle): int",
        "The same as curl_multi_errno().",
    ),
    (
        "function swoole_native_curl_multi_exec(CurlMultiHandle $multi_handle, &$still_running): int",
        "The same as curl_multi_exec().",
    ),
    (
        "function swoole_native_curl_multi_getcontent(CurlHandle $handle): ?string",
        "The same as curl_multi_getcontent().",
    ),
    (
        "function swoole_native_curl_multi_info_read(CurlMultiHandle $multi_handle, &$queued_messages = null): array|false",
        "The same as curl_multi_info_read().",
    ),
    (
        "function swoole_native_curl_multi_init(): CurlMultiHandle",
        "The same as curl_multi_init().",
    ),
    (
        "function swoole_native_curl_multi_remove_handle(CurlMultiHandle $multi_handle, CurlHandle $handle): int",
        "The same as curl_multi_remove_handle().",
    ),
    (
        "function swoole_native_curl_multi_select(CurlMultiHandle $multi_handle, float $timeout = 1.0): int",
        "The same as curl_multi_select().",
    ),
    (
        "function swoole_native_curl_multi_setopt(CurlMultiHandle $multi_handle, int $option, mixed $value): bool",
        "The same as curl_multi_setopt().",
    ),
    (
        "function swoole_native_curl_pause(CurlHandle $handle, int $flags): int",
        "The same as curl_pause().",
    ),
    (
        "function swoole_native_curl_reset(CurlHandle $handle): void",
        "The same as curl_reset().",
    ),
    (
        "function swoole_native_curl_setopt(CurlHandle $handle, int $option, mixed $value): bool",
        "The same as curl_setopt().",
    ),
    (
        "function swoole_native_curl_setopt_array(CurlHandle $handle, array $options): bool",
        "The same as curl_setopt_array().",
    ),
    (
        "function swoole_native_curl_unescape(CurlHandle $handle, string $string): string|false",
        "The same as curl_unescape().",
    ),
    (
        "function swoole_native_curl_upkeep(CurlHandle $handle): bool",
        "The same as curl_upkeep().",
    ),
];
