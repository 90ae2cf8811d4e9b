--TEST--
A TCP server: connect, receive, close in order; closing from either side; errors in callbacks; in base and in process mode
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $tcp = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) getenv('MODE'));
    $tcp->set(['worker_num' => 1, 'hook_flags' => 0]);
    $log = [];
    $tcp->on('connect', function ($tcp, $fd, $reactor) use (&$log) { $log[$fd][] = 'connect'; });
    $tcp->on('receive', function ($tcp, $fd, $reactor, $data) use (&$log) {
        $log[$fd][] = 'receive ' . trim($data);
        switch (strtok(trim($data), ' ')) {
            case 'wait': Co::sleep(0.02); $tcp->send($fd, "waited\n"); break;
            case 'close': $tcp->send($fd, "bye\n"); $tcp->close($fd); $tcp->close($fd); break;
            case 'reset': $tcp->close($fd, true); break;
            case 'log': $tcp->send($fd, implode(', ', $log[(int) substr($data, 4)]) . "\n"); break;
            case 'throw': throw new RuntimeException('thrown');
            case 'exit': exit(3);
            case 'big': $tcp->send($fd, str_repeat('x', 20 << 20)); $tcp->close($fd); break;
            case 'count': $tcp->send($fd, count($tcp->connections) . ' ' . $tcp->stats()['connection_num'] . "\n"); break;
            case 'errors':
                $all = [$tcp->send(9999, 'x'), $tcp->getLastError(), $tcp->close(9999), $tcp->exist(9999), $tcp->getClientInfo(9999)];
                $tcp->send($fd, json_encode($all) . "\n");
                break;
            default: $tcp->send($fd, "$fd " . $data);
        }
    });
    $tcp->on('close', function ($tcp, $fd, $reactor) use (&$log) {
        $log[$fd][] = $reactor < 0 ? 'close by server' : 'close by client';
        $log[$fd][] = $tcp->exist($fd) ? 'exists' : 'gone';
        $log[$fd][] = is_array($tcp->getClientInfo($fd)) ? 'info' : 'no info';
    });
    $tcp->start();
    PHP;
foreach (['base' => SWOOLE_BASE, 'process' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, environment: ['MODE' => (string) $mode]);
    $ask = function (string $text) use ($server): string {
        $client = $server->connect();
        $client->send($text . "\n");
        return $client->readLine();
    };
    $a = $server->connect();
    $a->send("hello\n");
    check("{$name}: echo", preg_match('/^\d+ hello$/', $line = trim($a->readLine())), 1);
    $first = (int) $line;
    $b = $server->connect();
    $b->send("there\n");
    $second = (int) $b->readLine();
    check("{$name}: numbers ascend", $second, $first + 1);
    $b->send("count\n");
    check("{$name}: connections", trim($b->readLine()), '2 2');
    $a->send("wait\n");
    check("{$name}: an answer after a wait", trim($a->readLine()), 'waited');
    $a->close();
    wait_until(fn () => str_contains($ask("log {$first}"), 'close'), 'the end of the first connection');
    // In process mode the process that had the connection is asked about it.
    wait_until(fn () => str_contains($ask("log {$first}"), 'info'), 'what is known of it');
    check("{$name}: closed by the client", trim($ask("log {$first}")), 'connect, receive hello, receive wait, close by client, gone, info');
    $b->send("close\n");
    check("{$name}: what was sent before closing arrives", $b->readAll(), "bye\n");
    wait_until(fn () => str_contains($ask("log {$second}"), 'info'), 'what is known of it');
    check("{$name}: closed by the server", trim($ask("log {$second}")), 'connect, receive there, receive count, receive close, close by server, gone, info');
    $c = $server->connect();
    $c->send("reset\n");
    check("{$name}: reset", $c->isClosedWithin(1));
    foreach (['throw', 'exit'] as $end) {
        $c = $server->connect();
        $c->send("$end\n");
        usleep(20_000);
        $c->send("still\n");
        check("{$name}: the connection outlives {$end}", trim(strstr($c->readLine(), ' ')), 'still');
    }
    $c = $server->connect();
    $c->send("big\n");
    check("{$name}: 20 MB before closing", strlen($c->readAll()), 20 << 20);
    $c = $server->connect();
    $c->send("half\n");
    $c->shutdownWrite();
    check("{$name}: a half-closed client has its answer", trim(strstr($c->readAll(), ' ')), 'half');
    check("{$name}: no such connection", trim($ask('errors')), '[false,1005,false,false,false]');
    check("{$name}: the exception is reported", str_contains($server->log(), 'RuntimeException: thrown'));
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base: echo
ok: base: numbers ascend
ok: base: connections
ok: base: an answer after a wait
ok: base: closed by the client
ok: base: what was sent before closing arrives
ok: base: closed by the server
ok: base: reset
ok: base: the connection outlives throw
ok: base: the connection outlives exit
ok: base: 20 MB before closing
ok: base: a half-closed client has its answer
ok: base: no such connection
ok: base: the exception is reported
ok: base: exit code
ok: process: echo
ok: process: numbers ascend
ok: process: connections
ok: process: an answer after a wait
ok: process: closed by the client
ok: process: what was sent before closing arrives
ok: process: closed by the server
ok: process: reset
ok: process: the connection outlives throw
ok: process: the connection outlives exit
ok: process: 20 MB before closing
ok: process: a half-closed client has its answer
ok: process: no such connection
ok: process: the exception is reported
ok: process: exit code
