--TEST--
Packets that come together: an answer does not wait for the next packet's callback where that takes its time
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'enable_coroutine' => $argv[2] === 'on', 'open_eof_split' => true, 'package_eof' => "\n"]);
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        for ($end = microtime(true) + (float) $data; microtime(true) < $end;);
        $server->send($fd, "after {$data}");
    });
    $server->start();
    PHP;
$times = function (string $coroutines, string ...$packets) use ($code): array {
    $server = Server::start($code, [$coroutines]);
    $client = $server->connect();
    $begun = microtime(true);
    $client->send(implode("\n", $packets) . "\n");
    $times = [];
    foreach ($packets as $packet) {
        $line = $client->readLine();
        $times[] = $line === "after {$packet}" ? microtime(true) - $begun : $line;
    }
    check("coroutines {$coroutines}: exit code", $server->stop(), 0);

    return $times;
};
[$first, $second] = $times('off', '0', '0.6');
check('without coroutines each leaves at once', $second - $first > 0.4 ?: [$first, $second]);
[$first, $second, $third] = $times('on', '0.3', '0.6', '0');
check('in coroutines, once one took its time', $second - $first > 0.4 && $third - $second < 0.3 ?: [$first, $second, $third]);
--EXPECT--
ok: coroutines off: exit code
ok: without coroutines each leaves at once
ok: coroutines on: exit code
ok: in coroutines, once one took its time
