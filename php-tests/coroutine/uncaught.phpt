--TEST--
An uncaught exception in a coroutine ends the program, as one outside: exit code 255, whoever runs meanwhile
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

$programs = [
    'at once' => 'Co\run(function () { go(function () { throw new RuntimeException("it"); }); echo "not reached\n"; }); echo "not reached\n";',
    'later' => 'Co\run(function () { go(function () { Co::sleep(0.002); throw new Error("it"); }); Co::sleep(60); }); echo "not reached\n";',
    'before the loop' => 'go(function () { throw new Error("it"); }); echo "not reached\n";',
    'resumed' => '$id = go(function () { Co::yield(); throw new Error("it"); }); go(function () use ($id) { Co::resume($id); echo "not reached\n"; });',
    'cancelled' => '$id = go(function () { Co::sleep(60); }); go(function () use ($id) { Co::cancel($id, true); echo "not reached\n"; });',
    'in a timer' => 'Swoole\Timer::after(1, function () { throw new Error("it"); }); Swoole\Timer::tick(1, function () {}); Swoole\Event::wait();',
    'in a plain callback' => 'swoole_async_set(["enable_coroutine" => false]); Swoole\Timer::after(1, function () { throw new Error("it"); }); Swoole\Timer::tick(1, function () {}); Swoole\Event::wait();',
    'in a deferred call' => 'go(function () { defer(fn () => print("not reached\n")); defer(function () { throw new Error("it"); }); });',
    'in a destructor' => 'go([new class { function f() {} function __destruct() { throw new Error("it"); } }, "f"]); echo "not reached\n";',
    'with a handler' => 'set_exception_handler(function ($e) { echo "Uncaught: ", $e->getMessage(), "\n"; }); Co\run(function () { throw new Error("it"); });',
    'exit() in a plain callback' => 'swoole_async_set(["enable_coroutine" => false]); Swoole\Timer::after(1, function () { echo "Uncaught\n"; exit(255); }); Swoole\Timer::tick(1, function () {}); Swoole\Event::wait(); echo "not reached\n";',
];
foreach ($programs as $what => $code) {
    $file = temp_path('program.php');
    file_put_contents($file, "<?php use Swoole\Coroutine as Co; register_shutdown_function(function () { echo \"the shutdown function\n\"; }); $code");
    exec(getenv('TEST_PHP_EXECUTABLE') . ' ' . escapeshellarg($file) . ' 2>&1', $output, $exit);
    $text = implode("\n", $output);
    $output = [];
    check($what, [$exit, substr_count($text, 'Uncaught'), str_contains($text, 'not reached'), substr_count($text, 'the shutdown function')], [$what === 'with a handler' ? 0 : 255, 1, false, 1]);
}
?>
--EXPECT--
ok: at once
ok: later
ok: before the loop
ok: resumed
ok: cancelled
ok: in a timer
ok: in a plain callback
ok: in a deferred call
ok: in a destructor
ok: with a handler
ok: exit() in a plain callback
