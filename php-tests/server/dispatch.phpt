--TEST--
Process mode: the dispatch modes choose the worker: in turn, by connection, idle, by address, by user, by load; dispatch_func
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, TcpClient};

$code = <<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $gate = new Swoole\Atomic();
    $settings = ['worker_num' => 3, 'hook_flags' => 0, 'open_eof_split' => true, 'package_eof' => "\n", 'log_level' => SWOOLE_LOG_ERROR];
    $settings += json_decode($argv[2], true);
    if (isset($settings['function'])) {
        unset($settings['function']);
        $settings['dispatch_func'] = fn ($server, $fd, $type, $data) => match (true) {
            $type !== 0 => 0,
            str_starts_with($data, 'to ') => (int) substr($data, 3),
            str_starts_with($data, 'discard') => SWOOLE_DISPATCH_RESULT_DISCARD_PACKET,
            str_starts_with($data, 'close') => SWOOLE_DISPATCH_RESULT_CLOSE_CONNECTION,
            default => SWOOLE_DISPATCH_RESULT_USERFUNC_FALLBACK,
        };
    }
    $server->set($settings);
    $server->on('receive', function ($server, $fd, $reactor, $data) use ($gate) {
        [$word, $number] = explode(' ', trim($data)) + ['', ''];
        switch ($word) {
            case 'bind': $server->send($fd, json_encode([$server->bind($fd, (int) $number), $server->bind($fd, 9), $server->getClientInfo($fd)['uid']]) . "\n"); return;
            case 'hold': $server->send($fd, "{$server->worker_id}\n"); while ($gate->get() === 0) { Co::sleep(0.005); } return;
            case 'block': $server->send($fd, "{$server->worker_id}\n"); while ($gate->get() === 0) { usleep(1000); } return;
            case 'open': $gate->set(1); break;
        }
        $server->send($fd, "{$server->worker_id}\n");
    });
    $server->on('packet', fn ($server, $data, $from) => $server->sendto($from['address'], $from['port'], (string) $server->worker_id));
    $server->start();
    PHP;
$run = function (array $settings, Closure $with) use ($code): void {
    $server = Server::start($code, [json_encode($settings)]);
    $client = new TcpClient($server->port);
    $ask = function (string $text, ?TcpClient $by = null) use ($client): string {
        ($by ?? $client)->send("{$text}\n");
        return trim(($by ?? $client)->readLine());
    };
    $with($ask, $server, $client);
    $server->stop();
};
$run(['dispatch_mode' => 1], function ($ask) {
    $all = [$ask('a'), $ask('b'), $ask('c')];
    sort($all);
    check('1: in turn', $all, ['0', '1', '2']);
});
$run(['dispatch_mode' => 2], function ($ask, $server) {
    check('2: one connection, one worker', count(array_unique([$ask('a'), $ask('b'), $ask('c')])), 1);
    $others = array_map(fn () => new TcpClient($server->port), range(1, 6));
    check('2: many connections, all workers', count(array_unique(array_map(fn ($other) => $ask('a', $other), $others))), 3);
});
$run(['dispatch_mode' => 3], function ($ask, $server) {
    $busy = $ask('block', new TcpClient($server->port));
    $free = [];
    // All workers may not be there yet.
    wait_until(function () use ($ask, &$free) {
        $free[$ask('a')] = true;
        return count($free) === 2;
    }, 'answers of the two others');
    foreach (range(1, 10) as $_) {
        $free[$ask('a')] = true;
    }
    check('3: never one that is busy, but the others', isset($free[$busy]), false);
    $ask('open');
});
$run(['dispatch_mode' => 3], function ($ask, $server) {
    $busy = $ask('block', new TcpClient($server->port));
    $others = array_map(fn () => new TcpClient($server->port, 30), range(1, 6));
    foreach ($others as $other) {
        $other->send(str_repeat("a\n", 100));
    }
    // Six hundred packets at once keep all occupied; few of them wait behind the one that blocks.
    $lines = fn (string $bytes): int => substr_count($bytes, "\n");
    $read = array_fill(0, 6, '');
    wait_until(function () use ($others, $lines, &$read) {
        foreach ($others as $i => $other) {
            $read[$i] .= $other->readSome(0.01);
        }
        return $lines(implode($read)) >= 592;
    }, 'answers of those that do not block', 20);
    check('3: who blocks keeps few packets from the others', isset(array_flip(explode("\n", implode($read)))[$busy]), false);
    $ask('open', new TcpClient($server->port));
    wait_until(function () use ($others, $lines, &$read) {
        foreach ($others as $i => $other) {
            $read[$i] .= $other->readSome(0.01);
        }
        return $lines(implode($read)) === 600;
    }, 'the other answers');
    check('3: and each is answered', array_map($lines, $read), array_fill(0, 6, 100));
});
$run(['dispatch_mode' => 4], function ($ask, $server) {
    $others = array_map(fn () => new TcpClient($server->port), range(1, 4));
    check('4: one address, one worker', count(array_unique([$ask('a'), ...array_map(fn ($other) => $ask('a', $other), $others)])), 1);
});
$run(['dispatch_mode' => 5], function ($ask, $server) {
    check('5: bound once', $ask('bind 7'), '[true,false,7]');
    check('5: by the user', $ask('a'), (string) (7 % 3));
});
foreach ([8, 9, 10] as $mode) {
    $run(['dispatch_mode' => $mode], function ($ask, $server) use ($mode) {
        $others = $seen = [];
        // Who is there last has least to do, then.
        wait_until(function () use ($ask, $server, &$others, &$seen) {
            $others[] = $other = new TcpClient($server->port);
            $seen[] = $ask('hold', $other);
            return count(array_unique($seen)) === 3;
        }, 'answers of all workers');
        while (count($seen) % 3 !== 0 || count($seen) < 12) {
            $others[] = $other = new TcpClient($server->port);
            $seen[] = $ask('hold', $other);
        }
        $counts = array_count_values($seen);
        check("{$mode}: to who has least to do", max($counts) - min($counts) <= 1 || $counts);
        if ($mode === 8) {
            check('8: and there it stays', $ask('a', $others[0]), $seen[0]);
        }
        $ask('open');
    });
}
$run(['dispatch_mode' => 2, 'function' => true], function ($ask, $server, $client) {
    check('dispatch_func: where it says', [$ask('to 1'), $ask('to 0'), $ask('to 2')], ['1', '0', '2']);
    $client->send("discard\n");
    check('dispatch_func: thrown away, and by the mode', in_array($ask('any'), ['0', '1', '2'], true));
    $client->send("close\n");
    check('dispatch_func: closed', $client->isClosedWithin(2));
});
--EXPECT--
ok: 1: in turn
ok: 2: one connection, one worker
ok: 2: many connections, all workers
ok: 3: never one that is busy, but the others
ok: 3: who blocks keeps few packets from the others
ok: 3: and each is answered
ok: 4: one address, one worker
ok: 5: bound once
ok: 5: by the user
ok: 8: to who has least to do
ok: 8: and there it stays
ok: 9: to who has least to do
ok: 10: to who has least to do
ok: dispatch_func: where it says
ok: dispatch_func: thrown away, and by the mode
ok: dispatch_func: closed
