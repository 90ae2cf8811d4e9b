<?php
// Prints docs/settings.md: ini settings as the extension declares them, and the settings of servers and applications.
// Fails where the lists below are not those of the sources. Run by scripts/settings.
declare(strict_types=1);

$ini = [
    'highper.hooks' => 'Makes blocking calls of PHP\'s extensions and their libraries waits of the coroutine: [hooks](hooks.md)',
    'highper.busy_poll' => 'Microseconds for which a loop polls before it sleeps, at most 1,000, where a single coroutine waits for an answer and that has paid lately: [hooks](hooks.md#a-single-coroutine); 0 for never',
    'highper.pdo_pool' => 'How many connections a PDO object for MySQL or PostgreSQL may have, a coroutine\'s own each: [hooks](hooks.md#one-pdo-object-for-many-coroutines); 0 for the one that it has otherwise',
    'highper.mysqli_pool' => 'How many connections a mysqli object may have, a coroutine\'s own each: [hooks](hooks.md#one-mysqli-object-for-many-coroutines); 0 for the one that it has otherwise',
    'highper.redis_pool' => 'How many connections a Redis object of phpredis may have: [hooks](hooks.md#one-redis-object-for-many-coroutines); 0 for the one that it has otherwise',
    'highper.pool_timeout' => 'Seconds that a coroutine waits for a connection of such a pool; 0 for as long as it takes',
    'highper.pool_queue' => 'Coroutines that may wait for one at the same time',
    'highper.pool_idle' => 'Seconds after which one that nobody used is closed; 0 for never',
    'highper.pool_lifetime' => 'Seconds after which one is closed as soon as nobody uses it; 0 for never',
    'highper.superglobals' => '`request` gives each request superglobals, a session, header lines and output of its own, as php-fpm does; with `shared` they are the process\'s: [guarantees](guarantees.md#superglobals-sessions-and-output)',
    'highper.time_accounting' => 'Counts for each coroutine how long it had the processor, waited and was ready: [guarantees](guarantees.md)',
    'highper.swoole' => 'Provides the namespace `Swoole`',
    'swoole.blocking_detection' => 'Tells of coroutines that hold the loop for longer than the threshold: [guarantees](guarantees.md)',
    'swoole.blocking_threshold' => 'That threshold, in microseconds',
    'swoole.display_errors' => 'Shows the warnings of the classes and functions of Swoole',
    'swoole.enable_fiber_mock' => 'Accepted, without effect',
    'swoole.enable_library' => 'Provides the classes and functions of Swoole that are written in PHP, compiled when they are first used',
    'swoole.enable_fiber_mock' => 'No effect: debuggers and profilers see every coroutine as a fiber',
    'swoole.leak_detection' => 'Not supported: `swoole_tracer_leak_detect()` warns of it',
    'swoole.profile' => 'Not supported: `swoole_tracer_prof_begin()` warns of it',
    'swoole.socket_buffer_size' => 'Bytes that sockets for packets ask the system for, each way',
    'swoole.enable_preemptive_scheduler' => 'Coroutines that compute give the processor away after 10 ms, as with the option of `Coroutine::set()`',
    'swoole.leak_detection' => 'Accepted, without effect',
    'swoole.profile' => 'Accepted, without effect',
    'swoole.use_shortname' => 'Provides the short names `go()`, `defer()`, `Co` and their like',
];
$application = [
    'workers' => ['`--workers`, else the CPUs of the container', 'worker processes, 1 to 1024'],
    'listen' => ['`PORT`, else 127.0.0.1:9501', 'an address, or a list of them'],
    'watch' => ['in development', 'new workers when files change: true, false, or a list of folders and files beside those that the application has: [development](development.md)'],
    'watch_polling' => ['false', 'looks at the files every 250 ms, for file systems that tell nothing of changes'],
    'reuse_port' => ['false', 'a socket for each worker (`SO_REUSEPORT`) instead of one for all'],
    'user' => ['', 'whom the workers run as'],
    'group' => ['', 'which group they run as'],
    'pid_file' => ['', 'where the manager writes its process id'],
    'proxy_protocol' => ['nobody', 'a list of addresses and networks, `[\'10.0.0.0/8\']`: whoever connects from there begins with a header of the PROXY protocol, 1 or 2, which says who the client is: [proxies](middleware.md#filters)'],
    'log_file' => ['stderr', 'where log lines go'],
    'log_level' => ['`info`, in development `debug`', '`debug`, `info`, `notice`, `warning`, `error` and so on'],
    'blocking_threshold' => ['off', 'what holds the loop for longer is named in the log: [guarantees](guarantees.md)'],
    'time_accounting' => ['`highper.time_accounting`', 'counts what each coroutine spends its time on, for `Highper\\times()`'],
    'superglobals' => ['`highper.superglobals`', '`request` or `shared`: whose superglobals, sessions and output are: [guarantees](guarantees.md#superglobals-sessions-and-output)'],
    'access_log' => ['on in development', 'a line for each request'],
    'max_wait_time' => ['3 s', 'how long running requests have to end at shutdown and reload'],
    'pause_delay' => ['0 s', 'how long a server that is told to [pause](guarantees.md#pause) takes new connections while its health endpoint says no already'],
    'max_requests' => ['0: no limit', 'requests after which a worker is replaced'],
    'max_age' => ['no limit', 'time after which a worker is replaced'],
    'memory_limit' => ['no limit', 'resident memory at which a worker is replaced'],
    'message_pack' => ['false', 'values are answered as MessagePack where `Accept` likes that better than JSON'],
    'max_coroutines' => ['100,000', 'coroutines in a worker'],
    'stack_size' => ['2 MiB', 'addresses for the stack of a coroutine; memory is taken as it is used'],
    'pdo_pool' => ['`highper.pdo_pool`', 'connections of each PDO object that is made from then on: [hooks](hooks.md#one-pdo-object-for-many-coroutines); 0 switches it off'],
    'mysqli_pool' => ['`highper.mysqli_pool`', 'connections of each mysqli object that is connected from then on: [hooks](hooks.md#one-mysqli-object-for-many-coroutines); 0 switches it off'],
    'redis_pool' => ['`highper.redis_pool`', 'connections of each Redis object: [hooks](hooks.md#one-redis-object-for-many-coroutines); 0 switches it off'],
    'max_connections' => ['100,000', 'connections of a worker'],
    'max_keep_alive_requests' => ['0: no limit', 'requests on a connection'],
    'max_header_size' => ['8,192 bytes', 'request line and header fields together; beyond it 431'],
    'max_headers' => ['100', 'header fields; beyond it 431'],
    'max_uri_length' => ['8,192 bytes', 'the request target; beyond it 414'],
    'max_body_size' => ['2 MiB', 'a request\'s body; beyond it 413'],
    'body_memory' => ['1 MiB', 'what a body may take of memory before its files go to disk'],
    'temp_dir' => ['`TMPDIR`, else /tmp', 'where uploaded files lie until the request ends'],
    'header_timeout' => ['60 s', 'for the head of a request'],
    'body_timeout' => ['60 s', 'for its body'],
    'idle_timeout' => ['75 s', 'for a connection without a request'],
    'tasks' => ['0', 'task workers: processes for [jobs](tasks.md)'],
    'task_queue' => ['1000', 'jobs that may wait for a task worker; past it `Highper\\Task\\QueueFull` is thrown'],
    'http2' => ['true', 'speaks HTTP/2 too: by ALPN where TLS is spoken, else by prior knowledge and by Upgrade'],
    'tls' => ['off', 'an array: `certificate` and `key` (PEM files) or `auto` (the server gets them itself: [TLS](tls.md#certificates-by-themselves)), `ocsp` (what the authority says of the certificate, DER: sent along with it), `passphrase`, `names` (certificate and key for other names, by SNI), `client_ca` (clients need a certificate that it signed), `min_version`, `ciphers`; a reload reads the files anew'],
    'write_timeout' => ['60 s', 'for a client that does not read'],
    'request_timeout' => ['off', 'for the whole request; `null` switches it off'],
    'cancel_on_disconnect' => ['false', 'ends the waits of a handler whose client has gone, with `Highper\\Http\\Disconnected`: [guarantees](guarantees.md#clients-that-go)'],
    'server_header' => ['none', 'the field `Server`; `null` leaves it out'],
];
$swoole = [
    'worker_num' => ['the CPUs of the container', 'worker processes'],
    'max_request' => ['0: no limit', 'requests after which a worker is replaced'],
    'max_request_grace' => ['half of `max_request`', 'how many more, at most, it may take, so that not all are replaced at once'],
    'dispatch_mode' => ['2', 'which worker gets what comes, in process mode: 1 in turn, 2 by connection, 3 one that has nothing to do (while all are occupied, the first that is done), 4 by address, 5 by `bind()`, 8 to 10 the one with the fewest coroutines'],
    'dispatch_func' => ['', 'a function that says so: of the server, the number, the event and the packet'],
    'discard_timeout_request' => ['false', 'packets whose connection is gone are thrown away whatever the dispatch mode'],
    'enable_unsafe_event' => ['false', 'connect and close are called whatever the dispatch mode'],
    'open_cpu_affinity' => ['false', 'each worker runs on one processor'],
    'cpu_affinity_ignore' => ['none', 'a list of processors that the workers leave alone'],
    'enable_reuse_port' => ['false', 'a socket for each worker (`SO_REUSEPORT`) instead of one for all'],
    'hook_flags' => ['`SWOOLE_HOOK_ALL`', 'which blocking calls suspend the coroutine in the workers'],
    'cancel_on_disconnect' => ['false', 'ends the waits of a handler whose client has gone, with `Swoole\\Coroutine\\CanceledException`; not in Swoole'],
    'max_wait_time' => ['3', 'seconds that running requests have at shutdown and reload; at least 1'],
    'reload_async' => ['true', 'old workers finish all that runs in them; off: their requests, and what else runs is cancelled'],
    'daemonize' => ['false', 'go to the background'],
    'pid_file' => ['', 'where the manager writes its process id'],
    'log_file' => ['standard output', 'where log lines go, and in the background all output; SIGRTMIN has it opened again'],
    'log_level' => ['`SWOOLE_LOG_INFO`', 'the least weight of what is written'],
    'log_rotation' => ['`SWOOLE_LOG_ROTATION_SINGLE`', 'a file for each month, day, hour or minute, which is added to the name'],
    'log_date_format' => ['`%F %T`', 'dates in lines, as `strftime()` has them'],
    'log_date_with_microseconds' => ['false', 'and microseconds behind them'],
    'user' => ['', 'whom the workers run as'],
    'group' => ['', 'which group they run as'],
    'chroot' => ['', 'a folder that becomes their root'],
    'package_max_length' => ['2 MiB', 'bytes of a request\'s body; beyond it 413; and of a WebSocket message, unpacked'],
    'open_websocket_protocol' => ['true in a `WebSocket\\Server`', 'are upgrades to WebSocket taken?'],
    'open_websocket_close_frame' => ['false', 'does `onMessage` see close frames?'],
    'open_websocket_ping_frame' => ['false', 'does `onMessage` see pings? Then it has to answer them'],
    'open_websocket_pong_frame' => ['false', 'does `onMessage` see pongs?'],
    'websocket_compression' => ['false', 'is permessage-deflate agreed on, each message by itself?'],
    'websocket_strict' => ['false', 'must clients mask their frames, text be UTF-8, and close codes such that may be sent? Not in Swoole'],
    'websocket_subprotocol' => ['none', '`Sec-WebSocket-Protocol` of every handshake'],
    'task_worker_num' => ['0', 'task workers'],
    'task_enable_coroutine' => ['false', 'does `onTask` run in a coroutine and get a `Server\\Task`?'],
    'task_use_object' => ['false', 'does `onTask` get a `Server\\Task` without that?'],
    'task_object' => ['false', 'the same'],
    'event_object' => ['false', 'do all callbacks get objects?'],
    'task_ipc_mode' => ['1', 'how tasks travel: 1 sockets, 2 and 3 a message queue'],
    'message_queue_key' => ['of the server\'s file', 'the key of that queue'],
    'task_tmpdir' => ['/tmp', 'where large tasks lie on their way'],
    'task_max_request' => ['0: no limit', 'tasks after which a task worker is replaced'],
    'task_max_request_grace' => ['half of it', 'up to how many more, drawn for each'],
    'socket_buffer_size' => ['8 MiB', 'bytes on their way between the processes of a server, and of a connection\'s output'],
    'upload_tmp_dir' => ['`TMPDIR`, else /tmp', 'where uploaded files lie until the request ends'],
    'http_parse_files' => ['false', 'lays the files of `name[]` out as `$_FILES` has them'],
    'upload_max_filesize' => ['`package_max_length`', 'bytes of a multipart form, where that may be more than another body'],
    'http_parse_cookie' => ['true', 'fills `$request->cookie`'],
    'http_parse_post' => ['true', 'fills `$request->post`'],
    'http_compression' => ['true', 'compresses answers for clients that accept it'],
    'http_compression_level' => ['gzip 5, Brotli 4, zstd 3', 'how far'],
    'compression_level' => ['as above', 'the same'],
    'http_gzip_level' => ['as above', 'the same'],
    'http_compression_min_length' => ['20', 'bytes of the shortest body that is compressed'],
    'compression_min_length' => ['20', 'the same'],
    'http_compression_types' => ['all', 'the content types whose bodies are'],
    'compression_types' => ['all', 'the same'],
    'open_tcp_nodelay' => ['true', 'sets `TCP_NODELAY`'],
    'max_conn' => ['100,000', 'connections of a worker'],
    'max_connection' => ['100,000', 'the same'],
    'heartbeat_idle_time' => ['75; none for WebSocket', 'seconds after which a connection without a request, or a byte from a WebSocket client, is closed'],
    'max_request_execution_time' => ['0: off', 'seconds for the whole request'],
    'worker_max_concurrency' => ['no limit', 'requests that a worker answers at a time; more wait'],
    'max_concurrency' => ['no limit', 'requests that the server answers at a time; more get a 503'],
    'max_coroutine' => ['100,000', 'coroutines in a worker'],
    'max_coro_num' => ['100,000', 'the same'],
    'stack_size' => ['2 MiB', 'addresses for the stack of a coroutine'],
    'c_stack_size' => ['2 MiB', 'the same'],
    'document_root' => ['', 'the folder of static files'],
    'enable_static_handler' => ['false', 'serves them'],
    'static_handler_locations' => ['all', 'the prefixes below which they are looked for'],
    'http_index_files' => ['none', 'the files of which a folder answers with the first that it has'],
    'http_autoindex' => ['false', 'a folder without one answers with a list of its files'],
    'url_rewrite_rules' => ['none', 'paths that files are looked for under others: beginnings, or regular expressions between two `~`, with what stands in their place'],
    'open_http2_protocol' => ['false', 'speaks HTTP/2 too: by ALPN where TLS is spoken, else by prior knowledge and by Upgrade'],
    'http2_header_table_size' => ['4,096', 'bytes of the table for header compression'],
    'http2_max_concurrent_streams' => ['256', 'requests of a connection at once'],
    'http2_init_window_size' => ['65,535', 'bytes of a body that a client may send before they were read'],
    'http2_max_frame_size' => ['16,384', 'bytes of a frame'],
    'http2_max_header_list_size' => ['64 KiB', 'bytes of the fields of a request; more get a 431'],
];
// Read by ports, one by one: of these only the names are checked.
$port = [
    'open_http_protocol' => ['true in an `Http\\Server`', 'speaks HTTP: the callback is `request`; of a `Swoole\\Server` that has only `receive` the packets are whole requests'],
    'open_redis_protocol' => ['true in a `Redis\\Server`', 'packets are commands of Redis\' protocol'],
    'open_mqtt_protocol' => ['false', 'packets are MQTT\'s'],
    'open_eof_check' => ['false', 'a packet ends with `package_eof`; several may come together'],
    'open_eof_split' => ['false', 'each packet by itself'],
    'package_eof' => ['`\\r\\n\\r\\n`', 'the mark, up to 8 bytes'],
    'open_length_check' => ['false', 'a packet begins with its length'],
    'package_length_type' => ['N', 'a letter of `pack()`: c C s S v n V N l L P q Q J'],
    'package_length_offset' => ['0', 'where the length stands'],
    'package_body_offset' => ['0', 'from where on it counts'],
    'package_body_start' => ['0', 'the same'],
    'package_length_func' => ['', 'a function that says how long the packet is: -1 for never, 0 for not yet'],
    'enable_delay_receive' => ['false', 'nothing is read before `confirm()`'],
    'heartbeat_check_interval' => ['none', 'without `heartbeat_idle_time`: half of it'],
    'max_idle_time' => ['none', 'seconds in which something must be received or sent'],
    'buffer_high_watermark' => ['0.8 of `socket_buffer_size`', 'bytes of output from which `onBufferFull` is called'],
    'buffer_low_watermark' => ['0', 'and down to which `onBufferEmpty` is'],
    'output_buffer_size' => ['no limit', 'in process mode: bytes that `send()` and `end()` take at a time; more is refused'],
    'buffer_output_size' => ['no limit', 'the same'],
    'backlog' => ['512', 'connections that may wait to be accepted'],
    'tcp_defer_accept' => ['off', 'seconds that a connection without a byte stays with the kernel'],
    'tcp_fastopen' => ['false', 'clients may send with their first packet'],
    'open_tcp_keepalive' => ['false', 'probes of TCP'],
    'tcp_keepidle' => ['3,600', 'seconds of silence until the first probe'],
    'tcp_keepinterval' => ['1', 'seconds between probes'],
    'tcp_keepcount' => ['5', 'probes without an answer'],
    'tcp_user_timeout' => ['the system\'s', 'milliseconds that sent bytes may stay without acknowledgement'],
    'kernel_socket_recv_buffer_size' => ['the system\'s', 'bytes of the kernel\'s buffer'],
    'kernel_socket_send_buffer_size' => ['the system\'s', 'the same for sending'],
    'ssl_cert_file' => ['', 'the certificate with those that it leads to (PEM)'],
    'ssl_key_file' => ['', 'its key'],
    'ssl_passphrase' => ['', 'what the key is locked with'],
    'ssl_sni_certs' => ['none', 'certificate and key for other names'],
    'ssl_protocols' => ['TLS 1.2 and 1.3', '`SWOOLE_SSL_*`; older ones are not spoken'],
    'ssl_ciphers' => ['rustls\'', 'a list in OpenSSL\'s words'],
    'ssl_ecdh_curve' => ['rustls\'', 'a list'],
    'ssl_prefer_server_ciphers' => ['false', 'is this side\'s order of ciphers taken?'],
    'ssl_verify_peer' => ['false', 'do clients need a certificate?'],
    'ssl_allow_self_signed' => ['false', 'may it be signed by itself?'],
    'ssl_verify_depth' => ['no limit', 'how many certificates stand between theirs and the authority\'s'],
    'ssl_client_cert_file' => ['', 'the authorities (PEM)'],
    'ssl_cafile' => ['', 'the same'],
    'ssl_capath' => ['', 'a folder of them'],
    'send_timeout' => ['none', 'seconds that `send()` waits for room'],
    'send_yield' => ['true', 'does it wait in a coroutine?'],
    'start_session_id' => ['1', 'the number of the first connection'],
    'stats_file' => ['', 'where the figures of `stats()` are written, as text, JSON or PHP by its ending'],
    'stats_timer_interval' => ['1,000', 'milliseconds between two of these'],
    'enable_coroutine' => ['true', 'do callbacks run in coroutines?'],
];

$root = dirname(__DIR__);
$fail = static function (string $message): never {
    fwrite(STDERR, "scripts/settings.php: {$message}\n");
    exit(1);
};
$same = static function (string $what, array $here, array $there) use ($fail): void {
    sort($here);
    sort($there);
    if ($there === [] || $here !== $there) {
        $fail("{$what}: only here: " . (implode(', ', array_diff($here, $there)) ?: 'none') . '; missing: ' . (implode(', ', array_diff($there, $here)) ?: 'none'));
    }
};
$between = static function (string $file, string $from, string $to) use ($root, $fail): string {
    $text = (string) file_get_contents("{$root}/{$file}");
    preg_match("/{$from}(.*?){$to}/s", $text, $found) || $fail("{$file} has no part from {$from} to {$to}");

    return $found[1];
};
$table = static function (array $rows): string {
    $lines = '';
    foreach ($rows as $name => [$default, $meaning]) {
        $lines .= "| `{$name}` | {$default} | {$meaning} |\n";
    }

    return "| name | default | meaning |\n| --- | --- | --- |\n{$lines}";
};

$declared = [];
foreach (['highper', 'swoole'] as $module) {
    $declared += extension_loaded($module) ? (array) ini_get_all($module) : $fail("the module {$module} is not loaded");
}
$same('ini settings', array_keys($ini), array_keys($declared));
preg_match_all('/"(\w+)"/', $between('ext/highper/src/settings.rs', 'const NAMES[^=]*=', '\];'), $names);
$same('settings of an application', array_keys($application), $names[1]);
preg_match_all('/"(\w+)"(?=[^"{;]*=>|\s*\|)/', $between('ext/swoole/src/server/settings.rs', 'match name\.as_str\(\) \{', '_ => \{\}'), $names);
$same('settings of Swoole\Server', array_keys($swoole), $names[1]);
preg_match_all('/\w+/', $between('ext/swoole/src/server/settings.rs', 'const KNOWN: &str = "', '"'), $names);
preg_match_all('/"(\w+)"/', $between('ext/swoole/src/coroutine/option.rs', 'const SHARED[^=]*=', '\];'), $shared);
$shared = array_diff($shared[1], array_keys($swoole));
$unknown = array_diff(array_keys($port), $names[0]);
$unknown === [] || $fail('Swoole has no settings ' . implode(', ', $unknown));
$sources = '';
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator("{$root}/ext/swoole/src")) as $file) {
    $name = (string) $file;
    if (str_ends_with($name, '.rs') && !str_ends_with($name, '/constants.rs') && !str_ends_with($name, '/server/settings.rs')) {
        $sources .= file_get_contents($name);
    }
}
$helper = (string) file_get_contents("{$root}/ext/swoole/library/core/Server/Helper.php");
$unread = array_filter(array_keys($port), fn (string $name) => !str_contains($sources, "\"{$name}\"") && !str_contains($helper, "setting['{$name}']"));
$unread === [] || $fail('nobody reads ' . implode(', ', $unread));
$known = array_diff($names[0], array_keys($swoole), array_keys($port), $shared);
sort($known);

$access = [1 => 'scripts', 2 => 'php.ini, .htaccess', 4 => 'php.ini, -d', 6 => 'php.ini, -d', 7 => 'anywhere'];
$rows = '';
foreach ($ini as $name => $meaning) {
    $rows .= "| `{$name}` | {$declared[$name]['global_value']} | {$access[$declared[$name]['access']]} | {$meaning} |\n";
}
?>
# Settings

Generated by `make settings` from what the extension declares: do not edit.

## In php.ini

| name | default | set in | meaning |
| --- | --- | --- | --- |
<?= $rows ?>

## Of an application

`$application->settings(['workers' => 4, 'max_body_size' => '8M', 'idle_timeout' => '30s'])`. Sizes are bytes, or a text such as
`'8M'`; times are seconds, or a text such as `'250ms'`. An unknown name is refused, with the one that was probably meant.

<?= $table($application) ?>

## Of `Swoole\Http\Server`

`$server->set([…])`, with Swoole's names and units.

<?= $table($swoole) ?>

Those of its ports, and of servers that don't speak HTTP, by `set()` of the server or of the port:

<?= $table($port) ?>

Those of coroutines are as in `Coroutine::set()`: <?= '`' . implode('`, `', $shared) . '`' ?>.

Accepted, and without effect in this version: <?= '`' . implode('`, `', $known) . '`' ?>.
