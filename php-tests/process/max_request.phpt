--TEST--
max_request: up to 10 a worker is replaced after exactly as many packets; more may be up to half as many again, or what max_request_grace says
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(json_decode($argv[2], true) + ['worker_num' => 2, 'dispatch_mode' => 1, 'open_eof_split' => true, 'package_eof' => "\n"]);
    $count = 0;
    $server->on('receive', function ($server, $fd) use (&$count) {
        $server->send($fd, $server->worker_id . ' ' . ++$count . "\n");
    });
    $server->start();
    PHP;
/** How many packets the first process of each worker served. */
$lives = function (array $settings, int $packets) use ($code): array {
    $server = Server::start($code, [json_encode($settings)]);
    $client = $server->connect();
    $lives = [];
    for ($i = 0; $i < $packets; $i++) {
        $client->send("x\n");
        [$worker, $count] = array_map(intval(...), explode(' ', $client->readLine()));
        $lives[$worker] ??= [0];
        $count === 1 ? $lives[$worker][] = 1 : $lives[$worker][count($lives[$worker]) - 1] = $count;
    }
    $server->stop();
    ksort($lives);

    return array_map(fn (array $all) => array_slice($all, 1), $lives);
};
check('exactly', $lives(['max_request' => 10], 40), [[10, 10], [10, 10]]);
check('exactly, as the grace says', $lives(['max_request' => 12, 'max_request_grace' => 0], 48), [[12, 12], [12, 12]]);
[$first, $second] = array_column($lives(['max_request' => 20], 70), 0);
check('up to half as many again', $first >= 20 && $first <= 30 && $second >= 20 && $second <= 30 ?: [$first, $second]);
--EXPECT--
ok: exactly
ok: exactly, as the grace says
ok: up to half as many again
