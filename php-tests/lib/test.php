<?php

declare(strict_types=1);

// What a test includes: require __DIR__ . '/../lib/test.php';

namespace HighperTest;

spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, __NAMESPACE__ . '\\')) {
        $file = __DIR__ . '/' . substr($class, strlen(__NAMESPACE__) + 1) . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});

/** A TCP port of 127.0.0.1 that nobody listens on now. */
function free_port(): int
{
    $socket = stream_socket_server('tcp://127.0.0.1:0', $code, $message);
    if ($socket === false) {
        throw new \RuntimeException("no free port: {$message}");
    }
    $name = stream_socket_get_name($socket, false);
    fclose($socket);

    return (int) substr($name, strrpos($name, ':') + 1);
}

/** A path in the test's own temporary folder, which is removed after the test. */
function temp_path(string $name): string
{
    return (getenv('TEST_TMP') ?: sys_get_temp_dir()) . '/' . $name;
}

/** How many seconds `$seconds` are where everything is slow: under Valgrind. */
function patience(float $seconds): float
{
    return $seconds * (float) (getenv('HIGHPER_TEST_PATIENCE') ?: 1);
}

/** Waits until `$condition` gives something true, and returns it; throws after `$seconds`. */
function wait_until(callable $condition, string $what, float $seconds = 5.0): mixed
{
    $end = microtime(true) + patience($seconds);
    do {
        // Conditions ask for files: PHP remembers what it has found of one.
        clearstatcache();
        $value = $condition();
        if ($value) {
            return $value;
        }
        usleep(5_000);
    } while (microtime(true) < $end);

    throw new \RuntimeException("{$what} did not come true within {$seconds} s");
}

/** Prints `ok: …`, or what was wanted and what came, so that a test's EXPECT can be a list of sentences. */
function check(string $sentence, mixed $got, mixed $wanted = true): void
{
    echo $got === $wanted
        ? "ok: {$sentence}\n"
        : "WRONG: {$sentence}: wanted " . var_export($wanted, true) . ', got ' . var_export($got, true) . "\n";
}
