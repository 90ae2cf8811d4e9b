--TEST--
Chaos: workers killed and reloaded at random under load, in process mode and base mode, and the manager at last: no wrong answer, no client that hangs, no connection lost that had nothing under way
--TIMEOUT--
300
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

// Kills of workers; `make chaos` sets more.
$kills = (int) (getenv('HIGHPER_CHAOS_KILLS') ?: 12);
$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 3, 'log_level' => SWOOLE_LOG_NONE, 'max_wait_time' => 5]);
    $tcp = $server->listen('127.0.0.1', 0, SWOOLE_SOCK_TCP);
    $tcp->set(['open_http_protocol' => false, 'open_eof_split' => true, 'package_eof' => "\n"]);
    $server->on('workerStart', fn ($server) => file_put_contents("{$argv[3]}/worker-{$server->worker_id}", getmypid()));
    $server->on('request', function ($request, $response) {
        if ($request->get['id'] % 3 === 0) {
            Co::sleep(0.002);
        }
        $response->end(strrev($request->get['id']) . strlen($request->rawContent()));
    });
    $tcp->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, strrev(trim($data)) . "\n"));
    file_put_contents("{$argv[3]}/tcp", $tcp->port);
    $server->start();
    PHP;

/** Requests of one client until it is told to stop: [answered, lost with their connection, wrong]. */
function http(int $port, int $seed, bool &$stop): array
{
    [$good, $lost, $wrong] = [0, 0, []];
    $client = null;
    for ($i = 0; !$stop; $i++) {
        $client ??= new Swoole\Coroutine\Http\Client('127.0.0.1', $port);
        $client->set(['timeout' => 20]);
        $id = (string) ($seed * 1_000_000 + $i);
        $body = $i % 5 === 0 ? str_repeat('b', $i % 40_000) : '';
        $done = $client->post("/?id={$id}", $body);
        if ($done && $client->body === strrev($id) . strlen($body)) {
            $good++;
            continue;
        }
        // Reset or closed is what may happen to what a killed worker had; anything else may not.
        in_array($client->statusCode, [-1, -3], true) ? $lost++ : $wrong[] = "{$client->statusCode} " . substr($client->body, 0, 40);
        $client->close();
        $client = null;
    }

    return [$good, $lost, $wrong];
}

$pid = fn (string $folder, int $worker): int => (int) @file_get_contents("{$folder}/worker-{$worker}");
foreach (['process' => SWOOLE_PROCESS, 'base' => SWOOLE_BASE] as $name => $mode) {
    mkdir($folder = HighperTest\temp_path($name));
    $server = Server::start($code, [(string) $mode, $folder]);
    $totals = [0, 0, []];
    $packets = [];
    Co\run(function () use ($server, $mode, $folder, $kills, $pid, &$totals, &$packets) {
        $stop = false;
        $group = new Swoole\Coroutine\WaitGroup();
        foreach (range(1, 8) as $seed) {
            $group->add();
            go(function () use ($server, $seed, $group, &$stop, &$totals) {
                $own = http($server->port, $seed, $stop);
                $totals = [$totals[0] + $own[0], $totals[1] + $own[1], [...$totals[2], ...$own[2]]];
                $group->done();
            });
        }
        foreach ($mode === SWOOLE_PROCESS ? range(1, 4) : [] as $number) {
            $group->add();
            go(function () use ($folder, $number, $group, &$stop, &$packets) {
                // One connection all the time. A packet whose worker died is sent again.
                $client = new Swoole\Coroutine\Client(SWOOLE_SOCK_TCP);
                $client->set(['open_eof_split' => true, 'package_eof' => "\n", 'timeout' => 0.5]);
                $client->connect('127.0.0.1', (int) file_get_contents("{$folder}/tcp"));
                $outcome = 'whole';
                for ($i = 0; !$stop; $i++) {
                    $text = "packet {$number} {$i}";
                    for ($got = false; $got === false && !$stop;) {
                        $client->send("{$text}\n");
                        $got = $client->recv();
                        if ($got === false && $client->errCode !== SOCKET_ETIMEDOUT || $got === '') {
                            $outcome = "lost its connection: {$client->errMsg}";
                            break 2;
                        }
                    }
                    if ($got !== false && trim($got) !== strrev($text) && !str_contains($got, 'tekcap')) {
                        $outcome = "got {$got}";
                    }
                }
                $packets[] = $outcome;
                $group->done();
            });
        }
        for ($kill = 0; $kill < $kills; $kill++) {
            Co::sleep(0.12);
            if ($kill % 5 === 4) {
                posix_kill($server->pid, SIGUSR1);
            }
            $victim = $pid($folder, $kill % 3);
            $victim > 1 && posix_kill($victim, SIGKILL);
        }
        Co::sleep(0.05);
        $stop = true;
        $group->wait();
    });
    [$good, $lost, $wrong] = $totals;
    check("{$name}: no wrong answer", $wrong, []);
    check("{$name}: many right ones", $good > 20 * $kills || $good);
    check("{$name}: no more lost than the clients could have under way", $lost <= 8 * $kills || [$lost, $good]);
    if ($mode === SWOOLE_PROCESS) {
        check("{$name}: connections of TCP outlive it all", array_unique($packets), ['whole']);
    }
    check("{$name}: it serves on", $server->get('/?id=21')->body, '120');
    posix_kill($server->pid, SIGKILL);
    $server->waitForEnd();
    $refused = fn () => !@stream_socket_client("tcp://127.0.0.1:{$server->port}", timeout: 1);
    wait_until($refused, 'the end of all workers after their manager was killed', 20);
    $again = Server::start($code, [(string) $mode, $folder], port: $server->port);
    check("{$name}: the next server has the port", $again->get('/?id=12')->body, '210');
    check("{$name}: and ends", $again->stop(), 0);
}
--EXPECT--
ok: process: no wrong answer
ok: process: many right ones
ok: process: no more lost than the clients could have under way
ok: process: connections of TCP outlive it all
ok: process: it serves on
ok: process: the next server has the port
ok: process: and ends
ok: base: no wrong answer
ok: base: many right ones
ok: base: no more lost than the clients could have under way
ok: base: it serves on
ok: base: the next server has the port
ok: base: and ends
