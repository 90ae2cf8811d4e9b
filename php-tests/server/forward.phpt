--TEST--
A connection of another worker: send, sendfile and close go to the worker that holds it, from workers and task workers
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

file_put_contents($file = temp_path('file.txt'), 'the file');
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 3, 'task_worker_num' => 1, 'enable_reuse_port' => false]);
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        [$what, $to, $how] = explode(' ', trim($data)) + [2 => ''];
        if ($what === 'who') {
            return $server->send($fd, "{$fd} {$server->worker_id}\n");
        }
        if ($what === 'compute') {
            for ($until = hrtime(true) + 50_000_000; hrtime(true) < $until;);
            return $server->send($fd, "computed\n");
        }
        $done = $what === 'task' ? $server->task((int) $to) : match ($how) {
            'send' => $server->send((int) $to, "sent by {$server->worker_id}\n"),
            'big' => $server->send((int) $to, str_repeat('b', 9 << 20) . "\n"),
            'file' => $server->sendfile((int) $to, getenv('FILE'), 4),
            'close' => $server->close((int) $to),
            'reset' => $server->close((int) $to, true),
        };
        $server->send($fd, json_encode($done) . "\n");
    });
    $server->on('task', function ($server, $id, $from, $to) { $server->send($to, "sent by a task\n"); });
    $server->on('finish', fn () => null);
    $server->on('close', function ($server, $fd, $reactor) { echo "closed {$fd} {$reactor}\n"; });
    $server->start();
    PHP, environment: ['FILE' => $file]);

// Two connections that different workers hold: while one computes, another one has to take what comes.
$of = [];
$first = null;
for ($i = 0; count($of) < 2 && $i < 100; $i++) {
    $first?->send("compute 0\n");
    $all[] = $client = $server->connect();
    $client->send("who 0\n");
    [$fd, $worker] = explode(' ', trim($client->readLine()));
    $of[$worker] ??= [$client, $fd, $worker];
    $first?->readLine();
    $first ??= $client;
}
[[$a, , $own], [$b, $fd]] = array_values($of);
$ask = function (string $text) use ($a): string {
    $a->send($text . "\n");
    return trim($a->readLine());
};
check('send', [$ask("to {$fd} send"), trim($b->readLine())], ['true', "sent by {$own}"]);
check('a task worker sends', [ctype_digit($ask("task {$fd}")), trim($b->readLine())], [true, 'sent by a task']);
check('9 MB', [$ask("to {$fd} big"), strlen($b->readLine())], ['true', 9 << 20]);
check('a file', [$ask("to {$fd} file"), $b->readUntil('file')], ['true', 'file']);
check('close', [$ask("to {$fd} close"), $b->isClosedWithin(2)], ['true', true]);
check('it is told', $server->waitForLog("closed {$fd} -1") !== '');
check('none', $ask('to 987654 send'), 'false');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: send
ok: a task worker sends
ok: 9 MB
ok: a file
ok: close
ok: it is told
ok: none
ok: exit code
