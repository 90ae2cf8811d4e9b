--TEST--
Pieces of 2 MB from task workers, user processes and workers to connections of another process, many at a time, to fast and slow readers: each arrives whole, in its order and in time
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Server;
use Swoole\Coroutine\Client;
use function HighperTest\{check, patience};
use function Swoole\Coroutine\run;

const SIZE = 2 << 20;
const CLIENTS = 12;
const ROUNDS = 6;

$code = <<<'PHP'
    <?php
    const SIZE = 2 << 20;
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) getenv('MODE'));
    $frames = ['open_length_check' => true, 'package_length_type' => 'N', 'package_body_offset' => 4, 'package_max_length' => 4 << 20];
    $server->set($frames + ['worker_num' => 2, 'task_worker_num' => 2, 'socket_buffer_size' => 64 << 20, 'log_level' => SWOOLE_LOG_ERROR]);
    function answer($server, int $fd, string $data): void
    {
        $body = substr($data, 4) . str_repeat(chr(65 + ord($data[-1]) % 26), SIZE - strlen($data) - 8) . substr($data, -8);
        $server->send($fd, pack('N', strlen($body)) . $body) || print("not sent\n");
    }
    $user = new Swoole\Process(function (Swoole\Process $process) use ($server) {
        $socket = $process->exportSocket();
        while ($asked = $socket->recv(4096)) {
            [$fd, $data] = explode(' ', $asked, 2);
            answer($server, (int) $fd, $data);
        }
    }, false, SOCK_DGRAM, true);
    $server->addProcess($user);
    $server->on('receive', function ($server, $fd, $reactor, $data) use ($user) {
        match ($data[4]) {
            't' => $server->task([$fd, $data]),
            'u' => $user->exportSocket()->send("{$fd} {$data}"),
            'w' => answer($server, $fd, $data),
        };
    });
    $server->on('task', fn ($server, $id, $from, $data) => answer($server, ...$data));
    $server->start();
    PHP;
foreach (['process' => SWOOLE_PROCESS, 'base' => SWOOLE_BASE] as $name => $mode) {
    $server = Server::start($code, environment: ['MODE' => (string) $mode]);
    [$whole, $slowest] = [0, 0.0];
    run(function () use ($server, &$whole, &$slowest) {
        for ($i = 0; $i < CLIENTS; $i++) {
            go(function () use ($server, $i, &$whole, &$slowest) {
                $client = new Client(SWOOLE_SOCK_TCP);
                $client->connect('127.0.0.1', $server->port, patience(5)) || throw new Exception($client->errMsg);
                $client->set(['timeout' => patience(20)]);
                $socket = $client->exportSocket();
                for ($round = 0; $round < ROUNDS; $round++) {
                    $asked = 'tuw'[($i + $round) % 3] . sprintf('%07d%08d', $i, $round);
                    $socket->sendAll(pack('N', strlen($asked)) . $asked);
                    // Every third client asks for two at a time; every fourth reads slowly.
                    $twice = $i % 3 === 2 && 'w' === $asked[0];
                    $twice && $socket->sendAll(pack('N', strlen($asked)) . $asked);
                    for ($k = 0; $k <= (int) $twice; $k++) {
                        $begun = microtime(true);
                        $got = '';
                        $limit = SIZE;
                        while (strlen($got) < $limit && ($more = $socket->recv(min($i % 4 === 3 ? 30_000 : 400_000, $limit - strlen($got)), patience(20)))) {
                            $got .= $more;
                            $i % 4 === 3 && Swoole\Coroutine::sleep(0.001);
                        }
                        $slowest = max($slowest, microtime(true) - $begun);
                        $fill = str_repeat(chr(65 + ord($asked[-1]) % 26), SIZE - strlen($asked) - 8 - 4);
                        $whole += $got === pack('N', SIZE - 4) . $asked . $fill . substr($asked, -8) ? 1 : 0;
                    }
                }
            });
        }
    });
    $asked = 0;
    for ($i = 0; $i < CLIENTS; $i++) {
        for ($round = 0; $round < ROUNDS; $round++) {
            $asked += 1 + (int) ($i % 3 === 2 && ($i + $round) % 3 === 2);
        }
    }
    check("{$name} mode: all arrive whole", $whole, $asked);
    check("{$name} mode: none waits long", $slowest < patience(15));
    check("{$name} mode: nothing was refused", str_contains($server->log(), 'not sent'), false);
    check("{$name} mode: exit code", $server->stop(), 0);
}
--EXPECT--
ok: process mode: all arrive whole
ok: process mode: none waits long
ok: process mode: nothing was refused
ok: process mode: exit code
ok: base mode: all arrive whole
ok: base mode: none waits long
ok: base mode: nothing was refused
ok: base mode: exit code
