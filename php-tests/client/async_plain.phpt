--TEST--
Swoole\Async\Client with enable_coroutine off: callbacks are called outside of coroutines, what they throw or exit with ends the program; send() and close() in them do not wait
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

$code = <<<'PHP'
    <?php
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
    swoole_async_set(['enable_coroutine' => ($argv[2] ?? 'off') === 'on']);
    $said = fn (string $what) => print($what . ' ' . Swoole\Coroutine::getCid() . "\n");
    $client = new Swoole\Async\Client(SWOOLE_SOCK_TCP);
    $peer = null;
    $client->on('connect', function ($client) use ($said, $listener, &$peer) {
        $said('connect');
        $peer = stream_socket_accept($listener);
        $client->send(str_repeat('x', 1_900_000));
        fwrite($peer, 'first');
    });
    $client->on('receive', function ($client, $data) use ($said, $argv) {
        $said("receive {$data}");
        match ($argv[1]) {
            'exit' => exit(7),
            'throw' => throw new Exception('thrown by the callback'),
            'close' => $client->close(),
        };
        $said('after');
    });
    $client->on('error', fn () => $said('error'));
    $client->on('close', function () use ($said) {
        $said('close');
        Swoole\Event::exit();
    });
    $client->connect('127.0.0.1', $port);
    Swoole\Event::wait();
    echo "waited\n";
    PHP;
$file = HighperTest\temp_path('async_plain.php');
file_put_contents($file, $code);
$run = function (string ...$arguments) use ($file): array {
    $command = [getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY, $file, ...$arguments];
    $process = proc_open($command, [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes);
    $text = stream_get_contents($pipes[1]);
    return [$text, proc_close($process)];
};
[$text, $code] = $run('exit');
check('exit() ends the program', [$text, $code], ["connect -1\nreceive first -1\n", 7]);
[$text, $code] = $run('throw');
check('what nobody catches does, too', [str_contains($text, 'thrown by the callback'), str_contains($text, 'waited'), $code], [true, false, 255]);
[$text, $code] = $run('close');
check('close() calls back before it returns', [$text, $code], ["connect -1\nreceive first -1\nclose -1\nafter -1\nwaited\n", 0]);
[$text, $code] = $run('close', 'on');
check('switched on they have one', preg_match("/^connect [1-9]\d*\nreceive first [1-9]\d*\nclose [1-9]\d*\nafter [1-9]\d*\nwaited\n$/", $text) === 1);
--EXPECT--
ok: exit() ends the program
ok: what nobody catches does, too
ok: close() calls back before it returns
ok: switched on they have one
