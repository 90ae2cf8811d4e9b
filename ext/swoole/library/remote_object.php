<?php

declare(strict_types=1);

namespace Highper\Library;

use Swoole\Coroutine;
use Swoole\RemoteObject\Client;

// The default remote object server: a program of its own, in the folder that the option `default_remote_object_server_dir`
// names. It is started when a client is asked for, unless it runs, and stays.

/** Chooses the folder, if the program has not. The server itself waits for its first client. */
function swoole_init_default_remote_object_server(): void
{
    if (empty(\swoole_library_get_option('default_remote_object_server_dir'))) {
        $home = \getenv('HOME') ?: \sys_get_temp_dir();
        \swoole_library_set_option('default_remote_object_server_dir', "{$home}/.swoole");
    }
}

function swoole_get_default_remote_object_client(): Client
{
    if (!\SwooleLibrary::$remote_object_server_initiated) {
        \swoole_init_default_remote_object_server();
        $folder = \swoole_library_get_option('default_remote_object_server_dir');
        start_remote_object_server($folder);
        \SwooleLibrary::$remote_object_server_initiated = true;
        \SwooleLibrary::$remote_object_server_socket_file = "unix://{$folder}/remote-object-server.sock";
    }
    return new Client(\SwooleLibrary::$remote_object_server_socket_file);
}

function start_remote_object_server(string $folder): void
{
    if (!\is_dir($folder) && !@\mkdir($folder, 0700, true) && !\is_dir($folder)) {
        throw new \RuntimeException("the folder {$folder} of the remote object server cannot be made");
    }
    $name = "{$folder}/remote-object-server";
    $lock = \fopen("{$name}.lock", 'c') ?: throw new \RuntimeException("failed to open lock file[{$name}.lock]");
    // One starts it, others wait for that.
    while (!\flock($lock, \LOCK_EX | \LOCK_NB)) {
        \usleep(20_000);
    }
    $runs = static fn (): bool => @\stream_socket_client("unix://{$name}.sock") !== false;
    try {
        if ($runs()) {
            return;
        }
        write_remote_object_server($name);
        @\unlink("{$name}.sock");
        $command = \implode(' ', \array_map('escapeshellarg', [\PHP_BINARY, ...php_options(), "{$name}.php"])) . ' 2>&1';
        if (Coroutine::getCid() > 0) {
            ['code' => $code, 'output' => $said] = Coroutine\System::exec($command);
        } else {
            \exec($command, $lines, $code);
            $said = \implode("\n", $lines);
        }
        for ($attempt = 0; $code === 0 && $attempt < 500; ++$attempt) {
            if ($runs()) {
                return;
            }
            \usleep(20_000);
        }
        throw new \RuntimeException("failed to start remote object server: exit code {$code}, output: {$said}");
    } finally {
        \fclose($lock);
    }
}

function write_remote_object_server(string $name): void
{
    $options = \swoole_library_get_option('default_remote_object_server_options') ?: [
        'worker_num' => \swoole_library_get_option('default_remote_object_server_worker_num') ?: 8,
        'server_mode' => \SWOOLE_BASE,
    ];
    $options = [
        'enable_coroutine' => false,
        'pid_file' => "{$name}.pid",
        'log_file' => "{$name}.log",
        'daemonize' => true,
        'socket_type' => \SWOOLE_SOCK_UNIX_STREAM,
    ] + $options;
    $code = "<?php\n"
        . "foreach (['/vendor/autoload.php', '/bootstrap.php'] as \$file) {\n"
        . "    if (is_file(__DIR__ . \$file)) { require __DIR__ . \$file; }\n"
        . "}\n"
        . '(new Swoole\RemoteObject\Server(' . \var_export("{$name}.sock", true) . ', 0, '
        . \var_export($options, true) . "))->start();\n";
    if (\file_put_contents("{$name}.php", $code) === false) {
        throw new \RuntimeException("failed to write php file[{$name}.php]");
    }
}

/**
 * The options of PHP's command line, which may load the extension.
 *
 * @return string[]
 */
function php_options(): array
{
    $options = [];
    $words = \explode("\0", (string) @\file_get_contents('/proc/self/cmdline'));
    for ($at = 1; \preg_match('/^-([dcnz])(.*)$/s', $words[$at] ?? '', $parts); ++$at) {
        $options[] = $words[$at];
        if ($parts[1] !== 'n' && $parts[2] === '') {
            $options[] = $words[++$at] ?? '';
        }
    }
    return $options;
}
