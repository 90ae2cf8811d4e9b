--TEST--
Process mode: dispatch modes without callbacks of connect and close, and with them by enable_unsafe_event; close() returns before its callback, in base mode behind it
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, TcpClient};

$code = <<<'PHP'
    <?php
    [$mode, $dispatch, $unsafe] = json_decode($argv[2]);
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], $mode);
    $server->set(['worker_num' => 2, 'dispatch_mode' => $dispatch, 'enable_unsafe_event' => $unsafe, 'open_eof_split' => true, 'package_eof' => "\n", 'log_level' => SWOOLE_LOG_ERROR]);
    $seen = new Swoole\Table(8);
    $seen->column('count', Swoole\Table::TYPE_INT);
    $seen->create();
    $server->on('connect', fn () => $seen->incr('connect', 'count'));
    $closed = [];
    $server->on('close', function ($server, $fd) use ($seen, &$closed) {
        $closed[$fd] = true;
        $seen->incr('close', 'count');
    });
    $server->on('receive', function ($server, $fd, $reactor, $data) use ($seen, &$closed) {
        if (trim($data) === 'close') {
            $server->close($fd);
            $seen->set('returned', ['count' => isset($closed[$fd]) ? 2 : 1]);
            return;
        }
        $count = fn ($key) => (int) $seen->get($key, 'count');
        $server->send($fd, json_encode([$count('connect'), $count('close'), $count('returned')]) . "\n");
    });
    $server->start();
    PHP;
$run = function (int $mode, int $dispatch, bool $unsafe, Closure $with) use ($code): void {
    $server = Server::start($code, [json_encode([$mode, $dispatch, $unsafe])]);
    $ask = function (TcpClient $by, string $text): mixed {
        $by->send("{$text}\n");
        return json_decode($by->readLine());
    };
    $with($server, $ask);
    $server->stop();
};
/** Two connections come and one goes: what was told of that at last. */
$events = function (Server $server, Closure $ask): array {
    $one = new TcpClient($server->port);
    $other = new TcpClient($server->port);
    $ask($other, 'count');
    $other->close();
    $counts = [0, 0];
    // The first one that only looks whether the server is there is counted too.
    for ($end = microtime(true) + HighperTest\patience(2); microtime(true) < $end && $counts !== [3, 2]; usleep(5_000)) {
        $counts = array_slice($ask($one, 'count'), 0, 2);
    }
    return $counts;
};
foreach ([1, 3, 7] as $mode) {
    $run(SWOOLE_PROCESS, $mode, false, fn ($server, $ask) => check("mode {$mode}: none", $events($server, $ask), [0, 0]));
}
$run(SWOOLE_PROCESS, 1, true, fn ($server, $ask) => check('mode 1 with enable_unsafe_event', $events($server, $ask), [3, 2]));
$run(SWOOLE_PROCESS, 2, false, fn ($server, $ask) => check('mode 2', $events($server, $ask), [3, 2]));
/** A connection closes itself: had its callback been called when close() returned, and was it at last? */
$closing = function (Server $server, Closure $ask): array {
    $own = new TcpClient($server->port);
    $own->send("close\n");
    $own->readAll();
    $other = new TcpClient($server->port);
    for ($end = microtime(true) + HighperTest\patience(5), $counts = [0, 0, 0]; microtime(true) < $end && ($counts[1] < 2 || $counts[2] === 0); usleep(5_000)) {
        $counts = $ask($other, 'count');
    }
    return [$counts[2] === 2, $counts[1]];
};
$run(SWOOLE_BASE, 2, false, fn ($server, $ask) => check('base mode: close() returns behind the callback', $closing($server, $ask), [true, 2]));
$run(SWOOLE_PROCESS, 2, false, fn ($server, $ask) => check('process mode: before it', $closing($server, $ask), [false, 2]));
?>
--EXPECT--
ok: mode 1: none
ok: mode 3: none
ok: mode 7: none
ok: mode 1 with enable_unsafe_event
ok: mode 2
ok: base mode: close() returns behind the callback
ok: process mode: before it
